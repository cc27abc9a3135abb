"""Lines in exact arithmetic: what they add at a point, where they begin, and their least slope
along one coordinate, which certifies a direction.

Which lines hold changes along a column at their own knots, and for lines that read more columns
also where two of their boundaries cross. Between two such places, lines with the same further
columns can hold together in a few ways only; the slope is least where every such set is at its
worst.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

from relurules.ir.network import Array


@dataclass(frozen=True, kw_only=True)
class LineArrays:
    """One score = constant + base x + the sum of slopes max(0, normals x - thresholds).

    base: (d,); normals: (K, d); thresholds, slopes: (K,).
    """

    base: Array
    normals: Array
    thresholds: Array
    slopes: Array


def evaluate_lines(lines: LineArrays, point: Sequence[Fraction]) -> Fraction:
    """What the base and the lines add at a point of d coordinates."""
    total = multiply_row(lines.base, point)
    for normal, threshold, slope in zip(lines.normals, lines.thresholds, lines.slopes, strict=True):
        reach = multiply_row(normal, point) - Fraction(float(threshold))
        total += max(Fraction(0), reach) * Fraction(float(slope))
    return total


def multiply_row(weights: Array, point: Sequence[Fraction]) -> Fraction:
    """The sum of a point's coordinates, weighted."""
    pairs = zip(weights.tolist(), point, strict=True)
    return sum((Fraction(float(w)) * x for w, x in pairs if w), Fraction(0))


def list_knots(lines: LineArrays, low: Fraction, high: Fraction) -> list[Fraction]:
    """Where lines of a single coordinate begin, between two ends."""
    knots = [
        Fraction(float(threshold)) / Fraction(float(normal[0]))
        for normal, threshold in zip(lines.normals, lines.thresholds, strict=True)
    ]
    return [knot for knot in knots if low < knot < high]


class _ExactLine(NamedTuple):
    """own x + size u > threshold adds step to the slope along x; u: what the other columns give."""

    own: Fraction
    size: Fraction
    threshold: Fraction
    step: Fraction


def find_least_slope(lines: LineArrays, place: int, trend: int) -> Fraction:
    """A lower bound of the trend times the score's slope along one coordinate, everywhere in R^d.

    trend: 1 or -1. It is the least itself where lines read at most two coordinates; other lines
    with the same further coordinates are taken together, those with others each at its worst.
    """
    sets = _list_exact_sets(lines, place, trend)
    base = trend * Fraction(float(lines.base[place]))
    return base + min(
        sum((_find_worst(each, where) for each in sets), Fraction(0))
        for where in _list_middles(sets)
    )


def _list_exact_sets(lines: LineArrays, place: int, trend: int) -> list[list[_ExactLine]]:
    sets: dict[tuple[tuple[int, Fraction], ...], list[_ExactLine]] = {}

    for normal, threshold, slope in zip(lines.normals, lines.thresholds, lines.slopes, strict=True):
        if not normal[place]:
            continue
        rest = {int(at): Fraction(float(normal[at])) for at in np.flatnonzero(normal)}
        own = rest.pop(place)
        size = next(iter(rest.values()), Fraction(0))
        key = tuple((at, value / size) for at, value in rest.items())
        step = trend * Fraction(float(slope)) * own
        line = _ExactLine(own, size, Fraction(float(threshold)), step)
        sets.setdefault(key, []).append(line)

    return list(sets.values())


def _list_middles(sets: Sequence[Sequence[_ExactLine]]) -> list[Fraction]:
    """A place of the column in every piece in which the same lines can hold."""
    places = set()
    for lines in sets:
        places |= {line.threshold / line.own for line in lines if not line.size}
        for one, other in combinations([line for line in lines if line.size], 2):
            turn = one.own / one.size - other.own / other.size
            if turn:
                places.add((one.threshold / one.size - other.threshold / other.size) / turn)

    return _list_between(sorted(places))


def _list_between(places: Sequence[Fraction]) -> list[Fraction]:
    """A number before, between and after some ascending ones."""
    if not places:
        return [Fraction(0)]
    inner = [(low + high) / 2 for low, high in pairwise(places)]
    return [places[0] - 1, *inner, places[-1] + 1]


def _find_worst(lines: Sequence[_ExactLine], where: Fraction) -> Fraction:
    """The least that lines with the same other columns add to the slope at a place."""
    edges = {(line.threshold - line.own * where) / line.size for line in lines if line.size}
    return min(
        sum(
            (line.step for line in lines if line.own * where + line.size * rest > line.threshold),
            Fraction(0),
        )
        for rest in _list_between(sorted(edges))
    )
