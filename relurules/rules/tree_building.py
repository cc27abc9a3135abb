"""A small decision tree for given pieces: binary space partition along their own walls."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir import Tree
from relurules.ir.network import Array
from relurules.ir.partition import Side
from relurules.ir.rule_table import Sides
from relurules.rules.merge_hierarchy import PieceTree
from relurules.rules.pieces import AffinePiece, PiecewiseFunction

#: How much a cut counts beside a part on the larger side; tries, times pieces, that may go into one
#: tree.
_WEIGHTS, _EFFORT = (0.5, 1.0, 2.0, 4.0, 16.0), 100

BELOW, CROSSES, ABOVE = -1, 0, 1


class _PiecePart(NamedTuple):
    """What of a piece lies in a node, as sides of splits, and on which side of every hyperplane
    that is, (H,).
    """

    piece: int
    sides: Sides
    side: NDArray[np.int8]


@dataclass
class _TreeDraft:
    """The tree so far: hyperplanes and children of its splits, the piece of every leaf."""

    hyperplanes: list[int]
    children: list[list[int]]
    leaves: list[int]


def rebuild_tree(
    ground: PiecewiseFunction, pieces: list[AffinePiece], most: int
) -> PieceTree | None:
    """A tree whose leaves are the pieces, or parts of them where hyperplanes cut some; None for
    `most` leaves or more.

    A node is split along the wall of a piece that cuts few others and leaves few on the larger
    side; the smallest tree of several tries at weighing the two. The idea of H. Fuchs, Z. Kedem, B.
    Naylor, "On visible surface generation by a priori tree structures", 1980.
    """
    origin = _collect_hyperplanes(ground, pieces)
    parts = [_make_part(ground, i, piece, origin) for i, piece in enumerate(pieces)]
    best: _TreeDraft | None = None
    chance = np.random.default_rng(0)

    for attempt in range(max(1, _EFFORT // len(pieces))):
        if ground.deadline.is_over():
            break
        weight = float(chance.choice(_WEIGHTS))
        jitter = chance.uniform(0.0, 1.0, len(origin)) * (attempt > 0)
        found = _try_tree(ground, parts, origin, weight, jitter, most)
        if found is not None:
            best, most = found, len(found.leaves)

    return None if best is None else _finish_tree(ground, pieces, best, origin)


def _try_tree(
    ground: PiecewiseFunction,
    parts: list[_PiecePart],
    origin: NDArray[np.intp],
    weight: float,
    jitter: Array,
    most: int,
) -> _TreeDraft | None:
    """One tree, None once it would have `most` leaves, or there is no time left."""
    growing = _TreeDraft([], [], [])
    stack: list[tuple[list[_PiecePart], int, int]] = [(parts, -1, 0)]
    while stack:
        inside, parent, side = stack.pop()
        if len(growing.leaves) + len(stack) + 1 >= most or ground.deadline.is_over():
            return None
        if len({part.piece for part in inside}) == 1:
            _attach_child(growing, parent, side, ~len(growing.leaves))
            growing.leaves.append(inside[0].piece)
            continue
        best = _choose_hyperplane(inside, weight, jitter)
        if best is None:
            return None
        at = len(growing.hyperplanes)
        _attach_child(growing, parent, side, at)
        growing.hyperplanes.append(best)
        growing.children.append([0, 0])
        stack.append((_cut_parts(ground, inside, best, ABOVE, origin), at, 1))
        stack.append((_cut_parts(ground, inside, best, BELOW, origin), at, 0))

    return growing


def _collect_hyperplanes(ground: PiecewiseFunction, pieces: list[AffinePiece]) -> NDArray[np.intp]:
    """One of the partition's splits for every hyperplane that bounds a piece, (H,)."""
    found = np.empty(0, dtype=np.intp)
    for split in sorted({split for piece in pieces for split, _ in piece.sides}):
        if not ground.same_plane(split, found).any():
            found = np.append(found, split)
    return found


def _make_part(
    ground: PiecewiseFunction, number: int, piece: AffinePiece, origin: NDArray[np.intp]
) -> _PiecePart:
    side = np.full(len(origin), CROSSES, dtype=np.int8)
    return _PiecePart(number, piece.sides, _certify_sides(ground, piece.sides, side, origin))


def _certify_sides(
    ground: PiecewiseFunction, sides: Sides, side: NDArray[np.int8], origin: NDArray[np.intp]
) -> NDArray[np.int8]:
    """The sides of all hyperplanes, those that were open looked at again: a side is one that is
    certified.
    """
    now, open_ = side.copy(), np.flatnonzero(side == CROSSES)
    splits = origin[open_].tolist()
    now[open_[ground.holds(sides, [Side(split, 0) for split in splits])]] = BELOW
    now[open_[ground.holds(sides, [Side(split, 1) for split in splits])]] = ABOVE
    return now


def _choose_hyperplane(parts: list[_PiecePart], weight: float, jitter: Array) -> int | None:
    """The hyperplane that cuts few parts and has few on its larger side; None where none has one
    wholly on either.
    """
    sides = np.array([part.side for part in parts])
    above, below, cut = ((sides == kind).sum(axis=0) for kind in (ABOVE, BELOW, CROSSES))
    useful = np.flatnonzero((above > 0) & (below > 0))
    if not len(useful):
        return None
    cost = weight * cut + np.maximum(above, below) + jitter
    return int(useful[np.argmin(cost[useful])])


def _cut_parts(
    ground: PiecewiseFunction,
    parts: list[_PiecePart],
    hyperplane: int,
    side: int,
    origin: NDArray[np.intp],
) -> list[_PiecePart]:
    """The parts on one side of a hyperplane, those that it crosses cut."""
    found = []
    for part in parts:
        if part.side[hyperplane] == side:
            found.append(part)
        elif part.side[hyperplane] == CROSSES:
            sides = (*part.sides, Side(int(origin[hyperplane]), int(side == ABOVE)))
            now = _certify_sides(ground, sides, part.side, origin)
            now[hyperplane] = side
            found.append(_PiecePart(part.piece, sides, now))

    return found


def _attach_child(growing: _TreeDraft, parent: int, side: int, child: int) -> None:
    if parent >= 0:
        growing.children[parent][side] = child


def _finish_tree(
    ground: PiecewiseFunction,
    pieces: list[AffinePiece],
    growing: _TreeDraft,
    origin: NDArray[np.intp],
) -> PieceTree | None:
    """The tree, a leaf per piece; None where a piece has lost its leaf or a wall its hyperplane to
    rounding.
    """
    tree = ground.partition.tree
    splits = origin[growing.hyperplanes]
    children = [[c if c >= 0 else ~growing.leaves[~c] for c in pair] for pair in growing.children]
    needed = {split for piece in pieces for split, _ in piece.sides}
    place = {
        split: found
        for split in needed
        if (found := _find_hyperplane(ground, split, splits)) is not None
    }

    if len(place) < len(needed) or len(set(growing.leaves)) < len(pieces):
        return None

    none = np.full(len(splits), -1, dtype=np.intp)
    grown = Tree(
        none,
        tree.normals[splits],
        tree.offsets[splits],
        np.array(children, np.int32).reshape(-1, 2),
    )

    return PieceTree(grown, place)


def _find_hyperplane(
    ground: PiecewiseFunction, split: int, splits: NDArray[np.intp]
) -> tuple[int, bool] | None:
    """Which of `splits` has the hyperplane of `split`, and whether with its sides the other way
    about.
    """
    same = ground.same_plane(split, splits)
    near = np.flatnonzero(same)
    return (int(near[0]), bool(same[near[0]] < 0)) if len(near) else None
