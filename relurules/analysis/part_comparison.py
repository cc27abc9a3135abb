"""The parts that the branches of two rule sets' trees share, and what differs on each of them."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.analysis.columns import find_roomiest_point
from relurules.analysis.decision_comparison import DecisionComparer
from relurules.analysis.restricted import QuestionSpace
from relurules.analysis.rule_cells import RestrictedRules, RuleCell
from relurules.analysis.sample_points import SamplePoints, find_clearest_point, is_inside
from relurules.analysis.tree_walk import LeafPart, walk_leaves
from relurules.errors import CheckError, OutOfTimeError
from relurules.ir.network import Array
from relurules.lp import RADIUS
from relurules.lp.branch_and_bound import maximise_over_integers

#: Of so many parts that are decided differently, one with a row of whole numbers is looked for.
_TRIED = 20


class LargestGap(NamedTuple):
    """The largest difference of a score so far, and the part and the point that it is at."""

    value: float
    point: Array | None
    old: RuleCell | None
    part: LeafPart | None


class DifferentPart(NamedTuple):
    """A point that is decided differently, and the part that it is in."""

    old: RuleCell
    part: LeafPart
    point: Array


@dataclass
class PartComparison:
    """What a search has found so far. bounds, slivers: (m,) of the scores; pairs: (old leaf, new
    leaf) -> gap, of pairs that may hold for the same rows; others have one that may be too wide.
    """

    sides: tuple[RestrictedRules, RestrictedRules]
    tolerance: float
    scores: int
    bounds: Array = field(init=False)
    slivers: Array = field(init=False)
    best: list[LargestGap] = field(init=False)
    pairs: dict[tuple[int, int], float] = field(default_factory=dict)
    partners: tuple[dict[int, set[int]], dict[int, set[int]]] = field(
        default_factory=lambda: ({}, {})
    )
    parts: int = 0
    differing: int = 0
    same: bool = True
    decided: list[DifferentPart] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bounds, self.slivers = np.zeros(self.scores), np.zeros(self.scores)
        self.best = [LargestGap(0.0, None, None, None)] * self.scores

    @property
    def space(self) -> QuestionSpace:
        """Coordinates that both sides are compared in."""
        return self.sides[0].space

    @cached_property
    def sample(self) -> SamplePoints:
        """Some of the domain's points."""
        return SamplePoints(self.sides[0].domain, self.space)

    @cached_property
    def of_leaves(self) -> NDArray[np.intp]:
        """(N,) the leaf of the old rules that holds for each of these points."""
        return self.sides[0].rules.tree.route(self.sample.rows)

    @cached_property
    def of_category(self) -> NDArray[np.bool_]:
        """(n,) which coordinates are of categories."""
        own = [i for group in self.sides[0].domain.groups for i in group]
        return np.asarray(self.space.spread[own].any(axis=0))

    @cached_property
    def whole(self) -> Array:
        """Forms of v that must be whole."""
        return self.sides[0].whole(self.space, integers=False)

    def take_pair(self, pair: tuple[int, int]) -> bool:
        """Note that two rules share a part; whether they may be all that hold for its rows."""
        others = [self.partners[side].setdefault(pair[side], set()) for side in (0, 1)]
        for side in (0, 1):
            others[side].add(pair[1 - side])
        return all(len(one) == 1 for one in others)


def search_parts(found: PartComparison, most: int) -> bool:
    """Look at every part; False where there are more than so many, or there was no time for all."""
    try:
        return _compare_parts(found, most)
    except OutOfTimeError:
        return False


def _compare_parts(found: PartComparison, most: int) -> bool:
    old, new = found.sides
    judge = DecisionComparer.of(old, new, found.space, found.tolerance)
    looked = 0

    for cell in old.cells(found.space):
        points = found.sample.points[found.of_leaves == cell.leaf]
        points = points[is_inside(cell.polytope, points)]
        for part in walk_leaves(new, found.space, cell.polytope, points=points):
            looked += 1
            if looked > most or old.deadline.is_over():
                return False
            _compare_part(found, judge, cell, part)

    return True


def _compare_part(
    found: PartComparison, judge: DecisionComparer, cell: RuleCell, part: LeafPart
) -> None:
    old, new = found.sides
    inside = _find_points(found, part)
    if inside is None:
        return
    if not len(inside):
        _bound_gap(found, cell, part, inside, exactly=True)
        return

    found.parts += 1
    pair = cell.leaf, part.leaf
    alone = found.take_pair(pair)
    gap = _bound_gap(found, cell, part, inside, exactly=alone, told=not judge.classes)
    found.pairs[pair] = max(found.pairs.get(pair, 0.0), gap)
    found.same &= all(
        np.array_equal(old_part[cell.leaf], new_part[part.leaf])
        for old_part, new_part in (
            (old.weights, new.weights),
            (old.constants, new.constants),
        )
    )
    differs = judge.find_point(cell, part, inside) if judge.classes else None
    if differs is not None and len(found.decided) < _TRIED:
        found.decided.append(DifferentPart(cell, part, differs))
    found.differing += differs is not None if judge.classes else gap > found.tolerance


