"""Which scores are the same but for rounding: one rule for bands, curves and every figure of order.

Rows that score alike needn't add the same terms, and another engine may add them in another order.
"""

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array

#: Scores that differ by less, as a share of the smaller one or of the usual size of a score, are
#: the same. Not of the largest of all, next to which, where it is far outside, all others would be
#: one.
SCORE_ROUNDING = 1e-9


def differ(ordered: Array) -> NDArray[np.bool_]:
    """(N - 1,): whether each of N scores in order, up or down, differs from the one before it by
    more than rounding. Of many that lie close, those differ that are further from the first.
    """
    sizes, missing = np.abs(ordered), np.isnan(ordered)
    room = _measure_rooms(np.minimum(sizes[1:], sizes[:-1]), ordered)
    with np.errstate(invalid="ignore"):  # infinite ones are equal
        apart = np.abs(np.diff(ordered)) > room
    opposite = np.isinf(room) & (ordered[1:] != ordered[:-1])
    apart = np.asarray(apart | (missing[1:] != missing[:-1]) | opposite)
    return apart | _find_steps(ordered, apart, room)


def _find_steps(ordered: Array, apart: NDArray[np.bool_], room: Array) -> NDArray[np.bool_]:
    """(N - 1,): whether a score is in another step than the one before it, of steps as wide as what
    rounding may be, counted from the first of the scores that follow one another closely.
    """
    if apart.all():
        return np.zeros_like(apart)

    places = np.arange(len(ordered))
    first = np.maximum.accumulate(np.where(np.append(True, apart), places, 0))
    with np.errstate(invalid="ignore"):  # infinite ones are equal
        width = np.nan_to_num(np.abs(ordered - ordered[first]), posinf=0.0)
    wide = np.append(room, 0.0)[first]
    steps = np.ceil(np.divide(width, wide, out=np.zeros_like(width), where=wide > 0))
    steps = np.maximum(steps, 1.0)
    return np.asarray(steps[1:] != steps[:-1])


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
    known = np.abs(scores[np.isfinite(scores)])
    usual = float(np.median(known)) if len(known) else 0.0
    return np.asarray(SCORE_ROUNDING * np.maximum(usual, sizes))
