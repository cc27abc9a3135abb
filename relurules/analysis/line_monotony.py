"""Whether additive rules' output only rises, or only falls, where a number column does."""

from typing import Any

import numpy as np

from relurules.analysis.columns import list_columns
from relurules.analysis.directions import DIRECTIONS, describe_direction
from relurules.analysis.line_slopes import (
    LineSlopes,
    bound_all_slopes,
    bound_line_slopes,
    check_continuous,
)
from relurules.analysis.plain_rows import RowClaim, choose_plain_rows, note_fractions
from relurules.analysis.question import (
    Question,
    compose_notes,
    describe_conditions,
    describe_unfinished,
)
from relurules.analysis.restricted import TableColumn
from relurules.analysis.restricted_lines import RestrictedLines
from relurules.analysis.targets import ScoreTarget
from relurules.analysis.witnesses import make_witness
from relurules.ir.answers import Answer, Grid, Witness, format_number
from relurules.ir.network import Array

#: What an answer says of its means.
_MEANS = (
    "A continuous piecewise linear function is monotone just where the column's coefficient has "
    "one sign wherever lines that read it apply, or not, on some interior; slopes are bounded by "
    "linear programs, rounded outwards, and those that move the score by less than 1e-12 of its "
    "terms count as 0."
)


def answer_line_monotone(asked: Question, target: ScoreTarget, column: TableColumn) -> Answer:
    """How an output goes with one number column."""
    ground = _get_lines(asked)
    found = bound_line_slopes(ground, target, column, ground.deadline.share(0.4))
    direction = _tell_direction(found)
    shown = (
        *_show_pair(asked, target, column, found.rising, 1.0),
        *_show_pair(asked, target, column, found.falling, -1.0),
    )
    values = {
        "output": target.name,
        "feature": column.name,
        "direction": direction,
        "slope": {"low": found.low, "high": found.high},
    }
    what = f" (of {target.score})" if target.score else ""
    low, high = _format_ends(found)
    slope = f"its slope goes from {low} to {high} per unit of {column.name}{what}"
    if direction is None:
        said = f"Not decided: how {target.name} goes with {column.name}{describe_conditions(asked)}"
        slope = slope.replace("goes from", "lies between").replace(" to ", " and ", 1)
    else:
        said = describe_direction(asked, target, column, direction)

    left = () if found.exact else (describe_unfinished(asked),)
    closing = (*note_fractions(asked.ground, shown), _MEANS, *left)
    text = compose_notes(asked, target, exact=found.exact, closing=closing)
    holds = None if direction is None else direction != "both"

    return Answer(
        "monotone", f"{said}; {slope}.", holds, values, found.exact, shown, (text[0], *text[2:])
    )


def answer_all_line_columns(asked: Question, target: ScoreTarget) -> Answer:
    """Every number column in a line."""
    ground = _get_lines(asked)
    columns = [column for column in list_columns(ground) if not column.categories]
    rows, values, exact = [], dict[str, Any](), True
    for column, found in zip(columns, bound_all_slopes(ground, target, columns, 0.9), strict=True):
        direction, exact = _tell_direction(found), exact and found.exact
        values[column.name] = {"direction": direction, "low": found.low, "high": found.high}
        rows.append((column.name, direction or "not decided", *_format_ends(found)))

    what = target.score if target.score else target.name
    grid = Grid(("column", f"{target.name}", "smallest slope", "largest slope"), tuple(rows))
    said = (
        f"How {target.name} goes with every number column, all else equal; slopes are of "
        f"{what}, per unit."
    )
    closing = () if exact else (describe_unfinished(asked),)
    text = compose_notes(asked, target, exact=exact, closing=closing)

    return Answer("monotone", said, None, values, exact, (), (text[0], *text[2:]), grid)


def _get_lines(asked: Question) -> RestrictedLines:
    assert isinstance(asked.ground, RestrictedLines)  # noqa: S101  # others are asked elsewhere
    check_continuous(asked.ground)
    return asked.ground


def _tell_direction(found: LineSlopes) -> str | None:
    """In a word; None where it isn't decided."""
    if found.rises is None or found.falls is None:
        return None
    return DIRECTIONS[found.rises, found.falls]


def _format_ends(found: LineSlopes) -> tuple[str, str]:
    """The smallest and the largest slope; what counts as 0 is shown as 0."""
    low, high = found.low, found.high
    if low < high:  # one slope of a column of one value is shown as it is
        low = max(0.0, low) if found.falls is False else low
        high = min(0.0, high) if found.rises is False else high
    return format_number(low), format_number(high)


def _show_pair(
    asked: Question, target: ScoreTarget, column: TableColumn, pair: Array | None, way: float
) -> tuple[Witness, ...]:
    """Two rows of few digits that show the output going that way."""
    if pair is None:
        return ()
    ground, j = asked.ground, column.at[0]

    def value(rows: Array) -> Array:
        scores = target.of(ground.rules.predict_scores(rows))
        change = way * (scores[1] - scores[0])
        return np.asarray(change if rows[0, j] < rows[1, j] else np.nan)

    claim = RowClaim(value=value, least=float(value(pair)) / 2.0)
    rows = choose_plain_rows(ground, [ground.space] * 2, pair, claim)
    word = "rises" if way > 0 else "falls"
    first = make_witness(ground, target, rows[0], f"it {word} from here")

    return first, make_witness(ground, target, rows[1], "to here")
