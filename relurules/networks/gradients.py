"""Gradients of a program's goal: exact where all signs are known, bounded where some aren't; and
what of them is measured.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.lp.certified import round_up, rounding_gamma
from relurules.networks.kernels.steps import SIZES, SLOPE, SQUARES
from relurules.networks.programs import PiecewiseProgram


@dataclass(frozen=True)
class SlopeMeasure:
    """What is measured of a gradient: of its entries times units, (d,), 0 for those that don't
    count, the sum; that of their sizes; or that of their squares.
    """

    units: Array
    sought: int

    @property
    def told(self) -> NDArray[np.bool_]:
        """(d,) columns that count."""
        return np.asarray(self.units != 0.0)

    def __call__(self, low: Array, high: Array) -> float:
        """The most that it is where a gradient lies between bounds (d,) and (d,)."""
        if self.sought == SLOPE:
            column = int(np.flatnonzero(self.units)[0])
            return float(high[column] if self.units[column] > 0 else -low[column])

        sizes = np.maximum(np.abs(low), np.abs(high)) * self.units

        return _add_up(sizes if self.sought == SIZES else sizes**2)


def measure_column(column: int, sign: float, columns: int) -> SlopeMeasure:
    """The derivative for one of so many columns, times a sign, 1 or -1."""
    units = np.zeros(columns)
    units[column] = sign
    return SlopeMeasure(units, SLOPE)


def measure_sum(scales: Array) -> SlopeMeasure:
    """The sum of absolute derivatives, in units of columns, (d,)."""
    return SlopeMeasure(scales, SIZES)


def measure_squares(scales: Array) -> SlopeMeasure:
    """The sum of squared derivatives, in units of columns, (d,)."""
    return SlopeMeasure(scales, SQUARES)


def _add_up(terms: Array) -> float:
    return float(terms.sum() * (1.0 + rounding_gamma(len(terms) + 8.0)))


def bound_gradient(program: PiecewiseProgram, signs: NDArray[np.int8]) -> tuple[Array, Array]:
    """Between which values the goal's derivatives lie, (d,) each, where neurons have these signs,
    0 for either; rounded outward.
    """
    d, K, first = program.columns, len(program.b), len(program.low)
    goal = program.goal_form
    side = np.where(
        signs > 0, 1.0, np.where(signs < 0, program.slope, np.minimum(1.0, program.slope))
    )
    far = np.where(signs == 0, np.maximum(1.0, program.slope), side)
    low, high = goal[first:-1].copy(), goal[first:-1].copy()
    size = np.abs(low)
    passed = np.zeros((2, K))
    flat = not program.L.any()
    if flat:
        ends = np.array([low * side, low * far])
        passed = np.array([ends.min(axis=0), ends.max(axis=0)])

    for k in reversed(range(0 if flat else K)):
        ends = np.array([low[k] * side[k], low[k] * far[k], high[k] * side[k], high[k] * far[k]])
        passed[:, k] = ends.min(), ends.max()
        row = program.L[k]
        if row.any():
            one, other = row * passed[0, k], row * passed[1, k]
            low, high = low + np.minimum(one, other), high + np.maximum(one, other)
            size = size + np.abs(row) * size[k] * max(abs(side[k]), abs(far[k]))

    one, other = program.A * passed[0][:, None], program.A * passed[1][:, None]
    gain = np.maximum(np.abs(side), np.abs(far))
    room = np.abs(goal[:d]) + (size * gain) @ np.abs(program.A)
    room = room * rounding_gamma(3.0 * K + 8.0)
    below = goal[:d] + np.minimum(one, other).sum(axis=0) - room
    above = goal[:d] + np.maximum(one, other).sum(axis=0) + room

    return below, above


def evaluate_gradient(
    program: PiecewiseProgram, signs: NDArray[np.int8], told: NDArray[np.bool_] | None = None
) -> tuple[Array, Array]:
    """(d,) each: the goal's derivatives where neurons have these signs, rounded down and up.

    told: (d,) which columns' are wanted, None for all; the others are 0.
    """
    d, first = program.columns, len(program.low)
    told = np.ones(d, dtype=np.bool_) if told is None else told
    goal, found = list(program.goal[first:-1]), [Fraction(0)] * d
    for j in np.flatnonzero(told).tolist():
        found[j] = program.goal[j]

    for k in reversed(range(len(program.b))):
        own = goal[k] if signs[k] > 0 else goal[k] * Fraction(float(program.slope[k]))
        if own == 0:
            continue
        for i in np.flatnonzero(program.L[k]).tolist():
            goal[i] += own * Fraction(float(program.L[k, i]))
        for j in np.flatnonzero((program.A[k] != 0) & told).tolist():
            found[j] += own * Fraction(float(program.A[k, j]))

    ends = np.zeros((2, d))
    for j in np.flatnonzero(told).tolist():
        ends[:, j] = -round_up(-found[j]), round_up(found[j])

    return ends[0], ends[1]


def read_signs(program: PiecewiseProgram, x: Array) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """(K,) each: the signs of all neurons at a row, and whether rounding leaves them no doubt."""
    K = len(program.b)
    z, size = program.A @ x + program.b, np.abs(program.A) @ np.abs(x) + np.abs(program.b)
    p, gain = np.zeros(K), np.maximum(1.0, np.abs(program.slope))
    for k in range(K):
        z[k] += program.L[k, :k] @ p[:k]
        size[k] += np.abs(program.L[k, :k]) @ (size[:k] * gain[:k])
        p[k] = z[k] if z[k] >= 0 else program.slope[k] * z[k]

    room = rounding_gamma(4.0 * (K + program.columns)) * size

    return np.where(z >= 0, 1, -1).astype(np.int8), np.abs(z) > room
