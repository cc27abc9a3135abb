"""Which way additive rules' scores go along columns, and how far one moves them: in exact rational
arithmetic, on the numbers of the rules as they are stored.

What holds of these numbers holds of real arithmetic on them; scores in float64 are off by its
rounding, so that two rows of nearly the same score may come in either order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from relurules.ir import AdditiveRules, AffineMap
from relurules.ir.network import Array, make_read_only
from relurules.ir.score_parts import ScorePart
from relurules.statistics.exact_slopes import (
    LineArrays,
    evaluate_lines,
    find_least_slope,
    list_knots,
    multiply_row,
)

#: How often a weight is moved by more and more units in the last place.
_MOVES = 60


@dataclass(frozen=True, kw_only=True)
class CertifiedEffect:
    """What a column adds to a score beside what it adds at the reference, over its range.

    low, high: None where there is no bound. exact: whether both are reached; else they only bound.
    """

    low: Fraction | None
    high: Fraction | None
    exact: bool


def certify_direction(rules: AdditiveRules, name: str, score: int = 0) -> int | None:
    """1 where a score never falls as a column of numbers rises, -1 where it never rises, 0 where
    it doesn't depend on it; None where none of these is certified.

    All else equal, everywhere in R^d. Groups that read the column certify nothing.
    """
    least = [bound_slope(rules, name, trend, score) for trend in (1, -1)]
    if least[0] is None or least[1] is None:
        return None
    rises, falls = (each >= 0 for each in least if each is not None)
    return int(rises) - int(falls) if rises or falls else None


def bound_slope(rules: AdditiveRules, name: str, trend: int, score: int = 0) -> Fraction | None:
    """A lower bound of the trend times a score's slope along a column of numbers; None where a
    group reads it.
    """
    place = _find_place(rules, name)
    if place is None or any(group.rules.read_coordinates[place] for group in rules.groups):
        return None
    return find_least_slope(_take_score(rules, score), place, trend)


def hold_direction(rules: AdditiveRules, name: str, trend: int, score: int = 0) -> AdditiveRules:
    """The rules with a direction that rounding alone has broken: the base's weight of the column
    moved by units in its last place, as few as certify it. The same rules where that isn't enough.
    """
    place = _find_place(rules, name)
    least = bound_slope(rules, name, trend, score)
    if place is None or least is None or least >= 0:
        return rules

    own = np.append(rules.slopes[:, score] * rules.normals[:, place], 0.0)
    unit = float(np.spacing(max(float(np.abs(own).max()), abs(rules.base.weights[score, place]))))
    for units in range(1, _MOVES):
        weights = rules.base.weights.copy()
        weights[score, place] += trend * units * unit
        base = AffineMap(make_read_only(weights), rules.base.constants)
        held = replace(rules, base=base)
        least = bound_slope(held, name, trend, score)
        if least is not None and least >= 0:
            return held

    return rules


def find_least_step(
    rules: AdditiveRules, name: str, levels: Sequence[str], trend: int, score: int = 0
) -> float | None:
    """The least step, times the trend, from a level's points to the next one's; None for a column
    that others are read with. Missing and other values have no place among the levels.
    """
    points = rules.points.get(name)
    if points is None:
        return None
    column = next(one for one in rules.domain.columns if one.name == name)
    places = {value: i for i, one in enumerate(column.categories) for value in one.values}
    own = points[[places[level] for level in levels if level in places], score]
    return float((trend * np.diff(own)).min(initial=np.inf))


def certify_effect(rules: AdditiveRules, name: str, score: int = 0) -> CertifiedEffect:
    """The least and the most that all parts which read a column add to a score, beside what they
    add at the reference, over the domain.

    Exact for a column that is read alone; each line that reads others too is bounded by itself.
    Groups, and columns without ends, have no bound.
    """
    low, high, exact = Fraction(0), Fraction(0), True
    for part in rules.parts:
        if name not in [rules.domain.columns[i].name for i in part.columns]:
            continue
        found = _bound_part(rules, part, score)
        if found is None:
            return CertifiedEffect(low=None, high=None, exact=False)
        low, high, exact = low + found[0], high + found[1], exact and len(part.columns) == 1

    return CertifiedEffect(low=low, high=high, exact=exact)


def _find_place(rules: AdditiveRules, name: str) -> int | None:
    """The coordinate of a column of numbers."""
    for column, places in zip(rules.domain.columns, rules.domain.places, strict=True):
        if column.name == name and not column.categories:
            return places.start
    return None


def _take_score(rules: AdditiveRules, score: int) -> LineArrays:
    return LineArrays(
        base=rules.base.weights[score],
        normals=rules.normals,
        thresholds=rules.bounds,
        slopes=rules.slopes[:, score],
    )


def _bound_part(
    rules: AdditiveRules, part: ScorePart, score: int
) -> tuple[Fraction, Fraction] | None:
    """The least and the most of a part beside the reference; None where there is no end, or a group
    is among it.
    """
    if part.groups:
        return None
    lines = _take_part(rules, part, score)
    reference = evaluate_lines(lines, _to_fractions(rules.reference.values, part))
    if len(part.columns) > 1:
        return _bound_lines(rules, part, score, reference)

    rows = _list_extremes(rules, part, lines)
    if rows is None:
        return None
    values = [evaluate_lines(lines, row) - reference for row in rows]
    return min(values), max(values)


def _take_part(rules: AdditiveRules, part: ScorePart, score: int) -> LineArrays:
    """A part without groups, of its own coordinates."""
    return LineArrays(
        base=part.weights[score],
        normals=rules.normals[np.ix_(part.lines, part.coordinates)],
        thresholds=rules.bounds[part.lines],
        slopes=rules.slopes[part.lines, score],
    )


def _to_fractions(row: Array, part: ScorePart) -> list[Fraction]:
    """(d,) -> the part's coordinates."""
    return [Fraction(float(value)) for value in row[part.coordinates]]