def _find_points(found: PartComparison, part: LeafPart) -> Array | None:
    """(k, n) points of a part, the first of which is inside; none where it is thinner than RADIUS,
    None where it is shown to hold no row.
    """
    ground, nothing = found.sides[0], np.empty((0, part.polytope.G.shape[1]))
    if not ground.domain.groups:
        try:
            ball = part.polytope.ball()
        except CheckError:
            return nothing
        return ball.center[None] if ball.radius > RADIUS else nothing

    points = part.points
    if not len(points):
        near = found.sample.climb_into(part.polytope)
        points = points if near is None else near[None]
    clearest = find_clearest_point(part.polytope, points, found.of_category)
    if clearest is not None and clearest[0] > RADIUS:
        return np.vstack([clearest[1], points])
    other = find_roomiest_point(ground, found.space, part.polytope, 10.0 * RADIUS)
    if other.bound < 0.0:
        return None
    return nothing if other.point is None or other.reached <= RADIUS else other.point[None]


def _bound_gap(
    found: PartComparison,
    cell: RuleCell,
    part: LeafPart,
    points: Array,
    *,
    exactly: bool,
    told: bool = False,
) -> float:
    """A bound on how far the scores differ on a part, which is kept where it is the largest.

    points: (k, n) of the part, none where it is thin. The bound takes categories one at a time
    where `exactly`, and with `told` where else it wouldn't tell whether the tolerance is exceeded.
    """
    forms, room = _subtract_scores(found, cell, part)
    if not forms.any():
        return 0.0

    both = np.vstack([forms, -forms])
    _keep_reached(found, cell, part, both, points)
    relaxed = part.polytope.maxima(both).bounds
    known = found.bounds if len(points) else found.slivers
    worst = _find_reached_gap(both, points)
    widest = float((relaxed + np.tile(room, 2)).max())
    exactly |= told and worst <= found.tolerance < widest

    for i, bound in enumerate(relaxed.tolist()):
        score = i % found.scores
        most = bound + float(room[score])
        if bound <= 0.0:
            continue
        if bound <= min(known[score], worst) or (not exactly and most <= known[score]):
            worst, known[score] = max(worst, most), max(known[score], most)
            continue
        # below that, a bound may be anything
        floor = (min(worst, known[score]) if exactly else known[score]) - room[score]
        top = maximise_over_integers(*part.polytope, both[i], found.whole, floor)
        reached = float(max(floor, top.bound) + room[score])
        worst, known[score] = max(worst, reached), max(known[score], reached)
        if len(points) and top.point is not None and reached > found.best[score].value:
            found.best[score] = LargestGap(reached, top.point, cell, part)

    return worst


def _subtract_scores(found: PartComparison, cell: RuleCell, part: LeafPart) -> tuple[Array, Array]:
    """Forms (m, n + 1) of v: new scores less old ones on a part, and what rounding may make of
    them, (m,).
    """
    old, new = found.sides
    if not found.scores:
        return np.zeros((0, 1)), np.zeros(0)
    weights = new.weights[part.leaf] - old.weights[cell.leaf]
    constants = new.constants[part.leaf] - old.constants[cell.leaf]
    room = [
        g.rounding(g.weights[leaf], g.constants[leaf])
        for g, leaf in ((old, cell.leaf), (new, part.leaf))
    ]
    if not weights.any() and not constants.any():
        return np.zeros((len(weights), 1)), room[0]
    return found.space.forms(weights, constants), room[0] + room[1]


def _find_reached_gap(both: Array, points: Array) -> float:
    """The largest value of forms (2 m, n + 1) at points (k, n), 0 where there are none."""
    return float((points @ both[:, :-1].T + both[:, -1]).max(initial=0.0))


def _keep_reached(
    found: PartComparison, cell: RuleCell, part: LeafPart, both: Array, points: Array
) -> None:
    """Keep the point where scores differ by the most, as far as these points show: programs that
    can't get there needn't be solved.
    """
    if not len(points):
        return
    values = points @ both[:, :-1].T + both[:, -1]
    for i, k in enumerate(np.argmax(values, axis=0).tolist()):
        score, value = i % found.scores, float(values[k, i])
        if value > found.best[score].value:
            found.best[score] = LargestGap(value, points[k], cell, part)
            found.bounds[score] = max(found.bounds[score], value)
