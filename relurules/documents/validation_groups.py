"""The section on groups of people, or of anything else."""

from collections.abc import Iterator, Sequence

from relurules.documents.document import Block, Bullets, Paragraph, Section, Table
from relurules.documents.validation_cells import NOTHING, phrase_share, phrase_value
from relurules.validation import ValidationReport
from relurules.validation.report import GroupFigures
from relurules.wording import phrases as p
from relurules.wording.numbers import format_percent, format_short
from relurules.wording.phrases import Phrase

#: The ratio below which the four-fifths rule sees adverse impact.
FOUR_FIFTHS = 0.8


def build_groups(report: ValidationReport) -> Section | None:
    """A table for every column and part, and what is worst, said in words."""
    if not report.groups:
        return None
    blocks: list[Block] = [Paragraph(p.text(line)) for line in _explain(report)]
    columns = list(dict.fromkeys(one.column for one in report.groups))
    last = report.parts[-1].part
    items = [said for column in columns for said in describe_worst(report, column, last)]
    if len(columns) > 1:
        items = [*_say_lowest(report, last), *items]
    if items:
        blocks.append(Bullets(tuple(p.text(item) for item in items)))
    for column in columns:
        for size in report.parts:
            own = [one for one in report.groups if (one.column, one.part) == (column, size.part)]
            blocks.append(_tabulate_groups(report, own, column, size.part))

    return Section("groups", "Groups", tuple(blocks))


def _explain(report: ValidationReport) -> list[str]:
    least = report.settings.get("least rows")
    said = []
    if report.favourable:
        said.append(
            f"The favourable decision is taken to be: {report.favourable}. The ratio is a group's "
            "share of favourable decisions over that of the group with the highest share, in the "
            f"same rows; below {FOUR_FIFTHS:g}, the four-fifths rule of the United States sees "
            "adverse impact. That rule is a first look, no finding of law. The interval of 95 % "
            "beside a ratio is the normal one of its logarithm (Katz); the group that is the "
            "standard has none."
        )
    said.append(
        f"Groups of fewer than {least} rows are marked as few: their figures are uncertain, and "
        "they set no standard for the others."
    )

    known = any(one.outcome_low is not None for one in report.groups)
    if known and report.task == "multiclass":
        said.append("Right: the share of rows whose class is told, with its interval of 95 %.")
    elif known:
        said.append(
            "Came, from and to: what came, with its interval of 95 %. A prediction outside of it "
            "has a star: the rules are off for that group, though one star in twenty is chance. "
            "Mean error: how far predictions are from what came, row by row, on average."
        )

    return said


def describe_worst(report: ValidationReport, column: str, part: str) -> list[str]:
    """Sentences on the group of a column with the lowest ratio, the lowest AUC or the largest
    error, and the one whose prediction is the furthest off; of groups with enough rows.
    """
    own = [one for one in report.groups if (one.column, one.part) == (column, part) and not one.few]
    if len(own) < 2:
        return []

    return [
        f"{column}, {part} rows: {said}"
        for said in (_say_ratio(own), _say_quality(own, report.task), _say_bias(own, report.task))
        if said
    ]


def _say_lowest(report: ValidationReport, part: str) -> Iterator[str]:
    """The group with the lowest ratio of all columns."""
    rated = [
        (one.impact_ratio, one)
        for one in report.groups
        if one.part == part and not one.few and one.impact_ratio is not None
    ]
    if rated:
        ratio, worst = min(rated, key=lambda pair: pair[0])
        yield (
            f"Of all groups, {part} rows: the lowest ratio is that of {worst.column}, "
            f"{_quote(worst)}, {format_short(ratio, 3)}."
        )


def _say_ratio(own: Sequence[GroupFigures]) -> str:
    rated = [(one.impact_ratio, one) for one in own if one.impact_ratio is not None]
    if not rated:
        return ""
    ratio, worst = min(rated, key=lambda pair: pair[0])
    side = "below" if ratio < FOUR_FIFTHS else "not below"
    known = worst.ratio_low is not None and worst.ratio_high is not None
    between = f" ({_write_interval(worst)})" if known else ""

    return (
        f"the lowest ratio is that of {_quote(worst)}, {format_short(ratio, 3)}{between}, {side} "
        f"{FOUR_FIFTHS:g}{_say_doubt(worst)}."
    )


