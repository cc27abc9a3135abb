"""Which neurons a network can do without: those whose affine stand-in changes the loss least."""

from typing import NamedTuple

import numpy as np

from relurules.ir.network import Array
from relurules.training.relu_parameters import ReluParameters, pull_back_derivatives, run_forward
from relurules.training.task import Rows, Task


class StandIns(NamedTuple):
    """For every neuron, (K,): how much it matters, and its stand-in, factor z + constant."""

    saliency: Array
    factors: Array
    constants: Array


def fit_stand_ins(compact: ReluParameters, rows: Rows, task: Task) -> StandIns:
    """Least squares fits on the rows, and the saliency of every neuron, mean |g r| + mean (g r)^2.

    g: derivative of a row's loss by the neuron; r: what the stand-in changes there.
    """
    ran, weights = run_forward(compact, rows.X), rows.weights[:, None]
    after, _ = pull_back_derivatives(compact, ran.Z, task.gradient(ran.F, rows.Y))
    z, h = (np.average(values, axis=0, weights=rows.weights) for values in (ran.Z, ran.H))
    spread = np.mean(weights * (ran.Z - z) ** 2, axis=0)
    joint = np.mean(weights * (ran.Z - z) * (ran.H - h), axis=0)
    factors = np.divide(joint, spread, out=np.zeros_like(joint), where=spread > 1e-24)
    constants = h - factors * z
    change = after * (factors * ran.Z + constants - ran.H)

    return StandIns(np.mean(weights * (np.abs(change) + change**2), axis=0), factors, constants)
