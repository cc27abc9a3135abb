"""A search cut into parts that don't know one another: cells that wait, each with a state of its
own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from relurules.ir.network import Pattern
from relurules.ir.partition import Side
from relurules.partitioning import state_layout
from relurules.partitioning.cells import store_dictionary
from relurules.partitioning.initial_state import grow_state
from relurules.partitioning.search_run import ALL, SearchProblem, SearchRun
from relurules.partitioning.state import CellStack, Int, OutputBuffers, SearchState

#: Room at first for cells that wait, and for their numbers, in the state of one cell.
_SLOTS, _POOL = 8, 8192

#: Above a search that hasn't been split.
ROOT = Side(-1, 0)

#: Neuron, the signs decided above, and the side above.
_Split = tuple[int, Pattern, Side]


def copy_state(state: SearchState) -> SearchState:
    """A state that shares no array with this one but the network's."""
    return SearchState(state.net, *(_copy_arrays(group) for group in state[1:]))


def copy_with_network(state: SearchState) -> SearchState:
    """A state to work on, whatever this one's arrays are: another thread's, or a file's that can
    only be read.
    """
    return copy_state(state)._replace(net=_copy_arrays(state.net))


def _copy_arrays(group: Any) -> Any:
    return type(group)(
        *(np.array(array, order="C") if isinstance(array, np.ndarray) else array for array in group)
    )


def park_cell(state: SearchState) -> None:
    """Put the current cell, if there is one, on top of those that wait."""
    node, stack, D = state.node, state.stack, state.work
    if not node.at[state_layout.LIVE]:
        return

    top, first, n = (
        int(node.counts[state_layout.TOP]),
        int(node.counts[state_layout.POOLED]),
        int(D.used[0]),
    )
    store_dictionary(D, stack, top, first, 0)
    stack.used[top, 0] = n
    stack.pattern[top], stack.center[top], stack.radius[top] = (
        node.pattern,
        node.center,
        node.radius[0],
    )
    stack.witness[top] = node.witness
    stack.at[top] = node.at
    stack.at[top, state_layout.OTHER] = 0
    node.counts[state_layout.TOP] += 1
    node.counts[state_layout.POOLED] += n * D.table.shape[1]
    node.at[state_layout.LIVE] = 0


def count_waiting(state: SearchState) -> int:
    """How many cells there are to be searched: those that wait, and the current one, which comes
    last here.
    """
    return int(state.node.counts[state_layout.TOP]) + int(state.node.at[state_layout.LIVE] != 0)


def isolate_cell(state: SearchState, slot: int, *, emits: bool = True) -> SearchState:
    """A state with one of its cells only, which has found nothing yet. emits: whether it is there
    to find anything.

    Of the dictionaries of cells that wait, most of the memory, only that one is copied.
    """
    if not emits:
        state = state._replace(
            out=OutputBuffers(
                *(
                    np.zeros((min(len(array), 1), *array.shape[1:]), array.dtype)
                    for array in state.out
                )
            )
        )

    top = int(state.node.counts[state_layout.TOP])
    single = _isolate_current(state) if slot == top else _isolate_waiting(state, slot)
    single.stack.at[0, [state_layout.SPLIT, state_layout.SIDE]] = -1, 0
    single.node.counts[
        [
            state_layout.REGIONS,
            state_layout.SPLITS,
            state_layout.LEAVES_OUT,
            state_layout.SPLITS_OUT,
            state_layout.TESTS,
        ]
    ] = 0

    return single


def _isolate_current(state: SearchState) -> SearchState:
    """The current cell as the only one that waits."""
    stack = CellStack(
        *(
            np.zeros((min(len(array), _SLOTS), *array.shape[1:]), array.dtype)
            for array in state.stack
        )
    )
    single = copy_state(state._replace(stack=stack._replace(pool=np.zeros(_POOL))))
    single.node.counts[[state_layout.TOP, state_layout.POOLED]] = 0
    single = grow_state(single)
    park_cell(single)

    return single


