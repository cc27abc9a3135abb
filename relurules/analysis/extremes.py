"""The largest value of a form over all pieces of rules, each piece having its own."""

from typing import NamedTuple

import numpy as np

from relurules.analysis.restricted import QuestionSpace
from relurules.analysis.rule_cells import RestrictedRules, RuleCell
from relurules.ir.network import Array
from relurules.ir.partition import Side
from relurules.lp import Polytope
from relurules.lp.branch_and_bound import maximise_over_integers


class ScoreMaximum(NamedTuple):
    """bound: what no row exceeds, -inf without rows; point: of linear programs, near it, in a cell.

    complete: False where a deadline left pieces with a bound over the whole box.
    """

    bound: float
    point: Array | None
    cell: RuleCell | None
    complete: bool = True


def find_highest_score(
    ground: RestrictedRules,
    space: QuestionSpace,
    weights: Array,
    constants: Array,
    *,
    integers: bool,
) -> ScoreMaximum:
    """The largest value of weights (R, d) x + constants (R,) over all pieces, rounding of sums
    included in the bound.

    Pieces are worked out one by one, the most promising ones twice, so that none but the best is
    kept.
    """
    whole = ground.whole(space, integers=integers)
    forms, room = space.forms(weights, constants), ground.rounding(weights, constants)
    paths = list(ground.paths)
    relaxed = _bound_branches(ground, space, paths, forms, ground.in_box(weights, constants))
    bound, best = -np.inf, ScoreMaximum(-np.inf, None, None)
    value, complete = -np.inf, True

    for i in np.argsort(-relaxed, kind="stable").tolist():
        if relaxed[i] <= value or relaxed[i] == -np.inf:
            break
        if ground.deadline.is_over():
            bound, complete = max(bound, float(relaxed[i])), False
            break
        cell = ground.cell(space, *paths[i])
        if cell is None:
            continue
        found = maximise_over_integers(*cell.polytope, forms[cell.leaf], whole, floor=value)
        bound = max(bound, found.bound + room[cell.leaf])
        if found.bound == np.inf:
            return ScoreMaximum(np.inf, None, cell)
        if found.point is not None:
            here = float(forms[cell.leaf, :-1] @ found.point + forms[cell.leaf, -1])
            if here > value:
                value, best = here, ScoreMaximum(bound, found.point, cell)

    return best._replace(bound=max(bound, value), complete=complete)


def _bound_branches(
    ground: RestrictedRules,
    space: QuestionSpace,
    paths: list[tuple[int, list[Side]]],
    forms: Array,
    in_box: Array,
) -> Array:
    """(n,) what the forms don't exceed on every branch; over the whole box for those that there was
    no time for.
    """
    found = np.array([in_box[leaf] for leaf, _ in paths])
    for i, (leaf, path) in enumerate(paths):
        if ground.deadline.is_over():
            break
        cell = ground.cell(space, leaf, path)
        found[i] = -np.inf if cell is None else bound_relaxation(cell.polytope, forms[leaf])

    return found


def bound_relaxation(polytope: Polytope, form: Array) -> float:
    """What a form doesn't exceed, categories and whole numbers counting as continuous."""
    return float(polytope.maxima(form[None]).bounds[0])
