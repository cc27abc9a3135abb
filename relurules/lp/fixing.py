"""Coordinates of a dictionary that are held at one of their bounds, compiled."""

import numpy as np
from numpy.typing import NDArray

from relurules.lp.compilation import compile_cached
from relurules.lp.dictionary import Dictionary, copy_vector, maximise_form

Array = NDArray[np.float64]

#: A coordinate this near to a bound is at it.
AT_BOUND = 1e-12


@compile_cached
def copy_dictionary(source: Dictionary, target: Dictionary) -> None:
    """The same vertex and form in another dictionary's memory, with bounds of its own."""
    for i in range(source.used[0] + 1):
        copy_vector(source.table[i], target.table[i])
        target.basic[i] = source.basic[i]

    copy_vector(source.nonbasic, target.nonbasic)
    copy_vector(source.place, target.place)
    copy_vector(source.flipped, target.flipped)
    copy_vector(source.low, target.low)
    copy_vector(source.width, target.width)
    copy_vector(source.used, target.used)


@compile_cached
def move_to_bound(D: Dictionary, j: int, upper: int) -> int:
    """Move to a vertex where coordinate j is at its upper, or lower, bound: what `maximise_form`
    comes to.

    The form in question is how far it is from there, negative.
    """
    n, at = D.used[0], D.place[j]
    D.table[n, :] = 0.0
    if at >= 0:
        copy_vector(D.table[at], D.table[n])
    else:
        D.table[n, -at] = 1.0

    if D.flipped[j] == (upper != 0):
        for c in range(D.table.shape[1]):
            D.table[n, c] = -D.table[n, c]
    else:
        D.table[n, 0] -= D.width[j]

    return int(maximise_form(D, -AT_BOUND))


@compile_cached
def fix_coordinate(D: Dictionary, j: int, value: float) -> None:
    """Make a value that coordinate j has at the vertex its only one."""
    D.low[j], D.width[j] = value, 0.0
    if D.place[j] >= 0:
        D.table[D.place[j], 0] = 0.0
