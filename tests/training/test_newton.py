"""Gauss-Newton training: its derivatives by differences, and what it promises of steps, masks,
weights and choices.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from handmade import network
from hypothesis import given, settings
from hypothesis import strategies as st
from training_problems import ALL_TASKS, differences, problem, random_compact, weighted

from relurules.training import newton
from relurules.training.newton import refine_network
from relurules.training.objective import DataSplit, mean_loss
from relurules.training.relu_parameters import (
    PARAMETER_ARRAYS,
    ReluParameters,
    get_parameters,
    run_forward,
    to_relu_parameters,
    with_parameters,
)
from relurules.training.task import TASKS, Rows

seeds = st.integers(0, 2**32 - 1)
REGRESSION = TASKS["regression"]


def linear(d: int, m: int) -> ReluParameters:
    """No neurons, all weights 0."""
    empty = network(np.zeros((0, d)), np.zeros(0), np.zeros((m, 0)), C=np.zeros((m, d)))
    return to_relu_parameters(empty, dense=True)


def objective(compact: ReluParameters, rows: Rows, task: str, l1: float) -> float:
    """What is made smaller, but for the ridge: the mean loss and the sum of absolute weights,
    without biases.
    """
    weights = sum(np.abs(getattr(compact, name)).sum() for name in "ALCU")
    return (
        mean_loss(compact, rows, TASKS[task])
        + l1 * weights
        + 5e-7 * float((get_parameters(compact) ** 2).sum())
    )


@pytest.mark.parametrize("task", ALL_TASKS)
@settings(max_examples=15)
@given(seed=seeds, dense=st.booleans())
def test_jacobian_and_curvature(task: str, seed: int, dense: bool) -> None:
    compact, data = problem(task, seed, K=5, n=30, dense=dense)
    rows, ran = data.training, run_forward(compact, data.training.X)
    if np.abs(ran.Z).min() < 1e-4:
        return  # a kink, where there is no derivative
    m = len(compact.c)
    J = [newton._compute_jacobian(compact, ran, rows.X, score) for score in range(m)]
    for score in range(m):
        expected = differences(
            lambda v, s=score: run_forward(with_parameters(compact, v), rows.X).F[:, s],
            get_parameters(compact),
        )
        np.testing.assert_allclose(J[score], expected, atol=1e-6 * max(1.0, np.abs(expected).max()))
    H = TASKS[task].curvature(ran.F) * rows.weights[:, None, None] / len(rows.X)
    found = newton._compute_curvature(compact, rows, TASKS[task])
    expected = np.einsum("imn,nij,jnp->mp", np.swapaxes(np.array(J), 1, 2), H, np.array(J))
    np.testing.assert_allclose(found, expected, atol=1e-10 * max(1.0, np.abs(expected).max()))
    assert np.linalg.eigvalsh(found).min() >= -1e-9 * np.abs(found).max()


@pytest.mark.parametrize("task", ALL_TASKS)
@pytest.mark.parametrize("l1", [0.0, 1e-3, 0.1])
def test_every_step_helps(task: str, l1: float) -> None:
    for seed in range(4):
        compact, data = problem(task, seed)
        reached = [objective(compact, data.training, task, l1)]
        for steps in range(1, 7):
            after = refine_network(compact, data, TASKS[task], l1=l1, steps=steps, choose=False)
            reached.append(objective(after, data.training, task, l1))
        assert reached == sorted(reached, reverse=True)
        assert reached[-1] < reached[0]


def test_no_steps_change_nothing() -> None:
    compact, data = problem("binary", 3)
    assert refine_network(compact, data, TASKS["binary"], l1=1e-3, steps=0) is compact


@pytest.mark.parametrize("seed", range(4))
def test_an_exact_fit_is_found_again(seed: int) -> None:
    teacher, random = random_compact(seed, K=3), np.random.default_rng(seed)
    X = random.normal(size=(200, 3)) * 2
    rows = Rows(X, run_forward(teacher, X).F, np.ones(200))
    values = get_parameters(teacher)
    start = with_parameters(teacher, values + random.normal(size=len(values)) * 0.02)
    found = refine_network(start, DataSplit(rows, rows), REGRESSION, l1=0.0, steps=100)
    assert mean_loss(start, rows, REGRESSION) > 1e-4
    assert mean_loss(found, rows, REGRESSION) < 1e-5
    assert REGRESSION.score(run_forward(found, X).F, rows.Y, rows.weights) > 0.99999


@pytest.mark.parametrize("task", ALL_TASKS)
def test_the_same_each_time(task: str) -> None:
    compact, data = problem(task, 5)
    one, other = (refine_network(compact, data, TASKS[task], l1=1e-3, steps=8) for _ in range(2))
    np.testing.assert_array_equal(get_parameters(one), get_parameters(other))


@pytest.mark.parametrize("task", ALL_TASKS)
def test_what_is_not_trained_stays_0(task: str) -> None:
    for seed in range(3):
        compact, data = problem(task, seed, dense=False)
        found = refine_network(compact, data, TASKS[task], l1=1e-3, steps=10)
        assert not all(mask.all() for mask in found.masks)
        for name, mask, old in zip(PARAMETER_ARRAYS, found.masks, compact.masks, strict=True):
            assert not getattr(found, name)[~mask].any()
            np.testing.assert_array_equal(mask, old)


@pytest.mark.parametrize("task", ALL_TASKS)
def test_the_least_validation_loss_on_the_way_is_chosen(task: str) -> None:
    early = 0
    for seed in range(6):
        compact, data = problem(task, seed, K=6, n=40)
        chosen = TASKS[task]
        seen = [
            refine_network(compact, data, chosen, l1=0.0, steps=steps, choose=False)
            for steps in range(13)
        ]
        losses = [mean_loss(one, data.validation, chosen) for one in seen]
        found = refine_network(compact, data, chosen, l1=0.0, steps=12)
        assert mean_loss(found, data.validation, chosen) == min(losses)
        early += losses[-1] > min(losses)
    assert early  # or else there was nothing to choose


def least_squares(X: np.ndarray, Y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    root, ones = np.sqrt(weights)[:, None], np.ones((len(X), 1))
    return np.linalg.lstsq(np.hstack([X, ones]) * root, Y * root, rcond=None)[0].T


@pytest.mark.parametrize("m", [1, 3])
def test_without_neurons_it_is_least_squares(m: int) -> None:
    random = np.random.default_rng(m)
    X = random.normal(size=(80, 4))
    X[:, 2] = 0.0  # a constant column, standardised
    rows = weighted(X, X @ random.normal(size=(4, m)) + random.normal(size=(80, m)), 1)
    found = refine_network(linear(4, m), DataSplit(rows, rows), REGRESSION, l1=0.0, steps=50)
    expected = least_squares(X, rows.Y, rows.weights)
    np.testing.assert_allclose(np.column_stack([found.C, found.c]), expected, atol=1e-4)
    assert not found.C[:, 2].any()


def test_a_weight_of_2_is_a_row_twice() -> None:
    compact, data = problem("regression", 8)
    X, Y, n = data.training.X, data.training.Y, len(data.training.X)
    twice = np.arange(n) % 3 == 0
    weights = 1.0 + twice
    one = Rows(X, Y, weights / weights.mean())
    order = np.concatenate([np.arange(n), np.flatnonzero(twice)])
    other = Rows(X[order], Y[order], np.ones(len(order)))
    validation = data.validation
    found = [
        refine_network(compact, DataSplit(rows, validation), REGRESSION, l1=1e-3, steps=4)
        for rows in (one, other)
    ]
    np.testing.assert_allclose(get_parameters(found[0]), get_parameters(found[1]), atol=1e-8)


def test_a_large_penalty_leaves_no_weights() -> None:
    compact, data = problem("regression", 2)
    found = refine_network(compact, data, REGRESSION, l1=50.0, steps=100, choose=False)
    assert max(np.abs(getattr(found, name)).max() for name in "CU") < 0.02
    np.testing.assert_allclose(
        run_forward(found, data.training.X).F.mean(axis=0),
        np.average(data.training.Y, axis=0, weights=data.training.weights), atol=0.1,
    )  # fmt: skip


def test_curvature_is_computed_on_some_of_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newton, "_LEAST_ROWS", 10)
    monkeypatch.setattr(newton, "_ROWS_PER_PARAMETER", 0)
    compact, data = problem("regression", 2)
    rows = newton._sample_rows(data.training, 5)
    np.testing.assert_array_equal(rows.X, data.training.X[::4])
    found = refine_network(compact, data, REGRESSION, l1=1e-3, steps=20)
    assert mean_loss(found, data.training, REGRESSION) < mean_loss(
        compact, data.training, REGRESSION
    )


@pytest.mark.parametrize("spoilt", [lambda A: A * 0.0, lambda A: np.repeat(A[:1], len(A), axis=0)])
def test_dead_and_equal_neurons_are_no_trouble(spoilt: Callable[[np.ndarray], np.ndarray]) -> None:
    compact, data = problem("regression", 6)
    start = replace(compact, A=spoilt(compact.A), L=compact.L * 0.0, b=np.full(4, -1.0))
    found = refine_network(start, data, REGRESSION, l1=0.0, steps=10)
    assert np.isfinite(get_parameters(found)).all()
    assert mean_loss(found, data.training, REGRESSION) <= mean_loss(
        start, data.training, REGRESSION
    )
