"""Multipliers of a relaxed goal by linear programs, compiled: those with which its bound is least.

Every neuron is phi(z) = slope z + (1 - slope) r, where r is the part of its argument z above 0. Of
an unknown sign, r lies above 0 and z, and below their chord: a linear program over the columns and
these, whose optimal multipliers are those of the closed form (`lagrangian`), which judges them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
from relurules.networks.kernels.lagrangian import Array, RelaxedPart, RelaxedPoint, RelaxedProgram
from relurules.networks.kernels.step_duals import MOST_PIVOTS, measure_refutation

#: Numbers of a dictionary up to which one is solved for every part.
_LARGEST = 60_000


class PartTableau(NamedTuple):
    """The linear program of a part.

    dictionary: of n columns, K parts above 0, and 2 K + r slacks: of signs or chords, of r above z,
    and of rows. forms: (K + 1, ...) every argument in the dictionary's columns, and memory for one
    form. lengths: (2 K + r + 1,) of slacks' forms, and of the goal's. lines: (K,) multipliers of r
    above z; ways: (2, K) whether a neuron may be pushed up, and down; worth: whether it is small
    enough to be solved for many parts.
    """

    dictionary: Dictionary
    forms: Array
    lengths: Array
    lines: Array
    ways: NDArray[np.bool_]
    worth: bool


def allocate_part_tableau(P: RelaxedProgram) -> PartTableau:
    """Memory for the parts of a program; little for one that isn't worth it."""
    n, K, r, groups = len(P.single), len(P.b), len(P.rows), len(P.starts) - 1
    worth = (groups + 2 * K + r + 1) * (n - groups + K + 1) <= _LARGEST
    D = allocate_columns(P, K, 2 * K + r) if worth else allocate_columns(P, 0, 0)
    pushed = np.vstack([P.goal[n : n + K], P.rows[: P.binding, n : n + K]])
    ways = np.array([(pushed > 0).any(axis=0), (pushed < 0).any(axis=0)]) | P.deep
    return PartTableau(
        dictionary=D,
        forms=np.zeros((K + 1 if worth else 1, D.table.shape[1])),
        lengths=np.ones(2 * K + r),
        lines=np.zeros(K),
        ways=ways,
        worth=worth,
    )


@compile_cached
def solve_part(
    P: RelaxedProgram, part: RelaxedPart, at: RelaxedPoint, T: PartTableau, level: float
) -> None:
    """Choose lines and multipliers of a part whose arguments are bounded, and write the point where
    its relaxed goal is largest, or that was looked at last: x, z and p.

    level: what the goal is to exceed.
    """
    D, K = T.dictionary, len(P.b)
    _start_program(P, part, at, T)
    size = _write_goal(P, part, T)
    outcome = restore_vertex(D, level / size, MOST_PIVOTS)
    for k in range(K):
        T.lines[k] = 0.0
    for i in range(len(part.weights)):
        part.weights[i] = 0.0

    _add_multipliers(P, part, T, D.used[0], size)
    if outcome == EMPTY:
        row = find_violated_row(D)
        _add_multipliers(P, part, T, row, size * measure_refutation(D, row, level / size))

    _choose_lines(P, part, at, T)
    _read_point(P, part, at, T)


@compile_cached
def _start_program(P: RelaxedProgram, part: RelaxedPart, at: RelaxedPoint, T: PartTableau) -> None:
    """All columns where the goal is largest without rows, and the rows."""
    D, n, K = T.dictionary, len(part.low), len(P.b)
    _gather_goal(P, part, at)
    columns = place_columns(P, part, D, at.v)
    for k in range(K):
        width = at.ends[1, k] if part.signs[k] == 0 else 0.0
        columns = append_column(D, n + k, columns, width, width * at.w[k] > 0.0)
    for k in range(K):
        _write_argument(P, part, T, k)
    for k in range(K):
        _append_neuron(P, part, at, T, k)
    for i in range(len(P.rows)):
        if i < P.binding or _is_of_use(P, part, i):
            _write_form(P, part, T, P.rows[i], T.forms[K])
            T.lengths[2 * K + i] = append_slack(D, n + 3 * K + i, T.forms[K])


