"""Largest values of affine forms over polytopes, with bounds that don't rest on a solver's arithmetic."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp import highs
from relurules.lp.compiled import compiled
from relurules.lp.dictionary import TOP, Dictionary, climb, express, vertex
from relurules.lp.polytope import Box, boxed, dictionary_of

Array = NDArray[np.float64]

#: Rounding of the sums behind a bound, as a share of their absolute terms.
_ROUNDING = 1e-14


class Maxima(NamedTuple):
    """Of n affine forms over a polytope: bounds (n,), which none of its points exceeds, and points (n, f) near them."""

    bounds: Array
    points: Array


def maxima(G: Array, h: Array, forms: Array) -> Maxima:
    """Largest values of forms (n, f + 1), constants last, over {u : G u <= h}; -inf where that is empty.

    Rows of G have unit length. Where they bound every coordinate from above and below, a bound is that of weak duality:
    any multipliers y >= 0 of the rows give one, max of form + y (h - G u) over the box, here with all terms rounded
    outward; the simplex method only proposes them. Elsewhere it is what HiGHS says, and points are zeros.
    """
    box = boxed(G, h)
    if box.cone:
        values = np.array([form[-1] - highs.minimum(-form[:-1], G, h) for form in forms])
        return Maxima(values, np.zeros((len(forms), G.shape[1])))
    n, f = len(forms), G.shape[1]
    if (box.width < 0.0).any():
        return Maxima(np.full(n, -np.inf), np.zeros((n, f)))
    if f == 0:
        return Maxima(forms[:, 0].copy(), np.zeros((n, 0)))
    sizes = np.linalg.norm(forms[:, :-1], axis=1)
    unit = np.column_stack([forms[:, :-1] / np.where(sizes > 0, sizes, 1.0)[:, None], np.zeros(n)])
    points, multipliers = np.zeros((n, f)), np.zeros((n, len(box.walls)))
    D = dictionary_of(box)
    done = np.zeros(n, dtype=np.bool_)
    if D is not None:
        climb_all(D, unit, points, multipliers, done)
    empty = np.zeros(n, dtype=np.bool_)
    for i in np.flatnonzero(~done):
        found = highs.maximum(unit[i, :-1], -box.walls[:, :-1], box.walls[:, -1], box.low, box.low + box.width)
        if found is None:
            empty[i] = True
        else:
            points[i], multipliers[i] = found
    bounds = _dual_bounds(box, unit, multipliers)
    return Maxima(np.where(empty, -np.inf, _outward(bounds * sizes, forms[:, -1])), points)


def _dual_bounds(box: Box, forms: Array, multipliers: Array) -> Array:
    """(n,) the maximum of form + multipliers * slacks over the box, rounded up."""
    total = forms + multipliers @ box.walls
    gradient, constant = total[:, :-1], total[:, -1]
    value = constant + gradient @ box.low + np.maximum(gradient * box.width, 0.0).sum(axis=1)
    reach = np.abs(box.low) + box.width
    terms = np.abs(forms) + multipliers @ np.abs(box.walls)
    return np.asarray(value + _ROUNDING * (terms[:, :-1] @ reach + terms[:, -1]))


def _outward(values: Array, constants: Array) -> Array:
    return np.asarray(values + constants + _ROUNDING * (np.abs(values) + np.abs(constants)))


@compiled
def climb_all(D: Dictionary, forms: Array, points: Array, multipliers: Array, done: NDArray[np.bool_]) -> None:
    """A vertex where each form is largest, and the multipliers of the half-spaces that say so."""
    f = len(D.low)
    for i in range(len(forms)):
        n = D.used[0]
        express(D, forms[i], D.table[n])
        if climb(D, np.inf) != TOP:
            continue
        done[i] = True
        vertex(D, points[i])
        for column in range(f):
            if D.nonbasic[column] >= f:
                multipliers[i, D.nonbasic[column] - f] = max(0.0, -D.table[n, 1 + column])
