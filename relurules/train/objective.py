"""How well a network fits rows, and which way its numbers should go."""

from typing import NamedTuple

import numpy as np

from relurules.ir.network import Array
from relurules.train.compact import TRAINED, Compact, Forward, forward, of_directions, pulled_back
from relurules.train.task import Rows, Task


class Data(NamedTuple):
    """Rows to train on and rows to choose by."""

    training: Rows
    validation: Rows


def mean_loss(compact: Compact, rows: Rows, task: Task) -> float:
    """The weighted mean of the loss."""
    return loss_of(forward(compact, rows.X), rows, task)


def loss_of(ran: Forward, rows: Rows, task: Task) -> float:
    """The same, of what `forward` gave for these rows."""
    return float(np.mean(rows.weights * task.loss(ran.F, rows.Y)))


def score_of(compact: Compact, rows: Rows, task: Task) -> float:
    """The task's measure."""
    return task.score(forward(compact, rows.X).F, rows.Y, rows.weights)


def penalties(compact: Compact, l1: float, among: str) -> Array:
    """The factor of every parameter's absolute value, (P,): l1 in the arrays of these names, else 0."""
    factors = zip(TRAINED, compact.masks, strict=True)
    return np.concatenate([np.full(int(mask.sum()), l1 * (name in among)) for name, mask in factors])


def gradient(compact: Compact, ran: Forward, rows: Rows, task: Task) -> Array:
    """Of the mean loss, by every parameter, (P,); ran: what `forward` gave for these rows."""
    parts = zip(derivatives(compact, ran, rows, task), compact.masks, strict=True)
    return np.concatenate([part[mask] for part, mask in parts])


def derivatives(compact: Compact, ran: Forward, rows: Rows, task: Task) -> tuple[Array, ...]:
    """Of the mean loss, by every entry of the arrays of TRAINED, those that aren't trained too."""
    G = task.gradient(ran.F, rows.Y) * (rows.weights / len(rows.X))[:, None]
    _, before = pulled_back(compact, ran.Z, G)
    at = of_directions(compact, before)
    return at.T @ rows.X, at.T @ ran.H, before.sum(axis=0), G.T @ rows.X, G.T @ ran.H, G.sum(axis=0)
