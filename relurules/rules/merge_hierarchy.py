"""Sibling cells on which one affine map will do become one, bottom-up; a union of siblings is their
parent's cell.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from relurules.errors import OutOfTimeError
from relurules.ir import UNEXPLORED, Tradeoff, Tree
from relurules.rules.facets import find_bounding_sides
from relurules.rules.fit import MergeCost, make_uniform_cost
from relurules.rules.pieces import AffinePiece, PiecewiseFunction


class PieceTree(NamedTuple):
    """A tree for pieces, leaf i leading to the i-th; several branches may end in one leaf.

    place: a split of the partition's tree that bounds a piece -> the split here with the same
    hyperplane, and whether that has its sides the other way about.
    """

    tree: Tree
    place: Mapping[int, tuple[int, bool]]


class MergeHierarchy(NamedTuple):
    """For every split of a partition's tree the piece that could stand for all below it; None where
    none is allowed.

    The error of a union is never less than those of its parts, so that each error cuts the tree in
    one way.
    """

    ground: PiecewiseFunction
    pieces: list[AffinePiece | None]

    def tradeoffs(self, error: float) -> list[Tradeoff]:
        """How many pieces are left at which errors up to this one."""
        errors = sorted(
            piece.error for piece in self.pieces if piece is not None and piece.error <= error
        )
        left = [Tradeoff(len(self.ground.partition) - i, at) for i, at in enumerate([0.0, *errors])]
        return [
            step
            for step, after in zip(left, [*left[1:], None], strict=True)
            if not after or after.error > step.error
        ]

    def cut(self, error: float) -> tuple[PieceTree, list[AffinePiece]]:
        """The tree with a leaf for every split that one piece can stand for within this error."""
        tree, regions = self.ground.partition.tree, self.ground.forms
        standing: dict[int, AffinePiece] = {}
        ends = {}  # in the order of the splits, in which the whole comes before its parts

        for split, piece in enumerate(self.pieces):
            if piece is not None and piece.error <= error:
                ends[split] = ~piece.regions[0]
                standing.setdefault(piece.regions[0], piece)

        children = np.array(
            [[ends.get(c, c) for c in pair] for pair in tree.children.tolist()], dtype=np.int32
        )
        smaller, splits, kept = compact_tree(
            replace(tree, children=children.reshape(-1, 2)), ends.get(0, 0 if len(children) else -1)
        )
        sides = find_bounding_sides(self.ground, smaller, splits, len(kept), self.ground.deadline)
        pieces = [
            standing.get(leaf, AffinePiece((), (leaf,), regions[leaf], 0.0))._replace(splits=own)
            for leaf, own in zip(kept, sides, strict=True)
        ]

        return PieceTree(smaller, {old: (new, False) for new, old in enumerate(splits)}), pieces


def build_merge_hierarchy(
    ground: PiecewiseFunction, measure: MergeCost | None = None
) -> MergeHierarchy:
    """Which siblings can become one, bottom-up, as the measure allows; None: where both have the
    same map.
    """
    tree, measure = ground.partition.tree, measure or make_uniform_cost(ground)
    alone = [AffinePiece((), (i,), forms, 0.0) for i, forms in enumerate(ground.forms)]
    found: list[AffinePiece | None] = [None] * len(tree.children)

    for split in reversed(range(len(found))):
        pair = tree.children[split].tolist()
        if UNEXPLORED in pair or ground.deadline.is_over():
            continue
        one, other = (found[child] if child >= 0 else alone[~child] for child in pair)
        if one is None or other is None:
            continue
        joined = None
        with suppress(OutOfTimeError):  # then they stay apart
            joined = measure.fit(one, other)
        if joined is not None:
            found[split] = AffinePiece((), one.regions + other.regions, *joined[1])

    return MergeHierarchy(ground, found)


def regroup_leaves(grown: PieceTree, members: list[tuple[int, ...]]) -> PieceTree:
    """The same tree for unions of its pieces; splits that no longer divide anything are gone.

    members: for each union the pieces in it.
    """
    union_of = {piece: union for union, pieces in enumerate(members) for piece in pieces}
    children = grown.tree.children.copy()
    stands_for = np.arange(len(children), dtype=np.int64)

    for split in reversed(range(len(children))):
        below = [
            int(stands_for[child]) if child >= 0 else ~union_of[~child]
            for child in children[split].tolist()
        ]
        children[split] = below
        if below[0] == below[1]:
            stands_for[split] = below[0]

    root = int(stands_for[0]) if len(children) else -1
    smaller, splits, _ = compact_tree(replace(grown.tree, children=children), root)
    number = {old: new for new, old in enumerate(splits)}
    place = {
        split: (number[at], turned) for split, (at, turned) in grown.place.items() if at in number
    }

    return PieceTree(clear_split_neurons(smaller), place)


def count_leaves(tree: Tree) -> int:
    """Number of branches' ends, those that lead to one leaf counted each."""
    return int((tree.children < 0).sum()) if len(tree.children) else 1


def clear_split_neurons(tree: Tree) -> Tree:
    """The same tree, its splits no neuron's sign, where a leaf is met more than once: it has
    several patterns.
    """
    if count_leaves(tree) == len(np.unique(tree.children[tree.children < 0])) or not len(
        tree.children
    ):
        return tree
    return replace(tree, neurons=np.full(len(tree.neurons), -1, dtype=np.intp))


def compact_tree(tree: Tree, root: int) -> tuple[Tree, list[int], list[int]]:
    """What the root still reaches, renumbered, in the same order; and which splits and leaves these
    were.
    """
    splits, leaves, stack = set(), set(), [root]
    while stack:
        at = stack.pop()
        if at >= 0:
            splits.add(at)
            stack.extend(tree.children[at].tolist())
        elif at != UNEXPLORED:
            leaves.add(~at)

    split_list, leaf_list = sorted(splits), sorted(leaves)
    number = {old: new for new, old in enumerate(split_list)} | {
        ~old: ~new for new, old in enumerate(leaf_list)
    }
    number[UNEXPLORED] = UNEXPLORED
    children = [[number[child] for child in tree.children[old].tolist()] for old in split_list]
    smaller = Tree(
        tree.neurons[split_list],
        tree.normals[split_list],
        tree.offsets[split_list],
        np.array(children, dtype=np.int32).reshape(-1, 2),
    )

    return smaller, split_list, leaf_list
