"""What plots look at: one score of every local model, in columns of the user's table and units that
compare.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import Category
from relurules.errors import DataError, UnsupportedError
from relurules.ir import Evidence
from relurules.ir.local_models import LocalModels, Sample
from relurules.ir.network import Array
from relurules.reasons.score_choice import ScoreView, choose_view
from relurules.statistics.response import Response


class Feature(NamedTuple):
    """A column of the table. at: its coordinates' indices; categories: their names, none for a
    number.
    """

    name: str
    at: tuple[int, ...]
    categories: tuple[str, ...]


class RowSpread(NamedTuple):
    """What is needed of a table's rows. counts: (R,) of each model; means, deviations: (d,) of the
    coordinates.
    """

    counts: NDArray[np.intp]
    means: Array
    deviations: Array


def list_features(models: LocalModels) -> list[Feature]:
    """The user's columns, in order."""
    return [
        Feature(column.name, tuple(at), tuple(map(name_category, column.categories)))
        for column, at in zip(models.domain.columns, models.domain.places, strict=True)
    ]


def name_category(category: Category) -> str:
    """Its values as people write them."""
    if category.word:
        return category.word
    words = ["missing"] * category.missing + ["any other value"] * category.other
    return " or ".join(
        [f"{v:g}" if isinstance(v, float) else str(v) for v in category.values] + words
    )


def label_coordinate(feature: Feature, place: int) -> str:
    """`income`, or `purpose = car` for a category."""
    return f"{feature.name} = {feature.categories[place]}" if feature.categories else feature.name


def find_feature(features: Sequence[Feature], name: str, *, number: bool = False) -> Feature:
    """The column of this name; UnsupportedError where it has categories and a number is needed."""
    found = next((feature for feature in features if feature.name == name), None)
    if found is None:
        raise DataError(
            f"no column {name!r}; there are {', '.join(repr(f.name) for f in features[:12])}"
        )

    if number and found.categories:
        raise UnsupportedError(
            f"column {name!r} holds categories; this plot is of columns of numbers"
        )

    return found


def measure_spread(sample: Sample) -> RowSpread:
    """Of rows at hand."""
    return RowSpread(sample.counts, sample.means, sample.deviations)


def read_spread(evidence: Evidence) -> RowSpread:
    """Of rows that rules have kept figures of."""
    counts = np.array([facts.rows for facts in evidence.rules], dtype=np.intp)
    return RowSpread(counts, evidence.means, evidence.deviations)


def choose_judged_view(models: LocalModels, response: Response) -> ScoreView:
    """The score that is judged by true values: a number, or the log odds of class 1.

    UnsupportedError for more classes, for numbers through a link, and for rules that decide.
    """
    if (
        response.task == "multiclass"
        or response.link not in ("identity", "sigmoid")
        or models.classes
    ):
        said = "rules that decide" if models.classes else f"{response.task} by {response.link}"
        raise UnsupportedError(
            f"this is for a number, or for the log odds of two classes; found {said}"
        )

    form = response.forms[0]
    labels = [
        choose_view(models, name).label
        for name, head in zip(models.outputs, models.heads, strict=True)
        if head.link in ("identity", "sigmoid")
        and form.tolist() == np.eye(len(form))[head.scores[0]].tolist()
    ]
    label = labels[0] if labels else f"log odds of {response.positive or response.name}"

    return ScoreView(np.einsum("s,rsd->rd", form, models.weights), models.constants @ form, label)


def scale_effects(models: LocalModels, view: ScoreView, spread: RowSpread) -> Array:
    """(R, d) coefficients in units that compare: what one standard deviation of the column changes
    the score by.

    Of a category: how far its rows' score lies above the mean over all rows' categories.
    """
    found: Array = view.weights * spread.deviations
    for group in models.domain.groups:
        at = list(group)
        found[:, at] = (
            view.weights[:, at] - (view.weights[:, at] @ _share_categories(spread, at))[:, None]
        )
    return found


def square_effects(models: LocalModels, view: ScoreView, spread: RowSpread) -> Array:
    """(R, d) squared effects; those of categories times their shares, so that a column's add up to
    a variance.
    """
    found = scale_effects(models, view, spread) ** 2
    for group in models.domain.groups:
        at = list(group)
        found[:, at] *= _share_categories(spread, at)
    return found


def _share_categories(spread: RowSpread, at: list[int]) -> Array:
    """Shares of the categories of a group; they sum to 1 where there are rows."""
    total = spread.means[at].sum()
    return np.asarray(spread.means[at] / total) if total > 0 else np.full(len(at), 1.0 / len(at))
