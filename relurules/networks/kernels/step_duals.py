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
from relurules.networks.kernels.column_tableaus import (
    add_columns,
    add_variable,
    allocate_columns,
    append_column,
    append_slack,
    place_columns,
    read_multiplier,
    read_row,
    read_variable,
)
from relurules.networks.kernels.lagrangian import Array
from relurules.networks.kernels.steps import StepPart, StepPoint, StepProgram

#: Steps of the dual simplex method, after which multipliers are taken as they are.
MOST_PIVOTS = 400
#: Multipliers of an empty part bring its bound so many times below what is enough.
_BEYOND = 2.0


class StepTableau(NamedTuple):
    """The linear program of a part's relaxed steps.

    dictionary: of n columns, K shares of steps and K slacks, in this order; sides: (K,) the sign
    with which a slack reads its argument, 0 for none; lengths: (K + 1,) of slacks' forms, and of
    the goal's; form: memory for one.
    """

    dictionary: Dictionary
    sides: Array
    lengths: Array
    form: Array


def allocate_tableau(P: StepProgram) -> StepTableau:
    """Memory for the parts of a program."""
    K = len(P.b)
    D = allocate_columns(P, K, K)
    return StepTableau(D, np.zeros(K), np.ones(K + 1), np.zeros(D.table.shape[1]))


@compile_cached
def solve_steps(
    P: StepProgram, part: StepPart, at: StepPoint, T: StepTableau, above: float
) -> None:
    """Choose the multipliers of a part that was entered, and write the point where its relaxed
    slope is largest, or that was looked at last.

    above: how far the slope that is to be exceeded is above a constant, at.shift[0].
    """
    D, n, K = T.dictionary, len(part.low), len(P.b)
    for j in range(n):
        at.v[j] = 0.0
    columns = place_columns(P, part, D, at.v)
    for k in range(K):
        width = 1.0 if part.signs[k] == 0 and at.steps[k] != 0.0 else 0.0
        columns = append_column(D, n + k, columns, width, width * at.steps[k] > 0.0)
    for k in range(K):
        _append_step(P, part, at, T, k)
    _write_goal(at, T)

    least = above / T.lengths[K]
    outcome = restore_vertex(D, least, MOST_PIVOTS)
    for k in range(K):
        part.weights[k] = 0.0
    _add_multipliers(P, part, T, D.used[0], T.lengths[K])
    if outcome == EMPTY:
        row = find_violated_row(D)
        share = measure_refutation(D, row, least)
        _add_multipliers(P, part, T, row, share * T.lengths[K])

    read_row(P, part, D, at.x)
    for k in range(K):
        at.shares[k] = read_variable(D, n + k)


@compile_cached
def measure_refutation(D: Dictionary, row: int, least: float) -> float:
    """How many times the multipliers that show that a row's variable is negative are added to those
    of the form in question.
    """
    above = max(D.table[D.used[0], 0] - least, 1e-3)
    return float(min(_BEYOND * above / max(-D.table[row, 0], 1e-300), 1e60))


@compile_cached
def _append_step(P: StepProgram, part: StepPart, at: StepPoint, T: StepTableau, k: int) -> None:
    """How far the argument of step k is beyond its kink, or beyond what is relaxed."""
    D, n, side = T.dictionary, len(part.low), float(part.signs[k])
    if part.signs[k] == 0 and at.steps[k] != 0.0:
        side = 1.0 if at.steps[k] > 0.0 else -1.0

    T.sides[k] = side
    for c in range(len(T.form)):
        T.form[c] = 0.0
    if side != 0.0:
        T.form[0] = side * P.b[k] - P.gaps[k]
        add_columns(P, part, D, P.A[k], side, T.form)
    if part.signs[k] == 0 and side > 0.0:
        T.form[0] += P.gaps[k] - at.ends[0, k]
        add_variable(D, n + k, at.ends[0, k] - P.gaps[k], T.form)
    elif part.signs[k] == 0 and side < 0.0:
        add_variable(D, n + k, P.gaps[k] + at.ends[1, k], T.form)

    T.lengths[k] = append_slack(D, n + len(P.b) + k, T.form)


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
            add_variable(D, n + k, step, goal)
        elif T.sides[k] > 0.0:
            goal[0] += step


@compile_cached
def _add_multipliers(
    P: StepProgram, part: StepPart, T: StepTableau, row: int, share: float
) -> None:
    """Add the multipliers of slacks in a form of the dictionary, times a share."""
    D, first = T.dictionary, len(part.low) + len(P.b)
    if row < D.used[0] and D.basic[row] >= first:
        k = D.basic[row] - first
        part.weights[k] += share * T.sides[k] / T.lengths[k]

    for c in range(len(D.nonbasic)):
        k = D.nonbasic[c] - first
        if k >= 0:
            gain = read_multiplier(D, row, c)
            part.weights[k] += share * gain * T.sides[k] / T.lengths[k]
