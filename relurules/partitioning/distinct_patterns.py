"""Counts the distinct patterns of a stream of rows; memory grows with their number, not with the
number of rows.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.grouping import Words, group_equal_rows
from relurules.ir.network import Array

Indices = NDArray[np.int64]

#: Patterns that wait are merged when they are so many, or as many as are known, whichever is more.
_WAIT = 2**16


class PatternTable(NamedTuple):
    """Distinct patterns of some rows, in the order met. words: (G, W), counts: (G,), first: (G,),
    points: (G, d).
    """

    words: Words
    counts: Indices
    first: Indices
    points: Array


class PatternCounter:
    """A table of patterns that grows: `add` rows, then read the `table`.

    The patterns known so far stay in the order in which they were met; batches of new ones wait
    until merging them pays, so that all merges together cost a few sorts of everything.
    """

    def __init__(self, words: int, d: int) -> None:
        self._words: Words = np.empty((0, words), dtype=np.uint64)
        self._counts: Indices = np.empty(0, dtype=np.int64)
        self._first: Indices = np.empty(0, dtype=np.int64)
        self._points: list[Array] = []
        self._waiting: list[PatternTable] = []
        self._d = d

    def add(self, words: Words, index: NDArray[np.intp], points: Array) -> None:
        """Take in rows: patterns `words` (n, W), places `index` (n,) in the whole table, values
        `points` (n, d).
        """
        first, group = group_equal_rows(words)
        self._waiting.append(
            PatternTable(words[first], np.bincount(group), index[first], points[first])
        )
        if sum(len(batch.first) for batch in self._waiting) > max(_WAIT, len(self._words)):
            self._merge()

    def _merge(self) -> None:
        known, waiting = len(self._words), self._waiting
        self._waiting = []
        words = np.concatenate([self._words, *(batch.words for batch in waiting)])
        counts = np.concatenate([self._counts, *(batch.counts for batch in waiting)])
        first = np.concatenate([self._first, *(batch.first for batch in waiting)])
        kept, group = group_equal_rows(words)
        self._words, self._first = words[kept], first[kept]
        self._counts = np.zeros(len(kept), dtype=np.int64)
        np.add.at(self._counts, group, counts)
        start, new = known, kept[known:]

        for batch in waiting:
            stop = start + len(batch.first)
            taken = new[(new >= start) & (new < stop)] - start
            self._points.append(batch.points[taken])
            start = stop

    def table(self) -> PatternTable:
        """All patterns, the most frequent first, of equally frequent ones the one met first."""
        self._merge()
        order = np.argsort(-self._counts, kind="stable")
        place = np.empty(len(order), dtype=np.intp)
        place[order] = np.arange(len(order))
        points, start = np.empty((len(order), self._d)), 0

        for part in self._points:
            points[place[start : start + len(part)]] = part
            start += len(part)

        return PatternTable(self._words[order], self._counts[order], self._first[order], points)
