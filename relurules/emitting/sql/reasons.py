"""Contributions and reasons in SQL: subqueries for them, and the last SELECT's columns.

A reason is found without comparing every column with every other: no two keys are equal, so that
the largest key tells its column, and the next one is the largest of those below it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from relurules.emitting.contribution_plan import ContributionPlan
from relurules.emitting.line_explanation import LineExplanation
from relurules.emitting.sql.dialect import LINE, Dialect
from relurules.emitting.sql.inputs import print_constant, print_number
from relurules.emitting.sql.names import check_text, quote_text
from relurules.emitting.sql.steps import Subquery
from relurules.links.sql import select_top

#: (number of the rule, text per rule) -> a CASE.
ByRule = Callable[[str, Mapping[int, str]], str]
#: Arguments of one call: SQLite takes 127.
_ARGUMENTS = 50


@dataclass(frozen=True, kw_only=True)
class ReasonScope(ABC):
    """What is explained, and how the SELECT around writes it."""

    #: What is explained.
    plan: ContributionPlan | LineExplanation
    #: Of the SELECT.
    dialect: Dialect
    #: Of our own names.
    prefix: str
    #: (d,) as columns of our subqueries.
    coordinates: Sequence[str]

    @property
    @abstractmethod
    def width(self) -> int:
        """How many columns, or parts, contribute."""

    @abstractmethod
    def print_contribution(self, score: int, i: int) -> str:
        """What column i adds to a score, as an expression."""

    @abstractmethod
    def print_words(self, i: int) -> str:
        """What is said of column i."""

    def floor(self, _score: int) -> float:
        """What a contribution must be above to be a reason."""
        return 0.0

    def contribution(self, score: int, i: int) -> str:
        """The name of what column i adds to a score."""
        return f"{self.prefix}_e{score}_{i}"

    def key(self, score: int, i: int) -> str:
        """The same, as it is compared: above 0 where it is adverse."""
        return f"{self.prefix}_k{score}_{i}"

    def largest(self, score: int, place: int) -> str:
        """The key of the reason at a place, 0 for none."""
        return f"{self.prefix}_m{score}_{place}"


@dataclass(frozen=True, kw_only=True)
class RuleReasonScope(ReasonScope):
    """Columns, whose contributions depend on the rule that applies.

    by_rule: prints what does.
    """

    plan: ContributionPlan
    by_rule: ByRule

    @property
    def rule(self) -> str:
        """The number of the rule."""
        return f"{self.prefix}_rule"

    @property
    def width(self) -> int:
        """How many columns contribute."""
        return len(self.plan.table.columns)

    def print_contribution(self, score: int, i: int) -> str:
        """The factor of the rule times what the number is beyond the reference, or the factor of
        the category; NULL without a rule.
        """
        table, dialect = self.plan.table, self.dialect
        column = table.columns[i]
        own = table.factors[:, score, column.start : column.start + column.width]
        names = self.coordinates[column.at : column.at + column.width]
        if column.is_category:
            return _print_cases(
                self, [_print_category(row.tolist(), names, dialect) for row in own]
            )

        factor = _print_cases(self, [print_constant(float(row[0]), dialect) for row in own])
        if not column.reference:
            return f"{factor} * {names[0]}"
        sign = "+" if column.reference < 0 else "-"
        return f"{factor} * ({names[0]} {sign} {print_number(abs(column.reference))})"

    def print_words(self, i: int) -> str:
        """What is said of a column, by its side and by the rule."""
        column, phrases = self.plan.table.columns[i], self.plan.phrases
        low, high = (
            _print_texts(self, [phrases.texts[rule[i][side]] for rule in phrases.codes])
            for side in (0, 1)
        )
        if column.is_category or low == high:
            return high

        return print_by_side(self.coordinates[column.at], column.reference, low, high)


def print_by_side(name: str, reference: float, low: str, high: str) -> str:
    """What is said of a number below the reference, and of another."""
    return f"CASE WHEN {name} < {print_number(reference)} THEN {low} ELSE {high} END"


def plan_reason_steps(scope: ReasonScope) -> list[Subquery]:
    """The subqueries, from what a row is scored by to the keys of the reasons."""
    plan, pairs = scope.plan, _list_pairs(scope)
    terms = [(scope.contribution(s, i), scope.print_contribution(s, i)) for s, i in pairs]
    steps = [Subquery(f"{scope.prefix}_explained", terms)]
    if not plan.reasons:
        return steps

    keys = [(scope.key(s, i), _print_key(scope, s, i)) for s, i in pairs]
    steps.append(Subquery(f"{scope.prefix}_ranked", keys))
    for place in range(plan.count):
        steps += _plan_place(scope, place)
    return steps


def _list_pairs(scope: ReasonScope) -> list[tuple[int, int]]:
    return [(s, i) for s in range(scope.plan.views) for i in range(scope.width)]


def _print_category(factors: Sequence[float], names: Sequence[str], dialect: Dialect) -> str:
    cases = [
        f"WHEN {name} = 1E0 THEN {print_constant(factor, dialect)}"
        for name, factor in zip(names, factors, strict=True)
        if factor
    ]
    zero = print_constant(0.0, dialect)
    return f"CASE {' '.join(cases)} ELSE {zero} END" if cases else zero


def _print_cases(scope: RuleReasonScope, texts: Sequence[str]) -> str:
    """What belongs to the number of the rule; what is the same for all rules but once."""
    if len(set(texts)) == 1:
        return f"CASE WHEN {scope.rule} > 0 THEN {texts[0]} END"
    return scope.by_rule(scope.rule, dict(enumerate(texts, start=1)))


def _print_key(scope: ReasonScope, score: int, i: int) -> str:
    """The contribution, rounded, times its column's scale."""
    contribution = scope.contribution(score, i)
    product = f"{contribution} * {print_number(scope.plan.split)}"
    scale = print_number(scope.plan.scales[i])
    return f"({product} - ({product} - {contribution})) * {scale}"


