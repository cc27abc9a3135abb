"""Core of additive rules: affine functions with a slack, and the lines of rules."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from relurules.checker.forms import DomainSpace
from relurules.checker.json_values import RefusedError, read_number
from relurules.checker.model_units import UNIT, Sparse, add_terms
from relurules.checker.wide_domain import CONSTANT, WideDomain


class Expression:
    """An affine function of columns, as j, and of what neurons give, as ~k; off by no more than the
    sum of slack[j] |x_j|, and slack[CONSTANT].
    """

    def __init__(self, terms: Sparse, constant: Fraction) -> None:
        self.terms, self.constant, self.slack = terms, constant, Sparse()

    def add(self, other: "Expression", weight: Fraction) -> None:
        """Add a multiple of another one."""
        if other.constant:
            self.constant += weight * other.constant
        add_terms(self.terms, other.terms, weight)
        self.widen(other.slack, abs(weight))

    def widen(self, slack: Sparse, weight: Fraction) -> None:
        """Be off by so much more."""
        add_terms(self.slack, slack, weight)

    def times(self, weight: Fraction) -> "Expression":
        """A multiple of it."""
        found = Expression({}, Fraction(0))
        found.add(self, weight)
        return found


class ExactLine(NamedTuple):
    """IF terms x > above THEN every score rises by a slope times the excess."""

    terms: Sparse
    above: Fraction
    slopes: tuple[Fraction, ...]


def read_lines(
    rules: Mapping[str, Any], names: Sequence[str], domain: WideDomain | DomainSpace
) -> list[ExactLine]:
    """The lines of additive rules."""
    found = []
    for line in rules["lines"]:
        if set(line["slopes"]) != set(names):
            raise RefusedError(f"a line's scores aren't {', '.join(map(repr, names))}")
        slopes = tuple(read_number(line["slopes"][name]) for name in names)
        above = read_number(line["above"])
        found.append(ExactLine(domain.named(line["coefficients"]), above, slopes))
    return found


def take_sizes(z: Expression) -> Sparse:
    """What an expression is at most, as a slack."""
    found = {j: abs(value) for j, value in z.terms.items()}
    found[CONSTANT] = abs(z.constant)
    add_terms(found, z.slack, UNIT)
    return found
