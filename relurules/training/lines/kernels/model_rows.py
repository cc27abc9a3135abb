"""Lines of a model along all rows, compiled: the same operations in the same order as numpy's.

projections: (n, N) what atoms of lines read of the rows. atoms: (K, q) the numbers of those of each
line, -1 for none; weights: (K, q); bounds, signs: (K,). reach: (N,) to be written over.
"""

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.lp.compilation import compile_at_once


@compile_at_once
def reach_rows(
    projections: Array,
    atoms: NDArray[np.intp],
    weights: Array,
    bounds: Array,
    line: int,
    reach: Array,
) -> None:
    """How far each row is beyond the threshold of one line."""
    rows, bound, first, weight = len(reach), bounds[line], atoms[line, 0], weights[line, 0]
    for i in range(rows):
        reach[i] = weight * projections[first, i]

    for j in range(1, atoms.shape[1]):
        further = atoms[line, j]
        if further >= 0:
            weight = weights[line, j]
            for i in range(rows):
                reach[i] += weight * projections[further, i]

    for i in range(rows):
        reach[i] += bound


@compile_at_once
def add_lines(
    projections: Array,
    atoms: NDArray[np.intp],
    weights: Array,
    bounds: Array,
    signs: Array,
    reach: Array,
    scores: Array,
) -> None:
    """What all lines add is added to scores, (N,)."""
    for line in range(len(signs)):
        reach_rows(projections, atoms, weights, bounds, line, reach)
        sign = signs[line]
        for i in range(len(reach)):
            scores[i] += sign * max(reach[i], 0.0)


@compile_at_once
def fill_hinges(
    projections: Array,
    atoms: NDArray[np.intp],
    weights: Array,
    bounds: Array,
    signs: Array,
    reach: Array,
    hinges: Array,
) -> None:
    """hinges: (K, N), to be filled with what each line adds."""
    for line in range(len(signs)):
        reach_rows(projections, atoms, weights, bounds, line, reach)
        sign = signs[line]
        for i in range(len(reach)):
            hinges[line, i] = sign * max(reach[i], 0.0)


@compile_at_once
def fill_tangents(
    projections: Array,
    atoms: NDArray[np.intp],
    weights: Array,
    bounds: Array,
    signs: Array,
    reach: Array,
    tangents: NDArray[np.float32],
) -> None:
    """tangents: (Q, N), to be filled with derivatives by the weights and the bound of each line."""
    at = 0
    for line in range(len(signs)):
        reach_rows(projections, atoms, weights, bounds, line, reach)
        sign = signs[line]
        for i in range(len(reach)):
            reach[i] = sign if reach[i] > 0 else 0.0

        for j in range(atoms.shape[1]):
            atom = atoms[line, j]
            if atom >= 0:
                for i in range(len(reach)):
                    tangents[at, i] = reach[i] * projections[atom, i]
                at += 1

        for i in range(len(reach)):
            tangents[at, i] = reach[i]
        at += 1
