"""Contributions and reasons in C, always in double: float holds too few digits to compare them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from relurules.domain.columns import Column
from relurules.emitting.c.numbers import (
    REALS,
    CTable,
    Real,
    escape_comment,
    print_c_string,
    print_integer_table,
    print_real_table,
)
from relurules.emitting.c.parts import make_c_words
from relurules.emitting.contribution_plan import ContributionPlan
from relurules.emitting.explanations import ExplainedRead, plan_explanation
from relurules.emitting.expressions import plan_reads
from relurules.emitting.plan import print_signed
from relurules.emitting.request import EmitRequest


class CValue(NamedTuple):
    """A column that contributes: the variable, its expression, that of its contribution (of each
    score), and that of its side.
    """

    name: str
    expression: str
    terms: list[str]
    side: str


@dataclass(frozen=True, kw_only=True)
class CExplanation:
    """What the template prints."""

    #: What is explained.
    plan: ContributionPlan
    #: Lines of the head.
    said: list[str]
    #: Of all results, for a comment.
    names: list[str]
    #: The columns that contribute.
    values: list[CValue]
    #: Factors, scales, and indices of texts.
    tables: list[CTable]
    #: Literals.
    texts: list[str]
    #: Factors of a rule.
    width: int
    #: How many columns contribute.
    columns: int


def plan_c_explanation(request: EmitRequest, real: Real) -> CExplanation | None:
    """None where neither contributions nor reasons are asked for."""
    domain = request.rules.domain
    explained = plan_explanation(request, plan_reads(request, domain.names, make_c_words(real)))
    if explained is None:
        return None

    plan, double = explained.plan, REALS["double"]
    values = []
    for i, each in enumerate(explained.reads):
        places = [explained.place(view, i) for view in range(plan.views)]
        column = domain.columns[plan.table.columns[i].place]
        values.append(_print_value(each, column, f"v{i}", places, real))

    tables = [print_real_table(double, "factors", np.array(explained.factors), _FACTORS)]
    if plan.reasons:
        tables.append(print_real_table(double, "scales", plan.scales, _SCALES))
        codes = [[code for pair in rule for code in pair] for rule in plan.phrases.codes]
        tables.append(
            print_integer_table("words", [[code] for rule in codes for code in rule], _WORDS)
        )

    return CExplanation(
        plan=plan,
        said=[escape_comment(line) for line in explained.said],
        names=[escape_comment(name) for name in plan.names],
        values=values,
        tables=tables,
        texts=[print_c_string(text) for text in plan.phrases.texts],
        width=len(explained.factors[0]),
        columns=len(explained.reads),
    )


_FACTORS = (
    "Rule by rule: what a number beyond its reference is multiplied with, what a category adds."
)
_SCALES = (
    "Rounded contributions are multiplied with these: no two are equal, adverse ones are above 0."
)
_WORDS = "Column by column: the text where the value is below the reference, and where it isn't."


def _print_value(
    each: ExplainedRead, column: Column, name: str, places: list[int], real: Real
) -> CValue:
    """From the array x of columns; a row that has a rule has a known category."""
    read, literal = each.read, REALS["double"].literal
    x = f"x[{read.column}]" if read.derived is None else read.derived
    if each.reference is None:
        code = f"(int){x}" if not column.source else str(read.other)
        if read.missing >= 0:
            code = f"isnan({x}) ? {read.missing} : {code}"
        return CValue(name, code, [f"own[{place} + {name}]" for place in places], "1")

    text = f"(double){x}" if real.suffix else x
    if column.fill is not None:
        # As the row is scored: in this type.
        fill = print_signed(real.literal, column.fill)
        text = f"isnan({x}) ? {f'(double){fill}' if real.suffix else fill} : {text}"
    if read.low is not None or read.high is not None:
        text = _clamp(text, read.low, read.high)

    sign = "+" if each.reference < 0 else "-"
    difference = f"({name} {sign} {literal(abs(each.reference))})"
    side = f"!({name} < {print_signed(literal, each.reference)})"
    return CValue(name, text, [f"own[{place}] * {difference}" for place in places], side)


def _clamp(text: str, low: str | None, high: str | None) -> str:
    """A number brought to the nearer bound."""
    if low is not None:
        text = f"({text}) < {low} ? {low} : {text}"
    return text if high is None else f"({text}) > {high} ? {high} : {text}"
