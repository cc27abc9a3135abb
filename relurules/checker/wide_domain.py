"""The domain of additive rules, whose sides may be open, in exact rationals."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from relurules.checker.forms import MEMBERSHIP_SLACK
from relurules.checker.groups import (
    find_indicator_groups,
    find_possible_members,
    read_coefficients,
    read_constraints,
)
from relurules.checker.json_values import (
    RefusedError,
    read_number,
    read_numbers,
    read_pairs,
)
from relurules.checker.model_units import Sparse

#: In what a sum may be off by, the place of the constant; columns are numbered from 0.
CONSTANT = -1


class WideDomain:
    """The domain's box, whose sides may be open, its one-hot groups, and its inequalities.

    low, high: None where open; allowed: of every group the members that may be 1; walls: terms and
    the most that they may sum up to.
    """

    def __init__(self, rules: Mapping[str, Any]) -> None:
        names = [feature["name"] for feature in rules["features"]]
        self.names = {name: j for j, name in enumerate(names)}
        self.low, self.high = (
            [None if f[side] is None else read_number(f[side]) for f in rules["features"]]
            for side in ("lower", "upper")
        )
        pairs = zip(self.low, self.high, strict=True)
        crossed = any(a is not None and b is not None and a > b for a, b in pairs)
        if crossed or len(self.names) < len(names):
            raise RefusedError("bounds are crossed, or two columns have one name")

        self.groups = find_indicator_groups(rules)
        self.tied = {j: g for g, group in enumerate(self.groups) for j in group}
        self.allowed = find_possible_members(self.groups, self.low, self.high)
        if not all(self.allowed):
            raise RefusedError("of a group no member may be 1, so the domain is empty")

        self.limits = read_constraints(rules, self.names)

    def named(self, coefficients: Mapping[str, Any]) -> Sparse:
        """Coefficients by column number."""
        return read_coefficients(coefficients, self.names)

    def highest(
        self, terms: Sparse, constant: Fraction, pairs: Sequence[Any] = ()
    ) -> Fraction | None:
        """What an affine function of the columns is at most, None where it grows without end.

        pairs: numbers of inequalities, and multipliers of them.
        """
        if pairs:
            terms, constant = self._add_walls(terms, constant, pairs)
        for j, value in terms.items():
            if not value or j in self.tied:
                continue
            side = self.high[j] if value > 0 else self.low[j]
            if side is None:
                return None
            constant += value * side

        for group in self.allowed:
            constant += max(terms.get(j, Fraction(0)) for j in group)
        return constant

    def largest(self, terms: Sparse, constant: Fraction) -> Fraction | None:
        """What an affine function of the columns, or its negative, is at most; None without end."""
        high = self.highest(terms, constant)
        low = self.highest({j: -value for j, value in terms.items()}, -constant)
        return None if high is None or low is None else max(high, low)

    def _add_walls(
        self, terms: Sparse, constant: Fraction, pairs: Sequence[Any]
    ) -> tuple[Sparse, Fraction]:
        terms = dict(terms)
        for row, y in read_pairs(pairs):
            wall, most = self.find_wall(row)
            weight = Fraction(y)
            constant += weight * most
            for j, value in wall.items():
                terms[j] = terms.get(j, Fraction(0)) - weight * value

        return terms, constant

    def find_wall(self, row: int) -> tuple[Sparse, Fraction]:
        """An inequality, as wide as membership forgives."""
        if row >= len(self.limits):
            raise RefusedError(f"a multiplier of row {row}, of {len(self.limits)} rows")
        wall, most = self.limits[row]
        reach = self.widest({j: abs(value) for j, value in wall.items()})
        if reach is None:
            raise RefusedError("an inequality over an open column shows nothing")
        return wall, most + MEMBERSHIP_SLACK * (abs(most) + reach)

    def widest(self, slack: Sparse) -> Fraction | None:
        """What the sum of slack[j] |x_j|, and of slack[CONSTANT], is at most."""
        total = slack.get(CONSTANT, Fraction(0))
        for j, value in slack.items():
            if j < 0 or not value or j in self.tied:
                continue
            low, high = self.low[j], self.high[j]
            if low is None or high is None:
                return None
            total += value * max(abs(low), abs(high))
        for group in self.allowed:
            total += max(slack.get(j, Fraction(0)) for j in group)

        return total

    def check_point(self, point: Sequence[Any]) -> None:
        """RefusedError unless a point is in the domain, which might be empty otherwise."""
        x = [Fraction(value) for value in read_numbers(point)]
        inside = len(x) == len(self.names)
        for value, low, high in zip(x, self.low, self.high, strict=False):
            inside &= (low is None or low <= value) and (high is None or value <= high)
        for group in self.groups:
            inside &= sorted(x[j] for j in group) == [*[0] * (len(group) - 1), 1]
        for terms, most in self.limits:
            inside &= sum((value * x[j] for j, value in terms.items()), Fraction(0)) <= most
        if not inside:
            raise RefusedError("its point isn't in the domain, which may be empty")
