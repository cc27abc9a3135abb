"""The exact function behind an expression: a constant, a piecewise linear function of every column,
and what reads several columns.

The parts of a sum that read different columns reach their ends independently of each other. So the
range of a sum over the box is the sum of the columns' ranges, exactly, but for what reads several.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from operator import ne
from typing import NamedTuple

from relurules.rounding.expression import UnreadableError

_NONE = Fraction(0)


class Interval(NamedTuple):
    """Numbers from low to high."""

    low: Fraction
    high: Fraction

    def add(self, other: "Interval") -> "Interval":
        """The sums."""
        return Interval(self.low + other.low, self.high + other.high)

    @property
    def size(self) -> Fraction:
        """The largest magnitude."""
        if self.low.numerator >= 0:
            return self.high
        return -self.low if self.high.numerator <= 0 else max(-self.low, self.high)


@dataclass(frozen=True)
class NumberSpan:
    """A column of numbers; place: of its coordinate; span: where it lies in the domain."""

    place: int
    span: Interval
    integer: bool


@dataclass(frozen=True)
class CategorySpan:
    """A column of categories, exactly one of which a row has; places: of its coordinates."""

    places: tuple[int, ...]


Block = NumberSpan | CategorySpan


@dataclass(frozen=True)
class RealCurve:
    """slope * x + the sum of coef * max(0, sign * x - knot); place: of the column's coordinate;
    hinges: (sign, knot) -> coef.
    """

    place: int
    slope: Fraction
    hinges: Mapping[tuple[int, Fraction], Fraction]

    def add(self, other: "RealCurve") -> "RealCurve":
        """The sum of two curves of one column."""
        return RealCurve(
            self.place, self.slope + other.slope, _add_terms(self.hinges, other.hinges)
        )

    def scale(self, factor: Fraction) -> "RealCurve":
        """So many times the curve."""
        return RealCurve(
            self.place,
            factor * self.slope,
            {key: factor * coef for key, coef in self.hinges.items()},
        )

    def find_reach(self, span: Interval) -> Interval:
        """Its smallest and largest value over the span: at an end of it, or at a kink; worked out
        once for every span.
        """
        known = self._reaches.get(id(span))
        if known is None:
            known = self._reaches[id(span)] = (span, self._work_out_reach(span))
        return known[1]

    @cached_property
    def _reaches(self) -> dict[int, tuple[Interval, Interval]]:
        """By the number of the span, which is kept so that no other one gets it."""
        return {}

    def _work_out_reach(self, span: Interval) -> Interval:
        low, high = span
        if not self.hinges:
            ends = (self.slope * low, self.slope * high)
            return Interval(*ends) if self.slope.numerator >= 0 else Interval(ends[1], ends[0])
        knots = {low, high}
        knots.update(x for sign, knot in self.hinges if low < (x := sign * knot) < high)
        values = [self._evaluate(x) for x in knots] if len(self.hinges) <= 1 else self._sweep(knots)

        return Interval(min(values), max(values))

    def _evaluate(self, x: Fraction) -> Fraction:
        return self.slope * x + sum(
            (coef * max(_NONE, sign * x - knot) for (sign, knot), coef in self.hinges.items()),
            start=_NONE,
        )

    def _sweep(self, knots: set[Fraction]) -> list[Fraction]:
        """Values at the knots from the left to the right, slopes added up on the way."""
        at = sorted(knots)
        value, steep, turns = self._evaluate(at[0]), self.slope, dict[Fraction, Fraction]()
        for (sign, knot), coef in self.hinges.items():
            x = sign * knot
            if sign > 0:
                steep += coef if x <= at[0] else _NONE
            else:
                steep -= coef if x > at[0] else _NONE
            turns[x] = turns.get(x, _NONE) + coef

        values = [value]
        for before, x in pairwise(at):
            value += steep * (x - before)
            steep += turns.get(x, _NONE)
            values.append(value)

        return values

    @property
    def key(self) -> object:
        """What equal curves have in common."""
        hinges = frozenset((hinge, coef) for hinge, coef in self.hinges.items() if coef)
        return (self.place, self.slope, hinges)


@dataclass(frozen=True)
class CategoryValues:
    """A number for every category."""

    block: CategorySpan
    values: tuple[Fraction, ...]

    def add(self, other: "CategoryValues") -> "CategoryValues":
        """The sum, category by category."""
        pairs = zip(self.values, other.values, strict=True)
        return CategoryValues(self.block, tuple(a + b for a, b in pairs))

    def scale(self, factor: Fraction) -> "CategoryValues":
        """So many times the values."""
        return CategoryValues(self.block, tuple(factor * value for value in self.values))

    @cached_property
    def reach(self) -> Interval:
        """The smallest and the largest value."""
        return Interval(min(self.values), max(self.values))

    @property
    def key(self) -> object:
        """What equal values have in common."""
        return (self.block.places, self.values)


PartForm = RealCurve | CategoryValues


@dataclass(frozen=True)
class RealForm:
    """constant + the columns' parts + the sum of coef * max(0, form), of forms that read several
    columns.

    parts: by first place; beyond: (form's key) -> (form, coef).
    """

    constant: Fraction
    parts: Mapping[int, PartForm] = field(default_factory=dict)
    beyond: Mapping[object, tuple["RealForm", Fraction]] = field(default_factory=dict)

    def add(self, other: "RealForm") -> "RealForm":
        """The sum."""
        parts = dict(self.parts)
        for place, part in other.parts.items():
            own = parts.get(place)
            parts[place] = part if own is None else own.add(part)  # type: ignore[arg-type]

        beyond = dict(self.beyond)
        for key, (form, coef) in other.beyond.items():
            beyond[key] = (form, coef + (beyond[key][1] if key in beyond else _NONE))

        return RealForm(self.constant + other.constant, parts, beyond)

    def scale(self, factor: Fraction) -> "RealForm":
        """So many times the form."""
        return RealForm(
            factor * self.constant,
            {place: part.scale(factor) for place, part in self.parts.items()},
            {key: (form, factor * coef) for key, (form, coef) in self.beyond.items()},
        )

    def subtract(self, other: "RealForm") -> "RealForm":
        """The difference."""
        return self.add(other.scale(Fraction(-1)))

    @cached_property
    def key(self) -> object:
        """What equal forms have in common."""
        parts = frozenset(part.key for part in self.parts.values() if not _is_zero(part))
        beyond = frozenset((key, coef) for key, (_, coef) in self.beyond.items() if coef)

        return (self.constant, parts, beyond)

    @cached_property
    def is_constant(self) -> bool:
        """Whether it reads nothing."""
        return all(map(_is_zero, self.parts.values())) and not any(
            coef for _, coef in self.beyond.values()
        )

    def list_weights(self, count: int) -> tuple[list[float], Fraction]:
        """What every coordinate is multiplied with, and the constant, of an affine form whose
        numbers are floats; UnreadableError for others.
        """
        weights = [_NONE] * count
        bent = any(coef for _, coef in self.beyond.values())
        for part in self.parts.values():
            if isinstance(part, CategoryValues):
                for place, value in zip(part.block.places, part.values, strict=True):
                    weights[place] = value
            else:
                weights[part.place] = part.slope
                bent = bent or any(part.hinges.values())

        floats = [float(weight) for weight in weights]
        if bent or any(map(ne, weights, floats)):
            raise UnreadableError("a test of something that isn't affine, or no floats")

        return floats, self.constant

    def take_positive(self) -> "RealForm":
        """Max(0, form): of one column where it is affine or reads categories, else a term of its
        own.
        """
        parts = [part for part in self.parts.values() if not _is_zero(part)]
        bent = any(coef for _, coef in self.beyond.values())
        if not parts and not bent:
            return RealForm(max(_NONE, self.constant))
        if len(parts) == 1 and not bent:
            (part,) = parts
            if isinstance(part, CategoryValues):
                positive = tuple(max(_NONE, self.constant + value) for value in part.values)
                return RealForm(_NONE, {part.block.places[0]: CategoryValues(part.block, positive)})
            if not any(part.hinges.values()):
                return self._bend(part)

        scale = self._scale_of_terms(parts)
        one = self.scale(1 / scale)

        return RealForm(_NONE, {}, {one.key: (one, scale)})

    def _bend(self, part: RealCurve) -> "RealForm":
        """Max(0, slope * x + constant)."""
        size, sign = abs(part.slope), 1 if part.slope > 0 else -1
        knot = -self.constant / size
        curve = RealCurve(part.place, _NONE, {(sign, knot): size})

        return RealForm(_NONE, {part.place: curve})

    def _scale_of_terms(self, parts: list[PartForm]) -> Fraction:
        """A positive number by which forms that are multiples of each other become the same."""
        first = min(parts, key=_order_part) if parts else None
        if isinstance(first, RealCurve) and first.slope:
            return abs(first.slope)
        if isinstance(first, CategoryValues):
            return max(abs(value) for value in first.values)
        return Fraction(1)


def _order_part(part: PartForm) -> int:
    return part.place if isinstance(part, RealCurve) else part.block.places[0]


def _is_zero(part: PartForm) -> bool:
    if isinstance(part, CategoryValues):
        return not any(part.values)
    return not part.slope and not any(part.hinges.values())


def _add_terms(
    one: Mapping[tuple[int, Fraction], Fraction], other: Mapping[tuple[int, Fraction], Fraction]
) -> Mapping[tuple[int, Fraction], Fraction]:
    if not other:
        return one
    total = dict(one)
    for key, coef in other.items():
        total[key] = total.get(key, _NONE) + coef

    return total
