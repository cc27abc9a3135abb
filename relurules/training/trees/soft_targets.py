"""Targets softened by what many other trees expect of rows that they weren't fitted to.

The outcome of one row tells little of its odds. Trees of other rows and columns, averaged (L.
Breiman, "Bagging predictors", 1996; T. K. Ho, "The random subspace method", 1998), tell more, so a
tree that is fitted to half of each finds better splits and formulas (L. Breiman and N. Shang, "Born
again trees", 1996). It is the same step as with a teacher, by trees of the same kind.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.training.trees.growth import GrowthLimits, grow_tree
from relurules.training.trees.leaf_models import LeafRows

#: Trees for each part of the rows, and their leaves and ridge: larger than the tree that is wanted,
#: as their mean varies less than each of them.
_TREES, _LEAVES, _RIDGE = 4, 12, 30.0
#: The share of the rows that each is fitted to, and that of the columns that it may split by.
_ROW_SHARE, _COLUMN_SHARE = 0.7, 0.5
#: What is theirs of a softened target.
_SHARE = 0.5


def soften_by_trees(
    rows: LeafRows,
    parts: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]],
    limits: GrowthLimits,
    seed: int,
) -> Array:
    """(N,) half the target, half what trees expect that weren't fitted to the row.

    parts: of every fold the rows to fit to and the others; together the others are all rows. The
    same seed gives the same. After the deadline of the limits, no further tree is grown: then a
    target is that of the row where no tree spoke.
    """
    rng = np.random.default_rng(seed)
    limits = replace(limits, leaves=_LEAVES, ridge=_RIDGE, terms=None)
    told, count = np.zeros(len(rows.X)), np.zeros(len(rows.X))

    for training, others in parts:
        for _ in range(_TREES):
            if limits.deadline.is_over():
                break
            drawn = training[rng.random(len(training)) < _ROW_SHARE]
            split_by = rng.random(rows.X.shape[1] - 1) < _COLUMN_SHARE
            tree = grow_tree(rows.part(drawn), replace(limits, split_by=split_by))
            told[others] += rows.expect(tree.evaluate(rows.X[others]))
            count[others] += 1.0

    spoken = count > 0
    expected = np.where(spoken, told / np.maximum(count, 1.0), rows.y)
    return np.asarray((1 - _SHARE) * rows.y + _SHARE * expected)
