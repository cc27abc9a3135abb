"""What one column adds, as a table in which a reader looks points up."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relurules.ir.additive import AdditiveRules
from relurules.ir.network import Array
from relurules.ir.score_parts import Curve, ScorePart
from relurules.wording.numbers import round_number
from relurules.wording.point_scale import PointScale, read_number

#: Digits that knots of one column are tried with, until they are told apart.
_KNOT_DIGITS = range(6, 18)


@dataclass(frozen=True, kw_only=True)
class PointStretch:
    """From low to high a column adds `low_points` + `per_unit` * (value - low), all as shown.

    An end that is open is infinite and has no points (None): then they count from the other end.
    """

    score: int
    low: float
    high: float
    low_points: float | None
    high_points: float | None
    per_unit: float

    def evaluate(self, value: Fraction) -> Fraction:
        """What a reader works out for a value."""
        points, end = self.low_points, self.low
        if points is None:
            points, end = self.high_points, self.high
        assert points is not None  # noqa: S101  # one end is closed
        return read_number(points) + read_number(self.per_unit) * (value - read_number(end))


@dataclass(frozen=True, kw_only=True)
class CategoryPoints:
    """What categories of a column add: members: their indices; points: (m,) as shown."""

    members: tuple[int, ...]
    points: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class StretchTable:
    """stretches: of every score, ascending; errors: (m,) how far points are off, at most; moved:
    whether ends are whole where the lines' own aren't.
    """

    stretches: tuple[tuple[PointStretch, ...], ...]
    errors: tuple[float, ...]
    moved: bool


@dataclass(frozen=True, kw_only=True)
class CategoryTable:
    """choices: categories with the same points together; errors as of `StretchTable`."""

    choices: tuple[CategoryPoints, ...]
    errors: tuple[float, ...]


def tabulate_curve(
    rules: AdditiveRules, part: ScorePart, curve: Curve, scale: PointScale
) -> StretchTable:
    """A column's curve; of whole numbers with whole ends, which says the same of whole numbers."""
    j = int(part.coordinates[0])
    low, high = float(rules.domain.lower[j]), float(rules.domain.upper[j])
    whole = bool(rules.domain.integer[j] and np.ceil(low) <= np.floor(high))
    knots = _find_whole_knots(curve, low, high) if whole else curve.breakpoints
    values = curve.evaluate(knots)
    shown = knots if whole else _round_knots(knots, values, curve, scale.steps)

    stretches = tuple(
        _cut_stretches(i, shown, values[:, i], curve, scale, (low, high))
        for i in range(rules.score_count)
    )
    at = knots if whole else np.unique([*knots, *shown, low, high])
    at = np.clip(at, low, high)
    closed = bool(np.isfinite([low, high]).all())
    errors = tuple(
        _bound_stretches(own, at, curve.evaluate(at)[:, own[0].score]) if closed else np.inf
        for own in stretches
    )
    moved = whole and bool((curve.breakpoints % 1).any())
    return StretchTable(stretches=stretches, errors=errors, moved=moved)


def _find_whole_knots(curve: Curve, low: float, high: float) -> Array:
    ends = np.concatenate([np.floor(curve.breakpoints), np.ceil(curve.breakpoints)])
    return np.unique(np.clip(ends, np.ceil(low), np.floor(high)))


def _round_knots(knots: Array, values: Array, curve: Curve, steps: Sequence[float]) -> Array:
    """Knots as shown: moved so little that no score moves by more than its step, and apart."""
    inner = np.diff(values, axis=0) / np.maximum(np.diff(knots), 1e-300)[:, None]
    slopes = np.vstack([curve.below, inner, curve.above])
    steepest = np.abs(slopes).max(axis=0)
    with np.errstate(divide="ignore"):
        room = float((np.array(steps) / steepest).min())
    shown = knots
    for digits in _KNOT_DIGITS:
        shown = np.array([round_number(knot, room, digits, limit=room) for knot in knots.tolist()])
        if (np.diff(shown) > 0).all():
            return shown
    return shown


