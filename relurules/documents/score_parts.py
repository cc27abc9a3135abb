"""The score as a sum: where it starts, and what every column adds, one line each and in full."""

from collections.abc import Sequence

import numpy as np

from relurules.documents.context import AdditiveContext, phrase_interval, phrase_names
from relurules.documents.curve_plots import draw_curve
from relurules.documents.document import (
    Block,
    Bullets,
    Paragraph,
    PartCard,
    Section,
    Sums,
    Table,
    link_part,
)
from relurules.documents.heat_maps import draw_pair
from relurules.wording import phrases as p
from relurules.wording.additive import GroupWording, PartWording
from relurules.wording.additive_phrases import (
    phrase_changes,
    phrase_end,
    phrase_line,
    phrase_members,
    phrase_points,
    phrase_start,
    phrase_stretch_points,
    phrase_unit,
)
from relurules.wording.line_wording import LineWording, phrase_change
from relurules.wording.numbers import format_count, format_percent, format_short
from relurules.wording.phrases import Phrase
from relurules.wording.point_tables import CategoryTable, PointStretch, StretchTable
from relurules.wording.references import describe_reference

#: Changes, and categories, that a line of the first table shows.
_CHANGES = 6


def write_additive_summary(context: AdditiveContext) -> tuple[Phrase, ...]:
    """What this is, in two sentences."""
    rules = context.rules
    count = format_count(len(rules), "line")
    if rules.groups:
        count += f" and {format_count(len(rules.groups), 'group')}"
    verb = "says" if count == "1 line" else "say"
    first = (
        *p.text(f"{count} that add up {verb} what a trained neural network answers for "),
        *phrase_names(rules.outputs),
        *p.text("."),
    )
    second = "Every column adds its points, whatever the others are"
    sets = [part for part in rules.parts if len(part.columns) > 1]
    second += ", but for those that are listed as acting together." if sets else "."
    return first, p.text(second)


def build_score(context: AdditiveContext) -> Section:
    """How the score is worked out, and one line per column or set of columns."""
    rules, parts = context.rules, context.wording.parts
    measured = all(part.deviations is not None for part in parts)
    single = len(rules.scores) == 1
    header, numeric = ["Column", "Adds for every unit, or for a value"], [False, False]
    if single:
        header, numeric = [*header, "Lowest", "Highest"], [*numeric, True, True]
    if measured:
        header, numeric = [*header, "Moves"], [*numeric, True]

    rows = tuple(_tabulate_part(context, part, single=single, measured=measured) for part in parts)
    blocks: list[Block] = [Paragraph(_phrase_start(context)), Paragraph(_phrase_method(context))]
    if rows:
        blocks.append(Table("What each column adds", tuple(header), rows, tuple(numeric)))
    if measured and rows:
        said = "Moves: standard deviation of the points over the rows of the data."
        blocks.append(Paragraph(p.text(said)))
    return Section("score", "The score as a sum", tuple(blocks))


def _phrase_start(context: AdditiveContext) -> Phrase:
    """That the score starts at `-1.4632`, and that every column adds its points."""
    rules, wording = context.rules, context.wording
    starts = [
        p.join_tight(p.name(name), p.text("starts at"), phrase_start(start, decimals))
        for name, start, decimals in zip(
            rules.scores, wording.start, wording.scale.decimals, strict=True
        )
    ]
    of = f", what {describe_reference(rules.reference)} has; every column then adds its points."
    return (*p.join_list(starts, "and"), *p.text(of))


def _phrase_method(context: AdditiveContext) -> Phrase:
    """How points are looked up."""
    said = (
        "Look a value up in the table of its column: its points are those at the lower end, and "
        "so much per unit beyond it."
    )
    if any(part.table is None for part in context.wording.parts):
        said += " For columns that act together, add up their lines."
    return p.text(said)


