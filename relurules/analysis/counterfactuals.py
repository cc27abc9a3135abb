"""The nearest row that gets to another class: a counterfactual."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.analysis.columns import list_columns
from relurules.analysis.conditions import has_rows, hold_column, hold_missing_numbers
from relurules.analysis.goals import Goal, classify_rows, list_class_names, make_goal
from relurules.analysis.line_goals import DistanceForms, find_nearest_line_row
from relurules.analysis.plain_rows import RowClaim, choose_plain_rows, note_fractions
from relurules.analysis.question import Question, compose_notes, describe_conditions, find_data_row
from relurules.analysis.restricted import RestrictedScorer, TableColumn, round_up_to_powers
from relurules.analysis.restricted_lines import RestrictedLines
from relurules.analysis.rows import read_row
from relurules.analysis.rule_cells import RestrictedRules, RuleCell
from relurules.analysis.tie_rows import pass_tie
from relurules.analysis.witnesses import find_admissible_rows, make_witness, round_row
from relurules.errors import DataError, OutOfTimeError
from relurules.ir.answers import Answer, Grid, Witness, format_bound, format_number, format_value
from relurules.ir.network import Array
from relurules.lp import Polytope
from relurules.lp.branch_and_bound import maximise_over_integers
from relurules.lp.lengths import row_lengths

#: By how much of a margin's terms a row is moved past a boundary until the rules decide otherwise.
_PAST = (0.0, 1e-12, 1e-9, 1e-7, 1e-5, 1e-3)
#: A number that moved by less than this share of itself, and of its column's width, has only been
#: rounded.
_SAME = 1e-12
#: What rounding of a row's numbers may cost, as a share of them.
_ROUNDING = 1e-15
#: A row of few digits may be farther than the least distance by this share of it, or of the second.
_NEAREST, _LEAST = 1e-6, 1e-9


#: What is said of a row that no step takes off a boundary.
_TIED = (
    "This row lies on the boundary but for rounding: computed together with other rows it may be "
    "on the other side."
)


class NearestPoint(NamedTuple):
    """The nearest point of a cell that meets the goal: a bound on its distance, and it, (n,)."""

    distance: float
    point: Array | None


def answer_counterfactual(asked: Question) -> Answer:
    """The nearest row to a given one that gets to another class, or to a value of an output."""
    x = read_row(asked.rules, asked.row)
    ground = _hold_kept_columns(asked, x)
    goal = _choose_goal(asked, ground, x)
    if goal.met(x[None])[0]:
        raise DataError(f"the row is at {goal.label} already; ask for another class or value")

    measure = make_row_distance(asked, ground, x)
    if isinstance(ground, RestrictedLines):
        bound, row = _search_lines(asked, ground, goal, measure)
    else:
        assert isinstance(ground, RestrictedRules)  # noqa: S101  # there are two kinds
        bound, row = _search_cells(asked, ground, goal, measure)

    if row is None and bound == np.inf:
        said = (
            "No row gets to "
            f"{goal.label}{describe_conditions(asked)}{_describe_kept_columns(asked)}."
        )
        text = compose_notes(asked, None, exact=True)
        return Answer(
            "counterfactual", said, False, {"goal": goal.label, "distance": None}, True, (), text
        )

    return _compose_answer(asked, ground, goal, measure, x, bound, row)


def _search_cells(
    asked: Question, ground: RestrictedRules, goal: Goal, measure: "RowDistance"
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


def _search_lines(
    asked: Question, ground: RestrictedLines, goal: Goal, measure: "RowDistance"
) -> tuple[float, Array | None]:
    """The same of rules that add up."""
    if goal.decided is not None and not goal.decided.any():
        return np.inf, None
    found = find_nearest_line_row(
        ground,
        goal,
        measure.list_forms(ground),
        lambda row: measure.of(row, ground),
        integers=asked.integers,
        deadline=ground.deadline.share(0.8),
    )
    if found.point is None and not found.complete:
        ground.deadline.check(f"looking for a row with {goal.label}")

    return (np.inf if found.bound == -np.inf else max(0.0, -found.bound)), found.point


def _hold_kept_columns(asked: Question, x: Array) -> RestrictedScorer:
    """The domain with the columns that may not change held at the row's values; DataError where
    the conditions have no row with them.
    """
    free = domain = asked.ground.domain
    if not asked.rules.domain.contains(x[None])[0]:
        raise DataError("the row lies outside the rules' domain, so they say nothing of it")
    for name in asked.keep:
        domain = hold_column(domain, name, x)

    within = bool(((free.lower <= domain.lower) & (domain.upper <= free.upper)).all())
    ground = replace(asked.ground, domain=hold_missing_numbers(domain))
    if asked.given and not (within and has_rows(ground, integers=asked.integers)):
        raise DataError(
            f"no row of the domain meets these conditions{_describe_kept_columns(asked)}: "
            f"{'; '.join(asked.given)}; keep fewer columns, or ask under other conditions"
        )
    return ground


def _describe_kept_columns(asked: Question) -> str:
    return f", with {' and '.join(asked.keep)} as it is" if asked.keep else ""


def _choose_goal(asked: Question, ground: RestrictedScorer, x: Array) -> Goal:
    """What was asked for; by default the other one of two classes."""
    if asked.target is None and asked.at_least is None and asked.at_most is None:
        names = list_class_names(ground)
        if len(names) != 2:
            raise DataError(
                "say what is to be reached: target (a class), at_least or at_most (a number)"
            )
        return make_goal(
            ground, asked.output, names[1 - int(classify_rows(ground, x[None])[0])], None, None
        )

    return make_goal(ground, asked.output, asked.target, asked.at_least, asked.at_most)


@dataclass(frozen=True, kw_only=True)
class RowDistance:
    """Distances from a row."""

    #: (d,) the row.
    x: Array
    #: (k, n + 1) of v: the number columns, in units of their scale.
    forms: Array
    #: (g, n + 1) of v: 1 where a column of categories differs from the row's.
    changed: Array
    #: Whether the columns' distances add up (l1), else the largest counts (linf).
    total: bool
    #: Names of the number columns.
    columns: tuple[str, ...]
    #: (k,) their scales.
    scales: Array

    def list_forms(self, ground: RestrictedScorer) -> DistanceForms:
        """The same as forms of a row's coordinates."""
        scales = np.zeros(len(ground.domain))
        numbers = {c.name: c.at[0] for c in list_columns(ground) if not c.categories}
        scales[[numbers[name] for name in self.columns]] = self.scales
        current = [
            g[int(np.argmax(self.x[list(g)]))]
            for g in ground.domain.groups
            if _find_changeable(ground, self.x)[list(g)].any()
        ]

        return DistanceForms(self.x, scales, tuple(current), self.total)

    def of(self, row: Array, ground: RestrictedScorer) -> float:
        """The distance of a row, (d,)."""
        numbers = [c for c in list_columns(ground) if not c.categories]
        at = {c.name: c.at[0] for c in numbers}
        steps = [
            abs(row[at[n]] - self.x[at[n]]) / s
            for n, s in zip(self.columns, self.scales, strict=True)
        ]
        steps += [float((row[list(g)] != self.x[list(g)]).any()) for g in ground.domain.groups]
        return float(sum(steps) if self.total else max(steps, default=0.0))


