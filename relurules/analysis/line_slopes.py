"""How additive rules' score goes with a number column: certified bounds of its slope, and rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.analysis.restricted import TableColumn
from relurules.analysis.restricted_lines import RestrictedLines
from relurules.analysis.targets import ScoreTarget
from relurules.errors import UnsupportedError
from relurules.ir.limits import Deadline
from relurules.ir.network import Array
from relurules.networks.gradients import SlopeMeasure, measure_column, read_signs
from relurules.networks.maximum import maximise_program
from relurules.networks.programs import PiecewiseProgram
from relurules.networks.slopes import SteepestSlope, find_steepest_slope

#: Slopes that move a score by less than this share of its terms are rounding.
_ROUNDING = 1e-12
#: Share of the time that is left for first searches of all columns.
_FIRST = 0.4
#: How often a step of a row that shows a slope is halved.
_HALVED = 50


@dataclass(frozen=True, kw_only=True)
class LineSlopes:
    """Slopes of a score in a number column, per unit."""

    #: No row has a smaller one.
    low: float
    #: No row has a larger one.
    high: float
    #: Whether it rises, or falls, somewhere, beyond rounding; None where that isn't decided.
    rises: bool | None
    falls: bool | None
    #: Rows (2, d) that differ in the column alone, where it rises, and where it falls.
    rising: Array | None
    falling: Array | None
    #: Whether both bounds are slopes somewhere.
    exact: bool


def check_continuous(ground: RestrictedLines) -> None:
    """UnsupportedError where groups were simplified, and so may jump."""
    if not ground.continuous:
        raise UnsupportedError(
            "the groups of these rules were simplified and may jump, so they have no slopes; ask "
            "range or effect, or extract them with max_error=0"
        )


def bound_line_slopes(
    ground: RestrictedLines, target: ScoreTarget, column: TableColumn, deadline: Deadline
) -> LineSlopes:
    """Slopes of a number column, between which all others lie."""
    j = column.at[0]
    part = _select_part(ground, target, j)
    if part is None or ground.domain.widths[j] == 0.0:
        slope = 0.0 if part is None else float(target.weights[0, j])
        return LineSlopes(
            low=slope, high=slope, rises=False, falls=False, rising=None, falling=None, exact=True
        )

    program, place, columns = part
    half = deadline.share(0.5)
    top = find_steepest_slope(program, measure_column(place, 1.0, program.columns), half)
    bottom = find_steepest_slope(program, measure_column(place, -1.0, program.columns), deadline)
    least = _ROUNDING * ground.measure_terms(target.combination) / float(ground.domain.widths[j])
    rows = [
        _find_pair(ground, target, (program, place, columns), one, sign)
        for one, sign in ((top, 1.0), (bottom, -1.0))
    ]
    tells = [_tell(one, least) for one in (top, bottom)]

    return LineSlopes(
        low=-bottom.bound,
        high=top.bound,
        rises=tells[0],
        falls=tells[1],
        rising=rows[0] if tells[0] else None,
        falling=rows[1] if tells[1] else None,
        exact=all(_is_reached(one, least) for one in (top, bottom)),
    )


def bound_all_slopes(
    ground: RestrictedLines, target: ScoreTarget, columns: Sequence[TableColumn], share: float
) -> list[LineSlopes]:
    """Slopes of number columns, in a share of the time that is left: where it is little, each gets
    some before any gets more.
    """
    whole, found = ground.deadline.share(share), list[LineSlopes]()
    for i, column in enumerate(columns):
        first = whole.share(_FIRST / (len(columns) - i))
        found.append(bound_line_slopes(ground, target, column, first))

    return improve_all_slopes(ground, target, columns, found, whole)


def improve_all_slopes(
    ground: RestrictedLines,
    target: ScoreTarget,
    columns: Sequence[TableColumn],
    known: Sequence[LineSlopes],
    deadline: Deadline,
) -> list[LineSlopes]:
    """Slopes of number columns, where searches for those that are known may have ended early; by a
    deadline.
    """
    found = list(known)
    left = [i for i, one in enumerate(found) if not one.exact and deadline.is_set]
    for turn, i in enumerate(left):
        if not deadline.is_over():
            more = deadline.share(1.0 / (len(left) - turn))
            found[i] = _join_slopes(found[i], bound_line_slopes(ground, target, columns[i], more))

    return found


def _join_slopes(one: LineSlopes, other: LineSlopes) -> LineSlopes:
    """What two searches found of the same column."""
    return LineSlopes(
        low=max(one.low, other.low),
        high=min(one.high, other.high),
        rises=other.rises if one.rises is None else one.rises,
        falls=other.falls if one.falls is None else one.falls,
        rising=other.rising if one.rising is None else one.rising,
        falling=other.falling if one.falling is None else one.falling,
        exact=one.exact or other.exact,
    )


def _tell(found: SteepestSlope, least: float) -> bool | None:
    """Whether a slope exceeds what is rounding; None where that isn't decided."""
    if found.bound <= least:
        return False
    return True if found.value > least else None


