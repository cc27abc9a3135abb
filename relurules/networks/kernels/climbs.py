"""Rows of a program's domain that are better than the best one, by changing column by column; the
parts that a search looks at, whose levels such rows raise.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp.compilation import compile_cached
from relurules.networks.kernels.lagrangian import (
    Array,
    RelaxedPart,
    RelaxedPoint,
    RelaxedProgram,
    evaluate_point,
)

#: How often all columns of a row are changed, at most.
_ROUNDS = 8
#: So many columns of a row are drawn again before it is improved; after so many rows it is another
#: one.
_DRAWN, _CHAIN = 3, 300
#: Factor and modulus of S. Park and K. Miller, "Random number generators: good ones are hard to
#: find", 1988, with the factor of 1993.
_FACTOR, _MODULUS = 48271, 2147483647


class PartStack(NamedTuple):
    """Parts that wait, in rows, the last of which is for copies.

    bounds: (s,) what the goal doesn't exceed there; numbers: how many wait, and were looked at;
    levels: a part with less than the first isn't looked at, the second is the largest bound of
    these, the third the best row's value, the fourth what is added to it for the first. lines: (s,
    K) slopes of lines that stand for neurons; of slopes, (s, 2 q) between which values derivatives
    lie. best: (n,) that row; kept: (2 K + r,) the best multipliers of a part, of values alone;
    mean: (n + 2 K,) of points of a relaxed goal.
    """

    low: Array
    high: Array
    signs: NDArray[np.int8]
    lines: Array
    weights: Array
    bounds: Array
    numbers: NDArray[np.int64]
    levels: Array
    best: Array
    kept: Array
    mean: Array


class RowWalk(NamedTuple):
    """From row to row of a box. low, high: (n,) its ends; row: (n,) the last one, and value: (1,)
    its goal; columns: those of no group; numbers: a random number, and how many rows there were.
    """

    low: Array
    high: Array
    row: Array
    value: Array
    columns: NDArray[np.int64]
    numbers: NDArray[np.int64]


@compile_cached
def walk_rows(
    P: RelaxedProgram, stack: PartStack, at: RelaxedPoint, walk: RowWalk, steps: int
) -> None:
    """Draw some columns of the row again and improve it, so many times; it stays where that makes
    it worse.

    Iterated local search: H. Lourenço, O. Martin and T. Stützle, 2003.
    """
    count = len(P.starts) - 1 + len(walk.columns)
    for _ in range(steps):
        copy_numbers(walk.row, at.x)
        if walk.numbers[1] % _CHAIN == 0:
            walk.value[0] = -np.inf
            for c in range(count):
                _draw_column(P, walk, at.x, c)
        else:
            for _ in range(_DRAWN):
                _draw_column(P, walk, at.x, int(_draw_share(walk) * count))

        walk.numbers[1] += 1
        goal = _climb_row(P, walk.low, walk.high, stack, at)
        if goal >= walk.value[0]:
            walk.value[0] = goal
            copy_numbers(at.x, walk.row)


@compile_cached
def _draw_share(walk: RowWalk) -> float:
    """A number from 0 to 1, without 1."""
    walk.numbers[0] = walk.numbers[0] * _FACTOR % _MODULUS
    return float(walk.numbers[0] / _MODULUS)


@compile_cached
def _draw_column(P: RelaxedProgram, walk: RowWalk, x: Array, c: int) -> None:
    """One of the open categories of a column, or any number."""
    share, groups = _draw_share(walk), len(P.starts) - 1
    if c >= groups:
        j = walk.columns[c - groups]
        x[j] = walk.low[j] + share * (walk.high[j] - walk.low[j])
        if P.whole[j]:
            x[j] = np.floor(x[j] + 0.5)
        return

    open_ = 0
    for i in range(P.starts[c], P.starts[c + 1]):
        x[P.members[i]] = 0.0
        open_ += walk.high[P.members[i]] > 0.0

    left = int(share * open_)
    for i in range(P.starts[c], P.starts[c + 1]):
        if walk.high[P.members[i]] > 0.0:
            if left == 0:
                x[P.members[i]] = 1.0
            left -= 1


@compile_cached
def climb_from_mean(
    P: RelaxedProgram, part: RelaxedPart, stack: PartStack, at: RelaxedPoint
) -> None:
    """From the row nearest to the middle of a part's points to better ones."""
    write_mean_row(P, part, stack, at)
    for j in range(len(part.low)):
        if P.whole[j]:
            at.x[j] = np.floor(at.x[j] + 0.5)

    _climb_row(P, part.low, part.high, stack, at)


