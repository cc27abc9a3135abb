"""Levels of neurons in the compiled search: their forms on the current cell, and those that can't cut it."""

import numpy as np

from relurules.lp.compiled import compiled, inlined
from relurules.lp.dictionary import STUCK, climb, copy, negate, vertex
from relurules.lp.tolerances import LOW_DIMENSION, RADIUS, ROUNDING
from relurules.partitioning import key
from relurules.partitioning.state import Array, Net, Node, State


@inlined
def next_neuron(s: State) -> int:
    """The next neuron of the level that isn't decided, -1 where the level is."""
    at, pattern = s.node.at, s.node.pattern
    while True:
        end = s.net.starts[at[key.LEVEL] + 1]
        for k in range(at[key.NEXT], end):
            if pattern[k] == 0:
                return k
        if not at[key.SCAN]:
            return -1
        at[key.SCAN] = 0
        at[key.NEXT] = s.net.starts[at[key.LEVEL]]


@inlined
def enter(s: State) -> None:
    """Go on to the next level: its neurons' forms in the cell, those settled that are constant or clear of the box."""
    at, node = s.node.at, s.node
    at[key.LEVEL] += 1
    first, end = s.net.starts[at[key.LEVEL]], s.net.starts[at[key.LEVEL] + 1]
    if len(node.center) <= LOW_DIMENSION:
        _enclose(s)
    for k in range(first, end):
        _compose(s.net, node, k, first)
        node.pattern[k] = _settled(s, k)
    at[key.NEXT] = first
    at[key.SCAN] = s.node.options[key.LOOK]


@inlined
def _enclose(s: State) -> None:
    """The smallest box around the current cell, a little larger."""
    D, node, n = s.work, s.node, s.work.used[0]
    for j in range(len(node.center)):
        for side in range(2):
            sign = 2.0 * side - 1.0
            D.table[n, :] = 0.0
            if D.place[j] >= 0:
                copy(D.table[D.place[j]], D.table[n])
            else:
                D.table[n, -D.place[j]] = 1.0
            if D.flipped[j] == (side == 1):
                negate(D)
            found = climb(D, np.inf)
            vertex(D, node.spare)
            node.box[side, j] = node.spare[j] + sign * RADIUS
            if found == STUCK:
                node.box[side, j] = D.low[j] + side * D.width[j]


@compiled
def _compose(net: Net, node: Node, k: int, first: int) -> None:
    """Form and size of neuron k, which reads neurons before `first`, all of them decided."""
    form = node.forms[k]
    copy(net.linear[k], form)
    size = net.base[k]
    for j in range(first):
        gain = net.L[k, j] if node.pattern[j] > 0 else net.L[k, j] * net.slope[j]
        if gain != 0.0:
            for i in range(len(form)):
                form[i] += gain * node.forms[j, i]
            size += abs(gain) * node.sizes[j]
    node.sizes[k] = size


@inlined
def _settled(s: State, k: int) -> int:
    """Write the neuron's row; its sign where that is the same on the whole box, else 0."""
    net, node = s.net, s.node
    form, row, d = node.forms[k], node.rows[k], len(s.net.shift)
    F = len(row) - 1
    row[:] = 0.0
    for e in range(len(net.source)):
        row[net.target[e]] += form[net.source[e]] * net.factor[e]
    offset = form[d]
    for j in range(d):
        offset += form[j] * net.shift[j]
    noise = ROUNDING * node.sizes[k]
    length = _length(row)
    if length <= noise or net.slope[k] == 1.0:
        return 1 if offset >= -noise or net.slope[k] == 1.0 else -1
    node.least[k] = max(RADIUS, noise / length)
    row[F - net.cone] = offset
    scale = 1.0 / _length(row) if net.cone else 1.0 / length
    for j in range(F + 1):
        row[j] *= scale
    middle, reach = row[F], 0.0
    for j in range(F):
        middle += row[j] * (node.box[1, j] + node.box[0, j]) / 2
        reach += abs(row[j]) * (node.box[1, j] - node.box[0, j]) / 2
    return (1 if middle > 0.0 else -1) if abs(middle) > reach else 0


@compiled
def _length(row: Array) -> float:
    total = 0.0
    for value in row:
        total += value * value
    return float(np.sqrt(total))