def _is_reached(found: SteepestSlope, least: float) -> bool:
    return bool(found.bound - found.value <= max(least, 1e-6 * abs(found.bound)))


def _select_part(
    ground: RestrictedLines, target: ScoreTarget, j: int
) -> tuple[PiecewiseProgram, int, NDArray[np.intp]] | None:
    """The columns that are tied to one, as a program; its place there and theirs; None where
    nothing reads it.
    """
    parts = ground.split_for_slopes(target.combination)
    for part in parts:
        place = np.flatnonzero(part.columns == j)
        if len(place):
            return part.program, int(place[0]), part.columns

    return None


def _find_pair(
    ground: RestrictedLines,
    target: ScoreTarget,
    part: tuple[PiecewiseProgram, int, NDArray[np.intp]],
    found: SteepestSlope,
    sign: float,
) -> Array | None:
    """Rows (2, d) on one side of all lines, different in one column, that show a slope."""
    if found.point is None:
        return None
    program, place, columns = part
    if ground.some_row is None:
        return None
    base = ground.some_row.copy()
    base[columns] = found.point
    j = int(columns[place])
    for pair in _list_steps(ground, base, j, found.point[place]):
        signs = [read_signs(program, row[columns])[0] for row in pair]
        if not np.array_equal(signs[0], signs[1]) or not ground.domain.contains(pair).all():
            continue
        scores = target.of(ground.rules.predict_scores(pair))
        if sign * (scores[1] - scores[0]) > 0.0:
            return pair

    return None


def _list_steps(ground: RestrictedLines, base: Array, j: int, at: float) -> Iterator[Array]:
    """Pairs of rows around a row, nearer and nearer."""
    low, high = float(ground.domain.lower[j]), float(ground.domain.upper[j])
    step = float(ground.domain.widths[j]) / 2.0
    for _ in range(_HALVED):
        pair = np.array([base, base])
        pair[0, j], pair[1, j] = max(low, at - step), min(high, at + step)
        yield pair
        step /= 2.0


def find_steepest_total(
    ground: RestrictedLines,
    target: ScoreTarget,
    scales: Array,
    measure: Callable[[Array], SlopeMeasure],
    deadline: Deadline,
) -> SteepestSlope:
    """The largest sum over columns, part by part. measure: makes one of scales, (d,)."""
    parts = ground.split_for_slopes(target.combination)
    bound = value = 0.0
    row, complete = np.zeros(len(ground.domain)), True
    for i, part in enumerate(parts):
        share = deadline.share(1.0 / (len(parts) - i))
        own = scales[part.columns]
        if not own.any():
            top = maximise_program(part.program, share)
            found = SteepestSlope(0.0, 0.0, top.point)
        else:
            found = find_steepest_slope(part.program, measure(own), share)
        bound, value = bound + found.bound, value + max(0.0, found.value)
        complete &= found.complete
        row[part.columns] = np.nan if found.point is None else found.point

    return SteepestSlope(
        bound * (1.0 + 1e-13), value, None if np.isnan(row).any() else row, complete
    )
