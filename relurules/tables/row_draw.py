"""Which rows of a table are drawn at random, by their numbers, so that it doesn't matter in which
pieces the table comes.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


def draw_rows(total: int, count: int, seed: int) -> Places:
    """(count,) numbers of rows, of `total`, ascending; the same for the same three numbers."""
    drawn = np.random.default_rng(seed).choice(total, count, replace=False, shuffle=False)
    return np.sort(drawn).astype(np.int64)


def split_places(places: Places, lengths: Sequence[int]) -> Iterator[Places]:
    """Ascending numbers of a table's rows as those of its pieces' rows, of these lengths."""
    first = 0
    for length in lengths:
        at = np.searchsorted(places, [first, first + length])
        yield places[at[0] : at[1]] - first
        first += length


def mark_places(places: Places, length: int) -> NDArray[np.bool_]:
    """(length,) which rows are among `places`."""
    found = np.zeros(length, dtype=np.bool_)
    found[places] = True
    return found
