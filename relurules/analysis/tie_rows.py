"""Rows that stand so near to a boundary that rounding decides which side of it they are on.

Sums of floats depend on how many rows are computed at once, so a row within a rounding of a
boundary may be of one class in a table and of another one alone.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array

#: How many copies of a row are looked at: as one row, and in tables of some sizes.
_COPIES = (1, 2, 3, 17, 64)
#: How far a row is moved on beyond another one, in shares of the way.
_BEYOND = (1e-15, 4e-15, 1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)

#: (N, d) rows -> (N,) whether the goal is met there.
_RowTest = Callable[[Array], NDArray[np.bool_]]


def is_met_alike(met: _RowTest, row: Array) -> bool:
    """Whether a row, (d,), meets a goal however many rows are computed with it."""
    return all(bool(met(np.tile(row, (count, 1))).all()) for count in _COPIES)


def pass_tie(
    met: _RowTest, contains: _RowTest, start: Array, row: Array, free: NDArray[np.bool_]
) -> Array | None:
    """A row, (d,), that meets a goal however it is computed: the row itself, or one a little
    farther from the start along the columns that may have any number, free (d,). None where none of
    those tried does.
    """
    if is_met_alike(met, row):
        return row
    way = np.where(free, row - start, 0.0)
    if not way.any():
        return None
    for share in _BEYOND:
        moved = row + share * way
        # A step below the last digit of a number is one digit.
        still = (way != 0) & (moved == row)
        moved = np.where(still, np.nextafter(row, np.copysign(np.inf, way)), moved)
        if contains(moved[None])[0] and is_met_alike(met, moved):
            return moved

    return None
