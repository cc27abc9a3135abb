"""Core of additive rules: neurons that are fixed, lines, points or in groups; their bounds."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from relurules.checker.expressions import Expression, read_lines, take_sizes
from relurules.checker.forms import round_up
from relurules.checker.json_values import RefusedError, read_number, read_pairs, shorten_text
from relurules.checker.model_units import (
    UNIT,
    Sparse,
    Unit,
    add_terms,
    build_units,
    keep_read_inputs,
)
from relurules.checker.names import find_places, find_turn, name_scores
from relurules.checker.wide_domain import CONSTANT, WideDomain

#: No multipliers.
NO_PAIRS = list[Any]()


class LineProof:
    """The model's neurons, one after the other, told to be fixed, lines, points or in groups; and
    what is left of the scores once the rules are taken off.

    z, phi: of every neuron that was told; kinds: what they were told to be; turn: -1 where the
    rules' score speaks of the other one of two classes. multipliers: those that show the ranges of
    neurons.
    """

    def __init__(
        self,
        rules: Mapping[str, Any],
        model: Mapping[str, Any],
        multipliers: Mapping[int, tuple[Sequence[Any], Sequence[Any]]] | None = None,
    ) -> None:
        self.rules, self.domain = rules, WideDomain(rules)
        self.multipliers = dict(multipliers or {})
        places = find_places(rules, model)[0]
        self.neurons, self.scores = (
            keep_read_inputs(units, places, model) for units in build_units(model)
        )
        self.turn = Fraction(find_turn(rules, model))
        self.names = name_scores(rules, len(self.scores))
        self.lines = read_lines(rules, self.names, self.domain)
        self.z, self.phi, self.kinds = list[Expression](), list[Expression](), list[Any]()
        self.ranges: dict[int, tuple[Fraction | None, Fraction | None]] = {}

    def express(self, unit: Unit) -> Expression:
        """A unit, by the columns and by neurons of which no more is known."""
        found = Expression(dict(unit.inputs), unit.constant)
        for k, weight in unit.reads.items():
            found.add(self.phi[k], weight)
        if unit.reads:
            found.terms = {j: value for j, value in found.terms.items() if value}
        return found

    def tell(self, kind: Sequence[Any]) -> None:
        """What the next neuron is."""
        k = len(self.kinds)
        z = self.express(self.neurons[k])
        self.z.append(z)
        self.kinds.append(kind)
        name, *rest = kind
        if name == "fixed":
            self.phi.append(self._fix(k, read_number(rest[0]), *rest[1:]))
        elif name == "points":
            self.phi.append(self._fold_points(k))
        elif name in ("line", "group", "unread"):
            if name == "line" and any(j < 0 for j in z.terms):
                raise RefusedError(f"neuron {k} reads others, and is said to be a line")
            self.phi.append(Expression({~k: UNIT}, Fraction(0)))
        else:
            raise RefusedError(f"a neuron of kind {shorten_text(str(name))!r}")

    def _fix(
        self, k: int, slope: Fraction, above: Any = NO_PAIRS, below: Any = NO_PAIRS
    ) -> Expression:
        """phi(z) as slope * z, off by |1 - slope| where z > 0, and by |its own - slope| below."""
        z, worst, bounded = self.z[k], Fraction(0), True
        shares = (abs(1 - slope), abs(self.neurons[k].slope - slope))
        for share, sign, pairs in zip(shares, (1, -1), (above, below), strict=True):
            if share:
                most = self.bound(z, sign, pairs, k)
                bounded &= most is not None
                worst = max(worst, share * (most or 0))

        found = z.times(slope)
        if bounded:
            found.widen({CONSTANT: worst}, Fraction(1))
            return found
        if any(j < 0 for j in z.terms):
            raise RefusedError(f"neuron {k} isn't bounded, and is said to be linear")
        found.widen(take_sizes(z), max(shares))
        return found

    def _fold_points(self, k: int) -> Expression:
        """phi(z) of a neuron that reads the categories of one column alone: a number for each."""
        z, slope = self.z[k], self.neurons[k].slope
        groups = {self.domain.tied.get(j) for j, value in z.terms.items() if value}
        if len(groups) != 1 or None in groups:
            raise RefusedError(f"neuron {k} doesn't read just the categories of one column")

        (group,) = groups
        values = {j: z.constant + z.terms.get(j, Fraction(0)) for j in self.domain.groups[group]}  # type: ignore[index]
        found = Expression(
            {j: value if value >= 0 else slope * value for j, value in values.items()}, Fraction(0)
        )
        found.widen(z.slack, max(Fraction(1), abs(slope)))
        return found

    def bound(
        self, z: Expression, sign: int, pairs: Any = NO_PAIRS, count: int | None = None
    ) -> Fraction | None:
        """What sign * z is at most in the domain, None where nothing is known.

        pairs: numbers of inequalities, and multipliers of them, which may name the first `count`
        neurons; -(3 k + side + 1) is a side of the
        triangle around neuron k's phi(z): beyond z, beyond slope z, or this side of the chord (R.
        Ehlers, "Formal Verification of Piece-Wise Linear Feed-Forward Neural Networks", 2017).
        Neurons that are left are replaced, the last one first, by lines above and below them (H.
        Zhang et al., "Efficient Neural Network Robustness Certification", 2018), or by the ends of
        their ranges, whichever shows more.
        """
        total, walls = Expression({}, sign * z.constant), list[Any]()
        add_terms(total.terms, z.terms, Fraction(sign))
        for row, y in read_pairs(pairs):
            if row >= 0:
                self.domain.find_wall(row)
                walls += [row, y]
                continue
            k, side = divmod(~row, 3)
            if k >= (len(self.z) if count is None else count):
                raise RefusedError(f"a multiplier {y} of a side of neuron {k}, which comes later")
            self._add_side(total, k, side, y)

        found = [self._replace_neurons(total, walls)]
        if any(j < 0 for j in z.terms):
            found.append(self._add_ends(total, walls))
        room, known = self.domain.widest(z.slack), [most for most in found if most is not None]
        return None if room is None or not known else min(known) + room

    def _add_side(self, total: Expression, k: int, side: int, y: float) -> None:
        """Add a multiple of what isn't negative on a side of a neuron's triangle."""
        beyond, weight = self.neurons[k].slope > 1, Fraction(y)
        line = self.relax(k, upper=beyond == (side < 2), share=Fraction(side == 0))
        if line is None:
            raise RefusedError(f"neuron {k} has no chord")

        weight *= 1 if beyond == (side < 2) else -1  # of gain z + offset - phi(z), or its negative
        total.add(self.z[k], weight * line[0])
        total.add(Expression({~k: UNIT}, Fraction(0)), -weight)
        total.constant += abs(weight) * line[1]

    def _replace_neurons(self, given: Expression, walls: Sequence[Any]) -> Fraction | None:
        """What an expression is at most by lines of the neurons that it reads."""
        total = given.times(UNIT)
        while (last := min(total.terms, default=0)) < 0:
            weight, k = total.terms.pop(last), ~last
            if not weight:
                continue
            line = self.relax(k, upper=weight > 0)
            if line is None:
                return None
            total.add(self.z[k], weight * line[0])
            total.constant += abs(weight) * line[1]

        most = self.domain.highest(total.terms, total.constant, walls)
        room = self.domain.widest(total.slack)
        return None if most is None or room is None else most + room

    def _add_ends(self, given: Expression, walls: Sequence[Any]) -> Fraction | None:
        """What an expression is at most by the ends of the neurons that it reads."""
        terms, total = Sparse(), given.constant
        for j, value in given.terms.items():
            if j >= 0:
                terms[j] = value
            elif value:
                end = self._find_end(~j, upper=value > 0)
                if end is None:
                    return None
                total += value * end
        most, room = self.domain.highest(terms, total, walls), self.domain.widest(given.slack)

        return None if most is None or room is None else most + room

    def _find_end(self, k: int, *, upper: bool) -> Fraction | None:
        """What phi(z) is at most, or at least; None where it has no end."""
        slope, (low, high) = self.neurons[k].slope, self._find_range(k)
        if (high is None and upper) or (low is None and slope and upper == (slope < 0)):
            return None
        ends = [z if z >= 0 else slope * z for z in (low, high) if z is not None]
        if (low is None or low < 0) and (high is None or high > 0):
            ends.append(Fraction(0))
        return max(ends) if upper else min(ends)

    def relax(
        self, k: int, *, upper: bool, share: Fraction | None = None
    ) -> tuple[Fraction, Fraction] | None:
        """(gain, offset): phi(z) <= gain z + offset, or >= gain z - offset; None for none."""
        slope, (low, high) = self.neurons[k].slope, self._find_range(k)
        if low is not None and low >= 0:
            return UNIT, Fraction(0)
        if high is not None and high <= 0:
            return slope, Fraction(0)
        if upper != (slope <= 1):  # phi is the larger one of z and slope z, or the smaller
            if share is None:
                share = Fraction(low is None or high is None or high >= -low)
            return slope + share * (1 - slope), Fraction(0)
        if low is not None and high is not None:
            gain = Fraction(float((high - slope * low) / (high - low)))
            ends = (high - gain * high, slope * low - gain * low)
            return gain, max(ends) if upper else -min(ends)
        if low is not None:
            return UNIT, abs(1 - slope) * -low

        return None if high is None else (slope, abs(1 - slope) * high)

    def _find_range(self, k: int) -> tuple[Fraction | None, Fraction | None]:
        """What z is at least and at most."""
        if k not in self.ranges:
            below, above = self.multipliers.get(k, (NO_PAIRS, NO_PAIRS))
            low, high = self.bound(self.z[k], -1, below, k), self.bound(self.z[k], 1, above, k)
            self.ranges[k] = (
                None if low is None else -Fraction(round_up(low)),
                None if high is None else Fraction(round_up(high)),
            )
        return self.ranges[k]


def read_ranges(said: Iterable[Sequence[Any]]) -> dict[int, tuple[list[Any], list[Any]]]:
    """Multipliers that show what neurons are at least and at most: [neuron, below, above]."""
    found = {}
    for k, below, above in said:
        if type(k) is not int or k in found:
            raise RefusedError(f"ranges of neuron {shorten_text(repr(k))}, or two of it")
        found[k] = below, above
    return found


def check_kind(kind: Any, lines: int, groups: int) -> None:
    """RefusedError unless what a neuron is said to be is laid out as it should."""
    if not isinstance(kind, list) or not kind:
        raise RefusedError("what a neuron is said to be is no list")
    name, *rest = kind
    numbers = [value for value in rest if type(value) is int]
    good = {
        "fixed": 1 <= len(rest) <= 3 and all(isinstance(own, list) for own in rest[1:]),
        "points": not rest,
        "unread": not rest,
        "group": numbers == rest and len(rest) == 1 and 0 <= rest[0] < groups,
        "line": numbers == rest and len(rest) == 2 and 0 <= rest[0] < lines and rest[1] in (1, -1),
    }
    if not isinstance(name, str) or not good.get(name, False):
        raise RefusedError(f"a neuron is said to be {shorten_text(repr(kind))}")