@compile_cached
def write_mean_row(P: Any, part: Any, stack: PartStack, at: Any) -> None:
    """Make x the row nearest to the middle of a part's points, of programs of values or slopes."""
    for j in range(len(part.low)):
        at.x[j] = min(max(stack.mean[j], part.low[j]), part.high[j]) if P.single[j] else 0.0

    for g in range(len(P.starts) - 1):
        best = -1
        for i in range(P.starts[g], P.starts[g + 1]):
            j = P.members[i]
            if part.high[j] > 0.0 and (best < 0 or stack.mean[j] > stack.mean[best]):
                best = j
        at.x[best] = 1.0


@compile_cached
def _climb_row(
    P: RelaxedProgram, low: Array, high: Array, stack: PartStack, at: RelaxedPoint
) -> float:
    """Change the row x column by column, each to its best value, while that is worth it; its goal
    then.
    """
    _find_forms(P, at)
    for _ in range(_ROUNDS):
        moved = False
        for g in range(len(P.starts) - 1):
            moved |= _climb_group(P, high, at, g)
        for j in range(len(low)):
            if P.single[j] and low[j] < high[j]:
                moved |= _climb_number(P, low[j], high[j], at, j)

        if not moved:
            break

    goal = evaluate_point(P, at)
    keep_row(stack, at.x, goal)
    return goal


@compile_cached
def _find_forms(P: RelaxedProgram, at: RelaxedPoint) -> None:
    """What neurons read of the columns of x, in z."""
    for k in range(len(P.b)):
        at.z[k] = P.b[k]
        for j in range(len(at.x)):
            at.z[k] += P.A[k, j] * at.x[j]


@compile_cached
def _measure_move(
    P: RelaxedProgram, at: RelaxedPoint, one: int, more: float, other: int, less: float
) -> float:
    """What the goal is, but for the other columns' own terms, where two columns of x are changed by
    so much.
    """
    n, goal = len(at.x), more * P.goal[one] - less * P.goal[other]
    for k in range(len(P.b)):
        z = at.z[k] + more * P.A[k, one] - less * P.A[k, other]
        if P.deep:
            for m in range(k):
                z += P.L[k, m] * at.p[m]
            at.p[k] = z if z >= 0.0 else P.slope[k] * z
        goal += P.goal[n + k] * (z if z >= 0.0 else P.slope[k] * z)

    return float(goal)


@compile_cached
def _move_column(P: RelaxedProgram, at: RelaxedPoint, j: int, x: float) -> None:
    """Change a column of x, and what neurons read of it."""
    for k in range(len(P.b)):
        at.z[k] += P.A[k, j] * (x - at.x[j])
    at.x[j] = x


@compile_cached
def _climb_group(P: RelaxedProgram, high: Array, at: RelaxedPoint, g: int) -> bool:
    """Take the best category of a column; whether that is another one."""
    now = P.members[P.starts[g]]
    for i in range(P.starts[g], P.starts[g + 1]):
        if at.x[P.members[i]] == 1.0:
            now = P.members[i]

    best, most = now, _measure_move(P, at, now, 0.0, now, 0.0)
    for i in range(P.starts[g], P.starts[g + 1]):
        j = P.members[i]
        if high[j] > 0.0 and j != now:
            goal = _measure_move(P, at, j, 1.0, now, 1.0)
            if goal > most:
                best, most = j, goal

    if best == now:
        return False

    _move_column(P, at, now, 0.0)
    _move_column(P, at, best, 1.0)
    return True


@compile_cached
def _climb_number(P: RelaxedProgram, low: float, high: float, at: RelaxedPoint, j: int) -> bool:
    """Take the best value of a number, an end or a neuron's kink; whether it is another one."""
    best = now = at.x[j]
    most = _measure_move(P, at, j, 0.0, j, 0.0)
    for k in range(-2, len(P.b)):
        tried = low if k == -2 else high
        if k >= 0:
            if P.A[k, j] == 0.0:
                continue
            tried = now - at.z[k] / P.A[k, j]

        if P.whole[j]:
            tried = np.floor(tried + 0.5)
        if low <= tried <= high and tried != now:
            goal = _measure_move(P, at, j, tried - now, j, 0.0)
            if goal > most:
                best, most = tried, goal

    if best == now:
        return False

    _move_column(P, at, j, best)
    return True


@compile_cached
def keep_row(stack: PartStack, x: Array, goal: float) -> None:
    """Keep a row that is better than the best one."""
    if goal > stack.levels[2]:
        stack.levels[2] = goal
        stack.levels[0] = max(stack.levels[0], goal + stack.levels[3])
        copy_numbers(x, stack.best)


@compile_cached
def copy_numbers(one: Array, other: Array) -> None:
    """Numbers in the place of others, without a copy between."""
    for i in range(len(one)):
        other[i] = one[i]
