"""How steep additive rules' score is at most: certified bounds of its Lipschitz constants."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from relurules.analysis.columns import list_columns
from relurules.analysis.line_slopes import (
    LineSlopes,
    bound_all_slopes,
    check_continuous,
    find_steepest_total,
    improve_all_slopes,
)
from relurules.analysis.plain_rows import note_fractions
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
from relurules.ir.answers import Answer, Grid, Witness, format_bound, format_number
from relurules.ir.network import Array
from relurules.networks.gradients import measure_squares, measure_sum

#: A constant counts as reached where a row comes within this share of it.
_REACHED = 1e-6


@dataclass(frozen=True, kw_only=True)
class LineSteepness:
    """How steep a score is at most.

    slopes: of every number column that moves; scales: (n,) their units of distance; constants:
    distance -> what no slope exceeds; exact: whether rows reach all of it; point: (d,) where it is
    steepest in the largest of the columns' changes, None where none was found.
    """

    columns: tuple[TableColumn, ...]
    slopes: tuple[LineSlopes, ...]
    scales: Array
    constants: dict[str, float]
    exact: bool
    point: Array | None

    @property
    def own(self) -> Array:
        """(n,) the steepest that the score is in each column, per unit."""
        return np.array([max(abs(one.low), abs(one.high)) for one in self.slopes])


def answer_line_lipschitz(asked: Question, target: ScoreTarget, closing: tuple[str, ...]) -> Answer:
    """The steepest that a score is: in every number column, and in all of them together."""
    ground = asked.ground
    assert isinstance(ground, RestrictedLines)  # noqa: S101  # others are asked elsewhere
    check_continuous(ground)
    found = _measure_steepness(asked, ground, target)
    l1, l2, linf = (format_bound(value, up=True) for value in found.constants.values())
    said = (
        f"The slope of {target.score or target.name} is at most {l1} per unit of l1 distance, {l2} "
        f"of l2 and {linf} of linf{describe_conditions(asked)}, columns in units of their widths."
    )
    shown = _show_steepest(asked, target, found)
    left = () if found.exact else (describe_unfinished(asked),)
    notes = (*closing, *left, *note_fractions(ground, shown))
    text = compose_notes(asked, target, exact=found.exact, closing=notes)

    return Answer(
        "lipschitz", said, None, _list_values(target, found), found.exact, shown,
        (text[0], *text[2:]), _tabulate(found),
    )  # fmt: skip


def _measure_steepness(
    asked: Question, ground: RestrictedLines, target: ScoreTarget
) -> LineSteepness:
    widths = ground.domain.widths
    columns = [c for c in list_columns(ground) if not c.categories and widths[c.at[0]] > 0]
    scales = np.array([asked.scales.get(c.name, float(widths[c.at[0]])) for c in columns])
    slopes = bound_all_slopes(ground, target, columns, 0.25)
    every = np.zeros(len(widths))
    every[[c.at[0] for c in columns]] = scales
    total = find_steepest_total(ground, target, every, measure_sum, ground.deadline.share(0.45))
    squares = find_steepest_total(
        ground, target, every, measure_squares, ground.deadline.share(0.6)
    )
    slopes = improve_all_slopes(ground, target, columns, slopes, ground.deadline.share(0.9))
    own = np.array([max(abs(one.low), abs(one.high)) for one in slopes])
    reached = all(
        one.bound - one.value <= _REACHED * abs(one.bound) + 1e-300 for one in (total, squares)
    )

    return LineSteepness(
        columns=tuple(columns),
        slopes=tuple(slopes),
        scales=scales,
        constants={
            "l1": float((own * scales).max(initial=0.0)),
            "l2": float(np.nextafter(np.sqrt(squares.bound), np.inf)) if squares.bound else 0.0,
            "linf": float(total.bound),
        },
        exact=reached and all(one.exact for one in slopes),
        point=total.point,
    )


def _list_values(target: ScoreTarget, found: LineSteepness) -> dict[str, Any]:
    columns = {
        column.name: {"slope": float(slope), "scale": float(scale)}
        for column, slope, scale in zip(found.columns, found.own, found.scales, strict=True)
    }
    named = {name: {"constant": value} for name, value in found.constants.items()}
    score = target.score or target.name

    return {"output": target.name, "score": score, "columns": columns, **named}


def _tabulate(found: LineSteepness) -> Grid:
    rows = tuple(
        (column.name, *map(format_number, (slope, scale, slope * scale)))
        for column, slope, scale in zip(found.columns, found.own, found.scales, strict=True)
    )
    return Grid(("column", "steepest per unit", "its width", "over its width, at most"), rows)


def _show_steepest(
    asked: Question, target: ScoreTarget, found: LineSteepness
) -> tuple[Witness, ...]:
    """A row of the steepest part, none where rounding takes it out of the domain."""
    if found.point is None or not asked.ground.domain.contains(found.point[None])[0]:
        return ()
    return (make_witness(asked.ground, target, found.point, "steepest (linf) around here"),)
