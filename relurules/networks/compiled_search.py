"""Parts of a program's domain that a compiled search leaves open: most categories are told in
closed form, without linear programs.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from relurules.ir.limits import Deadline
from relurules.ir.network import Array
from relurules.lp.certified import rounding_gamma
from relurules.lp.compilation import get_store, is_compiling_off, is_machine_code_used
from relurules.networks.kernels.climbs import PartStack, RowWalk, walk_rows
from relurules.networks.kernels.lagrangian import RelaxedPoint, RelaxedProgram
from relurules.networks.kernels.leaf_programs import allocate_leaf
from relurules.networks.kernels.part_duals import allocate_part_tableau
from relurules.networks.kernels.part_search import (
    PAUSED,
    SETTLED,
    advance_parts,
)
from relurules.networks.program_cells import ProgramCell
from relurules.networks.programs import PiecewiseProgram
from relurules.networks.twin_neurons import TwinRows, list_twin_rows

#: Parts that may wait at once, parts that are looked at between two looks at the clock, and in all.
WAITING, _TURNS, _MOST = 8192, 50, 200_000
#: Rows that are drawn and improved before all parts, between two looks at the clock, and in all.
_BEFORE, _WALKED, _ROWS = 100, 30, 20_000
#: Numbers up to this size don't overflow in sums of products, and what is added to all sizes, as
#: a product too small for a float is off by more than a share of itself.
_LARGE, _SMALL = 1e80, 1e-200


class OpenPart(NamedTuple):
    """A part, and what the goal doesn't exceed there."""

    cell: ProgramCell
    bound: float


class PartOutcome(NamedTuple):
    """What a compiled search left: open parts, the largest bound of those that it closed, and
    whether it looked at all.
    """

    left: tuple[OpenPart, ...]
    closed: float
    complete: bool


def is_search_compiled() -> bool:
    """Whether the compiled search needn't be made first."""
    return is_compiling_off() or get_store().has("part_search.advance_parts")


