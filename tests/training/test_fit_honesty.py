"""Scores of validation rows are of models that weren't fitted to them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

import relurules as rr
from relurules.errors import DataError
from relurules.training.table_fit import Fitted


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """300 rows of noise alone: what is fitted to does better than what isn't."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(300, 12)), columns=list("abcdefghijkl"))
    frame["y"] = frame["a"] + rng.normal(scale=3.0, size=300)
    return frame


@pytest.fixture(scope="module")
def rules(table: pd.DataFrame) -> Fitted:
    return rr.fit(table, "y", form="partition", max_rules=2, seed=1)


@pytest.mark.parametrize("form", ["partition", "additive"])
def test_validation_scores_are_honest(form: str, table: pd.DataFrame, rules: Fitted) -> None:
    fitted = rules if form == "partition" else rr.fit(table, "y", max_rules=2, seed=1)
    estimator, report = fitted.estimator, fitted.report
    told = estimator.front_["validation"].tolist()[estimator.chosen_]
    assert report.loc["the rules", "validation"] == told

    X, y = np.asarray(fitted.frame, dtype=float), table["y"].to_numpy()
    some, others = fitted.places["train"], fitted.places["validation"]
    straight = LinearRegression().fit(X[some], y[some])
    assert report.loc["linear regression", "validation"] == pytest.approx(
        r2_score(y[others], straight.predict(X[others])), abs=1e-9
    )
    every = np.sort(np.concatenate([some, others]))
    straight = LinearRegression().fit(X[every], y[every])
    for part in ("train", "test"):
        own = fitted.places[part]
        assert report.loc["linear regression", part] == pytest.approx(
            r2_score(y[own], straight.predict(X[own])), abs=1e-9
        )
    # What boosting is fitted to it knows by heart.
    assert report.loc["boosting", "validation"] < report.loc["boosting", "train"] - 0.3


def test_the_summary_says_what_validation_is(rules: Fitted, tmp_path: Path) -> None:
    rules.save(tmp_path)
    said = " ".join((tmp_path / "summary.txt").read_text().split())
    assert "(validation: of models that weren't fitted to these rows" in said
    assert "rules (the mean over 5 parts of all but the test rows, in turn); " in said
    assert "; all were then fitted to them as well" in said  # no network was trained first
    assert "at first" not in said


def test_classes_that_are_one_float_are_to_be_texts() -> None:
    """Otherwise they were said to be the same in all rows."""
    table = pd.DataFrame({"x": np.arange(60.0), "y": 2**53 + np.arange(60) % 2})
    with pytest.raises(DataError, match="are told apart up to"):
        rr.fit(table, "y")
