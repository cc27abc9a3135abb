"""Affine forms as text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relurules.emitting.identifiers import make_identifier, make_unique
from relurules.emitting.notation import Notation
from relurules.emitting.sql.dialect import print_double
from relurules.emitting.sql.dialects import DIALECTS
from relurules.emitting.sql.names import quote_name
from relurules.emitting.text.printer import fold_phrase
from relurules.files.templates import flatten_text
from relurules.links.sql import join_in_groups
from relurules.wording import phrases as p

ABC = Notation(repr, ["a", "b", "c"], np.array([1.0, 1.0, 1.0]))


@pytest.mark.parametrize(
    ("coefficients", "constant", "text"),
    [
        ([0, 0, 0], 0.0, "0.0"),
        ([0, 0, 0], -2.5, "-2.5"),
        ([1, 0, 0], 0.0, "a"),
        ([-1, 0, 0], 0.0, "-a"),
        ([0, 2, 0], 1.0, "1.0 + 2.0 * b"),
        ([0, -2, 1], -1.0, "-1.0 - 2.0 * b + c"),
        ([0.5, -2, 1], 0.0, "-2.0 * b + c + 0.5 * a"),
        ([1, 1, 1], 0.0, "a + b + c"),
        ([1e-300, 0, 1e300], 0.0, "1e+300 * c + 1e-300 * a"),
    ],
)
def test_affine(coefficients: list[float], constant: float, text: str) -> None:
    assert ABC.affine(np.array(coefficients, dtype=float), constant) == text


def test_terms_are_sorted_by_what_they_move() -> None:
    notation = Notation(repr, ["age", "pay"], np.array([100.0, 0.01]), " · ")
    assert notation.affine(np.array([0.5, 3.0])) == "0.5 · age + 3.0 · pay"


FINITE = st.floats(-1e100, 1e100, allow_subnormal=True)


@given(st.lists(FINITE, min_size=1, max_size=4), FINITE)
def test_text_evaluates_to_the_form(coefficients: list[float], constant: float) -> None:
    names = [f"c{i}" for i in range(len(coefficients))]
    text = Notation(repr, names, np.ones(len(names))).affine(np.array(coefficients), constant)
    values = {name: 3.0 + i for i, name in enumerate(names)}
    size = abs(constant) + sum(
        abs(w) * v for w, v in zip(coefficients, values.values(), strict=True)
    )
    expected = constant + sum(w * v for w, v in zip(coefficients, values.values(), strict=True))
    assert eval(text, {}, values) == pytest.approx(expected, abs=1e-14 * size)


@pytest.mark.parametrize("count", [99, 100, 101, 250, 10_001])
def test_long_sums_are_bracketed_and_complete(count: int) -> None:
    weights = np.where(np.arange(count) % 2 == 0, 1.0, -3.0)
    text = Notation(repr, [f"c{i}" for i in range(count)], np.ones(count)).affine(weights, 0.5)
    depth = max(text[:i].count("(") - text[:i].count(")") for i in range(0, len(text), 50))
    assert depth <= 3
    assert (
        sum(term.lstrip("(").startswith("c") for term in text.split())
        == (weights == 1).sum() + (weights == -3).sum()
    )
    assert eval(text, {}, {f"c{i}": 2.0 for i in range(count)}) == 0.5 + 2 * weights.sum()


def test_grouped_nests_by_the_logarithm() -> None:
    text = join_in_groups(["1"] * 25_000, "+")
    assert eval(text) == 25_000
    assert "(((" not in text.replace("((1", "(1", 1)


@given(st.floats(min_value=0, allow_nan=False, allow_infinity=False))
def test_sql_literals_are_doubles_and_exact(value: float) -> None:
    text = print_double(value)
    assert "E" in text
    assert float(text) == value


@pytest.mark.parametrize(
    ("name", "text"), [("a", '"a"'), ('a"b', '"a""b"'), ('"', '""""'), ("a'b", '"a\'b"')]
)
def test_sql_names_are_quoted(name: str, text: str) -> None:
    assert quote_name(name, DIALECTS["sqlite"]) == text


@given(st.text())
def test_identifiers_are_ascii_identifiers(name: str) -> None:
    found = make_identifier(name)
    assert found.isascii()
    assert found.isidentifier()
    assert len(found) <= 42
    assert found[0].isalpha()
    assert not found.endswith("_")


@given(st.lists(st.sampled_from(["a", "a_2", "a_2_2", "b", "row"]), max_size=8))
def test_unique_names_differ_and_avoid_what_is_taken(names: list[str]) -> None:
    found = make_unique(names, ["row", "a_3"])
    assert len(set(found)) == len(names)
    assert not {"row", "a_3"} & set(found)


@given(st.text())
def test_one_line_has_no_control_characters(text: str) -> None:
    assert flatten_text(text).isprintable()
    assert len(flatten_text(text)) == len(text)


def test_long_sums_of_the_text_are_folded_between_terms() -> None:
    terms = [
        p.join_tight(p.operator("+"), p.number(f"{i}.5"), p.operator("*"), p.name("long name"))
        for i in range(20)
    ]
    lines = fold_phrase(p.join_loose(*terms)).split("\n")
    assert len(lines) > 1
    assert all(len(line) <= 120 for line in lines)
    assert " ".join(line.strip() for line in lines) == " ".join(
        f"+ {i}.5 * long name" for i in range(20)
    )
    assert fold_phrase(p.join_loose(p.name("a"), p.name("b"))) == "a b"
