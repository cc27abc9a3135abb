"""Which columns a tree of linear models may read, where all of its rules together may read few."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from relurules.training.trees.growth import GrownTree, GrowthLimits, grow_tree
from relurules.training.trees.leaf_models import LeafRows

#: The share of the columns still read that goes in one round, one at least.
_DROPPED = 0.3


def choose_columns(rows: LeafRows, limits: GrowthLimits, most: int, seed: int) -> NDArray[np.intp]:
    """Places of at most so many columns, in their order: those go whose values matter least to the
    loss of a tree, some at a time.

    What a column matters is what the loss rises by when its values are shuffled among the rows,
    after L. Breiman, "Random forests", 2001.
    """
    kept = np.flatnonzero(np.ptp(rows.X[:, :-1], axis=0) > 0)
    order = np.random.default_rng(seed).permutation(len(rows.X))
    while len(kept) > most and len(kept) > 1:
        part = select_columns(rows, kept)
        tree = grow_tree(part, limits)
        matter = [_measure_shuffle(part, j, order, tree) for j in range(len(kept))]
        dropped = min(len(kept) - most, max(1, int(_DROPPED * len(kept))))
        kept = np.sort(kept[np.argsort(matter, kind="stable")[dropped:]])

    return kept


def select_columns(rows: LeafRows, kept: NDArray[np.intp]) -> LeafRows:
    """The rows with these columns alone, and the 1 at their end."""
    return replace(rows, X=rows.X[:, np.append(kept, rows.X.shape[1] - 1)])


def _measure_shuffle(
    rows: LeafRows, column: int, order: NDArray[np.intp], tree: GrownTree
) -> float:
    X = rows.X.copy()
    X[:, column] = X[order, column]
    return float(rows.loss(tree.evaluate(X)).sum())
