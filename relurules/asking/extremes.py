"""The largest value of a form over all pieces of rules, each piece having its own."""

from typing import NamedTuple

import numpy as np

from relurules.asking.ground import Cell, Ground, Polytope, Space
from relurules.ir.network import Array
from relurules.lp.maxima import maxima
from relurules.lp.whole import largest


class Extreme(NamedTuple):
    """bound: what no row exceeds, -inf without rows; point: of linear programs, near it, in a cell."""

    bound: float
    point: Array | None
    cell: Cell | None


def highest(
    ground: Ground, space: Space, cells: list[Cell], weights: Array, constants: Array, *, integers: bool
) -> Extreme:
    """The largest value of weights (R, d) x + constants (R,) over the cells, rounding of sums included in the bound."""
    whole = ground.whole(space, integers=integers)
    forms, room = space.forms(weights, constants), ground.rounding(weights, constants)
    relaxed = np.array([relaxed_bound(cell.polytope, forms[cell.leaf]) for cell in cells])
    bound, best = -np.inf, Extreme(-np.inf, None, None)
    value = -np.inf
    for i in np.argsort(-relaxed, kind="stable"):
        if relaxed[i] <= value or relaxed[i] == -np.inf:
            break
        cell = cells[i]
        found = largest(cell.polytope.G, cell.polytope.h, forms[cell.leaf], whole, floor=value)
        bound = max(bound, found.bound + room[cell.leaf])
        if found.bound == np.inf:
            return Extreme(np.inf, None, cell)
        if found.point is not None:
            here = float(forms[cell.leaf, :-1] @ found.point + forms[cell.leaf, -1])
            if here > value:
                value, best = here, Extreme(bound, found.point, cell)
    return best._replace(bound=max(bound, value))


def relaxed_bound(polytope: Polytope, form: Array) -> float:
    """What a form doesn't exceed, categories and whole numbers counting as continuous."""
    return float(maxima(*polytope, form[None]).bounds[0])
