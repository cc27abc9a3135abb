"""RuleSet -> sympy: every output as a Piecewise of the coordinates, to be printed, differentiated
or proven about.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.links.heads import Head
from relurules.links.table import LINKS

if TYPE_CHECKING:
    from relurules.ir.network import Array
    from relurules.ir.ruleset import Condition, RuleSet

#: A sympy expression: sympy is imported when it is asked for.
Expression = Any


def to_sympy(rules: "RuleSet", *, exact: bool, domain: bool) -> dict[str, Expression]:
    """Output -> Piecewise; see `RuleSet.to_sympy`."""
    import sympy

    number = _to_rational if exact else sympy.Float
    symbols = [sympy.Symbol(name, real=True) for name in rules.features]
    tests = [_build_conditions(rule.conditions, symbols, number) for rule in rules]
    maps = [
        [
            _build_affine(*row, symbols, number)
            for row in zip(rule.map.weights, rule.map.constants.tolist(), strict=True)
        ]
        for rule in rules
    ]
    outside = [(sympy.nan, sympy.Not(_build_domain(rules, symbols, number)))] if domain else []
    last = [(sympy.nan, sympy.true)] if len(rules) > 1 or rules.rules[0].conditions else []
    found = {}

    for output, head in zip(rules.outputs, rules.heads, strict=True):
        values = [_apply_link(head, scores) for scores in maps]
        pieces = [*outside, *zip(values, tests, strict=True), *last]
        found[output] = sympy.Piecewise(*pieces, evaluate=False)

    return found


def _to_rational(value: float) -> Expression:
    """The rational number that a float64 is."""
    import sympy

    ratio = Fraction(value)
    return sympy.Rational(ratio.numerator, ratio.denominator)


def _build_affine(
    weights: "Array", constant: float, symbols: Sequence[Any], number: Callable[[float], Any]
) -> Expression:
    import sympy

    terms = [
        symbols[j] if weights[j] == 1 else number(float(weights[j])) * symbols[j]
        for j in np.flatnonzero(weights).tolist()
    ]
    return sympy.Add(*[number(constant)] * (constant != 0), *terms)


def _build_conditions(
    conditions: Sequence["Condition"], symbols: Sequence[Any], number: Callable[[float], Any]
) -> Expression:
    """All conditions, each as the code of every language tests it: sum >= bound, or sum < bound."""
    import sympy

    parts = []
    for condition in conditions:
        left = _build_affine(condition.half_space.normal, 0.0, symbols, number)
        relation = sympy.Ge if condition.holds else sympy.Lt
        parts.append(relation(left, number(condition.half_space.bound), evaluate=False))
    return sympy.And(*parts, evaluate=False) if parts else sympy.true


def _build_domain(
    rules: "RuleSet", symbols: Sequence[Any], number: Callable[[float], Any]
) -> Expression:
    """Bounds, inequalities and one-hot groups of the domain."""
    import sympy

    domain, parts = rules.domain, []
    for symbol, low, high in zip(
        symbols, domain.lower.tolist(), domain.upper.tolist(), strict=True
    ):
        parts += [sympy.Ge(symbol, number(low), evaluate=False)] if np.isfinite(low) else []
        parts += [sympy.Le(symbol, number(high), evaluate=False)] if np.isfinite(high) else []

    for row, limit in zip(domain.normals, domain.limits.tolist(), strict=True):
        parts.append(
            sympy.Le(_build_affine(row, 0.0, symbols, number), number(limit), evaluate=False)
        )

    for group in domain.groups:
        parts += [sympy.Or(sympy.Eq(symbols[j], 0), sympy.Eq(symbols[j], 1)) for j in group]
        parts.append(sympy.Eq(sympy.Add(*(symbols[j] for j in group)), 1))

    return sympy.And(*parts) if parts else sympy.true


def _apply_link(head: Head, scores: Sequence[Expression]) -> Expression:
    return LINKS[head.link].symbol([scores[i] for i in head.scores], head.component)
