"""Quadratic problems with linear constraints, of some hundred variables.

Solved through the dual, which is a least squares problem with signs: C. Lawson and R. Hanson,
"Solving Least Squares Problems", 1974, chapter 23.
"""

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array

#: Multipliers below this share of the largest gradient count as 0.
_NOTHING = 1e-12
#: Shares of its diagonal that a Hessian summed in single precision may be given back.
_GIVEN_BACK, _MOST_GIVEN = (0.0, 1e-9, 1e-7, 1e-5), 1e-3
_LEAST = 1e-9


def solve_free(hessian: Array, gradient: Array, start: Array) -> tuple[Array, Array]:
    """The Cholesky factor of the Hessian, (P, P), and the v of least (v - start)' hessian
    (v - start) / 2 + gradient' (v - start).

    What rounding takes from a positive definite Hessian is given back to its diagonal. Raises
    LinAlgError where it is far from one.
    """
    lower = _factorize(hessian)
    return lower, np.asarray(start - _solve_cholesky(lower, gradient))


def _factorize(hessian: Array) -> Array:
    diagonal = np.maximum(np.abs(hessian.diagonal()), _LEAST)  # a line of no length has a row of 0
    for share in _GIVEN_BACK:
        try:
            return np.asarray(np.linalg.cholesky(hessian + np.diag(share * diagonal)))
        except np.linalg.LinAlgError:
            continue

    return np.asarray(np.linalg.cholesky(hessian + np.diag(_MOST_GIVEN * diagonal)))


def bend_to_cone(lower: Array, free: Array, cone: Array, floors: Array | None = None) -> Array:
    """The v with cone v >= floors nearest to one without constraints, in the metric of a Hessian of
    which lower is the Cholesky factor; cone: (G, P); floors: (G,), None for 0.
    """
    room = cone @ free if floors is None else cone @ free - floors
    if (room >= 0).all():
        return free

    half = np.linalg.solve(lower, cone.T)
    multipliers = minimize_over_signs(np.asarray(half.T @ half), np.asarray(room))

    return free + np.asarray(np.linalg.solve(lower.T, half @ multipliers))


def minimize_over_signs(matrix: Array, linear: Array) -> Array:
    """The x >= 0 of least x' matrix x / 2 + linear' x; matrix: (G, G) positive semidefinite."""
    size = len(linear)
    matrix = matrix + np.eye(size) * 1e-13 * max(float(matrix.diagonal().max()), 1e-300)
    found, passive = np.zeros(size), np.zeros(size, dtype=np.bool_)
    least = _NOTHING * max(float(np.abs(linear).max()), 1e-300)

    for _ in range(10 * size):
        slope = -(matrix @ found + linear)
        slope[passive] = -np.inf
        if slope.max() <= least:
            break
        passive[slope.argmax()] = True
        found = _walk_to_feasible(matrix, linear, found, passive)

    return found


def _walk_to_feasible(
    matrix: Array, linear: Array, found: Array, passive: NDArray[np.bool_]
) -> Array:
    """The best point with the passive variables alone; those that would become negative leave."""
    while passive.any():
        tried = np.zeros(len(found))
        some = np.flatnonzero(passive)
        tried[some] = np.linalg.solve(matrix[np.ix_(some, some)], -linear[some])
        negative = passive & (tried <= 0)
        if not negative.any():
            return tried

        gap = found[negative] - tried[negative]
        share = float((found[negative] / np.where(gap > 0, gap, 1.0)).min())
        found = found + min(share, 1.0) * (tried - found)
        passive &= found > _NOTHING * max(float(found.max()), 1e-300)
        found = np.where(passive, found, 0.0)

    return found


def _solve_cholesky(lower: Array, right: Array) -> Array:
    return np.asarray(np.linalg.solve(lower.T, np.linalg.solve(lower, right)))
