"""How steep a piecewise linear program's goal is: the largest of a measure of its gradient, over
all parts of the domain that have an interior, by branch and bound over the signs of neurons.
"""

import heapq
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array
from relurules.lp.tolerances import UNIT
from relurules.networks.compiled_search import OpenPart
from relurules.networks.exact_parts import express_neurons
from relurules.networks.gradients import SlopeMeasure, bound_gradient, evaluate_gradient, read_signs
from relurules.networks.maximum import snap_row
from relurules.networks.program_cells import (
    ProgramCell,
    list_open_categories,
    split_by_category,
    split_by_sign,
    start_cell,
    tighten_cell,
)
from relurules.networks.programs import PiecewiseProgram, to_rationals
from relurules.networks.relaxation import apply_multipliers, build_rows, is_refuted, propose_point
from relurules.networks.step_programs import (
    is_step_search_compiled,
    list_steps,
    measure_step,
    search_steps,
)

#: Parts after which a search ends with the bound that it has.
_NODES = 1500
#: Parts after which a search goes on in compiled code, and the same where there is a time limit,
#: and that code is yet to be made.
_PATIENT, _LONG = 12, 300
#: Categories this near to 0 or 1 count as that.
_SAME = 1e-7
#: Parts with no more room than rounding of their walls, times this, count as none.
_THIN = 2048.0


#: A part that waits: minus its bound, its turn, and a point of it.
_Entry = tuple[float, int, ProgramCell, Array | None]


class SteepestSlope(NamedTuple):
    """No part has more than `bound`, -inf where there is none; at `point`, (d,), it is `value`."""

    bound: float
    value: float
    point: Array | None
    complete: bool = True


@dataclass
class _SlopeSearch:
    """What a search has found so far."""

    program: PiecewiseProgram
    measure: SlopeMeasure
    telling: Array
    value: float = -np.inf
    point: Array | None = None
    closed: float = -np.inf
    gap: float = 0.0

    @property
    def enough(self) -> float:
        """What isn't above this is looked at no more."""
        return self.value + self.gap

    @property
    def relevant(self) -> NDArray[np.bool_]:
        """(K,) neurons whose sign matters."""
        return self.telling > 0.0


class _Room(NamedTuple):
    """What the clearance of a part is at most, and a solver's point of it, (n,)."""

    bound: float
    point: Array | None


def find_steepest_slope(
    program: PiecewiseProgram, measure: SlopeMeasure, deadline: Deadline = NEVER
) -> SteepestSlope:
    """The largest measure of the gradient over parts that have an interior."""
    flat, program = program, _with_clearance(program)
    most, searched = flat.limit_nodes(_NODES), bool(program.L.any())
    root = start_cell(program)
    search = _SlopeSearch(program, measure, _measure_signs(program, measure))
    is_made = is_step_search_compiled() or not deadline.is_set
    patient = min(_PATIENT if is_made else _LONG, most - 1)
    heap: list[_Entry] = []
    ticket = count()
    _add_cell(search, heap, next(ticket), root)
    while heap:
        minus, turn, cell, point = heapq.heappop(heap)
        if -minus <= search.enough:
            search.closed = max(search.closed, -minus)
            break
        if turn > most or deadline.is_over():
            top = max(search.closed, -minus)
            return SteepestSlope(top, search.value, search.point, complete=False)
        if turn > patient and not searched:
            searched = True
            heapq.heappush(heap, (minus, turn, cell, point))
            heap = _search_compiled(search, flat, heap, deadline)
            continue
        children = _split_cell(search, cell, point)
        for child in children:
            _add_cell(search, heap, next(ticket), child)
        if not children and _is_thick(search, cell):
            known = (cell.signs != 0)[search.relevant].all()
            slopes = evaluate_gradient(search.program, cell.signs, measure.told)
            least = measure(*slopes)
            search.closed = max(search.closed, min(least, -minus) if known else -minus)

    if search.closed == -np.inf:  # a domain as thin as rounding: what holds for all signs
        every = measure(*bound_gradient(program, np.zeros(len(program.b), dtype=np.int8)))
        return SteepestSlope(every, search.value, search.point, complete=False)

    return SteepestSlope(search.closed, search.value, search.point)


