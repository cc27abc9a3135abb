"""Rules of which one applies: the ends of a text, the tests that lead there, and the rule that each
end is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relurules.ir import RuleSet
from relurules.rounding.analysis import ErrorAnalysis, RowInputs
from relurules.rounding.expression import (
    Branch,
    Comparison,
    Expression,
    Junction,
    Program,
    Test,
    UnreadableError,
)
from relurules.rounding.rule_forms import make_affine_form

_OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True)
class PassedTest:
    """A comparison that holds on the way to an end.

    key: of what is at least 0, or below 0; error: how far the computed difference may be from it.
    """

    key: object
    error: Fraction


@dataclass(frozen=True)
class RuleEnd:
    """An end of a text; rule: its index; errors: of its scores; tests: condition -> how far a row
    may be beyond it, by rounding.
    """

    rule: int
    errors: tuple[Fraction, ...]
    tests: Mapping[object, Fraction]


class RuleEnds:
    """Finds the rule of every end; UnreadableError where an end is none, or its tests aren't
    those of the rule.
    """

    def __init__(self, rules: RuleSet, inputs: RowInputs, analysis: ErrorAnalysis) -> None:
        self._analysis, self._inputs, self._rules = analysis, inputs, rules
        self._by_maps = dict[object, list[int]]()
        for i, rule in enumerate(rules):
            forms = [
                make_affine_form(inputs, weights, constant)
                for weights, constant in zip(rule.map.weights, rule.map.constants, strict=True)
            ]
            self._by_maps.setdefault(tuple(form.key for form in forms), []).append(i)
        self._conditions = [self._list_conditions(i) for i in range(len(rules))]
        self._tests = dict[tuple[int, bool], PassedTest]()

    def find(self, program: Program, count: int) -> Iterator[RuleEnd]:
        """Every end that has scores. count: of the scores."""
        stack: list[tuple[Program, tuple[object, ...]]] = [(program, ())]
        while stack:
            one, path = stack.pop()
            if isinstance(one, Branch):
                stack.append((one.otherwise, (path, one.test, False)))
                stack.append((one.then, (path, one.test, True)))
            elif one.scores is not None:
                yield self._match(one.scores[-count:], self._collect(path))

    def _list_conditions(self, rule: int) -> list[object]:
        found = list[object]()
        for condition in self._rules.rules[rule].conditions:
            space = condition.half_space
            form = make_affine_form(self._inputs, space.normal, -space.bound)
            found.append((form.key, condition.holds))
        return found

    def _collect(self, path: tuple[object, ...]) -> dict[object, Fraction]:
        found = dict[object, Fraction]()
        while path:
            path, test, taken = path  # type: ignore[assignment]
            for passed in self._list_passed(test, bool(taken)):  # type: ignore[arg-type]
                found[passed.key] = max(passed.error, found.get(passed.key, Fraction(0)))
        return found

    def _list_passed(self, test: Test, taken: bool) -> Iterator[PassedTest]:
        """What surely holds; nothing where one of several tests may have failed."""
        if isinstance(test, Junction):
            if test.sign == "not":
                yield from self._list_passed(test.tests[0], not taken)
            elif (test.sign == "and") == taken:
                for each in test.tests:
                    yield from self._list_passed(each, taken)
        elif isinstance(test, Comparison) and test.sign in _OPPOSITES:
            known = self._tests.get((id(test), taken))
            if known is None:
                known = self._tests[id(test), taken] = self._analyse_test(test, taken)
            yield known

    def _analyse_test(self, test: Comparison, taken: bool) -> PassedTest:
        sign = test.sign if taken else _OPPOSITES[test.sign]
        left, right = self._analysis.analyse(test.left), self._analysis.analyse(test.right)
        above = left.form.subtract(right.form)
        if sign in (">", "<="):
            above = above.scale(Fraction(-1))
        return PassedTest((above.key, sign in (">=", "<=")), left.error + right.error)

    def _match(self, scores: tuple[Expression, ...], tests: Mapping[object, Fraction]) -> RuleEnd:
        values = [self._analysis.analyse(score) for score in scores]
        fitting = self._by_maps.get(tuple(value.form.key for value in values), [])
        for rule in fitting:
            conditions = self._conditions[rule]
            if all(condition in tests for condition in conditions):
                errors = tuple(value.error for value in values)
                return RuleEnd(rule, errors, {key: tests[key] for key in conditions})
        raise UnreadableError(
            "an end of the text is no rule's" if not fitting else "the tests aren't a rule's own"
        )


def measure_slack(inputs: RowInputs, rules: RuleSet, end: RuleEnd) -> Fraction:
    """The share of the way to the rule's inner point after which a row that rounding has let pass
    meets all conditions.

    A row that misses a condition by e meets it at the share e / (e + s) of the way to a point that
    keeps it by s.
    """
    rule, share = rules.rules[end.rule], Fraction(0)
    point = [Fraction(float(x)) for x in rule.point]
    for condition in rule.conditions:
        space = condition.half_space
        form = make_affine_form(inputs, space.normal, -space.bound)
        error = end.tests[form.key, condition.holds]
        if not error:
            continue
        told = [Fraction(float(a)) * x for a, x in zip(space.normal, point, strict=True) if a]
        slack = sum(told, start=-Fraction(float(space.bound)))
        slack = slack if condition.holds else -slack
        if slack <= 0:
            raise UnreadableError(f"rule {rule.number} has no point strictly inside")
        share = max(share, error / (error + slack))
    return share


def bound_crossing(rules: RuleSet, inputs: RowInputs, end: RuleEnd, score: int) -> Fraction:
    """How far the rule's score may be from the network's on rows just beyond its conditions, over
    the bound of the rules themselves.

    On the way to the point that meets all conditions, the rule's map and the network, which is
    continuous, change by their slopes at most.
    """
    share = measure_slack(inputs, rules, end)
    if not share:
        return Fraction(0)
    if rules.is_own_model:
        raise UnreadableError("a sum of columns is tested, and the model jumps there")
    if rules.domain.groups:
        raise UnreadableError("a sum of columns is tested, beside columns of categories")
    widths = [
        Fraction(float(high)) - Fraction(float(low))
        for low, high in zip(rules.domain.lower, rules.domain.upper, strict=True)
    ]
    weights = rules.rules[end.rule].map.weights[score]
    own = sum(
        (abs(Fraction(float(w))) * width for w, width in zip(weights, widths, strict=True) if w),
        start=Fraction(0),
    )
    return share * (own + _bound_change(rules, score))


def _bound_change(rules: RuleSet, score: int) -> Fraction:
    """How much the network's score can change over the whole box: by absolute slopes, rounded
    up.
    """
    network = rules.traced or rules.network
    widths = rules.domain.upper - rules.domain.lower
    steep = np.maximum(1.0, np.abs(network.slope))
    moved = np.abs(network.A) @ widths
    for level in network.levels:
        moved[level] += np.abs(network.L[level]) @ (steep * moved)
    total = np.abs(network.C[score]) @ widths + np.abs(network.U[score]) @ (steep * moved)
    return Fraction(float(total * (1.0 + 1e-6)))  # sums of at most 1e9 terms, each rounded