def relax_program(program: PiecewiseProgram, root: ProgramCell) -> RelaxedProgram | None:
    """The program as the compiled search takes it; None where a column is open or too large."""
    n, K = len(program.low), len(program.b)
    if not np.isfinite([root.low, root.high]).all():
        return None

    own = program.constraints[: len(program.walls) + len(program.rows)]
    twins = list_twin_rows(program, root)
    rows = np.vstack([own, twins.forms])
    reach = np.append(np.maximum(np.abs(root.low), np.abs(root.high)), 1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = np.abs(np.vstack([program.arguments, rows, program.goal_form])) @ reach + _SMALL

    if not max(sizes.max(), reach.max()) < _LARGE:
        return None

    grouped = [i for group in program.groups for i in group]
    single = ~np.isin(np.arange(n), grouped)
    whole = np.append(program.whole, np.zeros(program.extras, dtype=np.bool_))
    # Copies: machine code would be made anew for arrays that can't be written to.
    return RelaxedProgram(
        A=np.array(program.arguments[:, :n], order="C"),
        L=np.array(program.L, order="C"),
        b=np.array(program.b, order="C"),
        slope=np.array(program.slope, order="C"),
        goal=np.array(program.goal_form),
        rows=rows,
        binding=len(own),
        twins=twins.twins,
        gaps=twins.gaps,
        starts=np.cumsum([0, *map(len, program.groups)]).astype(np.int64),
        members=np.array(grouped, dtype=np.int64),
        single=single,
        numbers=single & ~whole,
        whole=whole,
        sizes=sizes,
        scales=_guess_multipliers(program, sizes, len(own), twins) ** 2,
        start=np.concatenate([np.zeros(K + len(own)), twins.weights]),
        share=2.0 * float(rounding_gamma(6.0 * (n + K + len(rows)) + 50.0)),
        deep=bool(program.L.any()),
    )


def _guess_multipliers(program: PiecewiseProgram, sizes: Array, own: int, twins: TwinRows) -> Array:
    """(K + r,) of what size multipliers are: steps along subgradients are longer where they are
    large.
    """
    K = len(program.b)
    gain = np.abs(program.goal_form[len(program.low) : -1])
    gain = np.where(gain > 0, gain, gain.max(initial=0.0))
    of_rows = sizes[K : K + own]
    with np.errstate(divide="ignore"):
        pace = np.where(of_rows > 0, sizes[-1] / of_rows, 0.0)
    pairs = np.repeat(twins.weights.reshape(-1, 2).max(axis=1), 2)
    pairs = np.where(pairs > 0, pairs, gain.max(initial=0.0))

    return np.concatenate([gain, pace, pairs])


def search_parts(
    program: PiecewiseProgram,
    relaxed: RelaxedProgram,
    parts: list[OpenPart],
    levels: tuple[float, float, float],
    try_row: Callable[[Array], float],
    deadline: Deadline,
) -> PartOutcome:
    """Look at parts until those are left that only linear programs tell, or more than is enough.

    levels: what is enough, the best row's value, and what is added to a better one; try_row: keeps
    a row (d,), and gives what is enough then.
    """
    stack, at = _make_stack(relaxed, parts, levels), _make_point(relaxed)
    leaf = allocate_leaf(relaxed.single, len(relaxed.b) + relaxed.binding)
    walk, tableau = _start_walk(relaxed, stack), allocate_part_tableau(relaxed)

    def advance(budget: int) -> int:
        start, compiled = walk.numbers[1] == 0, budget > 1
        if relaxed.binding == 0 and (start or (compiled and walk.numbers[1] < _ROWS)):
            steps = _BEFORE if start else _WALKED
            walk_rows(relaxed, stack, at, walk, steps if compiled else 1)
        return int(advance_parts(relaxed, stack, at, leaf, tableau, budget))

    return drive_search(program, stack, levels[1], advance, try_row, deadline)


def _start_walk(relaxed: RelaxedProgram, stack: PartStack) -> RowWalk:
    """Of rows of all parts together."""
    count = int(stack.numbers[0])
    return RowWalk(
        low=stack.low[:count].min(axis=0),
        high=stack.high[:count].max(axis=0),
        row=np.zeros(len(relaxed.single)),
        value=np.full(1, -np.inf),
        columns=np.flatnonzero(relaxed.single).astype(np.int64),
        numbers=np.array([1, 0]),
    )


def drive_search(
    program: PiecewiseProgram,
    stack: PartStack,
    known: float,
    advance: Callable[[int], int],
    try_row: Callable[[Array], float],
    deadline: Deadline,
) -> PartOutcome:
    """Have parts of a stack looked at, some at a time, and rows kept, while there is time.

    known: the value of the best row that was tried; advance: looks at so many parts, and gives a
    word of `part_search`; try_row: as in `search_parts`.
    """
    left = list[OpenPart]()
    for _ in range(_MOST // _TURNS):
        outcome = advance(_TURNS if is_machine_code_used() else 1)
        if stack.levels[2] > known or outcome == SETTLED:  # which may propose a row
            known = float(stack.levels[2])
            stack.levels[0] = max(stack.levels[0], try_row(stack.best[: program.columns].copy()))
        if outcome == SETTLED:
            stack.numbers[0] -= 1
            left.append(read_part(program, stack, int(stack.numbers[0])))
        elif outcome != PAUSED:
            break
        if deadline.is_over():
            break

    waiting = [read_part(program, stack, i) for i in range(stack.numbers[0])]
    return PartOutcome((*left, *waiting), float(stack.levels[1]), not waiting)


def _make_stack(
    relaxed: RelaxedProgram, parts: list[OpenPart], levels: tuple[float, float, float]
) -> PartStack:
    n, K, r = len(relaxed.single), len(relaxed.b), len(relaxed.rows)
    room = WAITING + len(parts) + n
    enough, value, gap = levels
    stack = PartStack(
        low=np.zeros((room, n)), high=np.zeros((room, n)),
        signs=np.zeros((room, K), dtype=np.int8), lines=np.full((room, K), 0.5),
        weights=np.tile(relaxed.start, (room, 1)), bounds=np.zeros(room),
        numbers=np.array([len(parts), 0]), levels=np.array([enough, -np.inf, value, gap]),
        best=np.zeros(n), kept=np.zeros(2 * K + r), mean=np.zeros(n + 2 * K),
    )  # fmt: skip
    for i, part in enumerate(sorted(parts, key=lambda one: one.bound)):
        stack.low[i], stack.high[i] = part.cell.low[:n], part.cell.high[:n]
        stack.signs[i], stack.bounds[i] = part.cell.signs, part.bound

    return stack


def _make_point(relaxed: RelaxedProgram) -> RelaxedPoint:
    n, K, r = len(relaxed.single), len(relaxed.b), len(relaxed.rows)
    return RelaxedPoint(
        x=np.zeros(n), z=np.zeros(K), p=np.zeros(K), rows=np.zeros(r), ends=np.zeros((2, K)),
        own=np.zeros((2, K)), slopes=np.zeros(K), shifts=np.zeros(K),
        bent=np.zeros(K, dtype=np.bool_), c=np.zeros(K), w=np.zeros(K), v=np.zeros(n),
    )  # fmt: skip


def read_part(program: PiecewiseProgram, stack: PartStack, i: int) -> OpenPart:
    """A part that waits, by its row."""
    K = len(program.b)
    cell = ProgramCell(
        np.append(stack.low[i], np.full(K, -np.inf)),
        np.append(stack.high[i], np.full(K, np.inf)),
        stack.signs[i, :K].copy(),
    )
    return OpenPart(cell, float(stack.bounds[i]))
