"""Leaves of a tree of affine maps -> the rules of a domain: those that hold a part of it, with the
conditions that they need.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from relurules.domain import Domain
from relurules.ir.local_tree import LocalTree
from relurules.ir.network import AffineMap, Array, make_read_only
from relurules.ir.partition import Side, Tree
from relurules.ir.rule_table import RuleTable, Sides, pack_sides


class TreeLeaves(NamedTuple):
    """A tree whose splits read well, the map of every leaf, and which sides of its branch each
    needs.
    """

    tree: Tree
    maps: AffineMap
    sides: tuple[Sides, ...]


def prune_tree(model: LocalTree, domain: Domain) -> TreeLeaves:
    """The tree without the leaves that hold no row of the domain.

    Of splits of one coordinate that is decided by comparing numbers, and by the categories that are
    left; a leaf that only an inequality, or a split of several coordinates, rules out, stays.
    """
    tree = _scale_splits(model.tree)
    kept: list[int] = []
    rows: list[tuple[int, list[int]]] = []

    def walk(at: int, path: Sequence[Side]) -> int | None:
        """The number of what is left of a child, by the new numbers; None for nothing."""
        if at < 0:
            kept.append(~at)
            return ~(len(kept) - 1)
        place = len(rows)
        rows.append((at, [0, 0]))
        found = []
        for side, child in enumerate(tree.children[at].tolist()):
            longer = [*path, Side(at, side)]
            found.append(walk(child, longer) if _is_possible(tree, longer, domain) else None)
        if None not in found:
            rows[place][1][:] = [child for child in found if child is not None]
            return place
        # One side holds nothing here: the other one stands in place of the split.
        rows[place] = (-1, [])

        return next((child for child in found if child is not None), None)

    root = walk(0 if len(tree.offsets) else ~0, [])
    assert root is not None  # noqa: S101  # a domain holds rows
    splits = [i for i, (at, _) in enumerate(rows) if at >= 0]
    number = {old: new for new, old in enumerate(splits)}
    old = np.array([rows[i][0] for i in splits], dtype=np.intp)
    children = [[number.get(child, child) for child in rows[i][1]] for i in splits]
    left = Tree(
        tree.neurons[old],
        tree.normals[old],
        tree.offsets[old],
        np.array(children, dtype=np.int32).reshape(-1, 2),
    )
    sides = tuple(_choose_sides(left, path, domain) for path in left.paths(len(kept)))
    return TreeLeaves(left, AffineMap(*(part[kept] for part in model.maps)), sides)


def make_tree_rules(leaves: TreeLeaves, points: Array, rows: Array | None) -> RuleTable:
    """The rules, numbered by the rows that they hold, (N, d), most first. points: (R, d)."""
    count = len(points)
    held = None if rows is None else np.bincount(leaves.tree.route(rows), minlength=count)
    order = np.arange(count) if held is None else np.argsort(-held, kind="stable")
    rank = np.argsort(order)
    children = leaves.tree.children.copy()
    children[children < 0] = ~rank[~children[children < 0]]
    tree = replace(leaves.tree, children=children)
    maps = AffineMap(*(make_read_only(part[order]) for part in leaves.maps))

    return RuleTable(
        tree=tree,
        network=LocalTree.make(tree, maps),
        bounds=pack_sides([leaves.sides[leaf] for leaf in order.tolist()]),
        maps=maps,
        points=make_read_only(points[order]),
        rows=None if held is None else held[order],
    )


def _scale_splits(tree: Tree) -> Tree:
    """Every split with 1 or -1 for the largest coefficient, so that sides stay what they are."""
    lead = np.abs(tree.normals).max(axis=1, initial=0.0)
    return replace(
        tree, normals=tree.normals / lead[:, None] + 0.0, offsets=tree.offsets / lead + 0.0
    )


def _find_single(tree: Tree, split: int) -> int | None:
    """The one coordinate that a split reads; None where it reads several."""
    read = np.flatnonzero(tree.normals[split])
    return int(read[0]) if len(read) == 1 else None


def _is_lower_bound(tree: Tree, side: Side, coordinate: int) -> bool:
    """Whether the side says that the coordinate is large, rather than small."""
    return bool(side.positive) == bool(tree.normals[side.split, coordinate] > 0)


def _read_bound(tree: Tree, side: Side, coordinate: int) -> float:
    """Where a split of one coordinate, whose coefficient is 1 or -1, parts it."""
    return float(-tree.offsets[side.split] * tree.normals[side.split, coordinate])


def _is_possible(tree: Tree, path: Sequence[Side], domain: Domain) -> bool:
    """Whether a branch may hold a row of the domain's box and groups."""
    low, high = _bound_coordinates(domain)
    for side in path:
        j = _find_single(tree, side.split)
        if j is None:
            continue
        bound, lower = _read_bound(tree, side, j), _is_lower_bound(tree, side, j)
        # A side is closed where the split's form is 0; rows at the bound may be on either.
        if lower:
            low[j] = max(low[j], bound if side.positive else np.nextafter(bound, np.inf))
        else:
            high[j] = min(high[j], bound if side.positive else np.nextafter(bound, -np.inf))

    if (low > high).any():
        return False
    return all(_has_category(low, high, group) for group in domain.groups)


