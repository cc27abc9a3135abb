"""How an output goes with a number column: whether it only rises or falls, and how steeply."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from relurules.analysis.changes import RowPair, find_largest_change
from relurules.analysis.columns import (
    find_column,
    find_interior_point,
    find_moving_coordinate,
    find_roomiest_point,
    list_columns,
    make_free_pair,
    measure_least_room,
)
from relurules.analysis.directions import DIRECTIONS, describe_direction
from relurules.analysis.effect import answer_for_categories
from relurules.analysis.jumps import describe_jumps_compared
from relurules.analysis.line_monotony import answer_all_line_columns, answer_line_monotone
from relurules.analysis.plain_rows import (
    RowClaim,
    choose_plain_rows,
    list_fractional_columns,
    note_fractions,
)
from relurules.analysis.question import (
    Question,
    bound_rounding,
    compose_notes,
    describe_conditions,
    is_attained,
    measure_attained,
)
from relurules.analysis.restricted import TableColumn
from relurules.analysis.restricted_lines import RestrictedLines
from relurules.analysis.rule_cells import RuleCell
from relurules.analysis.targets import ScoreTarget, find_target
from relurules.analysis.witnesses import find_admissible_rows, make_witness, round_row
from relurules.errors import DataError, UnsupportedError
from relurules.ir.answers import Answer, Grid, Witness, format_bound, format_number
from relurules.ir.network import Array

#: Coefficients that move a score by less than this share of its terms are rounding.
_ROUNDING = 1e-12
_NEVER = {
    "both": "both rises and falls",
    "rises": "never falls",
    "falls": "never rises",
    "doesn't matter": "doesn't change",
}


@dataclass(frozen=True, kw_only=True)
class SlopeRange:
    """A column's coefficients."""

    #: Of the rules that have an interior here.
    low: float
    #: Of the same.
    high: float
    #: The leaves of the lowest and of the highest.
    at: tuple[int, int]
    #: A leaf where it does, beyond rounding, None where there is none.
    rises: int | None
    #: A leaf where it does, beyond rounding, None where there is none.
    falls: int | None


def list_leaves(asked: Question) -> list[int]:
    """The leaves whose rules hold on some interior of the domain that is asked about."""
    ground = asked.branches
    if ground.domain is ground.rules.domain:
        return sorted({leaf for leaf, _ in ground.paths})

    found = set[int]()
    for cell in ground.cells(ground.space):
        if cell.leaf not in found and _has_interior(asked, cell):
            found.add(cell.leaf)

    if not found:
        raise DataError(f"no row of the domain meets these conditions: {'; '.join(asked.given)}")
    return sorted(found)


def _has_interior(asked: Question, cell: RuleCell) -> bool:
    ground, space = asked.branches, asked.ground.space
    enough = measure_least_room(ground, space)
    return find_roomiest_point(ground, space, cell.polytope, 2.0 * enough).bound > enough


def bound_slopes(
    asked: Question, target: ScoreTarget, column: TableColumn, leaves: list[int]
) -> SlopeRange:
    """Coefficients of a number column, per unit."""
    j = column.at[0]
    own = target.weights[leaves, j]
    width = float(asked.ground.domain.widths[j])
    terms = np.abs(target.weights[leaves]) @ asked.ground.reach + np.abs(target.constants[leaves])
    telling = np.abs(own) * width > _ROUNDING * terms

    if width == 0.0:
        telling[:] = False

    top, bottom = int(np.argmax(own)), int(np.argmin(own))
    return SlopeRange(
        low=float(own[bottom]),
        high=float(own[top]),
        at=(leaves[bottom], leaves[top]),
        rises=leaves[top] if telling[top] and own[top] > 0 else None,
        falls=leaves[bottom] if telling[bottom] and own[bottom] < 0 else None,
    )


def answer_monotone(asked: Question) -> Answer:
    """Whether an output only rises, or only falls, where a column does."""
    target = find_target(asked.ground, asked.output)
    lines = isinstance(asked.ground, RestrictedLines)
    if asked.feature is None:
        return (
            answer_all_line_columns(asked, target) if lines else _answer_all_columns(asked, target)
        )

    column = find_column(asked.ground, asked.feature)
    if column.categories:
        return answer_for_categories(asked, target, column, "monotone")
    if lines:
        return answer_line_monotone(asked, target, column)
    if not asked.ground.continuous:
        return _answer_with_jumps(asked, target, column)

    found = bound_slopes(asked, target, column, list_leaves(asked))
    shown = tuple(
        witness
        for leaf, way in ((found.rises, 1.0), (found.falls, -1.0))
        if leaf is not None
        for witness in _find_row_pair(asked, target, column, leaf, way)
    )

    return _answer_continuous(asked, target, column, found, shown)


