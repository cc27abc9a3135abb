"""How well a network fits rows, and which way its numbers should go."""

from typing import NamedTuple

import numpy as np

from relurules.ir.network import Array
from relurules.training.relu_parameters import (
    PARAMETER_ARRAYS,
    ForwardPass,
    ReluParameters,
    pull_back_derivatives,
    run_forward,
    sum_over_ties,
)
from relurules.training.task import Rows, Task


class DataSplit(NamedTuple):
    """Rows to train on and rows to choose by."""

    training: Rows
    validation: Rows


def mean_loss(compact: ReluParameters, rows: Rows, task: Task) -> float:
    """The weighted mean of the loss."""
    return loss_of_pass(run_forward(compact, rows.X), rows, task)


def loss_of_pass(ran: ForwardPass, rows: Rows, task: Task) -> float:
    """The same, of what `forward` gave for these rows."""
    return float(np.mean(rows.weights * task.loss(ran.F, rows.Y)))


def compute_score(compact: ReluParameters, rows: Rows, task: Task) -> float:
    """The task's measure."""
    return task.score(run_forward(compact, rows.X).F, rows.Y, rows.weights)


def penalty_factors(compact: ReluParameters, l1: float, among: str) -> Array:
    """The factor of every parameter's absolute value, (P,): l1 in the arrays of these names, else
    0.
    """
    factors = zip(PARAMETER_ARRAYS, compact.masks, strict=True)
    return np.concatenate(
        [np.full(int(mask.sum()), l1 * (name in among)) for name, mask in factors]
    )


def loss_gradient(compact: ReluParameters, ran: ForwardPass, rows: Rows, task: Task) -> Array:
    """Of the mean loss, by every parameter, (P,); ran: what `forward` gave for these rows."""
    parts = zip(loss_derivatives(compact, ran, rows, task), compact.masks, strict=True)
    return np.concatenate([part[mask] for part, mask in parts])


def loss_derivatives(
    compact: ReluParameters, ran: ForwardPass, rows: Rows, task: Task
) -> tuple[Array, ...]:
    """Of the mean loss, by every entry of the arrays of TRAINED, those that aren't trained too."""
    G = task.gradient(ran.F, rows.Y) * (rows.weights / len(rows.X))[:, None]
    _, before = pull_back_derivatives(compact, ran.Z, G)
    at = sum_over_ties(compact, before)
    return at.T @ rows.X, at.T @ ran.H, before.sum(axis=0), G.T @ rows.X, G.T @ ran.H, G.sum(axis=0)
