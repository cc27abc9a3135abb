"""How well a network fits rows, and which way its numbers should go."""

from typing import NamedTuple

import numpy as np

from relurules.ir.network import Array
from relurules.train.compact import Compact, Forward, forward, pulled_back
from relurules.train.task import Rows, Task


class Data(NamedTuple):
    """Rows to train on and rows to choose by."""

    training: Rows
    validation: Rows


def mean_loss(compact: Compact, rows: Rows, task: Task) -> float:
    """The weighted mean of the loss."""
    return float(np.mean(rows.weights * task.loss(forward(compact, rows.X).F, rows.Y)))


def score_of(compact: Compact, rows: Rows, task: Task) -> float:
    """The task's measure."""
    return task.score(forward(compact, rows.X).F, rows.Y, rows.weights)


def gradient(compact: Compact, ran: Forward, rows: Rows, task: Task) -> Array:
    """Of the mean loss, by every parameter, (P,); ran: what `forward` gave for these rows."""
    G = task.gradient(ran.F, rows.Y) * (rows.weights / len(rows.X))[:, None]
    _, before = pulled_back(compact, ran.Z, G)
    parts = (before.T @ rows.X, before.T @ ran.H, before.sum(axis=0), G.T @ rows.X, G.T @ ran.H, G.sum(axis=0))
    return np.concatenate([part[mask] for part, mask in zip(parts, compact.masks, strict=True)])
