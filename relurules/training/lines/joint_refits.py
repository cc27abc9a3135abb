"""All numbers of a model of several scores fitted anew.

The slopes by Newton's method, whose steps conjugate gradients find, with the Hessian of each score
alone to precondition them. Knots and directions by damped Gauss-Newton steps after the slopes are
projected out (L. Kaufman, "A variable projection method for solving separable nonlinear least
squares problems", 1975): for them a row's curvature counts as the same for all scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.training.lines.joint_curvature import JointCurvature
from relurules.training.lines.joint_model import JointLine, JointModel, JointRows
from relurules.training.lines.line_losses import estimate_losses
from relurules.training.lines.line_model import compute_objective, compute_reach, project_rows
from relurules.training.lines.refits import (
    DAMPING,
    ENOUGH,
    FLOOR,
    LARGER,
    SMALLER,
    TOO_LARGE,
    FitTerms,
    build_slope_basis,
    choose_stride,
    refine_lines,
    refit_slopes,
)

#: Up to so many slopes, steps are solved for directly: sooner than by conjugate gradients.
_FEW_SLOPES = 250
#: Conjugate gradients end below this share of the first residual, or after so many steps.
_RESIDUAL, _STEPS = 1e-3, 40
#: Newton steps of the slopes after each step of the knots.
_AFTER = 1


@dataclass(frozen=True, kw_only=True)
class SlopeCurvature:
    """The Hessian of the objective by all slopes, (m, P).

    basis: (P, N) of what slopes are of. second: of the loss. pulls: (P,) of the ridge.
    """

    basis: Array
    second: JointCurvature
    pulls: Array

    def apply(self, slopes: Array) -> Array:
        """The Hessian times some slopes."""
        turned = self.second.apply(slopes @ self.basis)
        return np.asarray(turned @ self.basis.T + self.pulls * slopes)

    def invert_diagonals(self) -> Array:
        """(m, P, P): the inverses of the Hessians of each score alone."""
        diagonals, size = self.second.list_diagonals(), len(self.basis)
        inverses = np.empty((len(diagonals), size, size))
        for k, diagonal in enumerate(diagonals):
            hessian = (self.basis * diagonal) @ self.basis.T + np.diag(self.pulls)
            hessian += np.eye(size) * 1e-10 * float(hessian.diagonal().max())
            inverse = np.linalg.inv(hessian)
            inverses[k] = (inverse + inverse.T) / 2
        return inverses


@dataclass(frozen=True, kw_only=True)
class SlopeRoom:
    """Slopes that may be other than 0. allowed: (m, P). is_centred: whether those of a line sum to
    0, which costs the loss of classes nothing.
    """

    allowed: NDArray[np.bool_]
    is_centred: bool

    def project(self, slopes: Array) -> Array:
        """The nearest slopes that may be."""
        if self.is_centred:
            counts = np.maximum(self.allowed.sum(axis=0), 1)
            slopes = slopes - (slopes * self.allowed).sum(axis=0) / counts
        return np.asarray(slopes * self.allowed)


def find_newton_step(curvature: SlopeCurvature, gradient: Array, room: SlopeRoom) -> Array:
    """(m, P): minus the inverse Hessian times the gradient, within the room."""
    if gradient.size > _FEW_SLOPES or not room.allowed.all():
        return solve_step(curvature, gradient, room)

    hessian = curvature.second.assemble(curvature.basis)
    hessian += np.diag(np.tile(curvature.pulls, len(gradient)))
    step = np.asarray(np.linalg.solve(hessian, -gradient.ravel()), dtype=np.float64)
    return room.project(step.reshape(gradient.shape))


def solve_step(curvature: SlopeCurvature, gradient: Array, room: SlopeRoom) -> Array:
    """As `find_newton_step`, by conjugate gradients."""
    inverses = curvature.invert_diagonals()

    def precondition(slopes: Array) -> Array:
        return room.project(np.matmul(inverses, slopes[:, :, None])[:, :, 0])

    step = np.zeros_like(gradient)
    residual = -room.project(gradient)
    ready = precondition(residual)
    direction = ready
    size = first = float((residual * ready).sum())

    for _ in range(_STEPS):
        if size <= _RESIDUAL**2 * first or size <= 0:
            break
        turned = room.project(curvature.apply(direction))
        bend = float((direction * turned).sum())
        if bend <= 0:
            break
        step = step + direction * (size / bend)
        residual = residual - turned * (size / bend)
        ready = precondition(residual)
        before, size = size, float((residual * ready).sum())
        direction = ready + direction * (size / before)

    return step


def get_joint_slopes(model: JointModel) -> tuple[Array, Array]:
    """(m, P) constants, base and slopes of the lines; and (P,) the share of the ridge of each."""
    slopes = [line.slopes for line in model.lines]
    values = np.column_stack([model.constants, model.weights[:, model.read], *slopes])
    of_lines = [float(line.pulls @ line.weights**2) for line in model.lines]
    return values, np.array([0.0, *np.ones(int(model.read.sum())), *of_lines])


def with_joint_slopes(model: JointModel, values: Array) -> JointModel:
    """The model with these constants, base and slopes, (m, P)."""
    base = 1 + int(model.read.sum())
    weights = np.zeros_like(model.weights)
    weights[:, model.read] = values[:, 1:base]
    lines = tuple(
        line.with_slopes(slopes)
        for line, slopes in zip(model.lines, values[:, base:].T, strict=True)
    )
    return replace(model, constants=values[:, 0], weights=weights, lines=lines)


def make_room(values: Array, count: int, rows: JointRows) -> SlopeRoom:
    """The room of a model's slopes, (m, P), of which the last `count` are of lines: 0 stays 0."""
    allowed = np.ones(values.shape, dtype=np.bool_)
    of_lines = values[:, values.shape[1] - count :]
    allowed[:, values.shape[1] - count :] = (of_lines != 0) | ~of_lines.any(axis=0)
    return SlopeRoom(allowed=allowed, is_centred=rows.is_centred)


