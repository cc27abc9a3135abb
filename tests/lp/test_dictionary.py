"""Simplex dictionaries: vertices are vertices, maxima are those of HiGHS, computing anew changes
nothing.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vertices import Cut, at, cut, unit_rows

from relurules import lp
from relurules.lp.dictionary import (
    ABOVE,
    TOP,
    express_form,
    has_rising_edge,
    maximise_form,
    negate_form,
    pivot,
    refactor_basis,
    start_at_corner,
)
from relurules.lp.tolerances import GOAL

polytopes = st.builds(
    lambda seed, count, f, whole: cut(unit_rows(seed, count, f, whole), f),
    st.integers(0, 2**32 - 1), st.integers(0, 14), st.integers(1, 7), st.booleans(),
)  # fmt: skip


def maximum(P: Cut, row: np.ndarray) -> tuple[int, float]:
    express_form(P.D, row, P.D.table[P.D.used[0]])
    found = maximise_form(P.D, np.inf)
    return found, float(P.D.table[P.D.used[0], 0])


def assert_vertex(P: Cut) -> None:
    """Inside, on as many walls as there are coordinates; every row of the table has the slack that
    it stands for.
    """
    D, f = P.D, len(P.D.low)
    u = at(D)
    slack = P.h - P.G @ u
    assert slack.min(initial=0.0) >= -1e-11
    assert (np.abs(slack) <= 1e-9).sum() >= f
    assert sorted([*D.basic[: D.used[0]], *D.nonbasic]) == list(range(f + len(P.rows)))
    for i, variable in enumerate(D.basic[: D.used[0]].tolist()):
        if variable >= f:
            row = P.rows[variable - f]
            assert D.table[i, 0] == pytest.approx(row[:-1] @ u + row[-1], abs=1e-10)
        assert D.place[variable] == i if variable < f else True


@settings(max_examples=150, deadline=None)
@given(polytopes, st.integers(0, 2**32 - 1))
def test_maxima_are_those_of_highs(P: Cut, seed: int) -> None:
    f = len(P.D.low)
    rng = np.random.default_rng(seed)
    for row in (rng.normal(size=f + 1), rng.integers(-1, 2, f + 1).astype(float)):
        found, value = maximum(P, row)
        assert found == TOP
        assert value == pytest.approx(row[-1] - lp.minimise_form(-row[:-1], P.G, P.h), abs=1e-8)
        assert_vertex(P)


@settings(max_examples=80, deadline=None)
@given(polytopes, st.integers(0, 2**32 - 1))
def test_computing_anew_keeps_the_vertex_and_its_table(P: Cut, seed: int) -> None:
    f = len(P.D.low)
    maximum(P, np.random.default_rng(seed).normal(size=f + 1))
    n, before, table = P.D.used[0], at(P.D), P.D.table[: P.D.used[0]].copy()
    P.D.used[1] = 7
    assert refactor_basis(P.D, P.rows, np.zeros((f, 2 * f + 1)))
    assert P.D.used[1] == 0
    assert at(P.D) == pytest.approx(before, abs=1e-10)
    assert P.D.table[:n] == pytest.approx(
        table, abs=1e-7 * max(1.0, np.abs(table).max(initial=0.0))
    )
    assert_vertex(P)


def test_a_table_that_was_spoilt_is_mended() -> None:
    P = cut(unit_rows(3, 12, 5, whole=False), 5)
    maximum(P, np.array([1.0, 2, 3, 4, 5, 0]))
    good = P.D.table[: P.D.used[0]].copy()
    P.D.table[: P.D.used[0]] += 1e-3 * np.random.default_rng(0).normal(size=good.shape)
    assert refactor_basis(P.D, P.rows, np.zeros((5, 11)))
    assert P.D.table[: P.D.used[0]] == pytest.approx(good, abs=1e-12)


def test_a_singular_basis_is_refused_and_left_alone() -> None:
    P = cut([[1, 0, 0.5], [0, 1, 0.5]], 2)
    maximum(P, np.array([-1.0, -1.0, 0.0]))
    assert set(P.D.nonbasic.tolist()) == {2, 3}
    table = P.D.table.copy()
    assert not refactor_basis(P.D, np.array([[1, 0, 0.5], [1, 0, 0.5]]), np.zeros((2, 5)))
    assert (table == P.D.table).all()


def test_the_search_stops_beyond_the_goal() -> None:
    P = cut(np.empty((0, 4)), 3)
    express_form(P.D, np.array([1.0, 1, 1, 3]), P.D.table[0])
    assert P.D.table[0, 0] == 0.0
    assert has_rising_edge(P.D)
    assert maximise_form(P.D, GOAL) == ABOVE
    assert P.D.table[0, 0] == pytest.approx(2.0)
    assert maximise_form(P.D, np.inf) == TOP
    assert P.D.table[0, 0] == pytest.approx(6.0)
    assert not has_rising_edge(P.D)
    negate_form(P.D)
    assert maximise_form(P.D, np.inf) == TOP
    assert at(P.D).tolist() == [-1, -1, -1]


def test_a_form_that_is_constant_is_maximal_everywhere() -> None:
    P = cut(unit_rows(1, 5, 3, whole=False), 3)
    assert maximum(P, np.array([0.0, 0, 0, 0.25])) == (TOP, 0.25)


@pytest.mark.parametrize("f", [1, 2, 3, 8])
@pytest.mark.parametrize("copies", [2, 40])
def test_duplicated_rows_and_many_through_one_point(f: int, copies: int) -> None:
    rows = np.repeat(np.column_stack([-np.eye(f), np.zeros(f)]), copies, axis=0)
    P = cut(rows, f)  # the corner 0 of [-1, 0]^f
    assert maximum(P, np.append(np.ones(f), 0.0)) == (TOP, pytest.approx(0.0, abs=1e-14))
    assert at(P.D) == pytest.approx(np.zeros(f), abs=1e-14)
    assert_vertex(P)


@pytest.mark.parametrize("f", [3, 6])
def test_a_cone_of_many_walls_doesn_t_cycle(f: int) -> None:
    """All rows through the origin: every vertex there is degenerate, and most pivots go nowhere."""
    rng = np.random.default_rng(f)
    rows = np.column_stack(
        [np.abs(rng.normal(size=(120, f))) * rng.choice([1, 1, 1, -0.2], (120, f)), np.zeros(120)]
    )
    P = cut(rows / np.linalg.norm(rows[:, :-1], axis=1)[:, None], f)
    for row in rng.normal(size=(30, f + 1)):
        found, value = maximum(P, row)
        assert found == TOP
        assert value == pytest.approx(row[-1] - lp.minimise_form(-row[:-1], P.G, P.h), abs=1e-8)
        assert_vertex(P)


def test_thousands_of_pivots_with_computing_anew_stay_exact() -> None:
    f = 20
    P = cut(unit_rows(5, 60, f, whole=False), f)
    rng, memory = np.random.default_rng(1), np.zeros((f, 2 * f + 1))
    for row in rng.normal(size=(400, f + 1)):
        assert maximum(P, row)[0] == TOP
        if P.D.used[1] > 40:
            assert refactor_basis(P.D, P.rows, memory)
    row = rng.normal(size=f + 1)
    assert maximum(P, row)[1] == pytest.approx(
        row[-1] - lp.minimise_form(-row[:-1], P.G, P.h), abs=1e-9
    )
    assert_vertex(P)


@pytest.mark.parametrize("f", [5, 40])
def test_a_pivot_of_few_and_of_many_columns_is_the_same(f: int) -> None:
    """Every other row gets a multiple of the row, product before sum."""
    random, rows = np.random.default_rng(f), 7
    D = start_at_corner(np.zeros(f), np.ones(f), rows)
    D.table[:] = random.normal(size=D.table.shape)
    D.table[2, 4] = 0.0
    D.basic[:rows], D.used[0] = f + np.arange(rows), rows
    before = D.table.copy()
    pivot(D, 3, 3)
    row = before[3] * (-1.0 / before[3, 4])
    row[4] = -1.0 * (-1.0 / before[3, 4])
    for i in (0, 1, 2, 4, 5, 6, 7):
        expected = np.where(np.arange(f + 1) == 4, 0.0, before[i]) + before[i, 4] * row
        assert D.table[i].tolist() == expected.tolist()

    assert D.table[3].tolist() == row.tolist()
    assert (D.basic[3], D.nonbasic[3], D.place[3]) == (3, f + 3, 3)
