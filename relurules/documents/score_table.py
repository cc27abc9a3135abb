"""The score as a sum: where it starts, and the table from which a reader works it out."""

import numpy as np

from relurules.documents.context import AdditiveContext, phrase_names
from relurules.documents.document import Block, Paragraph, Section, Table, link_part
from relurules.documents.part_cards import has_card, make_part_anchor
from relurules.wording import phrases as p
from relurules.wording.additive import PartWording
from relurules.wording.additive_phrases import (
    phrase_members,
    phrase_points,
    phrase_range,
    phrase_start,
    phrase_stretch_points,
)
from relurules.wording.line_wording import phrase_change
from relurules.wording.numbers import format_bound, format_count, format_number, format_short
from relurules.wording.phrases import Phrase
from relurules.wording.point_tables import PointList, PointStretch, StretchTable
from relurules.wording.references import describe_reference
from relurules.wording.sources import is_linear_model

#: Where points are, the points, and what is added per unit.
_Row = tuple[Phrase, Phrase, Phrase]


def write_additive_summary(context: AdditiveContext) -> tuple[Phrase, ...]:
    """What this is, in two sentences."""
    rules = context.rules
    count = format_count(len(rules), "line")
    if rules.groups:
        count += f" and {format_count(len(rules.groups), 'group')}"
    one = count == "1 line"
    verb = "says" if one else "say"
    model = "a linear model" if is_linear_model(rules) else "a trained neural network"
    said, end = f"{count} that add up {verb} what {model} answers for ", "."
    if rules.provenance.fitted:
        said = f"{count} that add up {'gives' if one else 'give'} the score for "
        end = "; they were fitted to a table directly, and no neural network was trained."
    if rules.provenance.edits:
        said = f"{count} that add up {'gives' if one else 'give'} the score for "
        end = "; they were edited by hand, as the section Edits says."
    first = (*p.text(said), *phrase_names(rules.outputs), *p.text(end))
    second = "Every column adds its points, whatever the others are"
    sets = any(len(part.columns) > 1 for part in rules.parts)
    second += ", but for those that are listed as acting together." if sets else "."

    return first, p.text(second)


def build_score(context: AdditiveContext) -> Section:
    """How the score is worked out: its start, and the points of every column."""
    rules, parts = context.rules, context.wording.parts
    measured = all(part.deviations is not None for part in parts)
    blocks: list[Block] = [Paragraph(_phrase_start(context)), Paragraph(_phrase_method(context))]
    scored = "scores" if len(rules.scores) > 1 else "score"  # all tables have the parts' one order
    for score in range(len(rules.scores)):
        rows = [
            row for part in parts for row in _tabulate_part(context, part, score, measured=measured)
        ]
        header, numeric = ["Column", "Where", "Points", "Per unit"], [False, False, True, True]
        if measured:
            header, numeric = [*header, "Moves"], [*numeric, True]
        to = f" to {rules.scores[score]}" if len(rules.scores) > 1 else ""
        order = f", what moves the {scored} most on the data first" if measured else ""
        caption = f"What each column adds{to}{order}"
        if rows:
            blocks.append(Table(caption, tuple(header), tuple(rows), tuple(numeric)))
    if measured and parts:
        said = "Moves: standard deviation of the points over the rows of the data."
        blocks.append(Paragraph(p.text(said)))

    return Section("score", "The score as a sum", tuple(blocks))


def _phrase_start(context: AdditiveContext) -> Phrase:
    """That the score starts at so much, which is that of the reference."""
    rules, wording = context.rules, context.wording
    starts = [
        p.join_tight(p.name(name), p.text("starts at"), phrase_start(start, decimals))
        for name, start, decimals in zip(
            rules.scores, wording.start, wording.scale.decimals, strict=True
        )
    ]
    of = f", what {describe_reference(rules.reference)} has. Every column then adds its points."

    return (*p.join_list(starts, "and"), *p.text(of))


def _phrase_method(context: AdditiveContext) -> Phrase:
    """How points are looked up."""
    parts, said = context.wording.parts, ""
    if any(isinstance(part.table, StretchTable) for part in parts):
        said = (
            "Find the range that a value lies in: its points are those of the lower end, and so "
            "much per unit above that end. "
        )
    if any(part.table is None for part in parts):
        said += (
            "Columns that act together have points for every unit that their sum is beyond a "
            "bound; add up all lines that are listed. "
        )
    worst = max(context.wording.errors)
    if np.isfinite(worst):
        said += f"Points are rounded: their sum is within {format_bound(worst)} of the score."

    return p.text(said.strip())


def _tabulate_part(
    context: AdditiveContext, part: PartWording, score: int, *, measured: bool
) -> list[tuple[Phrase, ...]]:
    """The rows of a part; its name and what it moves stand in the first."""
    if isinstance(part.table, StretchTable):
        found = _list_stretches(context, part.table, score)
    elif isinstance(part.table, PointList):
        found = _list_choices(context, part, part.table, score)
    else:
        found = _list_lines(context, part, score)

    name = p.name(part.part.name)
    if has_card(part):
        name = link_part(make_part_anchor(part), part.part.name)
    rows = []
    for i, row in enumerate(found):
        cells = [() if i else name, *row]
        if measured:
            moved = (part.deviations or (np.nan,) * (score + 1))[score]
            cells.append(() if i else p.number(format_short(moved, 3)))
        rows.append(tuple(cells))
    return rows


def _list_stretches(context: AdditiveContext, table: StretchTable, score: int) -> list[_Row]:
    decimals = context.wording.scale.decimals[score]
    return [
        (
            _phrase_where(one),
            phrase_stretch_points(one, decimals),
            phrase_change(one.slope) if one.slope else (),
        )
        for one in table.stretches[score]
    ]


def _phrase_where(stretch: PointStretch) -> Phrase:
    """`18 to 30`, or `0 to 90,000, for every 1000` where the slope is that of 1000 units."""
    where = phrase_range(stretch)
    if stretch.unit == 1 or not stretch.slope:
        return where
    units = p.join_tight(p.text("for every"), p.number(format_number(stretch.unit)))
    return p.join_loose((*where, *p.text(",")), units)


def _list_choices(
    context: AdditiveContext, part: PartWording, table: PointList, score: int
) -> list[_Row]:
    span = context.wording.spans[part.part.columns[0]]
    decimals = context.wording.scale.decimals[score]
    return [
        (phrase_members(span, choice.members), phrase_points(choice.points[score], decimals), ())
        for choice in table.choices
    ]


def _list_lines(context: AdditiveContext, part: PartWording, score: int) -> list[_Row]:
    """What a set of columns starts at, its lines, and its groups."""
    rows: list[_Row] = []
    if part.offsets[score]:
        points = phrase_points(part.offsets[score], context.wording.scale.decimals[score])
        rows.append((p.text("always"), points, ()))
    rows += [
        (
            p.join_loose(p.text(f"line {line.number}: for every"), line.units),
            (),
            phrase_change(line.slopes[score]),
        )
        for line in part.lines
        if line.slopes[score]
    ]
    rows += [
        (p.text(f"group {own.group.number}: the rule that holds, see below"), (), ())
        for own in part.groups
    ]

    return rows
