"""Cells of the compiled search that wait: kept, pushed, and taken up again."""

from relurules.lp.compiled import compiled, inlined
from relurules.lp.dictionary import Dictionary, add, copy, negate
from relurules.partitioning import key
from relurules.partitioning.state import Node, Stack, State


@compiled
def keep(D: Dictionary, stack: Stack, top: int, first: int, variable: int) -> None:
    """Copy the work dictionary to the stack's free slot, the form in question as its last row, turned positive."""
    n, width = D.used[0], D.table.shape[1]
    stack.first[top] = first
    for i in range(n):
        stack.basic[top, i] = D.basic[i]
        for c in range(width):
            stack.pool[first + i * width + c] = D.table[i, c]
    stack.basic[top, n] = variable
    for c in range(width):
        stack.pool[first + n * width + c] = -D.table[n, c]
    copy(D.nonbasic, stack.nonbasic[top])
    copy(D.flipped, stack.flipped[top])
    stack.used[top, 0] = n + 1
    stack.used[top, 1] = D.used[1]


@compiled
def load(stack: Stack, slot: int, first: int, n: int, D: Dictionary) -> None:
    """Copy a dictionary of n rows from the stack."""
    width = D.table.shape[1]
    for i in range(n):
        D.basic[i] = stack.basic[slot, i]
        if D.basic[i] < len(D.low):
            D.place[D.basic[i]] = i
        for c in range(width):
            D.table[i, c] = stack.pool[first + i * width + c]
    for c in range(len(D.nonbasic)):
        D.nonbasic[c] = stack.nonbasic[slot, c]
        if D.nonbasic[c] < len(D.low):
            D.place[D.nonbasic[c]] = -1 - c
    copy(stack.flipped[slot], D.flipped)
    D.used[0] = n
    D.used[1] = stack.used[slot, 1]


@inlined
def exchange_if_positive(s: State) -> None:
    """Make the work dictionary the negative side's, the kept one the positive side's."""
    if s.node.at[key.HERE] < 0:
        return
    n = s.work.used[0]
    load(s.stack, s.node.counts[key.TOP], s.node.counts[key.POOLED], n + 1, s.spare)
    negate(s.work)
    keep(s.work, s.stack, s.node.counts[key.TOP], s.node.counts[key.POOLED], len(s.work.low) + s.node.at[key.DEPTH])
    D, E = s.work, s.spare
    for i in range(n + 1):
        for c in range(D.table.shape[1]):
            D.table[i, c] = E.table[i, c]
        D.basic[i] = E.basic[i]
    copy(E.nonbasic, D.nonbasic)
    copy(E.flipped, D.flipped)
    copy(E.place, D.place)
    D.used[0] = n
    D.used[1] = E.used[1]


@inlined
def push(s: State, k: int, split: int) -> None:
    """The positive side, whose dictionary is on the stack's free slot already, becomes a cell that waits."""
    node, stack = s.node, s.stack
    top = node.counts[key.TOP]
    copy(node.pattern, stack.pattern[top])
    stack.pattern[top, k] = 1
    copy(node.sides[1], stack.center[top])
    stack.radius[top] = node.radii[1]
    stack.at[top, :] = 0
    stack.at[top, key.LEVEL] = node.at[key.LEVEL]
    stack.at[top, key.NEXT] = k + 1
    stack.at[top, key.DEPTH] = node.at[key.DEPTH] + 1
    stack.at[top, key.SPLIT] = split
    stack.at[top, key.SIDE] = 1
    stack.at[top, key.OTHER] = 1
    node.counts[key.POOLED] += stack.used[top, 0] * s.work.table.shape[1]
    node.counts[key.TOP] += 1


@compiled
def take(D: Dictionary, node: Node, k: int, sign: int) -> None:
    """The current cell becomes its side `sign` of neuron k, which the work dictionary is on."""
    at = node.at
    add(D, len(D.low) + at[key.DEPTH])
    for j in range(node.rows.shape[1]):
        node.cuts[at[key.DEPTH], j] = sign * node.rows[k, j]
    node.cut_error[at[key.DEPTH]] = node.error[k]
    node.cut_of[at[key.DEPTH]] = sign * (k + 1)
    at[key.DEPTH] += 1
    node.pattern[k] = sign
    copy(node.sides[(sign + 1) // 2], node.center)
    node.radius[0] = node.radii[(sign + 1) // 2]


@inlined
def pop(s: State) -> None:
    """The cell put on the stack last becomes the current one; its last cut is turned."""
    node, stack, at = s.node, s.stack, s.node.at
    node.counts[key.TOP] -= 1
    top = node.counts[key.TOP]
    node.counts[key.POOLED] = stack.first[top]
    load(s.stack, top, stack.first[top], stack.used[top, 0], s.work)
    copy(stack.pattern[top], node.pattern)
    copy(stack.center[top], node.center)
    node.radius[0] = stack.radius[top]
    copy(stack.at[top], at)
    at[key.LIVE] = 1
    if at[key.OTHER]:
        copy(node.rows[at[key.NEXT] - 1], node.cuts[at[key.DEPTH] - 1])
        node.cut_error[at[key.DEPTH] - 1] = node.error[at[key.NEXT] - 1]
        node.cut_of[at[key.DEPTH] - 1] = at[key.NEXT]
