"""Linear programs of the few numbers that are left where all signs and categories of a part are
known, compiled: they propose multipliers, which closed forms judge, and points.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp.compilation import compile_cached
from relurules.lp.dictionary import (
    ABOVE,
    STUCK,
    TOP,
    Dictionary,
    append_half_space,
    express_form,
    maximise_form,
    start_at_corner,
    write_vertex,
)
from relurules.networks.kernels.lagrangian import Array, ColumnBox, ColumnForms

#: What a program came to: no point meets all rows; a largest value; neither.
EMPTY, SOLVED, UNSOLVED = -1, 1, 0
#: Multipliers of an empty part bring its bound so many times below what is enough.
_BEYOND = 2.0


class LeafProgram(NamedTuple):
    """The largest form of f numbers between 0 and 1 where m rows are not negative.

    dictionary: memory; columns: (f,) which variables of a search they are; forms: (m + 1, f + 1)
    rows, the goal last, then scaled to unit size by lengths (m + 1,); duals: (m,) multipliers of
    rows, of which the goal's is 1; point: (f,); value: (1,).
    """

    dictionary: Dictionary
    columns: NDArray[np.int64]
    forms: Array
    lengths: Array
    duals: Array
    point: Array
    value: Array


def allocate_leaf(single: NDArray[np.bool_], rows: int, more: int = 0) -> LeafProgram:
    """Memory for rows of the columns that are in no group, and so many more numbers."""
    columns = np.flatnonzero(single).astype(np.int64)
    f = len(columns) + more
    return LeafProgram(
        dictionary=start_at_corner(np.zeros(f), np.ones(f), rows),
        columns=columns,
        forms=np.zeros((rows + 1, f + 1)),
        lengths=np.zeros(rows + 1),
        duals=np.zeros(rows),
        point=np.zeros(f),
        value=np.zeros(1),
    )


@compile_cached
def solve_leaf(leaf: LeafProgram) -> int:
    """Solve it: EMPTY with multipliers that refute all rows, or SOLVED with those of a largest
    value.
    """
    D, m = leaf.dictionary, len(leaf.duals)
    _start_at_zero(D)
    for i in range(m + 1):
        _scale_form(leaf, i)

    for i in range(m):
        express_form(D, leaf.forms[i], D.table[D.used[0]])
        outcome = ABOVE
        if D.table[D.used[0], 0] < 0.0:
            outcome = maximise_form(D, 0.0)
        if outcome == STUCK:
            return UNSOLVED
        if outcome == TOP and D.table[D.used[0], 0] < 0.0:
            _read_duals(leaf, i)
            return EMPTY
        append_half_space(D, len(D.low) + i)

    express_form(D, leaf.forms[m], D.table[D.used[0]])
    if maximise_form(D, np.inf) != TOP:
        return UNSOLVED
    _read_duals(leaf, m)
    write_vertex(D, leaf.point)
    return SOLVED


@compile_cached
def _start_at_zero(D: Dictionary) -> None:
    """The lower corner again, without rows."""
    D.used[0] = D.used[1] = 0
    for j in range(len(D.low)):
        D.nonbasic[j] = j
        D.place[j] = -1 - j
        D.flipped[j] = False


@compile_cached
def _scale_form(leaf: LeafProgram, i: int) -> None:
    length = 0.0
    for j in range(len(leaf.point)):
        length = max(length, abs(leaf.forms[i, j]))
    leaf.lengths[i] = length if length > 0.0 else 1.0
    for j in range(len(leaf.point) + 1):
        leaf.forms[i, j] /= leaf.lengths[i]


@compile_cached
def _read_duals(leaf: LeafProgram, i: int) -> None:
    """Multipliers of all rows where that of form i is 1, and its value."""
    D, f = leaf.dictionary, len(leaf.point)
    for k in range(len(leaf.duals)):
        leaf.duals[k] = 0.0

    for c in range(f):
        k = D.nonbasic[c] - f
        if k >= 0:
            gain = -D.table[D.used[0], 1 + c]
            leaf.duals[k] = max(0.0, gain) * leaf.lengths[i] / leaf.lengths[k]

    if i < len(leaf.duals):
        leaf.duals[i] = 1.0
    leaf.value[0] = D.table[D.used[0], 0] * leaf.lengths[i]


@compile_cached
def enlarge_duals(leaf: LeafProgram, above: float) -> None:
    """Multipliers that refute a part bring its bound down from so much above what is enough."""
    share = _BEYOND * above / max(-leaf.value[0], 1e-300)
    for k in range(len(leaf.duals)):
        leaf.duals[k] *= min(share, 1e60)


@compile_cached
def write_form(leaf: LeafProgram, P: ColumnForms, part: ColumnBox, k: int) -> None:
    """The argument of neuron or step k over what a part leaves of the columns, as row k."""
    forms, f = leaf.forms, len(leaf.point)
    for c in range(f):
        forms[k, c] = 0.0
    forms[k, f] = P.b[k] + read_columns(leaf, P, part, P.A[k], k)


@compile_cached
def read_columns(
    leaf: LeafProgram, P: ColumnForms, part: ColumnBox, weights: Array, i: int
) -> float:
    """Add weights of columns to those of row i; what they come to where all numbers are least."""
    total = 0.0
    for j in P.members:
        if part.high[j] > 0.0:
            total += weights[j]

    for c in range(len(leaf.columns)):
        j = leaf.columns[c]
        leaf.forms[i, c] += weights[j] * (part.high[j] - part.low[j])
        total += weights[j] * part.low[j]

    return total


@compile_cached
def write_point(leaf: LeafProgram, P: ColumnForms, part: ColumnBox, x: Array) -> None:
    """The point as a row x (n,) of the part."""
    for j in P.members:
        x[j] = 1.0 if part.high[j] > 0.0 else 0.0
    for c in range(len(leaf.columns)):
        j = leaf.columns[c]
        tried = part.low[j] + leaf.point[c] * (part.high[j] - part.low[j])
        x[j] = min(max(tried, part.low[j]), part.high[j])
