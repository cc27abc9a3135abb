"""Conditions, as they are read, hold for the rows for which the rules' own conditions do."""

from dataclasses import replace
from fractions import Fraction

import networkx
import numpy as np
import pytest
from handmade import Array, network, random_network, rules_of
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import Condition, Graph, HalfSpace, Neuron, RuleSet
from relurules.wording import ConditionWording, word_rules
from relurules.wording.cases import split_into_cases
from relurules.wording.forms import bound_display_error
from relurules.wording.half_spaces import (
    CategoryTest,
    ConstantTest,
    SumTest,
    evaluate_form,
    evaluate_term,
)
from relurules.wording.phrases import Phrase, write_ascii

NEURON = Neuron("n", 0)
COLUMNS = (
    Column("age"),
    Column(
        "job",
        (
            Category(("a",)),
            Category(("b", "c")),
            Category(("d",), missing=True),
            Category(other=True),
        ),
    ),
    Column("debt"),
    Column("sex", (Category(("m",)), Category(("f",)))),
)


def with_conditions(domain: rr.Domain, *tests: tuple[list[float], float, bool]) -> RuleSet:
    """One rule with these conditions, normal x >= bound or not."""
    rules = rules_of(network(np.zeros((1, len(domain))), [1], [[0]]), domain)
    conditions = tuple(
        Condition(HalfSpace(np.array(normal), bound, NEURON, i), holds)
        for i, (normal, bound, holds) in enumerate(tests)
    )
    return replace(rules, rules=(replace(rules.rules[0], conditions=conditions),))


def said(
    domain: rr.Domain, *tests: tuple[list[float], float, bool], words: bool = False
) -> list[str]:
    (rule,) = word_rules(with_conditions(domain, *tests)).rules
    return [write_ascii(test.words if words else test.symbols) for test in rule.tests]


def people(**integer: bool) -> rr.Domain:
    names = ["age", "children", "bill_1", "bill_2"]
    domain = rr.Domain.box([0, 0, -5000, -5000], [99, 9, 90000, 90000], names)
    return replace(
        domain, integer=np.array([integer.get(name, name in names[:2]) for name in names])
    )


@pytest.mark.parametrize(
    ("normal", "bound", "holds", "symbols", "words"),
    [
        ([1, 0, 0, 0], 34.2, True, "age >= 35", "age is at least 35"),
        ([1, 0, 0, 0], 34.2, False, "age < 35", "age is below 35"),
        ([1, 0, 0, 0], 35.0, True, "age >= 35", "age is at least 35"),
        ([-2, 0, 0, 0], -68.4, True, "age < 35", "age is below 35"),
        ([-1, 0, 0, 0], -35.0, True, "age < 36", "age is below 36"),
        ([-1, 0, 0, 0], -35.0, False, "age >= 36", "age is at least 36"),
        ([0, 1, 0, 0], 0.5, False, "children = 0", "children is 0"),
        ([0, 1, 0, 0], 8.01, True, "children = 9", "children is 9"),
        ([0, 1, 0, 0], 1.5, False, "children < 2", "children is 0 or 1"),
        (
            [0, 0, 1, -1],
            1200.0,
            False,
            "bill_1 < bill_2 + 1200",
            "bill_1 is below bill_2 plus 1200",
        ),
        ([0, 0, 1, -1], 0.0, True, "bill_1 >= bill_2", "bill_1 is at least bill_2"),
        (
            [0, 0, 1, -0.5],
            -3.0,
            True,
            "bill_1 >= 0.5 * bill_2 - 3",
            "bill_1 is at least 0.5 times bill_2 minus 3",
        ),
        (
            [0, 0, 1, 1],
            12345.0,
            True,
            "bill_1 + bill_2 >= 12,345",
            "bill_1 plus bill_2 is at least 12,345",
        ),
        ([0, 0, 2, 0], 30001.0, True, "bill_1 >= 15,000.5", "bill_1 is at least 15,000.5"),
        (
            [10, 1, 0, 0],
            34.0,
            True,
            "age + 0.1 * children >= 3.4",
            "age plus 0.1 times children is at least 3.4",
        ),
        ([1, 0.01, 0, 0], 34.2, True, "age >= 35", "age is at least 35"),
        ([1, 1, 0, 0], 34.2, True, "age + children >= 35", "age plus children is at least 35"),
        ([1, -1, 0, 0], 2.5, True, "age >= children + 3", "age is at least children plus 3"),
        ([1, 0, 1e-7, 0], 34.2, True, "age >= 35", "age is at least 35"),
        (
            [1, 0, 0.0001, 0],
            34.0,
            True,
            "age + bill_1 / 10,000 >= 34",
            "age plus bill_1 divided by 10,000 is at least 34",
        ),
    ],
)
def test_one_condition(
    normal: list[float], bound: float, holds: bool, symbols: str, words: str
) -> None:
    assert said(people(), (normal, bound, holds)) == [symbols]
    assert said(people(), (normal, bound, holds), words=True) == [words]


