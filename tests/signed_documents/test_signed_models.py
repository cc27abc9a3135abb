"""Models beside the rules of the signed documents, fitted again with scikit-learn."""

import warnings
from typing import Any

import numpy as np
import pytest
from signed_example import SEED, SignedExample
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

PENALTIES = (0.001, 0.01, 0.1, 1.0, 10.0)


def make_models(example: SignedExample, leaves: int) -> dict[str, list[Any]]:
    """Name -> the model, or those of which the best one on validation rows is taken."""
    plain = LogisticRegression(solver="newton-cholesky", max_iter=1000)
    regular = [
        make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=1000)) for C in PENALTIES
    ]
    return {
        "logistic regression": [plain],
        "regularised linear": regular,
        f"tree of {leaves} leaves": [
            DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=SEED)
        ],
        "boosting": [make_pipeline(make_joining(example), make_boosting(example))],
    }


def list_categories(example: SignedExample) -> list[list[int]]:
    """The coordinates of each column that holds categories."""
    every = [
        [example.hand.names.index(name) for name in names]
        for names in example.hand.columns.values()
    ]
    return [places for places in every if len(places) > 2]


def make_joining(example: SignedExample) -> FunctionTransformer:
    """Coordinates to numbers, and then columns of the numbers of categories; the last number is of
    rows that have none.
    """
    several = list_categories(example)
    joined = [place for places in several for place in places]

    def join(X: np.ndarray) -> np.ndarray:
        numbers = np.delete(X, joined, axis=1)
        codes = [
            np.where(X[:, places].any(axis=1), X[:, places].argmax(axis=1), len(places))
            for places in several
        ]
        return np.column_stack([numbers, *codes])

    return FunctionTransformer(join)


def make_boosting(example: SignedExample) -> HistGradientBoostingClassifier:
    several = list_categories(example)
    numbers = len(example.hand.names) - sum(map(len, several))
    return HistGradientBoostingClassifier(
        learning_rate=0.05,
        random_state=SEED,
        categorical_features=np.arange(numbers + len(several)) >= numbers,
    )


def measure_parts(example: SignedExample, models: list[Any]) -> dict[str, float]:
    """AUC by part: of rows that weren't fitted to on validation rows."""
    places = example.places
    judged = [
        measure(example, fit(example, model, places["training"]), "validation") for model in models
    ]
    best = models[int(np.argmax(judged))]
    final = fit(example, best, np.sort(np.concatenate([places["training"], places["validation"]])))
    return {
        "training": measure(example, final, "training"),
        "validation": max(judged),
        "test": measure(example, final, "test"),
    }


def fit(example: SignedExample, model: Any, rows: np.ndarray) -> Any:
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few rounds
        return model.fit(example.coordinates[rows], example.outcome[rows])


def measure(example: SignedExample, model: Any, part: str) -> float:
    rows = example.places[part]
    shares = model.predict_proba(example.coordinates[rows])[:, 1]
    return float(roc_auc_score(example.outcome[rows], shares))


def test_models_beside_the_rules_are_scikit_learn_s(example: SignedExample) -> None:
    said: dict[str, dict[str, float]] = {}
    for one in example.validation["others"]:
        assert one["measure"] == "AUC"
        said.setdefault(one["model"], {})[one["part"]] = one["value"]
    own = said.pop("the rules")
    for name, models in make_models(example, len(example.hand.said["lines"])).items():
        assert said.pop(name) == pytest.approx(measure_parts(example, models), abs=1e-4), name
    assert not said

    for part in ("training", "test"):
        rows = example.places[part]
        area = roc_auc_score(example.outcome[rows], example.score[rows])
        assert own[part] == pytest.approx(area, abs=1e-6)


def test_the_front_is_that_of_the_fit(example: SignedExample) -> None:
    front = example.validation["front"]
    (chosen,) = [one for one in front if one["chosen"]]
    own = [
        one["value"]
        for one in example.validation["others"]
        if (one["model"], one["part"]) == ("the rules", "validation")
    ]
    assert [one["size"] for one in front] == list(range(13))
    assert chosen["size"] == len(example.hand.said["lines"])
    assert own == [chosen["value"]]
    assert front == example.read_json("fit.json")["front"]
    (model,) = make_models(example, 2)["logistic regression"]
    plain = measure(example, fit(example, model, example.places["training"]), "validation")
    assert front[0]["value"] == pytest.approx(plain, abs=2e-3)  # no lines: a linear model
