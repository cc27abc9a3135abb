"""How much neurons matter, and their affine stand-ins."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from training_problems import ALL_TASKS, problem

from relurules.training.objective import mean_loss
from relurules.training.relu_parameters import remove_neurons, run_forward
from relurules.training.saliency import fit_stand_ins
from relurules.training.task import TASKS, Rows

seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("task", ALL_TASKS)
@settings(max_examples=50)
@given(seed=seeds, k=st.integers(0, 3), on=st.booleans())
def test_an_affine_neuron_does_not_matter(task: str, seed: int, k: int, on: bool) -> None:
    compact, data = problem(task, seed, n=30)
    rows, b = data.training, compact.b.copy()
    far = np.abs(run_forward(compact, rows.X).Z[:, k]).max() + 1.0
    b[k] += far if on else -far
    compact = replace(compact, b=b)
    fits, before = fit_stand_ins(compact, rows, TASKS[task]), run_forward(compact, rows.X).F
    assert fits.saliency[k] < 1e-9 * (1 + np.abs(before).max()) ** 2
    assert fits.factors[k] == pytest.approx(float(on), abs=1e-9)
    after = run_forward(remove_neurons(compact, [k], fits.factors, fits.constants), rows.X).F
    np.testing.assert_allclose(after, before, atol=1e-8 * (1 + np.abs(before).max()))


@settings(max_examples=50)
@given(seeds)
def test_stand_ins_are_weighted_least_squares(seed: int) -> None:
    compact, data = problem("regression", seed, n=30)
    rows, ran = data.training, run_forward(compact, data.training.X)
    fits = fit_stand_ins(compact, rows, TASKS["regression"])
    root = np.sqrt(rows.weights)[:, None]
    for k in range(len(compact)):
        design = np.column_stack([ran.Z[:, k], np.ones(len(rows.X))])
        expected = np.linalg.lstsq(design * root, ran.H[:, k] * root[:, 0], rcond=None)[0]
        np.testing.assert_allclose([fits.factors[k], fits.constants[k]], expected, atol=1e-7)


def test_a_weight_of_2_is_a_row_twice() -> None:
    compact, data = problem("binary", 3)
    X, Y, n = data.training.X, data.training.Y, len(data.training.X)
    weights = 1.0 + (np.arange(n) % 2)
    order = np.repeat(np.arange(n), weights.astype(int))
    one = fit_stand_ins(compact, Rows(X, Y, weights / weights.mean()), TASKS["binary"])
    other = fit_stand_ins(compact, Rows(X[order], Y[order], np.ones(len(order))), TASKS["binary"])
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)


@pytest.mark.parametrize("task", ALL_TASKS)
def test_what_nothing_reads_does_not_matter(task: str) -> None:
    compact, data = problem(task, 2)
    L, U = compact.L.copy(), compact.U.copy()
    L[:, 1], U[:, 1] = 0.0, 0.0
    fits = fit_stand_ins(replace(compact, L=L, U=U), data.training, TASKS[task])
    assert fits.saliency[1] == 0.0
    assert (np.delete(fits.saliency, 1) > 0.0).all()


def test_a_constant_neuron_is_its_mean() -> None:
    compact, data = problem("regression", 2)
    A, L, b = compact.A.copy(), compact.L.copy(), compact.b.copy()
    A[0], L[0], b[0] = 0.0, 0.0, 0.75
    fits = fit_stand_ins(replace(compact, A=A, L=L, b=b), data.training, TASKS["regression"])
    assert fits.factors[0] * 0.75 + fits.constants[0] == pytest.approx(0.75)
    assert fits.saliency[0] < 1e-12


def test_what_matters_least_costs_little() -> None:
    """The neuron of the least saliency is among the better half to go, where one kink is made
    small.
    """
    compact, data = problem("regression", 9)
    L, U = compact.L.copy(), compact.U.copy()
    L[:, 2] *= 1e-4
    U[:, 2] *= 1e-4
    compact = replace(compact, L=L, U=U)
    fits = fit_stand_ins(compact, data.training, TASKS["regression"])
    losses = [
        mean_loss(
            remove_neurons(compact, [k], fits.factors, fits.constants),
            data.training,
            TASKS["regression"],
        )
        for k in range(4)
    ]
    assert int(fits.saliency.argmin()) == 2
    now = mean_loss(compact, data.training, TASKS["regression"])
    assert int(np.abs(np.array(losses) - now).argmin()) == 2


def test_no_neurons() -> None:
    compact, data = problem("regression", 1, K=1)
    empty = remove_neurons(compact, [0], np.zeros(1), np.zeros(1))
    assert all(len(part) == 0 for part in fit_stand_ins(empty, data.training, TASKS["regression"]))
