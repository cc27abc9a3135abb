"""Compiled answers about one polytope against those of HiGHS."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relurules.lp import RADIUS, highs
from relurules.lp.maxima import bound_extents
from relurules.lp.polytope import find_dictionary, find_largest_ball, find_needed_rows, make_box

Rows = tuple[np.ndarray, np.ndarray]


def rows_of(seed: int, f: int, count: int, whole: bool, bounded: bool) -> Rows:
    """A box, or half of one, and unit rows that keep a ball of radius 0.05 around the origin; some
    of them equal.
    """
    random = np.random.default_rng(seed)
    G = (
        random.integers(-2, 3, size=(count, f)).astype(float)
        if whole
        else random.normal(size=(count, f))
    )
    G = G[np.linalg.norm(G, axis=1) > 0]
    h = (
        np.abs(random.integers(1, 3, size=len(G)) / 2 if whole else random.normal(size=len(G)))
        + 0.05
    )
    sides = np.vstack([np.eye(f), -np.eye(f)]) if bounded else np.eye(f)
    length = np.linalg.norm(G, axis=1)
    return np.vstack([sides, G / length[:, None]]), np.concatenate(
        [np.ones(len(sides)), h / length]
    )


polytopes = st.builds(
    rows_of,
    st.integers(0, 10**6),
    st.integers(1, 6),
    st.integers(0, 10),
    st.booleans(),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(polytopes)
def test_irredundant_rows_are_those_of_highs(rows: Rows) -> None:
    G, h = rows
    first = int((np.abs(G).sum(axis=1) == np.abs(G).max(axis=1)).argmin()) if len(G) else 0
    candidates = np.arange(max(first, G.shape[1]), len(G))
    found, expected = (
        find_needed_rows(G, h, candidates),
        highs.propose_needed_rows(G, h, candidates),
    )
    assert found.tolist() == expected.tolist()


@settings(max_examples=40, deadline=None)
@given(polytopes)
def test_rows_left_out_are_implied_by_the_others(rows: Rows) -> None:
    G, h = rows
    keep = find_needed_rows(G, h, np.arange(G.shape[1], len(G)))
    for i in np.flatnonzero(~keep):
        assert -highs.minimise_form(-G[i], G[keep], h[keep]) <= h[i] + 10 * RADIUS


@settings(max_examples=40, deadline=None)
@given(polytopes, st.integers(0, 10**6))
def test_extent_is_what_highs_says(rows: Rows, seed: int) -> None:
    G, h = rows
    forms = np.random.default_rng(seed).normal(size=(3, G.shape[1] + 1))
    forms[2, :-1] = 0.0
    expected = [
        [
            highs.minimise_form(form[:-1], G, h) + form[-1],
            -highs.minimise_form(-form[:-1], G, h) + form[-1],
        ]
        for form in forms
    ]
    found, known = bound_extents(G, h, forms), np.array(expected)
    bounded = np.isfinite(known)  # of open polytopes HiGHS may say that they are empty
    assert found[bounded] == pytest.approx(known[bounded], abs=1e-8)
    assert (np.isinf(found[~bounded])).all()


@settings(max_examples=40, deadline=None)
@given(polytopes)
def test_balls_are_as_large_as_those_of_highs(rows: Rows) -> None:
    G, h = rows
    found, expected = find_largest_ball(G, h), highs.find_inscribed_ball(G, h)
    assert found.radius == pytest.approx(expected.radius, abs=1e-8)
    assert (h - G @ found.center).min() >= found.radius - 1e-12


def test_of_two_equal_rows_one_stays() -> None:
    G = np.vstack([np.eye(2), -np.eye(2), [[0.6, 0.8]], [[0.6, 0.8]]])
    h = np.array([1, 1, 1, 1, 0.5, 0.5])
    assert find_needed_rows(G, h, np.arange(4, 6)).tolist() == [True] * 4 + [False, True]


def test_many_rows_through_one_vertex() -> None:
    angles = np.linspace(0.1, 1.4, 14)
    G = np.column_stack([np.cos(angles), np.sin(angles)])  # all of them tight at the corner (1, 1)
    rows, limits = (
        np.vstack([np.eye(2), -np.eye(2), G]),
        np.concatenate([np.ones(4), G.sum(axis=1)]),
    )
    assert not find_needed_rows(rows, limits, np.arange(4, 18))[4:].any()


def test_boxes_take_single_rows_and_leave_walls() -> None:
    G, h = np.array([[1, 0], [0, 1], [-1, 0], [0, -1], [0.6, 0.8]]), np.array([1, 2, 3, 4, 0.5])
    box = make_box(G, h)
    assert not box.cone
    assert (box.low.tolist(), box.width.tolist()) == ([-3, -4], [4, 6])
    assert box.row_of.tolist() == [-1, -1, -1, -1, 0]
    assert box.half_spaces(box.walls)[0] == pytest.approx(np.array([[0.6, 0.8]]))


def test_unbounded_polytopes_become_cones() -> None:
    box = make_box(np.array([[1.0, 0.0]]), np.array([2.0]))
    assert box.cone
    assert box.points(np.array([[0.5, -0.5, 0.25]])).tolist() == [[2.0, -2.0]]
    assert bound_extents(
        np.array([[1.0, 0.0]]), np.array([2.0]), np.array([[1.0, 0, 1], [0, 1, 0]])
    ).tolist() == [
        [-np.inf, 3.0],
        [-np.inf, np.inf],
    ]


def test_a_polytope_without_points_has_no_vertex() -> None:
    G = np.vstack([np.eye(2), -np.eye(2), [[0.6, 0.8]]])
    assert find_dictionary(make_box(G, np.array([1, 1, 1, 1, -1.5]))) is None
