"""Two versions of rules on one page: what differs, how far, in which lines, for whom, how well."""

from dataclasses import dataclass

from relurules.documents.cards import spell_metric
from relurules.documents.difference import build_difference_section
from relurules.documents.document import Block, Code, Document, Paragraph, Section, Table
from relurules.documents.edits import build_edits
from relurules.documents.validation_cells import write_measured
from relurules.documents.version_curves import build_version_curves
from relurules.documents.version_facts import build_facts
from relurules.documents.version_lines import build_version_rules
from relurules.ir import Scorer
from relurules.ir.difference import Difference
from relurules.ir.row_changes import RowChanges
from relurules.validation import ValidationReport
from relurules.validation.performance import RULES
from relurules.validation.report import Figure
from relurules.wording import phrases as p
from relurules.wording.phrases import Phrase

#: Rows that are listed.
_ROWS = 200


@dataclass(frozen=True, kw_only=True)
class VersionPair:
    """Two versions, and what was found of them. difference: None where none can be certified, and
    `obstacle` says why; changes: of the rows of a table; reports: of their validation on the same
    rows; remarks: what else is to be said; command: what made the page.
    """

    names: tuple[str, str]
    old: Scorer
    new: Scorer
    difference: Difference | None
    obstacle: str = ""
    changes: RowChanges | None = None
    reports: tuple[ValidationReport, ValidationReport] | None = None
    remarks: tuple[str, ...] = ()
    command: str = ""


def build_versions(pair: VersionPair) -> Document:
    """The whole page."""
    old, new = pair.names
    sections = [
        build_facts(pair.old, pair.new, pair.names),
        _build_difference(pair),
        _build_changes(pair),
        _build_validation(pair),
        build_version_rules(pair.old, pair.new, pair.names),
        build_version_curves(pair.old, pair.new, pair.names),
        build_edits(pair.new),
        Section("again", "Made by", (Code(pair.command),)) if pair.command else None,
    ]
    about = [p.text(_summarise(pair))]
    found = tuple(section for section in sections if section is not None)
    return Document(f"From {old} to {new}", tuple(about), found, "relurules")


def _summarise(pair: VersionPair) -> str:
    said = pair.obstacle if pair.difference is None else pair.difference.verdict()
    text = f"{said[0].upper()}{said[1:]}."
    if pair.changes is not None and pair.changes.decides:
        text += f" {len(pair.changes.changed):,} of {pair.changes.rows:,} rows get another class."
    return text


def _build_difference(pair: VersionPair) -> Section:
    remarks: tuple[Block, ...] = tuple(Paragraph(p.text(said)) for said in pair.remarks)
    if pair.difference is None:
        said = f"No difference can be certified: {pair.obstacle}."
        blocks = (Paragraph(p.text(said)), *remarks)
        return Section("difference", "How far they differ", blocks)
    found = build_difference_section(pair.difference)
    return found._replace(blocks=(*found.blocks, *remarks))


def _build_changes(pair: VersionPair) -> Section | None:
    """Who is told otherwise."""
    changes = pair.changes
    if changes is None:
        return None
    what = "class" if changes.decides else "output"
    said = (
        f"{len(changes.changed):,} of {changes.rows:,} rows get another {what}; "
        f"{changes.rows - changes.answered:,} have no answer in either version."
    )
    blocks: list[Block] = [Paragraph(p.text(said))]
    if changes.decides:
        rows = tuple(
            (_phrase_told(move.old), _phrase_told(move.new), p.number(f"{move.rows:,}"))
            for move in changes.moves
        )
        blocks.append(
            Table("From class to class", (*pair.names, "Rows"), rows, (False, False, True))
        )
    if changes.changed:
        blocks.append(_tabulate_changed(pair, changes))
    if len(changes.changed) > _ROWS:
        blocks.append(Paragraph(p.text(f"The first {_ROWS} are listed; --json has all.")))
    return Section("changes", "Who is told otherwise", tuple(blocks))


def _tabulate_changed(pair: VersionPair, changes: RowChanges) -> Table:
    old, new = pair.names
    rows = tuple(
        (
            p.number(f"{one.row}"),
            _phrase_told(one.old),
            _phrase_told(one.new),
            _phrase_score(one.old_score),
            _phrase_score(one.new_score),
        )
        for one in changes.changed[:_ROWS]
    )
    header = ("Row, from 0", old, new, f"Score of {old}", f"Score of {new}")
    return Table("Rows that are told otherwise", header, rows, (True, False, False, True, True))


def _phrase_told(value: object) -> Phrase:
    if value is None:
        return p.text("no answer")
    return p.number(f"{value:.6g}") if isinstance(value, float) else p.value(str(value))


def _phrase_score(value: float | None) -> Phrase:
    return p.text("\u2013") if value is None else p.number(f"{value:.6g}")


def _build_validation(pair: VersionPair) -> Section | None:
    """Figures of both on the same rows."""
    if pair.reports is None:
        return None
    figures = [_list_own(report) for report in pair.reports]
    metrics = list(dict.fromkeys(metric for found in figures for metric in found))
    rows = tuple(
        (
            p.text(spell_metric(metric)),
            *(_phrase_figure(found.get(metric)) for found in figures),
            _phrase_change(figures[0].get(metric), figures[1].get(metric)),
        )
        for metric in metrics
    )
    rows += tuple(_list_counts(pair.reports))
    said = (
        "Both are judged on the same rows, each on those that lie in its own domain. Intervals of "
        "95 % are of each by itself: the rows are the same, so that a change may be more certain "
        "than they tell."
    )
    table = Table(
        "Figures side by side", ("Figure", *pair.names, "Change"), rows, (False, True, True, True)
    )
    return Section("validation", "Validation, side by side", (Paragraph(p.text(said)), table))


def _list_own(report: ValidationReport) -> dict[str, Figure]:
    return {one.metric: one for one in report.figures if one.model == RULES}


def _list_counts(reports: tuple[ValidationReport, ValidationReport]) -> list[tuple[Phrase, ...]]:
    """Rows that are judged and that are outside, and those of each kind at the cut-off."""
    sizes = [report.parts[-1] for report in reports]
    pairs: list[tuple[str, int, int]] = [
        ("rows judged", sizes[0].judged, sizes[1].judged),
        ("rows outside", sizes[0].outside, sizes[1].outside),
    ]
    tables = [report.confusion[-1] for report in reports if report.confusion]
    if len(tables) == 2:
        pairs += [
            (name.replace("_", " ") + "s", getattr(tables[0], name), getattr(tables[1], name))
            for name in ("true_positive", "false_positive", "false_negative", "true_negative")
        ]
    return [
        (
            p.text(name),
            p.number(f"{one:,}"), p.number(f"{other:,}"), p.number(f"{other - one:+,}"),
        )
        for name, one, other in pairs
    ]  # fmt: skip


def _phrase_figure(found: Figure | None) -> Phrase:
    if found is None:
        return p.text("\u2013")
    value = p.number(write_measured(found.value))
    if found.low is None or found.high is None:
        return value
    ends = f"({write_measured(found.low)} to {write_measured(found.high)})"
    return p.join_loose(value, p.text(ends.replace("-", "\u2212")))


def _phrase_change(old: Figure | None, new: Figure | None) -> Phrase:
    if old is None or new is None:
        return p.text("\u2013")
    change = write_measured(new.value - old.value)
    return p.number(change if change.startswith("-") else f"+{change}")
