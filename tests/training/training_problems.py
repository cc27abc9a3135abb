"""Small networks and rows to train them on, for every task, and derivatives by differences."""

from collections.abc import Callable

import numpy as np
from handmade import random_network
from numpy.typing import NDArray

from relurules.training.objective import DataSplit
from relurules.training.relu_parameters import ReluParameters, run_forward, to_relu_parameters
from relurules.training.task import Rows

Array = NDArray[np.float64]

ALL_TASKS = ("regression", "binary", "multiclass")


def scores_of(task: str) -> int:
    return {"regression": 2, "binary": 1, "multiclass": 3}[task]


def targets(task: str, F: Array, random: np.random.Generator) -> Array:
    """Of a task, which depend on the scores F, (N, m), with noise."""
    noisy = F + random.normal(size=F.shape)
    if task == "regression":
        return noisy
    return (
        (noisy > 0.0).astype(float)
        if task == "binary"
        else np.eye(F.shape[1])[noisy.argmax(axis=1)]
    )


def random_compact(
    seed: int, *, d: int = 3, K: int = 4, m: int = 2, dense: bool = True
) -> ReluParameters:
    return to_relu_parameters(random_network(seed, d, K, m), dense=dense)


def weighted(X: Array, Y: Array, seed: int) -> Rows:
    weights = np.random.default_rng(seed).uniform(0.2, 3.0, len(X))
    return Rows(X, Y, weights / weights.mean())


def problem(
    task: str, seed: int, *, d: int = 3, K: int = 4, n: int = 60, dense: bool = True
) -> tuple[ReluParameters, DataSplit]:
    """A network, and weighted rows of another one's function."""
    random, m = np.random.default_rng(seed), scores_of(task)
    teacher = random_compact(seed + 1, d=d, m=m)
    X = random.normal(size=(n, d))
    rows = weighted(X, targets(task, run_forward(teacher, X).F, random), seed)
    return random_compact(seed, d=d, K=K, m=m, dense=dense), DataSplit(
        rows.part(slice(0, -15)), rows.part(slice(-15, None))
    )


def differences(function: Callable[[Array], Array | float], at: Array, step: float = 1e-6) -> Array:
    """Central differences by every entry of `at`, (P,): (..., P)."""
    moves = np.eye(len(at)) * step
    return np.stack(
        [(np.asarray(function(at + h)) - np.asarray(function(at - h))) / (2 * step) for h in moves],
        axis=-1,
    )
