"""Ranges of columns where the rules are wrong more than elsewhere."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array
from relurules.links.table import LINKS
from relurules.statistics.binary_figures import list_log_losses
from relurules.statistics.population_stability import cut_bands
from relurules.validation.bands import label_bands, name_category
from relurules.validation.judged_rows import Judge, JudgedRows
from relurules.validation.report import WeakPlace

#: Places that are told, and how many standard errors they are at least apart: of the many ranges
#: that are looked at, some are two apart by chance.
_MOST, _APART = 10, 3.0
#: Bands that a range consists of.
_BANDS = 10


class _WorstRange(NamedTuple):
    """A range with its rows, (n,), their mean loss, and the standard errors it is apart."""

    label: str
    rows: NDArray[np.bool_]
    loss: float
    certainty: float


def name_loss(judge: Judge) -> str:
    """What is measured of every row."""
    if judge.task == "regression":
        return "squared error"
    return "log loss" if judge.certain else "share of wrong classes"


def list_losses(judge: Judge, part: JudgedRows) -> Array | None:
    """(n,) the loss of every row; None where there is none."""
    if part.values is None:
        return None
    if judge.task == "regression":
        off = None if part.prediction is None else part.prediction - part.values
        return None if off is None else np.asarray(off**2)
    if judge.task == "multiclass":
        return _list_class_losses(judge, part.scores, part.values.astype(np.intp))

    positive = part.values > 0.5
    if judge.certain:
        return list_log_losses(part.score, positive)

    return None if part.positive is None else (part.positive != positive).astype(np.float64)


def _list_class_losses(judge: Judge, scores: Array, classes: NDArray[np.intp]) -> Array:
    if judge.certain:
        shares = LINKS["log_softmax"].apply(scores)
        return np.asarray(-shares[np.arange(len(classes)), classes])
    return np.asarray(scores.argmax(axis=1) != classes, dtype=np.float64)


def find_weak_places(
    rules: RuleSet | AdditiveRules, judge: Judge, part: JudgedRows, least: int
) -> tuple[WeakPlace, ...]:
    """The worst range of every column, of at least so many rows, the most certain first."""
    losses = list_losses(judge, part)
    if losses is None or len(losses) < 2 * least:
        return ()
    found = []
    domain = rules.domain
    for column, places in zip(domain.columns, domain.places, strict=True):
        values = part.X[:, list(places)]
        if column.categories:
            labels = tuple(name_category(one) for one in column.categories)
            ranges = _list_categories(labels, values)
        else:
            ranges = _list_ranges(values[:, 0])
        weak = _find_worst(losses, ranges, least)
        if weak is not None and weak.certainty >= _APART:
            found.append(_describe_place(part, column.name, weak, float(losses.mean())))

    return tuple(sorted(found, key=lambda place: -place.certainty)[:_MOST])


def _describe_place(part: JudgedRows, column: str, weak: _WorstRange, overall: float) -> WeakPlace:
    values, rows = part.values, weak.rows
    told = values is not None and part.prediction is not None

    return WeakPlace(
        part.part,
        column,
        weak.label,
        int(rows.sum()),
        weak.loss,
        overall,
        weak.certainty,
        float(values[rows].mean()) if told and values is not None else None,
        float(part.prediction[rows].mean()) if part.prediction is not None and told else None,
    )


def _list_categories(
    labels: Sequence[str], indicators: Array
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    for i, label in enumerate(labels):
        yield label, indicators[:, i] == 1


def _list_ranges(values: Array) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Every run of bands, but not all of them together."""
    bands = cut_bands(values, _BANDS)
    place = bands.place(values)

    for first in range(len(bands)):
        for last in range(first, len(bands)):
            if last - first + 1 < len(bands):
                yield (
                    _label_run(bands.edges.tolist(), first, last),
                    (place >= first) & (place <= last),
                )


def _label_run(edges: list[float], first: int, last: int) -> str:
    """The run as one band of those edges that it ends at."""
    kept = [edges[i] for i in (first - 1, last) if 0 <= i < len(edges)]
    labels = label_bands(kept)
    return labels[0] if first == 0 else labels[1]


def _find_worst(
    losses: Array, ranges: Iterator[tuple[str, NDArray[np.bool_]]], least: int
) -> _WorstRange | None:
    """The range that is the most certain to be worse than all other rows."""
    found = None
    for label, rows in ranges:
        count = int(rows.sum())
        if least <= count <= len(losses) - least:
            inside, others = losses[rows], losses[~rows]
            apart = _measure_distance(inside, others)
            if found is None or apart > found.certainty:
                found = _WorstRange(label, rows, float(inside.mean()), apart)

    return found


def _measure_distance(inside: Array, others: Array) -> float:
    """By how many standard errors the mean of some losses is above that of others; without end
    where neither vary.
    """
    above = float(inside.mean() - others.mean())
    spread = float(inside.var(ddof=1) / len(inside) + others.var(ddof=1) / len(others))
    if spread > 0:
        return above / float(np.sqrt(spread))
    return float(np.copysign(np.inf, above)) if above else 0.0
