"""The points of a scorecard in numpy: curves by their breakpoints, as the card computes them."""

from typing import NamedTuple

import numpy as np

from relurules.emitting.plan import print_signed
from relurules.emitting.point_plan import HALF, get_card, gives_points
from relurules.emitting.request import LineRequest
from relurules.files.templates import flatten_text
from relurules.scorecards.card import PointChoices, PointCurve, PointLine, PointPart


class NumpyPoints(NamedTuple):
    """What a part gives: every term is added to the points of all rows, x of shape (N, d)."""

    comment: str
    terms: list[str]


class NumpyPointSum(NamedTuple):
    """start: of everybody; half: what is added before the sum is rounded down, "" for nothing;
    curved: whether any part is a curve.
    """

    start: str
    parts: list[NumpyPoints]
    half: str
    curved: bool


def plan_numpy_points(request: LineRequest) -> NumpyPointSum | None:
    """None where no points are asked for."""
    card = get_card(request)
    if card is None:
        return None
    parts = [part for part in card.parts if gives_points(part)]

    return NumpyPointSum(
        start=repr(card.start),
        parts=[NumpyPoints(flatten_text(part.name), _list_terms(part)) for part in parts],
        half=repr(HALF) if card.scaling.whole else "",
        curved=any(isinstance(part, PointCurve) for part in parts),
    )


def _list_terms(part: PointPart) -> list[str]:
    if isinstance(part, PointCurve):
        knots, points = part.breakpoints.tolist(), part.points.tolist()
        listed = f"np.array({knots}), np.array({points}), {part.below!r}, {part.above!r}"
        return [f"_curve(x[:, {part.at}], {listed})"]
    if isinstance(part, PointChoices):
        return [f"x[:, {part.at.tolist()}] @ np.array({part.points.tolist()})"]
    return [_print_line(line) for line in part.lines if line.per_unit]


def _print_line(line: PointLine) -> str:
    at = np.flatnonzero(line.normal)
    columns = f"x[:, {at.tolist()}] @ np.array({line.normal[at].tolist()})"
    bound = f"{'+' if line.bound < 0 else '-'} {abs(line.bound)!r}"
    return f"{print_signed(repr, line.per_unit)} * np.maximum(0.0, {columns} {bound})"