def make_row_distance(asked: Question, ground: RestrictedScorer, x: Array) -> RowDistance:
    """What distances from a row are measured by; DataError for an unknown one, or a scale that
    isn't above 0.
    """
    if asked.distance not in ("l1", "linf"):
        raise DataError(f"distance {asked.distance!r}; supported: l1, linf")

    space, full = ground.space, asked.rules.domain
    differs = _find_changeable(ground, x)
    moving = [c for c in list_columns(ground) if not c.categories and differs[c.at[0]]]
    scales = np.array([_find_column_scale(asked, c, float(full.widths[c.at[0]])) for c in moving])
    at = [c.at[0] for c in moving]
    forms = np.column_stack([space.spread[at], space.base[at] - x[at]]) / scales[:, None]
    own = [g[int(np.argmax(x[list(g)]))] for g in ground.domain.groups if differs[list(g)].any()]
    changed = np.column_stack([-space.spread[own], 1.0 - space.base[own]])

    return RowDistance(
        x=x,
        forms=forms,
        changed=changed,
        total=asked.distance == "l1",
        columns=tuple(c.name for c in moving),
        scales=scales,
    )


def _find_changeable(ground: RestrictedScorer, x: Array) -> NDArray[np.bool_]:
    """(d,) coordinates in which rows of the domain may differ from a row: those that move, and
    those that a condition holds at another value.
    """
    domain = ground.domain
    held = (x < domain.lower) | (x > domain.upper)
    return np.asarray(ground.space.spread.any(axis=1) | held)


def _find_column_scale(asked: Question, column: TableColumn, width: float) -> float:
    scale = float(asked.scales.get(column.name, width))
    if not 0.0 < scale < np.inf:
        raise DataError(f"column {column.name!r}: a scale of {scale:g}; supported: numbers above 0")
    return scale


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


