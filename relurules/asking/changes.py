"""How far a score can change between two rows that differ in one column: exact, piece by piece of either row."""

from typing import NamedTuple

import numpy as np

from relurules.asking.ground import Ground, Polytope, Space
from relurules.asking.targets import Target
from relurules.asking.walking import Spans, spans, walk
from relurules.ir.network import Array
from relurules.lp.whole import largest

#: Linear programs of one question; what is left then is bounded by the scores' ranges.
_PARTS = 200_000


class Pair(NamedTuple):
    """Two rows of one v, (n,), that differ in one column. walls: what v must meet beside either row's own."""

    before: Space
    after: Space
    walls: Polytope | None = None


class Largest(NamedTuple):
    """Of a change: a bound that no pair exceeds, -inf without pairs; the point near it, and the polytope it is in."""

    bound: float
    point: Array | None
    polytope: Polytope | None
    complete: bool


def largest_change(
    ground: Ground, target: Target, pair: Pair, sign: float, *, integers: bool, floor: float = -np.inf
) -> Largest:
    """The largest sign * (score after - score before). floor: below that, nothing is looked for."""
    weights, constants = sign * target.weights, sign * target.constants
    before = spans(ground, pair.before, weights, constants)
    after = spans(ground, pair.after, weights, constants)
    if not len(before.cells) or not len(after.cells):
        return Largest(-np.inf, None, None, True)
    search = _Search(ground, pair, weights, constants, after, integers)
    best = Largest(-np.inf, None, None, True)
    value, top, parts = floor, float(after.branches[:, 1].max()), 0
    room = float((2.0 * ground.rounding(weights, constants)).max(initial=0.0))
    for i in np.argsort(before.branches[:, 0], kind="stable"):
        low = float(before.branches[i, 0])
        if top - low <= value:
            best = best._replace(bound=max(best.bound, min(top - low, value)))
            break
        if parts > _PARTS:
            return best._replace(bound=max(best.bound, top - low) + room, complete=False)
        found, met = search.from_cell(before, int(i), value)
        parts += met
        best = best._replace(bound=max(best.bound, found.bound))
        if found.point is not None and found.bound > value:
            value, best = found.bound, found._replace(bound=max(best.bound, found.bound))
    return best._replace(bound=best.bound + room)


class _Search(NamedTuple):
    ground: Ground
    pair: Pair
    weights: Array
    constants: Array
    after: Spans
    integers: bool

    def from_cell(self, before: Spans, i: int, value: float) -> tuple[Largest, int]:
        """The largest change from a row of one cell, where it is above `value`; and the linear programs that took."""
        ground, (first, second, walls), cell = self.ground, self.pair, before.cells[i]
        low, met = float(before.branches[i, 0]), 0
        start = joined(joined(cell.polytope, second.walls), walls)
        whole = np.vstack([ground.whole(space, integers=self.integers) for space in (first, second)])
        old = first.forms(self.weights, self.constants)[cell.leaf]
        new = second.forms(self.weights, self.constants)
        best, least = Largest(-np.inf, None, None, True), [value]
        for part in walk(ground, second, start, lambda split: bool(self.after.splits[split, 1] - low > least[0])):
            met += 1
            found = largest(part.polytope.G, part.polytope.h, new[part.leaf] - old, whole, floor=least[0])
            if found.bound > best.bound:
                best = best._replace(bound=found.bound)
            if found.point is not None and found.bound > least[0]:
                least[0] = found.bound
                best = Largest(max(best.bound, found.bound), found.point, part.polytope, True)
        return best, met


def joined(one: Polytope, other: Polytope | None) -> Polytope:
    """Both polytopes' rows."""
    return one if other is None else Polytope(np.vstack([one.G, other.G]), np.concatenate([one.h, other.h]))