@compile_cached
def _write_goal(P: RelaxedProgram, part: RelaxedPart, T: PartTableau) -> float:
    """The goal as the form in question, of unit size; its size before."""
    goal, size = T.dictionary.table[T.dictionary.used[0]], 0.0
    _write_form(P, part, T, P.goal, goal)
    for c in range(1, len(goal)):
        size = max(size, abs(goal[c]))
    size = size if size > 0.0 else 1.0
    for c in range(len(goal)):
        goal[c] /= size

    return float(size)


@compile_cached
def _gather_goal(P: RelaxedProgram, part: RelaxedPart, at: RelaxedPoint) -> None:
    """The goal as a form of the columns, v, and of parts above 0 of unknown signs, w."""
    n, K = len(part.low), len(P.b)
    for j in range(n):
        at.v[j] = P.goal[j]
    for k in range(K):
        at.c[k] = P.goal[n + k]

    for k in range(K - 1, -1, -1):
        gain = 1.0 if part.signs[k] > 0 else P.slope[k]
        at.w[k] = at.c[k] * (1.0 - P.slope[k]) if part.signs[k] == 0 else 0.0
        for m in range(k):
            at.c[m] += at.c[k] * gain * P.L[k, m]
        for j in range(n):
            at.v[j] += at.c[k] * gain * P.A[k, j]


@compile_cached
def _write_argument(P: RelaxedProgram, part: RelaxedPart, T: PartTableau, k: int) -> None:
    form = T.forms[k]
    for c in range(len(form)):
        form[c] = 0.0
    form[0] = P.b[k]
    add_columns(P, part, T.dictionary, P.A[k], 1.0, form)
    _add_neurons(P, part, T, P.L[k], k, form)


@compile_cached
def _add_neurons(
    P: RelaxedProgram, part: RelaxedPart, T: PartTableau, weights: Array, count: int, form: Array
) -> None:
    """Add weights of the first neurons to a form."""
    for k in range(count):
        if weights[k] != 0.0:
            gain = weights[k] * (1.0 if part.signs[k] > 0 else P.slope[k])
            for c in range(len(form)):
                form[c] += gain * T.forms[k, c]
            if part.signs[k] == 0:
                above = weights[k] * (1.0 - P.slope[k])
                add_variable(T.dictionary, len(part.low) + k, above, form)


@compile_cached
def _write_form(
    P: RelaxedProgram, part: RelaxedPart, T: PartTableau, row: Array, form: Array
) -> None:
    """A form of variables and neurons in the dictionary's columns."""
    n, K = len(part.low), len(P.b)
    for c in range(len(form)):
        form[c] = 0.0
    form[0] = row[n + K]
    add_columns(P, part, T.dictionary, row, 1.0, form)
    _add_neurons(P, part, T, row[n:], K, form)


@compile_cached
def _append_neuron(
    P: RelaxedProgram, part: RelaxedPart, at: RelaxedPoint, T: PartTableau, k: int
) -> None:
    """The side of a neuron's argument; where that isn't known, the rows of the part above 0."""
    D, K, n, form = T.dictionary, len(P.b), len(part.low), T.forms[len(P.b)]
    sign = float(part.signs[k])
    if sign != 0.0:
        for c in range(len(form)):
            form[c] = sign * T.forms[k, c]
        T.lengths[k] = append_slack(D, n + K + k, form)
        return

    low, high = at.ends[0, k], at.ends[1, k]
    rises = P.slope[k] <= 1.0
    if T.ways[0 if rises else 1, k]:
        gain = high / (high - low)
        for c in range(len(form)):
            form[c] = gain * T.forms[k, c]
        form[0] -= gain * low
        add_variable(D, n + k, -1.0, form)
        T.lengths[k] = append_slack(D, n + K + k, form)
    if T.ways[1 if rises else 0, k]:
        for c in range(len(form)):
            form[c] = -T.forms[k, c]
        add_variable(D, n + k, 1.0, form)
        T.lengths[K + k] = append_slack(D, n + 2 * K + k, form)