@refit_slopes.register
def refit_joint_slopes(
    model: JointModel, terms: FitTerms, steps: int = 8, *, fresh: int = 0
) -> JointModel:
    """As `refit_slopes`; slopes that are 0 stay 0."""
    rows = get_joint_rows(terms)
    values, pulls = get_joint_slopes(model)
    basis, pulls = build_slope_basis(model, rows), pulls * terms.ridge
    room = make_room(values, len(model), rows)
    every = choose_stride(len(rows), values.size)
    values[:, values.shape[1] - fresh :] = 0.0
    some = np.ascontiguousarray(basis[:, ::every])

    def measure(tried: Array) -> float:
        return rows.loss(tried @ basis) + float((pulls * tried**2).sum()) / 2

    reached = measure(values)
    for _ in range(steps):
        first, second = rows.differentiate(values @ basis)
        gradient = first @ basis.T + pulls * values
        curvature = SlopeCurvature(basis=some, second=second.part(every), pulls=pulls + FLOOR)
        step = find_newton_step(curvature, gradient, room)
        share = 1.0
        while (found := measure(values + share * step)) > reached and share > 1e-3:
            share /= 2
        if found > reached:
            break
        values, gained, reached = values + share * step, reached - found, found
        if gained < ENOUGH * abs(reached) * 0.1:
            break

    return with_joint_slopes(model, values)


def get_joint_rows(terms: FitTerms) -> JointRows:
    """The rows of terms of several scores."""
    return cast("JointRows", terms.rows)


@dataclass(frozen=True, kw_only=True)
class KnotTangents:
    """Derivatives by the weights and the bounds of all lines, Q of them.

    rows: (Q, N), of z where it holds; slopes: (Q, m), by which each counts for a score. values:
    (Q,) of the parameters; pulls: (Q,) of the ridge.
    """

    rows: Array
    slopes: Array
    values: Array
    pulls: Array


def build_knot_tangents(model: JointModel, rows: JointRows) -> KnotTangents:
    """Those of every line: of its weights, then of its bound."""
    tangents, slopes, values, pulls = [], [], [], []
    for line in model.lines:
        holds = compute_reach(line, rows.X) > 0
        tangents += [holds * project_rows(atom, rows.X) for atom in line.atoms]
        tangents.append(holds.astype(float))
        slopes += [line.slopes] * (len(line.weights) + 1)
        values += [*line.weights, line.bound]
        pulls += [*line.pulls, 0.0]

    return KnotTangents(
        rows=np.array(tangents), slopes=np.array(slopes), values=np.array(values),
        pulls=np.array(pulls),
    )  # fmt: skip


