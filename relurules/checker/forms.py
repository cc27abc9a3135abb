"""Core: the domain's coordinates, and affine functions of them in fixed point with a radius."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from operator import mul
from typing import Any, NamedTuple

from relurules.checker.groups import (
    find_indicator_groups,
    find_possible_members,
    read_coefficients,
)
from relurules.checker.json_values import RefusedError, read_number
from relurules.checker.model_units import Sparse, Unit

#: Digits of a form behind the point, and of multipliers; further ones of logarithms.
BITS, FINE, GUARD = 192, 64, 32
ONE = 1 << BITS
#: Rows of a table may exceed an inequality of the domain by this share of its terms (1e-12, and
#: the rounding of its sum in float64), so that much more of the domain is proven of.
MEMBERSHIP_SLACK = Fraction(9, 8 * 10**12)
Form = list[int]
Row = list[int]


class DomainSpace:
    """The domain's box and one-hot groups. columns: those that may move; groups: their members'
    places among them.
    """

    def __init__(self, rules: Mapping[str, Any]) -> None:
        names = [feature["name"] for feature in rules["features"]]
        bounds = [(feature["lower"], feature["upper"]) for feature in rules["features"]]
        if any(bound is None for pair in bounds for bound in pair):
            raise RefusedError(
                f"column {names[[None in pair for pair in bounds].index(True)]!r} has no bounds"
            )

        low, high = ([read_number(pair[side]) for pair in bounds] for side in (0, 1))
        if any(a > b for a, b in zip(low, high, strict=True)) or len(set(names)) < len(names):
            raise RefusedError("bounds are crossed, or two columns have one name")

        groups = find_indicator_groups(rules)
        tied = {j for group in groups for j in group}
        plain = [j for j in range(len(names)) if j not in tied and low[j] < high[j]]
        self.names = {name: j for j, name in enumerate(names)}
        self.plain, self.columns = len(plain), [*plain, *(j for group in groups for j in group)]
        self.size = len(self.columns)
        place = {j: i for i, j in enumerate(self.columns)}
        self.groups = [[place[j] for j in group] for group in groups]
        allowed = find_possible_members(groups, low, high)
        self.allowed = tuple(tuple(place[j] for j in group) for group in allowed)
        self.middle = [
            Fraction(0) if j in tied else (low[j] + high[j]) / 2 for j in range(len(names))
        ]
        self.half = [
            Fraction(1) if j in tied else (high[j] - low[j]) / 2 for j in range(len(names))
        ]
        self.low, self.high = low, high

    def named(self, coefficients: Mapping[str, Any]) -> Sparse:
        """Coefficients by column number."""
        return read_coefficients(coefficients, self.names)

    def reach(self, coefficients: Sparse) -> Fraction:
        """The largest sum of absolute terms over the box."""
        sizes = (
            abs(value) * max(abs(self.low[j]), abs(self.high[j]))
            for j, value in coefficients.items()
        )
        return sum(sizes, Fraction(0))

    def form(self, coefficients: Sparse, constant: Fraction) -> Form:
        """A form of the columns in the coordinates u."""
        total = constant + sum(value * self.middle[j] for j, value in coefficients.items())
        exact = [coefficients.get(j, Fraction(0)) * self.half[j] for j in self.columns]
        rounded = [value.numerator * ONE // value.denominator for value in (*exact, total)]
        return [*rounded, sum(ONE % value.denominator != 0 for value in (*exact, total))]

    def highest(self, total: Sequence[int], allowed: Sequence[Sequence[int]]) -> int:
        """The largest value of coefficients and a constant over the box; of each group, the best
        member counts.
        """
        plain = self.plain
        value = sum(map(abs, total[:plain])) + total[self.size]
        for group in allowed:
            value += max(total[j] for j in group)
        return value


def make_row(form: Form, sign: int) -> Row:
    """What isn't negative where sign * the true function isn't."""
    *terms, constant, radius = form
    return [*(sign * value for value in terms), sign * constant + radius]


class UnitForm(NamedTuple):
    """A unit in forms: own form of the inputs; reads: neurons and integer weights, over a
    denominator.
    """

    own: Form
    reads: tuple[int, ...]
    weights: tuple[int, ...]
    over: int
    slope: Fraction


def express_unit(unit: Unit, space: DomainSpace) -> UnitForm:
    """The unit in the coordinates of the space."""
    over = math.lcm(*(value.denominator for value in unit.reads.values()))
    weights = tuple(int(value * over) for value in unit.reads.values())
    return UnitForm(
        space.form(unit.inputs, unit.constant), tuple(unit.reads), weights, over, unit.slope
    )


def evaluate_unit(unit: UnitForm, active: Sequence[Form | None]) -> Form:
    """A unit's form where those of the neurons that it reads are `active`; an empty one is 0."""
    found = [(weight, active[k]) for k, weight in zip(unit.reads, unit.weights, strict=True)]
    if any(form is None for _, form in found):
        raise RefusedError("a neuron is read whose sign isn't told")

    kept = [(weight, form) for weight, form in found if form]
    if not kept:
        return unit.own

    weights, forms = [weight for weight, _ in kept], [form for _, form in kept]
    *columns, radii = zip(*forms, strict=True)
    sums = [sum(map(mul, weights, column)) for column in columns]
    total = [own + value // unit.over for own, value in zip(unit.own, sums, strict=False)]
    radius = -(-sum(map(mul, map(abs, weights), radii)) // unit.over)
    rounded = sum(value % unit.over != 0 for value in sums)

    return [*total, unit.own[-1] + radius + rounded]


def apply_prelu(form: Form, slope: Fraction, side: int, beyond: int) -> Form:
    """PReLU of a form that lies on one side of 0, or beyond by so much."""
    spill = -(-abs(slope.denominator - slope.numerator) * beyond // slope.denominator)
    if side > 0:
        return [*form[:-1], form[-1] + spill]
    if not slope:
        return [*[0] * (len(form) - 1), spill] if spill else []
    exact = [slope.numerator * value for value in form[:-1]]
    scaled = [value // slope.denominator for value in exact]
    rounded = sum(value % slope.denominator != 0 for value in exact)
    radius = -(-abs(slope.numerator) * form[-1] // slope.denominator)
    return [*scaled, radius + rounded + spill]


def take_share(form: Form, share: int, least: int, most: int) -> Form:
    """A share of a form, in units of 2**-FINE, plus what is between `least` and `most`, in units of
    2**-FINE / ONE.
    """
    exact = [share * value for value in form[:-1]]
    scaled = [value >> FINE for value in exact]
    rounded = sum(value % (1 << FINE) != 0 for value in exact)

    middle, rest = divmod(least + most, 2 << FINE)
    scaled[-1] += middle
    half = -(-(most - least) // (2 << FINE)) + (rest != 0)

    return [*scaled, -(-share * form[-1] >> FINE) + rounded + half]


def join_weights(unit: UnitForm, beside: Mapping[int, int]) -> UnitForm:
    """A unit whose neurons are told as the change from another one, `beside`: that one counts
    with their weights too.
    """
    weights = dict(zip(unit.reads, unit.weights, strict=True))
    for k, other in beside.items():
        if k in weights:
            weights[other] = weights.get(other, 0) + weights[k]

    kept = {k: weight for k, weight in weights.items() if weight}
    return unit._replace(reads=tuple(kept), weights=tuple(kept.values()))


def round_up(value: Fraction) -> float:
    """The least float64 that isn't below."""
    near = float(value)
    found = near if Fraction(near) >= value else math.nextafter(near, math.inf)
    if math.isinf(found):
        raise RefusedError("a bound is larger than any float64")
    return found
