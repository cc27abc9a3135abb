"""Columns whose effect is kept within limits: what they add to the score, beside what they add at
the reference, anywhere in their range.

A column's part is piecewise linear, so its extremes are at the ends of the range and at the
thresholds of its lines; where one is beyond a limit, the whole part is made smaller by one factor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.training.lines.least_slopes import PlainLines
from relurules.training.lines.line_columns import LineColumn

#: A limit that is reached is kept by this share of it, more than rounding ever costs.
_ROOM = 1e-9


@dataclass(frozen=True, kw_only=True)
class EffectLimits:
    """limits: column name -> the least and the most that it adds. low, high: (d,) the range in
    which they hold. reference: (d,) where every column adds 0.
    """

    limits: Mapping[str, tuple[float, float]]
    low: Array
    high: Array
    reference: Array


def limit_effects(
    plain: PlainLines, columns: Sequence[LineColumn], asked: EffectLimits
) -> PlainLines:
    """The lines with smaller parts of the columns whose effect would be beyond its limits; the
    score at the reference stays. No line may read such a column and another one.
    """
    for column in columns:
        if column.name in asked.limits:
            factor = _find_factor(plain, column, asked)
            plain = plain if factor >= 1.0 else _shrink_part(plain, column, factor, asked)

    return plain


def compute_effects(plain: PlainLines, column: LineColumn, asked: EffectLimits) -> Array:
    """What a column adds beside what it adds at the reference, at all points where that may be
    extreme.
    """
    places = list(column.coordinates)
    own = _find_own_lines(plain, column)
    if not column.is_number:
        return np.asarray(plain.base[places] - plain.base[places] @ asked.reference[places])

    place = places[0]
    weights, slopes = plain.normals[own, place], plain.slopes[own]
    thresholds = plain.thresholds[own]
    low, high = float(asked.low[place]), float(asked.high[place])
    knots = np.clip(thresholds / weights, low, high)
    points = np.concatenate([[low, high], knots])

    def evaluate(x: Array) -> Array:
        reach = np.maximum(0.0, np.outer(x, weights) - thresholds)
        return np.asarray(plain.base[place] * x + reach @ slopes)

    return evaluate(points) - evaluate(asked.reference[[place]])


def _find_own_lines(plain: PlainLines, column: LineColumn) -> NDArray[np.bool_]:
    others = np.ones(plain.normals.shape[1], dtype=np.bool_)
    others[list(column.coordinates)] = False
    return np.asarray(~plain.normals[:, others].any(axis=1), dtype=np.bool_)


def _find_factor(plain: PlainLines, column: LineColumn, asked: EffectLimits) -> float:
    low, high = asked.limits[column.name]
    effects = compute_effects(plain, column, asked)
    least, most = float(effects.min()), float(effects.max())
    factors = [1.0]
    if most > high * (1 - _ROOM):
        factors.append(high * (1 - 2 * _ROOM) / most)
    if least < low * (1 - _ROOM):
        factors.append(low * (1 - 2 * _ROOM) / least)

    return min(factors)


def _shrink_part(
    plain: PlainLines, column: LineColumn, factor: float, asked: EffectLimits
) -> PlainLines:
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
