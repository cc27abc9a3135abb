"""One row: which rule applies, by which conditions and margins, and what each column adds to the
score.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from relurules.domain import Domain
from relurules.domain.columns import read_raw_columns
from relurules.errors import DataError
from relurules.explaining.conditions import check_conditions
from relurules.explaining.explanation import Contribution, Explanation
from relurules.explaining.plain_text import format_digits, format_value
from relurules.explaining.score_view import Feature, ScoreView, list_features
from relurules.ir import RuleSet
from relurules.ir.network import Array
from relurules.tables.table import read_column_names, read_table
from relurules.tables.values import Value
from relurules.wording.classes import format_class


class TableRow(NamedTuple):
    """A row. x: (d,) in coordinates; raw: the user's columns, None for a missing value."""

    x: Array
    raw: Mapping[str, Value]


def read_row(domain: Domain, row: Any) -> TableRow:
    """One row: a mapping, a Series, a frame of one row, or d numbers in coordinates; else
    DataError.
    """
    import pandas

    if isinstance(row, pandas.Series):
        row = row.to_dict()
    if isinstance(row, Mapping):
        row = pandas.DataFrame({str(name): [value] for name, value in row.items()}, dtype=object)

    table = (
        row
        if read_column_names(row) is not None or np.ndim(row) == 2
        else np.array([row], dtype=object)
    )
    table = domain.narrow(read_table(table))
    X = domain.rows(table)

    if len(X) != 1:
        raise DataError(f"expected one row, found {len(X)}; choose one, such as frame.iloc[[0]]")

    raw = {name: values[0] for name, values in read_raw_columns(table, domain.columns).items()}
    return TableRow(np.asarray(X[0]), raw)


def explain_row(
    rules: RuleSet, row: TableRow, view: ScoreView | None, means: Array | None
) -> Explanation:
    """Take the score of a row apart. means: (d,) of the rows to compare with, None for 0; view:
    None for a decision.

    DataError for a row outside the domain, or without a value, saying which column it is for.
    """
    x = row.x
    number_ = int(rules.number_rows(x[None])[0])
    if number_ == 0:
        raise DataError(f"no rule applies to the row: {_explain_outside(rules, x)}")

    conditions = check_conditions(rules, number_, x, row.raw)
    rule = Explanation(
        rule=number_,
        row=row.raw,
        outputs=rules.predict_row(x),
        conditions=conditions.tests,
        sums=conditions.sums,
        label=rules.outputs[0],
        score=0.0,
        base=0.0,
        contributions=(),
        centred=False,
        told=_tell_label(rules, x),
    )

    if view is None:
        number = float(rules.predict_numbers(x[None])[0, 0])
        return replace(rule, score=number, base=number, decided=_name_class(rules, number))

    weights, constant = view.weights[number_ - 1], float(view.constants[number_ - 1])
    parts = _collect_contributions(
        rules, row, weights, np.zeros(len(x)) if means is None else means
    )
    return replace(
        rule,
        label=view.label,
        score=float(weights @ x) + constant,
        base=constant if means is None else constant + float(weights @ means),
        contributions=tuple(sorted(parts, key=lambda part: -abs(part.contribution))),
        centred=means is not None,
    )


def _name_class(rules: RuleSet, number: float) -> str:
    """The class by its label, and what a decision calls it where that says more."""
    label, name = format_class(rules, number), f"class {format_class(rules, number)}"
    if rules.decision is None:
        return name

    decided = rules.decision.classes[int(number)]
    if rules.labels is None or (decided == label and rules.labels.kind is str):
        return decided
    return name if decided == label else f"{name} ({decided})"


def _tell_label(rules: RuleSet, x: Array) -> Any:
    """The row's class, where labels are known."""
    return None if rules.labels is None else rules.classify(x[None])[0]


def _collect_contributions(
    rules: RuleSet, row: TableRow, weights: Array, means: Array
) -> list[Contribution]:
    found = []
    for feature in list_features(rules.local_models):
        at = list(feature.at)
        if weights[at].any():
            part, coefficient = (
                float(weights[at] @ (row.x[at] - means[at])),
                float(weights[at] @ _select_own(feature, row.x)),
            )
            found.append(Contribution(feature.name, row.raw[feature.name], coefficient, part))

    return found


def _select_own(feature: Feature, x: Array) -> Array:
    """What picks the coefficient that applies to a row: its category's."""
    return np.asarray(x[list(feature.at)] if feature.categories else np.ones(1))


def _explain_outside(rules: RuleSet, x: Array) -> str:
    """Why a row has no rule."""
    domain = rules.domain
    for i, name in enumerate(domain.names):
        if np.isnan(x[i]):
            return f"{name!r} has no value"

    for group in domain.groups:
        if sorted(x[list(group)].tolist()) != [0.0] * (len(group) - 1) + [1.0]:
            column = next(
                (f.name for f in list_features(rules.local_models) if set(f.at) == set(group)), None
            )
            return f"{column or domain.names[group[0]]!r} has a value that the rules don't know"

    for i, name in enumerate(domain.names):
        if not domain.lower[i] <= x[i] <= domain.upper[i]:
            low, high = format_digits(domain.lower[i]), format_digits(domain.upper[i])
            return (
                f"{name!r} is {format_value(float(x[i]))}, and the rules hold for {low} to {high}"
            )

    for text, normal, limit in zip(domain.texts, domain.normals, domain.limits, strict=True):
        if normal @ x > limit:
            return f"it lies outside the limit {text!r}"

    return "a search that was ended early left its part of the domain without rules"
