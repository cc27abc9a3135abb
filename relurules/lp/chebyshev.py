"""The largest ball in a polytope, compiled: one more variable, the radius, on top of a vertex's
dictionary.

The Chebyshev centre of Boyd & Vandenberghe, Convex Optimization, section 8.5.1. Where all
half-spaces have unit length and y are their slacks, y - t are the slacks once all walls have moved
inward by t; so a vertex's dictionary, in which every slack is an affine form of the nonbasic ones,
becomes one of the ball's program at t = 0 without any work.
"""

import numpy as np
from numpy.typing import NDArray

from relurules.lp.compilation import compile_cached
from relurules.lp.dictionary import STUCK, Dictionary, maximise_form

Array = NDArray[np.float64]


def allocate_ball_dictionary(f: int, rows: int) -> Dictionary:
    """Memory for `center_of` with f coordinates and so many rows."""
    rows += 2 * f  # both sides of all coordinates are rows here
    return Dictionary(
        np.zeros((rows + 1, f + 2)),
        np.zeros(rows + 1, dtype=np.int32),
        np.zeros(f + 1, dtype=np.int32),
        np.zeros(0, dtype=np.int32),
        np.zeros(0, dtype=np.bool_),
        np.zeros(0),
        np.zeros(0),
        np.zeros(2, dtype=np.int64),
    )


@compile_cached
def find_ball_center(D: Dictionary, B: Dictionary, center: Array, enough: float) -> float:
    """Write the centre of the largest ball in the polytope to `center` (f,), or of one of the
    radius `enough`.

    Returns the radius in the program. B: what `ball_room` gave. Half-spaces must have unit length.
    The radius is negative where the simplex method gave up; the caller measures it.
    """
    f, n = len(D.low), D.used[0]
    B.used[0] = 0
    _add_coordinate_sides(D, B)

    for i in range(n):
        if D.basic[i] >= f:
            _add_shifted_row(B, D.table[i], f + D.basic[i], 0.0, 1.0)

    radius = len(B.basic) + 3 * f
    for c in range(f):
        B.nonbasic[c] = D.nonbasic[c] if D.nonbasic[c] < f else f + D.nonbasic[c]

    B.nonbasic[f] = radius
    m = B.used[0]
    B.table[m, :] = 0.0
    B.table[m, 1 + f] = 1.0
    if maximise_form(B, enough) == STUCK:
        return -1.0

    t = B.table[m, 0]
    for j in range(f):
        center[j] = t

    for i in range(m):
        if B.basic[i] < f:
            center[B.basic[i]] += B.table[i, 0]

    for j in range(f):
        center[j] = D.low[j] + D.width[j] - center[j] if D.flipped[j] else D.low[j] + center[j]

    return float(t)


@compile_cached
def _add_coordinate_sides(D: Dictionary, B: Dictionary) -> None:
    """Both bounds of every coordinate as slacks: j is the one that it is measured from, f + j the
    other one.
    """
    f = len(D.low)
    for j in range(f):
        at = D.place[j]
        if at >= 0:
            _add_shifted_row(B, D.table[at], j, 0.0, 1.0)
            _add_shifted_row(B, D.table[at], f + j, D.width[j], -1.0)
        else:
            n = B.used[0]
            B.table[n, :] = 0.0
            B.table[n, 0], B.table[n, -at], B.table[n, f + 1] = D.width[j], -1.0, -2.0
            B.basic[n] = f + j
            B.used[0] += 1


@compile_cached
def _add_shifted_row(
    B: Dictionary, row: Array, variable: int, constant: float, sign: float
) -> None:
    """Add the slack constant + sign * row of walls that all move inward by the last variable."""
    n, f = B.used[0], len(row) - 1
    total = 0.0
    for c in range(1, f + 1):
        B.table[n, c] = sign * row[c]
        total += sign * row[c]

    B.table[n, 0] = max(constant + sign * row[0], 0.0)
    B.table[n, f + 1] = total - 1.0
    B.basic[n] = variable
    B.used[0] += 1
