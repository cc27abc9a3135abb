"""The force on networks in canonical form: the same function to begin with, its gradient, fewer
neurons at the end.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from handmade import random_network
from threadpoolctl import threadpool_limits
from training_problems import ALL_TASKS, differences, problem, scores_of

from relurules.ir import Network
from relurules.training import force_training
from relurules.training.force_training import ForceSettings, _ForceTraining, train_by_force
from relurules.training.front import FrontPoint, NetworkSize
from relurules.training.objective import DataSplit
from relurules.training.relu_parameters import (
    PARAMETER_ARRAYS,
    ReluParameters,
    get_parameters,
    run_forward,
)
from relurules.training.targets import Standardisation, fit_standardisation
from relurules.training.task import TASKS


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


@pytest.fixture(autouse=True)
def _read_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(force_training, "_READ", 100)


def given(
    task: str, seed: int = 0, slopes: tuple[float, ...] = (0.25, 0.5)
) -> tuple[Network, Standardisation, DataSplit]:
    """A network with two levels, rows of its own function where it is a regression, all
    standardised.
    """
    net = random_network(seed, 3, 6, scores_of(task), slopes)
    _, data = problem(task, seed, n=150)
    if task == "regression":
        data = DataSplit(*(part._replace(Y=net.evaluate(part.X)) for part in data))
    scale = fit_standardisation(data.training, numbers=task == "regression")
    return net, scale, DataSplit(*(scale.rows(part) for part in data))


def counted(compact: ReluParameters) -> NetworkSize:
    return NetworkSize(2 ** len(compact), 2 ** len(compact))


def walk(
    task: str, steps: int, freeze: bool, seed: int = 0, reachable: float | None = None
) -> list[FrontPoint]:
    net, scale, data = given(task, seed, (0.8, 0.9))
    return train_by_force(
        net,
        scale,
        data,
        TASKS[task],
        counted,
        ForceSettings(seed=1, steps=steps, freeze=freeze, reachable=reachable),
        told=lambda _: None,
    )


@pytest.mark.parametrize("task", ALL_TASKS)
@pytest.mark.parametrize("slopes", [(0.25, 0.5), (1.0, 0.3), (0.9999, 0.25)])
def test_it_begins_with_the_network(task: str, slopes: tuple[float, ...]) -> None:
    net, scale, data = given(task, 3, slopes)
    compact = _ForceTraining(net, scale, data, freeze=False).compact()
    assert len(compact) == (net.slope < 0.9995).sum()
    X = data.training.X * scale.scale + scale.shift
    expected = (net.evaluate(X) - scale.low) / scale.high
    tolerance = 1e-9 if 0.9999 not in slopes else 0.01
    assert np.allclose(
        run_forward(compact, data.training.X).F,
        expected,
        atol=tolerance * (1 + np.abs(expected).max()),
    )


@pytest.mark.parametrize("task", ALL_TASKS)
def test_loss_and_gradient(task: str) -> None:
    net, scale, data = given(task, 5)
    run, rows, chosen = _ForceTraining(net, scale, data, freeze=False), data.training, TASKS[task]
    everything = torch.arange(len(rows.X))
    compact = run.compact()
    expected = float(np.mean(chosen.loss(run_forward(compact, rows.X).F, rows.Y) * rows.weights))
    assert run.loss(everything, chosen).detach().item() == pytest.approx(expected)
    found = torch.autograd.grad(run.loss(everything, chosen), [*run.trained, run.slopes])
    for i, (array, slope) in enumerate(zip([*run.trained, run.slopes], found, strict=True)):
        start = array.detach().clone()
        free = np.ones(start.shape, bool) if i == 6 else run.free[i].numpy()

        def moved(
            values: np.ndarray, array: torch.Tensor = array, start: torch.Tensor = start
        ) -> float:
            with torch.no_grad():
                array.copy_(start + torch.from_numpy(values.reshape(start.shape)))
                return float(run.loss(everything, chosen))

        by_steps = differences(moved, np.zeros(start.numel())).reshape(start.shape)
        moved(np.zeros(start.numel()))
        np.testing.assert_allclose(slope.numpy()[free], by_steps[free], atol=1e-5)


@pytest.mark.parametrize("freeze", [False, True])
def test_neurons_go_when_the_error_is_small(freeze: bool) -> None:
    found = walk("regression", 600, freeze)
    numbers = [len(point.compact) for point in found]
    assert numbers == sorted(set(numbers), reverse=True)
    assert numbers[0] == 6
    assert numbers[-1] < 6
    assert all(point.size == counted(point.compact) for point in found)
    assert not any(point.sparse for point in found)
    assert found[0].score > 0.99


def test_the_same_each_time() -> None:
    one, other = (walk("regression", 250, freeze=False) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        assert a.score == b.score
        for name in PARAMETER_ARRAYS:
            np.testing.assert_array_equal(getattr(a.compact, name), getattr(b.compact, name))


def test_what_is_not_there_is_not_trained() -> None:
    net, scale, data = given("regression", 2)
    (*_, last) = train_by_force(
        net,
        scale,
        data,
        TASKS["regression"],
        counted,
        ForceSettings(seed=0, steps=50, freeze=False),
        told=lambda _: None,
    )
    first = _ForceTraining(net, scale, data, freeze=False).compact()
    assert not all(mask.all() for mask in first.free)
    for mask, other in zip(first.free, last.compact.free, strict=True):
        np.testing.assert_array_equal(mask, other)


@pytest.mark.parametrize("steps", [50, 150])
def test_the_last_step_counts(steps: int) -> None:
    """Also where it isn't one of those at which the error is read."""
    before, after = (
        {
            len(p.compact): get_parameters(p.compact).tolist()
            for p in walk("binary", n, freeze=False)
        }
        for n in (steps - 50, steps)
    )
    assert before != after


def test_relus_begin_at_a_quarter_and_others_where_they_are() -> None:
    net, scale, data = given("regression", 4)
    net = replace(net, slope=np.array([0.0, 0.01, 0.25, 0.4, 0.9, 1.0]))
    found = train_by_force(
        net,
        scale,
        data,
        TASKS["regression"],
        counted,
        ForceSettings(seed=0, steps=0, freeze=False),
        told=lambda _: None,
    )
    assert len(found[0].compact) == 5


def test_on_noisy_data_the_force_needs_an_error_that_counts_as_small() -> None:
    found = [
        len(walk("binary", 1000, freeze=True, reachable=error)[-1].compact)
        for error in (1e-9, None, 0.5)
    ]
    assert found[0] >= found[1] > found[2]
