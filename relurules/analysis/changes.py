"""How far a score can change between two rows that differ in one column: exact, piece by piece of
either row.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from relurules.analysis.restricted import QuestionSpace, TableColumn
from relurules.analysis.rule_cells import RestrictedRules, RuleCell
from relurules.analysis.targets import ScoreTarget
from relurules.analysis.tree_walk import bound_scores, walk_leaves
from relurules.ir.network import Array
from relurules.ir.partition import Side
from relurules.lp import Polytope
from relurules.lp.branch_and_bound import maximise_over_integers

#: Linear programs of one question; what is left then is bounded by the scores' ranges.
_PARTS = 200_000
#: Parts with whole numbers wait for each other until they are so many.
_WAITING = 100


class RowPair(NamedTuple):
    """Two rows of one v, (n,), that differ in one column. walls: what v must meet beside either
    row's own: that a number rises.

    held: the two numbers, or places of categories, that the column has; None for any.
    """

    before: QuestionSpace
    after: QuestionSpace
    column: TableColumn
    walls: Polytope | None = None
    held: tuple[float, float] | None = None


class LargestChange(NamedTuple):
    """Of a change: a bound that no pair exceeds, -inf without pairs; the point near it, and the
    polytope it is in.
    """

    bound: float
    point: Array | None
    polytope: Polytope | None
    complete: bool


def find_largest_change(
    ground: RestrictedRules,
    target: ScoreTarget,
    pair: RowPair,
    sign: float,
    *,
    integers: bool,
    floor: float = -np.inf,
) -> LargestChange:
    """The largest sign * (score after - score before). floor: below that, nothing is looked for."""
    weights, constants = sign * target.weights, sign * target.constants
    before, after = (_bound_once(ground, target, space, sign) for space in pair[:2])
    if not before.leaves or not after.leaves:
        return LargestChange(-np.inf, None, None, True)

    search = _ChangeSearch(ground, pair, weights, constants, integers, floor)
    top, complete = float(after.branches[:, 1].max()), True
    for i in np.argsort(before.branches[:, 0], kind="stable"):
        low = float(before.branches[i, 0])
        if top - low <= search.value:
            search.bound = max(search.bound, min(top - low, search.value))
            break
        if search.parts > _PARTS or ground.deadline.is_over():
            search.bound, complete = max(search.bound, top - low), False
            break

        def may_rise(split: int, low: float = low) -> bool:
            return bool(after.splits[split, 1] - low > search.value)

        cell = ground.cell(pair.before, *before.leaves[i])
        if cell is not None and not search.look(cell, may_rise):
            search.bound, complete = max(search.bound, top - low), False
            break

    search.settle()
    room = float((2.0 * ground.rounding(weights, constants)).max(initial=0.0))
    return LargestChange(search.bound + room, search.point, search.polytope, complete)


class _KnownBounds(NamedTuple):
    """Between which values a score lies, as `ScoreBounds` has them; leaves: with their branches, of
    the cells, which are worked out again where they are looked at.
    """

    leaves: list[tuple[int, list[Side]]]
    branches: Array
    splits: Array


def _bound_once(
    ground: RestrictedRules, target: ScoreTarget, space: QuestionSpace, sign: float
) -> _KnownBounds:
    """Bounds on sign * score in a space. A question asks for them again: of every pair of
    categories, and either way.
    """
    key = id(space), target.combination.tobytes()
    if key not in ground.score_bounds:
        found = bound_scores(ground, space, target.weights, target.constants)
        leaves = [(cell.leaf, cell.path) for cell in found.cells]
        bounds = _KnownBounds(leaves, found.branches, found.splits)
        ground.score_bounds[key] = space, bounds  # with the space, so that its identity stays

    known: _KnownBounds = ground.score_bounds[key][1]
    if sign > 0:
        return known
    return _KnownBounds(known.leaves, -known.branches[:, ::-1], -known.splits[:, ::-1])


def make_change_cell(
    ground: RestrictedRules, target: ScoreTarget, pair: RowPair, sign: float, rows: Array,
    polytope: Polytope,
) -> tuple[Polytope, Array]:  # fmt: skip
    """A polytope of v and the form of the change there, by the rules that hold at two rows."""
    leaves = (ground.rules.apply(rows) - 1).tolist()
    before, after = (
        one.forms(sign * target.weights[[leaf]], sign * target.constants[[leaf]])[0]
        for one, leaf in zip(pair[:2], leaves, strict=True)
    )
    return polytope, after - before


@dataclass
class _ChangeSearch:
    """The largest change found so far. value: what a further one must exceed; waiting: parts with
    their bounds.
    """

    ground: RestrictedRules
    pair: RowPair
    weights: Array
    constants: Array
    integers: bool
    value: float
    bound: float = -np.inf
    point: Array | None = None
    polytope: Polytope | None = None
    parts: int = 0
    waiting: list[tuple[float, Array, Polytope]] = field(default_factory=list)

    @cached_property
    def whole(self) -> Array:
        """Forms of v that must be whole, of either row."""
        spaces = (self.pair.before, self.pair.after)
        return np.vstack([self.ground.whole(space, integers=self.integers) for space in spaces])

    @cached_property
    def forms(self) -> tuple[Array, Array]:
        """(R, n + 1) the score before and after, by every rule."""
        return tuple(
            s.forms(self.weights, self.constants) for s in (self.pair.before, self.pair.after)
        )  # type: ignore[return-value]

    def look(self, cell: RuleCell, wanted: Callable[[int], bool]) -> bool:
        """Every part of a cell where the change may be larger; False where there was no time for
        all.
        """
        start = cell.polytope.cut(*self.pair.after.walls)
        if self.pair.walls is not None:
            start = start.cut(*self.pair.walls)

        for part in walk_leaves(self.ground, self.pair.after, start, wanted):
            self.parts += 1
            if self.ground.deadline.is_over():
                return False
            form = self.forms[1][part.leaf] - self.forms[0][cell.leaf]
            relaxed = part.polytope.maxima(form[None])
            at_most = float(relaxed.bounds[0])
            if at_most <= self.value:
                self.bound = max(self.bound, at_most)
            elif len(self.whole) or not np.isfinite(at_most):
                self.waiting.append((at_most, form, part.polytope))
            else:
                self._keep(at_most, relaxed.points[0], part.polytope)

        if len(self.waiting) >= _WAITING:
            self.settle()
        return True

    def settle(self) -> None:
        """Those that wait, the most promising first."""
        for at_most, form, polytope in sorted(self.waiting, key=lambda one: -one[0]):
            if at_most <= self.value or self.ground.deadline.is_over():
                self.bound = max(self.bound, at_most)
                break
            found = maximise_over_integers(*polytope, form, self.whole, floor=self.value)
            self.bound = max(self.bound, found.bound)
            if found.point is not None and found.bound > self.value:
                self._keep(found.bound, found.point, polytope)

        self.waiting.clear()

    def _keep(self, value: float, point: Array, polytope: Polytope) -> None:
        self.value, self.bound = value, max(self.bound, value)
        self.point, self.polytope = point, polytope
