"""Models beside the rules: what boosting is given."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from relurules.training.fit_scores import (
    ScoredRows,
    _fit_linear,
    _fit_tree,
    _join_indicators,
    _score_boosting,
)


def make_codes(n: int, categories: int) -> np.ndarray:
    """(n,) every category at least once."""
    rng = np.random.default_rng(0)
    return np.concatenate([np.arange(categories), rng.integers(0, categories, n - categories)])


def make_encoded(codes: np.ndarray, categories: int) -> np.ndarray:
    """(n, 2 + categories): a number, the indicators, a flag."""
    rng = np.random.default_rng(1)
    flag = (rng.normal(size=len(codes)) > 0) + 1.0
    return np.column_stack([rng.normal(size=len(codes)), np.eye(categories)[codes], flag])


def test_indicators_become_one_column_that_holds_the_categories() -> None:
    codes = make_codes(600, 5)
    X = make_encoded(codes, 5)
    joined, is_category = _join_indicators(X)
    assert is_category.tolist() == [False, False, True]
    np.testing.assert_array_equal(joined, np.column_stack([X[:, 0], X[:, -1], codes]))


@pytest.mark.parametrize("categories", [254, 255])
def test_boosting_takes_any_number_of_categories(categories: int) -> None:
    """One more is that of rows without any; of too many, the indicators stay."""
    codes = make_codes(2000, categories)
    X = make_encoded(codes, categories)
    joined, is_category = _join_indicators(X)
    assert is_category.any() == (categories < 255)
    assert joined.shape[1] == (3 if categories < 255 else X.shape[1])
    X[:1] *= 0.0  # a row without a category
    y = np.where(codes % 3 == 0, "no", "yes")
    places = np.arange(len(X))
    parts = {"train": places[::2], "validation": places[1::4], "test": places[3::4]}
    rows = ScoredRows(X=X, y=y, Y=(y == "yes")[:, None] * 1.0, parts=parts, task="binary")
    scores = _score_boosting(rows, 0)

    joined, is_category = _join_indicators(X)
    own = HistGradientBoostingClassifier(
        learning_rate=0.05, random_state=0, categorical_features=is_category
    ).fit(joined[rows.fitted], y[rows.fitted])
    expected = roc_auc_score(y[parts["test"]], own.decision_function(joined[parts["test"]]))
    assert scores["test"] == pytest.approx(expected, abs=1e-12)


def test_tables_without_categories_stay_as_they_are() -> None:
    X = np.random.default_rng(0).normal(size=(50, 3))
    joined, is_category = _join_indicators(X)
    np.testing.assert_array_equal(joined, X)
    assert not is_category.any()


@pytest.mark.parametrize("offset", [0.0, 1e9, -3e11])
def test_models_beside_the_rules_take_columns_far_from_zero(offset: float) -> None:
    """Newton's steps found nothing there, and a tree's floats were all one number."""
    rng = np.random.default_rng(2)
    x = np.round(rng.random(300) * 64) / 64
    y = (x + rng.normal(size=300) * 0.1 > 0.5).astype(int)
    X = np.column_stack([x + offset, rng.normal(size=300)])
    places = np.arange(300)
    parts = {"train": places[::2], "validation": places[1::4], "test": places[3::4]}
    rows = ScoredRows(X=X, y=y, Y=y[:, None] * 1.0, parts=parts, task="binary")

    for F in (_fit_linear(rows, places, None), _fit_tree(rows, places, 2, 0)):
        assert roc_auc_score(y, F[:, 0]) > 0.85