def _search_compiled(
    search: _SlopeSearch,
    program: PiecewiseProgram,
    heap: list[_Entry],
    deadline: Deadline,
) -> list[_Entry]:
    """What a compiled search leaves of the parts that wait. program: the one without clearance."""
    d, (_, half) = program.columns, _measure_columns(program)
    steps = list_steps(program, search.measure, measure_thinness(search.program), half)
    if steps is None:
        return heap

    search.gap = measure_step(steps)

    def try_row(x: Array) -> float:
        _try_point(search, x)
        return search.enough

    parts = [
        OpenPart(ProgramCell(np.delete(cell.low, d), np.delete(cell.high, d), cell.signs), -minus)
        for minus, _, cell, _ in heap
    ]
    levels = search.enough, search.value, search.gap
    found = search_steps(program, steps, parts, levels, try_row, deadline)
    search.closed = max(search.closed, found.closed)
    left = list[_Entry]()
    # turns below 0 are of no linear program
    for turn, part in zip(count(-len(found.left)), found.left, strict=False):
        if part.bound <= search.enough:  # of a row that was found later
            search.closed = max(search.closed, part.bound)
            continue
        low, high = np.insert(part.cell.low, d, -1.0), np.insert(part.cell.high, d, 1.0)
        cell = ProgramCell(low, high, part.cell.signs)
        if found.complete and not deadline.is_over():
            _add_cell(search, left, turn, cell)
        else:
            heapq.heappush(left, (-part.bound, turn, cell, None))

    return left


def _with_clearance(program: PiecewiseProgram) -> PiecewiseProgram:
    """With one further variable: how far a point is from the walls, in shares of widths."""
    d, K = program.columns, len(program.b)
    goal = np.concatenate([program.goal[:d], [Fraction(0)], program.goal[d:]])
    rows = np.zeros((0, d + K + 2))

    return replace(
        program,
        low=np.append(program.low, -1.0),
        high=np.append(program.high, 1.0),
        goal=goal,
        rows=to_rationals(rows),
    )


def _measure_signs(program: PiecewiseProgram, measure: SlopeMeasure) -> Array:
    """(K,) how much every neuron's sign changes what is measured, 0 where it doesn't matter."""
    nothing = np.zeros(len(program.b), dtype=np.int8)
    low, high = bound_gradient(program, nothing)
    base, found = measure(low, high), np.zeros(len(program.b))
    if not program.L.any():
        goal = program.goal_form[len(program.low) : -1, None] * program.A
        ends = np.array([goal, goal * program.slope[:, None]])
        least, most = ends.min(axis=0), ends.max(axis=0)
        for k in range(len(found)):
            if goal[k].any():
                others = low - least[k], high - most[k]
                found[k] = max(
                    abs(measure(others[0] + end[k], others[1] + end[k]) - base) for end in ends
                )
        return found

    for k in range(len(program.b)):
        for sign in (1, -1):
            signs = nothing.copy()
            signs[k] = sign
            found[k] = max(found[k], abs(measure(*bound_gradient(program, signs)) - base))

    return found


def _add_cell(
    search: _SlopeSearch,
    heap: list[_Entry],
    turn: int,
    cell: ProgramCell,
) -> None:
    if not tighten_cell(search.program, cell):
        return
    bound = search.measure(*bound_gradient(search.program, cell.signs))
    if bound <= search.enough:
        search.closed = max(search.closed, bound)
        return

    room = _bound_room(search.program, cell)
    if room.bound <= measure_thinness(search.program):
        return
    if room.point is not None:
        _try_point(search, room.point)
    heapq.heappush(heap, (-bound, turn, cell, room.point))


def measure_thinness(program: PiecewiseProgram) -> float:
    """A share of the columns' widths that rounding of walls and neurons may hide."""
    reach, half = _measure_columns(program)
    rows = np.vstack(
        [
            np.column_stack([program.A, program.b]),
            program.walls,
            np.column_stack([np.eye(program.columns), np.zeros(program.columns)]),
        ]
    )
    length = np.abs(rows[:, :-1]) @ half
    terms = np.abs(rows[:, :-1]) @ reach + np.abs(rows[:, -1])
    telling = length > 0

    return float(_THIN * UNIT * (terms[telling] / length[telling]).max(initial=1.0))


