"""Siblings of a partition's tree with the same map become one leaf: all of a tree at once, on
arrays.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir import UNEXPLORED, Tree
from relurules.rules.pieces import PiecewiseFunction, is_same_form

Indices = NDArray[np.intp]

#: Numbers of maps that are compared at once.
_BLOCK = 2**22


class SiblingMerge(NamedTuple):
    """A smaller tree. splits: (S',) which of the partition's its splits are; first: (P,) the region
    of each leaf.

    leaf_of: (R,) which leaf every region has become a part of; a leaf's map is that of its first
    region.
    """

    tree: Tree
    splits: Indices
    first: Indices
    leaf_of: Indices


def merge_equal_siblings(ground: PiecewiseFunction) -> SiblingMerge:
    """Merge bottom-up, as long as both children are one leaf each and have the same map."""
    tree, R = ground.partition.tree, len(ground.partition)
    if not len(tree.neurons):
        return SiblingMerge(tree, np.empty(0, np.intp), np.zeros(1, np.intp), np.zeros(R, np.intp))

    stands = _find_common_regions(ground, tree)
    alive = np.flatnonzero(stands < 0)
    first = np.sort(_collect_leaf_regions(tree, stands))
    region_leaf = np.full(R, -1)
    region_leaf[first] = np.arange(len(first))
    number = np.full(len(stands), -1)
    number[alive] = np.arange(len(alive))
    children = tree.children[alive].astype(np.int64)
    inner = children >= 0
    child = np.where(inner, children, 0)
    ends = np.where(stands[child] >= 0, ~region_leaf[stands[child]], number[child])
    leaves = ~region_leaf[np.where((children < 0) & (children != UNEXPLORED), ~children, 0)]
    moved = np.where(inner, ends, np.where(children == UNEXPLORED, UNEXPLORED, leaves))
    smaller = Tree(
        tree.neurons[alive], tree.normals[alive], tree.offsets[alive], moved.astype(np.int32)
    )

    return SiblingMerge(smaller, alive, first, region_leaf[_find_representatives(tree, stands, R)])


def _find_common_regions(ground: PiecewiseFunction, tree: Tree) -> Indices:
    """(S,) the region whose map is that of all below a split, -1 where there is none."""
    stands = np.full(len(tree.neurons), -1, dtype=np.intp)
    above = np.array(tree.above[0]) >> 1
    asked = np.arange(len(stands))

    while len(asked):
        pairs = tree.children[asked].astype(np.int64)
        regions = np.where(
            pairs >= 0, stands[np.maximum(pairs, 0)], np.where(pairs == UNEXPLORED, -1, ~pairs)
        )
        asked, regions = asked[(regions >= 0).all(axis=1)], regions[(regions >= 0).all(axis=1)]
        same = _compare_maps(ground, regions)
        stands[asked[same]] = regions[same, 0]
        asked = np.unique(above[asked[same]])
        asked = asked[asked >= 0]

    return stands


def _compare_maps(ground: PiecewiseFunction, pairs: Indices) -> NDArray[np.bool_]:
    """(n,) whether two regions have the same map."""
    forms = ground.forms
    step = max(1, _BLOCK // max(1, forms[0].size))
    found = [np.empty(0, dtype=np.bool_)]
    for start in range(0, len(pairs), step):
        one, other = pairs[start : start + step].T
        found.append(is_same_form(forms[one], forms[other]))
    return np.concatenate(found)


def _collect_leaf_regions(tree: Tree, stands: Indices) -> Indices:
    """The regions that stand for the leaves of the smaller tree."""
    if stands[0] >= 0:
        return stands[:1]

    children = tree.children[stands < 0].astype(np.int64).ravel()
    regions = np.where(
        children >= 0,
        stands[np.maximum(children, 0)],
        np.where(children == UNEXPLORED, -1, ~children),
    )

    return np.asarray(regions[regions >= 0])


def _find_representatives(tree: Tree, stands: Indices, R: int) -> Indices:
    """(R,) the region that stands for each one in the end."""
    above = np.array(tree.above[0]) >> 1
    inside = (above >= 0) & (stands[np.maximum(above, 0)] >= 0)
    top = np.where(inside, above, np.arange(len(stands)))
    while not np.array_equal(further := top[top], top):
        top = further
    own = np.array(tree.above[1])[:R] >> 1
    return np.where(stands[own] >= 0, stands[top[own]], np.arange(R))
