"""Multipliers that say how large forms can be over a polytope: what certificates are made of."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp import highs
from relurules.lp.dictionary import Dictionary
from relurules.lp.lengths import row_lengths
from relurules.lp.maxima import maximise_forms, scale_forms
from relurules.lp.polytope import Box, find_dictionary

Array = NDArray[np.float64]


class Duals(NamedTuple):
    """Of n forms over a polytope with w walls: multipliers (n, w) >= 0, points (n, f) where the
    forms are largest.

    known: (n,) False where the solver has no answer.
    """

    multipliers: Array
    points: Array
    known: NDArray[np.bool_]


class PolytopeVertex(NamedTuple):
    """A polytope {u : low <= u <= low + width, walls u >= 0}, walls (w, f + 1) of unit length, and
    a vertex of it.

    dictionary: None where the simplex method found no vertex; HiGHS answers then.
    """

    low: Array
    width: Array
    walls: Array
    dictionary: Dictionary | None


def find_vertex(low: Array, width: Array, walls: Array) -> PolytopeVertex:
    """The polytope with a vertex to start from."""
    box = Box(
        low=low,
        width=width,
        walls=np.ascontiguousarray(walls),
        row_of=np.empty(0, dtype=np.intp),
        cone=False,
    )
    return PolytopeVertex(low, width, box.walls, find_dictionary(box) if len(low) else None)


def solve_duals(at: PolytopeVertex, forms: Array) -> Duals:
    """Multipliers y >= 0 with max of form + y walls over the box as low as the form's largest
    value; forms (n, f + 1).

    Nothing rests on the solver's arithmetic: any multipliers bound a form, these well.
    """
    n, f = len(forms), len(at.low)
    sizes = row_lengths(forms[:, :-1])
    sizes = np.where(sizes > 0, sizes, 1.0)
    unit = scale_forms(forms, sizes)
    points, multipliers, done = (
        np.zeros((n, f)),
        np.zeros((n, len(at.walls))),
        np.zeros(n, dtype=np.bool_),
    )

    if at.dictionary is not None:
        maximise_forms(at.dictionary, unit, points, multipliers, done)

    known = np.ones(n, dtype=np.bool_)
    for i in np.flatnonzero(~done) if f else ():
        found = highs.propose_maximum(
            unit[i, :-1], -at.walls[:, :-1], at.walls[:, -1], at.low, at.low + at.width
        )
        if found is None:
            known[i] = False
        else:
            points[i], multipliers[i] = found

    return Duals(multipliers * sizes[:, None], points, known)


def refute_polytope(at: PolytopeVertex) -> Array:
    """Multipliers (w,) of the walls that may show that the polytope is empty: see
    `highs.refutation`.
    """
    found = highs.propose_refutation(at.walls, at.low, at.low + at.width)
    return np.zeros(len(at.walls)) if found is None else found