def _choose_plain_row(
    asked: Question, ground: RestrictedScorer, goal: Goal, measure: RowDistance, row: Array,
    bound: float,
) -> tuple[Array, int | None]:  # fmt: skip
    """A row of the data and its number, or a row of few digits, that is as near as one found."""
    farthest = max(measure.of(row, ground), bound + _NEAREST * max(bound, _LEAST))

    def value(rows: Array) -> Array:
        near = -np.array([measure.of(x, ground) for x in rows])
        return np.where(goal.met(rows), near, np.nan)

    number = find_data_row(asked, ground.domain, value, -farthest)
    if number is not None and asked.data is not None:
        return asked.data[number], number

    claim = RowClaim(value=lambda rows: value(rows)[0], least=-farthest, columns=row != measure.x)
    return choose_plain_rows(ground, [ground.space], row[None], claim)[0], None


def _pass_tie(
    ground: RestrictedScorer, goal: Goal, x: Array, row: Array, number: int | None
) -> tuple[Array, int | None, bool]:
    """A row that gets there however it is computed, its number in the data, and whether rounding
    may take it back.
    """
    free = ~ground.domain.integer
    free[[j for group in ground.domain.groups for j in group]] = False
    passed = pass_tie(goal.met, ground.domain.contains, x, row, free)
    if passed is None:
        return row, number, True
    return passed, number if passed is row else None, False


def _list_kept(start: Witness, end: Witness) -> list[str]:
    """Columns that are as they were given."""
    return [name for name, value in end.row.items() if value == start.row[name]]


def _measure_closeness(
    goal: Goal, measure: RowDistance, ground: RestrictedScorer, rows: Array
) -> Array:
    return np.asarray(-measure.of(rows[0], ground) if goal.met(rows)[0] else np.nan)


def _compose_answer(
    asked: Question,
    ground: RestrictedScorer,
    goal: Goal,
    measure: RowDistance,
    x: Array,
    bound: float,
    row: Array | None,
) -> Answer:
    start = make_witness(ground, None, x, "the row")
    values: dict[str, Any] = {
        "goal": goal.label,
        "distance": {"at_least": bound, "reached": None},
        "changes": {},
    }
    how = f"{asked.distance} distance, number columns in units of their widths" + (
        " or the scales given" if asked.scales else "") + (", a change of category counting "
                                                          "as 1")  # fmt: skip
    adds = isinstance(asked.ground, RestrictedLines)
    where = "wherever lines apply or not" if adds else "in every rule"
    proof = f"No row is nearer: linear programs bound the distance {where}."

    if bound == 0.0 and asked.ground.deadline.is_over():
        proof = "The time limit was reached: nearer rows aren't ruled out everywhere."

    closing: tuple[str, ...] = (f"Distance: {how}.", proof)
    if row is None:
        said = (
            f"{goal.label} is no nearer than {format_bound(bound, up=False)}; no row there was "
            "found that is."
        )
        text = compose_notes(asked, None, exact=False, closing=closing)
        return Answer("counterfactual", said, None, values, False, (start,), text)

    kept = np.where(np.abs(row - x) <= _SAME * np.maximum(np.abs(x), ground.domain.widths), x, row)
    row = kept if ground.domain.contains(kept[None])[0] and goal.met(kept[None])[0] else row
    row, number = _choose_plain_row(asked, ground, goal, measure, row, bound)
    row, number, tied = _pass_tie(ground, goal, x, row, number)
    reached = measure.of(row, ground)
    end = make_witness(ground, None, row, f"{goal.label} here", number)
    changes = {
        name: [start.row[name], value]
        for name, value in end.row.items()
        if value != start.row[name]
    }
    values |= {"distance": {"at_least": bound, "reached": reached}, "changes": changes}
    exact = reached - bound <= 1e-4 * max(bound, _LEAST)
    if tied:
        closing = (*closing, _TIED)
    closing = (*closing, *note_fractions(ground, (end,), held=_list_kept(start, end)))
    under = describe_conditions(asked) if asked.given else ""
    said = (
        f"{'The nearest' if exact else 'A'} row with {goal.label}{under}"
        f"{_describe_kept_columns(asked)} is {format_number(reached)} away."
    )

    if not exact:
        said += f" No such row is nearer than {format_bound(bound, up=False)}."

    rows = tuple((name, format_value(a), format_value(b)) for name, (a, b) in changes.items())
    text = compose_notes(asked, None, exact=exact, closing=closing)
    text = (text[0], *text[2:])
    return Answer(
        "counterfactual",
        said,
        True,
        values,
        exact,
        (start, end),
        text,
        Grid(("change", "from", "to"), rows),
    )