def _answer_continuous(
    asked: Question,
    target: ScoreTarget,
    column: TableColumn,
    found: SlopeRange,
    shown: tuple[Witness, ...],
) -> Answer:
    direction = DIRECTIONS[found.rises is not None, found.falls is not None]
    values = {
        "output": target.name, "feature": column.name, "direction": direction,
        "slope": {"low": found.low, "high": found.high}, "rules": [leaf + 1 for leaf in found.at],
    }  # fmt: skip
    slope = (
        f"its slope goes from {format_number(found.low)} to {format_number(found.high)} per "
        f"unit of {column.name}"
    )

    said = describe_direction(asked, target, column, direction)
    if direction == "both":
        said += f", in rules such as {(found.rises or 0) + 1} and {(found.falls or 0) + 1}"

    what = f" (of {target.score})" if target.score else ""
    closing = (
        *note_fractions(asked.ground, shown),
        "A continuous piecewise linear function is monotone just where the column's coefficient "
        "has one sign in every rule that has an interior; coefficients are compared as the numbers "
        "that they are, and those that move the score by less than 1e-12 of its terms count as 0.",
    )
    text = compose_notes(asked, target, exact=True, closing=closing)

    return Answer(
        "monotone",
        f"{said}; {slope}{what}.",
        direction != "both",
        values,
        True,
        shown,
        (text[0], *text[2:]),
    )


def _find_row_pair(
    asked: Question, target: ScoreTarget, column: TableColumn, leaf: int, way: float
) -> Iterator[Witness]:
    """Two rows of one rule, different in the column alone, that show the output going that way."""
    ground, space = asked.branches, asked.ground.space
    c = find_moving_coordinate(space, column)
    for cell in ground.cells(space, strict=False):
        if cell.leaf != leaf or c is None:
            continue
        found = find_interior_point(ground, space, cell.polytope)
        if found is None:
            continue

        G, room = cell.polytope.G[:, c], cell.polytope.h - cell.polytope.G @ found[1]
        ahead = min((room[G > 0] / G[G > 0]).min(initial=np.inf), 1e3) * (1 - 1e-6)
        back = min((room[G < 0] / -G[G < 0]).min(initial=np.inf), 1e3) * (1 - 1e-6)

        rows = []
        for step in (-back, ahead):
            v = found[1].copy()
            v[c] += step
            rows.append(round_row(ground.domain, space.rows(v)))

        rows[1] = np.where(np.arange(len(rows[0])) == column.at[0], rows[1], rows[0])
        if space.spread[column.at[0], c] < 0:
            rows.reverse()

        if not ground.domain.contains(np.array(rows)).all():
            continue
        rise = float(make_change_function(asked, target, way)(np.array(rows)))
        if rise <= 0:
            continue

        rows = list(_choose_plain_pair(asked, target, column, np.array(rows), way, rise / 2))
        word = "rises" if way > 0 else "falls"
        yield make_witness(ground, target, rows[0], f"it {word} from here")
        yield make_witness(ground, target, rows[1], "to here")
        return


def _answer_with_jumps(asked: Question, target: ScoreTarget, column: TableColumn) -> Answer:
    """Of rules that jump at their boundaries: the largest rise and fall between any two values of
    the column.
    """
    pair, small = make_free_pair(asked.ground, column, rising=True), bound_rounding(asked, target)
    rise, fall = (_measure_jump(asked, target, column, pair, way) for way in (1.0, -1.0))
    direction = DIRECTIONS[rise.size > small, fall.size > small]
    values = {
        "output": target.name,
        "feature": column.name,
        "direction": direction,
        "rise": rise.size,
        "fall": fall.size,
    }
    yes, exact = direction != "both", rise.exact and fall.exact
    what = target.score or target.name
    most, least = (format_bound(end.size, up=True) for end in (rise, fall))
    said = (
        f"{'Yes' if yes else 'No'}: where {column.name} rises, all else equal, {target.name} "
        f"{_NEVER[direction]}{describe_conditions(asked)}; the largest rise of {what} is {most}, "
        f"the largest fall {least}."
    )
    jumps: tuple[str, ...] = (describe_jumps_compared(asked.ground.rules),)
    jumps = (*jumps, *note_fractions(asked.ground, (*rise.rows, *fall.rows)))
    notes = compose_notes(asked, target, exact=exact, closing=jumps)

    return Answer("monotone", said, yes, values, exact, (*rise.rows, *fall.rows), notes)


