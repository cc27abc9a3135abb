"""Losses with their derivatives, and scores as scikit-learn computes them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score
from training_problems import ALL_TASKS, differences, scores_of, targets

from relurules.training.task import TASKS, Rows

seeds = st.integers(0, 2**32 - 1)


def scores_and_targets(task: str, seed: int, n: int = 12) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    F = random.normal(size=(n, scores_of(task))) * random.choice([0.1, 1.0, 5.0])
    return F, targets(task, F, random)


@pytest.mark.parametrize("task", ALL_TASKS)
@settings(max_examples=50)
@given(seed=seeds)
def test_gradient_and_curvature_are_those_of_the_loss(task: str, seed: int) -> None:
    chosen, (F, Y) = TASKS[task], scores_and_targets(task, seed)
    m = F.shape[1]
    assert chosen.loss(F, Y).shape == (len(F),)
    slope = differences(lambda h: chosen.loss(F + h, Y), np.zeros(m))
    np.testing.assert_allclose(chosen.gradient(F, Y), slope, atol=1e-6, rtol=1e-5)
    curvature = differences(lambda h: chosen.gradient(F + h, Y), np.zeros(m))
    np.testing.assert_allclose(chosen.curvature(F), curvature, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("task", ALL_TASKS)
@settings(max_examples=50)
@given(seed=seeds, size=st.sampled_from([1.0, 30.0, 800.0]))
def test_curvature_is_positive_semidefinite_and_nothing_overflows(
    task: str, seed: int, size: float
) -> None:
    chosen, (F, Y) = TASKS[task], scores_and_targets(task, seed)
    curvature = chosen.curvature(F * size)
    np.testing.assert_array_equal(curvature, np.swapaxes(curvature, 1, 2))
    assert np.linalg.eigvalsh(curvature).min() >= -1e-12
    assert np.isfinite(chosen.loss(F * size, Y)).all()
    assert (chosen.loss(F * size, Y) >= 0).all()


@settings(max_examples=50)
@given(seeds, st.integers(1, 6))
def test_auc_with_ties(seed: int, values: int) -> None:
    random = np.random.default_rng(seed)
    F = random.integers(values, size=(40, 1)).astype(float)
    y = random.integers(2, size=40)
    y[:2] = 0, 1
    weights = random.uniform(size=40)
    auc = TASKS["binary"].score(F, y[:, None].astype(float), weights)
    assert auc == pytest.approx(roc_auc_score(y, F[:, 0]))


def test_auc_of_one_class_is_a_number() -> None:
    for value in (0.0, 1.0):
        assert np.isfinite(
            TASKS["binary"].score(np.arange(4.0)[:, None], np.full((4, 1), value), np.ones(4))
        )


@settings(max_examples=50)
@given(seeds, st.integers(1, 3))
def test_r2_with_weights(seed: int, m: int) -> None:
    random = np.random.default_rng(seed)
    F, Y, weights = (
        random.normal(size=(30, m)),
        random.normal(size=(30, m)),
        random.uniform(size=30),
    )
    assert TASKS["regression"].score(F, Y, weights) == pytest.approx(
        r2_score(Y, F, sample_weight=weights)
    )


def test_r2_of_a_constant_target() -> None:
    Y, ones = np.full((5, 1), 3.0), np.ones(5)
    assert TASKS["regression"].score(Y, Y, ones) == 1.0
    assert TASKS["regression"].score(Y + 1, Y, ones) == -4.0


@settings(max_examples=50)
@given(seeds)
def test_classes_are_scored_as_scikit_learn_does(seed: int) -> None:
    F, Y = scores_and_targets("multiclass", seed, 30)
    weights, label = np.random.default_rng(seed).uniform(size=30), Y.argmax(axis=1)
    share = np.exp(F) / np.exp(F).sum(axis=1, keepdims=True)
    accuracy = accuracy_score(label, F.argmax(axis=1), sample_weight=weights)
    assert TASKS["multiclass"].score(F, Y, weights) == pytest.approx(accuracy)
    loss = log_loss(label, share, labels=[0, 1, 2])
    assert TASKS["multiclass"].loss(F, Y).mean() == pytest.approx(loss)


def test_a_part_of_the_rows() -> None:
    rows = Rows(np.arange(6.0).reshape(3, 2), np.arange(3.0)[:, None], np.array([0.5, 1.0, 1.5]))
    part = rows.part(np.array([2, 0]))
    assert part.X.tolist() == [[4, 5], [0, 1]]
    assert part.Y.tolist() == [[2], [0]]
    assert part.weights.tolist() == [1.5, 0.5]
