"""How far additive rules' score can change between two rows that differ in one column."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.analysis.changes import RowPair
from relurules.analysis.restricted_lines import RestrictedLines
from relurules.analysis.targets import ScoreTarget
from relurules.ir.limits import Deadline
from relurules.ir.network import Array
from relurules.networks.maximum import maximise_program
from relurules.networks.programs import PiecewiseProgram, to_rationals


class LineChange(NamedTuple):
    """Of a change: a bound that no pair of rows exceeds, -inf without pairs; rows (2, d) near it,
    None where none was found.
    """

    bound: float
    rows: Array | None
    complete: bool


def find_line_change(
    ground: RestrictedLines,
    target: ScoreTarget,
    pair: RowPair,
    sign: float,
    *,
    integers: bool,
    deadline: Deadline,
) -> LineChange:
    """The largest sign * (score after - score before)."""
    program = make_pair_program(
        ground.make_program(sign * target.combination, integers=integers), pair
    )
    found = maximise_program(program, deadline)
    bound = found.bound + 2.0 * ground.bound_rounding(target.combination)
    if found.point is None:
        return LineChange(bound, None, found.complete)

    d = len(ground.domain)
    before = found.point[:d]
    after = before.copy()
    after[list(pair.column.at)] = found.point[d:]
    rows = np.array([before, after])

    return LineChange(bound, rows if ground.domain.contains(rows).all() else None, found.complete)


def make_pair_program(program: PiecewiseProgram, pair: RowPair) -> PiecewiseProgram:
    """The change of a program's goal where the pair's column has another value: of x and that value
    of the column.
    """
    at, d = list(pair.column.at), program.columns
    reads = _find_readers(program, at)
    kept = np.flatnonzero(reads)
    low, high = (np.append(side, side[at]) for side in (program.low, program.high))
    for i, value in enumerate(() if pair.held is None else pair.held):
        own = (
            np.eye(len(at))[int(value)]
            if pair.column.categories
            else np.array([value], dtype=np.float64)
        )
        here = np.array(at) if i == 0 else d + np.arange(len(at))
        low[here] = high[here] = own

    groups = list(program.groups)
    if pair.column.categories:
        groups.append(tuple(range(d, d + len(at))))

    return replace(
        program,
        A=_move_columns(program.A, at, kept),
        L=_copy_links(program.L, kept),
        b=np.append(program.b, program.b[kept]),
        slope=np.append(program.slope, program.slope[kept]),
        low=low,
        high=high,
        walls=_copy_walls(program, at, rising=pair.walls is not None),
        room=np.concatenate([program.room, program.room, np.zeros(int(pair.walls is not None))]),
        groups=tuple(groups),
        whole=np.append(program.whole, program.whole[at]),
        goal=_subtract_goals(program, at, kept),
        rows=to_rationals(np.zeros((0, d + len(at) + len(program.b) + len(kept) + 1))),
    )


def _find_readers(program: PiecewiseProgram, at: list[int]) -> NDArray[np.bool_]:
    """(K,) neurons that read a column, or another one that does."""
    reads = np.asarray(program.A[:, at].any(axis=1))
    for k in range(len(reads)):
        reads[k] |= bool((program.L[k] != 0)[reads].any())
    return reads


def _move_columns(A: Array, at: list[int], kept: NDArray[np.intp]) -> Array:
    """All neurons, then those that read the column once more, with its other value."""
    here = np.column_stack([A, np.zeros((len(A), len(at)))])
    there = np.column_stack([A[kept], A[np.ix_(kept, np.array(at))]])
    there[:, at] = 0.0
    return np.vstack([here, there])


def _copy_links(L: Array, kept: NDArray[np.intp]) -> Array:
    """Copies read copies, where there are any."""
    K, count = len(L), len(kept)
    links = np.zeros((K + count, K + count))
    links[:K, :K] = L
    links[K:, :K] = L[kept]
    links[K:, kept] = 0.0
    links[K:, K:] = L[np.ix_(kept, kept)]

    return links


def _copy_walls(program: PiecewiseProgram, at: list[int], *, rising: bool) -> Array:
    d, count = program.columns, len(at)
    here = np.insert(program.walls, [d] * count, 0.0, axis=1)
    there = here.copy()
    there[:, d : d + count], there[:, at] = here[:, at], 0.0
    order = np.zeros((int(rising), d + count + 1))
    if rising:
        order[0, at[0]], order[0, d] = -1.0, 1.0

    return np.vstack([here, there, order])


def _subtract_goals(
    program: PiecewiseProgram, at: list[int], kept: NDArray[np.intp]
) -> NDArray[np.object_]:
    """What copies add, less what is added where the column has its first value."""
    d, K = program.columns, len(program.b)
    columns, neurons = to_rationals(np.zeros(d)), to_rationals(np.zeros(K))
    columns[at] = -program.goal[at]
    neurons[kept] = -program.goal[d + kept]
    constant = to_rationals(np.zeros(1))

    return np.concatenate([columns, program.goal[at], neurons, program.goal[d + kept], constant])