def _write_interval(group: GroupFigures) -> str:
    """The interval of a ratio."""
    if group.ratio_low is None or group.ratio_high is None:
        return NOTHING
    return f"{format_short(group.ratio_low, 3)} to {format_short(group.ratio_high, 3)}"


def _say_doubt(group: GroupFigures) -> str:
    """Whether chance alone may have put a ratio on its side."""
    if group.impact_ratio is None or group.ratio_low is None or group.ratio_high is None:
        return ""
    below = group.impact_ratio < FOUR_FIFTHS
    if below and group.ratio_high < FOUR_FIFTHS:
        return ", as is the whole interval"
    if below or group.ratio_low < FOUR_FIFTHS:
        return f", though the interval reaches {'above' if below else 'below'} it"
    return ""


def _quote(group: GroupFigures) -> str:
    return f"group \u201c{group.group}\u201d"


def _say_quality(own: Sequence[GroupFigures], task: str) -> str:
    ranked = [(one.auc, one) for one in own if one.auc is not None]
    if ranked:
        area, worst = min(ranked, key=lambda pair: pair[0])
        return f"scores tell least in {_quote(worst)}, AUC {format_short(area, 3)}."
    off = [(one.error, one) for one in own if one.error is not None]
    if not off:
        return ""
    error, worst = max(off, key=lambda pair: pair[0])
    if task == "multiclass":
        return f"most classes are wrong in {_quote(worst)}, {format_percent(error)}."

    return f"the mean error is the largest in {_quote(worst)}, {format_short(error, 3)}."


def _say_bias(own: Sequence[GroupFigures], task: str) -> str:
    pairs = [
        (one.prediction - one.outcome, one)
        for one in own
        if one.prediction is not None and one.outcome is not None
    ]
    if not pairs:
        return ""
    off, worst = max(pairs, key=lambda pair: abs(pair[0]))
    write = format_percent if task == "binary" else format_short
    way = "high" if off > 0 else "low"

    return (
        f"predictions are the furthest off in {_quote(worst)}: {write(worst.prediction or 0.0)} "
        f"beside {write(worst.outcome or 0.0)}, too {way}."
    )


def _mark_off(phrase: Phrase, one: GroupFigures) -> Phrase:
    """A prediction, with a mark where it lies outside the interval of what came."""
    if one.prediction is None or one.outcome_low is None or one.outcome_high is None:
        return phrase
    inside = one.outcome_low <= one.prediction <= one.outcome_high
    return phrase if inside else (*phrase, *p.text(" *"))


def _tabulate_groups(
    report: ValidationReport, own: Sequence[GroupFigures], column: str, part: str
) -> Table:
    write = phrase_value if report.task == "regression" else phrase_share
    several = report.task == "multiclass"
    header = ["Group", "Rows", "Right" if several else "Came", "From", "To"]
    header += [] if several else ["Predicted"]
    if report.favourable:
        header += ["Favourable", "Ratio", "95 %"]
    if any(one.auc is not None for one in own):
        header += ["AUC", "AUC from", "AUC to"]
    header += [] if several else ["Mean error"]

    def list_cells(one: GroupFigures) -> tuple[Phrase, ...]:
        cells = [
            p.text(f"{one.group} (few)" if one.few else one.group),
            p.number(f"{one.rows:,}"),
            *(write(value) for value in (one.outcome, one.outcome_low, one.outcome_high)),
            *([] if several else [_mark_off(write(one.prediction), one)]),
        ]
        if "Ratio" in header:
            cells += [phrase_share(one.favourable), phrase_value(one.impact_ratio, 3)]
            cells.append(p.number(_write_interval(one)))
        if "AUC" in header:
            cells += [phrase_value(value, 3) for value in (one.auc, one.auc_low, one.auc_high)]

        return (*cells, *([] if several else [phrase_value(one.error, 3)]))

    return Table(
        f"Groups of {column}, {part} rows",
        tuple(header),
        tuple(map(list_cells, own)),
        (False, *[True] * (len(header) - 1)),
    )
