"""A scorecard in words, and as text."""

import textwrap
from collections.abc import Sequence

from relurules.scorecards.card import PointChoices, PointCurve, PointLines, PointPart, Scorecard
from relurules.wording.numbers import format_bound, format_count, format_number, format_short

#: Rows whose class changes that are listed.
_LISTED = 12
#: Characters of a line of text.
_WIDTH = 100


def print_card(card: Scorecard) -> str:
    """The whole card."""
    lines = ["SCORECARD", "", *_wrap_text(describe_scale(card)), ""]
    rows = [("start", format_number(card.start), "")]
    for part in card.parts:
        rows += [("", "", ""), *_list_part(part)]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    lines += [
        f"{name.ljust(widths[0])}  {points.rjust(widths[1])}  {unit}".rstrip()
        for name, points, unit in rows
    ]
    told = [*_wrap_text(describe_sum(card)), "", *_wrap_text(describe_rounding(card))]

    return "\n".join([*lines, "", *told]) + "\n"


def _wrap_text(sentences: Sequence[str]) -> list[str]:
    return [line for text in sentences for line in textwrap.wrap(text, _WIDTH)]


def _list_part(part: PointPart) -> list[tuple[str, str, str]]:
    """(what, points, points per unit) of a part, its name first."""
    if isinstance(part, PointCurve):
        return [(part.name, "", ""), *_list_ranges(part)]
    if isinstance(part, PointChoices):
        return [(part.name, "", "")] + [
            (f"  {name}", format_signed(points), "")
            for name, points in zip(part.categories, part.points.tolist(), strict=True)
        ]

    return [
        (part.name, "", ""),
        *((f"  {text}", points, "a unit") for text, points in list_lines(part)),
    ]


def _list_ranges(part: PointCurve) -> list[tuple[str, str, str]]:
    return [
        (
            f"  {where}",
            f"{low} to {high}" if low and high else low or high,
            f"{unit} a unit" if unit else "",
        )
        for where, low, high, unit in list_ranges(part)
    ]


def list_ranges(part: PointCurve) -> list[tuple[str, str, str, str]]:
    """(range, points at its low end, at its high end, per unit); "" where there is none."""
    knots, points = part.breakpoints.tolist(), [format_signed(x) for x in part.points.tolist()]
    shown = [format_number(knot) for knot in knots]
    found = []
    if part.open_below:
        found.append((f"below {shown[0]}", "", points[0], _format_unit(part.below)))
    for i, slope in enumerate(part.per_unit.tolist()):
        found.append(
            (f"{shown[i]} to {shown[i + 1]}", points[i], points[i + 1], _format_unit(slope))
        )
    if part.open_above:
        found.append((f"above {shown[-1]}", points[-1], "", _format_unit(part.above)))

    return found or [(shown[0], points[0], "", "")]


def list_lines(part: PointLines) -> list[tuple[str, str]]:
    """(what is counted, points per unit) of the lines of a pair."""
    return [(f"units of {line.text}", format_signed(line.per_unit)) for line in part.lines]


def describe_scale(card: Scorecard) -> list[str]:
    """What points mean."""
    scaling, good, bad = card.scaling, card.favourable_label, card.adverse_label
    cut = format_number(card.cutoff) if scaling.whole else format_short(card.cutoff, 6)
    return [
        f"More points speak for the class {good!r}, and against {bad!r}.",
        f"{format_number(scaling.base)} points are odds of {format_number(scaling.odds)} to 1 of "
        f"{good!r} against {bad!r}; {format_number(scaling.pdo)} points more double these odds.",
        f"The class is {good!r} from {cut} points on.",
    ]


def describe_sum(card: Scorecard) -> list[str]:
    """How a row's points are worked out."""
    told = [
        "A row's points are the start and the points of every column, added up. Between the ends "
        "of a range, points rise or fall evenly, by so many for every unit."
    ]
    if any(isinstance(part, PointLines) for part in card.parts):
        told.append(
            "A line of several columns counts the units that the row is beyond its bound, and "
            "nothing otherwise."
        )
    if any("[" in line.text for part in card.parts for line in getattr(part, "lines", ())):
        told.append("What stands in brackets is 1 where it holds, and 0 elsewhere.")
    if card.scaling.whole:
        told.append("The sum is rounded to a whole number, half a point up.")

    return told


def describe_rounding(card: Scorecard) -> list[str]:
    """What the rounding changes: certified, and on data."""
    if card.rounding < float("inf"):
        told = [
            f"Rounding moves a row's points by at most {format_bound(card.rounding)} anywhere in "
            f"the domain, which is {format_bound(card.score_rounding)} of the log odds and "
            f"{format_bound(card.output_rounding)} of the probability."
        ]
    else:
        wide = [part.name for part in card.parts if part.rounding == float("inf")]
        told = [
            "What rounding changes has no bound, since columns are open to a side: "
            f"{', '.join(wide)}."
        ]
    if card.score_error:
        told.append(
            f"The rules themselves are within {format_bound(card.score_error)} of the network's "
            "log odds."
        )
    if card.data is not None:
        told.append(
            f"On {format_count(card.data.rows, 'row')} of data it moves them by at most "
            f"{format_bound(card.data.largest)}; {describe_changes(card)}."
        )

    return told


def describe_changes(card: Scorecard) -> str:
    """Which rows change class."""
    assert card.data is not None  # noqa: S101  # asked for by who has data
    changed = card.data.changed
    if not changed:
        return "no row changes class"
    listed = ", ".join(map(str, changed[:_LISTED]))
    listed += f" and {len(changed) - _LISTED} more" if len(changed) > _LISTED else ""
    verb = "changes" if len(changed) == 1 else "change"
    return f"{format_count(len(changed), 'row')} {verb} class, counted from 0: {listed}"


def format_signed(points: float) -> str:
    """`+12`, `-3.4`, `0`."""
    return f"{'+' if points > 0 else ''}{format_number(points)}"


def _format_unit(points: float) -> str:
    """Per unit between two ends, which tell it exactly: four digits."""
    return format_signed(float(f"{points:.4g}")) if points else ""
