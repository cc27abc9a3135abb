"""How the values of columns are spread over rows: bins that are equally wide where nearly all rows
are, and the counts in them, of values at once or of blocks of rows.
"""

from collections.abc import Callable

import numpy as np

from relurules.ir.evidence import Histogram
from relurules.ir.network import Array, make_read_only

#: Bins of a histogram.
_BINS = 24
#: Share of the rows on either side that one wide bin holds, so that a few large values, as amounts
#: of money have, don't leave all others in a single one. Documents leave out a little more.
_TAIL = 0.015


def count_values(values: Array) -> Histogram:
    """(N,) values -> bins that are equally wide where nearly all of them are, and a wide one on
    either side.

    A few whole numbers keep equal bins, each of which holds one of them at most.
    """

    def find_ends() -> tuple[float, float]:
        first, last = np.quantile(values, [_TAIL, 1.0 - _TAIL])
        return float(first), float(last)

    low, high = float(values.min()), float(values.max())
    edges = _choose_edges(low, high, _are_whole(values), find_ends)
    return Histogram(make_read_only(edges), make_read_only(np.histogram(values, bins=edges)[0]))


class ValueSpread:
    """Of a column whose values come in blocks, what its bins depend on."""

    def __init__(self, rows: int) -> None:
        """rows: as many as there will be, or more."""
        kept = int(_TAIL * max(0, rows - 1)) + 3
        self._least, self._largest = _LeastValues(kept), _LeastValues(kept)
        self._whole, self._count = True, 0

    def add(self, values: Array) -> None:
        """Add the values (n,) of a block, at least one."""
        self._whole = self._whole and _are_whole(values)
        self._count += len(values)
        self._least.add(values)
        self._largest.add(-values)

    def choose_edges(self) -> Array:
        """(b + 1,) as `count_values` has them."""
        least, largest = self._least.sort(), self._largest.sort()

        def find_ends() -> tuple[float, float]:
            last = self._count - 1
            return (
                _read_quantile(lambda rank: least[rank], _TAIL, last),
                _read_quantile(lambda rank: -largest[last - rank], 1.0 - _TAIL, last),
            )

        return _choose_edges(float(least[0]), -float(largest[0]), self._whole, find_ends)


class _LeastValues:
    """The least of all values that were added, at least so many."""

    def __init__(self, count: int) -> None:
        self.count, self.bound = count, np.inf
        self.parts: list[Array] = []

    def add(self, values: Array) -> None:
        self.parts.append(values[values < self.bound] if np.isfinite(self.bound) else values)
        if sum(map(len, self.parts)) > 2 * self.count + len(values):
            kept = np.partition(np.concatenate(self.parts), self.count - 1)[: self.count]
            self.parts, self.bound = [kept], float(kept.max())

    def sort(self) -> Array:
        return np.sort(np.concatenate(self.parts))


def _read_quantile(at: Callable[[int], float], share: float, last: int) -> float:
    """As `numpy.quantile` of last + 1 values, of which `at` gives the one of a rank from 0."""
    place = share * last
    rank = min(int(place), last)
    return float(np.quantile([at(rank), at(min(rank + 1, last))], place - rank))


def _are_whole(values: Array) -> bool:
    return not (values % 1.0).any()


def _choose_edges(
    low: float, high: float, whole: bool, find_ends: Callable[[], tuple[float, float]]
) -> Array:
    if not (np.isfinite(high - low) and high > low):
        return np.array([low, high])
    if high - low < _BINS and whole:
        return np.linspace(low, high, _BINS + 1)
    first, last = find_ends()
    last = min(float(np.nextafter(last, np.inf)), high)  # rows at the edge belong to the inner
    inner = np.linspace(first, last, _BINS + 1) if first < last else [first]
    return np.unique([low, *inner, high])
