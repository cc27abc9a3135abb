"""The force (see `relurules.train.force`) on any network in canonical form."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from relurules.ir import Network, Neuron
from relurules.ir.limits import NEVER, Deadline
from relurules.networks.activations import LINEAR_THRESHOLD
from relurules.training.force import force_rate, freeze_slopes, push_slopes
from relurules.training.front import FrontPoint, NetworkSize
from relurules.training.objective import DataSplit, compute_score
from relurules.training.relu_parameters import (
    PARAMETER_ARRAYS,
    ReluParameters,
    remove_neurons,
    to_relu_parameters,
)
from relurules.training.targets import Standardisation
from relurules.training.task import Task

#: As published: stochastic gradient descent on batches of 64, the error read every 1000 steps,
#: slopes begun at 0.25.
_RATE, _BATCH, _READ, _START = 0.01, 64, 1000, 0.25
_LOW = 0.001
#: Steps between two looks at the clock.
_CLOCK_STEPS = 100


@dataclass(frozen=True, kw_only=True)
class ForceSettings:
    """How Csirmaz's force is run."""

    #: Of the order of the rows.
    seed: int
    #: Steps of training.
    steps: int
    #: Whether slopes that count as linear stay 1.
    freeze: bool
    #: The error that counts as 0.001; None for the error as it is.
    reachable: float | None = None


def train_by_force(
    network: Network,
    scale: Standardisation,
    data: DataSplit,
    task: Task,
    count: Callable[[ReluParameters], NetworkSize],
    settings: ForceSettings,
    *,
    told: Callable[[int], None],
    deadline: Deadline = NEVER,
) -> list[FrontPoint]:
    """The last network of every number of neurons on the way, the fewest last; counted when all are
    there.

    Slopes below 0.25, those of ReLUs among
    them, begin at 0.25. The mean loss of the rows is the error that the force follows; as
    published, it does nothing from 0.01 upwards, which noisy data never get below: reachable, where
    given, is the error that counts as 0.001.
    """
    run = _ForceTraining(
        replace(network, slope=np.where(network.slope < _START, _START, network.slope)),
        scale,
        data,
        settings.freeze,
    )
    random, last = np.random.default_rng(settings.seed), dict[int, ReluParameters]()
    rate, rows = torch.tensor(0.0), data.training

    for step in range(settings.steps + 1):
        over = step % _CLOCK_STEPS == 0 and deadline.is_over()
        if step % _READ == 0 or step == settings.steps or over:
            compact = run.compact()
            last[len(compact)] = compact
            told(len(compact))
            with torch.no_grad():
                error = run.loss(torch.arange(len(rows.X)), task)
                rate = force_rate(
                    error if settings.reachable is None else error * (_LOW / settings.reachable),
                    _RATE,
                )
        if over:
            break
        run.step(torch.from_numpy(random.integers(len(rows.X), size=_BATCH)), task, rate)

    found = [last[neurons] for neurons in sorted(last, reverse=True)]
    return [
        FrontPoint(one, count(one), compute_score(one, data.validation, task), False)
        for one in found
    ]


class _ForceTraining:
    """The numbers while they are trained."""

    def __init__(
        self, network: Network, scale: Standardisation, data: DataSplit, freeze: bool
    ) -> None:
        self.slopes = torch.tensor(network.slope)
        plain = replace(network, slope=np.zeros(len(network)))
        compact = scale.standardised(plain, dense=False)
        self.free = [torch.from_numpy(np.asarray(mask)) for mask in compact.masks]
        self.trained = [
            torch.tensor(getattr(compact, name), requires_grad=True) for name in PARAMETER_ARRAYS
        ]
        self.slopes.requires_grad_()
        self.levels = [torch.from_numpy(level) for level in compact.levels]
        self.X, self.Y, self.weights = (
            torch.from_numpy(np.ascontiguousarray(part)) for part in data.training
        )
        self.frozen = torch.zeros_like(self.slopes, dtype=torch.bool) if freeze else None

    def loss(self, rows: Tensor, task: Task) -> Tensor:
        """The mean loss; its gradient is the task's."""
        A, L, b, C, U, c = self.trained
        X, known = self.X[rows], torch.zeros(len(rows), 0, dtype=torch.float64)
        order = torch.cat([*self.levels, torch.empty(0, dtype=torch.long)])

        for level in self.levels:
            z = X @ A[level].T + b[level] + known @ L[level][:, order[: known.shape[1]]].T
            known = torch.cat([known, z.clamp(min=0) + self.slopes[level] * z.clamp(max=0)], dim=1)

        F = X @ C.T + known @ U[:, order].T + c
        scores, targets = F.detach().numpy(), self.Y[rows].numpy()
        value = torch.from_numpy(task.loss(scores, targets)) @ self.weights[rows] / len(rows)
        slope = (
            torch.from_numpy(np.ascontiguousarray(task.gradient(scores, targets)))
            * self.weights[rows, None]
        )
        linear = (F * slope).sum() / len(rows)

        return value + linear - linear.detach()

    def step(self, rows: Tensor, task: Task, rate: Tensor) -> None:
        """One step down the gradient, then the force."""
        everything = [*self.trained, self.slopes]
        slopes = torch.autograd.grad(self.loss(rows, task), everything, allow_unused=True)
        with torch.no_grad():
            free = [*self.free, torch.ones_like(self.slopes)]
            for i, slope in enumerate(slopes):
                if slope is not None:
                    everything[i] -= _RATE * slope * free[i]
            push_slopes(self.slopes, rate)
            if self.frozen is not None:
                freeze_slopes(self.slopes, self.frozen)

    def compact(self) -> ReluParameters:
        """The network with its PReLUs that count as linear gone."""
        slope = self.slopes.detach().numpy().copy()
        arrays = {
            name: array.detach().numpy().copy()
            for name, array in zip(PARAMETER_ARRAYS, self.trained, strict=True)
        }
        linear = np.flatnonzero(slope > LINEAR_THRESHOLD)
        slope[linear] = 0.0
        names = tuple(Neuron("force", k) for k in range(len(slope)))
        compact = to_relu_parameters(
            Network(**arrays, slope=slope, neurons=names, lifting=None), dense=False
        )

        return remove_neurons(
            compact, [int(k) for k in linear], np.ones(len(slope)), np.zeros(len(slope))
        )