class LargestJump(NamedTuple):
    """The most that a score rises or falls with a column: a bound, whether rows attain it, and two
    rows that show it, none where there is nothing to see.
    """

    size: float
    exact: bool = True
    rows: tuple[Witness, ...] = ()


def _measure_jump(
    asked: Question, target: ScoreTarget, column: TableColumn, pair: RowPair | None, way: float
) -> LargestJump:
    ground, small = asked.branches, bound_rounding(asked, target)
    if pair is None:
        return LargestJump(0.0)

    found = find_largest_change(ground, target, pair, way, integers=asked.integers)
    size = max(0.0, found.bound)
    if found.bound <= small:
        return LargestJump(size)
    if not found.complete:
        ground.deadline.check(f"looking for the largest change with {column.name}")
    if found.point is None or found.polytope is None:
        return LargestJump(size, exact=False)

    seat = find_admissible_rows(
        ground, pair[:2], found.polytope, found.point, make_change_function(asked, target, way)
    )
    exact = seat is not None and is_attained(found.bound, seat[1], found.bound, small)
    if seat is None or seat[1] <= 0:
        return LargestJump(size, exact)

    least = found.bound - measure_attained(found.bound, found.bound) if exact else seat[1]
    rows = _choose_plain_pair(asked, target, column, seat[0], way, min(least, seat[1]), pair)
    word = "rises" if way > 0 else "falls"
    first = make_witness(ground, target, rows[0], f"it {word} from here")
    return LargestJump(size, exact, (first, make_witness(ground, target, rows[1], "to here")))


def _choose_plain_pair(
    asked: Question,
    target: ScoreTarget,
    column: TableColumn,
    rows: Array,
    way: float,
    least: float,
    pair: RowPair | None = None,
) -> Array:
    """Two rows of few digits, of the same rules, with the second still higher in the column, that
    go by `least` that way. pair: what rows may be; None for any.
    """
    ground, j, change = asked.ground, column.at[0], make_change_function(asked, target, way)
    rules = ground.rules.apply(rows)

    def value(tried: Array) -> Array:
        alike = (ground.rules.apply(tried) == rules).all() and tried[0, j] < tried[1, j]
        return np.asarray(change(tried) if alike else np.nan)

    def value_anywhere(tried: Array) -> Array:
        return np.asarray(change(tried) if tried[0, j] < tried[1, j] else np.nan)

    space = [ground.space] * 2 if pair is None else pair[:2]
    found = choose_plain_rows(ground, space, rows, RowClaim(value=value, least=least))
    if not list_fractional_columns(ground, space, found):
        return found

    wider = choose_plain_rows(ground, space, rows, RowClaim(value=value_anywhere, least=least))
    return found if list_fractional_columns(ground, space, wider) else wider


def make_change_function(asked: Question, target: ScoreTarget, sign: float) -> Any:
    """What `seated` takes to make a change large."""

    def value(rows: Array) -> float:
        scores = target.of(asked.ground.rules.predict_scores(rows))
        return float(sign * (scores[1] - scores[0]))

    return value


def _answer_all_columns(asked: Question, target: ScoreTarget) -> Answer:
    """Every number column in a line."""
    if not asked.ground.continuous:
        raise UnsupportedError(
            "these rules may jump where one ends and another begins: say which feature is asked "
            "about"
        )

    leaves, rows, values = list_leaves(asked), [], dict[str, Any]()
    for column in list_columns(asked.ground):
        if column.categories:
            continue
        found = bound_slopes(asked, target, column, leaves)
        direction = DIRECTIONS[found.rises is not None, found.falls is not None]
        values[column.name] = {"direction": direction, "low": found.low, "high": found.high}
        rows.append((column.name, direction, format_number(found.low), format_number(found.high)))

    what = target.score if target.score else target.name
    grid = Grid(("column", f"{target.name}", "smallest slope", "largest slope"), tuple(rows))
    said = (
        f"How {target.name} goes with every number column, all else equal; slopes are of "
        f"{what}, per unit."
    )
    text = compose_notes(asked, target, exact=True)

    return Answer("monotone", said, None, values, True, (), (text[0], *text[2:]), grid)
