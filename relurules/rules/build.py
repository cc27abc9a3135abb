"""Partition -> RuleSet: merge, scale the half-spaces so that they read well, number the rules."""

import numpy as np
from numpy.typing import NDArray

from relurules.ir import UNEXPLORED, Condition, HalfSpace, Head, Partition, Reduction, Region, Rule, RuleSet, Tree
from relurules.ir.network import Array
from relurules.rules.merge import merge_siblings


def build_rules(
    partition: Partition,
    outputs: tuple[str, ...],
    reduction: Reduction,
    max_error: float,
    data: Array | None,
    heads: tuple[Head, ...] = (),
) -> RuleSet:
    """One rule per cell of merged regions, numbered by the rows of `data` they hold, most first; else in tree order."""
    merged = merge_siblings(partition)
    counts = None if data is None else _count(merged, data)
    order = np.arange(len(merged)) if counts is None else np.argsort(-counts, kind="stable")
    tree, flipped = _readable(merged.tree, merged.domain.widths, np.argsort(order))
    regions = merged.regions()
    half_spaces = [
        HalfSpace(tree.normals[i], float(-tree.offsets[i]), partition.network.neurons[neuron], i)
        for i, neuron in enumerate(tree.neurons)
    ]
    rules = tuple(
        Rule(
            number=number,
            conditions=_conditions(regions[leaf], half_spaces, flipped),
            map=regions[leaf].map,
            pattern=regions[leaf].pattern,
            point=regions[leaf].point,
            rows=None if counts is None else int(counts[leaf]),
        )
        for number, leaf in enumerate(order.tolist(), start=1)
    )
    return RuleSet(outputs, merged.domain, rules, tree, merged.network, max_error, merged.complete, reduction, heads)


def _count(partition: Partition, data: Array) -> NDArray[np.intp]:
    found = partition.locate(data)
    return np.bincount(found[found >= 0], minlength=len(partition))


def _conditions(region: Region, half_spaces: list[HalfSpace], flipped: NDArray[np.bool_]) -> tuple[Condition, ...]:
    return tuple(Condition(half_spaces[split], bool(side) != bool(flipped[split])) for split, side in region.splits)


def _readable(tree: Tree, widths: Array, rank: NDArray[np.intp]) -> tuple[Tree, NDArray[np.bool_]]:
    """Scale every split so that the column that moves it most has coefficient 1; also tell where that swapped sides.

    A column's influence is |coefficient| times its width in the domain. Leaf i becomes leaf rank[i].
    """
    rows = np.arange(len(tree.neurons))
    lead = tree.normals[rows, np.argmax(np.abs(tree.normals) * widths, axis=1)] if len(rows) else np.empty(0)
    flipped = lead < 0
    children = np.where(flipped[:, None], tree.children[:, ::-1], tree.children)
    leaf = (children < 0) & (children != UNEXPLORED)
    children[leaf] = ~rank[~children[leaf]]
    readable = Tree(
        tree.neurons, tree.normals / lead[:, None] + 0.0, tree.offsets / lead + 0.0, children.astype(np.int32)
    )
    return readable, flipped
