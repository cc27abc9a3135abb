"""The largest value of a piecewise linear program, as a certified interval: branch and bound.

A part of the domain is bounded by a linear program (`relaxation`) and split by the sign of a neuron
or by a category; parts of one column are solved exactly (`exact_parts`). What is below a value
that a row has is looked at no more. A bound holds whatever a solver said; a value is that of a row,
in rational arithmetic.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from itertools import count
from typing import NamedTuple

import numpy as np

from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array
from relurules.lp.certified import round_up
from relurules.networks.compiled_search import (
    OpenPart,
    is_search_compiled,
    relax_program,
    search_parts,
)
from relurules.networks.exact_parts import bound_known_cell, solve_exactly
from relurules.networks.program_cells import (
    ProgramCell,
    bound_forms,
    list_open_categories,
    split_by_category,
    split_by_sign,
    start_cell,
    tighten_cell,
)
from relurules.networks.programs import PiecewiseProgram, split_program
from relurules.networks.rays import has_rising_ray
from relurules.networks.relaxation import CellBound, bound_cell, find_inner_point

#: A search ends where nothing can be larger than a row's value by this share of the goal's range.
_GAP = 1e-9
#: Parts after which a search ends with the bound that it has.
_NODES = 20_000
#: The same where a row is good enough, and where the bound is infinite.
_GOOD_NODES = 100
_OPEN_NODES = 1000
#: Linear programs after which a search over categories goes on in compiled code, and the same
#: where there is a time limit, and that code is yet to be made; and where the code is there, finds
#: rows by itself, and linear programs are of so many variables that each takes long.
_PATIENT, _LONG, _HASTY = 20, 300, 2
_MANY = 100
#: Categories this near to 0 or 1, and neurons this near to phi, count as that.
_SAME = 1e-7
#: How far a point beside the domain is moved inside, as a share of the way to the middle.
_MOVES = (1e-9, 1e-7, 1e-5, 1e-3, 1e-1)


class ProgramMaximum(NamedTuple):
    """No row has more than `bound`, -inf where there is no row; `point` has `value`, or more.

    point: (d,) None where no row was found; complete: False where a limit ended the search.
    """

    bound: float
    value: float
    point: Array | None
    complete: bool = True


#: A part that waits: minus its bound, its turn, and what is known of it.
_Entry = tuple[float, int, ProgramCell, CellBound]
#: What a row (d,) counts as: NaN for one that doesn't.
RowValue = Callable[[Array], float]
#: Rows near one that doesn't count.
RowRepair = Callable[[Array], Iterator[Array]]


def maximise_program(
    program: PiecewiseProgram, deadline: Deadline = NEVER, most: int = _NODES
) -> ProgramMaximum:
    """The largest goal of a program without further variables, part by part; most: how many linear
    programs each part's search may solve.
    """
    parts, constant = split_program(program)
    x, bound, complete = np.zeros(program.columns), constant, True
    found, open_ = True, False
    if (program.walls[~program.walls[:, :-1].any(axis=1), -1] < 0.0).any():
        return ProgramMaximum(-np.inf, -np.inf, None)

    for i, part in enumerate(parts):
        share = deadline.share(1.0 / (len(parts) - i))
        one = _maximise_part(part.program, share, most)
        if one.bound == -np.inf:
            return ProgramMaximum(-np.inf, -np.inf, None)
        complete &= one.complete
        open_ |= one.bound == np.inf
        bound += Fraction(one.bound) if one.bound < np.inf else 0
        found &= one.point is not None
        if one.point is not None:
            x[part.columns] = one.point

    top = np.inf if open_ else round_up(bound)
    if not found:
        return ProgramMaximum(top, -np.inf, None, complete)

    return ProgramMaximum(top, -round_up(-program.evaluate_exactly(x)), x, complete)


def _maximise_part(program: PiecewiseProgram, deadline: Deadline, most: int) -> ProgramMaximum:
    exact = solve_exactly(program)
    if exact is None:

        def value(x: Array) -> float:
            return program.evaluate(x) if program.contains(x) else np.nan

        found = search_maximum(program, value, deadline=deadline, most=most)
        if found.bound < np.inf:
            return found
        endless = found.point is not None and has_rising_ray(program)
        return found._replace(complete=endless)

    if exact.empty:
        return ProgramMaximum(-np.inf, -np.inf, None)
    top = np.inf if exact.value is None else round_up(exact.value)  # without end, and so complete

    return ProgramMaximum(top, -np.inf, exact.point)


@dataclass
class _Search:
    """What a search has found so far. value: of the best row; closed: the bound of what is done."""

    program: PiecewiseProgram
    judge: RowValue
    repair: RowRepair | None
    influence: Array
    gap: float
    value: float = -np.inf
    point: Array | None = None
    closed: float = -np.inf
    middles: dict[tuple[int, ...], Array | None] = field(default_factory=dict)

    @property
    def enough(self) -> float:
        """What isn't above this is looked at no more."""
        return self.value + self.gap if self.gap else self.value + _GAP * abs(self.value)


