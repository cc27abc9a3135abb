"""Constraints, weights and teachers of the estimators, as scikit-learn takes them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import relurules as rr
from relurules.training.estimators import ReLURulesClassifier, ReLURulesRegressor
from relurules.training.lines import fit_lines
from relurules.training.teacher import soften_targets

FEW: dict[str, Any] = {"form": "additive", "max_rules": 2, "random_state": 0}
#: Each parameter of lines that suits any table; one line, since checks fit hundreds of models.
ASKED: dict[str, Any] = {
    "form": "additive",
    "max_rules": 1,
    "random_state": 0,
    "signs": "data",
    "interactions": [],
    "no_interactions": [],
    "monotonic_cst": {},
    "effect_bounds": {},
    "column_groups": {},
}
EXPECTED = {"check_sample_weight_equivalence_on_dense_data": "rows are split at random"}


@pytest.fixture
def few_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what asks what goes in and comes out, not how well the number of lines is chosen."""
    monkeypatch.setattr(fit_lines, "FOLDS", 2)


@parametrize_with_checks(
    [ReLURulesClassifier(**ASKED), ReLURulesRegressor(**ASKED)],
    expected_failed_checks=lambda _: EXPECTED,
)
@pytest.mark.usefixtures("few_folds")
def test_scikit_learn_checks_of_lines(estimator: Any, check: Any) -> None:
    check(estimator)


def make_xy(n: int = 300) -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=["a", "b", "c"])
    y = 2 * np.maximum(X["a"], 0) - X["b"] + X["a"] * X["c"] + rng.normal(size=n) * 0.1
    return X, y


@pytest.mark.usefixtures("few_folds")
def test_grids_over_constraints_and_the_same_seed() -> None:
    X, y = make_xy()
    grid = {"signs": [None, "data"], "no_interactions": [None, ["a"]]}
    found = GridSearchCV(ReLURulesRegressor(**FEW), grid, cv=2).fit(X, y)
    assert found.best_params_["signs"] is None
    one = clone(found.best_estimator_).fit(X, y)
    assert np.array_equal(one.predict(X), found.best_estimator_.predict(X))


def test_constraints_hold_everywhere() -> None:
    X, y = make_xy()
    asked = {"effect_bounds": {"b": (-0.5, 0.5)}, "no_interactions": ["a & c"], "signs": "data"}
    fitted = ReLURulesRegressor(**FEW, **asked).fit(X, y)
    assert fitted.trends_["b"] == -1
    assert all(set(line.columns) != {"a", "c"} for line in fitted.rules_.lines)
    values = fitted.rules_.contributions(X)["b"]
    assert values.between(-0.5, 0.5).all()
    assert values.max() > 0.3


@pytest.mark.parametrize(
    "teacher", ["boosting", HistGradientBoostingRegressor().fit([[0]] * 9, range(9))]
)
def test_a_row_is_told_by_models_that_never_saw_it(teacher: Any) -> None:
    """Targets that nothing tells: a teacher's own fitted values would follow them."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 2)), rng.normal(size=400)
    told = 2 * soften_targets(teacher, X, y, None, classes=False, seed=0) - y
    assert abs(np.corrcoef(told, y)[0, 1]) < 0.15


def test_weights_of_a_teacher_are_the_rows_weights() -> None:
    X, y = make_xy()
    some = np.where(X["a"] > 0, 1.0, 1e-9)
    told = soften_targets(
        LinearRegression(), X.to_numpy(), y.to_numpy(), some, classes=False, seed=0
    )
    rows = X["a"] > 0
    other = LinearRegression().fit(X[rows], y[rows]).predict(X)
    assert np.corrcoef(2 * told - y, other)[0, 1] > 0.99


@pytest.mark.parametrize("kind", ["weights", "classes"])
def test_weights_are_as_rows_told_again(kind: str) -> None:
    X, y = make_xy(400)
    label = np.where(y > 0, "yes", "no")
    twice = label == "yes"
    again = pd.concat([X, X[twice]], ignore_index=True), np.concatenate([label, label[twice]])
    replicated = ReLURulesClassifier(**FEW).fit(*again).predict_proba(X)[:, 1]
    if kind == "weights":
        weighted = ReLURulesClassifier(**FEW).fit(X, label, np.where(twice, 2.0, 1.0))
    else:
        weighted = ReLURulesClassifier(**FEW, class_weight={"yes": 2, "no": 1}).fit(X, label)
    plain = ReLURulesClassifier(**FEW).fit(X, label).predict_proba(X)[:, 1]
    found = weighted.predict_proba(X)[:, 1]
    assert abs(found.mean() - replicated.mean()) < 0.3 * abs(plain.mean() - replicated.mean())
    assert np.corrcoef(found, replicated)[0, 1] > 0.97


def test_imputers_with_indicators_are_traced() -> None:
    X, y = make_xy(200)
    X.loc[::5, "a"] = np.nan
    steps = [SimpleImputer(add_indicator=True), StandardScaler()]
    model = make_pipeline(
        *steps, MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", max_iter=2000, random_state=0)
    ).fit(X, y)
    rules = rr.extract(model, data=X)
    assert [column.name for column in rules.domain.columns] == ["a", "a is missing", "b", "c"]
    assert rules.predict(X)[:, 0] == pytest.approx(model.predict(X), abs=1e-9)
