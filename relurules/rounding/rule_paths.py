"""Rules of which one applies: the ends of a text, the tests that lead there, and the rule that each
end is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

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
from relurules.rounding.forms import RealForm
from relurules.rounding.rule_forms import make_affine_form

_OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True)
class PassedTest:
    """A comparison that holds on the way to an end.

    form: at least 0 where `holds`, else below 0; error: how far what is computed of it may be off.
    """

    form: RealForm
    holds: bool
    error: Fraction

    @property
    def key(self) -> object:
        """The same for tests of the same."""
        return (self.form.key, self.holds)


@dataclass(frozen=True)
class RuleEnd:
    """An end of a text; rule: the index of one that gives just these scores; errors: of the scores;
    tests: that lead there; stated: whether they are all of the rule's conditions, at least.
    """

    rule: int
    errors: tuple[Fraction, ...]
    tests: Sequence[PassedTest]
    stated: bool

    @property
    def is_exact(self) -> bool:
        """Whether just the rule's rows come there, whatever is rounded."""
        return self.stated and not any(test.error for test in self.tests)


class RuleEnds:
    """Finds the rule of every end; UnreadableError where an end gives what no rule gives."""

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
        self._tests = dict[tuple[int, bool], list[PassedTest]]()

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

    def _collect(self, path: tuple[object, ...]) -> dict[object, PassedTest]:
        found = dict[object, PassedTest]()
        while path:
            path, test, taken = path  # type: ignore[assignment]
            for passed in self._list_passed(test, bool(taken)):  # type: ignore[arg-type]
                known = found.setdefault(passed.key, passed)
                if known.error < passed.error:
                    found[passed.key] = passed
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
            yield from known

    def _analyse_test(self, test: Comparison, taken: bool) -> list[PassedTest]:
        """What holds then; nothing where that isn't read, and a row may be anywhere."""
        sign = test.sign if taken else _OPPOSITES[test.sign]
        try:
            left, right = self._analysis.analyse(test.left), self._analysis.analyse(test.right)
        except UnreadableError:
            return []
        above = left.form.subtract(right.form)
        if sign in (">", "<="):
            above = above.scale(Fraction(-1))

        return [PassedTest(above, sign in (">=", "<="), left.error + right.error)]

    def _match(self, scores: tuple[Expression, ...], tests: Mapping[object, PassedTest]) -> RuleEnd:
        values = [self._analysis.analyse(score) for score in scores]
        fitting = self._by_maps.get(tuple(value.form.key for value in values), [])
        if not fitting:
            raise UnreadableError("an end of the text is no rule's")
        own = [rule for rule in fitting if all(each in tests for each in self._conditions[rule])]
        errors = tuple(value.error for value in values)

        return RuleEnd((own or fitting)[0], errors, list(tests.values()), bool(own))
