"""A tree of linear models, grown by the leaf that gains most."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from relurules.ir.limits import NEVER, Deadline
from relurules.ir.network import Array
from relurules.training.trees.leaf_models import LeafRows, fit_leaf, limit_terms
from relurules.training.trees.split_search import SplitChoice, choose_split, list_thresholds


@dataclass(frozen=True, kw_only=True)
class GrowthLimits:
    """What a tree may become. leaves: at most so many; ridge: of each leaf's model, towards that
    of the leaf it was a part of; least: rows of a leaf at least; terms: columns that a leaf's model
    reads at most, None for any number; split_by: (d,) columns to split by, None for all.
    """

    leaves: int
    ridge: float
    least: int
    terms: int | None = None
    split_by: NDArray[np.bool_] | None = None
    deadline: Deadline = NEVER


@dataclass
class GrownNode:
    """A node: rows that it holds, its model, (d + 1,), and its split with both sides' nodes."""

    rows: NDArray[np.intp]
    model: Array
    split: SplitChoice | None = None
    sides: tuple[int, int] = (0, 0)


@dataclass
class GrownTree:
    """Nodes, the root first, and which of them were split, in that order."""

    nodes: list[GrownNode]
    order: list[int] = field(default_factory=list)

    @property
    def leaves(self) -> list[int]:
        """Nodes that weren't split."""
        return [i for i, node in enumerate(self.nodes) if node.split is None]

    def route(self, X: Array) -> NDArray[np.intp]:
        """(N, d + 1) -> (N,) the leaf of every row, as the number of its node."""
        at = np.zeros(len(X), dtype=np.intp)
        for i in self.order:
            split, (low, high) = self.nodes[i].split, self.nodes[i].sides
            here = np.flatnonzero(at == i)
            if split is not None:
                at[here] = np.where(X[here, split.column] > split.threshold, high, low)
        return at

    def evaluate(self, X: Array) -> Array:
        """(N, d + 1) -> (N,) scores."""
        models = np.array([node.model for node in self.nodes])
        return np.asarray((X * models[self.route(X)]).sum(axis=1))


def grow_tree(
    rows: LeafRows,
    limits: GrowthLimits,
    watched: Callable[[GrownTree], None] | None = None,
) -> GrownTree:
    """Split the leaf that gains most, until there are so many leaves or none gains anything.

    After J. R. Quinlan, "Learning with continuous classes", 1992, and N. Landwehr, M. Hall and
    E. Frank, "Logistic model trees", 2005; splits are judged by what both sides' models gain, and
    each model is drawn to the one above it, which smooths as theirs do. watched: told of the tree
    with one leaf, and after each split. Ends earlier at the deadline.
    """
    thresholds = list_thresholds(rows.X[:, :-1])
    if limits.split_by is not None:
        thresholds = [
            tried if taken else tried[:0]
            for tried, taken in zip(thresholds, limits.split_by.tolist(), strict=True)
        ]
    everything = np.arange(len(rows.X))
    first = fit_leaf(rows, np.zeros(rows.X.shape[1]), limits.ridge)
    tree = GrownTree([GrownNode(everything, first)])
    open_splits: dict[int, SplitChoice] = {}

    def look(i: int) -> None:
        node = tree.nodes[i]
        if len(node.rows) < 2 * limits.least:
            return
        part = rows.part(node.rows)
        found = choose_split(part, node.model, limits.ridge, limits.least, thresholds)
        if found is not None:
            open_splits[i] = found

    look(0)
    if watched is not None:
        watched(tree)

    while len(tree.order) + 1 < limits.leaves and open_splits and not limits.deadline.is_over():
        at = max(open_splits, key=lambda i: open_splits[i].gain)
        _split_node(tree, at, open_splits.pop(at), rows, limits)
        for side in tree.nodes[at].sides:
            look(side)
        if watched is not None:
            watched(tree)

    return tree


def _split_node(
    tree: GrownTree, at: int, split: SplitChoice, rows: LeafRows, limits: GrowthLimits
) -> None:
    node = tree.nodes[at]
    high = rows.X[node.rows, split.column] > split.threshold
    first = len(tree.nodes)
    for part in (node.rows[~high], node.rows[high]):
        tree.nodes.append(GrownNode(part, fit_leaf(rows.part(part), node.model, limits.ridge)))

    node.split, node.sides = split, (first, first + 1)
    tree.order.append(at)


def shorten_models(tree: GrownTree, rows: LeafRows, limits: GrowthLimits) -> None:
    """Leave each leaf's model the columns that matter most to it, in place."""
    if limits.terms is None:
        return
    for i in tree.leaves:
        node = tree.nodes[i]
        node.model = limit_terms(rows.part(node.rows), node.model, limits.ridge, limits.terms)