def _cut_stretches(
    score: int,
    knots: Array,
    values: Array,
    curve: Curve,
    scale: PointScale,
    ends: tuple[float, float],
) -> tuple[PointStretch, ...]:
    """Between knots, and beyond the outer ones where the column is open there."""
    step, decimals = scale.steps[score], scale.decimals[score]
    points = [round(value, decimals) + 0.0 for value in values.tolist()]
    found = []
    if not np.isfinite(ends[0]):
        slope = round_number(float(curve.below[score]), 0.0) + 0.0
        found.append(_make_stretch(score, (-np.inf, knots[0]), (None, points[0]), slope))
    for i in range(len(knots) - 1):
        width = float(knots[i + 1] - knots[i])
        slope = round_number((values[i + 1] - values[i]) / width, step / width, limit=step / width)
        near = _drop_rounding(slope, step / width)
        found.append(
            _make_stretch(score, (knots[i], knots[i + 1]), (points[i], points[i + 1]), near)
        )
    if not np.isfinite(ends[1]):
        slope = round_number(float(curve.above[score]), 0.0) + 0.0
        found.append(_make_stretch(score, (knots[-1], np.inf), (points[-1], None), slope))
    if not found:
        found.append(_make_stretch(score, (knots[0], knots[0]), (points[0], points[0]), 0.0))
    return tuple(found)


def _drop_rounding(slope: float, room: float) -> float:
    """0 for what moves nothing that is shown."""
    return 0.0 if abs(slope) <= room / 1000 else slope


def _make_stretch(
    score: int,
    ends: tuple[float, float],
    points: tuple[float | None, float | None],
    per_unit: float,
) -> PointStretch:
    return PointStretch(
        score=score,
        low=float(ends[0]),
        high=float(ends[1]),
        low_points=points[0],
        high_points=points[1],
        per_unit=per_unit,
    )


def _bound_stretches(stretches: Sequence[PointStretch], at: Array, values: Array) -> float:
    """Largest difference between what is read off stretches and the values (k,) at (k,) points,
    between which both are affine.
    """
    exact = [Fraction(value) for value in values.tolist()]
    places = [Fraction(value) for value in at.tolist()]
    worst = Fraction(0)
    for i in range(len(places)):
        for middle in {
            (places[i] + places[j]) / 2 for j in (max(0, i - 1), min(i + 1, len(places) - 1))
        }:
            own = find_stretch(stretches, middle)
            worst = max(worst, abs(own.evaluate(places[i]) - exact[i]))
    return round_up(worst)


def find_stretch(stretches: Sequence[PointStretch], value: Fraction | float) -> PointStretch:
    """The stretch that a value is looked up in: the first that ends there or beyond."""
    return next((own for own in stretches if value <= own.high), stretches[-1])


def round_up(value: Fraction) -> float:
    """The value as a float64 that isn't below it."""
    found = float(value)
    return found if Fraction(found) >= value else float(np.nextafter(found, np.inf))


def tabulate_categories(
    rules: AdditiveRules, part: ScorePart, points: Array, scale: PointScale
) -> CategoryTable:
    """Points (categories, m) of the categories that the domain admits."""
    admitted = np.flatnonzero(rules.domain.upper[part.coordinates] > 0).tolist()
    groups: dict[tuple[float, ...], list[int]] = {}
    errors = [Fraction(0)] * rules.score_count
    for i in admitted:
        shown = scale.round_points(points[i])
        groups.setdefault(shown, []).append(i)
        for score, (one, exact) in enumerate(zip(shown, points[i].tolist(), strict=True)):
            errors[score] = max(errors[score], abs(read_number(one) - Fraction(exact)))
    choices = tuple(
        CategoryPoints(members=tuple(own), points=shown) for shown, own in groups.items()
    )
    return CategoryTable(choices=choices, errors=tuple(map(round_up, errors)))
