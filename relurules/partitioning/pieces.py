"""A search cut into parts that don't know one another: cells that wait, each with a state of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from relurules.ir.network import Pattern
from relurules.partitioning import key
from relurules.partitioning.build import grown
from relurules.partitioning.cells import keep
from relurules.partitioning.state import Int, Out, Stack, State
from relurules.partitioning.walk import ALL, Problem, Walk

#: Room at first for cells that wait, and for their numbers, in the state of one cell.
_SLOTS, _POOL = 8, 8192

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


def waiting(state: State) -> int:
    """How many cells there are to be searched: those that wait, and the current one, which comes last here."""
    return int(state.node.counts[key.TOP]) + int(state.node.at[key.LIVE] != 0)


def alone(state: State, slot: int, *, emits: bool = True) -> State:
    """A state with one of its cells only, which has found nothing yet. emits: whether it is there to find anything.

    Of the dictionaries of cells that wait, most of the memory, only that one is copied.
    """
    if not emits:
        state = state._replace(
            out=Out(*(np.zeros((min(len(array), 1), *array.shape[1:]), array.dtype) for array in state.out))
        )
    top = int(state.node.counts[key.TOP])
    single = _current(state) if slot == top else _one_of(state, slot)
    single.stack.at[0, [key.SPLIT, key.SIDE]] = -1, 0
    single.node.counts[[key.REGIONS, key.SPLITS, key.LEAVES_OUT, key.SPLITS_OUT, key.TESTS]] = 0
    return single


def _current(state: State) -> State:
    """The current cell as the only one that waits."""
    stack = Stack(*(np.zeros((min(len(array), _SLOTS), *array.shape[1:]), array.dtype) for array in state.stack))
    single = copied(state._replace(stack=stack._replace(pool=np.zeros(_POOL))))
    single.node.counts[[key.TOP, key.POOLED]] = 0
    single = grown(single)
    park(single)
    return single


def _one_of(state: State, slot: int) -> State:
    """A cell that waits as the only one."""
    first, size = int(state.stack.first[slot]), int(state.stack.used[slot, 0]) * state.work.table.shape[1]
    found = dict[str, Any]()
    for name, array in state.stack._asdict().items():
        found[name] = np.zeros((min(len(array), _SLOTS), *array.shape[1:]), array.dtype)
        if name != "pool":
            found[name][0] = array[slot]
    found["pool"] = np.zeros(max(2 * size, _POOL))
    found["pool"][:size] = state.stack.pool[first : first + size]
    found["first"][0] = 0
    single = copied(state._replace(stack=Stack(**found)))
    single.node.counts[[key.TOP, key.POOLED]] = 1, size
    single.node.at[key.LIVE] = 0
    return single


def cells(state: State) -> list[State]:
    """One state for each cell that waits and for the current one, in the order in which they would be searched."""
    return [alone(state, slot) for slot in reversed(range(waiting(state)))]


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