def _list_extremes(
    rules: AdditiveRules, part: ScorePart, lines: LineArrays
) -> list[list[Fraction]] | None:
    """Rows of a column's coordinates among which what it adds is least and most: its categories; of
    a number, the ends of its range and the bounds of its lines. None where it goes on for ever.
    """
    domain, places = rules.domain, part.coordinates
    if domain.columns[part.columns[0]].categories:
        admitted = [i for i, j in enumerate(places.tolist()) if domain.upper[j] > 0]
        return [[Fraction(int(i == k)) for k in range(len(places))] for i in admitted]

    j = int(places[0])
    low, high = float(domain.lower[j]), float(domain.upper[j])
    if not (np.isfinite(low) and np.isfinite(high)):
        return None
    ends = Fraction(low), Fraction(high)
    return [[x] for x in (*ends, *list_knots(lines, *ends))]


def _bound_lines(
    rules: AdditiveRules, part: ScorePart, score: int, reference: Fraction
) -> tuple[Fraction, Fraction] | None:
    """The same of lines that read several columns: each by itself at its least and most."""
    domain = rules.domain
    low = high = -reference
    for k in part.lines.tolist():
        normal = rules.normals[k]
        places = np.flatnonzero(normal)
        ends = np.stack([domain.lower[places], domain.upper[places]])
        if not np.isfinite(ends).all():
            return None
        weights = normal[places]
        bound, slope = Fraction(float(rules.bounds[k])), Fraction(float(rules.slopes[k, score]))
        reached = [
            slope
            * max(Fraction(0), multiply_row(weights, [Fraction(float(x)) for x in row]) - bound)
            for row in (
                np.where(weights > 0, ends[0], ends[1]),
                np.where(weights > 0, ends[1], ends[0]),
            )
        ]
        low, high = low + min(reached), high + max(reached)

    return low, high
