"""The conditions and formulas of all rules, read together: the same sum has the same name wherever
it stands.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from relurules.domain import Domain
from relurules.ir import Condition, RuleSet
from relurules.wording import phrases as p
from relurules.wording.forms import (
    ColumnSpan,
    Form,
    build_form,
    choose_step,
    limit_display_errors,
    list_spans,
    measure_limit,
    phrase_categories,
    phrase_sum,
)
from relurules.wording.half_spaces import (
    CategoryTest,
    ConstantTest,
    PlainTest,
    SumTest,
    bound_form,
    intersect_tests,
    simplify_condition,
)
from relurules.wording.numbers import round_apart
from relurules.wording.sentences import (
    SumStyle,
    phrase_choice,
    phrase_never,
    write_in_symbols,
    write_in_words,
)

#: Sums of more terms than this get a name, and are written down once.
_INLINE = 2


class ConditionWording(NamedTuple):
    """A condition, or two on the same sum, for people. about: what it was read from."""

    symbols: p.Phrase
    words: p.Phrase
    about: SumTest | CategoryTest | ConstantTest


class FormulaWording(NamedTuple):
    """score = form; phrase: the form as it is shown, every term `step` off at most."""

    score: str
    form: Form
    step: float
    phrase: p.Phrase


class RuleWording(NamedTuple):
    """A rule for people: tests, the simplest first, and a formula for every score."""

    number: int
    tests: tuple[ConditionWording, ...]
    formulas: tuple[FormulaWording, ...]


@dataclass(frozen=True, kw_only=True)
class NamedSum:
    """A sum that conditions speak of by name."""

    #: Of the sum.
    name: str
    #: What it is.
    form: Form
    #: Its terms are this much off at most, as shown.
    step: float
    #: In words.
    phrase: p.Phrase
    #: Its least value over the box of the domain.
    low: float
    #: Its largest.
    high: float


class RuleSetWording(NamedTuple):
    """All rules of a set, and the sums that they name."""

    sums: tuple[NamedSum, ...]
    rules: tuple[RuleWording, ...]
    spans: tuple[ColumnSpan, ...]


def word_rules(rules: RuleSet, prefix: str | None = None) -> RuleSetWording:
    """Every rule as conditions and formulas for people; what is shown is rounded, and the same
    tests look the same.

    prefix: what names of sums start with; None for an S, or as many as no other name has.
    """
    spans = list_spans(rules.domain)
    found = _list_tests(rules, spans)
    shown = _choose_sum_styles(rules, [test for tests in found for test in tests], prefix)
    read = tuple(
        RuleWording(
            rule.number,
            tuple(_word_condition(test, shown, rules.domain) for test in tests),
            formulas,
        )
        for rule, tests, formulas in zip(rules, found, _word_formulas(rules, spans), strict=True)
    )
    named = tuple(
        NamedSum(
            name=s.name,
            form=s.form,
            step=s.step,
            phrase=phrase_sum(s.form, s.step, constant=False),
            low=low,
            high=high,
        )
        for s in shown.values()
        if s.name
        for low, high in [bound_form(rules.domain, s.form)]
    )

    return RuleSetWording(named, read, tuple(spans))


def find_sum_styles(rules: RuleSet) -> Mapping[object, SumStyle]:
    """How texts write the sums that the rules' conditions speak of, by the key of their tests."""
    spans = list_spans(rules.domain)
    found = _list_tests(rules, spans)
    return _choose_sum_styles(rules, [test for tests in found for test in tests])


def _list_tests(rules: RuleSet, spans: Sequence[ColumnSpan]) -> list[list[PlainTest]]:
    """Each rule's conditions, free of their scales; a half-space that rules share is read once."""
    # With the condition, since an identity is that of an object only while it exists.
    known: dict[tuple[int, bool], tuple[Condition, PlainTest]] = {}

    def simplify(condition: Condition) -> PlainTest:
        key = (id(condition.half_space), condition.holds)
        if key not in known:
            known[key] = condition, simplify_condition(rules.domain, spans, condition)
        return known[key][1]

    return [_merge_tests(map(simplify, rule.conditions)) for rule in rules]


