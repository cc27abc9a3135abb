"""scikit-learn regressors: traced in their raw columns, compared with their own predict."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_diabetes
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_regression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVR

import relurules as rr
from relurules.errors import DomainError, ModelError

DATA = load_diabetes(as_frame=True, scaled=False)
X, Y = DATA.data, DATA.target / 100


def mlp(*hidden: int, activation: str = "relu") -> MLPRegressor:
    return MLPRegressor(
        hidden_layer_sizes=hidden, activation=activation, max_iter=20, random_state=0
    )


def fitted(model: Any, table: Any = X, target: Any = Y) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # twenty rounds don't converge
        return model.fit(table, target)


PIPELINES = {
    "alone": lambda: mlp(4, 3),
    "one layer": lambda: mlp(5),
    "identity": lambda: mlp(4, 3, activation="identity"),
    "standard": lambda: make_pipeline(StandardScaler(), mlp(4, 3)),
    "standard without mean": lambda: make_pipeline(StandardScaler(with_mean=False), mlp(4)),
    "standard without scale": lambda: make_pipeline(StandardScaler(with_std=False), mlp(4)),
    "min-max": lambda: make_pipeline(MinMaxScaler((-1, 2)), mlp(4)),
    "largest": lambda: make_pipeline(MaxAbsScaler(), mlp(4)),
    "robust": lambda: make_pipeline(RobustScaler(), mlp(4)),
    "robust without center": lambda: make_pipeline(RobustScaler(with_centering=False), mlp(4)),
    "selected": lambda: make_pipeline(StandardScaler(), SelectKBest(f_regression, k=3), mlp(4)),
    "varying": lambda: make_pipeline(VarianceThreshold(1.0), StandardScaler(), mlp(4)),
    "components": lambda: make_pipeline(StandardScaler(), PCA(4), mlp(3, 2)),
    "passed through": lambda: Pipeline(
        [("none", "passthrough"), ("scale", StandardScaler()), ("net", mlp(4))]
    ),
}


@pytest.mark.parametrize("case", PIPELINES)
def test_traced_network_is_the_estimator(case: str) -> None:
    model = fitted(PIPELINES[case]())
    graph = rr.trace(model)
    assert graph.features == tuple(X.columns)
    rows = X.to_numpy()
    off = np.abs(graph.evaluate(rows)[:, 0] - model.predict(X))
    assert (off <= 1e-12 * graph.network.magnitude(rows)[:, 0]).all()
    assert len(graph.network) + graph.identities == sum(
        size for size in fitted(PIPELINES[case]()).get_params()[_sizes(model)]
    )


def _sizes(model: Any) -> str:
    return next(name for name in model.get_params() if name.endswith("hidden_layer_sizes"))


def test_rules_in_raw_columns_run_everywhere() -> None:
    model = fitted(make_pipeline(StandardScaler(), SelectKBest(f_regression, k=3), mlp(3)))
    rules = rr.extract(model, data=X)
    assert len(rules.features) == 3  # those that are chosen
    assert set(rules.features) < set(X.columns)
    assert sum(rule.rows or 0 for rule in rules) == len(X)
    for target, engine in (("python", None), ("c", None), ("sql", "sqlite"), ("sql", "duckdb")):
        assert rr.verify(rr.emit(rules, target), model, X, engine=engine)


def test_arrays_and_several_outputs() -> None:
    model = fitted(mlp(4), X.to_numpy(), np.column_stack([Y, -Y]))
    graph = rr.trace(model)
    assert (graph.features[0], graph.outputs) == ("x0", ("y0", "y1"))
    assert np.allclose(
        graph.evaluate(X.to_numpy()), model.predict(X.to_numpy()), rtol=1e-12, atol=1e-9
    )


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: mlp(3), "isn't fitted"),
        (lambda: make_pipeline(StandardScaler(), mlp(3)), "isn't fitted"),
        (lambda: fitted(mlp(3, activation="tanh")), "activation 'tanh' isn't piecewise linear"),
        (lambda: fitted(SVR()), "SVR can't be traced"),
        (lambda: fitted(RandomForestRegressor(3)), "RandomForestRegressor can't be traced"),
        (
            lambda: fitted(make_pipeline(Normalizer(), mlp(3))),
            "is Normalizer, which can't be traced",
        ),
        (
            lambda: fitted(make_pipeline(KMeans(3, n_init=1), mlp(3))),
            "is KMeans, which can't be traced",
        ),
        (
            lambda: fitted(make_pipeline(PCA(whiten=True), mlp(3)), X * 0.0),
            "divides by a variance of zero",
        ),
    ],
)
def test_refuses(make: Any, said: str) -> None:
    with pytest.raises(ModelError) as raised:
        rr.trace(make())
    assert said in str(raised.value)


def test_weights_that_are_not_finite_are_refused() -> None:
    model = fitted(mlp(3), pd.DataFrame(X))
    model.coefs_[0][2, 1] = np.nan
    with pytest.raises(
        ModelError, match=r"neuron 1 of layer mlp\.0 has weights that aren't finite"
    ):
        rr.trace(model)


@pytest.mark.parametrize("label", [0, "only", True])
def test_a_classifier_of_one_class_decides_nothing(label: Any) -> None:
    X = np.random.default_rng(0).normal(size=(30, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MLPClassifier((3,), max_iter=3).fit(X, [label] * 30)
    for given in (model, Pipeline([("scale", StandardScaler().fit(X)), ("net", model)])):
        with pytest.raises(
            ModelError, match=f"trained on one class alone \\({label!r}\\).*train it on rows of two"
        ):
            rr.trace(given)


def test_names_that_no_file_could_hold() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 2)), columns=["a\0b", "c"])
    classes = np.where(frame["c"] > 0, "x\0z", "y").astype(object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        columns = MLPRegressor(hidden_layer_sizes=(3,), max_iter=3).fit(frame, frame["c"])
        outputs = MLPClassifier((3,), max_iter=3).fit(frame.to_numpy(), classes)
    with pytest.raises(DomainError, match=r"the column name 'a\\x00b' holds a NUL character"):
        rr.trace(columns)
    with pytest.raises(ModelError, match=r"the output 'p_x\\x00z' holds a NUL character"):
        rr.trace(outputs)
