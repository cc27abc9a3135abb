"""A typical row, worked out by hand from the numbers that the document shows."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from relurules.documents.context import AdditiveContext, phrase_output_value
from relurules.documents.document import Bar, Block, Chart, Paragraph, Section
from relurules.ir.network import Array
from relurules.links.heads import apply_links
from relurules.wording import phrases as p
from relurules.wording.additive import PartWording
from relurules.wording.additive_phrases import (
    phrase_members,
    phrase_points,
    phrase_start,
)
from relurules.wording.forms import ColumnSpan
from relurules.wording.half_spaces import evaluate_form
from relurules.wording.line_wording import LineWording, phrase_signed
from relurules.wording.numbers import format_number, format_short
from relurules.wording.phrases import Phrase
from relurules.wording.point_scale import read_number
from relurules.wording.point_tables import PointList, PointStretch, StretchTable, find_stretch
from relurules.wording.references import describe_reference

#: Scores that are worked out.
_SCORES = 3


class _PartWork(NamedTuple):
    """A part at a row: what its columns are, how its points are worked out, nothing where no line
    applies, and the points.
    """

    values: Phrase
    working: Phrase
    points: float


def build_worked_row(context: AdditiveContext) -> Section | None:
    """The typical row of the data, step by step; None without data."""
    evidence = context.evidence
    if evidence is None or evidence.typical is None:
        return None

    row, rules = evidence.typical, context.rules
    blocks: list[Block] = []
    totals = []
    for score in range(len(rules.scores)):
        works = [_work_part(context, part, row, score) for part in context.wording.parts]
        decimals = context.wording.scale.decimals[score]
        total = round(context.wording.start[score] + sum(work.points for work in works), decimals)
        totals.append(total + 0.0)
        if score < _SCORES:
            blocks.append(_chart_parts(context, works, score, total + 0.0))
    if len(rules.scores) > _SCORES:
        said = f"The first {_SCORES} of {len(rules.scores)} scores are shown."
        blocks.append(Paragraph(p.text(said)))
    blocks.append(Paragraph(_phrase_outcome(context, row, totals)))
    return Section("worked", "A typical row worked out", tuple(blocks))


def _work_part(context: AdditiveContext, part: PartWording, row: Array, score: int) -> _PartWork:
    """Points rounded to the decimals of all."""
    spans = context.wording.spans
    decimals = context.wording.scale.decimals[score]
    values = _phrase_values(spans, part, row)
    if isinstance(part.table, PointList):
        held = int(np.argmax(row[part.part.coordinates]))
        choice = next(choice for choice in part.table.choices if held in choice.members)
        return _PartWork(values, p.text("looked up"), choice.points[score])
    if isinstance(part.table, StretchTable):
        value = float(row[part.part.coordinates[0]])
        stretch = find_stretch(part.table.stretches[score], value)
        exact = stretch.evaluate(Fraction(Decimal(repr(value))))
        working = _phrase_stretch(stretch, value, decimals)
        return _PartWork(values, working, round(float(exact), decimals) + 0.0)

    exact, said = _add_up_lines(part, row, score)
    for own in part.groups:
        rule = int(own.group.rules.tree.route(row[None])[0])
        formula = own.reading.rules[rule].formulas[score]
        exact += Fraction(evaluate_form(formula.form, row.tolist()))
        said.append(
            p.join_tight(p.text(f"rule {rule + 1} of group {own.group.number}:"), formula.phrase)
        )
    if part.offsets[score]:
        said.insert(0, phrase_points(part.offsets[score], decimals))
    working = p.join_loose(*said) if said else ()
    return _PartWork(values, working, round(float(exact), decimals) + 0.0)


def _phrase_values(spans: Sequence[ColumnSpan], part: PartWording, row: Array) -> Phrase:
    """`7.2`, or of several columns `7.2 and cook`."""
    shown = []
    for i in part.part.columns:
        span = spans[i]
        own = row[list(span.coordinates)]
        if span.column.categories:
            shown.append(phrase_members(span, (int(np.argmax(own)),)))
        else:
            shown.append(p.number(_format_value(float(own[0]))))

    return p.join_list(shown, "and")


def _format_value(value: float) -> str:
    return format_number(value) if value.is_integer() else format_short(value, 6)


def _phrase_stretch(stretch: PointStretch, value: float, decimals: int) -> Phrase:
    """`-0.0816 - 0.01 * (48 - 30)`, or the points of an end."""
    points, end = stretch.low_points, stretch.low
    if points is None:
        points, end = stretch.high_points, stretch.high
    assert points is not None  # noqa: S101  # one end is closed
    first = phrase_points(points, decimals)
    if value == end or not stretch.slope:
        return first

    return p.join_loose(first, _phrase_product(stretch.slope, stretch.unit, (value, end)))


def _phrase_product(slope: float, unit: float, ends: tuple[float, float]) -> Phrase:
    """`- 0.01 * (48 - 30)`, or of 10,000 units `- 0.01 * (48,000 - 30,000) / 10,000`."""
    inner = p.join_tight(_phrase_value(ends[0]), p.operator("\u2212"), _bracket_negative(ends[1]))
    sign = p.operator("\u2212" if slope < 0 else "+")
    product = [
        p.join_tight(sign, p.number(format_number(abs(slope)))),
        p.join_tight(p.operator("\u00d7"), (*p.text("("), *inner, *p.text(")"))),
    ]
    if unit != 1:
        product.append(p.join_tight(p.operator("\u00f7"), p.number(format_number(unit))))
    return p.join_loose(*product)


def _phrase_value(value: float) -> Phrase:
    size = p.number(_format_value(abs(value)))
    return (*p.operator("\u2212"), *size) if value < 0 else size


def _bracket_negative(value: float) -> Phrase:
    shown = _phrase_value(value)
    return (*p.text("("), *shown, *p.text(")")) if value < 0 else shown


def _add_up_lines(part: PartWording, row: Array, score: int) -> tuple[Fraction, list[Phrase]]:
    """What a set of columns adds by its lines, and the products of those that apply."""
    exact, said = read_number(part.offsets[score]), list[Phrase]()
    for line in part.lines:
        value, bound = measure_row(line, row)
        beyond = bound - value if line.below else value - bound
        if not line.form.terms:
            exact += read_number(line.slopes[score])
        elif beyond > 0 and line.slopes[score]:
            slope = line.slopes[score]
            exact += read_number(slope) * read_number(beyond) / read_number(line.unit)
            ends = (bound, value) if line.below else (value, bound)
            product = _phrase_product(slope, line.unit, ends)
            said.append(p.join_loose(product, p.text(f"(line {line.number})")))

    return exact, said


def measure_row(line: LineWording, row: Array) -> tuple[float, float]:
    """A line's sum at a row, and the bound as shown that it is held against."""
    value = evaluate_form(line.form, row.tolist())
    for case in line.cases:
        if not case.members or any(row[j] == 1 for j in case.members):
            return value, case.bound
    return value, 0.0


