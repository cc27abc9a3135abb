"""Curves with fewer breakpoints: what lines of one column add, as a polyline whose vertices go one
after the other.

Vertices are removed, or two neighbours become one where the segments beside them meet, the least
error first. The search is in float64, and what each step is off is computed exactly, against the
lines as they were, from breakpoint to breakpoint.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from relurules.ir.network import Array
from relurules.networks.programs import Rationals, to_rationals
from relurules.rules.hinge_moves import ExactHinge

_ZERO = Fraction(0)


class ExactCurve:
    """A sum of hinges of one column: values (n, m) at breakpoints (n,), both ends of the column
    among them, exact.
    """

    def __init__(
        self, hinges: Sequence[ExactHinge], column: int, ends: tuple[float, float], scores: int
    ) -> None:
        low, high = Fraction(ends[0]), Fraction(ends[1])
        slope, value = to_rationals(np.zeros(scores)), to_rationals(np.zeros(scores))
        steps: dict[Fraction, Rationals] = {}
        for hinge in hinges:
            gain, constant = hinge.form[column], hinge.form[-1]
            at = -constant / gain
            if gain * low + constant > 0 or (gain * low + constant == 0 and gain > 0):
                slope = slope + hinge.slopes * gain
                value = value + hinge.slopes * (gain * low + constant)
            if low < at < high:
                steps[at] = steps.get(at, _ZERO) + hinge.slopes * abs(gain)

        self.points, self.values = [low], [value]
        for at in [*sorted(steps), high]:
            value = value + slope * (at - self.points[-1])
            if at > self.points[-1]:
                self.points.append(at)
                self.values.append(value)
            slope = slope + steps.get(at, _ZERO)

    def evaluate(self, u: Fraction) -> Rationals:
        """(m,) between the ends."""
        return _interpolate(self.points, self.values, u)


def bound_curve_difference(
    one: ExactCurve, other: ExactCurve, weights: Rationals
) -> tuple[Rationals, Rationals]:
    """(m,) each: least and largest value of one - other + weights u, weights (m,), exactly."""
    points = sorted({*one.points, *other.points})
    values = np.array([one.evaluate(u) - other.evaluate(u) + weights * u for u in points])
    return values.min(axis=0), values.max(axis=0)


class Vertex(NamedTuple):
    """A vertex of a polyline: its place, and (m,) values there."""

    at: float
    values: Array


class _CurveStep(NamedTuple):
    """So many vertices, one or two, become those in `put`; (m,) the least and the largest
    difference between the vertices beside them.
    """

    taken: int
    put: tuple[Vertex, ...]
    low: Array
    high: Array


class CurveEffect(NamedTuple):
    """A step that may be taken at a line, and between which values the difference lies then, (m,)
    each.
    """

    line: int
    step: _CurveStep
    low: Rationals
    high: Rationals


class CurveSearch:
    """The curve of one column, and the cheapest step from here.

    lines: how many it is made of. low, high: (m,) between which the lines as they were less the
    polyline lie, exactly; changed: whether the polyline takes the lines' place, which without a
    step it does only where there are fewer vertices than lines.
    """

    def __init__(self, curve: ExactCurve, lines: int) -> None:
        self.curve, self._lines = curve, lines
        self._points = np.array([float(u) for u in curve.points])
        self._values = np.array([row.astype(np.float64) for row in curve.values])
        _, telling = np.unique(self._points, return_index=True)
        self.vertices = [Vertex(float(self._points[i]), self._values[i]) for i in telling.tolist()]
        # Vertices are rounded, and lines that begin at one place are one already.
        self.changed = self._count_inner() < lines
        self.low, self.high = self._bound_stretch(self.vertices)
        self._steps = [self._list_steps(i) for i in range(self._count_inner())]

    def _count_inner(self) -> int:
        return max(0, len(self.vertices) - 2)

    def __len__(self) -> int:
        """How many lines it takes now."""
        return self._count_inner() if self.changed else self._lines

    def peek(self) -> float:
        """What the cheapest step adds to the error, as far as float64 can tell."""
        found = self._find_cheapest()
        return np.inf if found is None else found[1]

    def _find_cheapest(self) -> tuple[tuple[int, int], float] | None:
        places = [(i, j) for i, steps in enumerate(self._steps) for j in range(len(steps))]
        if not places:
            return None
        low, high = self.low.astype(np.float64), self.high.astype(np.float64)
        lows = np.array([self._steps[i][j].low for i, j in places])
        highs = np.array([self._steps[i][j].high for i, j in places])
        grown = np.maximum(highs, high) - np.minimum(lows, low) - (high - low)
        own = (highs - lows).max(axis=1)
        best = int(np.lexsort((own, grown.max(axis=1)))[0])
        return places[best], max(0.0, float(grown[best].max() / 2))

    def propose(self) -> CurveEffect:
        """The cheapest step; it is proposed once."""
        found = self._find_cheapest()
        assert found is not None  # noqa: S101
        i, j = found[0]
        step = self._steps[i].pop(j)
        low, high = self._bound_stretch(self._take_stretch(i + 1, step.taken, step.put))
        return CurveEffect(i, step, np.minimum(low, self.low), np.maximum(high, self.high))

    def take(self, effect: CurveEffect) -> None:
        """Take a step that was proposed."""
        first = effect.line + 1
        self.low, self.high, self.changed = effect.low, effect.high, True
        self.vertices[first : first + effect.step.taken] = list(effect.step.put)
        del self._steps[effect.line]
        for i in range(max(0, effect.line - 3), min(len(self._steps), effect.line + 3)):
            self._steps[i] = self._list_steps(i)

    def _list_steps(self, line: int) -> list[_CurveStep]:
        """Ways without the line at vertex line + 1: it goes, or becomes one with the next."""
        i = line + 1
        found = [self._measure(i, 1, ())]
        if i + 1 < len(self.vertices) - 1:
            met = self._join(i)
            if met is not None:
                found.append(self._measure(i, 2, (met,)))
        return found

    def _join(self, i: int) -> Vertex | None:
        """Where the segments before vertex i and after the next one meet, by the lines' weights."""
        before, one, other, after = self.vertices[i - 1 : i + 3]
        first = (one.values - before.values) / (one.at - before.at)
        between = (other.values - one.values) / (other.at - one.at)
        last = (after.values - other.values) / (after.at - other.at)
        kinks = between - first, last - between
        weights = [float(np.linalg.norm(kink)) for kink in kinks]
        if not float(kinks[0] @ kinks[1]) > 0.0 or not 0.0 < sum(weights) < np.inf:
            return None
        at = one.at + weights[1] / sum(weights) * (other.at - one.at)
        if not before.at < at < after.at:
            return None

        return Vertex(at, one.values + first * (at - one.at))

    def _measure(self, first: int, count: int, put: tuple[Vertex, ...]) -> _CurveStep:
        low, high = self._estimate_difference(self._take_stretch(first, count, put))
        return _CurveStep(count, put, low, high)

    def _take_stretch(self, first: int, count: int, put: tuple[Vertex, ...]) -> list[Vertex]:
        return [self.vertices[first - 1], *put, self.vertices[first + count]]

    def _estimate_difference(self, stretch: list[Vertex]) -> tuple[Array, Array]:
        places = np.array([vertex.at for vertex in stretch])
        low, high = np.searchsorted(self._points, [places[0], places[-1]])
        at = np.concatenate([places, self._points[low:high]])
        off = np.array(
            [
                np.interp(at, self._points, own)
                - np.interp(at, places, [vertex.values[i] for vertex in stretch])
                for i, own in enumerate(self._values.T)
            ]
        )
        return off.min(axis=1), off.max(axis=1)

    def _bound_stretch(self, stretch: list[Vertex]) -> tuple[Rationals, Rationals]:
        """(m,) each: the least and the largest difference along a polyline, exactly."""
        places = [Fraction(vertex.at) for vertex in stretch]
        values = [to_rationals(vertex.values) for vertex in stretch]
        points = self.curve.points
        inner = points[bisect_left(points, places[0]) : bisect_right(points, places[-1])]
        off = []
        for u in [*places, *inner]:
            line = _interpolate(places, values, u)
            off.append(self.curve.evaluate(u) - line)
        table = np.array(off)
        return table.min(axis=0), table.max(axis=0)


def _interpolate(places: list[Fraction], values: list[Rationals], u: Fraction) -> Rationals:
    """(m,) values at u, between places or beside them."""
    if len(places) == 1:
        return values[0]
    i = min(max(bisect_right(places, u) - 1, 0), len(places) - 2)
    share = (u - places[i]) / (places[i + 1] - places[i])
    return np.asarray(values[i] + (values[i + 1] - values[i]) * share)
