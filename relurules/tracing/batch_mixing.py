"""Which operator lets the rows of a batch influence one another: its values for all rows at once,
and row by row.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

#: So many rows show whether they influence one another.
ROWS = 7


class OperatorValues(NamedTuple):
    """What an operator gives: for all rows at once, and for each of them alone."""

    place: str
    together: Array
    alone: Sequence[Array]


def find_mixing_operator(steps: Iterable[OperatorValues]) -> str | None:
    """The place of the first operator whose numbers aren't those of the rows one by one; else of
    one that moves them.

    Entries that only stand elsewhere, as after a transposition, may be put back, so numbers that
    differ come first.
    """
    moved = None
    for step in steps:
        together, alone = (
            step.together.reshape(-1),
            np.concatenate([part.reshape(-1) for part in step.alone]),
        )
        if not has_same_numbers(np.sort(together), np.sort(alone)):
            return step.place
        if moved is None and not has_same_numbers(together, alone):
            moved = step.place

    return moved


def has_same_numbers(together: Array, alone: Array) -> bool:
    """Whether two arrays hold the same numbers, but for rounding."""
    if together.shape != alone.shape:
        return False
    scale = np.abs(alone[np.isfinite(alone)]).max(initial=1.0)
    return bool(np.allclose(together, alone, rtol=1e-9, atol=1e-9 * scale, equal_nan=True))


def describe_mixing(place: str | None) -> str:
    """What a message says of it."""
    where = f": they influence one another in {place}" if place else ""
    return f"{ROWS} rows together give something else than one by one{where}"
