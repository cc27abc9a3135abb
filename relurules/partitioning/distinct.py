"""Counts the distinct patterns of a stream of rows; memory grows with their number, not with the number of rows."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array

Words = NDArray[np.uint64]
Indices = NDArray[np.int64]

#: Patterns that wait are merged when they are so many, or as many as are known, whichever is more.
_WAIT = 2**16


class Batch(NamedTuple):
    """Distinct patterns of some rows, in the order met. words: (G, W), counts: (G,), first: (G,), points: (G, d)."""

    words: Words
    counts: Indices
    first: Indices
    points: Array


class Distinct:
    """A table of patterns that grows: `add` rows, then read the `table`.

    The patterns known so far stay in the order in which they were met; batches of new ones wait until merging them
    pays, so that all merges together cost a few sorts of everything.
    """

    def __init__(self, words: int, d: int) -> None:
        self._words: Words = np.empty((0, words), dtype=np.uint64)
        self._counts: Indices = np.empty(0, dtype=np.int64)
        self._first: Indices = np.empty(0, dtype=np.int64)
        self._points: list[Array] = []
        self._waiting: list[Batch] = []
        self._d = d

    def add(self, words: Words, index: NDArray[np.intp], points: Array) -> None:
        """Take in rows: patterns `words` (n, W), places `index` (n,) in the whole table, values `points` (n, d)."""
        first, group = grouped(words)
        self._waiting.append(Batch(words[first], np.bincount(group), index[first], points[first]))
        if sum(len(batch.first) for batch in self._waiting) > max(_WAIT, len(self._words)):
            self._merge()

    def _merge(self) -> None:
        known, waiting = len(self._words), self._waiting
        self._waiting = []
        words = np.concatenate([self._words, *(batch.words for batch in waiting)])
        counts = np.concatenate([self._counts, *(batch.counts for batch in waiting)])
        first = np.concatenate([self._first, *(batch.first for batch in waiting)])
        kept, group = grouped(words)
        self._words, self._first = words[kept], first[kept]
        self._counts = np.zeros(len(kept), dtype=np.int64)
        np.add.at(self._counts, group, counts)
        start, new = known, kept[known:]
        for batch in waiting:
            stop = start + len(batch.first)
            taken = new[(new >= start) & (new < stop)] - start
            self._points.append(batch.points[taken])
            start = stop

    def table(self) -> Batch:
        """All patterns, the most frequent first, of equally frequent ones the one met first."""
        self._merge()
        order = np.argsort(-self._counts, kind="stable")
        place = np.empty(len(order), dtype=np.intp)
        place[order] = np.arange(len(order))
        points, start = np.empty((len(order), self._d)), 0
        for part in self._points:
            points[place[start : start + len(part)]] = part
            start += len(part)
        return Batch(self._words[order], self._counts[order], self._first[order], points)


def grouped(words: Words) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Equal rows of `words` (n, W) -> first row of each group, ascending (G,); the group of every row (n,).

    Sorted by a hash; where two different rows have the same one, by all words.
    """
    order = np.argsort(_hash(words), kind="stable")
    sorted_words = words[order]
    new = _changes(sorted_words)
    hashes = _hash(sorted_words)
    if (new[1:] & (hashes[1:] == hashes[:-1])).any():
        order = np.lexsort(words.T)
        new = _changes(words[order])
    first = order[new]
    arrival = np.argsort(first)
    number = np.empty(len(first), dtype=np.intp)
    number[arrival] = np.arange(len(first))
    group = np.empty(len(words), dtype=np.intp)
    group[order] = number[np.cumsum(new) - 1]
    return first[arrival], group


def _changes(words: Words) -> NDArray[np.bool_]:
    """(n,) whether a row differs from the one before it; the first one does."""
    new = np.ones(len(words), dtype=np.bool_)
    new[1:] = (words[1:] != words[:-1]).any(axis=1)
    return new


def _hash(words: Words) -> Words:
    """(n, W) -> (n,): the word itself where it is the only one."""
    mixed = words[:, 0]
    for column in words.T[1:]:
        mixed = mixed ^ (mixed >> np.uint64(29))
        mixed = mixed * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(32))) + column * np.uint64(0x9E3779B97F4A7C15)
    return mixed
