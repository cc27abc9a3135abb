"""Edits of additive rules, one after another: numbers of lines are those of the rules before all of
them.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from relurules.domain.columns import Category, Column, format_value
from relurules.editing.curve_edits import edit_curve, find_number, round_once
from relurules.editing.edit_kinds import (
    BaseEdit,
    CurveEdit,
    Edit,
    FormulaEdit,
    LineDrop,
    PointsEdit,
    SlopeEdit,
    StartEdit,
    ThresholdEdit,
    write_edit,
)
from relurules.editing.line_state import LineState, move_line
from relurules.errors import DataError, UnsupportedError
from relurules.ir import AdditiveRules
from relurules.ir.edit_record import EditStep
from relurules.ir.network import Array


def edit_lines(
    rules: AdditiveRules, edits: Sequence[Edit]
) -> tuple[AdditiveRules, tuple[EditStep, ...]]:
    """The rules with other numbers, without what data said of them, and what was done."""
    state = LineState.of(rules)
    steps = tuple(EditStep(write_edit(edit), _apply_edit(state, edit)) for edit in edits)
    return state.compose(), steps


def _apply_edit(state: LineState, edit: Edit) -> str:
    """Change the state; what was there before, in words."""
    if isinstance(edit, FormulaEdit):
        raise UnsupportedError(
            f"{write_edit(edit)!r} is of partition rules, and these are lines that add up; "
            "supported: curve, points, line, drop line, base, start"
        )
    change: Callable[[LineState, Any], str] = _CHANGES[type(edit)]
    return change(state, edit)


def _edit_points(state: LineState, edit: PointsEdit) -> str:
    """One number of the base changes, so that rows of other categories keep their scores. Where the
    reference has a share of the category, its own points move too, which the number allows for.
    """
    column, place = _find_categories(state, edit.column)
    i, score = find_category(column, edit.category), state.find_score(edit.score)
    shares = [Fraction(float(v)) for v in state.rules.reference.values[list(place)]]
    if shares[i] == 1:
        raise DataError(
            f"points {edit.column} at {edit.category} are those of the reference, from which "
            "what columns add is measured: they are 0; edit the other categories, or `start`"
        )
    weights = [Fraction(float(w)) for w in state.weights[score, list(place)]]
    was = weights[i] - sum(w * s for w, s in zip(weights, shares, strict=True))
    was += _measure_groups(state, place, i, score)

    change = (Fraction(edit.value) - was) / (1 - shares[i])
    state.weights[score, place[i]] = round_once(weights[i] + change)
    return repr(float(was))


def _find_categories(state: LineState, name: str) -> tuple[Column, range]:
    domain = state.rules.domain
    for column, place in zip(domain.columns, domain.places, strict=True):
        if column.name == name and column.categories:
            return column, place
        if column.name == name:
            raise DataError(
                f"the column {name!r} holds numbers, and adds by a curve: curve {name} at X = V"
            )
    names = ", ".join(repr(column.name) for column in domain.columns[:12])
    raise DataError(f"no column {name!r}; the rules read {names}")


def find_category(column: Column, given: str | float) -> int:
    """Its index; DataError for one that there isn't."""
    for i, category in enumerate(column.categories):
        if _is_meant(category, given):
            return i
    known = ", ".join(member for one in column.categories for member in one.members)
    raise DataError(f"the column {column.name!r} has no category {given!r}; it has {known}")


def _is_meant(category: Category, given: str | float) -> bool:
    """Whether a category holds a value, by itself or as people read it."""
    shown = {format_value(value) for value in category.values} | set(category.members)
    if given in category.values or str(given) in shown:
        return True
    try:
        return float(given) in category.values
    except ValueError:
        return False


