"""The estimators as scikit-learn meets them, and as the rest of the package does."""

import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import relurules as rr
from relurules.errors import DataError, ModelError, UnsupportedError
from relurules.training.estimators import ReLURulesClassifier, ReLURulesRegressor

QUICK: dict[str, Any] = {
    "hidden_layer_sizes": (6,),
    "max_epochs": 20,
    "max_rules": 4,
    "random_state": 0,
}
#: The smallest of which neurons go; checks fit hundreds, and ask what goes in and comes out.
SMALLEST = {**QUICK, "hidden_layer_sizes": (3,), "max_epochs": 10, "max_rules": 2}
#: Small batches, the split, and the order of rows are random, so a row of weight 2 isn't the same
#: as two rows.
STOCHASTIC = {
    "check_sample_weight_equivalence_on_dense_data": "rows are split and batched at random"
}


@parametrize_with_checks(
    [ReLURulesClassifier(**SMALLEST), ReLURulesRegressor(**SMALLEST)],
    expected_failed_checks=lambda _: STOCHASTIC,
)
def test_scikit_learn_checks(estimator: Any, check: Any) -> None:
    check(estimator)


def rows(n: int = 300, d: int = 3) -> tuple[Any, Any]:
    X = np.random.default_rng(0).normal(size=(n, d)) * [1, 10, 100] + [0, 5, 0]
    return X, np.maximum(X[:, 0], 0) * 3 - np.abs(X[:, 1] - 5) / 10


def quick(kind: Any, **how: Any) -> Any:
    return kind(**{**QUICK, **how})


def same_as_rules(estimator: Any, X: Any) -> None:
    shown = (
        estimator.predict_proba(X)
        if hasattr(estimator, "classes_")
        else estimator.predict(X)[:, None]
    )
    assert np.abs(estimator.rules_.predict(X) - shown).max() <= 1e-9
    assert np.abs(rr.trace(estimator).evaluate(np.asarray(X, dtype=float)) - shown).max() <= 1e-9


def test_regressor_is_its_rules() -> None:
    X, y = rows()
    fitted = quick(ReLURulesRegressor, max_rules=8).fit(X, y)
    assert fitted.score(X, y) > 0.9
    assert 1 < len(fitted.rules_) <= 8
    assert sum(rule.rows or 0 for rule in fitted.rules_) == len(X)
    assert len(fitted.dense_network_) == 6 >= len(fitted.network_)
    assert fitted.front_["rules"].iloc[fitted.chosen_] <= 8
    assert 1 <= fitted.n_iter_ <= 20
    same_as_rules(fitted, X)


@pytest.mark.parametrize("classes", [2, 3])
def test_classifier_is_its_rules(classes: int) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    X, y = X[y < classes], y[y < classes].map({0: "setosa", 1: "versicolor", 2: "virginica"})
    fitted = quick(ReLURulesClassifier).fit(X, y)
    assert fitted.score(X, y) > 0.9
    assert list(fitted.classes_) == sorted(set(y))
    assert fitted.rules_.outputs == tuple(f"p_{label}" for label in fitted.classes_)
    assert fitted.rules_.features == tuple(X.columns) == tuple(fitted.feature_names_in_)
    assert fitted.decision_function(X).shape == ((len(X),) if classes == 2 else (len(X), 3))
    assert np.array_equal(
        fitted.classes_[fitted.predict_proba(X).argmax(axis=1)], fitted.predict(X)
    )
    same_as_rules(fitted, X)


def test_budgets_of_terms_and_neurons() -> None:
    X, y = rows()
    fitted = quick(
        ReLURulesRegressor, max_terms=2, max_condition_terms=1, max_rules=None, max_neurons=2
    ).fit(X, y)
    assert len(fitted.network_) <= 2
    assert ((fitted.network_.A != 0).sum(axis=1) <= 1).all()
    assert (
        len({*np.flatnonzero(fitted.network_.A.any(axis=0)), *np.flatnonzero(fitted.network_.C[0])})
        <= 2
    )


def test_many_rules_are_written_down_when_asked_for() -> None:
    X, y = rows()
    fitted = quick(
        ReLURulesRegressor, max_rules=None, max_neurons=12, hidden_layer_sizes=(12,)
    ).fit(X, y)
    assert len(fitted.rules_) == fitted.front_["rules"].iloc[fitted.chosen_]
    same_as_rules(fitted, X)


class Derived(ReLURulesRegressor):
    """Someone's own."""


def test_classes_derived_from_them_are_traced_too() -> None:
    X, y = rows()
    same_as_rules(quick(Derived).fit(X, y), X)


def test_plain_training_keeps_the_network() -> None:
    X, y = rows()
    fitted = quick(ReLURulesRegressor, linearization=None, max_rules=None).fit(X, y)
    assert fitted.network_ is fitted.dense_network_
    assert fitted.front_ is fitted.chosen_ is None
    assert fitted.rules_ is fitted.rules_
    same_as_rules(fitted, X)


@pytest.mark.parametrize("kind", [ReLURulesClassifier, ReLURulesRegressor])
def test_the_same_random_state_gives_the_same_model(kind: Any) -> None:
    X, y = rows()
    y = y if kind is ReLURulesRegressor else y > 0
    weights = np.linspace(0, 1, len(X))
    once, again, other = (quick(kind, random_state=s).fit(X, y, weights) for s in (3, 3, 4))
    for name in ("A", "L", "b", "C", "U", "c"):
        assert np.array_equal(getattr(once.network_, name), getattr(again.network_, name))
    assert once.front_.equals(again.front_)
    assert np.array_equal(once.predict(X), again.predict(X))
    assert not once.front_.equals(other.front_)
    assert np.array_equal(pickle.loads(pickle.dumps(once)).predict(X), once.predict(X))
    assert clone(once).get_params() == once.get_params()