def _isolate_waiting(state: SearchState, slot: int) -> SearchState:
    """A cell that waits as the only one."""
    first, size = (
        int(state.stack.first[slot]),
        int(state.stack.used[slot, 0]) * state.work.table.shape[1],
    )
    found = dict[str, Any]()

    for name, array in state.stack._asdict().items():
        found[name] = np.zeros((min(len(array), _SLOTS), *array.shape[1:]), array.dtype)
        if name != "pool":
            found[name][0] = array[slot]

    found["pool"] = np.zeros(max(2 * size, _POOL))
    found["pool"][:size] = state.stack.pool[first : first + size]
    found["first"][0] = 0
    single = copy_state(state._replace(stack=CellStack(**found)))
    single.node.counts[[state_layout.TOP, state_layout.POOLED]] = 1, size
    single.node.at[state_layout.LIVE] = 0

    return single


def isolate_cells(state: SearchState) -> list[SearchState]:
    """One state for each cell that waits and for the current one, in the order in which they would
    be searched.
    """
    return [isolate_cell(state, slot) for slot in reversed(range(count_waiting(state)))]


class SearchPiece(NamedTuple):
    """A part of a search: the split and side of the tree above it, its state (None once it is
    done), its regions.
    """

    place: Side
    state: SearchState | None
    found: int = 0


class UpperSplits(NamedTuple):
    """The splits above the pieces of a search: neurons (t,), signs (t, K) decided above, the split
    and side above.
    """

    neurons: Int
    signs: Pattern
    places: Int


@dataclass
class SearchProgress:
    """A search and how far it has come, its pieces in order.

    recorded: whether what the pieces found is all in the sink; only then is there something to
    save.
    """

    top: UpperSplits
    pieces: list[SearchPiece]
    recorded: bool = True

    @property
    def found(self) -> int:
        """Regions so far."""
        return sum(piece.found for piece in self.pieces)

    @property
    def complete(self) -> bool:
        """Whether nothing is left."""
        return all(piece.state is None for piece in self.pieces)


def make_single_piece(problem: SearchProblem, state: SearchState) -> SearchProgress:
    """A search as a single piece."""
    return SearchProgress(_make_upper_splits(problem, []), [SearchPiece(ROOT, state)])


def split_into_pieces(problem: SearchProblem, state: SearchState, wanted: int) -> SearchProgress:
    """A search that hasn't begun, as about `wanted` pieces in order: the one with the fewest cuts
    is split in turn.
    """
    pieces, splits = [SearchPiece(ROOT, state)], list[_Split]()
    regions: set[int] = set()  # pieces that can't be split
    while len(regions) < len(pieces) < wanted:
        i = min(
            (i for i in range(len(pieces)) if i not in regions),
            key=lambda i: _measure_depth(pieces[i].state),
        )
        split, children = _split_piece(problem, pieces[i].state)
        if split is None:
            regions.add(i)
            continue
        parts = [SearchPiece(Side(len(splits), side), child) for side, child in enumerate(children)]
        splits.append((*split, pieces[i].place))
        pieces[i : i + 1] = parts
        regions = {j + 1 if j > i else j for j in regions}

    return SearchProgress(_make_upper_splits(problem, splits), pieces)


def _make_upper_splits(problem: SearchProblem, splits: Sequence[_Split]) -> UpperSplits:
    neurons, signs, above = zip(*splits, strict=True) if splits else ((), (), ())
    return UpperSplits(
        np.array(neurons, dtype=np.int64),
        np.array(signs, dtype=np.int8).reshape(len(splits), len(problem.network)),
        np.array(above, dtype=np.int64).reshape(-1, 2),
    )


def _measure_depth(state: SearchState | None) -> int:
    return (
        0
        if state is None
        else int(max(state.node.at[state_layout.DEPTH], state.stack.at[0, state_layout.DEPTH]))
    )


def _split_piece(
    problem: SearchProblem, state: SearchState | None
) -> tuple[tuple[int, Pattern] | None, list[SearchState]]:
    """The first split of a piece that has one cell, and both sides; None where it is one region."""
    if state is None:
        return None, []

    walk = SearchRun(problem, copy_state(state))
    walk.state.node.options[[state_layout.STEP, state_layout.TREE]] = 1
    if walk.step(ALL) != state_layout.REACHED:
        return None, []

    found, children = walk.taken(), isolate_cells(walk.state)
    for child in children:
        child.node.options[[state_layout.STEP, state_layout.TREE]] = 0, problem.wanted.tree

    return (int(found.neurons[0]), found.signs[0]), children
