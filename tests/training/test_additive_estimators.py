"""The estimators and `fit` with form="additive"."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.svm import LinearSVC
from typer.testing import CliRunner

import relurules as rr
from relurules.cli.main import app
from relurules.errors import DataError, UnsupportedError
from relurules.ir import AdditiveRules
from relurules.training.estimators import ReLURulesClassifier, ReLURulesRegressor
from relurules.training.teacher import soften_targets

FEW: dict[str, Any] = {"form": "additive", "max_rules": 2, "random_state": 0}


def make_xy(n: int = 200) -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n) * 10})
    return X, 2 * np.maximum(X["a"], 0) + X["b"] / 20 + rng.normal(size=n) * 0.1


def test_a_regressor_is_its_lines() -> None:
    X, y = make_xy()
    fitted = ReLURulesRegressor(**FEW).fit(X, y)
    assert isinstance(fitted.rules_, AdditiveRules)
    assert 1 <= len(fitted.rules_) <= 2
    assert fitted.rules_.predict(X)[:, 0] == pytest.approx(fitted.predict(X), abs=1e-9)
    assert fitted.score(X, y) > 0.97
    assert fitted.dense_network_ is None
    assert fitted.front_["lines"].iloc[fitted.chosen_] == len(fitted.network_)


def test_monotone_columns_by_place_and_by_name() -> None:
    X, y = make_xy()
    for given in ([-1, 0], {"a": -1}):
        fitted = ReLURulesRegressor(**FEW, monotonic_cst=given).fit(X, y)
        grid = pd.DataFrame({"a": np.linspace(-9, 9, 500), "b": 0.0})
        assert np.diff(fitted.predict(grid)).max() <= 1e-12


def test_class_weights_move_the_probabilities() -> None:
    X, y = make_xy(400)
    rare = y + np.random.default_rng(2).normal(size=len(y)) * 2 > 3
    plain, balanced = (
        ReLURulesClassifier(**FEW, class_weight=weight).fit(X, rare)
        for weight in (None, "balanced")
    )
    assert balanced.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.05
    with pytest.raises(UnsupportedError, match="sample_weight"):
        ReLURulesRegressor(**FEW, class_weight="balanced").fit(X, y)


@pytest.mark.parametrize("teacher", ["boosting", LogisticRegression()])
def test_teachers(teacher: Any) -> None:
    X, y = make_xy()
    fitted = ReLURulesClassifier(**FEW, teacher=teacher).fit(X, y > 0)
    assert fitted.score(X, y > 0) > 0.85
    assert not hasattr(teacher, "classes_")  # it is left as it is


def test_teachers_that_tell_no_probabilities() -> None:
    X, y = make_xy()
    with pytest.raises(UnsupportedError, match="no predict_proba"):
        ReLURulesClassifier(**FEW, teacher=LinearSVC()).fit(X, y > 0)
    with pytest.raises(UnsupportedError, match="'boosting'"):
        ReLURulesClassifier(**FEW, teacher="trees").fit(X, y > 0)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"form": "trees"}, UnsupportedError, "partition, additive"),
        ({"max_terms": 3}, UnsupportedError, "max_columns"),
        ({"form": "partition", "monotonic_cst": {"a": 1}}, UnsupportedError, "form='additive'"),
        ({"max_condition_columns": 4}, UnsupportedError, "1, 2 and 3"),
        ({"max_columns": 0}, DataError, "at least 1"),
        ({"monotonic_cst": [1]}, DataError, "2 numbers"),
    ],
)
def test_parameters_that_don_t_fit(given: Any, error: type[Exception], message: str) -> None:
    X, y = make_xy()
    with pytest.raises(error, match=message):
        ReLURulesRegressor(**{**FEW, **given}).fit(X, y)


def test_grids_and_clones() -> None:
    X, y = make_xy(120)
    search = GridSearchCV(ReLURulesRegressor(**FEW), {"max_condition_columns": [1, 2]}, cv=2)
    assert search.fit(X, y).best_score_ > 0.9
    assert clone(search.best_estimator_).get_params()["form"] == "additive"


def make_loans(n: int = 160) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "late": rng.integers(0, 7, n),
            "limit": rng.normal(size=n) * 1000 + 5000,
            "job": rng.choice(["cook", "clerk", "smith"], n),
        }
    )
    z = frame["late"] - 3 + (frame["job"] == "cook") * 2 + rng.normal(size=n)
    return frame.assign(verdict=np.where(z > 0, "bad", "good"))


@pytest.mark.parametrize("positive", ["bad", "good", None])
def test_fit_keeps_the_trend_of_the_positive_class(positive: str | None) -> None:
    """The second class, good, where none is named: the score may only rise with what is late."""
    frame = make_loans()
    fitted = rr.fit(
        frame, "verdict", form="additive", max_rules=2, monotone={"late": 1}, positive=positive
    )
    rows = fitted.frame[fitted.frame["late"] < 6]  # the domain ends at 6
    more = rows.assign(late=rows["late"] + 1)
    change = fitted.rules.predict_scores(more) - fitted.rules.predict_scores(rows)
    assert change.min() >= -1e-12
    assert (change.max() > 0.1) == (positive == "bad")


def test_fit_writes_its_folder(tmp_path: Path) -> None:
    frame = make_loans()
    frame.to_csv(tmp_path / "loans.csv", index=False)
    options = ["--form", "additive", "--max-rules", "2", "--positive", "bad", "--teacher"]
    options += ["boosting", "--monotone", "late=1", "--monotone", "limit=-1", "--max-columns", "2"]
    out = ["--target", "verdict", "--out", str(tmp_path / "model")]
    ran = CliRunner().invoke(app, ["fit", str(tmp_path / "loans.csv"), *out, *options])
    assert ran.exit_code == 0, ran.output
    summary = (tmp_path / "model" / "summary.txt").read_text()
    assert "monotone   the score goes late up, limit down; everywhere" in summary
    assert "teacher    boosting" in summary
    rules = rr.load(tmp_path / "model" / "rules.json")
    assert isinstance(rules, AdditiveRules)
    assert len(rules) <= 2
    assert rules.read_coordinates.sum() <= 4


@pytest.mark.parametrize("text", ["late", "late=2", "=1", "late=up"])
def test_trends_that_can_t_be_read(tmp_path: Path, text: str) -> None:
    make_loans().to_csv(tmp_path / "loans.csv", index=False)
    given = ["fit", str(tmp_path / "loans.csv"), "--target", "verdict", "--form", "additive"]
    ran = CliRunner().invoke(app, [*given, "--monotone", text])
    assert ran.exit_code != 0


def test_fit_refuses_trends_of_partition_rules() -> None:
    with pytest.raises(UnsupportedError, match="form='additive'"):
        rr.fit(make_loans(), "verdict", form="partition", monotone={"late": 1})


def test_teachers_of_more_classes() -> None:
    """Rows keep half of their own class, and shares sum to 1, also of a class that a fold lacks."""
    X, y = make_xy(60)
    levels = np.digitize(y, [0.0, 1.0])
    levels[y.argmax()] = 3
    found = soften_targets(LogisticRegression(), X.to_numpy(), levels, None, classes=True, seed=0)
    assert found.shape == (60, 4)
    assert found.sum(axis=1) == pytest.approx(np.ones(60))
    assert (found[np.arange(60), levels] >= 0.5).all()


@pytest.mark.parametrize("name", ["monotonic_cst", "signs", "effect_bounds"])
def test_what_more_classes_can_t_keep(name: str) -> None:
    X, y = make_xy(60)
    given = {"monotonic_cst": [1, 0], "signs": "data", "effect_bounds": {"a": (-1, 1)}}[name]
    with pytest.raises(UnsupportedError, match=f"{name} with 3 classes"):
        ReLURulesClassifier(**FEW, **{name: given}).fit(X, np.digitize(y, [0.0, 1.0]))


def test_tags_say_that_trends_are_of_two_classes() -> None:
    for given, several in (({}, True), ({"signs": "data"}, False)):
        tags = ReLURulesClassifier(**FEW, **given).__sklearn_tags__()
        assert tags.classifier_tags.multi_class is several