def _chart_parts(
    context: AdditiveContext, works: Sequence[_PartWork], score: int, total: float
) -> Chart:
    decimals = context.wording.scale.decimals[score]
    longest = max((abs(work.points) for work in works), default=0.0) or 1.0
    start = context.wording.start[score]
    first = p.text(f"start: {describe_reference(context.rules.reference)}")
    bars = [Bar((first, (), ()), None, phrase_start(start, decimals))]
    idle = [work for work in works if not work.working]
    for part, work in zip(context.wording.parts, works, strict=True):
        if not work.working:
            continue
        cells = (p.name(part.part.name), work.values, work.working)
        bars.append(Bar(cells, work.points / longest, phrase_points(work.points, decimals)))
    if idle:
        said = f"{len(idle)} more"
        none = (p.text(said), (), p.text("no line applies"))
        bars.append(Bar(none, None, phrase_points(0.0, decimals)))
    name = context.rules.scores[score]
    bars.append(Bar((p.name(name), (), ()), None, phrase_start(total, decimals)))
    caption = f"The {name} of the row of the data that is nearest to the mean"

    return Chart(caption, ("Column", "Row", "Worked out", "Points"), tuple(bars))


def _phrase_outcome(context: AdditiveContext, row: Array, totals: Sequence[float]) -> Phrase:
    """The outputs of the sums as worked out, and what the rules give exactly."""
    rules = context.rules
    outputs = apply_links(rules.heads, np.array([totals]))[0].tolist()
    added = rules.evaluate_parts(row[None])[0].sum(axis=0)
    exact = (rules.base.constants + added).tolist()
    parts = [
        p.join_tight(p.name(o), p.operator("="), phrase_output_value(context, i, v))
        for i, (o, v) in enumerate(zip(rules.outputs, outputs, strict=True))
    ]
    said = (*p.text("So "), *p.join_list(parts, "and"), *p.text("."))
    shown = [
        p.join_tight(p.name(name), p.operator("="), phrase_signed(float(f"{value:.6g}")))
        for name, value in zip(rules.scores, exact, strict=True)
    ]

    return (*said, *p.text(" Without rounding, "), *p.join_list(shown, "and"), *p.text("."))
