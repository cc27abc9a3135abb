"""Merges neighbouring pieces into fewer: all with the same map at once, then the two that cost the least error."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import NamedTuple

import networkx

from relurules.errors import OutOfTimeError
from relurules.rules.fit import Measure
from relurules.rules.pieces import Fit, Ground, Piece, Sides
from relurules.rules.unions import convex_union, convex_whole

Progress = Callable[[int], None]


class Goal(NamedTuple):
    """Merge until so many `rules` are left, or until that would cost more than `error`, as the measure counts."""

    error: float
    rules: int = 1


class Merged(NamedTuple):
    """pieces: what is left; members: for each the indices of those given."""

    pieces: list[Piece]
    members: list[tuple[int, ...]]


class _Living(NamedTuple):
    """The pieces there are by number, of which pieces given each consists, and who is whose neighbour."""

    pieces: dict[int, Piece]
    members: dict[int, tuple[int, ...]]
    near: "networkx.Graph[int]"
    numbers: Iterator[int]


class _Pair(NamedTuple):
    """Two pieces that may merge. The smallest cost comes first; it's a lower bound while `fit` is None."""

    cost: float
    number: int
    one: int
    other: int
    sides: Sides = ()
    fit: Fit | None = None


def agglomerate(
    ground: Ground,
    pieces: list[Piece],
    neighbours: Iterable[tuple[int, int]],
    goal: Goal,
    measure: Measure,
    progress: Progress | None = None,
) -> Merged:
    """Merge neighbours whose union is convex, greedily, each time the pair whose common map costs least.

    A pair waits under a lower bound of that cost until no other has a smaller one. At the ground's deadline those that
    are left stay as they are.
    """
    near: networkx.Graph[int] = networkx.Graph(neighbours)
    near.add_nodes_from(range(len(pieces)))
    living = _Living(dict(enumerate(pieces)), {i: (i,) for i in range(len(pieces))}, near, count(len(pieces)))
    with suppress(OutOfTimeError):
        _gather(ground, living)
    numbers = count()

    def waiting(one: int, other: int) -> _Pair:
        cost = _bound(ground, living.pieces[one], living.pieces[other], measure)
        return _Pair(cost, next(numbers), min(one, other), max(one, other))

    heap = [] if ground.deadline.is_over() else [waiting(i, j) for i, j in sorted(near.edges)]
    heapq.heapify(heap)
    while not ground.deadline.is_over() and heap and len(living.pieces) > goal.rules and heap[0].cost <= goal.error:
        pair = heapq.heappop(heap)
        if pair.one not in living.pieces or pair.other not in living.pieces:
            continue
        one, other = living.pieces[pair.one], living.pieces[pair.other]
        if pair.fit is None:
            better = None
            with suppress(OutOfTimeError):  # then they stay apart
                better = _examined(ground, one, other, pair, measure)
            if better is not None:
                heapq.heappush(heap, better)
            continue
        new = _merge(living, (pair.one, pair.other), Piece(pair.sides, one.regions + other.regions, *pair.fit))
        for beside in sorted(near[new]):
            heapq.heappush(heap, waiting(beside, new))
        if progress is not None:
            progress(len(living.pieces))
    order = sorted(living.pieces, key=lambda i: min(living.members[i]))
    return Merged([living.pieces[i] for i in order], [living.members[i] for i in order])


def _merge(living: _Living, old: Sequence[int], piece: Piece) -> int:
    """A piece takes the place of several; its number."""
    new = next(living.numbers)
    living.near.add_edges_from([(new, beside) for i in old for beside in living.near[i] if beside not in old])
    living.near.add_node(new)
    living.near.remove_nodes_from(old)
    living.pieces[new] = piece
    living.members[new] = tuple(member for i in old for member in living.members.pop(i))
    for i in old:
        del living.pieces[i]
    return new


def _gather(ground: Ground, living: _Living) -> None:
    """Merge connected pieces with the same map at one stroke, where the union of all of them is convex.

    Pair by pair that may fail, when no two of them have a convex union.
    """
    alike: networkx.Graph[int] = networkx.Graph()
    alike.add_edges_from((i, j) for i, j in living.near.edges if _same(ground, living.pieces[i], living.pieces[j]))
    for group in sorted(map(sorted, networkx.connected_components(alike))):
        ground.deadline.check("merging rules with the same formula")
        parts = [living.pieces[i] for i in group]
        regions = tuple(region for part in parts for region in part.regions)
        sides = convex_whole(ground, [part.sides for part in parts], set(regions))
        if sides is not None:
            _merge(living, group, Piece(sides, regions, parts[0].forms, 0.0))


def _same(ground: Ground, one: Piece, other: Piece) -> bool:
    return one.error == 0.0 == other.error and ground.same(one.forms, other.forms)


def _bound(ground: Ground, one: Piece, other: Piece, measure: Measure) -> float:
    """What merging two pieces costs at least, infinite where it's no use to look further."""
    return 0.0 if _same(ground, one, other) else measure.least(one, other)


def _examined(ground: Ground, one: Piece, other: Piece, pair: _Pair, measure: Measure) -> _Pair | None:
    """The pair with its union and map; None where the union isn't convex or the two can't be joined."""
    sides = convex_union(ground, one.sides, other.sides)
    found = None if sides is None else measure.fit(one, other)
    if sides is None or found is None:
        return None
    return pair._replace(cost=max(found[0], pair.cost), sides=sides, fit=found[1])