def search_maximum(
    program: PiecewiseProgram,
    judge: RowValue,
    *,
    repair: RowRepair | None = None,
    start: Array | None = None,
    deadline: Deadline = NEVER,
    good: float = np.inf,
    most: int = _NODES,
) -> ProgramMaximum:
    """The largest goal of a program; judge: what a row's goal is, NaN where it doesn't count.

    repair: rows to try in place of one that doesn't count; without it, those between it and the
    middle of the domain. start: a row to begin with. good: a row with so much will do, once the
    search gets long. most: how many linear programs may be solved.
    """
    root = start_cell(program)
    if not tighten_cell(program, root):
        return ProgramMaximum(-np.inf, -np.inf, None)

    search = _start_search(program, judge, repair, root)
    _try_rows(search, np.zeros(program.columns) if start is None else start)
    ticket, heap = count(), list[_Entry]()
    solved, searched = 1, not program.groups
    patient = _choose_patience(program, deadline)
    _add_cell(search, heap, next(ticket), root, np.inf)
    while heap:
        minus, turn, cell, found = heapq.heappop(heap)
        if -minus <= search.enough:
            search.closed = max(search.closed, -minus)
            break
        nodes = most if minus > -np.inf else min(most, _OPEN_NODES)
        nodes = program.limit_nodes(nodes if search.value < good else min(most, _GOOD_NODES))
        if turn > nodes or deadline.is_over():
            top = max(search.closed, -minus)
            return ProgramMaximum(top, search.value, search.point, complete=False)
        children = _split_cell(search, cell, found)
        solved += len(children)
        if solved > patient and not searched:
            searched = True
            heapq.heappush(heap, (minus, turn, cell, found))
            heap = _search_compiled(search, root, heap, deadline)
            continue
        for child in children:
            _add_cell(search, heap, next(ticket), child, -minus)
        if not children:
            exact = bound_known_cell(program, cell)
            search.closed = max(search.closed, -minus if exact is None else min(exact, -minus))

    return ProgramMaximum(search.closed, search.value, search.point)


def _choose_patience(program: PiecewiseProgram, deadline: Deadline) -> int:
    """After how many linear programs a search goes on in compiled code."""
    if is_search_compiled():
        alone = not len(program.walls) + len(program.rows)
        return _HASTY if alone and program.variables >= _MANY else _PATIENT
    return _LONG if deadline.is_set else _PATIENT


def _search_compiled(
    search: _Search, root: ProgramCell, heap: list[_Entry], deadline: Deadline
) -> list[_Entry]:
    """What a compiled search leaves of the parts that wait."""
    relaxed = relax_program(search.program, root)
    if relaxed is None:
        return heap

    def try_row(x: Array) -> float:
        _try_rows(search, x)
        return search.enough

    parts = [OpenPart(cell, -minus) for minus, _, cell, _ in heap]
    levels = search.enough, search.value, max(search.gap, _GAP * abs(search.value))
    found = search_parts(search.program, relaxed, parts, levels, try_row, deadline)
    search.closed = max(search.closed, found.closed)
    left = list[_Entry]()
    # turns below 0 are of no other part, and no linear program's
    for turn, part in zip(count(-len(found.left)), found.left, strict=False):
        if part.bound <= search.enough:  # of a row that was found later
            search.closed = max(search.closed, part.bound)
        elif found.complete and not deadline.is_over():
            _add_cell(search, left, turn, part.cell, part.bound)
        else:
            heapq.heappush(left, (-part.bound, turn, part.cell, CellBound(part.bound, None)))

    return left


def _start_search(
    program: PiecewiseProgram, judge: RowValue, repair: RowRepair | None, root: ProgramCell
) -> _Search:
    low, high = bound_forms(program.goal_form[None], root.low, root.high, program.groups)
    wide = float(high[0] - low[0])
    first = len(program.low)
    influence = np.abs(program.goal_form[first:-1])
    for row in program.rows:
        influence = influence + np.abs(np.array([float(v) for v in row[first:-1]]))

    for k in reversed(range(len(influence))):
        influence += influence[k] * np.abs(program.L[k])

    return _Search(program, judge, repair, influence, _GAP * wide if np.isfinite(wide) else 0.0)


