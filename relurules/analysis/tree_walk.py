"""Which leaves of a rules' tree a polytope meets, looking only where something larger may be."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from relurules.analysis.restricted import QuestionSpace
from relurules.analysis.rule_cells import RestrictedRules, RuleCell, split_polytope
from relurules.ir import UNEXPLORED
from relurules.ir.network import Array
from relurules.lp import Polytope


class ScoreBounds(NamedTuple):
    """Between which values a score lies. branches: (n, 2) of the cells; splits: (S, 2) below every
    split.
    """

    cells: list[RuleCell]
    branches: Array
    splits: Array


class LeafPart(NamedTuple):
    """A part of a polytope that rule number leaf + 1 holds for; points: (N, n) of those known."""

    leaf: int
    polytope: Polytope
    points: Array


def bound_scores(
    ground: RestrictedRules, space: QuestionSpace, weights: Array, constants: Array
) -> ScoreBounds:
    """Bounds on a score, weights (R, d) x + constants (R,), in every cell of a space, and below
    every split.
    """
    forms = space.forms(weights, constants)
    splits = np.tile([np.inf, -np.inf], (len(ground.rules.tree.neurons), 1))
    cells, found = list[RuleCell](), list[Array]()

    for cell in ground.cells(space):
        form = forms[cell.leaf]
        high, minus_low = cell.polytope.maxima(np.array([form, -form])).bounds
        if high == -np.inf or minus_low == -np.inf:
            continue
        cells.append(cell)
        found.append(np.array([-minus_low, high]))
        for split, _ in cell.path:
            splits[split] = min(splits[split, 0], -minus_low), max(splits[split, 1], high)

    return ScoreBounds(cells, np.array(found).reshape(-1, 2), splits)


def walk_leaves(
    ground: RestrictedRules,
    space: QuestionSpace,
    start: Polytope,
    wanted: Callable[[int], bool] = lambda _: True,
    points: Array | None = None,
) -> Iterator[LeafPart]:
    """The parts of a polytope that leaves of the tree, read in `space`, have. wanted: whether to
    look below a split; points: (N, n) some of the polytope's, which spare programs.
    """
    tree = ground.rules.tree
    splits = ground.splits(space)
    inside = np.empty((0, start.G.shape[1])) if points is None else points
    stack = [(0 if len(tree.neurons) else -1, start, inside)] if not start.is_marked_empty else []

    while stack:
        at, polytope, inside = stack.pop()
        if at == UNEXPLORED:
            continue
        if at < 0:
            yield LeafPart(~at, polytope, inside)
            continue
        if not wanted(at):
            continue
        for side, (child, part) in enumerate(
            zip(
                tree.children[at].tolist(),
                split_polytope(polytope, splits, at, inside),
                strict=True,
            )
        ):
            if part is not None:
                values = inside @ splits.rows[at, :-1] + splits.rows[at, -1]
                stack.append((child, part, inside[(values >= 0.0) == bool(side)]))
