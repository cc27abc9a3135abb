"""Domains: where the bounds come from, what lies inside, and normalised coordinates."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from handmade import lines, rules_of
from hypothesis import given
from hypothesis import strategies as st

import relurules as rr
from relurules.domain import row_lengths
from relurules.errors import DataError, DomainError

INF, NAN = float("inf"), float("nan")
BOUND = st.floats(-1e6, 1e6, allow_nan=False)


def test_box_names_its_columns_x0_x1() -> None:
    domain = rr.Domain.box([0, -1], [1, 2])
    assert domain.names == ("x0", "x1")
    assert len(domain) == 2
    assert domain.lower.tolist() == [0.0, -1.0]
    assert domain.upper.tolist() == [1.0, 2.0]
    assert not domain.integer.any()


@pytest.mark.parametrize(
    ("lower", "upper", "names", "said"),
    [
        ([0, NAN], [1, 1], None, "lower must be a list of numbers without NaN"),
        ([0, 0], [1, NAN], None, "upper must be a list of numbers without NaN"),
        ([0, 0], [1], None, "lower has 2 bounds and upper has 1"),
        ([0, 2], [1, 1], ["a", "b"], "column 'b': the bounds [2.0, 1.0]"),
        ([INF], [INF], ["a"], "column 'a': the bounds [inf, inf]"),
        ([-INF], [-INF], ["a"], "column 'a': the bounds [-inf, -inf]"),
        ([[0, 1]], [[1, 2]], None, "lower must be a list of numbers"),
        (0.0, 1.0, None, "lower must be a list of numbers"),
        (["zero"], [1], None, "lower must be a list of numbers"),
        ([0], [1], ["a", "b"], "2 names for 1 columns"),
        ([0, 0], [1, 1], ["a", "a"], "'a' twice"),
        ([0, 0], [1, 1], ["a", ""], "''"),
    ],
)
def test_box_refuses(lower: Any, upper: Any, names: Any, said: str) -> None:
    with pytest.raises(DomainError) as raised:
        rr.Domain.box(lower, upper, names)
    assert said in str(raised.value)


def test_contains_takes_boundaries_and_refuses_missing_and_infinite_values() -> None:
    domain = rr.Domain.box([-INF, 0], [INF, 1])
    X = np.array(
        [[5, 0], [-1e300, 1], [0, 1.0000001], [0, -1e-300], [NAN, 0.5], [INF, 0.5], [0, NAN]]
    )
    assert domain.contains(X).tolist() == [True, True, False, False, False, False, False]


def test_one_sided_bounds() -> None:
    domain = rr.Domain.box([0, -INF], [INF, 0])
    X = np.array([[1e300, -1e300], [-1, -1], [1, 1]])
    assert domain.contains(X).tolist() == [True, False, False]


def test_unbounded_holds_every_finite_row() -> None:
    domain = rr.Domain.unbounded(["a", "b"])
    assert domain.contains(np.array([[1e308, -1e308], [0, 0], [INF, 0]])).tolist() == [
        True,
        True,
        False,
    ]


def test_from_data_reads_pandas_polars_and_arrays_alike() -> None:
    columns = {"a": [1.0, 2.5, NAN], "b": [3.0, 3.0, 4.0]}
    frames = [pd.DataFrame(columns), pl.DataFrame(columns), np.column_stack(list(columns.values()))]
    domains = [rr.Domain.from_data(frame) for frame in frames]
    assert [domain.names for domain in domains] == [("a", "b"), ("a", "b"), ("x0", "x1")]
    for domain in domains:
        assert domain.lower.tolist() == [1.0, 3.0]
        assert domain.upper.tolist() == [2.5, 4.0]
        assert domain.integer.tolist() == [False, True]


def test_from_data_pins_constant_columns() -> None:
    domain = rr.Domain.from_data(pd.DataFrame({"a": [7.5, 7.5], "b": [0, 1]}))
    assert domain.contains(np.array([[7.5, 0.5], [7.6, 0.5]])).tolist() == [True, False]
    assert domain.frame(np.ones(2)).free.tolist() == [1]


@pytest.mark.parametrize(
    ("column", "whole"),
    [
        ([1, 2, 3], True),
        ([1.0, 2.0, NAN], True),
        ([0.5, 1.0, 2.0], False),
        ([True, False, True], True),
        (pd.array([1, None, 3], dtype="Int64"), True),
        (pd.array([1.5, None, 3], dtype="Float64"), False),
    ],
)
def test_from_data_notes_columns_of_whole_numbers(column: Any, whole: bool) -> None:
    assert rr.Domain.from_data(pd.DataFrame({"a": column})).integer.tolist() == [whole]


def test_from_data_leaves_out_what_is_masked() -> None:
    domain = rr.Domain.from_data(
        np.ma.array([[1.0, 2.0], [3.0, 99.0]], mask=[[False, False], [False, True]])
    )
    assert domain.upper.tolist() == [3.0, 2.0]


def test_from_data_reads_nulls_of_polars_as_missing() -> None:
    domain = rr.Domain.from_data(pl.DataFrame({"a": [1, None, 5]}))
    assert (domain.lower[0], domain.upper[0]) == (1.0, 5.0)


@pytest.mark.parametrize(
    ("table", "error", "said"),
    [
        (pd.DataFrame({"a": [1.0, INF]}), DomainError, "column 'a', row 1: infinite value"),
        (
            pd.DataFrame({"b": ["red", 2.5]}),
            DomainError,
            "column 'b' holds text such as 'red' and numbers such as 2.5",
        ),
        (
            pd.DataFrame({"b": ["red", 0]}),
            DomainError,
            "column 'b' holds text such as 'red' and numbers such as 0.0",
        ),
        (pd.DataFrame(index=[0, 1]), DomainError, "the table has no columns"),
        (
            pl.LazyFrame({"b": [1]}),
            DataError,
            "the table is a lazy frame, whose rows aren't there yet",
        ),
        ([[1, 2], [3]], DataError, "found rows of several lengths"),
        (pd.DataFrame({"b": [b"red"]}), DataError, "column 'b', row 0: found the bytes b'red'"),
        (pd.DataFrame({"when": pd.to_datetime(["2020-01-01"])}), DataError, "column 'when', row 0"),
        (
            pd.DataFrame({"a": [1.0, 2.0], "b": [NAN, None]}),
            DomainError,
            "column 'b' holds no value",
        ),
        (pd.DataFrame({"a": []}, dtype=float), DomainError, "the table has no rows"),
        (np.empty((0, 3)), DomainError, "the table has no rows"),
        (np.zeros(3), DomainError, "found shape (3,)"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), (DomainError, DataError), "'a'"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), (DomainError, DataError), "'1'"),
    ],
    ids=lambda value: value.replace("'", "") if isinstance(value, str) else "",
)
def test_from_data_refuses(table: Any, error: Any, said: str) -> None:
    with pytest.raises(error) as raised:
        rr.Domain.from_data(table)
    assert said in str(raised.value)


def test_where_gives_a_new_domain() -> None:
    box = rr.Domain.box([0, 0], [1, 1], ["a", "b"])
    cut = box.where("a + b <= 1").where("a >= 2*b")
    X = np.array([[0.5, 0.25], [0.5, 0.5], [0.9, 0.2]])
    assert cut.contains(X).tolist() == [True, False, False]
    assert box.contains(X).all()
    assert cut.texts == ("a + b <= 1", "a >= 2*b")


def test_where_forgives_rounding_only() -> None:
    domain = rr.Domain.box([0, 0, 0], [1, 1, 1]).where("x0 + x1 + x2 <= 0.6")
    assert domain.contains(
        np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [0.1, 0.2, 0.3000001]])
    ).tolist() == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("text", ["a <= 1e999", "1e999 >= a", "1e200 * 1e200 * a <= 1"])
def test_where_refuses_numbers_too_large(text: str) -> None:
    with pytest.raises(DomainError, match="too large for float64"):
        rr.Domain.box([0], [1], ["a"]).where(text)


def test_inequality_over_pinned_columns_alone() -> None:
    domain = rr.Domain.box([2, 0], [2, 1], ["a", "b"])
    G, h = domain.where("a <= 3").polytope(domain.frame(np.ones(2)))
    assert G.tolist() == [[1.0], [-1.0]]
    assert h.tolist() == [1.0, 1.0]
    with pytest.raises(DomainError, match="'a <= 1' is false"):
        domain.where("a <= 1").polytope(domain.frame(np.ones(2)))


def test_renamed_keeps_the_inequalities() -> None:
    domain = rr.Domain.box([0, 0], [1, 1]).where("x0 <= x1").renamed(["a", "b"])
    assert domain.names == ("a", "b")
    assert domain.contains(np.array([[0.2, 0.4], [0.4, 0.2]])).tolist() == [True, False]
    with pytest.raises(DomainError, match="1 names for 2 columns"):
        domain.renamed(["a"])


def test_frame_of_open_columns_starts_at_the_bound_there_is() -> None:
    domain = rr.Domain.box([-1, 5, -INF, -INF], [3, INF, 7, INF])
    frame = domain.frame(np.array([9.0, 0.5, 2.0, 4.0]))
    assert frame.origin.tolist() == [1.0, 5.0, 7.0, 0.0]
    assert frame.scale.tolist() == [2.0, 0.5, 2.0, 4.0]
    assert frame.free.tolist() == [0, 1, 2, 3]


@given(st.lists(st.tuples(BOUND, st.floats(1e-6, 1e6), st.floats(-1, 1)), min_size=1, max_size=5))
def test_frame_maps_the_unit_cube_into_the_box(columns: list[tuple[float, float, float]]) -> None:
    lower, width, u = map(np.array, zip(*columns, strict=True))
    domain = rr.Domain.box(lower, lower + width)
    x = domain.frame(np.ones(len(u))).to_user(u)
    room = 1e-15 * (np.abs(lower) + width) * 4
    assert (x >= domain.lower - room).all()
    assert (x <= domain.upper + room).all()


@given(
    st.lists(
        st.tuples(BOUND, st.floats(1e-3, 1e3), st.floats(-3, 3), st.floats(-5, 5)),
        min_size=1,
        max_size=5,
    )
)
def test_frame_keeps_the_value_of_affine_forms(
    columns: list[tuple[float, float, float, float]],
) -> None:
    lower, width, u, weights = map(np.array, zip(*columns, strict=True))
    frame = rr.Domain.box(lower, lower + width).frame(np.ones(len(u)))
    rows, offsets = frame.rows(weights[None], np.array([2.0]))
    x = frame.to_user(u)
    assert rows[0] @ u + offsets[0] == pytest.approx(
        weights @ x + 2.0, abs=1e-12 * (1 + np.abs(weights) @ np.abs(x))
    )


def test_to_user_keeps_pinned_columns() -> None:
    frame = rr.Domain.box([1, 4, -2], [3, 4, 2]).frame(np.ones(3))
    assert frame.to_user(np.array([[0.0, 0.0], [1.0, -1.0]])).tolist() == [[2, 4, 0], [3, 4, -2]]


@given(
    st.lists(
        st.tuples(st.floats(-100, 100), st.floats(0.1, 100), st.floats(-2, 2), st.floats(-5, 5)),
        min_size=1,
        max_size=4,
    )
)
def test_polytope_and_contains_agree(columns: list[tuple[float, float, float, float]]) -> None:
    lower, width, u, weights = map(np.array, zip(*columns, strict=True))
    domain = rr.Domain.box(lower, lower + width)
    weights[0] = weights[0] if abs(weights[0]) > 1e-3 else 1.0
    centre = float(weights @ (lower + width / 2))
    domain = domain.where(
        " + ".join(f"{w!r} * x{j}" for j, w in enumerate(weights.tolist())) + f" <= {centre!r}"
    )
    frame = domain.frame(np.ones(len(u)))
    G, h = domain.polytope(frame)
    assert np.linalg.norm(G, axis=1) == pytest.approx(np.ones(len(G)))
    slack = (h - G @ u).min()
    if abs(slack) > 1e-5:
        assert domain.contains(frame.to_user(u)[None])[0] == (slack > 0)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [("a\0b", "a NUL character"), ("\ud800", "the half of a surrogate pair"), ("x\udfff", "UTF-8")],
)
def test_names_and_categories_that_no_file_could_hold(text: str, flaw: str) -> None:
    frame = pd.DataFrame(np.zeros((3, 2)))
    frame.columns = pd.Index([text, "b"], dtype=object)
    categories = pd.DataFrame({"c": pd.Series([text, "z"], dtype=object), "b": [1, 2]})
    for build in (
        lambda: rr.Domain.box([0, 0], [1, 1], [text, "b"]),
        lambda: rr.Domain.unbounded([text]),
        lambda: rr.Domain.from_data(frame),
        lambda: rr.Domain.from_data(categories),
        lambda: rr.Domain.box([0], [1]).renamed([text]),
    ):
        with pytest.raises(DomainError, match=flaw):
            build()


def test_names_may_hold_anything_else() -> None:
    names = ["a\nb", "\u65e5\u672c", "'; DROP TABLE x; --", "\U0001f600", "\x01", " "]
    assert rr.Domain.unbounded(names).names == tuple(names)


@pytest.mark.parametrize("bound", [1e19, 1e22, 1e150])
def test_bounds_beyond_what_solvers_take_for_infinite(bound: float) -> None:
    """Scipy's HiGHS takes 1e20 for infinite."""
    net = lines([[1.0, 2.0], [1.0, -1.0], [-3.0, 1.0]], [0.5, -0.25, 1.0])
    rules = rules_of(net, rr.Domain.box([-bound, -bound], [bound, bound]))
    rng = np.random.default_rng(0)
    for scale in (1.0, bound**0.5, bound):
        X = rng.uniform(-1, 1, (50, 2)) * scale
        assert np.allclose(rules.predict(X), net.evaluate(X), rtol=1e-12, atol=1e-12 * scale)
    assert len(rules) == 7


def test_reach() -> None:
    domain = rr.Domain.box([-3, 0, -np.inf], [1, 7, 5])
    assert domain.reach.tolist() == [3.0, 7.0, 1.0]


def test_lengths_of_rows_of_any_magnitude() -> None:
    rows = np.array([[3e-172, 4e-172], [3e200, 4e200], [0.0, 0.0], [3.0, 4.0]])
    assert row_lengths(rows) == pytest.approx([5e-172, 5e200, 0.0, 5.0], rel=1e-15)
