"""How one or two columns move the score of the rows of each local model."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.explaining.view import Feature, View
from relurules.ir.local_models import Sample
from relurules.ir.network import Array

#: Rows that are drawn of a large table, evenly spread over it.
_ROWS = 2000


class Profile(NamedTuple):
    """One local model's term of one column, minus its mean over all rows.

    x: (2,) the smallest and largest value that its rows have, or the categories' numbers that its rows have; y: the
    term there, in units of the score.
    """

    label: str
    rows: int
    x: Array
    y: Array


class Profiles(NamedTuple):
    """Of one column: the local models with the most rows, and the column's values in the table (N,)."""

    feature: Feature
    models: tuple[Profile, ...]
    values: Array
    label: str


class Pairwise(NamedTuple):
    """Two columns, (n,) values each of some rows, and the sum of their terms there, minus its mean over all rows."""

    names: tuple[str, str]
    x: Array
    y: Array
    effect: Array
    label: str


def profiles(sample: Sample, view: View, feature: Feature, top: int = 30) -> Profiles:
    """The terms of one column in the local models of the most rows: straight lines, or one value per category."""
    at = list(feature.at)
    terms = _centred(sample, view, at)
    order = np.argsort(-sample.counts, kind="stable")[:top]
    values = _values(sample, feature)
    rows = np.argsort(sample.of, kind="stable")
    ends = np.cumsum(sample.counts)
    found = []
    for model in order[sample.counts[order] > 0].tolist():
        own = values[rows[ends[model] - sample.counts[model] : ends[model]]]
        x = np.unique(own) if feature.categories else np.array([own.min(), own.max()])
        y = terms.at(model, x.astype(np.intp)) if feature.categories else terms.along(model, x)
        found.append(Profile(sample.models.label(model), int(sample.counts[model]), x, y))
    return Profiles(feature, tuple(found), values, view.label)


def pairwise(sample: Sample, view: View, one: Feature, other: Feature) -> Pairwise:
    """What two columns do together to the score of each row, by its own local model."""
    some = sample.some(_ROWS)
    effect = np.zeros(len(some))
    for feature in (one, other):
        at = list(feature.at)
        effect += ((some.X[:, at] - sample.means[at]) * view.weights[some.of][:, at]).sum(axis=1)
    return Pairwise((one.name, other.name), _values(some, one), _values(some, other), effect, view.label)


class _Terms(NamedTuple):
    """Terms of one column: weights (R, k) of its coordinates; means (k,)."""

    weights: Array
    means: Array

    def along(self, model: int, x: Array) -> Array:
        """Of a number."""
        return np.asarray(self.weights[model, 0] * (x - self.means[0]))

    def at(self, model: int, categories: NDArray[np.intp]) -> Array:
        """Of categories, by number."""
        return np.asarray(self.weights[model][categories] - self.weights[model] @ self.means)


def _centred(sample: Sample, view: View, at: list[int]) -> _Terms:
    return _Terms(view.weights[:, at], sample.means[at])


def _values(sample: Sample, feature: Feature) -> Array:
    """(N,) numbers, or the numbers of the categories."""
    part = sample.X[:, list(feature.at)]
    return part.argmax(axis=1).astype(np.float64) if feature.categories else part[:, 0]
