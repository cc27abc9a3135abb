"""Largest values over polytopes some of whose forms must be whole numbers: branch and bound on
`maxima`.
"""

import heapq
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp import certified
from relurules.lp.half_spaces import Polytope
from relurules.lp.maxima import bound_maxima

Array = NDArray[np.float64]

#: A form this near to a whole number counts as one.
_WHOLE = 1e-7
#: The gap that is asked for where none is given.
_GAP = 1e-7
#: Nodes after which a search ends with the bound that it has.
_NODES = 4000


class IntegerMaximum(NamedTuple):
    """A largest value: a bound that no point exceeds, and a point that nearly reaches it, if one
    was found.
    """

    bound: float
    point: Array | None


def maximise_over_integers(
    G: Array,
    h: Array,
    form: Array,
    whole: Array,
    floor: float = -np.inf,
    enough: float = np.inf,
    gap: float = _GAP,
) -> IntegerMaximum:
    """Largest value of a form (n + 1,), constant last, over {v : G v <= h} where forms `whole` (k,
    n + 1) are whole.

    Rows of G have unit length. The bound is one that no such point exceeds (see `maxima`); -inf
    where there is none. Below `floor` nothing is looked for: then the bound may be anything up to
    that, and the point is None; it is None too where there is none, or where the value is
    unbounded. Points are a solver's: whole forms are whole there to 1e-7. The first point whose
    value is `enough` will do, and then that value stands for the bound. gap: the search ends where
    nothing can be larger than the value found by more than this share of it.
    """
    ticket, closed, best, point = count(), -np.inf, floor, None
    dives = enough < np.inf  # any point will do: from node to node rather than the best one
    first = _bound_node(G, h, form)
    heap = [(-first.bound, next(ticket), first, G, h)]

    while heap:
        _, turn, node, G, h = heapq.heappop(heap)
        near = best + gap * abs(best) if point is not None else best
        if dives and node.bound <= near and node.point is not None and turn <= _NODES:
            closed = max(closed, node.bound)
            continue
        if node.bound <= near or node.point is None or turn > _NODES:
            left = [node.bound, *(one.bound for _, _, one, *_ in heap)]
            return IntegerMaximum(max(closed, *left), point)
        broken = _find_fractional_form(node.point, whole)
        if broken is None:
            closed, value = max(closed, node.bound), float(form[:-1] @ node.point + form[-1])
            if value >= enough:
                return IntegerMaximum(value, node.point)
            if value > best or point is None:
                best, point = max(best, value), node.point
            continue
        for part in _branch_on_form(G, h, broken, node.point):
            below = _bound_node(*part, form)
            if below.bound > best:
                turn = next(ticket)
                heapq.heappush(heap, (-turn if dives else -below.bound, turn, below, *part))
            else:
                closed = max(closed, below.bound)

    return IntegerMaximum(closed, point)


def _branch_on_form(G: Array, h: Array, broken: Array, point: Array) -> list[Polytope]:
    """The polytope where a form is at most the whole number below its value at a point, and at
    least the one above.
    """
    value = float(broken[:-1] @ point + broken[-1])
    _, exponent = np.frexp(np.linalg.norm(broken[:-1]))
    length = float(np.ldexp(1.0, exponent))  # a power of two: dividing by it rounds nothing
    found = []

    for sign, limit in ((1.0, np.floor(value)), (-1.0, -np.ceil(value))):
        bound = limit - sign * broken[-1]
        room = certified.rounding_gamma(1) * abs(bound)
        found.append(
            Polytope(
                np.vstack([G, sign * broken[:-1] / length]), np.append(h, (bound + room) / length)
            )
        )

    return found


def _bound_node(G: Array, h: Array, form: Array) -> IntegerMaximum:
    """A bound and a point that is near it, None where there is none or the form is unbounded."""
    found = bound_maxima(G, h, form[None])
    bound = float(found.bounds[0])
    return IntegerMaximum(bound, found.points[0] if np.isfinite(bound) else None)


def _find_fractional_form(point: Array, whole: Array) -> Array | None:
    """The form that is farthest from a whole number, None where none is."""
    if not len(whole):
        return None
    values = whole[:, :-1] @ point + whole[:, -1]
    off = np.abs(values - np.round(values))
    worst = int(np.argmax(off))
    return np.asarray(whole[worst]) if off[worst] > _WHOLE else None
