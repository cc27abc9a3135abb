"""Dictionaries of linear programs over what a part leaves of the columns, compiled.

Numbers are shares of their widths. One category of each column is basic: 1 less the others. Further
variables may be added as columns, and forms as rows.
"""

from typing import Any

import numpy as np

from relurules.lp.compilation import compile_cached
from relurules.lp.dictionary import Dictionary
from relurules.networks.kernels.lagrangian import Array, ColumnBox, ColumnForms


def allocate_columns(P: ColumnForms, more: int, rows: int) -> Dictionary:
    """Memory for the columns, so many more variables, and so many rows, whose slacks are the last
    variables.
    """
    n, groups = len(P.single), len(P.starts) - 1
    columns, every = n - groups + more, n + more + rows
    return Dictionary(
        table=np.zeros((groups + rows + 1, columns + 1)),
        basic=np.zeros(groups + rows + 1, dtype=np.int32),
        nonbasic=np.zeros(columns, dtype=np.int32),
        place=np.zeros(every, dtype=np.int32),
        flipped=np.zeros(every, dtype=np.bool_),
        low=np.zeros(every),
        width=np.full(every, np.inf),
        used=np.zeros(2, dtype=np.int64),
    )


@compile_cached
def place_columns(P: ColumnForms, part: ColumnBox, D: Dictionary, v: Array) -> int:
    """Start anew at the row where v x is largest; how many variables are nonbasic."""
    columns, groups = 0, len(P.starts) - 1
    D.table[:, :] = 0.0
    for j in range(len(part.low)):
        if P.single[j]:
            width = 1.0 if part.low[j] < part.high[j] else 0.0
            columns = append_column(D, j, columns, width, v[j] > 0.0)

    for g in range(groups):
        base = -1
        for i in range(P.starts[g], P.starts[g + 1]):
            j = P.members[i]
            if part.high[j] > 0.0 and (base < 0 or v[j] > v[base]):
                base = j
        D.basic[g], D.place[base], D.flipped[base], D.width[base] = base, g, False, 1.0
        D.table[g, 0] = 1.0
        for i in range(P.starts[g], P.starts[g + 1]):
            j = P.members[i]
            if j != base:
                width = 1.0 if part.high[j] > 0.0 else 0.0
                D.table[g, 1 + columns] = -width
                columns = append_column(D, j, columns, width, False)

    D.used[0], D.used[1] = groups, 0
    return columns


@compile_cached
def append_column(D: Dictionary, variable: int, columns: int, width: float, above: bool) -> int:
    """Make a variable between 0 and a width the next column, at its upper end or at 0."""
    D.nonbasic[columns], D.place[variable] = variable, -1 - columns
    D.width[variable], D.flipped[variable] = width, above
    return columns + 1


@compile_cached
def add_columns(
    P: ColumnForms, part: ColumnBox, D: Dictionary, weights: Array, share: float, row: Array
) -> None:
    """Add weights of columns, times a share, to a form of a dictionary that was just started."""
    for j in range(len(part.low)):
        if P.single[j]:
            weight = share * weights[j] * (part.high[j] - part.low[j])
            row[0] += share * weights[j] * (part.high[j] if D.flipped[j] else part.low[j])
            row[-D.place[j]] += -weight if D.flipped[j] else weight

    for g in range(len(P.starts) - 1):
        base = D.basic[g]
        row[0] += share * weights[base]
        for i in range(P.starts[g], P.starts[g + 1]):
            j = P.members[i]
            if j != base and D.width[j] > 0.0:
                row[-D.place[j]] += share * (weights[j] - weights[base])


@compile_cached
def add_variable(D: Dictionary, variable: int, share: float, row: Array) -> None:
    """The same of a further variable."""
    row[-D.place[variable]] += -share if D.flipped[variable] else share
    if D.flipped[variable]:
        row[0] += share * D.width[variable]


@compile_cached
def append_slack(D: Dictionary, variable: int, row: Array) -> float:
    """Keep a form that isn't to be negative, of unit size, as the next row, with this slack; its
    length before.
    """
    length = 0.0
    for c in range(1, len(row)):
        length = max(length, abs(row[c]))
    length = length if length > 0.0 else 1.0
    for c in range(len(row)):
        D.table[D.used[0], c] = row[c] / length

    D.basic[D.used[0]], D.place[variable] = variable, D.used[0]
    D.flipped[variable] = False
    D.used[0] += 1
    return length


@compile_cached
def read_multiplier(D: Dictionary, row: int, column: int) -> float:
    """What a slack that is a column is multiplied by in a form, so that the form is largest."""
    return float(max(0.0, -D.table[row, 1 + column]))


@compile_cached
def read_variable(D: Dictionary, variable: int) -> float:
    """A variable's value at the vertex."""
    value = D.table[D.place[variable], 0] if D.place[variable] >= 0 else 0.0
    return D.width[variable] - value if D.flipped[variable] else value


@compile_cached
def read_row(P: Any, part: Any, D: Dictionary, x: Array) -> None:
    """The vertex's columns, x (n,), with shares of categories."""
    for j in range(len(part.low)):
        x[j] = min(max(read_variable(D, j), 0.0), 1.0)
        if P.single[j]:
            x[j] = part.low[j] + x[j] * (part.high[j] - part.low[j])
            x[j] = min(max(x[j], part.low[j]), part.high[j])
