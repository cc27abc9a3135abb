"""Largest values of forms: bounds hold whatever the points, and are reached."""

import numpy as np
import pytest

from relurules.lp.highs import fit_closest_form
from relurules.lp.maxima import bound_maxima


def polytope(seed: int, f: int, walls: int) -> tuple[np.ndarray, np.ndarray]:
    """The box [-1, 1]^f cut by random half-spaces that keep a ball around the origin."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(walls, f))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    G = np.vstack([np.eye(f), -np.eye(f), rows])
    return G, np.concatenate([np.ones(2 * f), rng.uniform(0.1, 1.0, walls)])


@pytest.mark.parametrize("seed", range(20))
def test_bounds_are_reached_by_the_points_and_by_no_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    f = int(rng.integers(1, 7))
    G, h = polytope(seed, f, int(rng.integers(0, 12)))
    forms = rng.normal(size=(5, f + 1)) * 10.0 ** rng.integers(-6, 7, (5, 1))
    found = bound_maxima(G, h, forms)
    values = (found.points * forms[:, :-1]).sum(axis=1) + forms[:, -1]
    assert (found.points @ G.T <= h + 1e-9).all()
    assert found.bounds == pytest.approx(values, rel=1e-9, abs=1e-9 * np.abs(forms).max())
    inside = rng.uniform(-1, 1, (4000, f))
    inside = inside[(inside @ G.T <= h).all(axis=1)]
    assert (inside @ forms[:, :-1].T + forms[:, -1] <= found.bounds).all()


def test_wrong_multipliers_can_only_raise_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    from relurules.lp import maxima as module

    G, h = polytope(3, 4, 8)
    forms = np.random.default_rng(0).normal(size=(3, 5))
    right = bound_maxima(G, h, forms).bounds
    climb = module.maximise_forms

    def sloppy(D, unit, points, multipliers, done) -> None:  # type: ignore[no-untyped-def]
        climb(D, unit, points, multipliers, done)
        multipliers *= 0.9

    monkeypatch.setattr(module, "maximise_forms", sloppy)
    assert bound_maxima(G, h, forms).bounds == pytest.approx(
        right
    )  # seen, and mended in whole numbers
    monkeypatch.setattr(module.certified, "_MOST_EXACT", 0)
    assert (bound_maxima(G, h, forms).bounds >= right).all()


def test_where_nothing_is_left_and_where_nothing_ends() -> None:
    box = np.vstack([np.eye(2), -np.eye(2)])
    empty = np.vstack([box, [[1.0, 0.0], [-1.0, 0.0]]]), np.array([1.0, 1, 1, 1, -0.5, -0.5])
    assert bound_maxima(*empty, np.array([[1.0, 0.0, 0.0]])).bounds.tolist() == [-np.inf]
    half = np.array([[1.0, 0.0]]), np.array([2.0])
    assert bound_maxima(*half, np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])).bounds.tolist() == [
        3.0,
        np.inf,
    ]
    point = bound_maxima(np.empty((0, 0)), np.empty(0), np.array([[4.0]]))
    assert point.bounds.tolist() == [4.0]


def test_closest_form_of_a_kink() -> None:
    points = np.linspace(-1, 1, 201)[:, None]
    form, off = fit_closest_form(points, np.maximum(0.0, points[:, 0]))
    assert off == pytest.approx(0.25, rel=1e-9)
    assert form == pytest.approx([0.5, 0.25], rel=1e-9)


def test_closest_form_of_values_of_any_size() -> None:
    points = np.random.default_rng(0).normal(size=(50, 3))
    values = 1e9 + 1e-3 * points @ [1.0, 2.0, -1.0]
    form, off = fit_closest_form(points, values)
    assert off <= 1e-9 * np.ptp(values) + 1e-6
    assert form[:-1] == pytest.approx([1e-3, 2e-3, -1e-3], rel=1e-3)
