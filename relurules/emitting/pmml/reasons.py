"""Contributions and reasons as fields of PMML.

A scorecard of PMML has reason codes of its own, but engines differ in how they order equal ones;
so contributions are ranked here, by the numbers that every language compares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from relurules.emitting.contribution_plan import ContributionPlan
from relurules.emitting.line_explanation import LineExplanation
from relurules.emitting.pmml.elements import (
    FieldBuilder,
    GivenField,
    add_up,
    apply,
    choose,
    read_field,
    scale,
    write_constant,
)
from relurules.emitting.pmml.inputs import RowFields
from relurules.emitting.pmml.scores import add_rule_number
from relurules.ir import RuleSet
from relurules.ir.network import Array
from relurules.reasons.contributions import ExplainedColumn
from relurules.reasons.part_contributions import ExplainedPart

#: Stands for a contribution that was told already: no reason is at or below 0.
_TOLD = -1.0


@dataclass(frozen=True, kw_only=True)
class ExplainedTerms:
    """What is explained of a row. values: (V, n) contributions; texts: (n,) what is said of each;
    floors: (V,) what a contribution must be above to be a reason.
    """

    values: Sequence[Sequence[Element]]
    texts: Sequence[Element]
    floors: Sequence[float]


def add_explanation(
    fields: FieldBuilder,
    row: RowFields,
    plan: ContributionPlan | LineExplanation,
    terms: ExplainedTerms,
) -> list[GivenField]:
    """Results: contributions and reasons, as far as they are asked for."""
    given, names, count = list[GivenField](), iter(plan.contributions), plan.count
    for view, values in enumerate(terms.values):
        own = [fields.add("contribution", row.restrict(value)) for value in values]
        if plan.contributions:
            given += [GivenField(name=next(names), value=read_field(name)) for name in own]
        if plan.reasons:
            called = plan.reasons[view * count : (view + 1) * count]
            given += _rank_terms(fields, row, plan, own, terms, view, called)
    order = {name: place for place, name in enumerate(plan.names)}
    return sorted(given, key=lambda field: order[field.name])


def _rank_terms(
    fields: FieldBuilder,
    row: RowFields,
    plan: ContributionPlan | LineExplanation,
    terms: Sequence[str],
    said: ExplainedTerms,
    view: int,
    called: Sequence[str],
) -> list[GivenField]:
    """The texts of the largest terms, each missing where there is no further reason."""
    keys = [
        fields.add("rounded contribution", row.restrict(_round_term(plan, name, factor)))
        for name, factor in zip(terms, plan.scales, strict=True)
    ]

    left, given, least = [read_field(key) for key in keys], list[GivenField](), ""
    for name in called:
        top = fields.add("largest contribution", row.restrict(_take_largest(left)))
        if not least:
            share = scale(plan.smallest, read_field(top))
            floor = write_constant(said.floors[view])
            least = fields.add("least reason", row.restrict(apply("max", floor, share)))

        is_reason = apply("greaterThan", read_field(top), read_field(least))
        text = _choose_text(keys, top, said.texts)
        given.append(GivenField(name=name, value=choose(is_reason, text), kind="string"))

        left = [
            choose(
                apply("lessThan", read_field(key), read_field(top)),
                read_field(key),
                write_constant(_TOLD),
            )
            for key in keys
        ]
    return given


def _round_term(plan: ContributionPlan | LineExplanation, name: str, factor: float) -> Element:
    """The first thirty bits of a term, times what tells equal ones apart; see `ranking`."""
    term = read_field(name)
    product = apply("*", write_constant(plan.split), term)
    return scale(factor, apply("-", product, apply("-", product, term)))


def _take_largest(values: Sequence[Element]) -> Element:
    return values[0] if len(values) == 1 else apply("max", *values)


def _choose_text(keys: Sequence[str], top: str, texts: Sequence[Element]) -> Element:
    found = texts[-1]
    for key, text in reversed(list(zip(keys[:-1], texts[:-1], strict=True))):
        found = choose(apply("equal", read_field(key), read_field(top)), text, found)
    return found


def print_line_terms(
    plan: LineExplanation, row: RowFields, sums: Sequence[Sequence[Element]]
) -> ExplainedTerms:
    """Of additive rules. sums: (P, m) what parts add."""
    table = plan.table
    values = []
    for form, offsets in zip(table.forms.tolist(), table.offsets.tolist(), strict=True):
        own = [
            add_up([scale(f, s) for f, s in zip(form, part, strict=True) if f])
            if any(form)
            else write_constant(0.0)
            for part in sums
        ]
        values.append(
            [
                apply("-", value, write_constant(offset))
                for value, offset in zip(own, offsets, strict=True)
            ]
        )
    texts = []
    for part, codes in zip(table.parts, plan.phrases.codes[0], strict=True):
        low, high = (write_constant(plan.phrases.texts[code]) for code in codes)
        texts.append(_choose_side(row, part, low, high) if part.has_sides else high)
    return ExplainedTerms(values=values, texts=texts, floors=plan.floors)


def _choose_side(
    row: RowFields, column: ExplainedColumn | ExplainedPart, low: Element, high: Element
) -> Element:
    """What is said of values below the reference, and of others."""
    coordinate = read_field(row.coordinates[column.at])
    return choose(apply("lessThan", coordinate, write_constant(column.reference)), low, high)


def print_rule_terms(
    fields: FieldBuilder, rules: RuleSet, row: RowFields, plan: ContributionPlan
) -> ExplainedTerms:
    """Of rules of which one applies: its factors, times how far values are from the reference."""
    rule = read_field(add_rule_number(fields, rules, row, "rule that is explained"))
    table, phrases = plan.table, plan.phrases
    values, texts = list[list[Element]](), list[Element]()
    for view in range(plan.views):
        own = table.factors[:, view]
        values.append([_print_term(rule, own, row, column) for column in table.columns])
    for i, column in enumerate(table.columns):
        sides = [
            _choose_by_rule(rule, [phrases.texts[codes[i][side]] for codes in phrases.codes])
            for side in (0, 1)
        ]
        texts.append(sides[1] if column.is_category else _choose_side(row, column, *sides))
    return ExplainedTerms(values=values, texts=texts, floors=[0.0] * plan.views)


def _print_term(rule: Element, factors: Array, row: RowFields, column: ExplainedColumn) -> Element:
    """factors: (R, W) of one score."""
    own = [
        _choose_by_rule(rule, factors[:, column.start + k].tolist()) for k in range(column.width)
    ]
    places = range(column.at, column.at + column.width)
    values = [read_field(row.coordinates[place]) for place in places]
    if column.is_category:  # one indicator is 1, so that the sum has one term
        return add_up([apply("*", f, value) for f, value in zip(own, values, strict=True)])
    return apply("*", own[0], apply("-", values[0], write_constant(column.reference)))


def _choose_by_rule(rule: Element, values: Sequence[float | str]) -> Element:
    """The value of the rule; those of several rules are told by one test."""
    rules_of: dict[float | str, list[int]] = {}
    for number, value in enumerate(values, 1):
        rules_of.setdefault(value, []).append(number)
    *others, (last, _) = sorted(rules_of.items(), key=lambda item: len(item[1]))
    found = write_constant(last)
    for value, numbers in others:
        listed = [write_constant(float(number)) for number in numbers]
        test = apply("equal" if len(numbers) == 1 else "isIn", rule, *listed)
        found = choose(test, write_constant(value), found)
    return found