def _measure_groups(state: LineState, place: range, category: int, score: int) -> Fraction:
    """What groups of this column alone add there, beside the reference."""
    rules, total = state.rules, Fraction(0)
    rows = np.tile(rules.reference.values, (2, 1))
    rows[0, list(place)] = np.eye(len(place))[category]
    for part in rules.parts:
        if part.coordinates.tolist() == list(place):
            for group in part.groups:
                added = rules.groups[group].evaluate(rows)[:, score]
                total += Fraction(float(added[0])) - Fraction(float(added[1]))
    return total


def _drop_line(state: LineState, edit: LineDrop) -> str:
    at = state.find_line(edit.number)
    line = state.lines.pop(at)[1]
    slopes = ", ".join(repr(slope) for slope in line.slopes.tolist())
    return f"line {edit.number} of {' and '.join(line.columns)}, slope {slopes}"


def _edit_slope(state: LineState, edit: SlopeEdit) -> str:
    at, score = state.find_line(edit.number), state.find_score(edit.score)
    number, line = state.lines[at]
    slopes = line.slopes.copy()
    was, slopes[score] = float(slopes[score]), edit.value + 0.0
    state.lines[at] = (number, move_line(line, slopes=slopes))
    return repr(was)


def _edit_threshold(state: LineState, edit: ThresholdEdit) -> str:
    """Of one column, its value; of several, what their sum must pass."""
    at = state.find_line(edit.number)
    number, line = state.lines[at]
    space = line.condition.half_space
    read = np.flatnonzero(space.normal)
    if len(read) != 1:
        state.lines[at] = (number, move_line(line, bound=edit.value + 0.0))
        return repr(float(space.bound))

    j, domain = int(read[0]), state.rules.domain
    if not domain.lower[j] <= edit.value <= domain.upper[j]:
        raise DataError(
            f"line {edit.number} threshold = {edit.value:g}: the domain has {domain.names[j]} from "
            f"{domain.lower[j]:g} to {domain.upper[j]:g}, and the rules say nothing beyond"
        )
    normal = Fraction(float(space.normal[j]))
    was = Fraction(float(space.bound)) / normal
    bound = round_once(normal * Fraction(edit.value))
    state.lines[at] = (number, move_line(line, bound=bound))
    return repr(float(was))


def _edit_base(state: LineState, edit: BaseEdit) -> str:
    score = state.find_score(edit.score)
    if edit.column is None:
        was, state.constants[score] = float(state.constants[score]), edit.value + 0.0
        return repr(was)
    j = find_number(state.rules.domain, edit.column)
    was, state.weights[score, j] = float(state.weights[score, j]), edit.value + 0.0
    return repr(was)


def _edit_start(state: LineState, edit: StartEdit) -> str:
    """The constant, so that the reference has this score."""
    score, x = state.find_score(edit.score), state.rules.reference.values
    was = Fraction(float(state.constants[score]))
    was += _sum_products(state.weights[score], x)
    for _, line in state.lines:
        space = line.condition.half_space
        beyond = _sum_products(space.normal, x) - Fraction(float(space.bound))
        was += Fraction(float(line.slopes[score])) * max(Fraction(0), beyond)
    for group in state.rules.groups:
        was += Fraction(float(group.evaluate(x[None])[0, score]))

    change = Fraction(edit.value) - was
    state.constants[score] = round_once(Fraction(float(state.constants[score])) + change)
    return repr(float(was))


def _sum_products(weights: Array, values: Array) -> Fraction:
    return sum(
        (
            Fraction(float(w)) * Fraction(float(v))
            for w, v in zip(weights, values, strict=True)
            if w
        ),
        Fraction(0),
    )


#: Kind of an edit -> what changes the state, and tells what was there before.
_CHANGES: Mapping[type, Callable[[LineState, Any], str]] = {
    CurveEdit: edit_curve,
    PointsEdit: _edit_points,
    LineDrop: _drop_line,
    SlopeEdit: _edit_slope,
    ThresholdEdit: _edit_threshold,
    BaseEdit: _edit_base,
    StartEdit: _edit_start,
}
