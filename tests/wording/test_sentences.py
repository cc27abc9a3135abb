"""Tests of sums as symbols and words: exact sentences, and numbers that test what they say."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import Condition, HalfSpace
from relurules.wording.forms import choose_step, list_spans
from relurules.wording.half_spaces import (
    SumTest,
    evaluate_form,
    intersect_tests,
    simplify_condition,
)
from relurules.wording.numbers import round_apart
from relurules.wording.phrases import write_ascii
from relurules.wording.sentences import (
    SumStyle,
    phrase_choice,
    phrase_never,
    write_in_symbols,
    write_in_words,
)

BOX = rr.Domain.box([-50, -50, -50], [50, 50, 50], ["a", "b", "c"])


def make_test(domain: rr.Domain, *conditions: tuple[list[float], float, bool]) -> SumTest:
    tests = [
        simplify_condition(
            domain,
            list_spans(domain),
            Condition(HalfSpace(np.array(normal), bound, None, 0), holds),
        )
        for normal, bound, holds in conditions
    ]
    joined = tests[0]
    for test in tests[1:]:
        assert isinstance(joined, SumTest)
        assert isinstance(test, SumTest)
        joined = intersect_tests(joined, test)
    assert isinstance(joined, SumTest)
    return joined


def style(domain: rr.Domain, test: SumTest, name: str = "") -> SumStyle:
    step = choose_step(domain, test.form)
    bounds = [limit.bound for limit in (test.low, test.high) if limit is not None]
    return SumStyle(name, test.form, step, round_apart(bounds, step))


def say(
    domain: rr.Domain, *conditions: tuple[list[float], float, bool], name: str = ""
) -> tuple[str, str]:
    test = make_test(domain, *conditions)
    shown = style(domain, test, name)
    return (
        write_ascii(write_in_symbols(test, shown, domain)),
        write_ascii(write_in_words(test, shown, domain)),
    )


@pytest.mark.parametrize(
    ("conditions", "symbols", "words"),
    [
        ([([1, 0, 0], 0.5, True)], "a >= 0.5", "a is at least 0.5"),
        ([([1, 0, 0], 0.5, False)], "a < 0.5", "a is below 0.5"),
        ([([-1, 0, 0], 0.5, True)], "a <= -0.5", "a is at most -0.5"),
        ([([-1, 0, 0], 0.5, False)], "a > -0.5", "a is above -0.5"),
        (
            [([1, 0, 0], -1.0, True), ([1, 0, 0], 2.0, False)],
            "-1 <= a < 2",
            "a is at least -1 and below 2",
        ),
        (
            [([-1, 0, 0], 1.0, False), ([-1, 0, 0], -2.0, True)],
            "-1 < a <= 2",
            "a is above -1 and at most 2",
        ),
        ([([1, -1, 0], 0.0, False)], "a < b", "a is below b"),
        ([([1, -2, 0], 6.0, True)], "b <= 0.5 * a - 3", "b is at most 0.5 times a minus 3"),
        ([([1, -1, 0], -2.5, True)], "a >= b - 2.5", "a is at least b minus 2.5"),
        ([([1, 0.25, 0], 3.0, True)], "a + 0.25 * b >= 3", "a plus 0.25 times b is at least 3"),
    ],
)
def test_sentences(
    conditions: list[tuple[list[float], float, bool]], symbols: str, words: str
) -> None:
    assert say(BOX, *conditions) == (symbols, words)


def test_sums_with_a_name() -> None:
    one = ([1.0, 0.5, 0.25], 3.0, True)
    assert say(BOX, one, name="S1") == ("S1 >= 3", "the weighted sum S1 is at least 3")
    other = ([1.0, 0.5, 0.25], 8.0, False)
    assert say(BOX, one, other, name="S2") == (
        "3 <= S2 < 8",
        "the weighted sum S2 is at least 3 and below 8",
    )


def test_few_whole_numbers_are_a_list() -> None:
    domain = replace(rr.Domain.box([0, 0], [9, 1], ["n", "on"]), integer=np.array([True, True]))
    assert say(domain, ([0, 1.0], 0.5, True)) == ("on = 1", "on is 1")
    assert say(domain, ([1.0, 0], 6.5, True)) == ("n >= 7", "n is 7, 8 or 9")
    assert say(domain, ([1.0, 0], 5.5, True)) == ("n >= 6", "n is at least 6")
    assert say(domain, ([1.0, 0], 3.0, True), ([1.0, 0], 5.0, False)) == (
        "3 <= n < 5",
        "n is 3 or 4",
    )


def test_cases_of_a_second_column() -> None:
    domain = replace(
        rr.Domain.box([0, 0], [23, 1], ["hr", "workingday"]), integer=np.array([True, True])
    )
    assert say(domain, ([1.0, -8.0], 8.0, True))[1] == (
        "hr is at least 8 where workingday is 0; hr is at least 16 where workingday is 1"
    )
    assert say(domain, ([1.0, -30.0], -1.0, True))[1] == "workingday is 0"


def test_cases_of_categories() -> None:
    columns = (Column("age"), Column("job", (Category(("a",)), Category(("b",)), Category(("c",)))))
    domain = rr.Domain.over(columns).bounded({"age": (0.0, 99.0)})
    assert say(domain, ([1.0, 10.0, 0.0, 0.0], 35.0, True))[1] == (
        "age is at least 25 where job is 'a'; age is at least 35 elsewhere"
    )


def test_plain_phrases() -> None:
    assert write_ascii(phrase_never()) == "never, within the domain"
    assert phrase_choice(phrase_never()) == phrase_never()


NUMBERS = st.floats(0.001, 1000).map(lambda v: float(f"{v:.12g}"))


@settings(max_examples=150, deadline=None)
@given(
    st.tuples(NUMBERS, NUMBERS),
    st.tuples(st.booleans(), st.booleans()),
    st.floats(-1, 1),
    st.booleans(),
    st.booleans(),
)
def test_what_is_printed_tests_the_same_rows(
    sizes: tuple[float, float], signs: tuple[bool, bool], place: float, holds: bool, both: bool
) -> None:
    """The symbols, computed by Python, agree with the test but where a row is nearer to its bound
    than rounding may move it.
    """
    normal = [size if sign else -size for size, sign in zip(sizes, signs, strict=True)]
    normal = [*normal, 0.0] if both else [normal[0], 0.0, 0.0]
    bound = place * 40 * sum(abs(w) for w in normal)
    test = make_test(BOX, (normal, bound, holds))
    symbols, _ = say(BOX, (normal, bound, holds))
    text = symbols.replace(",", "")
    X = np.random.default_rng(0).uniform(-50, 50, (200, 3))
    limit = test.low or test.high
    assert limit is not None
    room = 4e-5 * test.form.size + 1e-5 * abs(limit.bound)
    for row in X.tolist():
        value = evaluate_form(test.form, row)
        if abs(value - limit.bound) <= room:
            continue
        wanted = value > limit.bound if test.low else value < limit.bound
        assert eval(text, {}, dict(zip("abc", row, strict=True))) == wanted
