"""Multipliers of steps by linear programs, compiled: those with which a part's bound is least.

A step of unknown side is relaxed to what lies below its hull, a line from nothing at the lower end
of its argument to all of it at the kink, or from nothing at the kink to a loss at the upper end.
What is relaxed is a linear program over the columns and steps, whose optimal multipliers are those
of the closed form (`steps`), which judges them.
"""

from typing import NamedTuple

import numpy as np

from relurules.lp.compilation import compile_cached
from relurules.lp.dictionary import Dictionary
from relurules.lp.dual_steps import EMPTY, find_violated_row, restore_vertex
from relurules.networks.kernels.lagrangian import Array
from relurules.networks.kernels.steps import StepPart, StepPoint, StepProgram

#: Steps of the dual simplex method, after which multipliers are taken as they are.
_STEPS = 400
#: Multipliers of an empty part bring its bound so many times below what is enough.
_BEYOND = 2.0


class StepTableau(NamedTuple):
    """The linear program of a part's relaxed steps.

    dictionary: of n columns, K steps and K slacks, in this order; sides: (K,) the sign with which a
    slack reads its argument, 0 for none; lengths: (K + 1,) of slacks' forms, and of the goal's.
    """

    dictionary: Dictionary
    sides: Array
    lengths: Array


def allocate_tableau(P: StepProgram) -> StepTableau:
    """Memory for the parts of a program."""
    n, K, groups = len(P.single), len(P.b), len(P.starts) - 1
    columns, rows, every = n - groups + K, groups + K, n + 2 * K
    return StepTableau(
        dictionary=Dictionary(
            table=np.zeros((rows + 1, columns + 1)),
            basic=np.zeros(rows + 1, dtype=np.int32),
            nonbasic=np.zeros(columns, dtype=np.int32),
            place=np.zeros(every, dtype=np.int32),
            flipped=np.zeros(every, dtype=np.bool_),
            low=np.zeros(every),
            width=np.full(every, np.inf),
            used=np.zeros(2, dtype=np.int64),
        ),
        sides=np.zeros(K),
        lengths=np.ones(K + 1),
    )


@compile_cached
def solve_steps(
    P: StepProgram, part: StepPart, at: StepPoint, T: StepTableau, above: float
) -> None:
    """Choose the multipliers of a part that was entered, and write the point where its relaxed
    slope is largest, or that was looked at last.

    above: how far the slope that is to be exceeded is above a constant, at.shift[0].
    """
    D, K = T.dictionary, len(P.b)
    _place_variables(P, part, at, D)
    for k in range(K):
        _write_slack(P, part, at, T, k)
    _write_goal(at, T)
    least = above / T.lengths[K]
    outcome = restore_vertex(D, least, _STEPS)
    _add_multipliers(P, part, T, D.used[0], T.lengths[K])
    if outcome == EMPTY:
        row = find_violated_row(D)
        excess = D.table[D.used[0], 0] - least
        share = _BEYOND * max(excess, 1e-3) / max(-D.table[row, 0], 1e-300)
        _add_multipliers(P, part, T, row, min(share, 1e60) * T.lengths[K])
    _read_point(P, part, at, D)


@compile_cached
def _place_variables(P: StepProgram, part: StepPart, at: StepPoint, D: Dictionary) -> None:
    """Numbers, as shares of their widths, categories but one of each column, and steps are
    nonbasic, at their lower ends; steps that add something at their upper ones.
    """
    n, K, columns = len(part.low), len(P.b), 0
    rows = len(P.starts) - 1
    D.table[:, :] = 0.0
    for j in range(n):
        if P.single[j]:
            D.width[j] = 1.0 if part.low[j] < part.high[j] else 0.0
            columns = _append_column(D, j, columns)

    for g in range(rows):
        base = -1
        for i in range(P.starts[g], P.starts[g + 1]):
            j = P.members[i]
            D.width[j] = 1.0 if part.high[j] > 0.0 else 0.0
            if base < 0 and part.high[j] > 0.0:
                base = j
        D.basic[g], D.place[base], D.flipped[base] = base, g, False
        D.table[g, 0] = 1.0
        for i in range(P.starts[g], P.starts[g + 1]):
            j = P.members[i]
            if j != base:
                D.table[g, 1 + columns] = -D.width[j]
                columns = _append_column(D, j, columns)

    for k in range(K):
        is_open = part.signs[k] == 0 and at.steps[k] != 0.0
        D.width[n + k] = 1.0 if is_open else 0.0
        columns = _append_column(D, n + k, columns)
        D.flipped[n + k] = is_open and at.steps[k] > 0.0
        D.basic[rows + k], D.place[n + K + k] = n + K + k, rows + k
        D.flipped[n + K + k] = False

    D.used[0], D.used[1] = rows + K, 0