@compile_cached
def _is_of_use(P: RelaxedProgram, part: RelaxedPart, i: int) -> bool:
    """Whether a row that follows from neurons may cancel some of a goal, of an unknown sign."""
    n, is_open, cancels = len(part.low), False, False
    for k in range(len(P.b)):
        weight = P.rows[i, n + k]
        if weight != 0.0:
            is_open |= part.signs[k] == 0
            cancels |= P.deep or weight * P.goal[n + k] < 0.0

    return is_open and cancels


@compile_cached
def _add_multipliers(
    P: RelaxedProgram, part: RelaxedPart, T: PartTableau, row: int, share: float
) -> None:
    """Add the multipliers of slacks in a form of the dictionary, times a share."""
    D, K, first = T.dictionary, len(P.b), len(part.low) + len(P.b)
    if row < D.used[0] and D.basic[row] >= first:
        _add_multiplier(part, T, K, D.basic[row] - first, share)
    for c in range(len(D.nonbasic)):
        if D.nonbasic[c] >= first:
            gain = read_multiplier(D, row, c)
            _add_multiplier(part, T, K, D.nonbasic[c] - first, share * gain)


@compile_cached
def _add_multiplier(part: RelaxedPart, T: PartTableau, K: int, i: int, gain: float) -> None:
    gain /= T.lengths[i]
    if i < K:
        part.weights[i] += gain if part.signs[i] != 0 else 0.0
    elif i < 2 * K:
        T.lines[i - K] += gain
    else:
        part.weights[i - K] += gain


@compile_cached
def _choose_lines(P: RelaxedProgram, part: RelaxedPart, at: RelaxedPoint, T: PartTableau) -> None:
    """Slopes of lines, of what multipliers leave of neurons' coefficients."""
    n, K = len(part.low), len(P.b)
    for k in range(K):
        at.c[k] = P.goal[n + k]
        for i in range(len(P.rows)):
            at.c[k] += part.weights[K + i] * P.rows[i, n + k]

    for k in range(K - 1, -1, -1):
        gain = 1.0 if part.signs[k] > 0 else P.slope[k]
        if part.signs[k] == 0:
            least, most = min(P.slope[k], 1.0), max(P.slope[k], 1.0)
            if at.c[k] != 0.0 and (at.c[k] > 0.0) != (P.slope[k] <= 1.0):
                part.lines[k] = min(max(P.slope[k] - T.lines[k] / at.c[k], least), most)
                gain = part.lines[k]
            else:
                low, high = at.ends[0, k], at.ends[1, k]
                gain = (high - P.slope[k] * low) / (high - low)
        own = at.c[k] * gain + (part.signs[k] * part.weights[k] if part.signs[k] != 0 else 0.0)
        for m in range(k):
            at.c[m] += own * P.L[k, m]


@compile_cached
def _read_point(P: RelaxedProgram, part: RelaxedPart, at: RelaxedPoint, T: PartTableau) -> None:
    n, D = len(part.low), T.dictionary
    read_row(P, part, D, at.x)
    for k in range(len(P.b)):
        at.z[k] = P.b[k]
        for j in range(n):
            at.z[k] += P.A[k, j] * at.x[j]
        for m in range(k):
            at.z[k] += P.L[k, m] * at.p[m]
        gain = 1.0 if part.signs[k] > 0 else P.slope[k]
        at.p[k] = gain * at.z[k]
        if part.signs[k] == 0:
            at.p[k] += (1.0 - P.slope[k]) * read_variable(D, n + k)
