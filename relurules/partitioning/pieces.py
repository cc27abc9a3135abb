"""A search cut into parts that don't know one another: cells that wait, each with a state of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from relurules.ir.network import Pattern
from relurules.partitioning import key
from relurules.partitioning.build import grown
from relurules.partitioning.cells import keep
from relurules.partitioning.state import Int, State
from relurules.partitioning.walk import ALL, Problem, Walk

#: Neuron, the signs decided above, and the (split, side) above.
_Split = tuple[int, Pattern, tuple[int, int]]


def copied(state: State) -> State:
    """A state that shares no array with this one but the network's."""
    return State(state.net, *(_fresh(group) for group in state[1:]))


def owned(state: State) -> State:
    """A state to work on, whatever this one's arrays are: another thread's, or a file's that can only be read."""
    return copied(state)._replace(net=_fresh(state.net))


def _fresh(group: Any) -> Any:
    return type(group)(*(np.array(array, order="C") if isinstance(array, np.ndarray) else array for array in group))


def park(state: State) -> None:
    """Put the current cell, if there is one, on top of those that wait."""
    node, stack, D = state.node, state.stack, state.work
    if not node.at[key.LIVE]:
        return
    top, first, n = int(node.counts[key.TOP]), int(node.counts[key.POOLED]), int(D.used[0])
    keep(D, stack, top, first, 0)
    stack.used[top, 0] = n
    stack.pattern[top], stack.center[top], stack.radius[top] = node.pattern, node.center, node.radius[0]
    stack.at[top] = node.at
    stack.at[top, key.OTHER] = 0
    node.counts[key.TOP] += 1
    node.counts[key.POOLED] += n * D.table.shape[1]
    node.at[key.LIVE] = 0


def _alone(state: State, slot: int) -> State:
    """A state with one of the waiting cells only, which has found nothing yet."""
    single, width = copied(state), state.work.table.shape[1]
    first, size = int(state.stack.first[slot]), int(state.stack.used[slot, 0]) * width
    for array in single.stack[1:]:
        array[0] = array[slot]
    single.stack.pool[:size] = state.stack.pool[first : first + size]
    single.stack.first[0] = 0
    single.stack.at[0, [key.SPLIT, key.SIDE]] = -1, 0
    counts = single.node.counts
    counts[[key.TOP, key.POOLED]] = 1, size
    counts[[key.REGIONS, key.SPLITS, key.LEAVES_OUT, key.SPLITS_OUT, key.TESTS]] = 0
    return single


def cells(state: State) -> list[State]:
    """One state for each cell that waits and for the current one, in the order in which they would be searched."""
    state = copied(state)
    while not _has_room(state):
        state = grown(state)
    park(state)
    return [_alone(state, slot) for slot in reversed(range(int(state.node.counts[key.TOP])))]


def _has_room(state: State) -> bool:
    """Whether the current cell has room among those that wait."""
    counts, stack = state.node.counts, state.stack
    size = (int(state.work.used[0]) + 1) * state.work.table.shape[1]
    return bool(counts[key.TOP] < len(stack.first) and counts[key.POOLED] + size <= len(stack.pool))


class Piece(NamedTuple):
    """A part of a search: the split and side of the tree above it, its state (None once it is done), its regions."""

    place: tuple[int, int]
    state: State | None
    found: int = 0


class Top(NamedTuple):
    """The splits above the pieces of a search: neurons (t,), signs (t, K) decided above, the split and side above."""

    neurons: Int
    signs: Pattern
    places: Int


@dataclass
class Search:
    """A search and how far it has come, its pieces in order.

    recorded: whether what the pieces found is all in the sink; only then is there something to save.
    """

    top: Top
    pieces: list[Piece]
    recorded: bool = True

    @property
    def found(self) -> int:
        """Regions so far."""
        return sum(piece.found for piece in self.pieces)

    @property
    def complete(self) -> bool:
        """Whether nothing is left."""
        return all(piece.state is None for piece in self.pieces)


def in_one(problem: Problem, state: State) -> Search:
    """A search as a single piece."""
    return Search(_top(problem, []), [Piece((-1, 0), state)])


def in_many(problem: Problem, state: State, wanted: int) -> Search:
    """A search that hasn't begun, as about `wanted` pieces in order: the one with the fewest cuts is split in turn."""
    pieces, splits = [Piece((-1, 0), state)], list[_Split]()
    regions: set[int] = set()  # pieces that can't be split
    while len(regions) < len(pieces) < wanted:
        i = min((i for i in range(len(pieces)) if i not in regions), key=lambda i: _depth(pieces[i].state))
        split, children = _divided(problem, pieces[i].state)
        if split is None:
            regions.add(i)
            continue
        parts = [Piece((len(splits), side), child) for side, child in enumerate(children)]
        splits.append((*split, pieces[i].place))
        pieces[i : i + 1] = parts
        regions = {j + 1 if j > i else j for j in regions}
    return Search(_top(problem, splits), pieces)


def _top(problem: Problem, splits: Sequence[_Split]) -> Top:
    neurons, signs, above = zip(*splits, strict=True) if splits else ((), (), ())
    return Top(
        np.array(neurons, dtype=np.int64),
        np.array(signs, dtype=np.int8).reshape(len(splits), len(problem.network)),
        np.array(above, dtype=np.int64).reshape(-1, 2),
    )


def _depth(state: State | None) -> int:
    return 0 if state is None else int(max(state.node.at[key.DEPTH], state.stack.at[0, key.DEPTH]))


def _divided(problem: Problem, state: State | None) -> tuple[tuple[int, Pattern] | None, list[State]]:
    """The first split of a piece that has one cell, and both sides; None where it is one region."""
    if state is None:
        return None, []
    walk = Walk(problem, copied(state))
    walk.state.node.options[[key.STEP, key.TREE]] = 1
    if walk.step(ALL) != key.REACHED:
        return None, []
    found, children = walk.taken(), cells(walk.state)
    for child in children:
        child.node.options[[key.STEP, key.TREE]] = 0, problem.wanted.tree
    return (int(found.neurons[0]), found.signs[0]), children
