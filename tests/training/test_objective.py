"""Mean losses and their gradients, by differences."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from training_problems import ALL_TASKS, differences, problem

from relurules.training.objective import compute_score, loss_gradient, mean_loss
from relurules.training.relu_parameters import (
    get_parameters,
    pull_back_derivatives,
    run_forward,
    with_parameters,
)
from relurules.training.task import TASKS

seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("task", ALL_TASKS)
@settings(max_examples=30)
@given(seed=seeds, dense=st.booleans())
def test_gradient_by_every_parameter(task: str, seed: int, dense: bool) -> None:
    compact, data = problem(task, seed, K=6, n=30, dense=dense)
    rows, chosen, ran = data.training, TASKS[task], run_forward(compact, data.training.X)
    if np.abs(ran.Z).min() < 1e-4:
        return  # a kink, where there is no derivative
    slope = differences(
        lambda v: mean_loss(with_parameters(compact, v), rows, chosen), get_parameters(compact)
    )
    found = loss_gradient(compact, ran, rows, chosen)
    np.testing.assert_allclose(found, slope, atol=1e-6 * max(1.0, np.abs(slope).max()))


@settings(max_examples=30)
@given(seeds)
def test_derivatives_by_every_neuron(seed: int) -> None:
    """Before a ReLU: a bias moves just that. After it: what would be added to its output."""
    compact, data = problem("regression", seed, K=6, n=20)
    X, ran = data.training.X, run_forward(compact, data.training.X)
    if np.abs(ran.Z).min() < 1e-4:
        return
    G = np.random.default_rng(seed).normal(size=ran.F.shape)
    after, before = pull_back_derivatives(compact, ran.Z, G)

    def reached(b: np.ndarray) -> np.ndarray:
        return (run_forward(replace(compact, b=b), X).F * G).sum(axis=1)

    np.testing.assert_allclose(before, differences(reached, compact.b), atol=1e-5, rtol=1e-5)
    np.testing.assert_array_equal(before, after * (ran.Z > 0))


def test_weights_count() -> None:
    compact, data = problem("regression", 4)
    rows, task = data.training, TASKS["regression"]
    losses = task.loss(run_forward(compact, rows.X).F, rows.Y)
    assert mean_loss(compact, rows, task) == pytest.approx(
        (losses * rows.weights).sum() / len(rows.X)
    )
    assert compute_score(compact, rows, task) == task.score(
        run_forward(compact, rows.X).F, rows.Y, rows.weights
    )