@compile_cached
def _append_column(D: Dictionary, variable: int, columns: int) -> int:
    D.nonbasic[columns], D.place[variable] = variable, -1 - columns
    D.flipped[variable] = False
    return columns + 1


@compile_cached
def _write_slack(P: StepProgram, part: StepPart, at: StepPoint, T: StepTableau, k: int) -> None:
    """How far the argument of step k is beyond its kink, or beyond what is relaxed."""
    D, n, side = T.dictionary, len(part.low), float(part.signs[k])
    row = D.table[len(P.starts) - 1 + k]
    if part.signs[k] == 0 and at.steps[k] != 0.0:
        side = 1.0 if at.steps[k] > 0.0 else -1.0
    T.sides[k], T.lengths[k] = side, 1.0
    if side == 0.0:
        return

    row[0] = side * P.b[k] - P.gaps[k]
    _write_argument(P, part, D, k, side)
    if part.signs[k] == 0:
        end = -at.ends[0, k] if side > 0.0 else at.ends[1, k]
        row[-D.place[n + k]] = P.gaps[k] + end

    most = 0.0
    for c in range(1, len(row)):
        most = max(most, abs(row[c]))
    if most > 0.0:
        T.lengths[k] = most
        for c in range(len(row)):
            row[c] /= most


@compile_cached
def _write_argument(P: StepProgram, part: StepPart, D: Dictionary, k: int, side: float) -> None:
    """Add what step k reads of the columns, times a sign, to its row."""
    row = D.table[len(P.starts) - 1 + k]
    for j in range(len(part.low)):
        if P.single[j]:
            row[-D.place[j]] = side * P.A[k, j] * (part.high[j] - part.low[j])
            row[0] += side * P.A[k, j] * part.low[j]

    for g in range(len(P.starts) - 1):
        base = D.basic[g]
        row[0] += side * P.A[k, base]
        for i in range(P.starts[g], P.starts[g + 1]):
            j = P.members[i]
            if j != base and D.width[j] > 0.0:
                row[-D.place[j]] = side * (P.A[k, j] - P.A[k, base])


@compile_cached
def _write_goal(at: StepPoint, T: StepTableau) -> None:
    """What steps come to, over the size of the largest."""
    D, K = T.dictionary, len(T.sides)
    goal, n, most = D.table[D.used[0]], len(at.x), 0.0
    for k in range(K):
        most = max(most, abs(at.steps[k]))
    T.lengths[K] = most if most > 0.0 else 1.0
    for k in range(K):
        step = at.steps[k] / T.lengths[K]
        if D.width[n + k] > 0.0:
            goal[-D.place[n + k]] = -abs(step)
            goal[0] += max(step, 0.0)
        elif T.sides[k] > 0.0:
            goal[0] += step


@compile_cached
def _add_multipliers(
    P: StepProgram, part: StepPart, T: StepTableau, row: int, share: float
) -> None:
    """The multipliers of slacks in a form of the dictionary, times a share; the goal's are the
    first.
    """
    D, n, K = T.dictionary, len(part.low), len(P.b)
    first = n + K
    if row == D.used[0]:
        for k in range(K):
            part.weights[k] = 0.0
    elif D.basic[row] >= first:
        k = D.basic[row] - first
        part.weights[k] += share * T.sides[k] / T.lengths[k]

    for c in range(len(D.nonbasic)):
        k = D.nonbasic[c] - first
        if k >= 0:
            gain = max(0.0, -D.table[row, 1 + c])
            part.weights[k] += share * gain * T.sides[k] / T.lengths[k]


@compile_cached
def _read_point(P: StepProgram, part: StepPart, at: StepPoint, D: Dictionary) -> None:
    n = len(part.low)
    for j in range(n):
        share = min(max(_read_variable(D, j), 0.0), 1.0)
        at.x[j] = share
        if P.single[j]:
            x = part.low[j] + share * (part.high[j] - part.low[j])
            at.x[j] = min(max(x, part.low[j]), part.high[j])

    for k in range(len(P.b)):
        at.shares[k] = _read_variable(D, n + k)


@compile_cached
def _read_variable(D: Dictionary, variable: int) -> float:
    value = D.table[D.place[variable], 0] if D.place[variable] >= 0 else 0.0
    return D.width[variable] - value if D.flipped[variable] else value
