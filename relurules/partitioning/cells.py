"""Cells of the compiled search that wait: kept, pushed, and taken up again."""

from relurules.lp.compilation import compile_cached, compile_inline
from relurules.lp.dictionary import Dictionary, append_half_space, copy_vector, negate_form
from relurules.partitioning import state_layout
from relurules.partitioning.state import CellStack, CurrentCell, SearchState


@compile_cached
def store_dictionary(D: Dictionary, stack: CellStack, top: int, first: int, variable: int) -> None:
    """Copy the work dictionary to the stack's free slot, the form in question as its last row,
    turned positive.
    """
    n, width = D.used[0], D.table.shape[1]
    stack.first[top] = first
    for i in range(n):
        stack.basic[top, i] = D.basic[i]
        for c in range(width):
            stack.pool[first + i * width + c] = D.table[i, c]

    stack.basic[top, n] = variable
    for c in range(width):
        stack.pool[first + n * width + c] = -D.table[n, c]

    copy_vector(D.nonbasic, stack.nonbasic[top])
    copy_vector(D.flipped, stack.flipped[top])
    stack.used[top, 0] = n + 1
    stack.used[top, 1] = D.used[1]


@compile_cached
def load_dictionary(stack: CellStack, slot: int, first: int, n: int, D: Dictionary) -> None:
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

    copy_vector(stack.flipped[slot], D.flipped)
    D.used[0] = n
    D.used[1] = stack.used[slot, 1]


@compile_inline
def exchange_if_positive(s: SearchState) -> None:
    """Make the work dictionary the negative side's, the kept one the positive side's."""
    if s.node.at[state_layout.HERE] < 0:
        return

    n = s.work.used[0]
    load_dictionary(
        s.stack, s.node.counts[state_layout.TOP], s.node.counts[state_layout.POOLED], n + 1, s.spare
    )
    negate_form(s.work)
    store_dictionary(
        s.work,
        s.stack,
        s.node.counts[state_layout.TOP],
        s.node.counts[state_layout.POOLED],
        len(s.work.low) + s.node.at[state_layout.DEPTH],
    )
    D, E = s.work, s.spare

    for i in range(n + 1):
        for c in range(D.table.shape[1]):
            D.table[i, c] = E.table[i, c]
        D.basic[i] = E.basic[i]

    copy_vector(E.nonbasic, D.nonbasic)
    copy_vector(E.flipped, D.flipped)
    copy_vector(E.place, D.place)
    D.used[0] = n
    D.used[1] = E.used[1]


@compile_inline
def push_positive_side(s: SearchState, k: int, split: int) -> None:
    """The positive side, whose dictionary is on the stack's free slot already, becomes a cell that
    waits.
    """
    node, stack = s.node, s.stack
    top = node.counts[state_layout.TOP]
    copy_vector(node.pattern, stack.pattern[top])
    stack.pattern[top, k] = 1
    copy_vector(node.sides[1], stack.center[top])
    copy_vector(node.witnesses[1], stack.witness[top])
    stack.radius[top] = node.radii[1]
    stack.at[top, :] = 0
    stack.at[top, state_layout.WITNESSED] = (
        node.at[state_layout.SEEN] & state_layout.POSITIVE
    ) != 0
    stack.at[top, state_layout.LEVEL] = node.at[state_layout.LEVEL]
    stack.at[top, state_layout.NEXT] = k + 1
    stack.at[top, state_layout.DEPTH] = node.at[state_layout.DEPTH] + 1
    stack.at[top, state_layout.SPLIT] = split
    stack.at[top, state_layout.SIDE] = 1
    stack.at[top, state_layout.OTHER] = 1
    node.counts[state_layout.POOLED] += stack.used[top, 0] * s.work.table.shape[1]
    node.counts[state_layout.TOP] += 1


@compile_cached
def take_side(D: Dictionary, node: CurrentCell, k: int, sign: int) -> None:
    """The current cell becomes its side `sign` of neuron k, which the work dictionary is on."""
    at = node.at
    append_half_space(D, len(D.low) + at[state_layout.DEPTH])
    for j in range(node.rows.shape[1]):
        node.cuts[at[state_layout.DEPTH], j] = sign * node.rows[k, j]

    node.cut_error[at[state_layout.DEPTH]] = node.error[k]
    node.cut_of[at[state_layout.DEPTH]] = sign * (k + 1)
    at[state_layout.DEPTH] += 1
    node.pattern[k] = sign
    i = (sign + 1) // 2
    copy_vector(node.sides[i], node.center)
    copy_vector(node.witnesses[i], node.witness)
    at[state_layout.WITNESSED] = (at[state_layout.SEEN] >> i) & 1
    node.radius[0] = node.radii[i]


@compile_inline
def pop_cell(s: SearchState) -> None:
    """The cell put on the stack last becomes the current one; its last cut is turned."""
    node, stack, at = s.node, s.stack, s.node.at
    node.counts[state_layout.TOP] -= 1
    top = node.counts[state_layout.TOP]
    node.counts[state_layout.POOLED] = stack.first[top]
    load_dictionary(s.stack, top, stack.first[top], stack.used[top, 0], s.work)
    copy_vector(stack.pattern[top], node.pattern)
    copy_vector(stack.center[top], node.center)
    copy_vector(stack.witness[top], node.witness)
    node.radius[0] = stack.radius[top]
    copy_vector(stack.at[top], at)
    at[state_layout.LIVE] = 1

    if at[state_layout.OTHER]:
        copy_vector(node.rows[at[state_layout.NEXT] - 1], node.cuts[at[state_layout.DEPTH] - 1])
        node.cut_error[at[state_layout.DEPTH] - 1] = node.error[at[state_layout.NEXT] - 1]
        node.cut_of[at[state_layout.DEPTH] - 1] = at[state_layout.NEXT]
