"""Merges neighbouring pieces into fewer: all with the same map at once, then the two that cost the
least error.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from relurules.errors import OutOfTimeError
from relurules.ir.rule_table import Sides
from relurules.rules.convex_unions import find_convex_union, find_convex_whole
from relurules.rules.fit import MergeCost
from relurules.rules.pieces import AffineFit, AffinePiece, PiecewiseFunction

if TYPE_CHECKING:
    import networkx

Progress = Callable[[int], None]


class MergeLimit(NamedTuple):
    """Merge until so many `rules` are left, or until that would cost more than `error`, as the
    measure counts.
    """

    error: float
    rules: int = 1


class AgglomerationResult(NamedTuple):
    """pieces: what is left; members: for each the indices of those given."""

    pieces: list[AffinePiece]
    members: list[tuple[int, ...]]


class _PieceGraph(NamedTuple):
    """The pieces there are by number, of which pieces given each consists, and who is whose
    neighbour.
    """

    pieces: dict[int, AffinePiece]
    members: dict[int, tuple[int, ...]]
    near: "networkx.Graph[int]"
    numbers: Iterator[int]


class _MergeCandidate(NamedTuple):
    """Two pieces that may merge; a tuple, since a heap orders them, by cost and then by number."""

    #: A lower bound while `fit` is None.
    cost: float
    #: No two have the same.
    number: int
    #: The pieces' numbers, the smaller first.
    one: int
    other: int
    #: Those of their union.
    sides: Sides = ()
    #: Their common map.
    fit: AffineFit | None = None


def agglomerate_pieces(
    ground: PiecewiseFunction,
    pieces: list[AffinePiece],
    neighbours: Iterable[tuple[int, int]],
    goal: MergeLimit,
    measure: MergeCost,
    progress: Progress | None = None,
) -> AgglomerationResult:
    """Merge neighbours whose union is convex, greedily, each time the pair whose common map costs
    least.

    A pair waits under a lower bound of that cost until no other has a smaller one. At the ground's
    deadline those that are left stay as they are.
    """
    import networkx

    near: networkx.Graph[int] = networkx.Graph(neighbours)
    near.add_nodes_from(range(len(pieces)))
    living = _PieceGraph(
        dict(enumerate(pieces)), {i: (i,) for i in range(len(pieces))}, near, count(len(pieces))
    )

    with suppress(OutOfTimeError):
        _merge_equal_neighbours(ground, living)

    numbers = count()

    def waiting(one: int, other: int) -> _MergeCandidate:
        cost = _bound_merge_cost(ground, living.pieces[one], living.pieces[other], measure)
        return _MergeCandidate(cost, next(numbers), min(one, other), max(one, other))

    heap = [] if ground.deadline.is_over() else [waiting(i, j) for i, j in sorted(near.edges)]
    heapq.heapify(heap)
    while (
        not ground.deadline.is_over()
        and heap
        and len(living.pieces) > goal.rules
        and heap[0].cost <= goal.error
    ):
        pair = heapq.heappop(heap)
        if pair.one not in living.pieces or pair.other not in living.pieces:
            continue
        one, other = living.pieces[pair.one], living.pieces[pair.other]
        if pair.fit is None:
            better = None
            with suppress(OutOfTimeError):  # then they stay apart
                better = _evaluate_candidate(ground, one, other, pair, measure)
            if better is not None:
                heapq.heappush(heap, better)
            continue
        new = _replace_pieces(
            living,
            (pair.one, pair.other),
            AffinePiece(pair.sides, one.regions + other.regions, *pair.fit),
        )
        for beside in sorted(near[new]):
            heapq.heappush(heap, waiting(beside, new))
        if progress is not None:
            progress(len(living.pieces))

    order = sorted(living.pieces, key=lambda i: min(living.members[i]))
    return AgglomerationResult(
        [living.pieces[i] for i in order], [living.members[i] for i in order]
    )


def _replace_pieces(living: _PieceGraph, old: Sequence[int], piece: AffinePiece) -> int:
    """A piece takes the place of several; its number."""
    new = next(living.numbers)
    living.near.add_edges_from(
        [(new, beside) for i in old for beside in living.near[i] if beside not in old]
    )
    living.near.add_node(new)
    living.near.remove_nodes_from(old)
    living.pieces[new] = piece
    living.members[new] = tuple(member for i in old for member in living.members.pop(i))

    for i in old:
        del living.pieces[i]

    return new


def _merge_equal_neighbours(ground: PiecewiseFunction, living: _PieceGraph) -> None:
    """Merge connected pieces with the same map at one stroke, where the union of all of them is
    convex.

    Pair by pair that may fail, when no two of them have a convex union.
    """
    import networkx

    alike: networkx.Graph[int] = networkx.Graph()
    alike.add_edges_from(
        (i, j)
        for i, j in living.near.edges
        if _is_same_map(ground, living.pieces[i], living.pieces[j])
    )

    for group in sorted(map(sorted, networkx.connected_components(alike))):
        ground.deadline.check("merging rules with the same formula")
        parts = [living.pieces[i] for i in group]
        regions = tuple(region for part in parts for region in part.regions)
        sides = find_convex_whole(ground, [part.sides for part in parts], set(regions))
        if sides is not None:
            _replace_pieces(living, group, AffinePiece(sides, regions, parts[0].forms, 0.0))


def _is_same_map(ground: PiecewiseFunction, one: AffinePiece, other: AffinePiece) -> bool:
    return one.error == 0.0 == other.error and ground.same(one.forms, other.forms)


def _bound_merge_cost(
    ground: PiecewiseFunction, one: AffinePiece, other: AffinePiece, measure: MergeCost
) -> float:
    """What merging two pieces costs at least, infinite where it's no use to look further."""
    return 0.0 if _is_same_map(ground, one, other) else measure.least(one, other)


def _evaluate_candidate(
    ground: PiecewiseFunction,
    one: AffinePiece,
    other: AffinePiece,
    pair: _MergeCandidate,
    measure: MergeCost,
) -> _MergeCandidate | None:
    """The pair with its union and map; None where the union isn't convex or the two can't be
    joined.
    """
    sides = find_convex_union(ground, one.sides, other.sides)
    found = None if sides is None else measure.fit(one, other)
    if sides is None or found is None:
        return None

    return pair._replace(cost=max(found[0], pair.cost), sides=sides, fit=found[1])
