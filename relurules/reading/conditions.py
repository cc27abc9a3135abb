"""The conditions and formulas of all rules, read together: the same sum has the same name wherever it stands."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from relurules.domain import Domain
from relurules.ir import Rule, RuleSet
from relurules.reading import phrases as p
from relurules.reading.forms import Form, Span, category_phrase, read_form, spans_of, step_of, sum_phrase
from relurules.reading.half_spaces import Between, Choice, Settled, extent, merged, plain
from relurules.reading.numbers import apart
from relurules.reading.sentences import Shown, choice_words, in_symbols, in_words, never

#: Sums of more terms than this get a name, and are written down once.
_INLINE = 2


class ReadTest(NamedTuple):
    """A condition, or two on the same sum, for people. about: what it was read from."""

    symbols: p.Phrase
    words: p.Phrase
    about: Between | Choice | Settled


class ReadFormula(NamedTuple):
    """score = form; phrase: the form as it is shown, every term `step` off at most."""

    score: str
    form: Form
    step: float
    phrase: p.Phrase


class ReadRule(NamedTuple):
    """A rule for people: tests, the simplest first, and a formula for every score."""

    number: int
    tests: tuple[ReadTest, ...]
    formulas: tuple[ReadFormula, ...]


class NamedSum(NamedTuple):
    """A sum that conditions speak of by name. low, high: its range over the box of the domain."""

    name: str
    form: Form
    step: float
    phrase: p.Phrase
    low: float
    high: float


class Reading(NamedTuple):
    """All rules of a set, and the sums that they name."""

    sums: tuple[NamedSum, ...]
    rules: tuple[ReadRule, ...]
    spans: tuple[Span, ...]


def read_rules(rules: RuleSet) -> Reading:
    """Every rule as conditions and formulas for people; what is shown is rounded, and the same tests look the same."""
    spans = spans_of(rules.domain)
    found = [_tests(rules.domain, spans, rule) for rule in rules]
    shown = _shown(rules, [test for tests in found for test in tests])
    read = tuple(
        ReadRule(rule.number, tuple(_read(test, shown, rules.domain) for test in tests), formulas)
        for rule, tests, formulas in zip(rules, found, _formulas(rules, spans), strict=True)
    )
    named = tuple(
        NamedSum(s.name, s.form, s.step, sum_phrase(s.form, s.step, constant=False), *extent(rules.domain, s.form))
        for s in shown.values()
        if s.name
    )
    return Reading(named, read, tuple(spans))


def _tests(domain: Domain, spans: Sequence[Span], rule: Rule) -> list[Between | Choice | Settled]:
    """A rule's conditions, those on the same sum or category column joined: columns first, then sums."""
    joined: dict[object, Between | Choice | Settled] = {}
    for condition in rule.conditions:
        test = plain(domain, spans, condition)
        if isinstance(test, Settled):
            joined |= {} if test.true else {"never": test}
            continue
        key: object = test.key if isinstance(test, Between) else test.span.column.name
        before = joined.get(key)
        if isinstance(test, Between) and isinstance(before, Between):
            test = merged(before, test)
        elif isinstance(test, Choice) and isinstance(before, Choice):
            test = test._replace(members=tuple(i for i in before.members if i in test.members))
        joined[key] = test
    return sorted(joined.values(), key=_place)


def _place(test: Between | Choice | Settled) -> tuple[int, int]:
    """Single columns in their order, then sums of more and more terms."""
    if isinstance(test, Settled):
        return 0, 0
    if isinstance(test, Choice):
        return 1, test.span.first
    return len(test.form.terms), min(j for term in test.form.terms for j in term.coordinates)


def _shown(rules: RuleSet, tests: Sequence[Between | Choice | Settled]) -> Mapping[object, Shown]:
    """By key of a sum: its name, if it has one, and how its bounds are shown."""
    bounds: dict[object, list[float]] = {}
    first: dict[object, Between] = {}
    for test in tests:
        if isinstance(test, Between):
            first.setdefault(test.key, test)
            limits = [limit.bound for limit in (test.low, test.high) if limit is not None]
            bounds.setdefault(test.key, []).extend(limits)
    shown: dict[object, Shown] = {}
    prefix, count = _prefix(rules), 0
    for key, test in first.items():
        step, name = step_of(rules.domain, test.form), ""
        if len(test.form.terms) > _INLINE:
            count += 1
            name = f"{prefix}{count}"
        shown[key] = Shown(
            name, test.form, step, {b: b for b in bounds[key]} if test.whole else apart(bounds[key], step)
        )
    return shown


def _prefix(rules: RuleSet) -> str:
    """The letter that names of sums start with; no column, output or score has such a name."""
    taken = {*rules.features, *rules.outputs, *rules.scores, *(column.name for column in rules.domain.columns)}
    prefix = "S"
    while any(name.startswith(prefix) and name[len(prefix) :].isdigit() for name in taken):
        prefix += "S"
    return prefix


def _read(test: Between | Choice | Settled, shown: Mapping[object, Shown], domain: Domain) -> ReadTest:
    if isinstance(test, Settled):
        return ReadTest(never(), never(), test)
    if isinstance(test, Choice):
        if not test.members:
            return ReadTest(never(), never(), test)
        phrase = category_phrase(test.span, test.members)
        return ReadTest(phrase, choice_words(phrase), test)
    how = shown[test.key]
    return ReadTest(in_symbols(test, how, domain), in_words(test, how, domain), test)


def _formulas(rules: RuleSet, spans: Sequence[Span]) -> list[tuple[ReadFormula, ...]]:
    """For every rule, that of every score; the same coefficient looks the same in all rules."""
    forms = [
        [
            read_form(rules.domain, spans, *row)
            for row in zip(rule.map.weights, rule.map.constants.tolist(), strict=True)
        ]
        for rule in rules
    ]
    steps = [
        min((step_of(rules.domain, form) for form in column if form.terms), default=0.0)
        for column in zip(*forms, strict=True)
    ]
    return [
        tuple(
            ReadFormula(score, form, step, sum_phrase(form, step))
            for score, form, step in zip(rules.scores, row, steps, strict=True)
        )
        for row in forms
    ]
