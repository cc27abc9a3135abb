"""How well a score tells two classes apart, and how true its probabilities are."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.statistics.resampling import LEVEL, MeasuredValue, normal_quantile
from relurules.statistics.score_ties import differ, tie_scores

Flags = NDArray[np.bool_]


class RocCurve(NamedTuple):
    """Corners of the ROC curve, from (0, 0) to (1, 1).

    false_rate, true_rate: shares of the negative and the positive rows whose score is at least the
    threshold; thresholds: the first is infinite.
    """

    false_rate: Array
    true_rate: Array
    thresholds: Array


class ScoreOrder(NamedTuple):
    """Rows in the order of their scores, the largest first.

    order: (N,) rows; last: the last place of every distinct score in it; what rounding alone tells
    apart isn't distinct.
    """

    order: NDArray[np.intp]
    last: NDArray[np.intp]
    positive: Flags


def order_scores(score: Array, positive: Flags) -> ScoreOrder:
    """Sort once for all that needs the order."""
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    last = np.flatnonzero(np.append(differ(ordered), True)) if len(score) else order
    return ScoreOrder(order, last, positive[order])


def trace_roc(score: Array, positive: Flags) -> RocCurve:
    """All corners of the curve of scores (N,), a corner for every distinct score."""
    ordered = order_scores(score, positive)
    true, false = accumulate_classes(ordered, np.ones(len(score)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return RocCurve(
            np.append(0.0, false / false[-1]),
            np.append(0.0, true / true[-1]),
            np.append(np.inf, score[ordered.order[ordered.last]]),
        )


def accumulate_classes(ordered: ScoreOrder, weights: Array) -> tuple[Array, Array]:
    """How much weight of positive and of negative rows has at least each distinct score."""
    given = weights[ordered.order]
    true = np.cumsum(np.where(ordered.positive, given, 0.0))[ordered.last]
    false = np.cumsum(np.where(ordered.positive, 0.0, given))[ordered.last]
    return true, false


def measure_ks(ordered: ScoreOrder, weights: Array) -> float:
    """Kolmogorov and Smirnov's distance of the scores of the two classes; NaN of one class."""
    given = weights[ordered.order]
    true = float(given @ ordered.positive)
    false = float(given.sum()) - true
    if true <= 0 or false <= 0:
        return np.nan
    steps = np.where(ordered.positive, given / true, -given / false)
    return float(np.abs(np.cumsum(steps)[ordered.last]).max())


def measure_auc(score: Array, positive: Flags, level: float = LEVEL) -> MeasuredValue:
    """Area under the ROC curve, with the interval of E. R. DeLong et al. (1988) by the placements
    of X. Sun and W. Xu (2014); NaN of one class.
    """
    score = tie_scores(score)
    true, false = score[positive], score[~positive]
    if not len(true) or not len(false):
        return MeasuredValue(np.nan)

    above = _place_scores(true, false)  # share of the negative rows below each positive one
    below = 1.0 - _place_scores(false, true)
    area = float(above.mean())
    if min(len(true), len(false)) < 2:
        return MeasuredValue(area)
    variance = above.var(ddof=1) / len(true) + below.var(ddof=1) / len(false)
    half = normal_quantile(level) * float(np.sqrt(variance))

    return MeasuredValue(area, max(0.0, area - half), min(1.0, area + half))


def _place_scores(score: Array, others: Array) -> Array:
    """(n,) share of the others that each score is above, ties counting half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, score, side="left")
    reached = np.searchsorted(ordered, score, side="right")
    return np.asarray((below + reached) / (2.0 * len(others)))


def turn_to_gini(area: MeasuredValue) -> MeasuredValue:
    """Gini's coefficient, 2 AUC - 1, with its interval."""
    low, high = (None if end is None else 2 * end - 1 for end in (area.low, area.high))
    return MeasuredValue(2 * area.value - 1, low, high)


def list_log_losses(log_odds: Array, positive: Flags) -> Array:
    """(N,) minus the logarithm of the probability of what came."""
    return np.asarray(np.logaddexp(0.0, np.where(positive, -log_odds, log_odds)))


def average(values: Array, weights: Array) -> float:
    """Weighted mean; NaN without weight."""
    total = float(weights.sum())
    return float(values @ weights) / total if total > 0 else np.nan
