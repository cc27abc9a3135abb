"""Half-spaces free of their scale: the same rows, by exact rationals, at weights of any size."""

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import Condition, HalfSpace
from relurules.wording.forms import Form, list_spans
from relurules.wording.half_spaces import (
    CategoryTest,
    ConstantTest,
    PlainTest,
    SumLimit,
    SumTest,
    bound_form,
    evaluate_form,
    intersect_tests,
    limit_one_side,
    simplify_condition,
)

COLUMNS = (
    Column("age"),
    Column("job", (Category(("a",)), Category(("b", "c")), Category((), missing=True))),
    Column("debt"),
)


def make_domain() -> rr.Domain:
    domain = rr.Domain.over(COLUMNS).bounded({"age": (18.0, 30.0), "debt": (-2.0, 2.0)})
    return replace(domain, integer=np.array([True, *domain.integer[1:]]))


def list_rows() -> np.ndarray:
    rows = [
        [age, *np.eye(3)[job], debt]
        for age, job, debt in itertools.product(range(18, 31), range(3), np.linspace(-2, 2, 17))
    ]
    return np.array(rows, dtype=float)


ROWS = list_rows()


def read(domain: rr.Domain, normal: list[float], bound: float, holds: bool) -> PlainTest:
    return simplify_condition(
        domain, list_spans(domain), Condition(HalfSpace(np.array(normal), bound, None, 0), holds)
    )


def is_met(test: PlainTest, row: list[float]) -> bool:
    if isinstance(test, ConstantTest):
        return test.true
    if isinstance(test, CategoryTest):
        return any(row[test.span.first + i] == 1 for i in test.members)
    value = sum(
        Fraction(t.coefficient) * sum(Fraction(row[j]) for j in t.coordinates)
        for t in test.form.terms
    )
    low, high = test.low, test.high
    above = low is None or value > Fraction(low.bound) or (low.included and value == low.bound)
    return above and (
        high is None or value < Fraction(high.bound) or (high.included and value == high.bound)
    )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(-4, 4), min_size=5, max_size=5),
    st.integers(-80, 80),
    st.booleans(),
    st.integers(-300, 290),
)
def test_the_same_rows_at_every_scale(
    weights: list[int], bound: int, holds: bool, power: int
) -> None:
    scale = 2.0**power
    normal = [w * scale for w in weights]
    test = read(make_domain(), normal, bound / 2 * scale, holds)
    for row in ROWS[::5].tolist():
        total = sum(w * Fraction(v) for w, v in zip(weights, row, strict=True))
        gap = total - Fraction(bound, 2)
        if gap == 0 or abs(gap) > Fraction(1, 10**6):
            # What is a third of a sum is rounded, so that a row on the boundary may move.
            if (
                gap == 0
                and isinstance(test, SumTest)
                and not test.whole
                and abs(normal[0]) != abs(normal[-1])
            ):
                continue
            assert is_met(test, row) == ((gap >= 0) == holds)
    if isinstance(test, SumTest):
        assert test.form.terms[0].coefficient == 1.0
        assert test.form.constant == 0.0
        assert (test.low is None) != (test.high is None)
        same = read(make_domain(), weights, bound / 2, holds)  # type: ignore[arg-type]
        assert same == test


def test_nothing_within_the_domain_changes_a_constant() -> None:
    domain = make_domain()
    for bound, holds in itertools.product((-1.0, 0.0, 1.0), (True, False)):
        assert read(domain, [0.0] * 5, bound, holds) == ConstantTest((bound <= 0) == holds)
    # All categories have the same: exactly one holds.
    assert read(domain, [0.0, 2.0, 2.0, 2.0, 0.0], 1.0, True) == ConstantTest(True)
    pinned = domain.bounded({"age": (20.0, 20.0)})
    assert read(pinned, [1.0, 0, 0, 0, 0], 21.0, False) == ConstantTest(True)


def test_categories_that_decide_alone() -> None:
    found = read(make_domain(), [0.01, 5.0, 0.0, 9.0, 0.1], 4.0, True)
    assert isinstance(found, CategoryTest)
    assert found.members == (0, 2)
    other = read(make_domain(), [0.01, 5.0, 0.0, 9.0, 0.1], 4.0, False)
    assert isinstance(other, CategoryTest)
    assert other.members == (1,)
    assert isinstance(read(make_domain(), [0.2, 5.0, 0.0, 9.0, 0.1], 4.0, True), SumTest)


@pytest.mark.parametrize(
    ("cut", "from_below", "included", "whole", "low", "high"),
    [
        (Fraction(7, 2), True, True, True, (4.0, True), None),
        (Fraction(7, 2), True, False, True, (4.0, True), None),
        (Fraction(3), True, True, True, (3.0, True), None),
        (Fraction(3), True, False, True, (4.0, True), None),
        (Fraction(3), False, True, True, None, (4.0, False)),
        (Fraction(3), False, False, True, None, (3.0, False)),
        (Fraction(-7, 2), False, True, True, None, (-3.0, False)),
        (Fraction(7, 2), True, False, False, (3.5, False), None),
        (Fraction(7, 2), False, True, False, None, (3.5, True)),
    ],
)
def test_cuts_of_whole_numbers_are_whole(
    cut: Fraction, from_below: bool, included: bool, whole: bool, low: object, high: object
) -> None:
    plain = SumTest(form=Form(0.0, ()), key=(), whole=whole)
    found = limit_one_side(plain, cut, from_below=from_below, included=included)
    assert (found.low, found.high) == (low, high)


def test_ranges_and_values_of_forms() -> None:
    domain = make_domain()
    test = read(domain, [1.0, 3.0, 0.0, 0.0, -2.0], 20.0, True)
    assert isinstance(test, SumTest)
    values = [evaluate_form(test.form, row) for row in ROWS.tolist()]
    low, high = bound_form(domain, test.form)
    assert [low, high] == pytest.approx([min(values), max(values)])


LIMIT = st.tuples(st.booleans(), st.integers(-3, 3), st.booleans())


@given(st.lists(LIMIT, min_size=2, max_size=4))
def test_both_limits_are_the_tighter_ones(limits: list[tuple[bool, int, bool]]) -> None:
    plain = read(make_domain(), [0, 0, 0, 0, 1.0], 0.0, True)
    assert isinstance(plain, SumTest)
    tests = [
        replace(
            plain,
            low=SumLimit(float(bound), included) if below else None,
            high=None if below else SumLimit(float(bound), included),
        )
        for below, bound, included in limits
    ]
    joined = tests[0]
    for test in tests[1:]:
        joined = intersect_tests(joined, test)
    for debt in np.arange(-4, 4.1, 0.5).tolist():
        row = [0.0, 0, 0, 0, debt]
        assert is_met(joined, row) == all(is_met(test, row) for test in tests)