def _tabulate_part(
    context: AdditiveContext, part: PartWording, *, single: bool, measured: bool
) -> tuple[Phrase, ...]:
    cells = [link_part(make_part_anchor(part), part.part.name), _phrase_briefly(context, part)]
    if single:
        decimals = context.wording.scale.decimals[0]
        ends = _find_ends(part)
        cells += [phrase_points(end, decimals) for end in ends] if ends else [(), ()]
    if measured:
        shown = [p.number(format_short(one, 3)) for one in part.deviations or ()]
        cells.append(p.join_with(shown, ", "))
    return tuple(cells)


def make_part_anchor(part: PartWording) -> str:
    """What the card of a part is linked by."""
    return f"part-{part.index + 1}"


def _find_ends(part: PartWording) -> tuple[float, float] | None:
    """Lowest and highest points of the first score, where a table has them all."""
    if isinstance(part.table, CategoryTable):
        points = [choice.points[0] for choice in part.table.choices]
        return min(points), max(points)
    if not isinstance(part.table, StretchTable):
        return None
    ends = [end for one in part.table.stretches[0] for end in (one.low_points, one.high_points)]
    known = [end for end in ends if end is not None]
    return (min(known), max(known)) if len(known) == len(ends) else None


def _phrase_briefly(context: AdditiveContext, part: PartWording) -> Phrase:
    """`+0.13; above 6: +0.4 more`, or the first categories with their points."""
    scores = context.rules.scores
    if isinstance(part.table, CategoryTable):
        shown = [p.join_tight(said, points) for said, points in _list_choices(context, part)]
        return _shorten(shown, "value")

    shown = [phrase_changes(part.unit, scores)] if any(part.unit) else []
    shown += [
        _phrase_line_briefly(line, scores, alone=part.table is not None) for line in part.lines
    ]
    if part.groups or (isinstance(part.table, StretchTable) and part.part.groups):
        shown.append(p.text("rules of their own"))
    return _shorten(shown, "line")


def _shorten(shown: Sequence[Phrase], noun: str) -> Phrase:
    if not shown:
        return ()
    kept = list(shown) if len(shown) <= _CHANGES + 1 else list(shown[:_CHANGES])
    if len(kept) < len(shown):
        kept.append(p.text(f"{format_count(len(shown) - len(kept), noun)} more"))
    return p.join_with(kept, "; ")


def _phrase_line_briefly(line: LineWording, scores: Sequence[str], *, alone: bool) -> Phrase:
    """`above 6: +0.4`, or of several columns the whole line."""
    if not alone or not line.form.terms:
        return phrase_line(line, scores)
    return p.join_loose((*line.beyond, *p.text(":")), phrase_changes(line.slopes, scores))


def _list_choices(context: AdditiveContext, part: PartWording) -> list[tuple[Phrase, Phrase]]:
    """Categories, and their points of every score."""
    assert isinstance(part.table, CategoryTable)  # noqa: S101  # of category columns
    span = context.wording.spans[part.part.columns[0]]
    return [
        (phrase_members(span, choice.members), phrase_all_points(context, choice.points))
        for choice in part.table.choices
    ]


def phrase_all_points(context: AdditiveContext, points: Sequence[float]) -> Phrase:
    """`+0.3100`, or of several scores `+0.3100 to a, -0.2000 to b`."""
    scores, decimals = context.rules.scores, context.wording.scale.decimals
    shown = [phrase_points(*pair) for pair in zip(points, decimals, strict=True)]
    if len(scores) == 1:
        return shown[0]
    return p.join_with(
        [
            p.join_tight(one, p.text("to"), p.name(score))
            for one, score in zip(shown, scores, strict=True)
        ],
        ", ",
    )


def build_parts(context: AdditiveContext) -> Section | None:
    """Every column, and every set of columns, in full."""
    cards = tuple(_build_part(context, part) for part in context.wording.parts)
    if not cards:
        return None
    said = "Points are measured from the reference, whose own are 0."
    if any(part.lines and part.part.lines.size for part in context.wording.parts):
        total = context.rules.reduction.rows
        said += " Shares are those of the rows that a line applies to." if total else ""
    return Section("columns", "Column by column", (Paragraph(p.text(said)),), parts=cards)


