"""Sibling cells on which the network is the same affine map become one."""

from dataclasses import replace

import numpy as np

from relurules.ir import UNEXPLORED, Partition, Tree

#: Maps count as the same when they differ by less than this share of the network's absolute terms over the domain.
_ROUNDING = 1e-13


def merge_siblings(partition: Partition) -> Partition:
    """Merge, bottom-up, the two leaves of a split that carry the same map; a union of siblings is their parent's cell.

    Each merged cell keeps the pattern and the interior point of one of its regions.
    """
    tree, frame = partition.tree, partition.frame
    reach = np.abs(frame.origin) + frame.scale
    maps = [partition.network.affine_map(pattern) for pattern in partition.patterns]
    least = _ROUNDING * partition.network.magnitude(reach[None, :])[0]

    def same(one: int, other: int) -> bool:
        weights = np.abs(maps[one].weights - maps[other].weights) @ reach
        return bool((weights + np.abs(maps[one].constants - maps[other].constants) <= least).all())

    children = tree.children.copy()
    stands_for = np.arange(len(children), dtype=np.int64)  # a split, or ~leaf once both its children are that leaf
    for split in reversed(range(len(children))):
        below = [int(stands_for[child]) if child >= 0 else int(child) for child in children[split]]
        children[split] = below
        if UNEXPLORED not in below and max(below) < 0 and same(~below[0], ~below[1]):
            stands_for[split] = below[0]
    return _compact(partition, replace(tree, children=children), int(stands_for[0]) if len(children) else -1)


def _compact(partition: Partition, tree: Tree, root: int) -> Partition:
    """Renumber what the root still reaches; splits keep their order, and so do leaves."""
    splits, leaves, stack = set(), set(), [root]
    while stack:
        at = stack.pop()
        if at >= 0:
            splits.add(at)
            stack.extend(tree.children[at].tolist())
        elif at != UNEXPLORED:
            leaves.add(~at)
    split_list, leaf_list = sorted(splits), sorted(leaves)
    number = {old: new for new, old in enumerate(split_list)} | {~old: ~new for new, old in enumerate(leaf_list)}
    number[UNEXPLORED] = UNEXPLORED
    children = [[number[child] for child in tree.children[old].tolist()] for old in split_list]
    smaller = Tree(
        tree.neurons[split_list],
        tree.normals[split_list],
        tree.offsets[split_list],
        np.array(children, dtype=np.int32).reshape(-1, 2),
    )
    return replace(partition, tree=smaller, patterns=partition.patterns[leaf_list], points=partition.points[leaf_list])