def _bound_coordinates(domain: Domain) -> tuple[Array, Array]:
    """(d,) and (d,): the box, narrowed by inequalities of one coordinate, rounding included."""
    low, high = domain.lower.copy(), domain.upper.copy()
    for normal, limit in zip(domain.normals, domain.limits, strict=True):
        read = np.flatnonzero(normal)
        if len(read) == 1:
            j, end = int(read[0]), float(limit / normal[read[0]])
            if normal[j] > 0:
                high[j] = min(high[j], np.nextafter(end, np.inf))
            else:
                low[j] = max(low[j], np.nextafter(end, -np.inf))

    return low, high


def _has_category(low: Array, high: Array, group: Sequence[int]) -> bool:
    """Whether one indicator of a group may be 1 while all others are 0."""
    zero = np.array([low[j] <= 0.0 <= high[j] for j in group])
    one = np.array([low[j] <= 1.0 <= high[j] for j in group])
    return any(one[i] and np.delete(zero, i).all() for i in range(len(group)))


def _choose_sides(tree: Tree, path: Sequence[Side], domain: Domain) -> Sides:
    """The sides that no other one implies: of each column the tightest, and of a group's
    indicators the one that must be 1 alone.
    """
    grouped = {j: number for number, group in enumerate(domain.groups) for j in group}
    told = {
        grouped[j]
        for side in path
        if (j := _find_single(tree, side.split)) in grouped and _is_one(tree, side, j)
    }
    needed: dict[tuple[int, bool], Side] = {}
    others: list[Side] = []
    for side in path:
        j = _find_single(tree, side.split)
        if j is None:
            others.append(side)
            continue
        if grouped.get(j) in told and not _is_one(tree, side, j):
            continue
        key = (j, _is_lower_bound(tree, side, j))
        known = needed.get(key)
        if known is None or _is_tighter(tree, side, known, key):
            needed[key] = side

    kept = {*needed.values(), *others}
    return tuple(side for side in path if side in kept)


def _is_one(tree: Tree, side: Side, coordinate: int) -> bool:
    """Whether a side of an indicator's split holds where it is 1, and not where it is 0."""
    return _is_lower_bound(tree, side, coordinate) and _read_bound(tree, side, coordinate) > 0.0


def _is_tighter(tree: Tree, side: Side, known: Side, key: tuple[int, bool]) -> bool:
    j, lower = key
    new, old = _read_bound(tree, side, j), _read_bound(tree, known, j)
    return new > old if lower else new < old