def _measure_columns(program: PiecewiseProgram) -> tuple[Array, Array]:
    """(d,) each: largest sizes and half widths of number columns; 0 and 1 where one is open, and no
    width for categories.
    """
    d = program.columns
    low, high = program.low[:d], program.high[:d]
    reach = np.maximum(np.abs(low), np.abs(high))
    with np.errstate(invalid="ignore", over="ignore"):
        half = high / 2 - low / 2
    half = np.where(np.isfinite(half), half, 1.0)
    half[[i for group in program.groups for i in group]] = 0.0

    return np.where(np.isfinite(reach), reach, 0.0), half


def _is_thick(search: _SlopeSearch, cell: ProgramCell) -> bool:
    """Whether a part of known signs has an interior, as forms of the columns alone say; its
    gradient is kept then.
    """
    program = search.program
    if not program.L.any() or (cell.signs == 0).any():
        return True
    d, n = program.columns, program.variables
    own = np.zeros((len(cell.signs), n + 1))
    for k, (form, _) in enumerate(express_neurons(program, cell)):
        own[k, :d] = [float(v) for v in form[:d]]
        own[k, -1] = float(form[-1])

    room = _bound_room(program, cell, own)
    if room.point is not None:
        _try_point(search, room.point)

    return room.bound > measure_thinness(program)


def _bound_room(program: PiecewiseProgram, cell: ProgramCell, forms: Array | None = None) -> _Room:
    """How far points of a part can be from its walls. forms: (K, n + 1) arguments of the neurons in
    columns alone; without them, only neurons that read no others count as walls.
    """
    d, n = program.columns, program.variables
    _, half = _measure_columns(program)
    if forms is None:
        known = np.flatnonzero((cell.signs != 0) & ~program.L.any(axis=1))
        forms = program.arguments
    else:
        known = np.flatnonzero(cell.signs)

    own = forms[known] * cell.signs[known, None]
    own[:, d] -= np.abs(own[:, :d]) @ half
    walls = program.constraints[: len(program.walls)].copy()
    walls[:, d] -= np.abs(walls[:, :d]) @ half
    sides = []
    for j in np.flatnonzero(half > 0).tolist():
        for sign, limit in ((1.0, program.low[j]), (-1.0, program.high[j])):
            if np.isfinite(limit):
                row = np.zeros(n + 1)
                row[j], row[d], row[-1] = sign, -half[j], -sign * limit
                sides.append(row)

    goal = np.zeros(n + 1)
    goal[d] = 1.0
    rows = np.vstack([program.constraints, own, walls, np.array(sides).reshape(-1, n + 1)])
    hulls = build_rows(program, cell) if program.L.any() else rows[:0]
    for every in (np.vstack([rows, hulls]), rows):
        tried = every[every[:, :-1].any(axis=1)]
        proposal = propose_point(goal, tried, cell)
        if proposal is not None:
            point, multipliers = proposal
            return _Room(min(1.0, apply_multipliers(goal, tried, multipliers, cell)), point)
        if is_refuted(tried, cell):
            return _Room(-np.inf, None)

    return _Room(1.0, None)


def _try_point(search: _SlopeSearch, y: Array) -> None:
    """Keep the gradient at a point, where rounding leaves no doubt of the signs there."""
    program = search.program
    x = snap_row(program, y[: program.columns])
    signs, sure = read_signs(program, x)
    if not program.contains(x) or not sure[search.relevant].all():
        return
    value = search.measure(*evaluate_gradient(program, signs, search.measure.told))
    if value > search.value:
        search.value, search.point = value, x


def _split_cell(search: _SlopeSearch, cell: ProgramCell, y: Array | None) -> list[ProgramCell]:
    """By the neuron that moves the measure most; then, where a point isn't what signs and
    categories say, by what it breaks; none where nothing is left.
    """
    program = search.program
    open_ = np.flatnonzero((cell.signs == 0) & search.relevant)
    if len(open_):
        return split_by_sign(cell, int(open_[np.argmax(search.telling[open_])]))
    for group in program.groups:
        left = list_open_categories(cell, group)
        if left and (y is None or y[left].max() < 1.0 - _SAME):
            return split_by_category(cell, left)

    open_ = np.flatnonzero(cell.signs == 0)
    if not len(open_) or (y is not None and _is_consistent(search, cell, y)):
        return []

    return split_by_sign(cell, int(open_[0]))


def _is_consistent(search: _SlopeSearch, cell: ProgramCell, y: Array) -> bool:
    signs, sure = read_signs(search.program, y[: search.program.columns])
    known = cell.signs != 0
    return bool((signs == cell.signs)[known].all() and sure[known].all())
