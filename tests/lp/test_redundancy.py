"""Rows go only where the others imply them."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest
from test_rational import by_vertices

from relurules.lp import polytope
from relurules.lp.redundancy import certify_needed_rows, find_implied_rows


class Rows(NamedTuple):
    G: np.ndarray
    h: np.ndarray


def exact(G: np.ndarray, h: np.ndarray) -> Rows:
    """Floats as the fractions that they are."""
    return Rows(
        *(
            np.array([Fraction(x) for x in a.ravel().tolist()], dtype=object).reshape(a.shape)
            for a in (G, h)
        )
    )


def needed(G: np.ndarray, h: np.ndarray, first: int, room: float = 1e-15) -> list[bool]:
    return certify_needed_rows(
        G, h, first, np.full(len(h) - first, room), lambda: exact(G, h)
    ).tolist()


BOX = np.vstack([np.eye(2), -np.eye(2)])


@pytest.mark.parametrize("seed", range(40))
def test_rows_that_go_follow_from_those_that_stay(seed: int) -> None:
    random = np.random.default_rng(seed)
    f = int(random.integers(1, 4))
    rows = random.integers(-2, 3, (6, f)).astype(float)
    rows = rows[(rows != 0).any(axis=1)]
    rows /= np.linalg.norm(rows, axis=1)[:, None]
    G = np.vstack([np.eye(f), -np.eye(f), rows])
    h = np.concatenate([np.ones(2 * f), random.integers(1, 3, len(rows)) / 2])
    keep = np.array(needed(G, h, 2 * f))
    for i in np.flatnonzero(~keep):
        over = by_vertices(G[keep], h[keep], np.append(G[i], -h[i]))
        assert over is not None
        assert over <= Fraction(1e-15)


@pytest.mark.parametrize("gone", [True, False])
def test_a_simplex_method_that_drops_everything_is_not_believed(
    gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    G, h = np.vstack([BOX, [[0.6, 0.8]]]), np.array([1.0, 1, 1, 1, 0.5 if gone else 1.5])
    monkeypatch.setattr(polytope, "find_needed_rows", lambda G, h, _: np.arange(len(h)) < 4)
    assert needed(G, h, 4) == [True] * 4 + [gone]


def test_rows_nearer_than_the_old_tolerance_stay() -> None:
    """x <= 0.5 and, 1e-10 before it, 1e-10 x + y <= 0.5 - ...: neither implies the other by
    rounding alone.
    """
    G, h = np.vstack([BOX, [[1.0, 0.0]], [[1.0, 1e-10]]]), np.array([1.0, 1, 1, 1, 0.5, 0.5])
    assert needed(G, h, 4) == [True] * 6


def test_of_rows_in_one_vertex_only_those_that_matter_stay_and_whole_numbers_say_so() -> None:
    """The last row touches the corner that the two before make: x + y <= 1 of x <= 1/2 and y <=
    1/2.
    """
    G = np.vstack([BOX, [[1.0, 0.0]], [[0.0, 1.0]], [[1.0, 1.0]] / np.sqrt(2.0)])
    h = np.array([1.0, 1, 1, 1, 0.5, 0.5, 1 / np.sqrt(2.0)])
    assert needed(G, h, 4) == [True] * 6 + [False]
    assert find_implied_rows(
        G[:6],
        h[:6],
        G[6:],
        h[6:],
        np.zeros(1),
        lambda: (Rows(*exact(G[:6], h[:6])), exact(np.ones((1, 2)), np.ones(1))),
    ).all()


def test_open_polytopes_are_decided_in_whole_numbers() -> None:
    G, h = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, -1.0]]), np.array([1.0, 2.0, 0.0])
    assert needed(G, h, 0) == [True, False, True]