def test_two_conditions_on_one_column_are_a_range() -> None:
    tests = ([1.0, 0, 0, 0], 19.5, True), ([2.0, 0, 0, 0], 69.0, False)
    assert said(people(), *tests) == ["20 <= age < 35"]
    assert said(people(), *tests, words=True) == ["age is at least 20 and below 35"]
    assert said(people(age=False), *tests) == ["19.5 <= age < 34.5"]
    tests = ([0, 0, 1.0, -1.0], -3.0, True), ([0, 0, 1.0, -1.0], 8.0, False)
    assert said(people(), *tests) == ["-3 <= bill_1 - bill_2 < 8"]
    assert said(people(), ([0, 1.0, 0, 0], 3.0, True), ([0, 1.0, 0, 0], 4.0, False)) == [
        "children = 3"
    ]


def test_simple_conditions_come_first_and_long_sums_have_names() -> None:
    long, longer = [1.0, 2.0, 0.001, 0], [1.0, 2.0, 0.001, -0.0003]
    tests = (
        (longer, 3.0, True),
        (long, 5.5, False),
        ([0, 0, 0, 1.0], 7.0, True),
        (longer, 9.0, False),
    )
    assert said(people(), *tests) == ["bill_2 >= 7", "S1 < 5.5", "3 <= S2 < 9"]
    reading = word_rules(with_conditions(people(), *tests))
    assert [named.name for named in reading.sums] == ["S1", "S2"]
    assert "the weighted sum S1" in " ".join(said(people(), *tests, words=True))


def test_parallel_half_spaces_share_a_sum_and_bounds_that_differ_look_different() -> None:
    tests = ([1.0, 2.0, 0.001, 0], 5.0, True), ([-2.0, -4.0, -0.002, 0], -10.000001, True)
    reading = word_rules(with_conditions(people(age=False), *tests))
    assert len(reading.sums) == 1
    assert said(people(age=False), *tests) == ["5 <= S1 <= 5.0000005"]


def test_names_of_sums_are_no_columns() -> None:
    domain = rr.Domain.box([0] * 3, [1] * 3, ["S1", "b", "c"])
    assert said(domain, ([1.0, 1.0, 1.0], 2.5, True)) == ["SS1 >= 2.5"]


def mixed() -> rr.Domain:
    domain = rr.Domain.over(COLUMNS).bounded({"age": (0.0, 99.0), "debt": (0.0, 10.0)})
    return replace(domain, integer=np.array([True, *domain.integer[1:]]))


@pytest.mark.parametrize(
    ("normal", "bound", "holds", "symbols"),
    [
        ([0, 1, 0, 0, 0, 0, 0, 0], 0.5, True, "job is 'a'"),
        ([0, 1, 0, 0, 0, 0, 0, 0], 0.5, False, "job is not 'a'"),
        ([0, 1, 1, 0, 0, 0, 0, 0], 0.5, True, "job is 'a', 'b' or 'c'"),
        ([0, 1, 0, 1, 0, 0, 0, 0], 0.5, True, "job is 'a', 'd' or missing"),
        ([0, 0, 0, 0, 1, 0, 0, 0], 0.5, True, "job is any other value"),
        ([0, 0, 0, 0, 0, 0, 1, 0], 0.5, False, "sex is 'f'"),
        (
            [0, 100, 0, 0, 0, 1, 0, 0],
            50.0,
            True,
            "job is 'a'",
        ),  # a debt of at most 10 decides nothing
        ([0, 5, 0, 0, 0, 1, 0, 0], 8.0, True, "debt + 5 * [job is 'a'] >= 8"),
        ([0, 5, 5, 5, 3, 1, 0, 0], 8.0, True, "debt >= 2 * [job is any other value] + 3"),
        ([0, 0, 0, 0, 0, 1, 2, 2], 8.0, True, "debt >= 6"),  # one of both sexes always holds
    ],
)
def test_categories(normal: list[float], bound: float, holds: bool, symbols: str) -> None:
    assert said(mixed(), (normal, bound, holds)) == [symbols]


def test_conditions_on_one_category_column_are_joined() -> None:
    tests = ([0, 1.0, 1.0, 0, 0, 0, 0, 0], 0.5, True), ([0, 1.0, 0, 0, 0, 0, 0, 0], 0.5, False)
    assert said(mixed(), *tests) == ["job is 'b' or 'c'"]


