"""A test of two columns told case by case holds for the rows for which the test itself does."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import Condition, HalfSpace
from relurules.wording.cases import split_into_cases
from relurules.wording.forms import list_spans
from relurules.wording.half_spaces import SumLimit, SumTest, evaluate_term, simplify_condition


def make_domain(*, whole: tuple[bool, bool], few: tuple[float, float]) -> rr.Domain:
    domain = rr.Domain.box([-6, few[0]], [9, few[1]], ["age", "level"])
    return replace(domain, integer=np.array(whole))


def read_test(domain: rr.Domain, normal: list[float], bound: float, holds: bool) -> object:
    condition = Condition(HalfSpace(np.array(normal), bound, None, 0), holds)
    return simplify_condition(domain, list_spans(domain), condition)


def holds_at(test: SumTest | bool, value: Fraction) -> bool:
    """A test of one column at its value."""
    if isinstance(test, bool):
        return test
    value *= Fraction(test.form.terms[0].coefficient)
    low, high = test.low, test.high
    above = low is None or value > Fraction(low.bound) or (low.included and value == low.bound)
    return above and (
        high is None or value < Fraction(high.bound) or (high.included and value == high.bound)
    )


COEFFICIENTS = st.integers(-8, 8).filter(bool).map(lambda n: n / 4)


@settings(max_examples=60, deadline=None)
@given(
    COEFFICIENTS,
    COEFFICIENTS,
    st.integers(-20, 20),
    st.booleans(),
    st.booleans(),
    st.integers(1, 2),
)
def test_cases_are_the_test(
    first: float, second: float, bound: int, holds: bool, whole: bool, most: int
) -> None:
    """Exact: coefficients are quarters, so that all sums are."""
    domain = make_domain(whole=(whole, True), few=(0, most))
    test = read_test(domain, [first, second], bound / 2, holds)
    if not isinstance(test, SumTest) or len(test.form.terms) < 2:
        return
    found = split_into_cases(test, domain)
    assert found is not None
    other, cases = found
    assert other.coordinates == (1,)
    assert [case.value for case in cases] == [float(level) for level in range(most + 1)]
    step = 1 if whole else Fraction(1, 4)
    ages = [Fraction(-6) + i * step for i in range(int(15 / step) + 1)]
    for case in cases:
        for age in ages:
            total = Fraction(first) * age + Fraction(second) * Fraction(case.value)
            wanted = (total >= Fraction(bound, 2)) == holds
            near = (
                isinstance(case.test, SumTest)
                and not whole
                and abs(
                    age - Fraction((case.test.low or case.test.high).bound)  # type: ignore[union-attr]
                )
                < Fraction(1, 10**12)
            )
            assert near or holds_at(case.test, age) == wanted
        if isinstance(case.test, SumTest) and whole:
            limit = case.test.low or case.test.high
            assert isinstance(limit, SumLimit)
            assert limit.bound.is_integer()


@pytest.mark.parametrize(
    ("normal", "bound", "holds", "tests"),
    [
        ([1.0, 8.0], 8.0, True, [(8.0, "low"), (0.0, "low")]),
        ([1.0, -12.0], -7.0, True, [True, (5.0, "low")]),
        ([-1.0, 4.0], -5.0, True, [(6.0, "high"), True]),
        ([0.75, 0.25], -0.5, False, [(0.0, "high"), (-1.0, "high")]),
        ([3.0, 1.0], 4.0, True, [(2.0, "low"), (1.0, "low")]),
    ],
)
def test_cases_by_hand(normal: list[float], bound: float, holds: bool, tests: list[object]) -> None:
    """The last two are cuts at whole numbers, which thirds miss by rounding."""
    domain = make_domain(whole=(True, True), few=(0, 1))
    test = read_test(domain, normal, bound, holds)
    assert isinstance(test, SumTest)
    found = split_into_cases(test, domain)
    assert found is not None
    shown: list[object] = []
    for case in found[1]:
        if isinstance(case.test, bool):
            shown.append(case.test)
            continue
        limit = case.test.low or case.test.high
        assert limit is not None
        shown.append((limit.bound, "low" if case.test.low else "high"))
    assert shown == tests


def test_a_choice_of_categories_has_two_cases() -> None:
    columns = (Column("age"), Column("job", (Category(("a",)), Category(("b",)), Category(("c",)))))
    domain = rr.Domain.over(columns).bounded({"age": (0.0, 99.0)})
    test = read_test(domain, [1.0, 10.0, 0.0, 0.0], 35.0, True)
    assert isinstance(test, SumTest)
    found = split_into_cases(test, domain)
    assert found is not None
    other, cases = found
    assert [case.value for case in cases] == [1.0, 0.0]
    for job in range(3):
        for age in np.linspace(0, 99, 100).tolist():
            row = np.array([age, *np.eye(3)[job]])
            (case,) = (c for c in cases if c.value == evaluate_term(other, row.tolist()))
            assert holds_at(case.test, Fraction(age)) == (age + 10 * row[1] >= 35)


def test_what_is_not_told_by_cases() -> None:
    many = make_domain(whole=(True, True), few=(0, 3))
    test = read_test(many, [1.0, 5.5], 8.0, True)
    assert isinstance(test, SumTest)
    assert split_into_cases(test, many) is None  # four values
    few = make_domain(whole=(True, True), few=(0, 1))
    assert split_into_cases(replace(test, high=SumLimit(9.0, included=False)), few) is None
    assert (
        split_into_cases(replace(test, form=test.form._replace(terms=test.form.terms[:1])), few)
        is None
    )
    parts = make_domain(whole=(False, False), few=(0, 1))
    assert split_into_cases(test, parts) is None
