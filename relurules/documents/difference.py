"""A Difference as sections of a document, and as one HTML file of its own."""

from relurules.documents.document import Block, Bullets, Document, Paragraph, Section, Table
from relurules.documents.html import print_html
from relurules.ir.answers import format_value
from relurules.ir.difference import (
    Difference,
    Gap,
    RowComparison,
    format_upper_bound,
    write_data_difference,
)
from relurules.wording import phrases as p
from relurules.wording.numbers import format_count
from relurules.wording.phrases import Phrase

#: Rules that are listed, of each kind.
_MOST = 200


def print_difference_html(difference: Difference) -> str:
    """The comparison as an HTML file."""
    old, new = difference.names
    count = format_count(difference.rules[0], "rule")
    said = f"{old} has {count}, {new} has {difference.rules[1]:,}"
    if not difference.compares_parts:
        said = ", ".join(difference.describe_counts())
    about = (p.text(said),)
    sections = (build_difference_section(difference), build_rules_section(difference))
    return print_html(Document(f"From {old} to {new}", about, sections, "relurules"))


def build_difference_section(difference: Difference) -> Section:
    """How far apart they are, and where."""
    blocks: list[Block] = [Paragraph(p.text(_make_sentence(difference.verdict())))]
    places = [(gap.score, gap.place) for gap in difference.gaps if gap.place is not None]
    if difference.gaps:
        rows = tuple(_phrase_gap(gap) for gap in difference.gaps)
        header = ("Score", "At most", "Reached", "On boundaries, at most")
        blocks.append(
            Table(
                "How far scores differ anywhere in the domain",
                header,
                rows,
                (False, True, True, True),
            )
        )

    if difference.place is not None:
        places.append(("", difference.place))

    blocks += [_tabulate_place(name, place, difference.names) for name, place in places]
    what = (
        "are decided differently somewhere"
        if difference.decides
        else "differ by more than the tolerance somewhere"
    )
    items = [
        (
            f"{difference.differing:,} of {difference.parts:,} parts of the domain, one per pair "
            f"of rules, {what}"
        )
    ]
    if not difference.compares_parts:
        items = []
    items += (
        []
        if difference.data is None
        else write_data_difference(difference.data, difference.decides)
    )
    blocks.append(
        Bullets(tuple(p.text(_make_sentence(item)) for item in (*items, *difference.notes)))
    )

    return Section("difference", "How far they differ", tuple(blocks))


def build_rules_section(difference: Difference) -> Section:
    """What became of the rules."""
    old, new = difference.names
    unit = difference.units[0]
    kept, changed = len(difference.kept), difference.changed
    blocks: list[Block] = [
        Paragraph(
            p.text(f"{kept:,} {unit}{' is as it was' if kept == 1 else 's are as they were'}.")
        )
    ]
    if len(set(difference.units)) > 1:
        said = "One adds lines up, the other is a partition, so that no rule has a like."
        return Section("rules", "Rules", (Paragraph(p.text(said)),))

    if changed:
        rows = tuple(
            (
                _phrase_rule(m.old, unit),
                _phrase_rule(m.new, unit),
                p.number(format_upper_bound(m.gap)),
            )
            for m in changed[:_MOST]
        )
        header = (old, new, "They differ by at most")
        blocks.append(
            Table(
                "Rules for the same rows, with another formula"
                if unit == "rule"
                else "Lines of the same half-space, with other slopes",
                header,
                rows,
                (False, False, True),
            )
        )

    found = (
        (f"Removed: {unit}s of {old}", difference.removed),
        (f"Added: {unit}s of {new}", difference.added),
    )

    for caption, rules in found:
        if rules:
            cells = tuple(
                (_phrase_rule(u.rule, unit), p.text(", ".join(map(str, u.instead))))
                for u in rules[:_MOST]
            )
            blocks.append(
                Table(caption, ("Rule", "The other's rules for its rows"), cells, (False, False))
                if unit == "rule"
                else Table(caption, ("Line",), tuple((cell[0],) for cell in cells), (False,))
            )

    return Section("rules", "Rules", tuple(blocks))


def _make_sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _phrase_rule(number: int, unit: str) -> Phrase:
    return p.join_tight(p.text(unit), p.number(str(number)))


def _phrase_gap(gap: Gap) -> tuple[Phrase, ...]:
    reached = p.text("") if gap.reached is None else p.number(f"{gap.reached:.6g}")
    return (
        p.name(gap.score),
        p.number(format_upper_bound(gap.bound)),
        reached,
        p.number(format_upper_bound(gap.slivers)),
    )


def _tabulate_place(score: str, place: RowComparison, names: tuple[str, str]) -> Table:
    """A row, and what both say of it."""
    shown = [(column, p.value(format_value(value))) for column, value in place.row.items()]
    rows = [(p.name(column), value, value) for column, value in shown]
    rows += [
        (p.name(k), p.number(f"{v:.6g}"), p.number(f"{place.new[k]:.6g}"))
        for k, v in place.old.items()
    ]
    if place.rules != (None, None):
        one, other = (p.text("") if n is None else p.number(str(n)) for n in place.rules)
        rows.append((p.text("rule"), one, other))
    caption = f"Where {score} differs most" if score else "A row that is decided differently"
    if place.data_row is not None:
        caption += f" (row {place.data_row} of the data)"

    return Table(caption, ("", *names), tuple(rows), (False, True, True))
