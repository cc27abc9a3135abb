"""How well scores tell a target: of all rows, of the rows of each group, of many scores at once."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.statistics.score_ties import differ

Groups = NDArray[np.intp] | NDArray[np.int32]


def r2(F: Array, Y: Array, weights: Array) -> float:
    """1 minus the residual sum of squares over the mean's; F, Y (N, m): the mean over the m."""
    around = ((Y - np.average(Y, axis=0, weights=weights)) ** 2 * weights[:, None]).sum(axis=0)
    left = ((F - Y) ** 2 * weights[:, None]).sum(axis=0)
    return float(np.mean(1.0 - left / np.where(around > 0, around, 1.0)))


def accuracy(F: Array, Y: Array, weights: Array) -> float:
    """Share of the rows whose largest score (N, m) is the class that Y says, 1 there and 0
    elsewhere.
    """
    return float(np.average(F.argmax(axis=1) == Y.argmax(axis=1), weights=weights))


def auc(scores: Array, positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve of scores (N,): the share of pairs in the right order, ties counting
    half; scores that rounding alone tells apart are tied.
    """
    if not len(scores):
        return 0.0
    order = np.argsort(scores, kind="stable")
    return _measure_area(scores[order], positive[order])


def _measure_area(ordered: Array, positive: NDArray[np.bool_]) -> float:
    """The same of scores in order."""
    n, p = len(ordered), int(positive.sum())
    ranks = _sum_positive_ranks(differ(ordered), positive.astype(np.int64))
    return float((ranks - p * (p + 1) / 2) / max(1, p * (n - p)))


def compute_aucs(scores: Array, positive: NDArray[np.bool_]) -> Array:
    """`auc` of many scores (R, N) of the same rows: (R,).

    The target is kept in the last bit of each score, so that one plain sort per score puts both in
    order.
    """
    n, p = scores.shape[1], int(positive.sum())
    bit, found = positive.astype(np.int64), np.empty(len(scores))
    packed, right = np.empty(n), np.empty(n, dtype=np.int64)
    words = packed.view(np.int64)

    for i, row in enumerate(scores):
        np.bitwise_and(row.view(np.int64), ~1, out=words)
        words |= bit
        packed.sort()
        if not np.isfinite(packed[[0, -1]] if n else 0.0).all():  # these stand at the ends
            found[i] = auc(row, positive)
            continue
        np.bitwise_and(words, 1, out=right)
        words &= ~1  # else a score of 0 would differ by its target
        ranks = _sum_positive_ranks(differ(packed), right)
        found[i] = (ranks - p * (p + 1) / 2) / max(1, p * (n - p))

    return found


def _sum_positive_ranks(differs: NDArray[np.bool_], positive: NDArray[np.int64]) -> float:
    """Sum of the ranks of the positive ones, of equal ones the mean; differs: (N - 1,) from the one
    before. All sums are of whole numbers.
    """
    ranks = np.arange(1, len(positive) + 1) * positive
    twice = 2 * int(ranks.sum())
    ends = np.flatnonzero(np.diff(~differs, prepend=False, append=False))
    if not len(ends):
        return twice / 2

    first, last = ends[::2], ends[1::2]  # of scores that are equal
    bounds = np.column_stack([first, last + 1]).ravel()
    inner = bounds[: len(bounds) - (bounds[-1] == len(positive))]
    count, own = (np.add.reduceat(values, inner)[::2] for values in (positive, ranks))
    return (twice + int((count * (first + last + 2) - 2 * own).sum())) / 2


def group_aucs(
    scores: Array,
    positive: NDArray[np.bool_],
    group: Groups,
    groups: int,
    order: NDArray[np.intp] | None = None,
) -> Array:
    """`auc` within each group of rows, (N,) numbers below `groups`: (groups,), NaN where one has
    one class alone. Scores that rounding alone tells apart are tied.

    order: (N,) rows by their scores, where that is known.
    """
    order = np.argsort(scores) if order is None else order
    if groups == 1:
        mixed = positive.any() and not positive.all()
        return np.array([_measure_area(scores[order], positive[order]) if mixed else np.nan])

    order = _sort_in_groups(order, group, groups)
    s, g, right = scores[order], group[order], positive[order]
    n, p = np.bincount(g, minlength=groups), np.bincount(g[right], minlength=groups)
    if not len(s):
        return np.full(groups, np.nan)

    first = np.flatnonzero(np.append(True, differ(s) | (g[1:] != g[:-1])))
    end = np.append(first[1:], len(s))
    of = g[first]
    middle = (first + 1 + end) / 2 - (np.cumsum(n) - n)[of]
    ranks = np.bincount(
        of, weights=middle * np.add.reduceat(right.astype(float), first), minlength=groups
    )

    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((ranks - p * (p + 1) / 2) / (p * (n - p)))


def _sort_in_groups(order: NDArray[np.intp], group: Groups, groups: int) -> NDArray[np.intp]:
    """(N,) rows by their group, and in this order within each."""
    few = np.iinfo(np.uint16).max  # numbers of 16 bits are sorted by counting
    numbers = group[order].astype(np.uint16 if groups <= few else np.int64)
    return np.asarray(order[np.argsort(numbers, kind="stable")])


def drop_nan_scores(scores: Mapping[str, float]) -> dict[str, float]:
    """Those scores that are numbers."""
    return {name: float(score) for name, score in scores.items() if np.isfinite(score)}
