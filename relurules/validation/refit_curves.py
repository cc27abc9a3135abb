"""Curves of rules and of refits of them: what a column's values add to the score of one row."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from relurules.domain.linear_forms import combine_scores
from relurules.ir import AdditiveRules, RuleSet
from relurules.validation.judged_rows import Judge, JudgedRows
from relurules.validation.refit_report import RefitCurve
from relurules.wording.numbers import format_number

#: Values of a column that are looked at, and where they lie among the rows: of those beyond, refits
#: know as good as nothing.
_VALUES, _ENDS = 15, (0.01, 0.99)
#: Values of text, the most frequent ones.
_CATEGORIES = 12


def list_refit_curves(
    rules: RuleSet | AdditiveRules,
    refits: Sequence[RuleSet | AdditiveRules],
    judge: Judge,
    part: JudgedRows,
    quantiles: tuple[float, float, float],
) -> tuple[RefitCurve, ...]:
    """Of every column that the rules read; none of several classes, which have no one score."""
    if judge.task == "multiclass" or not len(part):
        return ()
    read = rules.read_coordinates
    found: list[RefitCurve] = []
    typical = find_typical_row(part)
    for column, places in zip(rules.domain.columns, rules.domain.places, strict=True):
        name = column.table_name
        derived = column.source or name not in part.frame.columns
        if derived or not read[list(places)].any():
            continue
        values = choose_values(part.frame[name], numbers=not column.categories)
        if not column.categories:
            values = add_bends(values, list_bends(rules, column.name, places.start))
        if len(values) > 1:
            found += _follow_values(
                (rules, *refits), judge, part, (column.name, name), (typical, values), quantiles
            )

    return tuple(found)


def find_typical_row(part: JudgedRows) -> int:
    """The row nearest to the mean, in standard deviations of coordinates."""
    spread = part.X.std(axis=0)
    apart = (part.X - part.X.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return int((apart**2).sum(axis=1).argmin())


def choose_values(values: Any, *, numbers: bool) -> list[Any]:
    """Values of a column as they stand in its rows: of numbers from low to high, else the most
    frequent ones; missing ones are left out.
    """
    known = values.dropna()
    if not numbers:
        return list(known.value_counts(sort=True).index[:_CATEGORIES])
    ordered = np.sort(known.to_numpy(dtype=float))
    if not len(ordered):
        return []
    places = np.linspace(*_ENDS, _VALUES)
    wanted = np.unique(np.quantile(ordered, places, method="inverted_cdf"))
    distinct = np.unique(ordered)
    if len(distinct) <= _VALUES:
        wanted = distinct[(distinct >= wanted[0]) & (distinct <= wanted[-1])]

    return [float(value) for value in wanted]


def list_bends(rules: RuleSet | AdditiveRules, name: str, at: int) -> list[float]:
    """Where the curve of a number column has its corners; of columns of whole numbers those beside
    them. name: of the column; at: its coordinate.
    """
    curve = rules.curves.get(name) if isinstance(rules, AdditiveRules) else None
    bends = [] if curve is None else [x for x in curve.breakpoints.tolist() if np.isfinite(x)]
    if rules.domain.integer[at]:
        return [side for x in bends for side in (float(np.floor(x)), float(np.ceil(x)))]
    return bends


def add_bends(values: list[Any], bends: Sequence[float]) -> list[Any]:
    """Ascending values, and the corners among them, so that no curve is drawn straight where it
    isn't.
    """
    if len(values) < 2:
        return values
    return sorted({*values, *(x for x in bends if values[0] < x < values[-1])})


def _follow_values(
    every: Sequence[RuleSet | AdditiveRules],
    judge: Judge,
    part: JudgedRows,
    names: tuple[str, str],
    place: tuple[int, list[Any]],
    quantiles: tuple[float, float, float],
) -> list[RefitCurve]:
    typical, values = place
    frame = part.frame.iloc[[typical] * (len(values) + 1)].reset_index(drop=True)
    series = frame[names[1]].astype(object)
    series.iloc[1:] = values
    frame[names[1]] = series.infer_objects()

    added = []
    for rules in every:
        scores = combine_scores(rules.predict_scores(rules.domain.rows(frame)), judge.forms)[:, 0]
        added.append(scores[1:] - scores[0])
    own, again = added[0], np.array(added[1:])
    ends = np.nanquantile(again, quantiles, axis=0).T.tolist()
    number = isinstance(values[0], float)

    return [
        RefitCurve(
            names[0],
            format_number(value) if number else str(value),
            value if number else None,
            points,
            *three,
        )
        for value, points, three in zip(values, own.tolist(), ends, strict=True)
        if np.isfinite([points, *three]).all()
    ]
