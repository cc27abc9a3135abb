"""What a network is trained for: a loss of its scores, with two derivatives, and a score to be
judged by.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.links.table import LINKS
from relurules.statistics.metrics import accuracy, auc, r2

_expit, _softmax, _log_softmax = (
    LINKS[name].apply for name in ("sigmoid", "softmax", "log_softmax")
)


class Task(NamedTuple):
    """Functions of scores F, (N, m), and targets Y, (N, m).

    loss: one number per row; gradient: (N, m), of the loss by the scores; curvature: (N, m, m),
    positive semidefinite; score: of all rows with their weights, more is better; measure: its name.
    """

    loss: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]
    curvature: Callable[[Array], Array]
    score: Callable[[Array, Array, Array], float]
    measure: str


class Rows(NamedTuple):
    """X: (N, d); Y: (N, m), numbers, or 1 and 0 for a class and the others; weights: (N,), of mean
    1.
    """

    X: Array
    Y: Array
    weights: Array

    def part(self, rows: slice | NDArray[np.intp]) -> "Rows":
        """Some of the rows, by number."""
        return Rows(self.X[rows], self.Y[rows], self.weights[rows])


def _square_loss(F: Array, Y: Array) -> Array:
    return np.asarray(((F - Y) ** 2).sum(axis=1) / 2)


def _logistic_loss(F: Array, Y: Array) -> Array:
    # log(1 + exp F), twice as fast as numpy.logaddexp
    softplus = np.maximum(F, 0.0) + np.log1p(np.exp(-np.abs(F)))
    return np.asarray((softplus - Y * F)[:, 0])


def _logistic_curvature(F: Array) -> Array:
    p = _expit(F)
    return (p * (1.0 - p))[:, :, None]


def _auc_score(F: Array, Y: Array, weights: Array) -> float:
    """Without the weights."""
    del weights
    return auc(F[:, 0], Y[:, 0] > 0.5)


def _cross_entropy(F: Array, Y: Array) -> Array:
    return np.asarray(-(Y * _log_softmax(F)).sum(axis=1))


def _softmax_curvature(F: Array) -> Array:
    p = _softmax(F)
    return np.asarray(p[:, :, None] * (np.eye(F.shape[1]) - p[:, None, :]))


#: Name of a task -> what it is: numbers; one score, the log odds of class 1; one score per class,
#: for a softmax.
TASKS: Mapping[str, Task] = {
    "regression": Task(
        _square_loss,
        lambda F, Y: F - Y,
        lambda F: np.broadcast_to(np.eye(F.shape[1]), (*F.shape, F.shape[1])),
        r2,
        "R2",
    ),
    "binary": Task(
        _logistic_loss, lambda F, Y: _expit(F) - Y, _logistic_curvature, _auc_score, "AUC"
    ),
    "multiclass": Task(
        _cross_entropy, lambda F, Y: _softmax(F) - Y, _softmax_curvature, accuracy, "accuracy"
    ),
}