def with_knots(lines: Sequence[JointLine], values: Array) -> tuple[JointLine, ...]:
    """The lines with other weights and bounds."""
    found, at = [], 0
    for line in lines:
        end = at + len(line.weights)
        found.append(replace(line, weights=values[at:end], bound=float(values[end])))
        at = end + 1

    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class KnotProblem:
    """The objective by the knots, once the slopes follow them.

    hessian: (Q, Q). gradient: (Q,). following: (P, Q) how each slope follows a knot, for a line of
    slope 1. knots: see `KnotTangents`.
    """

    hessian: Array
    gradient: Array
    following: Array
    knots: KnotTangents

    def solve(self, damping: float) -> Array:
        """(Q,) the step."""
        diagonal = np.maximum(self.hessian.diagonal(), 1e-8)
        damped = self.hessian + np.diag(damping * diagonal)
        return np.asarray(-np.linalg.solve(damped, self.gradient))

    def follow(self, step: Array) -> Array:
        """(m, P) what the slopes change by."""
        return np.asarray(-(self.knots.slopes.T * step) @ self.following.T)


def pose_knot_problem(model: JointModel, terms: FitTerms) -> KnotProblem:
    """The problem about a model whose slopes are the best."""
    rows = get_joint_rows(terms)
    first, second = rows.derivatives(model.evaluate(rows.X))
    knots = build_knot_tangents(model, rows)
    basis, pulls = build_slope_basis(model, rows), get_joint_slopes(model)[1]
    every = choose_stride(len(rows), len(basis) + len(knots.values))
    curvature = every * second[::every]
    some, own = basis[:, ::every], knots.rows[:, ::every]
    frame = (some * curvature) @ some.T + np.diag(pulls * terms.ridge + FLOOR)
    cross = (some * curvature) @ own.T
    following = np.asarray(np.linalg.solve(frame, cross), dtype=np.float64)
    left = (own * curvature) @ own.T - cross.T @ following
    held = knots.pulls * terms.ridge
    gradient = ((knots.rows @ first.T) * knots.slopes).sum(axis=1) + held * knots.values

    return KnotProblem(
        hessian=left * (knots.slopes @ knots.slopes.T) + np.diag(held + FLOOR),
        gradient=gradient,
        following=following,
        knots=knots,
    )


@refine_lines.register
def refine_joint_lines(model: JointModel, terms: FitTerms, steps: int) -> JointModel:
    """As `refine_lines`; the slopes are fitted anew after each step."""
    rows, damping = get_joint_rows(terms), DAMPING
    if not len(model):
        return refit_joint_slopes(model, terms, steps)
    objective = compute_objective(model, rows, terms.ridge)

    for _ in range(steps):
        problem = pose_knot_problem(model, terms)
        values, _ = get_joint_slopes(model)
        room = make_room(values, len(model), rows)
        while damping < TOO_LARGE:
            step = problem.solve(damping)
            if -float(problem.gradient @ step) < ENOUGH * abs(objective):
                return model
            moved = replace(model, lines=with_knots(model.lines, problem.knots.values + step))
            followed = values + room.project(problem.follow(step))
            tried = with_joint_slopes(moved, followed)
            reached = compute_objective(tried, rows, terms.ridge)
            if reached < objective:
                break
            damping *= LARGER
        else:
            break

        tried = refit_joint_slopes(tried, terms, _AFTER)
        reached = compute_objective(tried, rows, terms.ridge)
        gained = objective - reached
        model, objective = tried, reached
        damping = max(damping * SMALLER, 1e-6)
        if gained < ENOUGH * abs(objective):
            break

    return model


@estimate_losses.register
def estimate_joint_losses(model: JointModel, terms: FitTerms) -> Array:
    """As `estimate_losses`, by the slopes alone, each row's curvature the same for all scores."""
    rows = get_joint_rows(terms)
    basis, (values, pulls) = build_slope_basis(model, rows), get_joint_slopes(model)
    curvature = rows.derivatives(values @ basis)[1]
    hessian = (basis * curvature) @ basis.T + np.diag(pulls * terms.ridge + 1e-8)
    spread = np.linalg.inv(hessian).diagonal()[len(basis) - len(model) :]
    return np.asarray((values[:, len(basis) - len(model) :] ** 2).sum(axis=0) / spread / 2)
