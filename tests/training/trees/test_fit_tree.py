"""Trees of linear models: known ones are found again, budgets are kept."""

import numpy as np
import pytest

from relurules.training.targets import weigh_rows
from relurules.training.task import Rows
from relurules.training.trees.fit_tree import TreeSettings, fit_tree, round_between
from relurules.training.trees.leaf_models import LeafRows, fit_leaf, limit_terms
from relurules.training.trees.split_search import choose_split, list_thresholds


def make_jumping_rows(rows: int = 1200, seed: int = 0) -> Rows:
    """y = 2 a + b below a = 3, and 10 - a + 3 c from there on, where c is the third column."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(0, 7, rows), rng.normal(size=(rows, 3))]).astype(float)
    low = 2 * X[:, 0] + X[:, 1]
    high = 10 - X[:, 0] + 3 * X[:, 2]
    return weigh_rows(X, np.where(X[:, 0] < 3, low, high)[:, None], None)


def test_a_known_tree_is_found_again() -> None:
    """Two leaves, the split between 2 and 3, and both formulas but for the ridge."""
    rows = make_jumping_rows()
    tree = fit_tree(rows, "regression", TreeSettings(leaves=2, terms=2)).tree
    assert len(tree.maps.constants) == 2
    np.testing.assert_allclose(tree.tree.normals, [[1, 0, 0, 0]])
    assert 2.25 <= -tree.tree.offsets[0] <= 2.75
    low, high = tree.maps.weights[:, 0]
    np.testing.assert_allclose(low, [2, 1, 0, 0], atol=0.05)
    np.testing.assert_allclose(high, [-1, 0, 3, 0], atol=0.05)
    assert (low[2:] == 0).all()
    assert high[1] == 0 == high[3]


def test_a_linear_function_stays_one_formula() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(600, 3))
    y = X @ [1.0, -2.0, 0.5] + rng.normal(scale=0.5, size=600)
    found = fit_tree(weigh_rows(X, y[:, None], None), "regression", TreeSettings(leaves=8))
    assert len(found.tree.maps.constants) == 1
    assert found.front["rules"].tolist() == [*range(1, 9)]
    assert found.chosen == 0


def test_budgets_of_columns_and_terms_are_kept() -> None:
    rows = make_jumping_rows(seed=2)
    tree = fit_tree(rows, "regression", TreeSettings(leaves=8, columns=2, terms=1)).tree
    assert tree.reads.sum() <= 2
    assert ((tree.maps.weights != 0).sum(axis=2) <= 1).all()


def test_classes_are_told_by_logistic_models() -> None:
    """The log odds jump where a passes 3; the same seed gives the same tree."""
    rows = make_jumping_rows(4000, seed=3)
    p = 1 / (1 + np.exp(-(rows.Y[:, 0] - 4)))
    told = (np.random.default_rng(3).random(len(p)) < p).astype(float)[:, None]
    own = weigh_rows(rows.X, told, None)
    first, second = (fit_tree(own, "binary", TreeSettings(leaves=4, seed=1)).tree for _ in range(2))
    assert first.tree.normals[0].tolist() == [1, 0, 0, 0]
    np.testing.assert_array_equal(first.evaluate(rows.X), second.evaluate(rows.X))
    off = np.abs(first.evaluate(rows.X)[:, 0] - (rows.Y[:, 0] - 4))
    assert np.median(off) < 0.5


def test_the_gain_of_a_split_is_what_two_fits_gain() -> None:
    """Of numbers it is no estimate: the loss of the whole less those of both sides."""
    rows = make_jumping_rows(400, seed=4)
    leaf = LeafRows(
        X=np.column_stack([rows.X, np.ones(400)]), y=rows.Y[:, 0], weights=rows.weights,
        classes=False,
    )  # fmt: skip
    model, ridge = fit_leaf(leaf, np.zeros(5), 1.0), 1.0
    found = choose_split(leaf, model, ridge, 20, list_thresholds(rows.X))
    assert found is not None
    assert (found.column, found.threshold) == (0, 2.5)
    after = 0.0
    for side in (rows.X[:, 0] <= 2.5, rows.X[:, 0] > 2.5):
        part = leaf.part(np.flatnonzero(side))
        own = fit_leaf(part, model, ridge)
        penalty = np.append(np.full(4, ridge), ridge * 1e-6)
        after += part.loss(part.X @ own).sum() + 0.5 * penalty @ (own - model) ** 2
    assert found.gain == pytest.approx(leaf.loss(leaf.X @ model).sum() - after, rel=1e-9)


def test_a_column_that_does_not_vary_is_a_part_of_the_constant() -> None:
    X = np.column_stack([np.full(50, 2.0), np.linspace(0, 1, 50), np.ones(50)])
    leaf = LeafRows(X=X, y=3 * X[:, 1], weights=np.ones(50), classes=False)
    model = limit_terms(leaf, np.array([5.0, 3.0, -10.0]), 1e-6, 1)
    np.testing.assert_allclose(model, [0, 3, 0], atol=1e-5)


@pytest.mark.parametrize(
    ("values", "threshold", "expected"),
    [
        ([12, 13], 12.5, 12.5),
        ([0.31, 0.36], 0.335, 0.34),
        ([100, 900], 500, 500),
        ([0, 1], 0.5, 0.5),
    ],
)
def test_thresholds_have_few_digits_and_stay_clear_of_values(
    values: list[float], threshold: float, expected: float
) -> None:
    assert round_between(np.array(values, dtype=float), threshold) == expected


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_a_split_is_found_beside_many_categories(task: str) -> None:
    """800 rows, and 60 coordinates of five columns of categories that say little."""
    rng = np.random.default_rng(5)
    marks = [np.eye(12)[rng.integers(12, size=800)] for _ in range(5)]
    number, other = rng.uniform(-2, 2, (2, 800))
    score = np.where(number > 0.5, 3 * other, -3 * other) + 0.3 * marks[0][:, 0]
    y = score + rng.normal(scale=0.3, size=800)
    if task == "binary":
        y = (rng.random(800) < 1 / (1 + np.exp(-score))).astype(float)
    rows = weigh_rows(np.column_stack([number, other, *marks]), y[:, None], None)

    found = fit_tree(rows, task, TreeSettings(leaves=3))
    assert found.folds == 5
    first = found.tree.tree
    assert np.flatnonzero(first.normals[0]).tolist() == [0]
    assert first.normals[0, 0] * 0.3 < -first.offsets[0] < first.normals[0, 0] * 0.7
    gained = found.front["validation"].tolist()
    assert gained[found.chosen] > gained[0] + 0.2
