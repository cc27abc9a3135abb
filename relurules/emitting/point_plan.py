"""The points of a scorecard as expressions: what every part gives, in any language.

A curve is a choice between ranges, each `points + per unit * (x - breakpoint)`, so that a row at a
breakpoint has the points that the card prints there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from relurules.emitting.line_plan import print_argument
from relurules.emitting.notation import Notation, join_terms
from relurules.emitting.plan import print_signed
from relurules.emitting.request import LineRequest
from relurules.ir.network import Array
from relurules.scorecards.card import (
    TIE,
    PointChoices,
    PointCurve,
    PointLine,
    PointPart,
    Scorecard,
)
from relurules.scorecards.text import describe_rounding, describe_scale

#: What is added before a sum is rounded down.
HALF = 0.5 + TIE
#: A chain of more choices than this is nested in groups: compilers limit how deep one may be.
_CHAIN = 20


class PointRange(NamedTuple):
    """A range of a curve. end: where the next one starts, None for the last; points at the
    breakpoint, and per unit from there on.
    """

    end: float | None
    breakpoint: float
    points: float
    per_unit: float


class PointStyle(NamedTuple):
    """How a language writes choices and what counts above 0.

    choose: tests with what they give, and what is given else; positive: a line, and normal·x -
    bound as text -> max(0, that); choices: points of the categories of a column.
    """

    choose: Callable[[Sequence[tuple[str, str]], str], str]
    positive: Callable[[PointLine, str], str]
    choices: Callable[[PointChoices], str] | None = None


@dataclass(frozen=True, kw_only=True)
class PlannedPoints:
    """What a part gives. place: among the card's parts; comment: its name."""

    place: int
    comment: str
    text: str


@dataclass(frozen=True, kw_only=True)
class PointSum:
    """What a language prints. parts: statements, each the variable `names` has at its place; total:
    their sum, from the start on; half: what is added before it is rounded down, "" for nothing.
    """

    parts: list[PlannedPoints]
    names: list[str]
    total: str
    half: str


def get_card(request: LineRequest) -> Scorecard | None:
    """The card whose points are asked for."""
    found = request.scorecard if "points" in request.columns else None
    return found if isinstance(found, Scorecard) else None


def describe_points(card: Scorecard) -> list[str]:
    """What points mean, and what rounding them changes."""
    whole = (
        " A row's sum is rounded to a whole number, half a point up." if card.scaling.whole else ""
    )
    return [f"Points: {' '.join(describe_scale(card))}{whole}", *describe_rounding(card)]


def list_ranges(curve: PointCurve) -> list[PointRange]:
    """From low to high; two ranges that are one line are one."""
    knots, points = curve.breakpoints.tolist(), curve.points.tolist()
    found = list[PointRange]()
    if curve.open_below:
        found.append(PointRange(knots[0], knots[0], points[0], curve.below))
    slopes = curve.per_unit.tolist()
    found += [
        PointRange(end, *rest) for end, *rest in zip(knots[1:], knots, points, slopes, strict=False)
    ]
    if curve.open_above or not found:
        above = curve.above if curve.open_above else 0.0
        found.append(PointRange(None, knots[-1], points[-1], above))

    kept = list[PointRange]()
    for one in found:
        same = kept and kept[-1].per_unit == one.per_unit
        if same and (kept[-1].breakpoint == one.breakpoint or not one.per_unit):
            kept[-1] = kept[-1]._replace(end=one.end)
        else:
            kept.append(one)

    return [*kept[:-1], kept[-1]._replace(end=None)]


def plan_points(card: Scorecard, features: Notation, style: PointStyle) -> list[PlannedPoints]:
    """Every part that gives points to some row."""
    return [
        PlannedPoints(place=place, comment=part.name, text=_print_part(part, features, style))
        for place, part in enumerate(card.parts)
        if gives_points(part)
    ]


def sum_points(
    request: LineRequest,
    features: Notation,
    style: PointStyle,
    name: Callable[[int], str],
) -> PointSum | None:
    """None where no points are asked for. name: of the variable of a part, by its place."""
    card = get_card(request)
    if card is None:
        return None
    parts = plan_points(card, features, style)
    names = [name(part.place) for part in parts]

    return PointSum(
        parts=parts,
        names=names,
        total=join_terms(features, [(1.0, each) for each in names], card.start),
        half=features.number(HALF) if card.scaling.whole else "",
    )


def gives_points(part: PointPart) -> bool:
    """Whether any row has points of it."""
    if isinstance(part, PointCurve):
        return any(one.points or one.per_unit for one in list_ranges(part))
    if isinstance(part, PointChoices):
        return bool(part.points.any())
    return any(line.per_unit for line in part.lines)


def _print_part(part: PointPart, features: Notation, style: PointStyle) -> str:
    if isinstance(part, PointCurve):
        return _print_curve(part, features, style)
    if isinstance(part, PointChoices):
        if style.choices is not None and (text := style.choices(part)):
            return text
        return features.affine(spread_points(part, len(features.columns)))
    terms = [
        (line.per_unit, style.positive(line, print_argument(features, line.normal, line.bound)))
        for line in part.lines
    ]

    return join_terms(features, terms)


def spread_points(part: PointChoices, width: int) -> Array:
    """(d,) points of the indicators of its categories, 0 for other coordinates."""
    weights = np.zeros(width)
    weights[part.at] = part.points
    return weights


def _print_curve(curve: PointCurve, features: Notation, style: PointStyle) -> str:
    x, ranges = features.columns[curve.at], list_ranges(curve)
    cases = [
        (f"{x} < {print_signed(features.number, one.end)}", _print_range(one, x, features))
        for one in ranges
        if one.end is not None
    ]
    return style.choose(cases, _print_range(ranges[-1], x, features))


def _print_range(one: PointRange, x: str, features: Notation) -> str:
    """`12 + 0.5 * (x - 30)`."""
    alone = features.alone or (lambda value: print_signed(features.number, value))
    if not one.per_unit:
        return alone(one.points)
    sign = "-" if one.breakpoint > 0 else "+"
    inner = f"({x} {sign} {features.number(abs(one.breakpoint))})" if one.breakpoint else x
    return join_terms(replace(features, alone=None), [(one.per_unit, inner)], one.points)


def chain_choices(
    cases: Sequence[tuple[str, str]], otherwise: str, choice: Callable[[str, str, str], str]
) -> str:
    """Choices one after the other, in groups where they are many. choice: test, then, else."""
    if not cases:
        return otherwise
    if len(cases) > _CHAIN:
        groups = [[*cases[i : i + _CHAIN]] for i in range(0, len(cases), _CHAIN)]
        nested = [
            (group[-1][0], f"({chain_choices(group[:-1], group[-1][1], choice)})")
            for group in groups
        ]
        return chain_choices(nested, otherwise, choice)

    text = otherwise
    for test, then in reversed(cases):
        text = choice(test, then, text)
    return text
