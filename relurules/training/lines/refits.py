"""All numbers of a model of lines fitted anew: the slopes exactly, by Newton's method; the knots
and directions too, by damped Gauss-Newton steps.

A step that raises the objective, the mean loss with half the ridge times the squares of all slopes,
is never taken. References: see `relurules.training.newton`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import singledispatch

import numpy as np

from relurules.ir.network import Array
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import (
    LineModel,
    LineRows,
    compute_objective,
)
from relurules.training.lines.packed_lines import fill_hinges, fill_tangents
from relurules.training.lines.row_views import ParameterBasis, are_many
from relurules.training.lines.trend_steps import frame_step
from relurules.training.lines.trends import guard_factors, has_constraints, minimize_within_trends

#: Rows that the curvature is computed on: so many, or so many per parameter.
_LEAST_ROWS, _ROWS_PER_PARAMETER = 8000, 60
#: Damping: at first, smaller after a step that helps, larger after one that doesn't, given up
#: above.
DAMPING, SMALLER, LARGER, TOO_LARGE = 1e-2, 0.2, 5.0, 1e4
#: A step that gains less than this share of the objective is the last one.
ENOUGH = 1e-6
#: What is added to the curvature, so that it is positive definite: to every weight, and to the
#: constants, which no penalty bears.
FLOOR = 1e-9


@dataclass(frozen=True, kw_only=True)
class FitTerms:
    """What the fit of a model minimises: the loss of rows, and ridge.

    columns: whose trends are kept. least_share: of the rows, that each side of a line must have.
    """

    rows: LineRows
    ridge: float
    columns: Sequence[LineColumn] = ()
    least_share: float = 0.0

    @property
    def least_rows(self) -> int:
        """How many rows each side of a line must have."""
        return round(self.least_share * len(self.rows))

    @property
    def has_trends(self) -> bool:
        """Whether some column has a trend."""
        return any(column.trend for column in self.columns)

    @property
    def has_constraints(self) -> bool:
        """Whether some column has a trend, or a limit."""
        return has_constraints(self.columns)


@singledispatch
def refit_slopes(model: LineModel, terms: FitTerms, steps: int = 8, *, fresh: int = 0) -> LineModel:
    """The model with the best constant, base and factors of its lines, at most so many steps of
    Newton's method; its trends hold.

    fresh: so many of the last lines start at a factor of 0.
    """
    rows, (values, pulls) = terms.rows, get_factors(model)
    basis, pulls = _build_factor_basis(model, rows), pulls * terms.ridge
    every = choose_stride(len(rows), len(values))
    values[len(values) - fresh :] = 0.0
    guard = guard_factors(model, terms.columns)
    inside = guard is None or guard.is_kept(values)

    def measure(share: float) -> float:
        tried = values + share * change
        return rows.loss(scores + share * turn) + float(pulls @ tried**2) / 2

    scores, change, turn = basis.combine(values), np.zeros(len(values)), np.zeros(len(rows))
    reached = measure(0.0) if inside else np.inf
    for _ in range(steps):
        first, second = rows.derivatives(scores)
        hessian = basis.sum_squares(second, every) + np.diag(pulls + FLOOR)
        slope = basis.sum_rows(first) + pulls * values
        change = minimize_within_trends(hessian, slope, values, guard) - values
        if inside and -(slope @ change) < ENOUGH * abs(reached) * 0.1:
            break
        turn, share = basis.combine(change), 1.0
        while (found := measure(share)) > reached and share > 1e-3:
            share /= 2
        if found > reached:
            break
        values, scores = values + share * change, scores + share * turn
        gained, reached, inside = reached - found, found, True
        if gained < ENOUGH * abs(reached) * 0.1:
            break

    return _with_factors(model, values)


def choose_stride(rows: int, parameters: int) -> int:
    """Of how many rows one is looked at for the curvature."""
    return max(1, round(rows / max(_LEAST_ROWS, _ROWS_PER_PARAMETER * parameters)))


def _build_factor_basis(model: LineModel, rows: LineRows) -> ParameterBasis:
    """One, the coordinates that the base reads, what each line adds."""
    basis = ParameterBasis(rows.views, model.read, len(model))
    if are_many(len(rows)):
        fill_hinges(model.lines, rows.views, basis.further)
        return basis

    for line, added in zip(model.lines, basis.further, strict=True):
        np.multiply(line.sign, np.maximum(rows.reach(line), 0.0), out=added)

    return basis


def build_slope_basis(model: LineModel, rows: LineRows) -> Array:
    """(1 + r + K, N): one, the coordinates that the base reads, what each line adds."""
    return _build_factor_basis(model, rows).write_out()


def get_factors(model: LineModel) -> tuple[Array, Array]:
    """(1 + r + K,) the constant, the base, and 1 for every line; and the share of the ridge of
    each.
    """
    read = model.weights[model.read]
    of_lines = np.array([line.pulls @ line.weights**2 for line in model.lines], dtype=float)
    values = np.concatenate([[model.constant], read, np.ones(len(model))])
    return values, np.concatenate([[0.0], model.read_pulls, of_lines])


@singledispatch
def refine_lines(model: LineModel, terms: FitTerms, steps: int) -> LineModel:
    """The model after at most so many damped Gauss-Newton steps on all of its numbers."""
    rows, damping = terms.rows, DAMPING
    every = choose_stride(len(rows), count_parameters(model))
    scores = rows.evaluate(model)
    objective = compute_objective(model, rows, terms.ridge, scores)

    for _ in range(steps):
        values, pulls = get_line_parameters(model)
        pulls = pulls * terms.ridge
        tangents = _build_tangent_basis(model, rows)
        first, second = rows.derivatives(scores)
        slope = tangents.sum_rows(first) + pulls * values
        hessian = tangents.sum_squares(second, every) + np.diag(pulls + FLOOR)
        diagonal = np.maximum(hessian.diagonal(), 1e-8)

        frame = frame_step(model, values, terms.columns)
        while damping < TOO_LARGE:
            damped = hessian + np.diag(damping * diagonal)
            best = frame.minimize(damped, slope)
            step = best - values
            if -(slope @ step + step @ hessian @ step / 2) < ENOUGH * abs(objective) / 2:
                return model
            tried = with_line_parameters(model, best)
            if frame.guard is not None:
                tried = _restore_trends(tried, terms.columns, (damped, slope, values))
            reached_scores = rows.evaluate(tried)
            reached = compute_objective(tried, rows, terms.ridge, reached_scores)
            if reached < objective:
                break
            damping *= LARGER
        else:
            break

        gained = objective - reached
        model, scores, objective = tried, reached_scores, reached
        damping = max(damping * SMALLER, 1e-6)
        if gained < ENOUGH * abs(objective):
            break

    return model


def _restore_trends(
    model: LineModel, columns: Sequence[LineColumn], quadratic: tuple[Array, Array, Array]
) -> LineModel:
    """The model; where its conditions moved so that a trend broke, with the constant, base and
    factors of its lines that are best by a quadratic model of the objective: Hessian, gradient, and
    where.
    """
    guard = guard_factors(model, columns)
    base = 1 + int(model.read.sum())
    factors, _ = get_factors(model)
    if guard is None or guard.is_kept(factors):
        return model

    hessian, gradient, start = quadratic
    values, at = get_line_parameters(model)[0], base
    by_factor = np.zeros((len(values), len(factors)))
    by_factor[:base, :base] = np.eye(base)
    for k, line in enumerate(model.lines):
        own = slice(at, at + len(line.weights) + 1)
        by_factor[own, base + k] = values[own]
        at = own.stop

    slope = by_factor.T @ (gradient + hessian @ (values - start))
    found = guard.minimize(by_factor.T @ hessian @ by_factor, slope, factors)
    return _with_factors(model, found)


def _with_factors(model: LineModel, values: Array) -> LineModel:
    """The model with this constant, base and factors of its lines."""
    base = 1 + int(model.read.sum())
    weights = np.zeros(len(model.weights))
    weights[model.read] = values[1:base]
    lines = tuple(
        line.scaled(factor) for line, factor in zip(model.lines, values[base:], strict=True)
    )
    return replace(model, constant=float(values[0]), weights=weights, lines=lines)


def take_evenly(rows: LineRows, count: int) -> LineRows:
    """At most about so many of the rows, always the same, spread evenly."""
    step = max(1, len(rows) // count)
    return rows if step == 1 else rows.part(np.arange(0, len(rows), step))


def count_parameters(model: LineModel) -> int:
    """Constant, base, and the weights and bounds of all lines."""
    return 1 + int(model.read.sum()) + sum(len(line.weights) + 1 for line in model.lines)


def _build_tangent_basis(model: LineModel, rows: LineRows) -> ParameterBasis:
    """Derivatives of every row's score by every parameter; those of the last line last.

    Half as exact as everything else, and twice as fast: they only say where a step goes.
    """
    further, at = sum(len(line.weights) + 1 for line in model.lines), 0
    basis = ParameterBasis(rows.views, model.read, further, np.float32)
    if are_many(len(rows)):
        fill_tangents(model.lines, rows.views, basis.further)
        return basis

    for line in model.lines:
        end = at + len(line.weights)
        holds = basis.further[end]
        np.multiply(rows.reach(line) > 0, np.float32(line.sign), out=holds)
        for k, atom in enumerate(line.atoms):
            np.multiply(
                holds, rows.views.project(atom), out=basis.further[at + k], casting="same_kind"
            )
        at = end + 1

    return basis


def build_tangents(model: LineModel, rows: LineRows) -> Array:
    """(P, N): derivatives of every row's score by every parameter; those of the last line last."""
    return _build_tangent_basis(model, rows).write_out().astype(float)


def get_line_parameters(model: LineModel) -> tuple[Array, Array]:
    """(P,) values in the order of `build_tangents`, and the share of the ridge of each."""
    read = model.weights[model.read]
    values, pulls = [np.array([model.constant]), read], [np.zeros(1), model.read_pulls]

    for line in model.lines:
        values += [line.weights, np.array([line.bound])]
        pulls += [line.pulls, np.zeros(1)]

    return np.concatenate(values), np.concatenate(pulls)


def with_line_parameters(model: LineModel, values: Array) -> LineModel:
    """The model with these numbers."""
    weights = np.zeros(len(model.weights))
    at = 1 + int(model.read.sum())
    weights[model.read] = values[1:at]
    lines = []

    for line in model.lines:
        end = at + len(line.weights)
        lines.append(line.moved(values[at:end], float(values[end])))
        at = end + 1

    return replace(model, constant=float(values[0]), weights=weights, lines=tuple(lines))
