"""Points with few digits, and certified bounds of what that changes, in exact rationals."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor, isfinite, nextafter

import numpy as np

from relurules.domain import Domain
from relurules.ir.network import Array
from relurules.wording.numbers import round_number

#: Numbers that aren't points (breakpoints, coefficients) move a card by no more than this share of
#: a point's unit.
_SHARE = 0.05
#: A breakpoint is left out where points then stay within so many units of those of the rules: what
#: rounding may make of any breakpoint.
_HALF = 0.5
#: Points of a card that isn't whole have two decimals.
_DECIMALS = 2


def round_points(value: float, *, whole: bool) -> float:
    """A whole number, half a point rounded up; or two decimals."""
    return float(floor(value + 0.5)) if whole else round(value, _DECIMALS) + 0.0


def measure_unit(whole: bool) -> float:
    """What points are multiples of."""
    return 1.0 if whole else 10.0**-_DECIMALS


def round_knots(knots: Array, points: Array, *, whole: bool) -> Array:
    """(k,) breakpoints with few digits, ascending; none moves points by much, and those that few
    digits don't tell apart are one.
    """
    if len(knots) == 1:
        return np.array([round_number(float(knots[0]), 0.0)])

    steepest = float(np.abs(np.diff(points) / np.diff(knots)).max())
    width = float(knots[-1] - knots[0])
    room = _SHARE * (measure_unit(whole) / steepest if steepest else width)
    found = np.unique([round_number(x, room, limit=room) for x in knots.tolist()])
    return found if len(found) > 1 else knots[[0, -1]]


def drop_knots(
    knots: Array, points: Array, exact_knots: Array, exact_points: Array, *, whole: bool
) -> tuple[Array, Array]:
    """The card's breakpoints without those that make no difference beyond half a unit.

    Ends stay. exact_knots, exact_points: of the rules.
    """
    kept, room = list(range(len(knots))), _HALF * measure_unit(whole)
    place = 1
    while place < len(kept) - 1:
        fewer = kept[:place] + kept[place + 1 :]
        x = np.unique([*exact_knots.tolist(), *knots.tolist()])
        own = np.interp(x, exact_knots, exact_points)
        near = (x >= knots[kept[place - 1]]) & (x <= knots[kept[place + 1]])
        off = np.abs(np.interp(x, knots[fewer], points[fewer]) - own)
        if (off[near] <= room).all():
            kept = fewer
        else:
            place += 1

    return knots[kept], points[kept]


def bound_curve_difference(
    own: tuple[Array, Array], other: tuple[Array, Array], ends: tuple[float, float]
) -> float:
    """Largest difference of two piecewise linear functions between two ends, rounded up; each is
    (k,) breakpoints and (k,) values, its outer pieces going on.
    """
    places = {Fraction(x) for x in ends}
    places |= {Fraction(float(x)) for x in (*own[0], *other[0]) if ends[0] <= x <= ends[1]}
    return round_up(
        max(abs(_evaluate_exactly(*own, x) - _evaluate_exactly(*other, x)) for x in places)
    )


def _evaluate_exactly(knots: Array, values: Array, x: Fraction) -> Fraction:
    if len(knots) == 1:
        return Fraction(float(values[0]))
    i = int(np.clip(np.searchsorted(knots, float(x), side="right") - 1, 0, len(knots) - 2))
    left, right = Fraction(float(knots[i])), Fraction(float(knots[i + 1]))
    low, high = Fraction(float(values[i])), Fraction(float(values[i + 1]))
    return low + (high - low) * (x - left) / (right - left)


def round_line(
    domain: Domain, normal: Array, bound: float, per_unit: float, *, whole: bool
) -> tuple[Array, float, float]:
    """A line with few digits: normal (d,), bound, points per unit."""
    room = _SHARE * measure_unit(whole)
    reach = measure_reach(domain)
    most = bound_beyond(domain, normal, bound)
    beyond = np.inf if most is None else float(most)

    shown = normal.copy()
    for j in np.flatnonzero(normal).tolist():
        shown[j] = _round_within(float(normal[j]), room, abs(per_unit) * reach[j])
    return (
        shown,
        _round_within(bound, room, abs(per_unit)),
        _round_within(per_unit, room, beyond),
    )


def bound_line_difference(
    domain: Domain, own: tuple[Array, float, float], other: tuple[Array, float, float]
) -> float:
    """Largest difference of what two lines add over the box, rounded up; infinite where a column is
    open.

    |s max(0, z) - s' max(0, z')| <= |s - s'| max(0, z) + |s'| |z - z'|.
    """
    (normal, bound, slope), (normal2, bound2, slope2) = own, other
    most = bound_beyond(domain, normal, bound)
    if most is None:
        return np.inf

    off = abs(Fraction(bound) - Fraction(bound2))
    for j in np.flatnonzero(normal != normal2).tolist():
        far = max(abs(Fraction(float(end))) for end in (domain.lower[j], domain.upper[j]))
        off += abs(Fraction(float(normal[j])) - Fraction(float(normal2[j]))) * far
    return round_up(abs(Fraction(slope) - Fraction(slope2)) * most + abs(Fraction(slope2)) * off)


def bound_beyond(domain: Domain, normal: Array, bound: float) -> Fraction | None:
    """The largest that max(0, normal·x - bound) is over the box; None where a column is open."""
    total = -Fraction(bound)
    for j in np.flatnonzero(normal).tolist():
        ends = (float(domain.lower[j]), float(domain.upper[j]))
        if not all(map(isfinite, ends)):
            return None
        total += max(Fraction(float(normal[j])) * Fraction(end) for end in ends)
    return max(Fraction(0), total)


def measure_reach(domain: Domain) -> Array:
    """(d,) the largest absolute value that every coordinate has; infinite where it is open."""
    return np.maximum(np.abs(domain.lower), np.abs(domain.upper))


def add_up(values: Sequence[float]) -> float:
    """Their sum, rounded up; infinite where one is."""
    if not all(map(isfinite, values)):
        return np.inf
    return round_up(sum(map(Fraction, values), Fraction(0)))


def round_up(value: Fraction) -> float:
    """The value as a float64 that isn't below it."""
    found = float(value)
    return found if Fraction(found) >= value else nextafter(found, np.inf)


def _round_within(value: float, room: float, effect: float) -> float:
    """A number with few digits, which moves points by no more than the room; six digits where
    nothing bounds that. effect: of one unit of it on points.
    """
    if not isfinite(effect):
        return round_number(value, 0.0)
    step = room / effect if effect else np.inf
    return round_number(value, step, limit=step)
