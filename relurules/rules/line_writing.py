"""What a reduction leaves, as lines of float64 that speak of the rarer side, with the book of what
they are off.
"""

from dataclasses import replace

import numpy as np

from relurules.ir import AdditiveRules
from relurules.ir.limits import Deadline
from relurules.ir.network import Array
from relurules.networks.programs import to_rationals
from relurules.rules.curve_merging import CurveSearch
from relurules.rules.exact_box import BoundedBox
from relurules.rules.hinge_certificate import tighten_moves
from relurules.rules.hinge_moves import (
    ExactHinge,
    MoveBound,
    add_moves,
    exchange_hinge,
    turn_hinge,
)
from relurules.rules.line_ledger import ColumnCurve, LineLedger, LineNumbers, StandIn
from relurules.rules.line_reduction import LineReduction
from relurules.rules.line_rounding import scale_line


def open_ledger(
    rules: AdditiveRules, state: LineReduction, rows: Array | None, deadline: Deadline
) -> LineLedger:
    """What is left as lines, each beside what it stands for; rows: (N, d) to count, or None."""
    box, width = state.box, len(rules.features) + 1
    base = to_rationals(np.column_stack([rules.base.weights, rules.base.constants]))
    kept, merged, moves = list[StandIn](), list[LineNumbers](), list(state.moves)
    for number, hinge in state.hinges.hinges.items():
        if number in state.sources:
            line = take_line(rules, state.sources[number])
            kept.append(StandIn(hinge=line.hinge, line=scale_line(line, box)))
        else:
            line, writing = _write_merged(hinge, box, rows)
            merged.append(line)
            moves += writing

    total = add_moves(moves, state.scores, width)
    moved = total.low, total.high
    if moves:
        changed = np.setdiff1d(state.several, [*state.sources.values()])
        old = [take_line(rules, k) for k in changed.tolist()]
        moved = tighten_moves(rules.domain, old, merged, total, deadline)
    curves = {
        j: ColumnCurve(before=search.curve, lines=_list_curve_lines(rules, state, j, rows))
        for j, search in state.curves.items()
    }
    return LineLedger(
        box=box,
        affine=base + total.affine,
        moved=moved,
        stand_ins=[*kept, *(StandIn(hinge=line.hinge, line=line) for line in merged)],
        curves=curves,
    )


def _write_merged(
    hinge: ExactHinge, box: BoundedBox, rows: Array | None
) -> tuple[LineNumbers, list[MoveBound]]:
    """A hinge as a line that speaks of the rarer side, and what it takes to make it that."""
    moves = []
    form, slopes = hinge.form.astype(np.float64), hinge.slopes.astype(np.float64)
    line = LineNumbers(normal=form[:-1], bound=-float(form[-1]), slopes=slopes)
    if _holds_mostly(line, box, rows):
        turn = turn_hinge(hinge)
        assert turn.after is not None  # noqa: S101
        moves.append(turn)
        hinge = turn.after
        line = replace(line, normal=-line.normal, bound=-line.bound)
    line = scale_line(line, box)

    return line, [*moves, exchange_hinge(hinge, line.hinge, box)]


def take_line(rules: AdditiveRules, index: int) -> LineNumbers:
    """A line of rules as it stands."""
    space = rules.lines[index].condition.half_space
    return LineNumbers(
        normal=space.normal,
        bound=space.bound,
        slopes=rules.lines[index].slopes,
        neuron=space.neuron,
    )


def _holds_mostly(line: LineNumbers, box: BoundedBox, rows: Array | None) -> bool:
    """Whether it applies to more than half of the rows; without rows, to the middle of the box."""
    if rows is not None and len(rows):
        return bool((rows @ line.normal > line.bound).mean() > 0.5)
    return bool(line.normal @ box.middle > line.bound)


def _list_curve_lines(
    rules: AdditiveRules, state: LineReduction, j: int, rows: Array | None
) -> tuple[LineNumbers, ...]:
    """Lines of a column: those that it had, or one for every vertex of its polyline."""
    search = state.curves[j]
    if not search.changed:
        lines = [take_line(rules, k) for k in state.members[j].tolist()]
        return tuple(scale_line(line, state.box) for line in lines)

    found, unit = [], np.eye(len(rules.features))[j]
    for at, kink in list_kinks(search):
        line = LineNumbers(normal=unit, bound=at, slopes=kink)
        if _holds_mostly(line, state.box, rows):
            line = replace(line, normal=-unit, bound=-at)
        if kink.any():
            found.append(line)
    return tuple(found)


def list_kinks(search: CurveSearch) -> list[tuple[float, Array]]:
    """Where the polyline bends, and (m,) by how much."""
    places = np.array([vertex.at for vertex in search.vertices])
    if len(places) < 3:
        return []
    values = np.array([vertex.values for vertex in search.vertices])
    slopes = np.diff(values, axis=0) / np.diff(places)[:, None]
    return list(zip(places[1:-1].tolist(), np.diff(slopes, axis=0), strict=True))
