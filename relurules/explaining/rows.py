"""One row: which rule applies, by which conditions and margins, and what each column adds to the
score.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from relurules.domain import Domain
from relurules.domain.encoding import get_value, read_raw_columns
from relurules.errors import DataError
from relurules.explaining.conditions import check_conditions
from relurules.explaining.explanation import Contribution, Explanation, Reason
from relurules.explaining.plain_text import format_digits, format_value
from relurules.ir import RuleSet
from relurules.ir.network import Array
from relurules.ir.reference import ReferenceRow
from relurules.ir.scorer import Scorer
from relurules.reasons.contributions import ExplainedColumn, build_contribution_table, find_side
from relurules.reasons.ranking import choose_reasons
from relurules.reasons.reason_texts import ReasonOptions, plan_phrases
from relurules.reasons.score_choice import choose_view, is_decision
from relurules.tables.table import read_single_row, read_table
from relurules.tables.values import Value
from relurules.wording.classes import format_class
from relurules.wording.references import describe_reference


class TableRow(NamedTuple):
    """A row. x: (d,) in coordinates; raw: the user's columns, None for a missing value."""

    x: Array
    raw: Mapping[str, Value]


def read_row(domain: Domain, row: Any) -> TableRow:
    """One row: a mapping, a Series, a frame of one row, or d numbers in coordinates; else
    DataError.
    """
    table = domain.narrow(read_table(read_single_row(row)))
    X = domain.rows(table)

    if len(X) != 1:
        raise DataError(f"expected one row, found {len(X)}; choose one, such as frame.iloc[[0]]")

    raw = {name: values[0] for name, values in read_raw_columns(table, domain.columns).items()}
    return TableRow(np.asarray(X[0]), raw)


class RowQuestion(NamedTuple):
    """What a row is explained by.

    reference: None for 0; output: whose score, None for the default one; options: of its reasons.
    """

    reference: ReferenceRow | None
    output: str | None = None
    options: ReasonOptions = ReasonOptions()


def explain_row(rules: RuleSet, row: TableRow, question: RowQuestion) -> Explanation:
    """Take the score of a row apart; that of a decision isn't.

    DataError for a row outside the domain, or without a value, saying which column it is for.
    """
    x = row.x
    number = int(rules.number_rows(x[None])[0])
    if number == 0:
        raise DataError(f"no rule applies to the row: {explain_outside(rules.domain, x)}")

    conditions = check_conditions(rules, number, x, row.raw)
    rule = Explanation(
        rule=number,
        row=row.raw,
        outputs=rules.predict_row(x),
        conditions=conditions.tests,
        sums=conditions.sums,
        label=rules.outputs[0],
        score=0.0,
        base=0.0,
        contributions=(),
        centred=False,
        told=tell_label(rules, x),
    )

    if is_decision(rules.local_models, question.output):
        return _tell_decision(rules, rule, x)
    return _take_apart(rules, rule, row, question)


def _tell_decision(rules: RuleSet, rule: Explanation, x: Array) -> Explanation:
    """Of the number of a class, the class."""
    number = float(rules.predict_numbers(x[None])[0, 0])
    return replace(rule, score=number, base=number, decided=_name_class(rules, number))


def _take_apart(
    rules: RuleSet, rule: Explanation, row: TableRow, question: RowQuestion
) -> Explanation:
    """What each column adds to the score, and which of them are its reasons."""
    models, reference, options = rules.local_models, question.reference, question.options
    view = choose_view(models, question.output)
    weights, constant = view.weights[rule.rule - 1], float(view.constants[rule.rule - 1])
    table = build_contribution_table(rules.domain, {view.label: view}, reference)
    values = table.evaluate(np.array([rule.rule]), row.x[None])[0, 0]
    own = {column.name: column for column in rules.domain.columns}
    parts = [
        Contribution(
            column.name,
            get_value(row.raw, own[column.name]),
            _find_coefficient(column, weights, row.x),
            float(values[i]),
        )
        for i, column in enumerate(table.columns)
        if weights[column.at : column.at + column.width].any()
    ]

    phrases = plan_phrases(rules, table, options)
    chosen = choose_reasons(values, options.direction, options.count).tolist()
    reasons = [
        Reason(
            table.columns[i].name,
            phrases.phrase(rule.rule, i, find_side(table.columns[i], row.x)),
            float(values[i]),
        )
        for i in chosen
        if i >= 0
    ]

    return replace(
        rule,
        label=view.label,
        score=float(weights @ row.x) + constant,
        base=constant if reference is None else constant + float(weights @ reference.values),
        contributions=tuple(sorted(parts, key=lambda part: -abs(part.contribution))),
        centred=reference is not None,
        reference="" if reference is None else describe_reference(reference),
        reasons=tuple(reasons),
        direction=options.direction,
    )


def _find_coefficient(column: ExplainedColumn, weights: Array, x: Array) -> float:
    """The coefficient that applies to a row: of a category its own."""
    at = slice(column.at, column.at + column.width)
    return float(weights[at] @ x[at]) if column.is_category else float(weights[column.at])


def _name_class(rules: RuleSet, number: float) -> str:
    """The class by its label, and what a decision calls it where that says more."""
    label, name = format_class(rules, number), f"class {format_class(rules, number)}"
    if rules.decision is None:
        return name

    decided = rules.decision.classes[int(number)]
    if rules.labels is None or (decided == label and rules.labels.kind is str):
        return decided
    return name if decided == label else f"{name} ({decided})"


def tell_label(rules: Scorer, x: Array) -> Any:
    """The row's class, where labels are known."""
    return None if rules.labels is None else rules.classify(x[None])[0]


def explain_outside(domain: Domain, x: Array) -> str:
    """Why a row, (d,) in coordinates, has no rule."""
    for i, name in enumerate(domain.names):
        if np.isnan(x[i]):
            return f"{name!r} has no value"

    for group in domain.groups:
        if sorted(x[list(group)].tolist()) != [0.0] * (len(group) - 1) + [1.0]:
            columns = zip(domain.columns, domain.places, strict=True)
            column = next((c.name for c, at in columns if set(at) == set(group)), None)
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
