"""What additive rules add, as phrases: points of columns and lines in words."""

from collections.abc import Sequence

import numpy as np

from relurules.ir.additive import AdditiveRules
from relurules.wording import phrases as p
from relurules.wording.additive import AdditiveWording, PartWording
from relurules.wording.forms import ColumnSpan, phrase_categories
from relurules.wording.line_wording import LineWording, phrase_change, phrase_count
from relurules.wording.numbers import format_bound, format_number
from relurules.wording.phrases import Phrase
from relurules.wording.point_scale import PointScale, format_points
from relurules.wording.point_tables import PointStretch
from relurules.wording.rounding import SAID, bound_condition_error


def phrase_points(points: float, decimals: int) -> Phrase:
    """`+0.3100`, `0.0000`: as many decimals for all points of a score."""
    size = p.number(format_points(points, decimals))
    zero = not any(c in "123456789" for c in size[0].text)
    return size if zero else (*p.operator("\u2212" if points < 0 else "+"), *size)


def phrase_start(start: float, decimals: int) -> Phrase:
    """`-1.4630`: what a score starts from, without a plus sign."""
    return phrase_points(start, decimals)[-1 if start > 0 else 0 :]


def phrase_end(value: float) -> Phrase:
    """An end of a stretch, with a minus sign where it is negative."""
    size = p.number(format_number(abs(value)))
    return (*p.operator("\u2212"), *size) if value < 0 else size


def phrase_range(stretch: PointStretch) -> Phrase:
    """`18 to 30`, `up to 30`, `from 18`, `any value`."""
    low, high = phrase_end(stretch.low), phrase_end(stretch.high)
    if np.isfinite([stretch.low, stretch.high]).all():
        return (
            low
            if stretch.low == stretch.high
            else p.join_loose(low, p.join_tight(p.text("to"), high))
        )
    if np.isfinite(stretch.low):
        return p.join_tight(p.text("from"), low)

    return p.join_tight(p.text("up to"), high)


def phrase_stretch_points(stretch: PointStretch, decimals: int) -> Phrase:
    """`+1.3584 to -0.0816`; of an open stretch the points of its closed end."""
    ends = [stretch.low_points, stretch.high_points]
    said = [phrase_points(points, decimals) for points in ends if points is not None]
    if len(said) == 2 and said[0] != said[1]:
        return p.join_loose(said[0], p.join_tight(p.text("to"), said[1]))
    return said[0]


def phrase_members(span: ColumnSpan, members: Sequence[int]) -> Phrase:
    """`car or missing`: categories without the column's name."""
    if span.column.source:
        return p.text(" or ".join(span.column.categories[i].word for i in members))

    named = phrase_categories(span._replace(admitted=tuple(members)), members)
    return named[4:]  # the column's name, a gap, "is", a gap


def phrase_changes(changes: Sequence[float], scores: Sequence[str]) -> Phrase:
    """`+0.58`; of several scores `+0.58 to a, -0.2 to b`, those that it moves."""
    if len(scores) == 1:
        return phrase_change(changes[0])

    return p.join_with(
        [
            p.join_tight(phrase_change(change), p.text("to"), p.name(score))
            for change, score in zip(changes, scores, strict=True)
            if change
        ],
        ", ",
    )


def phrase_line(line: LineWording, scores: Sequence[str]) -> Phrase:
    """`for every unit of debt above 6: +0.4`."""
    lead = "for every" if line.form.terms else "every"
    units = p.join_loose(p.text(lead), (*line.units, *p.text(":")))
    return p.join_loose(units, phrase_changes(line.slopes, scores))


def phrase_trend(part: PartWording, rules: AdditiveRules) -> Phrase:
    """`for every unit of debt: +0.13`, what the base adds; nothing where that is 0."""
    if not any(part.trend):
        return ()
    column = (*p.name(rules.domain.columns[part.part.columns[0]].name), *p.text(":"))
    units = p.join_loose(p.text("for every"), phrase_count(part.unit), column)
    return p.join_loose(units, phrase_changes(part.trend, rules.scores))


def phrase_slope(slope: float, unit: float) -> Phrase:
    """`+0.13`, `-0.158 per 10,000`."""
    if unit == 1 or not slope:
        return phrase_change(slope)
    return p.join_tight(phrase_change(slope), p.text("per"), p.number(format_number(unit)))


def describe_additive_rounding(rules: AdditiveRules, wording: AdditiveWording, place: str) -> str:
    """What to expect of the numbers of a place, such as `this page`."""
    what = "an output" if all(head.link == "identity" for head in rules.heads) else "a score"
    worst = max(wording.errors)
    if not np.isfinite(worst):
        said = f"The domain is open, so no bound holds for {what} worked out from them."
    else:
        said = (
            f"Working with the numbers of {place}, every column's points rounded to "
            f"{_describe_decimals(wording.scale)}, changes {what} by at most {format_bound(worst)} "
            "in the domain."
        )
    found = [SAID, said]
    share = _bound_group_conditions(wording)
    if share:
        found.append(
            "A group's condition as shown may be met by other rows than the rule's own only "
            f"{_describe_share(share)}."
        )
    if wording.whole_columns:
        found.append(
            "Columns of whole numbers have tables with whole ends, which say the same of whole "
            "numbers."
        )

    return " ".join(found)


def _describe_decimals(scale: PointScale) -> str:
    counts = sorted(set(scale.decimals))
    listed = " or ".join(map(str, counts))
    return f"{listed} decimal{'' if counts == [1] else 's'}"


def _bound_group_conditions(wording: AdditiveWording) -> float:
    return max(
        (
            bound_condition_error(own.group.rules, own.reading)
            for part in wording.parts
            for own in part.groups
        ),
        default=0.0,
    )


def _describe_share(share: float) -> str:
    if share == np.inf:
        return "near its boundary; the domain is open, so no bound holds for how near"
    return (
        f"where its sum is within {format_bound(share)} of the boundary, as a share of the sum's "
        "range in the domain"
    )
