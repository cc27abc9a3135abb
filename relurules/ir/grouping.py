"""Rows of words, such as activation patterns of one bit per neuron, in groups of equal ones."""

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]


def group_equal_rows(words: Words) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Equal rows of `words` (n, W) -> first row of each group, ascending (G,); the group of every
    row (n,).

    Sorted by a hash; where two different rows have the same one, by all words.
    """
    order = np.argsort(_hash_rows(words), kind="stable")
    sorted_words = words[order]
    new = _mark_changes(sorted_words)
    hashes = _hash_rows(sorted_words)
    if (new[1:] & (hashes[1:] == hashes[:-1])).any():
        order = np.lexsort(words.T)
        new = _mark_changes(words[order])

    first = order[new]
    arrival = np.argsort(first)
    number = np.empty(len(first), dtype=np.intp)
    number[arrival] = np.arange(len(first))
    group = np.empty(len(words), dtype=np.intp)
    group[order] = number[np.cumsum(new) - 1]

    return first[arrival], group


def _mark_changes(words: Words) -> NDArray[np.bool_]:
    """(n,) whether a row differs from the one before it; the first one does."""
    new = np.ones(len(words), dtype=np.bool_)
    new[1:] = (words[1:] != words[:-1]).any(axis=1)
    return new


def _hash_rows(words: Words) -> Words:
    """(n, W) -> (n,): the word itself where it is the only one."""
    mixed = words[:, 0]
    for column in words.T[1:]:
        mixed = mixed ^ (mixed >> np.uint64(29))
        mixed = mixed * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(32))) + column * np.uint64(0x9E3779B97F4A7C15)
    return mixed
