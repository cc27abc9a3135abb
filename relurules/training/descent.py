"""Training of many neurons: Adam on small batches, with a penalty on the sum of absolute weights.

Source: D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", 2015.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from relurules.ir.limits import NEVER, Deadline
from relurules.training.objective import DataSplit, loss_gradient, mean_loss, penalty_factors
from relurules.training.relu_parameters import (
    ReluParameters,
    get_parameters,
    run_forward,
    with_parameters,
)
from relurules.training.task import Task

_FIRST, _SECOND, _TINY = 0.9, 0.999, 1e-8

EpochProgress = Callable[[int, float], None]


class Schedule(NamedTuple):
    """epochs: at most; patience: epochs without a smaller validation loss that end it; rate: falls
    to 0 by a cosine.
    """

    epochs: int
    rate: float = 3e-3
    batch: int = 256
    patience: int = 10**9


def random_network(
    d: int, hidden: tuple[int, ...], scores: int, random: np.random.Generator
) -> ReluParameters:
    """A network with hidden layers, normal weights as He et al. choose them, and biases 0.

    "Delving deep into rectifiers", 2015.
    """
    K, first = sum(hidden), np.cumsum((0, *hidden))
    A, L, U = np.zeros((K, d)), np.zeros((K, K)), np.zeros((scores, K))
    A[: hidden[0]] = random.normal(size=(hidden[0], d)) * np.sqrt(2 / d)

    for (low, high), end in zip(pairwise(first), first[2:], strict=False):
        L[high:end, low:high] = random.normal(size=(end - high, high - low)) * np.sqrt(
            2 / (high - low)
        )

    U[:, first[-2] :] = random.normal(size=(scores, hidden[-1])) / np.sqrt(hidden[-1])
    C, b, c = np.zeros((scores, d)), np.zeros(K), np.zeros(scores)
    return ReluParameters(A, L, b, C, U, c, (A != 0, L != 0, C != 0))


def train_by_adam(
    compact: ReluParameters,
    data: DataSplit,
    task: Task,
    schedule: Schedule,
    *,
    l1: float,
    random: np.random.Generator,
    told: EpochProgress | None = None,
    deadline: Deadline = NEVER,
) -> ReluParameters:
    """The network of the least validation loss, looked at after every epoch.

    l1: factor of the sum of absolute weights from inputs and neurons to neurons, as it is usual for
    L1 training. told is called with the epochs done and the validation loss. No epoch begins after
    the deadline.
    """
    rows, values = data.training, get_parameters(compact)
    batches = -(-len(rows.X) // schedule.batch)
    penalised = penalty_factors(compact, l1, "AL")
    mean, square, step = np.zeros_like(values), np.zeros_like(values), 0
    best, least, waited = compact, mean_loss(compact, data.validation, task), 0

    for epoch in range(schedule.epochs):
        if deadline.is_over():
            break
        for some in np.array_split(random.permutation(len(rows.X)), batches):
            batch = rows.part(some)
            slope = loss_gradient(
                compact, run_forward(compact, batch.X), batch, task
            ) + penalised * np.sign(values)
            rate = schedule.rate * (1 + np.cos(np.pi * step / (schedule.epochs * batches))) / 2
            step += 1
            mean += (1 - _FIRST) * (slope - mean)
            square += (1 - _SECOND) * (slope**2 - square)
            corrected = np.sqrt(square / (1 - _SECOND**step)) + _TINY
            values = values - rate * mean / (1 - _FIRST**step) / corrected
            compact = with_parameters(compact, values)
        loss = mean_loss(compact, data.validation, task)
        waited = 0 if loss < least else waited + 1
        if loss < least:
            best, least = compact, loss
        if told is not None:
            told(epoch + 1, loss)
        if waited >= schedule.patience:
            break

    return best
