"""Whether a class, or a value of an output, can be reached, and how near to a row that is."""

import numpy as np

from relurules.analysis.columns import find_roomiest_point, measure_least_room
from relurules.analysis.goals import Goal, make_goal
from relurules.analysis.line_goals import find_line_margin
from relurules.analysis.plain_rows import RowClaim, choose_plain_rows, note_fractions
from relurules.analysis.question import Question, compose_notes, describe_conditions, find_data_row
from relurules.analysis.restricted import QuestionSpace, round_up_to_powers
from relurules.analysis.restricted_lines import RestrictedLines
from relurules.analysis.rule_cells import RuleCell
from relurules.analysis.witnesses import find_admissible_rows, make_witness
from relurules.errors import DataError, OutOfTimeError
from relurules.ir.answers import Answer, Witness, format_bound
from relurules.ir.network import Array
from relurules.lp import RADIUS, Polytope
from relurules.lp.branch_and_bound import IntegerMaximum, maximise_over_integers
from relurules.lp.lengths import row_lengths


def answer_reach(asked: Question) -> Answer:
    """Whether some row of the domain gets to a class, or to a value of an output."""
    ground = asked.ground
    goal = make_goal(ground, asked.output, asked.target, asked.at_least, asked.at_most)
    lines = ground if isinstance(ground, RestrictedLines) else None
    best, shown = _search_cells(asked, goal) if lines is None else _search_lines(asked, goal, lines)
    if best == -np.inf and goal.decided is None:
        raise DataError(f"no row of the domain meets these conditions: {'; '.join(asked.given)}")

    room = float(ground.rounding(goal.weights, goal.constants).max(initial=0.0))
    if lines is not None:
        room = max((lines.bound_rounding(lead) for lead in goal.leads), default=0.0)
    if shown is not None:
        holds, said = True, f"Yes: {goal.label} is reached{describe_conditions(asked)}."
    elif best + room < 0.0:
        holds, said = False, f"No: {goal.label} can't be reached{describe_conditions(asked)}"
        said += (
            (
                f"; it is missed by {format_bound(-best - room, up=False)} at least, in units of "
                "the score."
            )
            if np.isfinite(best)
            else "."
        )
    else:
        holds, said = (
            None,
            (
                f"Not decided: {goal.label} is reached at most in a tie, within "
                f"rounding{describe_conditions(asked)}."
                if best <= room
                else f"Not decided: no row was found with {goal.label}"
                f"{describe_conditions(asked)}, and it wasn't ruled out."
            ),
        )

    # A limit that every output meets, or none, is met or missed by no number.
    says = asked.target is not None or goal.weights.any() or goal.constants.any()
    measured = goal.decided is None and says
    values = {"goal": goal.label, "margin": best if measured else None}
    rows = () if shown is None else (shown,)
    told = _compose_closing(holds) if lines is None else _compose_line_closing(holds)
    closing = (*told, *note_fractions(ground, rows))
    text = compose_notes(asked, None, exact=True, closing=closing)
    return Answer(
        "reach",
        said,
        holds,
        values,
        holds is not None,
        rows,
        (text[0], *text[2:]),
    )


def _search_cells(asked: Question, goal: Goal) -> tuple[float, Witness | None]:
    """The largest margin by which the goal is met, or missed, and a row that meets it; at the
    deadline any row will do.

    OutOfTimeError where none was met until then.
    """
    ground, best = asked.branches, -np.inf
    shown: tuple[Array, Polytope] | None = None
    space = ground.space
    number = find_data_row(asked, ground.domain, lambda X: np.where(goal.met(X), 1.0, np.nan), 1.0)
    try:
        for cell in ground.cells(space):
            margin, point = _find_margin(asked, goal, space, cell)
            if margin <= best and shown is not None:
                continue
            best = max(best, margin)
            if point is None or margin < 0.0:
                continue
            seat = find_admissible_rows(
                ground, [space], cell.polytope, point, lambda rows: _mark_met_rows(goal, rows)
            )
            if seat is not None:
                shown = seat[0], cell.polytope
                if goal.decided is not None:
                    break
    except OutOfTimeError:
        if shown is None and number is None:
            raise

    shows = f"{goal.label} here"
    if number is not None and asked.data is not None:
        return best, make_witness(ground, None, asked.data[number], shows, number)
    if shown is None:
        return best, None

    rows, polytope = shown
    claim = RowClaim(value=lambda rows: _mark_met_rows(goal, rows), least=1.0)
    no_form = np.zeros(space.spread.shape[1] + 1)
    plain = choose_plain_rows(ground, [space], rows, claim, (polytope, no_form))
    return best, make_witness(ground, None, plain[0], shows)


