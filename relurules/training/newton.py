"""Training of few neurons by damped Gauss-Newton steps with a penalty on the sum of absolute
weights.

Steps: K. Levenberg, "A method for the solution of certain non-linear problems in least squares",
1944; D. Marquardt, "An algorithm for least-squares estimation of nonlinear parameters", 1963; the
curvature of the loss takes the place of the residuals' (N. Schraudolph, "Fast curvature
matrix-vector products for second-order gradient descent", 2002), and is computed on a part of the
rows. Penalty: as a quadratic one that is weighted anew in every step (J. Fan and R. Li, "Variable
selection via nonconcave penalized likelihood", 2001).
"""

from typing import NamedTuple

import numpy as np

from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array
from relurules.training.objective import (
    DataSplit,
    loss_gradient,
    loss_of_pass,
    mean_loss,
    penalty_factors,
)
from relurules.training.relu_parameters import (
    ForwardPass,
    ReluParameters,
    get_parameters,
    pull_back_derivatives,
    run_forward,
    sum_over_ties,
    with_parameters,
)
from relurules.training.task import Rows, Task

#: Rows that the curvature is computed on: so many, or so many per parameter.
_LEAST_ROWS, _ROWS_PER_PARAMETER = 4000, 12
#: Damping: at first, smaller after a step that helps, larger after one that doesn't, given up
#: above.
_DAMPING, _SMALLER, _LARGER, _TOO_LARGE = 1e-2, 0.25, 4.0, 1e6
#: A step that gains less than this share of the objective is the last one.
_ENOUGH = 1e-5
#: Every parameter is pulled to 0 a little; weights below this are taken for this in the penalty's
#: curvature.
_RIDGE, _SMALL = 1e-6, 1e-3


def refine_network(
    compact: ReluParameters, data: DataSplit, task: Task, *,
    l1: float, steps: int, choose: bool = True, deadline: Deadline = NEVER,
) -> ReluParameters:  # fmt: skip
    """The network after at most so many steps; choose: the one of the least validation loss on the
    way.

    l1: factor of the sum of absolute weights, biases aside, beside the mean loss. Deterministic,
    but for the deadline, after which no step begins.
    """
    if deadline.is_over():
        return compact

    rows, values, damping = data.training, get_parameters(compact), _DAMPING
    some = _sample_rows(rows, len(values))
    penalised = penalty_factors(compact, l1, "ALCU")
    ran = run_forward(compact, rows.X)
    objective = _compute_objective(ran, rows, task, values, penalised)
    best, least = compact, mean_loss(compact, data.validation, task) if choose else np.inf

    for _ in range(steps):
        if deadline.is_over():
            break
        pull = _RIDGE + penalised / np.maximum(np.abs(values), _SMALL)
        slope = loss_gradient(compact, ran, rows, task) + pull * values
        curvature = _compute_curvature(compact, some, task) + np.diag(pull)
        step = _take_step(compact, (curvature, slope, damping), rows, task, penalised, objective)
        if step is None:
            break
        gained = objective - step.objective
        compact, ran, damping, objective = step.compact, step.ran, step.damping, step.objective
        values = get_parameters(compact)
        if not choose:
            best = compact
        elif (loss := mean_loss(compact, data.validation, task)) < least:
            best, least = compact, loss
        if gained < _ENOUGH * abs(objective):
            break

    return best


class _DampedStep(NamedTuple):
    compact: ReluParameters
    ran: ForwardPass
    objective: float
    damping: float


def _take_step(
    compact: ReluParameters,
    model: tuple[Array, Array, float],
    rows: Rows,
    task: Task,
    penalised: Array,
    objective: float,
) -> _DampedStep | None:
    """The first step that helps, more and more damped; None where none does."""
    curvature, slope, damping = model
    values, diagonal = get_parameters(compact), np.maximum(curvature.diagonal(), 1e-8)
    while damping < _TOO_LARGE:
        try:
            change = np.linalg.solve(curvature + np.diag(damping * diagonal), slope)
        except np.linalg.LinAlgError:
            damping *= _LARGER
            continue
        tried = with_parameters(compact, values - change)
        ran = run_forward(tried, rows.X)
        reached = _compute_objective(ran, rows, task, values - change, penalised)
        if reached < objective:
            return _DampedStep(tried, ran, reached, max(damping * _SMALLER, 1e-7))
        damping *= _LARGER

    return None


def _compute_objective(
    ran: ForwardPass, rows: Rows, task: Task, values: Array, penalised: Array
) -> float:
    return float(
        loss_of_pass(ran, rows, task) + penalised @ np.abs(values) + _RIDGE / 2 * values @ values
    )


def _compute_curvature(compact: ReluParameters, rows: Rows, task: Task) -> Array:
    """The Gauss-Newton matrix of the mean loss, (P, P)."""
    ran, m = run_forward(compact, rows.X), len(compact.c)
    W = task.curvature(ran.F) * (rows.weights / len(rows.X))[:, None, None]
    jacobians = [_compute_jacobian(compact, ran, rows.X, score) for score in range(m)]
    total = np.zeros((jacobians[0].shape[1],) * 2)

    for i, left in enumerate(jacobians):
        for j, right in enumerate(jacobians):
            if W[:, i, j].any():
                total += left.T @ (right * W[:, i, j, None])

    return total


def _compute_jacobian(compact: ReluParameters, ran: ForwardPass, X: Array, score: int) -> Array:
    """Derivatives of one score by every parameter, (N, P)."""
    n, m = len(X), len(compact.c)
    one = np.broadcast_to(np.eye(m)[score], (n, m))
    _, before = pull_back_derivatives(compact, ran.Z, one)
    rows = sum_over_ties(compact, before)
    a, links, _, c, u, _ = compact.masks
    k, j = np.nonzero(a)
    reader, read = np.nonzero(links)
    direct, last = np.zeros((n, int(c.sum()))), np.zeros((n, u.size))
    at = np.nonzero(c)
    direct[:, at[0] == score] = X[:, at[1][at[0] == score]]
    last.reshape(n, *u.shape)[:, score] = ran.H

    return np.hstack(
        [rows[:, k] * X[:, j], rows[:, reader] * ran.H[:, read], before, direct, last, one]
    )


def _sample_rows(rows: Rows, parameters: int) -> Rows:
    """A part of the rows, always the same, spread evenly."""
    step = max(1, len(rows.X) // max(_LEAST_ROWS, _ROWS_PER_PARAMETER * parameters))
    return rows if step == 1 else rows.part(slice(None, None, step))
