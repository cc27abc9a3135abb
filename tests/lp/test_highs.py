"""Linear programs with answers known from geometry."""

import numpy as np
import pytest

from relurules import lp
from relurules.lp import highs

R2 = np.sqrt(2.0)
BOX = np.vstack([np.eye(2), -np.eye(2)])
SIMPLEX = np.array([[-1.0, 0.0], [0.0, -1.0], [1 / R2, 1 / R2]])


@pytest.mark.parametrize(
    ("G", "h", "radius", "center"),
    [
        (BOX, [1, 1, 1, 1], 1.0, [0, 0]),
        (BOX, [0.5, 0.25, 0.5, -0.05], 0.1, None),
        (SIMPLEX, [0, 0, 1 / R2], 1 - 1 / R2, [1 - 1 / R2, 1 - 1 / R2]),
        ([[1.0], [-1.0]], [1e-6, 1e-6], 1e-6, [0]),
        ([[1.0], [-1.0]], [0.0, 0.0], 0.0, [0]),
    ],
    ids=["box", "flat box", "simplex", "thin", "point"],
)
def test_inscribed_ball(
    G: list[list[float]], h: list[float], radius: float, center: list[float] | None
) -> None:
    ball = lp.find_inscribed_ball(np.array(G), np.array(h, dtype=float))
    assert ball.radius == pytest.approx(radius, abs=1e-9)
    if center is not None:
        assert ball.center == pytest.approx(np.array(center), abs=1e-8)


def test_inscribed_ball_of_an_empty_polytope_has_a_negative_radius() -> None:
    assert lp.find_inscribed_ball(
        np.array([[1.0], [-1.0]]), np.array([-1.0, -3.0])
    ).radius == pytest.approx(-2.0)


@pytest.mark.parametrize(
    "G", [np.empty((0, 3)), np.array([[1.0, 0.0]])], ids=["everything", "half-plane"]
)
def test_inscribed_ball_of_an_unbounded_polytope_is_as_large_as_asked_for(G: np.ndarray) -> None:
    h = np.full(len(G), -5.0)
    ball = lp.find_inscribed_ball(G, h)
    assert ball.radius == pytest.approx(lp.LARGEST_RADIUS)
    assert (h - G @ ball.center >= lp.LARGEST_RADIUS - 1e-9).all()


@pytest.mark.parametrize(
    ("cost", "h", "value"),
    [
        ([1, 2], [1, 1, 1, 1], -3),
        ([-1, 0], [4, 1, 1, 1], -4),
        ([0, 0], [1, 1, 1, 1], 0),
        ([1, 1], [-1, 1, -1, 1], np.inf),
    ],
)
def test_minimum_over_a_box(cost: list[float], h: list[float], value: float) -> None:
    assert lp.minimise_form(
        np.array(cost, dtype=float), BOX, np.array(h, dtype=float)
    ) == pytest.approx(value)


def test_minimum_without_bound() -> None:
    G, h = np.array([[1.0, 0.0]]), np.array([1.0])
    assert lp.minimise_form(np.array([1.0, 0.0]), G, h) == -np.inf
    assert lp.minimise_form(np.array([-1.0, 0.0]), G, h) == pytest.approx(-1.0)
    assert lp.minimise_form(np.array([0.0, 1.0]), np.empty((0, 2)), np.empty(0)) == -np.inf


def kept(G: list[list[float]], h: list[float], candidates: list[int] | None = None) -> list[int]:
    rows = np.array(G)
    chosen = np.arange(len(rows)) if candidates is None else np.array(candidates, dtype=np.intp)
    return np.flatnonzero(
        highs.propose_needed_rows(rows, np.array(h, dtype=float), chosen)
    ).tolist()


def test_irredundant_keeps_every_side_of_a_box() -> None:
    assert kept(BOX.tolist(), [1, 1, 1, 1]) == [0, 1, 2, 3]


def test_irredundant_keeps_one_of_two_equal_rows() -> None:
    left = kept([*BOX.tolist(), [1.0, 0.0]], [1, 1, 1, 1, 1])
    assert left in ([0, 1, 2, 3], [1, 2, 3, 4])


def test_irredundant_drops_what_lies_outside() -> None:
    assert kept([*BOX.tolist(), [1 / R2, 1 / R2]], [1, 1, 1, 1, 2.0]) == [0, 1, 2, 3]


def test_irredundant_drops_rows_that_touch_in_a_corner() -> None:
    fan = [[np.cos(t), np.sin(t)] for t in np.linspace(0, np.pi / 2, 7)]
    ends = [row[0] + row[1] for row in fan]
    assert kept([[-1.0, 0.0], [0.0, -1.0], *fan], [1, 1, *ends]) == [0, 1, 2, 8]


def test_irredundant_leaves_rows_alone_that_are_no_candidates() -> None:
    assert kept([*BOX.tolist(), [1.0, 0.0], [1.0, 0.0]], [1, 1, 1, 1, 5, 6], [5]) == [0, 1, 2, 3, 4]


def test_irredundant_in_an_unbounded_polytope() -> None:
    assert kept([[1.0, 0.0], [1.0, 0.0], [0.0, -1.0]], [1, 2, 0]) == [0, 2]


@pytest.mark.parametrize("seed", range(5))
def test_irredundant_rows_describe_the_same_polytope(seed: int) -> None:
    rng = np.random.default_rng(seed)
    G = rng.normal(size=(12, 3))
    G /= np.linalg.norm(G, axis=1)[:, None]
    h = rng.uniform(0.3, 1.0, 12)
    keep = highs.propose_needed_rows(G, h, np.arange(12))
    points = rng.uniform(-3, 3, (2000, 3))
    slack = h - points @ G.T
    clear = np.abs(slack).min(axis=1) > 1e-6
    assert ((slack[:, keep] > 0).all(axis=1) == (slack > 0).all(axis=1))[clear].all()
    for i in np.flatnonzero(keep):
        others = np.delete(np.arange(12), i)
        assert -lp.minimise_form(-G[i], G[others], h[others]) > h[i]