def _search_lines(
    asked: Question, goal: Goal, ground: RestrictedLines
) -> tuple[float, Witness | None]:
    """The same of rules that add up."""
    if goal.decided is not None and not goal.decided.any():
        return -np.inf, None

    def value(X: Array) -> Array:
        return np.where(goal.met(X), 1.0, np.nan)

    shows = f"{goal.label} here"
    number = find_data_row(asked, ground.domain, value, 1.0)
    found = find_line_margin(ground, goal, integers=asked.integers)
    if number is not None and asked.data is not None:
        return found.bound, make_witness(ground, None, asked.data[number], shows, number)
    row = found.point
    if row is None or not ground.domain.contains(row[None])[0] or not goal.met(row[None])[0]:
        if not found.complete:
            ground.deadline.check(f"looking for a row with {goal.label}")
        return found.bound, None
    claim = RowClaim(value=lambda rows: _mark_met_rows(goal, rows), least=1.0)
    plain = choose_plain_rows(ground, [ground.space], row[None], claim)
    return found.bound, make_witness(ground, None, plain[0], shows)


def _compose_line_closing(holds: bool | None) -> tuple[str, ...]:
    if holds is False:
        return ("It was ruled out by linear programs, their bounds rounded outwards.",)
    return ("The row shown is predicted by the rules themselves.",) if holds else ()


def _compose_closing(holds: bool | None) -> tuple[str, ...]:
    if holds is False:
        return ("Every rule was ruled out by a linear program, its bound rounded outwards.",)
    return ("The row shown is predicted by the rules themselves.",) if holds else ()


def _mark_met_rows(goal: Goal, rows: Array) -> Array:
    """NaN where the goal isn't met, so that such rows don't count."""
    return np.asarray(np.where(goal.met(rows), 1.0, np.nan)[0])


def _find_margin(
    asked: Question, goal: Goal, space: QuestionSpace, cell: RuleCell
) -> tuple[float, Array | None]:
    """The largest smallest score of a goal on a cell, and where; below 0: it isn't met there."""
    ground = asked.branches
    if goal.decided is not None:
        if not goal.decided[cell.leaf]:
            return -np.inf, None
        found = find_roomiest_point(ground, space, cell.polytope)
        if found.bound <= measure_least_room(ground, space):
            return -np.inf, None
        return (np.inf if found.reached > RADIUS else 0.0), found.point

    whole = ground.whole(space, integers=asked.integers)
    forms = space.forms(goal.weights[cell.leaf], goal.constants[cell.leaf])
    most = maximise_least_form(cell.polytope, forms, whole)
    return most.bound, most.point


def maximise_least_form(
    polytope: Polytope, forms: Array, whole: Array, floor: float = -np.inf, enough: float = np.inf
) -> IntegerMaximum:
    """The largest value that all of some forms (k, n + 1) reach together, and where; floor, enough:
    see `largest`.
    """
    if len(forms) == 1:
        return maximise_over_integers(*polytope, forms[0], whole, floor, enough)

    n = forms.shape[1] - 1
    size = float(np.abs(forms).sum(axis=1).max()) or 1.0
    rows = np.column_stack([-forms[:, :-1], np.full(len(forms), size)])  # forms >= size * t
    length = round_up_to_powers(row_lengths(rows))
    limit = np.zeros((2, n + 1))
    limit[:, n] = 1.0, -1.0
    top = np.zeros(n + 2)
    top[n] = size
    part = polytope.widen(1).cut(rows / length[:, None], forms[:, -1] / length)
    part = part.cut(limit, np.full(2, float(n + 1)))
    best = maximise_over_integers(*part, top, np.insert(whole, n, 0.0, axis=1), floor, enough)

    return IntegerMaximum(best.bound, None if best.point is None else best.point[:n])
