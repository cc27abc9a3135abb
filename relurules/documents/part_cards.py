"""Column by column: pictures, lines in words, grids of pairs and the rules of groups."""

from relurules.documents.context import AdditiveContext, phrase_interval
from relurules.documents.curve_plots import draw_curve
from relurules.documents.document import (
    Block,
    Bullets,
    Paragraph,
    PartCard,
    Section,
    Sums,
    Table,
)
from relurules.documents.heat_maps import draw_pair
from relurules.wording import phrases as p
from relurules.wording.additive import GroupWording, PartWording
from relurules.wording.additive_phrases import phrase_line, phrase_trend
from relurules.wording.numbers import format_percent
from relurules.wording.phrases import Phrase
from relurules.wording.point_tables import StretchTable


def has_card(part: PartWording) -> bool:
    """Whether there is more to a part than the table of the score says: a curve with a bend, two
    columns, or a group.
    """
    if isinstance(part.table, StretchTable):
        return any(len(stretches) > 1 for stretches in part.table.stretches)
    return part.table is None and (len(part.part.columns) == 2 or bool(part.groups))


def make_part_anchor(part: PartWording) -> str:
    """What the card of a part is linked by."""
    return f"part-{part.index + 1}"


def build_parts(context: AdditiveContext) -> Section | None:
    """The parts of which there is more to say, in the order of the table."""
    cards = tuple(_build_part(context, part) for part in context.wording.parts if has_card(part))
    if not cards:
        return None
    said = "Pictures show where nearly all rows are; beneath a curve, how rows are spread."
    if context.evidence is None or not context.evidence.histograms:
        said = "Pictures show the range of the domain."
    said += " A curve's height is what the column adds, nothing at the reference, a dashed line."
    if context.rules.reduction.rows:
        said += " Shares are those of the rows that a line applies to."

    return Section("columns", "Column by column", (Paragraph(p.text(said)),), parts=cards)


def _build_part(context: AdditiveContext, part: PartWording) -> PartCard:
    blocks: list[Block] = []
    name = part.part.name
    if isinstance(part.table, StretchTable):
        plot = draw_curve(context.rules, name, int(part.part.coordinates[0]))
        blocks += [] if plot is None else [plot]
    if said := _list_lines(context, part):
        blocks.append(Bullets(tuple(said)))
    for own in part.groups:
        blocks += _tabulate_group(context, own)
    if part.table is None and len(part.part.columns) == 2:
        blocks += draw_pair(context, part)

    return PartCard(make_part_anchor(part), p.name(name), (), tuple(blocks))


def _list_lines(context: AdditiveContext, part: PartWording) -> list[Phrase]:
    """All lines in words, with the share of the rows that they apply to."""
    trend, total = phrase_trend(part, context.rules), context.rules.reduction.rows
    found = [trend] if trend else []
    for line in part.lines:
        said = p.join_loose(p.text(f"line {line.number}:"), phrase_line(line, context.rules.scores))
        if line.rows is not None and total:
            share = format_percent(line.rows / total).split()
            said = p.join_loose(said, p.join_tight(*map(p.text, (f"({share[0]}", f"{share[1]})"))))
        found.append(said)

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
