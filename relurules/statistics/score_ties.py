"""Which scores are the same but for rounding: one rule for bands, curves and every figure of order.

Rows that score alike needn't add the same terms, and another engine may add them in another order.
"""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array

Places = NDArray[np.intp]

#: Scores that differ by less, as a share of the smaller one or of the usual size of a score, are
#: the same. Not of the largest of all, next to which, where it is far outside, all others would be
#: one.
SCORE_ROUNDING = 1e-9


def differ(ordered: Array) -> NDArray[np.bool_]:
    """(N - 1,): whether each of N scores in order, up or down, differs from the one before it by
    more than rounding. Of many that lie close, those differ that are further from the first.
    """
    with np.errstate(invalid="ignore"):  # infinite ones are equal
        steps = np.diff(ordered)
    usual, largest = _measure_sizes(ordered, steps)
    # What is wider than rounding of the largest score is wide enough; few are looked at again.
    widest = SCORE_ROUNDING * np.maximum(usual, largest)
    apart = np.asarray(steps > widest)
    if not len(ordered) or not ordered[0] <= ordered[-1]:
        apart |= steps < -widest

    near = np.flatnonzero(~apart & (steps != 0))
    room, differs = _compare_neighbours(ordered[near], ordered[near + 1], usual)
    apart[near] = differs
    close, room = near[~differs], room[~differs]
    if len(close):
        # Of equal scores before them, the first counts.
        equal = (close > 0) & (steps[close - 1] == 0)
        room[equal] = SCORE_ROUNDING * np.maximum(usual, np.abs(ordered[close[equal]]))
        begins = np.append(True, np.logical_or.reduceat(apart, close)[:-1])
        apart[close] = _find_steps(ordered, close, begins, room)
    return apart


def _compare_neighbours(
    before: Array, after: Array, usual: float
) -> tuple[Array, NDArray[np.bool_]]:
    """What rounding may be of each of two scores (n,), and whether they differ by more."""
    with np.errstate(invalid="ignore"):
        gap = np.abs(after - before)
    room = SCORE_ROUNDING * np.maximum(usual, np.minimum(np.abs(after), np.abs(before)))
    opposite = np.isinf(room) & (after != before)
    return room, np.asarray((gap > room) | (np.isnan(after) != np.isnan(before)) | opposite)


def _find_steps(
    ordered: Array, close: Places, begins: NDArray[np.bool_], room: Array
) -> NDArray[np.bool_]:
    """Of scores that lie close to the next one, (n,) places: whether that one is in another step.
    Steps are as wide as rounding may be, counted from the first of those that follow one another
    closely.

    begins: (n,) whether it is the first; room: (n,) what rounding may be there.
    """
    first = np.maximum.accumulate(np.where(begins, np.arange(len(close)), 0))
    with np.errstate(invalid="ignore"):  # infinite ones are equal
        width = np.nan_to_num(np.abs(ordered[close + 1] - ordered[close[first]]), posinf=0.0)
    wide = room[first]
    steps = np.ceil(np.divide(width, wide, out=np.zeros_like(width), where=wide > 0))
    steps = np.maximum(steps, 1.0)
    before = np.where(begins, 1.0, np.roll(steps, 1))
    return np.asarray(steps != before)


def tie_scores(scores: Array) -> Array:
    """(N,) scores, of which those that rounding alone tells apart are the least of them."""
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    first = np.append(True, differ(ordered))[: len(scores)]
    tied = np.empty(len(scores))
    tied[order] = ordered[first][np.cumsum(first) - 1]
    return tied


def lower_edges(edges: Array, scores: Array) -> Array:
    """Edges between bands that are some of the scores, each lowered by half of what rounding may
    be: the same scores of another engine stay above it, and other scores below.
    """
    return np.asarray(edges - _measure_rooms(np.abs(edges), scores) / 2)


def _measure_rooms(sizes: Array, scores: Array) -> Array:
    """What rounding may be of scores of some sizes; scores: all of them, (N,), whose median size is
    the usual one.
    """
    return np.asarray(SCORE_ROUNDING * np.maximum(_find_median_size(scores), sizes))


def _measure_sizes(ordered: Array, steps: Array) -> tuple[float, float]:
    """The median size and the largest; steps: from each score to the next one."""
    if len(ordered) > 1 and np.isfinite(ordered[[0, -1]]).all():
        largest = float(np.abs(ordered[[0, -1]]).max())
        if steps.min() >= 0:
            return _find_middle_size(ordered), largest
        if steps.max() <= 0:
            return _find_middle_size(ordered[::-1]), largest
    return _find_median_size(ordered), float(np.abs(ordered).max(initial=0.0))


def _find_median_size(scores: Array) -> float:
    """0 where no score is finite."""
    known = np.abs(scores[np.isfinite(scores)])
    return float(np.median(known)) if len(known) else 0.0


def _find_middle_size(rising: Array) -> float:
    """The same of finite scores that rise, without sorting their sizes."""
    half = len(rising) // 2
    if len(rising) % 2:
        return _find_ranked_size(rising, half)
    return float(np.mean([_find_ranked_size(rising, half - 1), _find_ranked_size(rising, half)]))


def _find_ranked_size(rising: Array, rank: int) -> float:
    """The size that so many are no larger than, from 0: sizes fall and then rise, so the smallest
    of them stand side by side.
    """
    starts = range(len(rising) - rank)
    start = bisect_left(starts, True, key=lambda at: bool(rising[at + rank] >= -rising[at]))
    ends = [rising[start + rank]] if start < len(starts) else []
    return float(min(ends + ([-rising[start - 1]] if start else [])))
