"""The nearest row that gets to another class: a counterfactual."""

from dataclasses import replace
from typing import Any

import numpy as np

from relurules.analysis.conditions import has_rows, hold_column, hold_missing_numbers
from relurules.analysis.goals import Goal, classify_rows, list_class_names, make_goal
from relurules.analysis.line_goals import find_nearest_line_row
from relurules.analysis.nearest_cells import search_cells
from relurules.analysis.plain_rows import RowClaim, choose_plain_rows, note_fractions
from relurules.analysis.question import Question, compose_notes, describe_conditions, find_data_row
from relurules.analysis.restricted import RestrictedScorer
from relurules.analysis.restricted_lines import RestrictedLines
from relurules.analysis.row_distance import RowDistance, make_row_distance
from relurules.analysis.rows import read_row
from relurules.analysis.rule_cells import RestrictedRules
from relurules.analysis.tie_rows import pass_tie
from relurules.analysis.witnesses import make_witness
from relurules.errors import DataError
from relurules.ir.answers import Answer, Grid, Witness, format_bound, format_number, format_value
from relurules.ir.network import Array

#: A number that moved by less than this share of itself, and of its column's width, has only been
#: rounded.
_SAME = 1e-12
#: A row of few digits may be farther than the least distance by this share of it, or of the second.
_NEAREST, _LEAST = 1e-6, 1e-9


#: What is said of a row that no step takes off a boundary.
_TIED = (
    "This row lies on the boundary but for rounding: computed together with other rows it may be "
    "on the other side."
)


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
        bound, row = search_cells(asked, ground, goal, measure)

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


def _search_lines(
    asked: Question, ground: RestrictedLines, goal: Goal, measure: RowDistance
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
    closing = _describe_distance(asked, bound)
    values: dict[str, Any] = {
        "goal": goal.label,
        "distance": {"at_least": bound, "reached": None},
        "changes": {},
    }
    if row is None:
        said = (
            f"{goal.label} is no nearer than {format_bound(bound, up=False)}; no row there was "
            "found that is."
        )
        text = compose_notes(asked, None, exact=False, closing=closing)
        return Answer("counterfactual", said, None, values, False, (start,), text)

    row = _keep_unmoved_numbers(ground, goal, x, row)
    row, number = _choose_plain_row(asked, ground, goal, measure, row, bound)
    row, number, tied = _pass_tie(ground, goal, x, row, number)
    reached = measure.of(row, ground)
    exact = reached - bound <= 1e-4 * max(bound, _LEAST)
    end = make_witness(ground, None, row, f"{goal.label} here", number)
    changes = {
        name: [start.row[name], value]
        for name, value in end.row.items()
        if value != start.row[name]
    }
    values |= {"distance": {"at_least": bound, "reached": reached}, "changes": changes}

    if tied:
        closing = (*closing, _TIED)
    closing = (*closing, *note_fractions(ground, (end,), held=_list_kept(start, end)))
    text = compose_notes(asked, None, exact=exact, closing=closing)
    rows = tuple((name, format_value(a), format_value(b)) for name, (a, b) in changes.items())
    return Answer(
        "counterfactual",
        _describe_nearest_row(asked, goal, bound, reached, exact=exact),
        True,
        values,
        exact,
        (start, end),
        (text[0], *text[2:]),
        Grid(("change", "from", "to"), rows),
    )


def _describe_distance(asked: Question, bound: float) -> tuple[str, ...]:
    """What distances are measured by, and how far the bound on them is proven."""
    units = " or the scales given" if asked.scales else ""
    how = (
        f"{asked.distance} distance, number columns in units of their widths{units}, a change of "
        "category counting as 1"
    )
    adds = isinstance(asked.ground, RestrictedLines)
    where = "wherever lines apply or not" if adds else "in every rule"
    proof = f"No row is nearer: linear programs bound the distance {where}."
    if bound == 0.0 and asked.ground.deadline.is_over():
        proof = "The time limit was reached: nearer rows aren't ruled out everywhere."

    return f"Distance: {how}.", proof


def _keep_unmoved_numbers(ground: RestrictedScorer, goal: Goal, x: Array, row: Array) -> Array:
    """A row found, with the numbers of the given one where they have only been rounded."""
    rounded = np.abs(row - x) <= _SAME * np.maximum(np.abs(x), ground.domain.widths)
    kept = np.where(rounded, x, row)
    return kept if ground.domain.contains(kept[None])[0] and goal.met(kept[None])[0] else row


def _describe_nearest_row(
    asked: Question, goal: Goal, bound: float, reached: float, *, exact: bool
) -> str:
    under = describe_conditions(asked) if asked.given else ""
    said = (
        f"{'The nearest' if exact else 'A'} row with {goal.label}{under}"
        f"{_describe_kept_columns(asked)} is {format_number(reached)} away."
    )
    return said if exact else f"{said} No such row is nearer than {format_bound(bound, up=False)}."
