"""Coefficients of all local models side by side: importance of columns, parallel coordinates,
violins.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.explaining.score_view import (
    RowSpread,
    label_coordinate,
    list_features,
    scale_effects,
    square_effects,
)
from relurules.ir.local_models import LocalModels
from relurules.ir.network import Array
from relurules.reasons.score_choice import ScoreView


class Importance(NamedTuple):
    """names: the columns, the most important first; shares: (n,) of all, which sum to 1; label: of
    what.
    """

    names: tuple[str, ...]
    shares: Array
    label: str


@dataclass(frozen=True, kw_only=True)
class Coefficients:
    """Coefficients in units that compare, see `view.effects`."""

    #: (n,) the coordinates, the most important first.
    names: tuple[str, ...]
    #: (R, n).
    values: Array
    #: (R,) rows of each model.
    counts: NDArray[np.intp]
    #: (R,) what each one is called.
    labels: tuple[str, ...]
    #: The score.
    label: str
    #: Of local models.
    kind: str
    #: Whether some are categories.
    categories: bool


def measure_importance(
    models: LocalModels, view: ScoreView, spread: RowSpread, top: int | None = None
) -> Importance:
    """How much each column moves the score, over all rows: the mean of its squared effects,
    normalised.

    The squared effects of a column, its coefficient times its standard deviation, are the variance
    of its term. They are weighted by the rows of each local model and divided by their sum, after
    A. Sudjianto, W. Knauth, R. Singh, Z. Yang and A. Zhang, "Unwrapping The Black Box of Deep ReLU
    Networks: Interpretability, Diagnostics, and Simplification", 2020. All shares are 0 where no
    column moves anything. top: the most important ones alone.
    """
    moved = spread.counts @ square_effects(models, view, spread)
    features = list_features(models)
    totals = np.array([moved[list(feature.at)].sum() for feature in features])
    shares = totals / totals.sum() if totals.sum() > 0 else totals
    order = np.argsort(-shares, kind="stable")[:top]
    return Importance(tuple(features[i].name for i in order), shares[order], view.label)


def collect_coefficients(
    models: LocalModels,
    view: ScoreView,
    spread: RowSpread,
    top: int | None = 10,
    most: int | None = None,
) -> Coefficients:
    """The coefficients of the `top` coordinates, of the `most` local models with the most rows."""
    moved = spread.counts @ square_effects(models, view, spread)
    labels = {
        i: label_coordinate(feature, place)
        for feature in list_features(models)
        for place, i in enumerate(feature.at)
    }
    order = np.argsort(-moved, kind="stable")[:top]
    order = order[moved[order] > 0] if (moved > 0).any() else order
    kept = np.argsort(-spread.counts, kind="stable")[:most]

    return Coefficients(
        names=tuple(labels[i] for i in order.tolist()),
        values=scale_effects(models, view, spread)[np.ix_(kept, order)],
        counts=spread.counts[kept],
        labels=tuple(models.label(i) for i in kept.tolist()),
        label=view.label,
        kind=models.kind,
        categories=any(i in group for group in models.domain.groups for i in order.tolist()),
    )
