"""The nearest row that meets a goal, among the cells of partition rules."""

from typing import NamedTuple

import numpy as np

from relurules.analysis.columns import list_columns
from relurules.analysis.goals import Goal
from relurules.analysis.question import Question
from relurules.analysis.restricted import RestrictedScorer, round_up_to_powers
from relurules.analysis.row_distance import RowDistance
from relurules.analysis.rule_cells import RestrictedRules, RuleCell
from relurules.analysis.witnesses import find_admissible_rows, round_row
from relurules.errors import OutOfTimeError
from relurules.ir.network import Array
from relurules.lp import Polytope
from relurules.lp.branch_and_bound import maximise_over_integers
from relurules.lp.lengths import row_lengths

#: By how much of a margin's terms a row is moved past a boundary until the rules decide otherwise.
_PAST = (0.0, 1e-12, 1e-9, 1e-7, 1e-5, 1e-3)
#: What rounding of a row's numbers may cost, as a share of them.
_ROUNDING = 1e-15


class NearestPoint(NamedTuple):
    """The nearest point of a cell that meets the goal: a bound on its distance, and it, (n,)."""

    distance: float
    point: Array | None


def search_cells(
    asked: Question, ground: RestrictedRules, goal: Goal, measure: RowDistance
) -> tuple[float, Array | None]:
    """A bound on the least distance, infinite where the goal is out of reach, and a row there."""
    best, where_, bound = np.inf, None, np.inf
    try:
        for cell in ground.cells(ground.space):
            near = _find_nearest_point(asked, ground, goal, measure, cell, best, 0.0)
            bound = min(bound, near.distance)
            if near.distance < best and near.point is not None:
                best, where_ = near.distance, cell
    except OutOfTimeError:
        if where_ is None:
            raise
        bound = 0.0  # a nearer row may be where nobody looked

    if where_ is None:
        return bound, None
    return bound, _find_flipped_row(asked, ground, goal, measure, where_)


def _find_nearest_point(
    asked: Question,
    ground: RestrictedRules,
    goal: Goal,
    measure: RowDistance,
    cell: RuleCell,
    best: float,
    past: float,
) -> NearestPoint:
    """The nearest point of a cell with the goal's scores at least `past`, a share of their terms;
    below `best`.
    """
    if goal.decided is not None and not goal.decided[cell.leaf]:
        return NearestPoint(np.inf, None)

    space, n = ground.space, ground.space.spread.shape[1]
    k = len(measure.forms) if measure.total else 1
    margins = space.forms(goal.weights[cell.leaf], goal.constants[cell.leaf])
    margins[:, -1] -= past * np.abs(margins).sum(axis=1)
    asks = np.column_stack([-margins[:, :-1], np.zeros((len(margins), k)), margins[:, -1]])
    found = _add_rows(cell.polytope.widen(k), np.vstack([_make_change_rows(measure, ground), asks]))

    if found is None:
        return NearestPoint(np.inf, None)

    form = np.zeros(n + k + 1)
    form[n : n + k] = -1.0
    if measure.total and len(measure.changed):
        form[:n] -= measure.changed[:, :-1].sum(axis=0)
        form[-1] -= measure.changed[:, -1].sum()

    whole = np.insert(ground.whole(space, integers=asked.integers), [n] * k, 0.0, axis=1)
    nearest = maximise_over_integers(*found, form, whole, floor=-best)
    if nearest.point is None:
        return NearestPoint(np.inf if nearest.bound == -np.inf else max(0.0, -nearest.bound), None)
    return NearestPoint(max(0.0, -nearest.bound), nearest.point[:n])


def _make_change_rows(measure: RowDistance, ground: RestrictedRules) -> Array:
    """Rows (g, limit), g (v, t) <= limit, that make t the columns' changes, (c, n + k + 1): of
    each, or of all.
    """
    n, count = ground.space.spread.shape[1], len(measure.forms)
    own = np.eye(count) if measure.total else np.ones((count, 1))
    rows = [
        np.column_stack([sign * measure.forms[:, :-1], -own, -sign * measure.forms[:, -1]])
        for sign in (1, -1)
    ]

    if not measure.total:
        ones = np.ones((len(measure.changed), 1))
        rows.append(np.column_stack([measure.changed[:, :-1], -ones, -measure.changed[:, -1]]))

    k = own.shape[1]
    t = np.column_stack([np.zeros((k, n)), np.eye(k)])
    return np.vstack(
        [
            *rows,
            np.column_stack([t, _bound_changes(measure, ground)]),
            np.column_stack([-t, np.zeros(k)]),
        ]
    )


def _add_rows(polytope: Polytope, rows: Array) -> Polytope | None:
    """The polytope with further rows (g, limit), which need no unit length; None where one of them
    is never true.
    """
    length = row_lengths(rows[:, :-1])
    if (rows[length == 0, -1] < 0).any():
        return None
    rows = rows[(length > 0) & np.isfinite(rows[:, -1])]
    rows[:, -1] += _ROUNDING * np.abs(rows).sum(axis=1)
    rows = rows / round_up_to_powers(row_lengths(rows[:, :-1]))[:, None]
    return polytope.cut_by_rows(rows)


def _bound_changes(measure: RowDistance, ground: RestrictedScorer) -> Array:
    """How far each number column can be from the row, or all of them, in units of their scales."""
    at = {c.name: c.at[0] for c in list_columns(ground) if not c.categories}
    j = [at[name] for name in measure.columns]
    far = (
        np.maximum(ground.domain.upper[j] - measure.x[j], measure.x[j] - ground.domain.lower[j])
        / measure.scales
    )
    far = np.maximum(far, 0.0) + 1e-9
    return far if measure.total else np.array([max(far.max(initial=0.0), 1.0)])


def _find_flipped_row(
    asked: Question, ground: RestrictedRules, goal: Goal, measure: RowDistance, cell: RuleCell
) -> Array | None:
    """A row next to the nearest point that the rules themselves say is there."""
    for past in _PAST:
        near = _find_nearest_point(asked, ground, goal, measure, cell, np.inf, past)
        if near.point is None:
            continue
        x = round_row(ground.domain, ground.space.rows(near.point), ground.space)
        if ground.domain.contains(x[None])[0] and goal.met(x[None])[0]:
            return x
        seat = find_admissible_rows(
            ground,
            [ground.space],
            cell.polytope,
            near.point,
            lambda rows: _measure_closeness(goal, measure, ground, rows),
        )
        if seat is not None and past == _PAST[-1]:
            return np.asarray(seat[0][0])

    return None


def _measure_closeness(
    goal: Goal, measure: RowDistance, ground: RestrictedScorer, rows: Array
) -> Array:
    return np.asarray(-measure.of(rows[0], ground) if goal.met(rows)[0] else np.nan)
