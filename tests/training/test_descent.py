"""Adam: repeatable for a seed, patient for so many epochs, and only on what may be trained."""

from itertools import pairwise

import numpy as np
import pytest
from training_problems import ALL_TASKS, problem

from relurules.training.descent import Schedule, random_network, train_by_adam
from relurules.training.objective import mean_loss
from relurules.training.relu_parameters import PARAMETER_ARRAYS, get_parameters, run_forward
from relurules.training.task import TASKS


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("task", ALL_TASKS)
def test_a_seed_gives_one_network(task: str) -> None:
    compact, data = problem(task, 1)
    schedule = Schedule(epochs=5, batch=7)
    found = [
        get_parameters(
            train_by_adam(compact, data, TASKS[task], schedule, l1=1e-3, random=generator(seed))
        )
        for seed in (3, 3, 4)
    ]
    np.testing.assert_array_equal(found[0], found[1])
    assert (found[0] != found[2]).any()


@pytest.mark.parametrize("task", ALL_TASKS)
def test_the_validation_loss_falls_and_the_least_is_kept(task: str) -> None:
    compact, data = problem(task, 2, n=200)
    chosen, told = TASKS[task], list[tuple[int, float]]()
    found = train_by_adam(
        compact, data, chosen, Schedule(epochs=30, rate=0.02, batch=32), l1=0.0, random=generator(),
        told=lambda epoch, loss: told.append((epoch, loss)),
    )  # fmt: skip
    assert [epoch for epoch, _ in told] == list(range(1, 31))
    assert mean_loss(found, data.validation, chosen) == min(loss for _, loss in told)
    assert mean_loss(found, data.validation, chosen) < mean_loss(compact, data.validation, chosen)


@pytest.mark.parametrize("patience", [1, 2, 5])
def test_patience_is_the_number_of_epochs_without_a_smaller_loss(patience: int) -> None:
    compact, data = problem("regression", 3, n=40)
    losses = [mean_loss(compact, data.validation, TASKS["regression"])]
    train_by_adam(
        compact,
        data,
        TASKS["regression"],
        Schedule(epochs=200, rate=0.3, batch=4, patience=patience),
        l1=0.0,
        random=generator(),
        told=lambda _, loss: losses.append(loss),
    )
    assert len(losses) < 200
    least = int(np.argmin(losses))
    assert len(losses) - 1 - least == patience
    waits, best = 0, losses[0]
    for loss in losses[1:-1]:
        waits, best = (0, loss) if loss < best else (waits + 1, best)
        assert waits < patience


@pytest.mark.parametrize("task", ALL_TASKS)
def test_what_is_not_trained_stays_0(task: str) -> None:
    compact, data = problem(task, 4, dense=False)
    found = train_by_adam(
        compact, data, TASKS[task], Schedule(epochs=4, batch=16), l1=1e-2, random=generator()
    )
    for name, mask in zip(PARAMETER_ARRAYS, found.masks, strict=True):
        assert not getattr(found, name)[~mask].any()
    assert (get_parameters(found) != get_parameters(compact)).any()


def test_the_penalty_is_of_weights_between_inputs_and_neurons() -> None:
    compact, data = problem("regression", 5)
    schedule = Schedule(epochs=60, rate=0.01, batch=60)
    some, none = (
        train_by_adam(
            compact,
            data._replace(validation=data.training),
            TASKS["regression"],
            schedule,
            l1=l1,
            random=generator(),
        )
        for l1 in (0.05, 0.0)
    )
    assert np.abs(some.A).sum() < np.abs(none.A).sum()


def test_no_epochs_change_nothing() -> None:
    compact, data = problem("regression", 5)
    assert (
        train_by_adam(
            compact, data, TASKS["regression"], Schedule(epochs=0), l1=0.0, random=generator()
        )
        is compact
    )


@pytest.mark.parametrize("hidden", [(4,), (5, 3), (6, 1, 2)])
def test_random_networks_are_layers(hidden: tuple[int, ...]) -> None:
    compact = random_network(7, hidden, 2, generator())
    assert [len(level) for level in compact.levels] == list(hidden)
    assert run_forward(compact, np.ones((3, 7))).F.shape == (3, 2)
    assert not compact.C.any()
    first = compact.A[: hidden[0]]
    assert (first != 0).all()
    assert not compact.A[hidden[0] :].any()
    assert (compact.U != 0).sum() == 2 * hidden[-1]
    assert (compact.L != 0).sum() == sum(a * b for a, b in pairwise(hidden))
    same = random_network(7, hidden, 2, generator())
    np.testing.assert_array_equal(get_parameters(same), get_parameters(compact))


def test_random_weights_keep_the_size_of_what_goes_in() -> None:
    compact = random_network(50, (400, 400), 1, generator(1))
    Z = run_forward(compact, generator(2).normal(size=(500, 50))).Z
    assert Z[:, :400].var() == pytest.approx(2.0, rel=0.1)
    assert Z[:, 400:].var() == pytest.approx(2.0, rel=0.2)