def _add_cell(
    search: _Search,
    heap: list[_Entry],
    turn: int,
    cell: ProgramCell,
    at_most: float,
) -> None:
    """Bound a part, look for a row there, and keep it where more may be found."""
    if not tighten_cell(search.program, cell):
        return
    found = bound_cell(search.program, cell)
    bound = min(found.bound, at_most)
    if bound == -np.inf:
        return
    if found.point is not None:
        _try_rows(search, found.point[: search.program.columns])
    if bound <= search.enough:
        search.closed = max(search.closed, bound)
    else:
        heapq.heappush(heap, (-bound, turn, cell, found))


def _try_rows(search: _Search, x: Array) -> None:
    """Keep the best row at a point, or near it."""
    row = snap_row(search.program, x)
    value = search.judge(row)
    if np.isnan(value):
        repair = search.repair or partial(_list_rows_inside, search)
        for tried in repair(row):
            value, row = search.judge(tried), tried
            if not np.isnan(value):
                break

    if value > search.value:
        search.value, search.point = value, row


def _list_rows_inside(search: _Search, row: Array) -> Iterator[Array]:
    """Rows between a row and the middle of the domain."""
    middle = _find_middle(search, row) if len(search.program.walls) else None
    if middle is None:
        return
    for share in _MOVES:
        yield snap_row(search.program, row + share * (middle - row))


def snap_row(program: PiecewiseProgram, x: Array) -> Array:
    """A point as a row: in the box, one category each, whole numbers where columns hold these."""
    d = program.columns
    x = np.clip(x, program.low[:d], program.high[:d])
    x[program.whole] = np.round(x[program.whole])
    for group in map(list, program.groups):
        x[group] = np.eye(len(group))[int(np.argmax(x[group]))]

    return np.asarray(x + 0.0)


def _find_middle(search: _Search, row: Array) -> Array | None:
    """A point away from all walls, with the categories of a row; None where none was found."""
    program, d = search.program, search.program.columns
    own = [i for group in program.groups for i in group]
    key = tuple(np.flatnonzero(row[own]).tolist())
    if key in search.middles:
        return search.middles[key]

    low, high = program.low[:d].copy(), program.high[:d].copy()
    low[own] = high[own] = row[own]
    search.middles[key] = find_inner_point(program.walls, low, high)

    return search.middles[key]


def _split_cell(search: _Search, cell: ProgramCell, found: CellBound) -> list[ProgramCell]:
    """The parts on either side of what the relaxation's point breaks most; none where nothing is
    left to split by.
    """
    program, y = search.program, found.point
    group = _choose_group(program, cell, y)
    if group is not None:
        return split_by_category(cell, group)
    column = _choose_whole(program, cell, y)
    if column is not None and y is not None:
        below, above = cell.copy(), cell.copy()
        below.high[column], above.low[column] = np.floor(y[column]), np.floor(y[column]) + 1.0
        return [below, above]

    neuron = _choose_neuron(search, cell, y)

    return [] if neuron is None else split_by_sign(cell, neuron)


def _choose_group(
    program: PiecewiseProgram, cell: ProgramCell, y: Array | None
) -> list[int] | None:
    """The categories that are least decided; where all are, those of a point's nearest."""
    best, least = None, 1.0 - _SAME
    for group in program.groups:
        open_ = list_open_categories(cell, group)
        if not open_:
            continue
        sure = 0.0 if y is None else float(y[open_].max())
        if sure < least:
            best, least = open_, sure

    return best


def _choose_whole(program: PiecewiseProgram, cell: ProgramCell, y: Array | None) -> int | None:
    """The whole-number column that is farthest from a whole number."""
    at = np.flatnonzero(program.whole)
    if y is None or not len(at):
        return None
    off = np.abs(y[at] - np.round(y[at])) * (cell.low[at] < cell.high[at])
    worst = int(np.argmax(off))

    return int(at[worst]) if off[worst] > _SAME else None


def _choose_neuron(search: _Search, cell: ProgramCell, y: Array | None) -> int | None:
    """The neuron of unknown sign that a point breaks most, by what it does to the goal; else the
    one whose argument is widest; None where all signs are known.
    """
    program, first = search.program, len(search.program.low)
    open_ = np.flatnonzero(cell.signs == 0)
    if not len(open_):
        return None
    if y is not None:
        z = program.arguments[open_, :-1] @ y + program.arguments[open_, -1]
        off = np.abs(y[first + open_] - np.where(z >= 0, z, program.slope[open_] * z))
        off = off * search.influence[open_]
        if off.max() > 0.0 and np.isfinite(off.max()):
            return int(open_[np.argmax(off)])

    low, high = bound_forms(program.arguments[open_], cell.low, cell.high, program.groups)
    with np.errstate(invalid="ignore"):
        wide = np.nan_to_num((high - low) * search.influence[open_], nan=0.0, posinf=1e300)

    return int(open_[np.argmax(wide)])
