"""Largest values over polytopes some of whose forms must be whole numbers: branch and bound on `maxima`."""

import heapq
from itertools import count

import numpy as np
from numpy.typing import NDArray

from relurules.errors import CheckError
from relurules.lp import highs
from relurules.lp.highs import Highest
from relurules.lp.maxima import Maxima, maxima
from relurules.lp.polytope import boxed

Array = NDArray[np.float64]

#: A form this near to a whole number counts as one.
_WHOLE = 1e-7
#: A search ends once nothing can be larger by more than this share of the value found.
_GAP = 1e-7
#: Nodes after which a search ends with the bound that it has.
_NODES = 4000


def largest(G: Array, h: Array, form: Array, whole: Array, floor: float = -np.inf, enough: float = np.inf) -> Highest:
    """Largest value of a form (n + 1,), constant last, over {v : G v <= h} where forms `whole` (k, n + 1) are whole.

    Rows of G have unit length. The bound is one that no such point exceeds (see `maxima`); -inf where there is none.
    Below `floor` nothing is looked for: then the bound may be anything up to that, and the point is None; it is None
    too where there is none, or where the value is unbounded. Its whole forms are so to 1e-7. The first point whose
    value is `enough` will do, and then that value stands for the bound.
    """
    ticket, closed, best, point = count(), -np.inf, floor, None
    cone = boxed(G, h).cone
    first = _node(G, h, form, cone)
    heap = [(-first.bound, next(ticket), first, G, h)]
    while heap:
        _, turn, node, G, h = heapq.heappop(heap)
        near = best + _GAP * abs(best) if point is not None else best
        if node.bound <= near or node.point is None or turn > _NODES:
            return Highest(max(closed, node.bound), point)
        broken = _broken(node.point, whole)
        if broken is None:
            closed, value = max(closed, node.bound), float(form[:-1] @ node.point + form[-1])
            if value >= enough:
                return Highest(value, node.point)
            if value > best or point is None:
                best, point = max(best, value), node.point
            continue
        value = float(broken[:-1] @ node.point + broken[-1])
        for sign, limit in ((1.0, np.floor(value)), (-1.0, -np.ceil(value))):
            length = float(np.linalg.norm(broken[:-1]))
            part = np.vstack([G, sign * broken[:-1] / length]), np.append(h, (limit - sign * broken[-1]) / length)
            below = _node(*part, form, cone)
            if below.bound > best:
                heapq.heappush(heap, (-below.bound, next(ticket), below, *part))
            else:
                closed = max(closed, below.bound)
    return Highest(closed, point)


def safe_maxima(G: Array, h: Array, forms: Array) -> Maxima:
    """As `maxima`; where the solver fails, what the box alone says, at the box's middle."""
    try:
        return maxima(G, h, forms)
    except CheckError:
        single = (G != 0).sum(axis=1) == 1
        found = maxima(G[single], h[single], forms)
        return Maxima(np.where(found.bounds == -np.inf, np.inf, found.bounds), found.points)


def _node(G: Array, h: Array, form: Array, cone: bool) -> Highest:
    """A bound and a point that is near it, None where there is none or the form is unbounded."""
    if cone:
        return highs.highest(form, G, h)
    found = safe_maxima(G, h, form[None])
    bound = float(found.bounds[0])
    return Highest(bound, None if bound == -np.inf else found.points[0])


def _broken(point: Array, whole: Array) -> Array | None:
    """The form that is farthest from a whole number, None where none is."""
    if not len(whole):
        return None
    values = whole[:, :-1] @ point + whole[:, -1]
    off = np.abs(values - np.round(values))
    worst = int(np.argmax(off))
    return np.asarray(whole[worst]) if off[worst] > _WHOLE else None
