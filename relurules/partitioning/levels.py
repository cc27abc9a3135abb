"""Levels of neurons in the compiled search: their forms on the current cell, and those that can't
cut it.
"""

import numpy as np

from relurules.lp.compilation import compile_cached, compile_inline
from relurules.lp.dictionary import STUCK, copy_vector, maximise_form, negate_form
from relurules.lp.tolerances import LOW_DIMENSION, UNIT
from relurules.partitioning import state_layout
from relurules.partitioning.certificates import certify_maximum
from relurules.partitioning.state import Array, CurrentCell, SearchNetwork, SearchState


@compile_inline
def find_next_neuron(s: SearchState) -> int:
    """The next neuron of the level that isn't decided, -1 where the level is."""
    at, pattern = s.node.at, s.node.pattern
    while True:
        end = s.net.starts[at[state_layout.LEVEL] + 1]
        for k in range(at[state_layout.NEXT], end):
            if pattern[k] == 0:
                return k
        if not at[state_layout.SCAN]:
            return -1
        at[state_layout.SCAN] = 0
        at[state_layout.NEXT] = s.net.starts[at[state_layout.LEVEL]]


@compile_inline
def enter_level(s: SearchState) -> None:
    """Go on to the next level: its neurons' forms in the cell, those settled that are constant or
    clear of the box.
    """
    at, node = s.node.at, s.node
    at[state_layout.LEVEL] += 1
    first, end = s.net.starts[at[state_layout.LEVEL]], s.net.starts[at[state_layout.LEVEL] + 1]
    if len(node.center) <= LOW_DIMENSION:
        _enclose_cell(s)

    for k in range(first, end):
        _compose_form(s.net, node, k, first)
        node.pattern[k] = _decide_by_box(s, k)

    at[state_layout.NEXT] = first
    at[state_layout.SCAN] = s.node.options[state_layout.LOOK] and not at[state_layout.THIN]


@compile_inline
def _enclose_cell(s: SearchState) -> None:
    """The smallest box around the current cell, as far as it is certified."""
    D, node, n = s.work, s.node, s.work.used[0]
    rounding = 8.0 * (len(node.center) + 4) * UNIT
    for j in range(len(node.center)):
        node.box[0, j] = D.low[j]
        node.box[1, j] = D.low[j] + D.width[j]
        if node.at[state_layout.THIN]:
            continue
        for side in range(2):
            sign = 2.0 * side - 1.0
            D.table[n, :] = 0.0
            if D.place[j] >= 0:
                copy_vector(D.table[D.place[j]], D.table[n])
            else:
                D.table[n, -D.place[j]] = 1.0
            if D.flipped[j] == (side == 1):
                negate_form(D)
            if maximise_form(D, np.inf) == STUCK:
                continue
            node.spare[:] = 0.0
            node.spare[j] = sign
            most = sign * certify_maximum(
                D, node.cuts, node.cut_error, node.middle, node.spare, 0.0, 1.0, rounding, 0.0
            )
            if side == 0:
                node.box[0, j] = max(node.box[0, j], most)
            else:
                node.box[1, j] = min(node.box[1, j], most)


@compile_cached
def _compose_form(net: SearchNetwork, node: CurrentCell, k: int, first: int) -> None:
    """Form and sizes of neuron k, which reads neurons before `first`, all of them decided."""
    form = node.forms[k]
    copy_vector(net.linear[k], form)
    size, spread = net.base[k], 0.0

    for i in range(len(form) - 1):
        spread += abs(form[i])

    for j in range(first):
        gain = net.L[k, j] if node.pattern[j] > 0 else net.L[k, j] * net.slope[j]
        if gain != 0.0:
            for i in range(len(form)):
                form[i] += gain * node.forms[j, i]
            size += abs(gain) * node.sizes[j]
            spread += abs(gain) * node.spreads[j]

    node.sizes[k] = size
    node.spreads[k] = spread


@compile_inline
def _decide_by_box(s: SearchState, k: int) -> int:
    """Write the neuron's row; its sign where that is the same on the whole box, else 0.

    Where rounding may hide what the row is, its error is infinite, and nothing but exact arithmetic
    tells its sign.
    """
    net, node = s.net, s.node
    form, row, f = node.forms[k], node.rows[k], len(node.forms[k]) - 1
    F = len(row) - 1
    row[:] = 0.0
    if net.slope[k] == 1.0:
        return 1

    noise, offset = net.share * node.sizes[k], form[f]
    for j in range(f):
        row[j] = form[j]

    if node.spreads[k] == 0.0 and (abs(offset) > noise or noise == 0.0):
        return 1 if offset >= 0.0 else -1

    row[F - net.cone] = offset
    length = _row_length(row, F)
    if not 8.0 * noise < length < np.inf:
        node.error[k] = np.inf
        return 0

    total = 0.0
    for j in range(F + 1):
        row[j] *= 1.0 / length
        total += abs(row[j])

    node.error[k] = noise / length + 8.0 * (F + 4) * UNIT * total
    middle, reach = row[F], 0.0
    for j in range(F):
        middle += row[j] * (node.box[1, j] + node.box[0, j]) / 2
        reach += abs(row[j]) * (node.box[1, j] - node.box[0, j]) / 2

    return (
        (1 if middle > 0.0 else -1) if abs(middle) > reach + node.error[k] + 8 * UNIT * total else 0
    )


@compile_cached
def _row_length(row: Array, F: int) -> float:
    total = 0.0
    for j in range(F):
        total += row[j] * row[j]
    return float(np.sqrt(total))
