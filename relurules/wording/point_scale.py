"""How finely the points of additive rules are shown: as many decimals for all of a score."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from relurules.ir.additive import AdditiveRules, Adjustment
from relurules.ir.network import Array
from relurules.links.table import LINKS
from relurules.wording.forms import FAR
from relurules.wording.numbers import round_number

#: Decimals that points have at most.
_MOST_DECIMALS = 12
#: Decimals that scores of probabilities have at least.
_SHARE_DECIMALS = 4
#: Slopes below this are told of more than one unit: `-0.158 per 10,000`.
_SMALL_SLOPE = 1e-3


@dataclass(frozen=True, kw_only=True)
class PointScale:
    """decimals: (m,) of every score's points; steps: (m,) how far one number that is shown may move
    a score over the domain.
    """

    decimals: tuple[int, ...]
    steps: tuple[float, ...]

    def round_points(self, values: Array) -> tuple[float, ...]:
        """(m,) points as they are shown."""
        pairs = zip(values.tolist(), self.decimals, strict=True)
        return tuple(round(value, decimals) + 0.0 for value, decimals in pairs)


def choose_point_scale(rules: AdditiveRules) -> PointScale:
    """Decimals by what all parts together may move every score: half a unit of the last one is no
    more than `FAR` of it.

    Scores of probabilities have at least four: columns far out may move them by much, while a
    probability is decided between -5 and 5.
    """
    spans = measure_parts(rules).sum(axis=0)
    start = np.abs(sum_reference(rules))
    shares = {i for head in rules.heads if LINKS[head.link].is_share for i in head.scores}
    decimals = []
    for i, (span, size) in enumerate(zip(spans.tolist(), start.tolist(), strict=True)):
        wanted = np.ceil(-np.log10(2.0 * FAR * (span or size or 1.0)))
        least = _SHARE_DECIMALS if i in shares else 0
        decimals.append(int(np.clip(wanted, least, _MOST_DECIMALS)))

    return PointScale(
        decimals=tuple(decimals), steps=tuple(0.5 * 10.0**-count for count in decimals)
    )


def sum_reference(rules: AdditiveRules) -> Array:
    """(m,) scores of the reference."""
    return np.asarray(rules.base.constants + rules.reference_parts.sum(axis=0))


def measure_parts(rules: AdditiveRules) -> Array:
    """(P, m) how far every part may move every score over the box, where that is known; 0 where a
    side is open.
    """
    found = np.zeros((len(rules.parts), rules.score_count))
    for i, part in enumerate(rules.parts):
        if part.name in rules.curves:
            found[i] = np.ptp(rules.curves[part.name].values, axis=0)
        elif part.name in rules.points:
            admitted = rules.domain.upper[part.coordinates] > 0
            found[i] = np.ptp(rules.points[part.name][admitted], axis=0)
        else:
            for k in part.lines.tolist():
                found[i] += np.abs(rules.slopes[k]) * measure_line(rules, rules.lines[k])
            for group in part.groups:
                found[i] += _measure_group(rules, group)

    return np.where(np.isfinite(found), found, 0.0)


def measure_line(rules: AdditiveRules, line: Adjustment) -> float:
    """How far beyond its bound a line's sum may be over the box; infinite where a side is open."""
    space = line.condition.half_space
    return max(0.0, _bound_product(rules, space.normal)[1] - space.bound)


def _measure_group(rules: AdditiveRules, group: int) -> Array:
    """(m,) width of what a group may add, by the maps of its rules over the box."""
    weights, constants = rules.groups[group].rules.maps
    lows = np.full(rules.score_count, np.inf)
    highs = -lows
    for rows, constant in zip(weights, constants, strict=True):
        ends = np.array([_bound_product(rules, row) for row in rows])
        lows = np.minimum(lows, constant + ends[:, 0])
        highs = np.maximum(highs, constant + ends[:, 1])

    return np.asarray(highs - lows)


def _bound_product(rules: AdditiveRules, weights: Array) -> tuple[float, float]:
    """Least and largest weights·x over the box."""
    at = np.flatnonzero(weights)
    ends = weights[at] * np.array([rules.domain.lower[at], rules.domain.upper[at]])
    return float(ends.min(axis=0).sum()), float(ends.max(axis=0).sum())


def choose_unit(slopes: Sequence[float]) -> float:
    """How many units slopes are told of: 1 or, where all are small, a power of ten."""
    largest = max((abs(slope) for slope in slopes), default=0.0)
    if not 0 < largest < _SMALL_SLOPE:
        return 1.0
    return float(10.0 ** min(np.ceil(-np.log10(largest)) - 1.0, 300.0))


def round_slope(slope: float, unit: float, room: float) -> float:
    """A slope of so many units as it is shown; room: how far that of one unit may be off."""
    allowed = room * unit
    if not np.isfinite(allowed):
        return round_number(slope * unit, 0.0)
    if abs(slope) <= room / 1000:  # moves nothing that is shown
        return 0.0
    return round_number(slope * unit, allowed, limit=allowed)


def read_number(shown: float) -> Fraction:
    """The number that a reader of `format_number(shown)` has."""
    return Fraction(Decimal(repr(float(shown))))


def format_points(points: float, decimals: int) -> str:
    """Size of points, without their sign: `0.3100`."""
    return f"{abs(points):,.{decimals}f}"
