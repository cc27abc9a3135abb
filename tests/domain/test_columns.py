"""Raw columns become coordinates and come back; categories, fills, missing and unknown values."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import relurules as rr
from relurules.domain.columns import Category, Column, make_missing_column, name_coordinates
from relurules.domain.domain_json import domain_from_json, domain_to_json
from relurules.domain.encoding import (
    decode_rows,
    encode_table,
    read_raw_arrays,
    read_raw_columns,
)
from relurules.errors import DataError, DomainError

AGE = Column("age", fill=40.0)
JOB = Column("job", (Category(("a", "b")), Category(("c",), missing=True), Category(other=True)))
GRADE = Column("grade", (Category((1.0,)), Category((2.5,))))
COLUMNS = (AGE, JOB, GRADE)
FRAME = {"age": [30, None, 50, 60], "job": ["a", "c", None, "z"], "grade": [1.0, 2.5, 1.0, 3.0]}
EXPECTED = [[30, 1, 0, 0, 1, 0], [40, 0, 1, 0, 0, 1], [50, 0, 1, 0, 1, 0], [60, 0, 0, 1, 0, 0]]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_a_frame_in_coordinates(make: Any) -> None:
    assert encode_table(make(FRAME), COLUMNS).tolist() == EXPECTED


@pytest.mark.parametrize("kind", ["category", "object", "string"])
def test_every_kind_of_text_column(kind: str) -> None:
    assert encode_table(pd.DataFrame(FRAME).astype({"job": kind}), COLUMNS).tolist() == EXPECTED


def test_arrays_by_position() -> None:
    raw = np.array([[30, "a", 1.0], [None, "c", 2.5]], dtype=object)
    assert encode_table(raw, COLUMNS).tolist() == EXPECTED[:2]
    assert encode_table(np.array(EXPECTED), COLUMNS).tolist() == EXPECTED


def test_an_array_of_text_as_wide_as_its_coordinates() -> None:
    table = np.array([["x", "1"], ["x", "1"]])
    domain = rr.Domain.from_data(table)
    assert domain.names == ("x0 = 'x'", "x1 = '1'")
    assert domain.rows(table).tolist() == [[1, 1], [1, 1]]


def test_names_of_coordinates() -> None:
    many = Column(
        "c", (Category(("v0",)), Category(("v1",)), Category(tuple("pqrstu"), other=True))
    )
    assert name_coordinates((JOB, many)) == (
        "job in ('a', 'b')",
        "job in ('c', missing)",
        "job is any other value",
        "c = 'v0'",
        "c = 'v1'",
        "c in ('p', 'q', 'r', 's', 3 more)",
    )
    assert name_coordinates((Column("it's", (Category(("o'x",)), Category((3.0,)))),)) == (
        "it's = 'o''x'",
        "it's = 3",
    )


@given(
    st.lists(
        st.tuples(st.floats(-1e9, 1e9), st.integers(0, 2), st.integers(0, 1)),
        min_size=1,
        max_size=20,
    )
)
def test_what_is_decoded_encodes_to_the_same(rows: list[tuple[float, int, int]]) -> None:
    X = np.array([[age, *np.eye(3)[job], *np.eye(2)[grade]] for age, job, grade in rows])
    assert np.array_equal(encode_table(pd.DataFrame(decode_rows(X, COLUMNS)), COLUMNS), X)
    assert read_raw_columns(X, COLUMNS) == decode_rows(X, COLUMNS)


def test_columns_of_numbers_as_arrays() -> None:
    """A missing number is NaN there, and None among values."""
    found, listed = (
        read(pd.DataFrame(FRAME), COLUMNS) for read in (read_raw_arrays, read_raw_columns)
    )
    assert listed == FRAME
    assert np.array_equal(found["age"], [30, np.nan, 50, 60], equal_nan=True)
    assert (found["job"], found["grade"]) == (FRAME["job"], FRAME["grade"])

    gaps = (AGE, make_missing_column("age"))
    X = np.array([[30.0, 0.0, 1.0], [40.0, 1.0, 0.0]])
    assert np.array_equal(read_raw_arrays(X, gaps)["age"], [30, np.nan], equal_nan=True)
    assert read_raw_columns(X, gaps) == decode_rows(X, gaps) == {"age": [30.0, None]}
    assert decode_rows(X[:, 1:], gaps[1:]) == {"age": [0.0, None]}


def test_many_rows_are_joined_as_few_are() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": np.where(random.random(5000) < 0.1, np.nan, random.integers(20, 80, 5000)),
            "job": random.choice(["a", "c", None, "z"], 5000),
            "grade": random.choice([1.0, 2.5], 5000),
        }
    )
    X = encode_table(frame, COLUMNS)
    parts = [encode_table(frame[at : at + 100], COLUMNS) for at in range(0, 5000, 100)]
    assert np.array_equal(X, np.vstack(parts))
    X[:] = 0.0
    assert (frame["grade"] > 0).all()


def test_a_domain_of_columns_holds_one_category_each() -> None:
    domain = rr.Domain.over(COLUMNS)
    assert domain.contains(np.array(EXPECTED, dtype=float)).tolist() == [
        True,
        True,
        True,
        False,
    ]  # grade 3 is unknown
    assert not domain.contains(
        np.array([[1, 1, 1, 0, 1, 0], [1, 0.5, 0.5, 0, 1, 0], [1, 0, 0, 0, 1, 0]])
    ).any()


def test_from_data_makes_categories_of_text() -> None:
    domain = rr.Domain.from_data(pd.DataFrame({"b": [2, 3, 5], "c": ["y", None, "x"]}))
    assert domain.names == ("b", "c = 'x'", "c = 'y'", "c is missing")
    assert domain.groups == ((1, 2, 3),)
    assert (domain.lower.tolist(), domain.upper.tolist()) == ([2, 0, 0, 0], [5, 1, 1, 1])


def test_from_data_finds_one_hot_columns() -> None:
    random = np.random.default_rng(0)
    hot = np.eye(3)[random.integers(3, size=60)]
    X = np.column_stack([random.integers(0, 2, 60), hot, random.normal(size=60)])
    assert rr.Domain.from_data(X).groups == ((1, 2, 3),)
    assert rr.Domain.from_data(X[:9]).groups == ()
    hot[0] = 1
    assert rr.Domain.from_data(np.column_stack([X[:, 0], hot])).groups == ()


def test_admitting_leaves_other_categories_out() -> None:
    domain = rr.Domain.over(COLUMNS).admitting({"job": ["c"], "grade": [1.0, 2.5]})
    assert domain.lower[1:4].tolist() == [0, 1, 0]
    assert domain.upper[1:4].tolist() == [0, 1, 0]
    X = np.array(EXPECTED[:3], dtype=float)
    assert domain.contains(X).tolist() == [False, True, True]


def test_json_round_trip() -> None:
    domain = rr.Domain.over(COLUMNS).where("age <= 90").admitting({"job": [None, "a"]})
    again = domain_from_json(domain_to_json(domain))
    assert (again.columns, again.groups, again.names) == (
        domain.columns,
        domain.groups,
        domain.names,
    )
    assert np.array_equal(again.upper, domain.upper)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (
            lambda: rr.Domain.over((Column("c", (Category(("a",)), Category(("a",)))),)),
            DomainError,
            "'a' is in two",
        ),
        (
            lambda: rr.Domain.over((Column("c", (Category(),)),)),
            DomainError,
            "a category without any value",
        ),
        (
            lambda: rr.Domain.over((Column("c", (Category(("a",)),), 1.0),)),
            DomainError,
            "can't count as a number",
        ),
        (lambda: rr.Domain.over((AGE, AGE)), DomainError, "'age' twice"),
        (
            lambda: rr.Domain.over(COLUMNS).admitting({"age": ["a"]}),
            DomainError,
            "column 'age' has no categories",
        ),
        (
            lambda: rr.Domain.over(COLUMNS).admitting({"job": ["q"]}),
            DomainError,
            "has no category 'q'; it has 'a', 'b'",
        ),
        (
            lambda: rr.Domain.over(COLUMNS).admitting({"job": []}),
            DomainError,
            "no category is left",
        ),
        (
            lambda: rr.Domain.over(COLUMNS).renamed(list("abcdef")),
            DomainError,
            "takes its names from its columns",
        ),
        (
            lambda: rr.Domain.over((AGE,)).aligned(COLUMNS),
            DomainError,
            "the domain lacks the column 'job'",
        ),
        (
            lambda: encode_table(pd.DataFrame({"age": [1]}), COLUMNS),
            DataError,
            "lacks 2 of 3 columns: 'job', 'grade'",
        ),
        (
            lambda: encode_table(pd.DataFrame({**FRAME, "age": "old"}), COLUMNS),
            DataError,
            "column 'age', row 0: found 'old'",
        ),
        (
            lambda: encode_table(np.zeros((2, 5)), COLUMNS),
            DataError,
            "(rows, 3), found shape (2, 5)",
        ),
    ],
)
def test_refuses(call: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as raised:
        call()
    assert said in str(raised.value)