def _merge_tests(tests: Iterable[PlainTest]) -> list[PlainTest]:
    """A rule's tests, those on the same sum or category column joined: columns first, then
    sums.
    """
    joined: dict[object, PlainTest] = {}
    for test in tests:
        if isinstance(test, ConstantTest):
            joined |= {} if test.true else {"never": test}
            continue

        key: object = test.key if isinstance(test, SumTest) else test.span.column.name
        before, both = joined.get(key), test
        if isinstance(test, SumTest) and isinstance(before, SumTest):
            both = intersect_tests(before, test)
        elif isinstance(test, CategoryTest) and isinstance(before, CategoryTest):
            both = test._replace(members=tuple(i for i in before.members if i in test.members))
        joined[key] = both

    return sorted(joined.values(), key=_rank_test)


def _rank_test(test: PlainTest) -> tuple[int, int]:
    """Single columns in their order, then sums of more and more terms."""
    if isinstance(test, ConstantTest):
        return 0, 0
    if isinstance(test, CategoryTest):
        return 1, test.span.first
    return len(test.form.terms), min(j for term in test.form.terms for j in term.coordinates)


def _choose_sum_styles(
    rules: RuleSet,
    tests: Sequence[SumTest | CategoryTest | ConstantTest],
    prefix: str | None = None,
) -> Mapping[object, SumStyle]:
    """By key of a sum: its name, if it has one, and how its bounds are shown."""
    bounds: dict[object, list[float]] = {}
    first: dict[object, SumTest] = {}
    for test in tests:
        if isinstance(test, SumTest):
            first.setdefault(test.key, test)
            limits = [limit.bound for limit in (test.low, test.high) if limit is not None]
            bounds.setdefault(test.key, []).extend(limits)

    shown: dict[object, SumStyle] = {}
    prefix, count = _choose_prefix(rules) if prefix is None else prefix, 0
    for key, test in first.items():
        step, name = choose_step(rules.domain, test.form), ""
        limit = measure_limit(rules.domain, [test.form])
        if len(test.form.terms) > _INLINE:
            count += 1
            name = f"{prefix}{count}"
        shown[key] = SumStyle(
            name,
            limit_display_errors(rules.domain, test.form, limit),
            step,
            {b: b for b in bounds[key]}
            if test.whole
            else round_apart(bounds[key], step, limit=limit),
        )

    return shown


def _choose_prefix(rules: RuleSet) -> str:
    """The letter that names of sums start with; no column, output or score has such a name."""
    taken = {
        *rules.features,
        *rules.outputs,
        *rules.scores,
        *(column.name for column in rules.domain.columns),
    }
    prefix = "S"

    while any(name.startswith(prefix) and name[len(prefix) :].isdigit() for name in taken):
        prefix += "S"

    return prefix


def _word_condition(
    test: SumTest | CategoryTest | ConstantTest, shown: Mapping[object, SumStyle], domain: Domain
) -> ConditionWording:
    if isinstance(test, ConstantTest):
        return ConditionWording(phrase_never(), phrase_never(), test)
    if isinstance(test, CategoryTest):
        if not test.members:
            return ConditionWording(phrase_never(), phrase_never(), test)
        phrase = phrase_categories(test.span, test.members)
        return ConditionWording(phrase, phrase_choice(phrase), test)

    how = shown[test.key]
    return ConditionWording(
        write_in_symbols(test, how, domain), write_in_words(test, how, domain), test
    )


def _word_formulas(rules: RuleSet, spans: Sequence[ColumnSpan]) -> list[tuple[FormulaWording, ...]]:
    """For every rule, that of every score; the same coefficient looks the same in all rules."""
    forms = [
        [
            build_form(rules.domain, spans, *row)
            for row in zip(rule.map.weights, rule.map.constants.tolist(), strict=True)
        ]
        for rule in rules
    ]
    columns = list(zip(*forms, strict=True))
    steps = [
        min((choose_step(rules.domain, form) for form in column if form.terms), default=0.0)
        for column in columns
    ]
    limits = [measure_limit(rules.domain, column) for column in columns]
    forms = [
        [limit_display_errors(rules.domain, *pair) for pair in zip(row, limits, strict=True)]
        for row in forms
    ]

    return [
        tuple(
            FormulaWording(score, form, step, phrase_sum(form, step))
            for score, form, step in zip(rules.scores, row, steps, strict=True)
        )
        for row in forms
    ]
