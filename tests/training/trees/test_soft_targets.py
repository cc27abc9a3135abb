"""Targets that trees soften: by trees of other rows, and nearer to the odds than the rows are."""

from dataclasses import replace

import numpy as np
import pytest

from relurules.ir.limits import Deadline
from relurules.ir.network import Array
from relurules.training.trees.fit_tree import deal_parts
from relurules.training.trees.growth import GrowthLimits
from relurules.training.trees.leaf_models import LeafRows
from relurules.training.trees.soft_targets import soften_by_trees

LIMITS = GrowthLimits(leaves=8, ridge=1.0, least=40)


@pytest.fixture(scope="module")
def drawn() -> tuple[LeafRows, Array]:
    """900 rows of two classes, and their odds, which jump."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(900, 3)), np.ones(900)])
    odds = 1 / (1 + np.exp(-np.where(X[:, 0] > 0, 2 * X[:, 1], -2.0)))
    y = (rng.random(900) < odds).astype(float)
    return LeafRows(X=X, y=y, weights=np.ones(900), classes=True), odds


def test_no_row_is_told_by_a_tree_that_knows_it(drawn: tuple[LeafRows, Array]) -> None:
    rows, _ = drawn
    parts = deal_parts(rows, 3, seed=0)
    assert np.array_equal(np.sort(np.concatenate([others for _, others in parts])), np.arange(900))
    own = parts[0][1]
    other = rows.y.copy()
    other[own] = 1 - other[own]
    first, second = (
        soften_by_trees(given, parts, LIMITS, seed=0) - given.y / 2
        for given in (rows, replace(rows, y=other))
    )
    np.testing.assert_allclose(first[own], second[own], atol=1e-12)
    assert np.abs(first - second).max() > 0.01  # the others' trees know these rows


def test_softened_targets_are_nearer_to_the_odds(drawn: tuple[LeafRows, Array]) -> None:
    rows, odds = drawn
    soft = soften_by_trees(rows, deal_parts(rows, 3, seed=0), LIMITS, seed=0)
    assert ((soft - odds) ** 2).mean() < 0.45 * ((rows.y - odds) ** 2).mean()


def test_without_time_targets_stay_as_they_are(drawn: tuple[LeafRows, Array]) -> None:
    rows, _ = drawn
    limits = replace(LIMITS, deadline=Deadline.after(0.0))
    soft = soften_by_trees(rows, deal_parts(rows, 3, seed=0), limits, seed=0)
    np.testing.assert_array_equal(soft, rows.y)
