"""Columns whose effect is kept within limits: what they add to the score, beside what they add at
the reference, anywhere in their range.

The refits keep them, as linear constraints (`effect_walls`), by a little more than rounding takes;
the numbers that are written down are then looked at in exact arithmetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.statistics.exact_slopes import LineArrays, evaluate_lines, list_knots
from relurules.training.lines.least_slopes import PlainLines
from relurules.training.lines.line_columns import ColumnLimit, LineColumn
from relurules.training.lines.scaling import LineScale

#: Refits stay within limits by this share of each, and by this share of what lies between both,
#: which is the room that rounding has.
_ROOM, _LEAST_ROOM = 1e-3, 1e-6
#: What is left of a part whose limits no rounding keeps: the largest of these that keeps them.
_FACTORS = (1.0, 1 - 1e-9, 1 - 1e-6, 1 - 1e-3, 0.99, 0.9, 0.5, 0.0)


@dataclass(frozen=True, kw_only=True)
class EffectLimits:
    """limits: column name -> the least and the most that it adds. low, high: (d,) the range in
    which they hold. reference: (d,) where every column adds 0.
    """

    limits: Mapping[str, tuple[float, float]]
    low: Array
    high: Array
    reference: Array


def limit_columns(
    columns: Sequence[LineColumn], asked: EffectLimits, scale: LineScale
) -> tuple[LineColumn, ...]:
    """The columns with their limits, in the units that are fitted in."""
    return tuple(
        replace(column, limit=_scale_limit(column, asked, scale))
        if column.name in asked.limits
        else column
        for column in columns
    )


def _scale_limit(column: LineColumn, asked: EffectLimits, scale: LineScale) -> ColumnLimit:
    places = list(column.coordinates)
    low, high = asked.limits[column.name]
    least = _LEAST_ROOM * (high - low)
    shift, spread = scale.shift[places], scale.spread[places]

    return ColumnLimit(
        low=min(0.0, low * (1 - _ROOM) + least) / scale.high,
        high=max(0.0, high * (1 - _ROOM) - least) / scale.high,
        points=(_list_ends(column, asked) - shift) / spread,
        reference=(asked.reference[places] - shift) / spread,
    )


def _list_ends(column: LineColumn, asked: EffectLimits) -> Array:
    """The ends of a number's range; every category alone, and none, as of a value never seen."""
    places = list(column.coordinates)
    if column.is_number:
        return np.stack([asked.low[places], asked.high[places]])
    return np.vstack([np.eye(len(places)), np.zeros(len(places))])


def keeps_limits(
    plain: PlainLines, columns: Sequence[LineColumn], asked: EffectLimits | None
) -> bool:
    """Whether no column adds more than it may, exactly."""
    if asked is None:
        return True
    return all(
        _keeps_limit(plain, column, asked) for column in columns if column.name in asked.limits
    )


def limit_effects(
    plain: PlainLines, columns: Sequence[LineColumn], asked: EffectLimits
) -> PlainLines:
    """The lines; where rounding has taken a column beyond its limits, all that it adds alone is
    made smaller by one factor. No line may read such a column and another one.
    """
    for column in columns:
        if column.name in asked.limits:
            tried = (_shrink_part(plain, column, factor, asked) for factor in _FACTORS)
            plain = next(one for one in tried if _keeps_limit(one, column, asked))

    return plain


def _keeps_limit(plain: PlainLines, column: LineColumn, asked: EffectLimits) -> bool:
    low, high = map(Fraction, asked.limits[column.name])
    effects = compute_effects(plain, column, asked)
    return low <= min(effects) and max(effects) <= high


def compute_effects(plain: PlainLines, column: LineColumn, asked: EffectLimits) -> list[Fraction]:
    """What a column adds beside what it adds at the reference, at all points where that may be
    extreme, exactly.
    """
    places = list(column.coordinates)
    lines = _take_column(plain, column)
    points = [[Fraction(x) for x in row] for row in _list_ends(column, asked).tolist()]
    if column.is_number:
        (low,), (high,) = points
        points += [[knot] for knot in list_knots(lines, low, high)]

    start = evaluate_lines(lines, [Fraction(x) for x in asked.reference[places].tolist()])
    return [evaluate_lines(lines, point) - start for point in points]


def _take_column(plain: PlainLines, column: LineColumn) -> LineArrays:
    """What a column adds alone, of its own coordinates."""
    places = np.array(column.coordinates, dtype=np.intp)
    own = np.flatnonzero(_find_own_lines(plain, column))
    return LineArrays(
        base=plain.base[places],
        normals=plain.normals[np.ix_(own, places)],
        thresholds=plain.thresholds[own],
        slopes=plain.slopes[own],
    )


def _find_own_lines(plain: PlainLines, column: LineColumn) -> NDArray[np.bool_]:
    others = np.ones(plain.normals.shape[1], dtype=np.bool_)
    others[list(column.coordinates)] = False
    return np.asarray(~plain.normals[:, others].any(axis=1), dtype=np.bool_)


def _shrink_part(
    plain: PlainLines, column: LineColumn, factor: float, asked: EffectLimits
) -> PlainLines:
    """The score at the reference stays."""
    if factor == 1.0:
        return plain
    places, own = list(column.coordinates), _find_own_lines(plain, column)
    base, slopes = plain.base.copy(), plain.slopes.copy()
    base[places] *= factor
    slopes[own] *= factor
    at = asked.reference
    reach = np.maximum(0.0, plain.normals[own] @ at - plain.thresholds[own])
    moved = plain.base[places] @ at[places] + plain.slopes[own] @ reach

    return replace(
        plain, base=base, slopes=slopes, constant=float(plain.constant + (1 - factor) * moved)
    )