def _build_part(context: AdditiveContext, part: PartWording) -> PartCard:
    blocks: list[Block] = []
    name = part.part.name
    if isinstance(part.table, StretchTable):
        plot = draw_curve(context.rules, name, int(part.part.coordinates[0]))
        blocks += [] if plot is None else [plot]
        blocks.append(_tabulate_stretches(context, part.table))
    elif isinstance(part.table, CategoryTable):
        rows = tuple(_list_choices(context, part))
        blocks.append(Table("Points", ("Value", "Points"), rows, (False, True)))

    if said := _list_lines(context, part):
        blocks.append(Bullets(tuple(said)))
    for own in part.groups:
        blocks += _tabulate_group(context, own)
    if part.table is None and len(part.part.columns) == 2:
        blocks += draw_pair(context, part)

    moved = ", ".join(format_short(one, 3) for one in part.deviations or ())
    remark = p.text(f"moves the score by {moved}" if moved else "")
    return PartCard(make_part_anchor(part), p.name(name), remark, tuple(blocks))


def _tabulate_stretches(context: AdditiveContext, table: StretchTable) -> Table:
    scores, decimals = context.rules.scores, context.wording.scale.decimals
    rows = [
        (
            *([p.name(score)] if len(scores) > 1 else []),
            *_phrase_ends(one),
            phrase_stretch_points(one, decimals[one.score]),
            phrase_change(one.per_unit),
        )
        for score, stretches in zip(scores, table.stretches, strict=True)
        for one in stretches
    ]
    header, numeric = ("From", "To", "Points", "Per unit"), (True, True, True, True)
    if len(scores) > 1:
        header, numeric = ("Score", *header), (False, *numeric)  # type: ignore[assignment]
    return Table("Points at both ends, and per unit between", header, tuple(rows), numeric)


def _phrase_ends(stretch: PointStretch) -> tuple[Phrase, Phrase]:
    """Both ends; nothing for one that is open."""
    return tuple(  # type: ignore[return-value]
        phrase_end(end) if np.isfinite(end) else () for end in (stretch.low, stretch.high)
    )


def _list_lines(context: AdditiveContext, part: PartWording) -> list[Phrase]:
    """What a set of columns starts at, and all lines in words with the rows that they apply to."""
    found = []
    if any(part.offsets):
        found.append((*p.text("at first: "), *phrase_all_points(context, part.offsets)))
    if unit := phrase_unit(part, context.rules):
        found.append(unit)
    for line in part.lines:
        said = phrase_line(line, context.rules.scores)
        total = context.rules.reduction.rows
        share = "" if line.rows is None or not total else f" ({format_percent(line.rows / total)})"
        found.append((*p.text(f"line {line.number}: "), *said, *p.text(share)))
    return found


def _tabulate_group(context: AdditiveContext, own: GroupWording) -> list[Block]:
    """A group's rules: of these the one that holds adds its formula."""
    rows = tuple(
        (
            p.join_and([test.symbols for test in read.tests]) if read.tests else p.text("always"),
            *(formula.phrase for formula in read.formulas),
        )
        for read in own.reading.rules
    )
    scores = context.rules.scores
    header = ("If", *(["Adds"] if len(scores) == 1 else [f"Adds to {name}" for name in scores]))
    caption = f"Group {own.group.number}: the one rule whose conditions hold"
    blocks: list[Block] = [Table(caption, header, rows, tuple([False] * len(header)))]
    if own.reading.sums:
        items = tuple(
            (s.name, s.phrase, (*phrase_interval(s.low, s.high), *p.text(" in the domain")))
            for s in own.reading.sums
        )
        blocks.append(Sums(items))
    return blocks
