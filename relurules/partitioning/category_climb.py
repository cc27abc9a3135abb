"""Witnesses by changes of one column's category at a time, compiled.

At the point of a cell with its categories that is farthest on a side of a neuron, multipliers of
the cell's rows bound how far any other category can reach. Categories are tried from the largest
bound on, each by the dual simplex method from that point, over the numbers alone, and the first one
that reaches farther is kept. What is found is measured; that nothing is found says nothing.
"""

import numpy as np

from relurules.lp.compilation import compile_cached
from relurules.lp.dictionary import Dictionary, has_rising_edge
from relurules.lp.dual_steps import repair_vertex
from relurules.lp.fixing import copy_dictionary
from relurules.partitioning.category_rows import write_clear_vertex
from relurules.partitioning.state import Array, CurrentCell, SearchNetwork

#: Changes that are kept at most, and by how much each reaches farther.
_CHANGES, _GAIN = 50, 1e-9


@compile_cached
def climb_categories(
    net: SearchNetwork, node: CurrentCell, D: Dictionary, trial: Dictionary, k: int, sign: int
) -> bool:
    """Whether changes of the categories picked lead to a point clearly on a side of neuron k: that
    side's witness.

    D, which `enter_row` made, is where the form of that side is largest.
    """
    for _ in range(_CHANGES):
        if has_rising_edge(D):
            return False
        _rate_categories(net, node, D, k, sign)
        if not _change_one(net, node, D, trial, k, sign):
            return False
        copy_dictionary(trial, D)
        if write_clear_vertex(net, node, D, k, sign):
            return True

    return False


@compile_cached
def _rate_categories(
    net: SearchNetwork, node: CurrentCell, D: Dictionary, k: int, sign: int
) -> None:
    """What every indicator adds at most to the form of a side, by multipliers of the cell's rows,
    in `gain`.
    """
    n, rates = len(net.numbers), node.rates
    for j in net.indicators:
        rates[j] = sign * node.rows[k, j]

    for c in range(n):
        i, y = D.nonbasic[c] - n, -D.table[D.used[0], 1 + c]
        if i < 0 or y <= 0.0:
            continue
        for j in net.indicators:
            rates[j] += y * node.cuts[i, j]


@compile_cached
def _change_one(
    net: SearchNetwork, node: CurrentCell, D: Dictionary, trial: Dictionary, k: int, sign: int
) -> bool:
    """Pick the first category, from the largest bound on, with which the side reaches farther;
    `trial` is its vertex.
    """
    least, change = D.table[D.used[0], 0] + _GAIN, -1
    node.rate[0] = np.inf
    while True:
        change = _find_next_change(net, node, change)
        if change < 0:
            return False
        g = 0
        while change > net.firsts[g + 1] + g:
            g += 1
        before, i = node.picked[g], change - g
        node.picked[g] = net.indicators[i] if i < net.firsts[g + 1] else -1
        copy_dictionary(D, trial)
        _move_half_spaces(net, node, trial, before, node.picked[g])
        trial.table[trial.used[0], 0] += sign * _subtract_weights(
            node.rows[k], node.picked[g], before
        )
        if repair_vertex(trial, least):
            return True
        node.picked[g] = before


@compile_cached
def _find_next_change(net: SearchNetwork, node: CurrentCell, change: int) -> int:
    """The change with the largest bound of those after this one, whose bound is in `most`; -1 for
    none. Category i of all columns' has number i + g in column g, with the last ones of columns.
    """
    best, largest, most = -1, _GAIN, node.rate[0]
    for g in range(len(node.picked)):
        end, now = net.firsts[g + 1], node.picked[g]
        base = node.rates[now] if now >= 0 else 0.0
        for i in range(net.firsts[g], end + 1):
            value = (node.rates[net.indicators[i]] if i < end else 0.0) - base
            if value > largest and (value < most or (value == most and i + g > change)):
                best, largest = i + g, value

    node.rate[0] = largest
    return best


@compile_cached
def _move_half_spaces(
    net: SearchNetwork, node: CurrentCell, D: Dictionary, before: int, after: int
) -> None:
    """Another category of a column moves the cell's half-spaces: D's constants, with the same
    variables being 0.
    """
    n = len(net.numbers)
    for i in range(D.used[0]):
        if D.basic[i] >= n:
            D.table[i, 0] += _subtract_weights(node.cuts[D.basic[i] - n], after, before)

    for c in range(n):
        if D.nonbasic[c] < n:
            continue
        moved = _subtract_weights(node.cuts[D.nonbasic[c] - n], after, before)
        for i in range(D.used[0] + 1):
            D.table[i, 0] -= moved * D.table[i, 1 + c]


@compile_cached
def _subtract_weights(row: Array, after: int, before: int) -> float:
    """What a row changes by where a column has another category, -1 being its last one."""
    total = row[after] if after >= 0 else 0.0
    return float(total - row[before] if before >= 0 else total)
