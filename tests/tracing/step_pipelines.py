"""Pipelines of one preprocessing step and a small network, on a table with missing values, beside
the rules that are read of them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline

import relurules as rr

Array = NDArray[np.float64]
ROWS = 200
NUMBERS = ["age", "pay"]


def make_table(random: np.random.Generator, draw_pay: Callable[[], Array]) -> pd.DataFrame:
    """Rows of two numbers and a text."""
    return pd.DataFrame(
        {
            "age": random.integers(18, 80, ROWS).astype(float),
            "pay": draw_pay(),
            "job": random.choice(["clerk", "smith", "nurse"], ROWS),
        }
    ).astype({"job": object})


def after_imputer(*steps: Any) -> Any:
    """The steps, behind an imputer of the numbers."""
    return make_column_transformer((make_pipeline(SimpleImputer(), *steps), NUMBERS))


def fit_behind(step: Any, X: pd.DataFrame, y: Array) -> Any:
    """A small network behind the step."""
    mlp = MLPRegressor(hidden_layer_sizes=(2,), max_iter=20, random_state=0)
    return make_pipeline(step, mlp).fit(X, y)


def assert_same(model: Any, rows: pd.DataFrame, *, taken: int = -1, **options: Any) -> Any:
    """Rules give what the model predicts, and no rule where scikit-learn raises; the rules.

    taken: more rows than this must be such that it doesn't raise.
    """
    rules = rr.extract(model, form="additive", guard_unread=True, **options)
    found, count = rules.predict(rows)[:, 0], 0
    for i, expected in enumerate(predict_each(model.predict, rows)):
        if expected is None:
            assert np.isnan(found[i]), rows[i : i + 1]
        else:
            assert found[i] == pytest.approx(expected[0], rel=1e-9, abs=1e-9), rows[i : i + 1]
            count += 1
    assert count > taken
    return rules


def predict_each(predict: Callable[[Any], Any], rows: pd.DataFrame) -> list[Array | None]:
    """What is predicted of every row, (m,); None where ValueError is raised of it.

    Rows are given together where none raises: one by one takes scikit-learn long.
    """
    try:
        return list(np.reshape(predict(rows), (len(rows), -1)).astype(np.float64))
    except ValueError:
        if len(rows) == 1:
            return [None]
    half = len(rows) // 2
    return [*predict_each(predict, rows[:half]), *predict_each(predict, rows[half:])]
