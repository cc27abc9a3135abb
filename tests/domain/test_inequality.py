"""Inequalities as users type them: what is read, and what is refused without being evaluated."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relurules.domain.inequality import parse_inequality
from relurules.errors import DomainError

NAMES = ("a", "b", "mean radius", "x`", "class", "größe", "_q0_")


@pytest.mark.parametrize(
    ("text", "coefficients", "bound"),
    [
        ("a <= 1", {"a": 1}, 1),
        ("a >= 1", {"a": -1}, -1),
        ("1 <= a", {"a": -1}, -1),
        ("a + 2*b <= 1", {"a": 1, "b": 2}, 1),
        ("a*2 - b/4 >= 3", {"a": -2, "b": 0.25}, -3),
        ("a + 1 <= 3 - b", {"a": 1, "b": 1}, 2),
        ("-(a - 2) <= +b", {"a": -1, "b": -1}, -2),
        ("2*(a + 3*(b - 1)) <= 0", {"a": 2, "b": 6}, 6),
        ("1e-3*a <= 2.5E+2", {"a": 0.001}, 250),
        ("(1 + 1) * a <= 6 / 3", {"a": 2}, 2),
        ("a + a <= b + b", {"a": 2, "b": -2}, 0),
        ("a <= a + b", {"b": -1}, 0),
        ("`mean radius` + `a` <= 1", {"mean radius": 1, "a": 1}, 1),
        ("2*`class` <= `größe`", {"class": 2, "größe": -1}, 0),
        ("größe <= 1", {"größe": 1}, 1),
        ("  a <= 1\n", {"a": 1}, 1),
        ("`x``` + `a` <= 1", {"x`": 1, "a": 1}, 1),
    ],
)
def test_reads(text: str, coefficients: dict[str, float], bound: float) -> None:
    assert parse_inequality(text, NAMES) == (coefficients, bound)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a * b <= 1", "a product of columns"),
        ("a / b <= 1", "a product of columns, or a division by a column"),
        ("a / 0 <= 1", "by zero"),
        ("a // 2 <= 1", "product of columns, or a division"),
        ("a ** 2 <= 1", "a product of columns"),
        ("c <= 1", "'c', which is no column; columns:"),
        ("`mean  radius` <= 1", "'mean  radius', which is no column"),
        ("`` <= 1", "'', which is no column"),
        ("a == 1", "no single <= or >="),
        ("a < 1", "no single <= or >="),
        ("0 <= a <= 1", "no single <= or >="),
        ("a", "no single <= or >="),
        ("a <= 1 and b <= 1", "no single <= or >="),
        ("abs(a) <= 1", "abs(a)"),
        ("().__class__ <= 1", "().__class__"),
        ("a.real <= 1", "a.real"),
        ("__import__('os').system('true') <= a", "__import__"),
        ("[1][0] <= a", "[1][0]"),
        ("(lambda: 1) <= a", "lambda"),
        ("'1' <= a", "'1'"),
        ("True <= a", "True"),
        ("1j <= a", "1j"),
        ("~a <= 1", "~a"),
        ("(a if b else 1) <= 1", "if"),
        ("", "can't be read"),
        ("a + <= 1", "can't be read"),
        ("a <= 1; b <= 1", "can't be read"),
        ("a\0 <= 1", "can't be read"),
        ("mean radius <= 1", "can't be read"),
        ("`a <= 1", "can't be read"),
        ("1 <= 2", "names no column"),
        ("a - a <= 1", "names no column"),
        ("0*a <= 1", "names no column"),
    ],
)
def test_refuses(text: str, said: str) -> None:
    with pytest.raises(DomainError) as raised:
        parse_inequality(text, NAMES)
    assert said in str(raised.value)
    assert repr(text) in str(raised.value)


@pytest.mark.parametrize("found", [3, None, b"a <= 1"], ids=str)
def test_refuses_what_is_no_text(found: Any) -> None:
    with pytest.raises(DomainError, match="a constraint must be text such as"):
        parse_inequality(found, NAMES)


def test_quoting_never_hides_a_column_of_the_users() -> None:
    assert parse_inequality("`mean radius` - 2*_q0_ <= 1", NAMES) == (
        {"mean radius": 1.0, "_q0_": -2.0},
        1.0,
    )


def test_integer_too_large_for_float64_is_refused() -> None:
    with pytest.raises(DomainError):
        parse_inequality("a <= 1" + "0" * 400, NAMES)


def test_sum_of_many_columns() -> None:
    names = [f"x{i}" for i in range(1500)]
    coefficients, bound = parse_inequality(" + ".join(names) + " <= 1", names)
    assert coefficients == dict.fromkeys(names, 1.0)
    assert bound == 1.0


def test_nesting_beyond_reason_is_refused() -> None:
    with pytest.raises(DomainError):
        parse_inequality("-" * 5000 + "a <= 1", NAMES)


NUMBER = st.floats(-1e9, 1e9, allow_nan=False)


@given(NUMBER, NUMBER, NUMBER, NUMBER, st.tuples(NUMBER, NUMBER), st.sampled_from(["<=", ">="]))
def test_means_what_it_says(
    p: float, q: float, r: float, s: float, at: tuple[float, float], sense: str
) -> None:
    if p - r == 0 and q == 0:
        return
    text = f"{p!r} * a + b * {q!r} {sense} {r!r} * a - ({s!r})"
    coefficients, bound = parse_inequality(text, ("a", "b"))
    a, b = at
    sign = 1.0 if sense == "<=" else -1.0
    left, right = coefficients.get("a", 0.0) * a + coefficients.get("b", 0.0) * b, bound
    expected = sign * (p * a + q * b - r * a + s)
    room = 1e-12 * (abs(p * a) + abs(q * b) + abs(r * a) + abs(s)) + 1e-300
    assert left - right == pytest.approx(expected, abs=room)