def holds_for(test: ConditionWording, X: Array) -> tuple[Array, Array]:
    """Whether a test, as read, holds for rows, and where rounding leaves that open."""
    about = test.about
    if isinstance(about, ConstantTest):
        return np.full(len(X), about.true), np.zeros(len(X), bool)
    if isinstance(about, CategoryTest):
        return X[:, [about.span.first + i for i in about.members]].sum(axis=1) == 1, np.zeros(
            len(X), bool
        )
    assert isinstance(about, SumTest)
    values = [Fraction(evaluate_form(about.form, row)) for row in X.tolist()]
    found, near = np.ones(len(X), bool), np.zeros(len(X), bool)
    for limit, low in ((about.low, True), (about.high, False)):
        if limit is not None:
            inside = [v > limit.bound or v < limit.bound for v in values]
            side = [
                (v > limit.bound) == low if apart else limit.included
                for v, apart in zip(values, inside, strict=True)
            ]
            found &= np.array(side)
            near |= np.array(
                [abs(float(v) - limit.bound) < 1e-9 * (1 + about.form.size) for v in values]
            )
    return found, near


def mixed_rules(seed: int) -> RuleSet:
    domain, net = mixed(), random_network(seed, d=8, K=4, m=2)
    net = replace(net, A=net.A * np.array([0.02, 1, 1, 1, 1, 0.2, 1, 1]), C=np.round(net.C, 1))
    graph = Graph(domain.names, ("y0", "y1"), net, networkx.DiGraph(), columns=COLUMNS)
    return rr.extract(graph, domain=domain)


def mixed_rows(random: np.random.Generator, count: int) -> Array:
    X = np.zeros((count, 8))
    X[:, 0], X[:, 5] = random.integers(0, 100, count), random.uniform(0, 10, count)
    X[np.arange(count), 1 + random.integers(0, 4, count)] = 1
    X[np.arange(count), 6 + random.integers(0, 2, count)] = 1
    return X


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_read_conditions_hold_where_the_rule_applies_and_nowhere_else(seed: int) -> None:
    rules = mixed_rules(seed)
    X = mixed_rows(np.random.default_rng(seed), 200)
    for rule, read in zip(rules, word_rules(rules).rules, strict=True):
        found, near = np.ones(len(X), bool), np.zeros(len(X), bool)
        for test in read.tests:
            held, open_ = holds_for(test, X)
            found, near = found & held, near | open_
        expected = np.ones(len(X), bool)
        for c in rule.conditions:
            value = X @ c.half_space.normal - c.half_space.bound
            expected &= (value >= 0) == c.holds
            near |= np.abs(value) < 1e-9
        assert (found == expected)[~near].all()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_formulas_as_shown_are_the_formulas_up_to_the_error_that_is_told(seed: int) -> None:
    net = random_network(seed, d=3, K=2, m=1)
    scale = 10.0 ** np.random.default_rng(seed).integers(-5, 6, 3)
    domain = rr.Domain.box(-scale, 3 * scale, ["x", "y", "z"])
    rules = rules_of(replace(net, A=net.A / scale, C=net.C / scale), domain)
    X = np.random.default_rng(1).uniform(domain.lower, domain.upper, (50, 3))
    for rule, read in zip(rules, word_rules(rules).rules, strict=True):
        (formula,) = read.formulas
        text = write_ascii(formula.phrase).replace(",", "")
        shown = np.array([eval(text, {}, dict(zip("xyz", row, strict=True))) for row in X.tolist()])
        exact = X @ rule.map.weights[0] + rule.map.constants[0]
        error = bound_display_error(domain, formula.form, formula.step)
        assert np.abs(shown - exact).max() <= error * (1 + 1e-9) + 1e-12
        assert error <= 5e-5 * formula.form.size + 1e-9 + 1e-5 * abs(formula.form.constant)


def test_pinned_columns_are_folded_into_the_bound() -> None:
    domain = rr.Domain.box([0, 2], [9, 2], ["a", "b"])
    assert said(domain, ([1.0, 3.0], 10.0, True)) == ["a >= 4"]
    assert said(domain, ([0, 1.0], 5.0, True)) == ["never, within the domain"]
    assert said(domain, ([0, 1.0], 5.0, False)) == []


def test_open_sides() -> None:
    domain = rr.Domain.unbounded(["a", "b"])
    assert said(domain, ([1.0, -1 / 3], 2 / 3, True)) == ["a >= 0.333333 * b + 0.666667"]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
