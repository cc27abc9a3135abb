"""Core of additive rules: what is left of scores once the lines are taken off."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from relurules.checker.expressions import ExactLine, Expression, take_sizes
from relurules.checker.json_values import RefusedError, read_number
from relurules.checker.model_units import Sparse, add_terms
from relurules.checker.neuron_kinds import LineProof
from relurules.checker.wide_domain import CONSTANT, WideDomain


class LineGap(NamedTuple):
    """What is left of one score. rest: of the columns; hinges: by the number of the line; groups:
    what every group's neurons weigh; weights: those of neurons that are lines; base: of the rules.
    """

    rest: Expression
    hinges: list[Fraction]
    groups: dict[int, dict[int, Fraction]]
    weights: dict[int, Fraction]
    base: Expression


class LineChecker:
    """Compares scores with lines, as algebra. virtual: neurons that are no line of the rules, to
    which others are compared, as their kinds cancel out.
    """

    def __init__(self, proof: LineProof, virtual: Sequence[int]) -> None:
        self.proof = proof
        none = tuple(Fraction(0) for _ in proof.scores)
        if any(type(k) is not int or not 0 <= k < len(proof.z) for k in virtual):
            raise RefusedError("a neuron that others are compared with isn't there")
        given = [proof.z[k] for k in virtual]
        if any(j < 0 for z in given for j in z.terms):
            raise RefusedError("a neuron that reads others is said to be a line")
        self.lines = [*proof.lines, *(ExactLine(z.terms, -z.constant, none) for z in given)]
        self.matches: dict[int, tuple[Fraction, Sparse]] = {}

    def compare(self, i: int, shifts: Mapping[int, Expression]) -> LineGap:
        """What is left of score i; shifts: what groups are said to add beside their rules."""
        proof, own = self.proof, self.proof.rules["base"]
        if set(own) != set(proof.names):
            raise RefusedError(f"the base's scores aren't {', '.join(map(repr, proof.names))}")
        said = own[proof.names[i]]
        base = Expression(proof.domain.named(said["coefficients"]), read_number(said["constant"]))

        whole = proof.express(proof.scores[i]).times(proof.turn)
        neurons = {~j: whole.terms.pop(j) for j in [j for j in whole.terms if j < 0]}
        whole.add(base, Fraction(-1))
        gap = LineGap(whole, [-line.slopes[i] for line in self.lines], {}, {}, base)
        for shift in shifts.values():
            whole.add(shift, Fraction(1))
        for k, weight in neurons.items():
            if weight:
                self._add_neuron(gap, k, weight)
        return gap

    def measure(self, i: int, gap: LineGap) -> Sparse:
        """The absolute terms of score i, of rules and model together."""
        total = take_sizes(gap.base)
        for line in self.lines:
            add_terms(total, take_sizes(Expression(line.terms, line.above)), abs(line.slopes[i]))
        for k, weight in gap.weights.items():
            add_terms(total, take_sizes(self.proof.z[k]), abs(weight))
        return total

    def _add_neuron(self, gap: LineGap, k: int, weight: Fraction) -> None:
        proof, (name, *rest) = self.proof, self.proof.kinds[k]
        if name == "group":
            gap.groups.setdefault(rest[0], {})[k] = weight
            return
        if name != "line":
            raise RefusedError(f"neuron {k} is read, and nothing is told of it")

        number, side = rest
        z, slope = proof.z[k], proof.neurons[k].slope
        ratio, slack = self._match(k, number, side)
        if slope or side < 0:
            gap.rest.add(z, weight * slope if side > 0 else weight)
        gap.rest.widen(slack, abs(weight * (1 - slope)))
        gap.hinges[number] += weight * (1 - slope) * ratio
        gap.weights[k] = weight

    def _match(self, k: int, number: int, side: int) -> tuple[Fraction, Sparse]:
        """The ratio of side * z to a line, and by what the two are apart."""
        if k in self.matches:
            return self.matches[k]
        z, line = self.proof.z[k], self.lines[number]
        lead = max(line.terms, key=lambda j: (abs(line.terms[j]), -j), default=None)
        if lead is None or not line.terms[lead]:
            raise RefusedError(f"line {number + 1} reads no column")
        ratio = side * z.terms.get(lead, Fraction(0)) / line.terms[lead]
        if ratio <= 0:
            raise RefusedError(f"neuron {k} doesn't rise with line {number + 1}")

        off = z.times(Fraction(side))
        off.add(Expression(line.terms, -line.above), -ratio)
        off.terms = {j: value for j, value in off.terms.items() if value}
        self.matches[k] = ratio, self._measure(off)
        return self.matches[k]

    def _measure(self, off: Expression) -> Sparse:
        """What an expression of columns is at most, as one number where it is bounded."""
        if not off.constant and not off.terms:
            return off.slack
        most = self.proof.domain.largest(off.terms, off.constant)
        if most is None:
            return take_sizes(off)
        return {**off.slack, CONSTANT: off.slack.get(CONSTANT, Fraction(0)) + most}

    def bound(self, gap: LineGap) -> Fraction | None:
        """What is left at most, groups aside; None where that has no end."""
        domain, rest = self.proof.domain, gap.rest
        most, room = domain.largest(rest.terms, rest.constant), domain.widest(rest.slack)
        if most is None or room is None:
            return None
        total = most + room
        for line, slope in zip(self.lines, gap.hinges, strict=True):
            if slope:
                excess = domain.highest(line.terms, -line.above)
                if excess is None:
                    return None
                total += abs(slope) * max(Fraction(0), excess)

        return total

    def relate(self, i: int, gap: LineGap) -> Fraction | None:
        """The same as a share of the absolute terms, wherever the columns are; None for none."""
        rest = gap.rest
        off = take_sizes(_center_groups(rest, self.proof.domain))
        for line, slope in zip(self.lines, gap.hinges, strict=True):
            if slope:
                add_terms(off, take_sizes(Expression(line.terms, line.above)), abs(slope))

        least = self.measure(i, gap)
        for group in self.proof.domain.allowed:
            off[CONSTANT] += max(off.get(j, Fraction(0)) for j in group)
            least[CONSTANT] += min(least.get(j, Fraction(0)) for j in group)
        shares = [Fraction(0)]
        for j, value in off.items():
            if value and j not in self.proof.domain.tied:
                if not least.get(j):
                    return None
                shares.append(value / least[j])
        return max(shares)


def _center_groups(rest: Expression, domain: WideDomain) -> Expression:
    """The same function, as exactly one of each group is 1, with the first member's number in the
    constant.
    """
    found = rest.times(Fraction(1))
    for group in domain.allowed:
        first = found.terms.get(group[0], Fraction(0))
        found.constant += first
        for j in group:
            found.terms[j] = found.terms.get(j, Fraction(0)) - first
    return found
