"""What one column adds, as a table in which a reader looks points up."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from relurules.ir.additive import AdditiveRules
from relurules.ir.network import Array
from relurules.ir.score_parts import Curve, ScorePart
from relurules.wording.numbers import round_number
from relurules.wording.point_scale import PointScale, choose_unit, read_number, round_slope

#: Digits that knots of one column are tried with, until they are told apart.
_KNOT_DIGITS = range(6, 18)


@dataclass(frozen=True, kw_only=True)
class PointStretch:
    """From low to high a column adds `low_points` + `slope` * (value - low) / `unit`, as shown.

    An end that is open is infinite and has no points (None): then they count from the other end.
    """

    score: int
    low: float
    high: float
    low_points: float | None
    high_points: float | None
    slope: float
    unit: float

    def evaluate(self, value: Fraction) -> Fraction:
        """What a reader works out for a value."""
        points, end = self.low_points, self.low
        if points is None:
            points, end = self.high_points, self.high
        assert points is not None  # noqa: S101  # one end is closed
        beyond = (value - read_number(end)) / read_number(self.unit)
        return read_number(points) + read_number(self.slope) * beyond


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
class PointList:
    """choices: categories with the same points together; errors as of `StretchTable`."""

    choices: tuple[CategoryPoints, ...]
    errors: tuple[float, ...]


class _OpenEnds(NamedTuple):
    """Whether a column goes on for ever on either side."""

    below: bool
    above: bool


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

    open_ends = _OpenEnds(below=not np.isfinite(low), above=not np.isfinite(high))
    stretches = tuple(
        _cut_stretches(i, shown, values[:, i], curve, scale, open_ends)
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
    score: int, knots: Array, values: Array, curve: Curve, scale: PointScale, open_ends: _OpenEnds
) -> tuple[PointStretch, ...]:
    """Between knots, and beyond the outer ones where the column is open there; `values`: (k,)."""
    decimals, step = scale.decimals[score], scale.steps[score]
    points = [round(value, decimals) + 0.0 for value in values.tolist()]
    ends = [float(knot) for knot in knots]
    slopes = (np.diff(values) / np.diff(knots)).tolist()
    rooms = [step / width for width in np.diff(knots).tolist()]
    bounds: list[tuple[float, float]] = list(pairwise(ends))
    sides: list[tuple[float | None, float | None]] = list(pairwise(points))
    if open_ends.below:
        bounds, sides = [(-np.inf, ends[0]), *bounds], [(None, points[0]), *sides]
        slopes, rooms = [float(curve.below[score]), *slopes], [np.inf, *rooms]
    if open_ends.above:
        bounds, sides = [*bounds, (ends[-1], np.inf)], [*sides, (points[-1], None)]
        slopes, rooms = [*slopes, float(curve.above[score])], [*rooms, np.inf]
    if not bounds:
        bounds, sides, slopes, rooms = [(ends[0], ends[0])], [(points[0],) * 2], [0.0], [0.0]

    unit = choose_unit(slopes)
    return tuple(
        PointStretch(
            score=score,
            low=low,
            high=high,
            low_points=first,
            high_points=last,
            slope=round_slope(slope, unit, room) + 0.0,
            unit=unit,
        )
        for (low, high), (first, last), slope, room in zip(
            bounds, sides, slopes, rooms, strict=True
        )
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
    at = bisect_left(stretches, value, key=lambda own: own.high)
    return stretches[min(at, len(stretches) - 1)]


def round_up(value: Fraction) -> float:
    """The value as a float64 that isn't below it."""
    found = float(value)
    return found if Fraction(found) >= value else float(np.nextafter(found, np.inf))


def tabulate_categories(
    rules: AdditiveRules, part: ScorePart, points: Array, scale: PointScale
) -> PointList:
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

    return PointList(choices=choices, errors=tuple(map(round_up, errors)))
