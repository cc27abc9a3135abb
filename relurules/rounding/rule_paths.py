"""Rules of which one applies: the ends of a text, the tests that lead there, and the rule that each
end is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from relurules.ir import RuleSet
from relurules.ir.network import Array
from relurules.ir.tree_routing import UNEXPLORED
from relurules.rounding.analysis import ErrorAnalysis, RowInputs
from relurules.rounding.expression import (
    Branch,
    Comparison,
    Expression,
    Junction,
    Leaf,
    Program,
    Test,
    UnreadableError,
)
from relurules.rounding.forms import Interval, NumberSpan, RealForm
from relurules.rounding.rule_forms import make_affine_form

_OPPOSITES = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True)
class PassedTest:
    """A comparison that holds on the way to an end.

    form: at least 0 where `holds`, else below 0; error: how far what is computed of it may be off;
    test: that it is.
    """

    form: RealForm
    holds: bool
    error: Fraction
    test: Comparison

    @property
    def key(self) -> object:
        """The same for tests of the same."""
        return (self.form.key, self.holds)


@dataclass(frozen=True)
class RuleEnd:
    """An end of a text; rule: the index of one that gives just these scores; scores: how it does;
    errors: theirs; tests: that lead there; stated: whether they are all of the rule's conditions,
    at least; told: the number of the rule in the text.
    """

    rule: int
    scores: tuple[Expression, ...]
    errors: tuple[Fraction, ...]
    tests: Sequence[PassedTest]
    stated: bool
    told: int | None = None

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
                end = self._match(one.scores[-count:], self._collect(path))
                yield replace(end, told=one.rule)

    def narrow(self, end: RuleEnd, low: Array, high: Array) -> RuleEnd:
        """The same end, with errors of rows between low and high, (d,) each."""
        blocks = [
            replace(block, span=_narrow_span(block, low, high))
            if isinstance(block, NumberSpan)
            else block
            for block in self._inputs.blocks
        ]
        analysis = self._analysis.move_to(replace(self._inputs, blocks=blocks))
        errors = tuple(analysis.analyse(score).error for score in end.scores)
        tests = [
            replace(passed, error=min(passed.error, analysis.bound_test_error(passed.test)))
            for passed in end.tests
        ]

        return replace(end, errors=tuple(map(min, errors, end.errors)), tests=tests)

    def find_tree_difference(self, program: Program) -> str | None:
        """What a text decides otherwise than the rules' tree, None for nothing: split by split,
        which side is which, and at the leaves the rules' scores and numbers.
        """
        tree, rules = self._rules.tree, self._rules
        stack = [(program, 0 if len(tree.neurons) else -1)]
        while stack:
            one, node = stack.pop()
            if node == UNEXPLORED:
                if not (isinstance(one, Leaf) and one.scores is None):
                    return "rows that have no rule have scores"
            elif node < 0:
                if not isinstance(one, Leaf) or one.scores is None:
                    return f"rows of rule {~node + 1} have no scores of their own"
                scores = [self._analysis.analyse(s) for s in one.scores[-len(rules.scores) :]]
                fitting = self._by_maps.get(tuple(score.form.key for score in scores), [])
                if ~node not in fitting or one.rule not in (None, ~node + 1):
                    return f"the scores of rule {~node + 1} are others"
            else:
                side = self._find_side(one, node)
                if not isinstance(one, Branch) or side is None:
                    return f"split {node} of the tree is another one"
                stack.append((one.then, int(tree.children[node, side])))
                stack.append((one.otherwise, int(tree.children[node, 1 - side])))

        return None

    def _find_side(self, program: Program, node: int) -> int | None:
        """The side of a split that follows where a test holds: 1 where it is the split's own, 0
        where it is the opposite; None for another test.
        """
        if not (isinstance(program, Branch) and isinstance(program.test, Comparison)):
            return None
        tree = self._rules.tree
        passed = list(self._list_passed(program.test, True))
        form = make_affine_form(self._inputs, tree.normals[node], float(tree.offsets[node]))
        if not passed:
            raise UnreadableError("a split is tested by something that isn't read")
        if passed[0].form.key != form.key:
            return None

        return int(passed[0].holds)

    def is_just_rule(self, branch: Branch) -> bool:
        """Whether a test asks for the conditions of the rule that follows it, and nothing else."""
        if not (isinstance(branch.then, Leaf) and branch.then.rule):
            return False
        found, stack = set[object](), [branch.test]
        while stack:
            one = stack.pop()
            if isinstance(one, Junction) and one.sign == "and":
                stack += one.tests
                continue
            passed = list(self._list_passed(one, True))
            if not isinstance(one, Comparison) or not passed:
                return False
            found.add(passed[0].key)

        return found == set(self._conditions[branch.then.rule - 1])

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

        error = self._analysis.bound_test_error(test)

        return [PassedTest(above, sign in (">=", "<="), error, test)]

    def _match(self, scores: tuple[Expression, ...], tests: Mapping[object, PassedTest]) -> RuleEnd:
        values = [self._analysis.analyse(score) for score in scores]
        fitting = self._by_maps.get(tuple(value.form.key for value in values), [])
        if not fitting:
            raise UnreadableError("an end of the text is no rule's")
        own = [rule for rule in fitting if all(each in tests for each in self._conditions[rule])]
        errors = tuple(value.error for value in values)

        return RuleEnd((own or fitting)[0], scores, errors, list(tests.values()), bool(own))


def _narrow_span(block: NumberSpan, low: Array, high: Array) -> Interval:
    least, most = Fraction(float(low[block.place])), Fraction(float(high[block.place]))
    return Interval(max(block.span.low, least), min(block.span.high, most))
