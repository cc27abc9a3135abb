"""Numbers as people read them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relurules.wording.numbers import (
    format_bound,
    format_number,
    format_percent,
    format_short,
    round_apart,
    round_number,
    split_exponent,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-2.5, "-2.5"),
        (0.00012, "0.00012"),
        (9999.5, "9999.5"),
        (12500.0, "12,500"),
        (-1234567.25, "-1,234,567.25"),
        (1e9, "1e9"),
        (2.5e12, "2.5e12"),
        (1.5e-7, "1.5e-7"),
        (-3e-300, "-3e-300"),
        (1e16, "1e16"),
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
    ],
)
def test_written(value: float, text: str) -> None:
    assert format_number(value) == text


@given(FINITE)
def test_written_numbers_are_the_numbers_to_six_digits(value: float) -> None:
    text = format_number(float(f"{value:.6g}"))
    assert float(text.replace(",", "")) == pytest.approx(value, rel=6e-6, abs=1e-320)


@given(FINITE, st.floats(0, 10))
def test_rounded_keeps_to_the_step_or_has_six_digits(value: float, step: float) -> None:
    found = round_number(value, step)
    assert abs(found - value) <= step or found == float(f"{value:.6g}")
    assert found == float(f"{found:.6g}")


def test_rounded_takes_no_more_digits_than_it_needs() -> None:
    assert round_number(1.23456, 0.001) == 1.235
    assert round_number(1.23456, 0.0) == 1.23456
    assert round_number(123.456, 100.0) == 123.5


@given(st.lists(FINITE.filter(lambda v: v != 0), min_size=1, max_size=6), st.floats(0, 10))
def test_numbers_that_differ_look_different(values: list[float], step: float) -> None:
    shown = round_apart(values, step)
    assert len(set(shown.values())) == len(set(values))
    assert round_apart([1.00001, 1.00002], 0.1) == {1.00001: 1.00001, 1.00002: 1.00002}


def test_short_and_percent() -> None:
    assert format_short(0.123456) == "0.1235"
    assert format_short(123456.0, 3) == "123,000"
    assert format_percent(0.1234) == "12.3\u00a0%"


@given(st.floats(5e-324, 1e308), st.sampled_from([0, 1, 2]))
def test_bounds_are_never_below_what_they_bound(value: float, steps: int) -> None:
    """Just above a number of three digits too, where a share more isn't a digit more."""
    start = float(f"{value:.2e}")
    for _ in range(steps):
        start = math.nextafter(start, math.inf)
    for bound in (value, start):
        text = format_bound(bound)
        shown = float(text.replace(",", ""))
        assert bound <= shown
        assert shown <= bound * 1.0101 or bound < 1e-305
        assert shown == float(f"{shown:.2e}")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.1, "0.1"),
        (1.0, "1"),
        (1.0000000000000002, "1.01"),
        (1e-20, "1e-20"),
        (1.0000000000000001e-20, "1.01e-20"),
        (10000.000000000002, "10,100"),
        (0.00123456, "0.00124"),
        (9.991, "10"),
        (math.inf, "inf"),
    ],
)
def test_bounds_have_three_digits(value: float, text: str) -> None:
    assert format_bound(value) == text


def test_exponents_have_no_zero_before_them() -> None:
    assert split_exponent("-3.24e-06") == ("-3.24", "-6")
    assert split_exponent("1e+20") == ("1", "20")
    assert split_exponent("3.24") == ("3.24", "")
    assert split_exponent("one of them") == ("one of them", "")