def test_what_is_written_holds_where_the_rule_applies(seed: int) -> None:
    """The symbols themselves, computed with their own rounded numbers, but for rows near a
    boundary.
    """
    random = np.random.default_rng(seed)
    names = ["x0", "x1", "x2"]
    domain = rr.Domain.box([-4, -4, -3000], [4, 4, 9000], names)
    domain = replace(domain, integer=np.array([True, False, False]))
    sparse = random.random((4, 3)) < random.choice([0.4, 0.7, 1.0])
    net = random_network(seed, d=3, K=4, m=1)
    rules = rules_of(
        replace(net, A=net.A * sparse * np.array([1, 1, 1e-3]), C=net.C * np.array([1, 1, 1e-3])),
        domain,
    )
    X = random.uniform(domain.lower, domain.upper, (150, 3))
    X[:, 0] = X[:, 0].round()
    reading = word_rules(rules)
    for rule, read in zip(rules, reading.rules, strict=True):
        near = np.zeros(len(X), bool)
        for c in rule.conditions:
            size = np.abs(c.half_space.normal) @ domain.widths
            near |= np.abs(X @ c.half_space.normal - c.half_space.bound) < 1e-3 * size
        expected = np.ones(len(X), bool)
        for c in rule.conditions:
            expected &= (X @ c.half_space.normal >= c.half_space.bound) == c.holds
        for row, holds in zip(X[~near].tolist(), expected[~near].tolist(), strict=True):
            values = dict(zip(names, row, strict=True))
            values |= {s.name: eval(plain_text(s.phrase), {}, dict(values)) for s in reading.sums}
            assert holds == all(eval(plain_text(test.symbols), {}, values) for test in read.tests)


def plain_text(phrase: Phrase) -> str:
    """A phrase as Python takes it."""
    text = write_ascii(phrase).replace(",", "")
    return "False" if text.startswith("never") else text.replace(" = ", " == ")


BIKES = replace(
    rr.Domain.box([0, 0, 0], [23, 1, 1], ["hr", "workingday", "temp"]),
    integer=np.array([True, True, False]),
)


@pytest.mark.parametrize(
    ("normal", "bound", "holds", "words"),
    [
        (
            [1, -8.7, 0], 7.1, True,
            "hr is at least 8 where workingday is 0; hr is at least 16 where workingday is 1",
        ),
        ([0.0302, 1, 0], 1.17, False, ("always where workingday is 0; hr is below 6 where "
                                      "workingday is 1")),
        ([1, 40, 0], 40.5, True, ("never where workingday is 0; hr is at least 1 where workingday "
                                 "is 1")),
        (
            [0, 0.5, -1], -0.25, True,
            ("temp is at most 0.25 where workingday is 0; temp is at most 0.75 where workingday "
            "is 1"),
        ),
        ([0, 1, 1], 0.5, False, ("temp is below 0.5 where workingday is 0; never where workingday "
                                "is 1")),
    ],
)  # fmt: skip
def test_a_column_of_few_values_is_told_case_by_case(
    normal: list[float], bound: float, holds: bool, words: str
) -> None:
    assert said(BIKES, (normal, bound, holds), words=True) == [words]


def test_a_category_beside_a_number_is_told_case_by_case() -> None:
    tests = ([0, 5.0, 0, 0, 0, 1.0, 0, 0], 8.0, True)
    told = "debt is at least 3 where job is 'a'; debt is at least 8 elsewhere"
    assert said(mixed(), tests, words=True) == [told]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_cases_say_the_same_as_the_condition(seed: int) -> None:
    random = np.random.default_rng(seed)
    normal = np.round(random.normal(size=3) * [1, 8, 12], 2)
    normal[random.choice([0, 2])] = 0.0
    bound, holds = round(float(random.normal() * 8), 2), bool(random.integers(2))
    rules = with_conditions(BIKES, (normal.tolist(), bound, holds))
    (rule,) = word_rules(rules).rules
    X = np.column_stack(
        [random.integers(0, 24, 80), random.integers(0, 2, 80), random.uniform(0, 1, 80)]
    ).astype(float)
    for test in rule.tests:
        cases = split_into_cases(test.about, BIKES) if isinstance(test.about, SumTest) else None
        if cases is None:
            continue
        other, asked = cases
        for row in X:
            (case,) = (c for c in asked if c.value == evaluate_term(other, row.tolist()))
            value = row @ normal - bound
            if abs(value) > 1e-9:
                told = case.test
                if isinstance(told, SumTest):
                    told = bool(holds_for(test._replace(about=told), row[None])[0][0])
                assert told == ((value >= 0) == holds)