def _plan_place(scope: ReasonScope, place: int) -> list[Subquery]:
    """The largest key, or the largest one below that of the place before; 0 for none."""
    steps, largest = list[list[tuple[str, str]]](), list[tuple[str, str]]()
    for s in range(scope.plan.views):
        keys = [scope.key(s, i) for i in range(scope.width)]
        if place:
            before = scope.largest(s, place - 1)
            keys = [f"CASE WHEN {key} < {before} THEN {key} ELSE 0E0 END" for key in keys]

        if scope.dialect.greatest:
            largest.append((scope.largest(s, place), _print_greatest(keys, scope.dialect)))
            continue

        prefix = f"{scope.prefix}_b{s}_{place}"
        named = [(f"{prefix}_{i}", key) for i, key in enumerate([*keys, "0E0"])]
        top, found = select_top([name for name, _ in named], prefix)
        for level, step in enumerate([named, *found]):
            steps += [[]] * (level == len(steps))
            steps[level] = [*steps[level], *step]
        largest.append((scope.largest(s, place), top))

    comment = f"what reason {place + 1} is compared by"
    named_steps = [
        Subquery(f"{scope.prefix}_place{place + 1}_{level}", step, comment)
        for level, step in enumerate(steps, start=1)
    ]
    return [*named_steps, Subquery(f"{scope.prefix}_place{place + 1}", largest, comment)]


def _print_greatest(keys: Sequence[str], dialect: Dialect) -> str:
    """The largest of the keys and 0."""
    while len(keys) > _ARGUMENTS:
        keys = [
            f"{dialect.greatest}({', '.join([*keys[i : i + _ARGUMENTS], '0E0'])})"
            for i in range(0, len(keys), _ARGUMENTS)
        ]
    return f"{dialect.greatest}({', '.join([*keys, '0E0'])})"


def print_reason(scope: ReasonScope, score: int, place: int) -> str:
    """The words of the reason at a place; NULL for none."""
    key, first, floor = scope.largest(score, place), scope.largest(score, 0), scope.floor(score)
    tests = [f"{key} > {first} * {print_number(scope.plan.smallest)}"] if place else []
    tests += [f"{key} > {print_number(floor)}"] if floor or not place else []
    cases = [
        f"WHEN {key} = {scope.key(score, i)} THEN {scope.print_words(i)}"
        for i in range(scope.width)
    ]
    text = f"CASE WHEN {' AND '.join(tests)} THEN CASE {' '.join(cases)} END END"
    return text.replace(LINE, " ")


def quote_reason(text: str, dialect: Dialect) -> str:
    """The words of a reason as a literal."""
    check_text(text, "reason", dialect)
    return quote_text(text, dialect)


def _print_texts(scope: RuleReasonScope, texts: Sequence[str]) -> str:
    """The text of the rule; what is the same for all rules but once."""
    quoted = [quote_reason(text, scope.dialect) for text in texts]
    if len(set(quoted)) == 1:
        return quoted[0]
    return scope.by_rule(scope.rule, dict(enumerate(quoted, start=1)))
