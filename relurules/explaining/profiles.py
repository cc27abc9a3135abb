"""How one or two columns move the score of the rows of each local model."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.explaining.score_view import Feature
from relurules.ir.local_models import Sample
from relurules.ir.network import Array
from relurules.reasons.score_choice import ScoreView

#: Rows that are drawn of a large table, evenly spread over it.
_ROWS = 2000


class Profile(NamedTuple):
    """One local model's term of one column, minus its mean over all rows.

    x: (2,) the smallest and largest value that its rows have, or the categories' numbers that its
    rows have; y: the term there, in units of the score.
    """

    label: str
    rows: int
    x: Array
    y: Array


class Profiles(NamedTuple):
    """Of one column: the local models with the most rows, and the column's values in the table
    (N,).
    """

    feature: Feature
    models: tuple[Profile, ...]
    values: Array
    label: str


@dataclass(frozen=True, kw_only=True)
class PairEffect:
    """The effect of two columns together at some rows."""

    #: The two columns.
    names: tuple[str, str]
    #: (n,) values of the first.
    x: Array
    #: (n,) values of the second.
    y: Array
    #: (n,) the sum of their terms there, minus its mean over all rows.
    effect: Array
    #: The score.
    label: str


def compute_profiles(sample: Sample, view: ScoreView, feature: Feature, top: int = 30) -> Profiles:
    """The terms of one column in the local models of the most rows: straight lines, or one value
    per category.
    """
    at = list(feature.at)
    terms = _centre_terms(sample, view, at)
    order = np.argsort(-sample.counts, kind="stable")[:top]
    values = _read_values(sample, feature)
    rows = np.argsort(sample.of, kind="stable")
    ends = np.cumsum(sample.counts)
    found = []

    for model in order[sample.counts[order] > 0].tolist():
        own = values[rows[ends[model] - sample.counts[model] : ends[model]]]
        x = np.unique(own) if feature.categories else np.array([own.min(), own.max()])
        y = terms.at(model, x.astype(np.intp)) if feature.categories else terms.along(model, x)
        found.append(Profile(sample.models.label(model), int(sample.counts[model]), x, y))

    return Profiles(feature, tuple(found), values, view.label)


def compute_pair_effect(
    sample: Sample, view: ScoreView, one: Feature, other: Feature
) -> PairEffect:
    """What two columns do together to the score of each row, by its own local model."""
    some = sample.some(_ROWS)
    effect = np.zeros(len(some))
    for feature in (one, other):
        at = list(feature.at)
        effect += ((some.X[:, at] - sample.means[at]) * view.weights[some.of][:, at]).sum(axis=1)

    return PairEffect(
        names=(one.name, other.name),
        x=_read_values(some, one),
        y=_read_values(some, other),
        effect=effect,
        label=view.label,
    )


class _ColumnTerms(NamedTuple):
    """Terms of one column: weights (R, k) of its coordinates; means (k,)."""

    weights: Array
    means: Array

    def along(self, model: int, x: Array) -> Array:
        """Of a number."""
        return np.asarray(self.weights[model, 0] * (x - self.means[0]))

    def at(self, model: int, categories: NDArray[np.intp]) -> Array:
        """Of categories, by number."""
        return np.asarray(self.weights[model][categories] - self.weights[model] @ self.means)


def _centre_terms(sample: Sample, view: ScoreView, at: list[int]) -> _ColumnTerms:
    return _ColumnTerms(view.weights[:, at], sample.means[at])


def _read_values(sample: Sample, feature: Feature) -> Array:
    """(N,) numbers, or the numbers of the categories."""
    part = sample.X[:, list(feature.at)]
    return part.argmax(axis=1).astype(np.float64) if feature.categories else part[:, 0]