def test_rows_without_weight_count_for_nothing() -> None:
    X, y = rows(200)
    weights = np.r_[np.ones(150), np.zeros(50)]
    weighed, cut = (
        quick(ReLURulesRegressor).fit(X, y, weights),
        quick(ReLURulesRegressor).fit(X[:150], y[:150]),
    )
    assert np.allclose(weighed.predict(X), cut.predict(X), rtol=1e-9)


def test_constant_columns_and_tiny_data() -> None:
    X, y = rows(40)
    X[:, 1] = 7.0
    fitted = quick(ReLURulesRegressor).fit(X, y)
    assert (fitted.rules_.apply(X) > 0).all()
    same_as_rules(fitted, X)
    same_as_rules(quick(ReLURulesRegressor).fit(np.ones((10, 2)), np.arange(10)), np.ones((10, 2)))
    same_as_rules(quick(ReLURulesRegressor).fit(X[:2], y[:2]), X[:2])
    same_as_rules(quick(ReLURulesClassifier).fit(X[:3], [0, 1, 2]), X[:3])


@pytest.mark.parametrize(
    ("how", "error", "said"),
    [
        ({"hidden_layer_sizes": ()}, DataError, "hidden_layer_sizes"),
        ({"hidden_layer_sizes": (4, 0)}, DataError, "hidden_layer_sizes"),
        ({"max_rules": 0}, DataError, "max_rules is 0"),
        ({"max_rules": None}, DataError, "a budget is needed"),
        ({"linearization": "magic"}, UnsupportedError, "saliency, parallel, force, freeze"),
        ({"validation_fraction": 1.5}, DataError, "validation_fraction"),
    ],
)
def test_bad_parameters_are_refused(how: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        quick(ReLURulesRegressor, **how).fit(*rows(20))


def test_what_cannot_be_trained_on_is_refused() -> None:
    X, y = rows(20)
    with pytest.raises(DataError, match="one class alone"):
        quick(ReLURulesClassifier).fit(X, np.ones(20, int))
    with pytest.raises(DataError, match="at least 2"):
        quick(ReLURulesRegressor).fit(X, y, np.eye(20)[0])
    with pytest.raises(NotFittedError):
        _ = ReLURulesRegressor().rules_
    with pytest.raises(NotFittedError):
        ReLURulesClassifier().predict_proba(X)
    with pytest.raises(ModelError, match="isn't fitted"):
        rr.trace(ReLURulesRegressor())


def test_verbose_tells_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    X, y = rows(60)
    quick(ReLURulesRegressor, verbose=True).fit(X, y)
    assert "epoch 1 of 20" in capsys.readouterr().err
    lines: list[str] = []
    quick(ReLURulesRegressor, verbose=lines.append).fit(X, y)
    assert "6 neurons" in lines


def table(n: int = 240) -> tuple[pd.DataFrame, Any]:
    random = np.random.default_rng(1)
    frame = pd.DataFrame({
        "purpose": random.choice(["car", "house", "travel"], size=n),
        "income": random.normal(3000, 800, size=n),
        "age": random.integers(18, 80, size=n),
    })  # fmt: skip
    score = (
        frame["income"] / 800
        + 2 * (frame["purpose"] == "house")
        - np.maximum(frame["age"] - 50, 0) / 5
    )
    return frame, score


def before() -> ColumnTransformer:
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer(
        [("c", encoder, ["purpose"]), ("n", StandardScaler(), ["income", "age"])]
    )


def test_pipeline_in_raw_columns() -> None:
    frame, score = table()
    model = Pipeline([("encode", before()), ("rules", quick(ReLURulesClassifier, max_rules=8))])
    model.fit(frame, np.where(score > score.median(), "good", "bad"))
    rules = rr.extract(model, data=frame)
    assert rules.outputs == ("p_bad", "p_good")
    assert {column.name for column in rules.domain.columns} == set(frame.columns)
    assert sum(rule.rows or 0 for rule in rules) == len(frame)
    assert np.abs(rules.predict(frame) - model.predict_proba(frame)).max() <= 1e-9
    assert rr.verify(rr.emit(rules, "sql"), model, frame, engine="sqlite")


def test_transformed_target_in_raw_columns() -> None:
    frame, score = table()
    inner = make_pipeline(before(), quick(ReLURulesRegressor, max_rules=8))
    scaled = TransformedTargetRegressor(inner, transformer=StandardScaler()).fit(frame, score)
    logged = TransformedTargetRegressor(inner, func=np.log1p, inverse_func=np.expm1).fit(
        frame, np.exp(score)
    )
    for model in (scaled, logged):
        off = np.abs(rr.extract(model, data=frame).predict(frame)[:, 0] - model.predict(frame))
        assert (off <= 1e-9 * (1 + np.abs(model.predict(frame)))).all()


def test_grid_search() -> None:
    frame, score = table(120)
    model = Pipeline([("encode", before()), ("rules", quick(ReLURulesRegressor))])
    search = GridSearchCV(model, {"rules__max_rules": [1, 4]}, cv=2).fit(frame, score)
    assert len(search.best_estimator_.named_steps["rules"].rules_) <= 4


def test_without_scikit_learn_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import relurules as rr\n"
        "try: rr.ReLURulesClassifier\n"
        "except rr.RelurulesError as error: print(error)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'relurules[sklearn]'" in ended.stdout
