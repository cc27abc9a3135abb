"""Preprocessing pipelines against scikit-learn itself, on rows with missing, unknown and extreme
values.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_transformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_selection import (
    RFE,
    SelectFpr,
    SelectFromModel,
    SelectKBest,
    VarianceThreshold,
    f_regression,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)
from skorch import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor
from step_pipelines import predict_each
from torch import nn

import relurules as rr
from relurules.errors import ModelError

pytestmark = pytest.mark.filterwarnings("ignore")
RNG = np.random.default_rng(0)
N = 300
RAW = pd.DataFrame(
    {
        "age": RNG.integers(18, 80, N).astype(float),
        "pay": RNG.normal(30, 9, N),
        "job": RNG.choice(
            ["clerk", "smith", "nurse", "judge", "diver"], N, p=[0.4, 0.3, 0.2, 0.07, 0.03]
        ),
        "town": RNG.choice(["?", "York", "Bath"], N),
        "rank": RNG.integers(1, 5, N),
    }
).astype({"job": object, "town": object})
GAPS = RAW.mask(RNG.random(RAW.shape) < 0.1).astype({"rank": float})
Y = (RAW["age"] + 5 * (RAW["job"] == "nurse") - RAW["pay"] + RNG.normal(size=N)).to_numpy()
NUMBERS, TEXTS = ["age", "pay"], ["job", "town"]
FILLED = SimpleImputer(strategy="most_frequent")


def regressor(**settings: Any) -> MLPRegressor:
    return MLPRegressor(hidden_layer_sizes=(4,), max_iter=30, random_state=0, **settings)


def scaled(strategy: str = "mean") -> Any:
    return make_pipeline(SimpleImputer(strategy=strategy), StandardScaler())


def odd_rows() -> pd.DataFrame:
    """Rows of the table with missing, unknown and extreme values."""
    odd = GAPS[:120].copy()
    odd.loc[odd.index[:20], "job"] = "astronaut"
    odd.loc[odd.index[20:30], "town"] = "?"
    odd.loc[odd.index[30:40], "age"] = 1e6
    odd.loc[odd.index[40:50], "rank"] = 7.0
    return odd


def assert_same(model: Any, rows: pd.DataFrame) -> None:
    """Rules give what the model predicts, and rule 0 where scikit-learn raises."""
    rules = rr.extract(model, guard_unread=True)  # scikit-learn raises for what it doesn't read too
    given = getattr(model, "predict_proba", model.predict)
    found, number = rules.predict(rows), rules.apply(rows)
    for i, expected in enumerate(predict_each(given, rows)):
        if expected is None:
            assert number[i] == 0, rows[i : i + 1]
        else:
            assert number[i] > 0, rows[i : i + 1]
            assert np.isclose(found[i], expected, rtol=1e-9, atol=1e-9).all()


def encoded(encoder: Any, columns: Any = TEXTS, imputer: Any = FILLED) -> Any:
    return make_column_transformer((scaled(), NUMBERS), (make_pipeline(imputer, encoder), columns))


IGNORE = {"handle_unknown": "ignore"}
STEPS: dict[str, Any] = {
    "ignore": encoded(OneHotEncoder(**IGNORE)),
    "error": encoded(OneHotEncoder()),
    "drop first": encoded(OneHotEncoder(drop="first", **IGNORE)),
    "drop if binary": encoded(OneHotEncoder(drop="if_binary")),
    "drop given": encoded(OneHotEncoder(drop=["smith", "York"], **IGNORE)),
    "rare together": encoded(OneHotEncoder(min_frequency=40, handle_unknown="infrequent_if_exist")),
    "few": encoded(OneHotEncoder(max_categories=3, handle_unknown="infrequent_if_exist")),
    "dense": encoded(OneHotEncoder(sparse_output=False, **IGNORE)),
    "missing is a category": encoded(OneHotEncoder(**IGNORE), imputer="passthrough"),
    "missing is a category, unknown an error": encoded(OneHotEncoder(), imputer="passthrough"),
    "ordinal": encoded(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)),
    "ordinal, unknown an error": encoded(OrdinalEncoder()),
    "ordinal, missing known": encoded(
        OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
        ),
        imputer="passthrough",
    ),
    "target": encoded(TargetEncoder(target_type="continuous", random_state=0)),
    "constant": encoded(
        OneHotEncoder(**IGNORE), imputer=SimpleImputer(strategy="constant", fill_value="none")
    ),
    "numbers as categories": encoded(OneHotEncoder(**IGNORE), columns=["job", "rank"]),
    "scaler before imputer": make_column_transformer(
        (make_pipeline(StandardScaler(), SimpleImputer(strategy="median"), PCA(2)), NUMBERS),
        ("drop", TEXTS),
    ),
    "by index": ColumnTransformer(
        [("n", scaled("median"), [0, 1]), ("c", OneHotEncoder(**IGNORE), slice(2, 4))]
    ),
    "by mask": ColumnTransformer([("n", scaled(), [True, True, False, False, False])]),
    "by callable": ColumnTransformer([("n", scaled(), lambda frame: list(frame.columns[:2]))]),
    "remainder": ColumnTransformer([("c", OneHotEncoder(**IGNORE), TEXTS)], remainder=scaled()),
    "union": make_column_transformer(
        (
            make_pipeline(
                SimpleImputer(), FeatureUnion([("a", MinMaxScaler()), ("b", RobustScaler())])
            ),
            NUMBERS,
        )
    ),
    "nested": make_pipeline(
        ColumnTransformer([("x", encoded(OneHotEncoder(**IGNORE)), [*NUMBERS, *TEXTS])]),
        VarianceThreshold(),
        SelectKBest(k=4),
    ),
    "identity": make_pipeline(FunctionTransformer(None), encoded(OneHotEncoder(**IGNORE))),
    "best of the encoded": make_pipeline(encoded(OneHotEncoder(**IGNORE)), SelectKBest(k=3)),
    "best, unknown an error": make_pipeline(encoded(OneHotEncoder()), SelectKBest(k=2)),
    "chosen by a model": make_pipeline(
        encoded(OneHotEncoder(**IGNORE)), SelectFromModel(LinearRegression())
    ),
    "eliminated": make_pipeline(
        encoded(OneHotEncoder(**IGNORE)), RFE(LinearRegression(), n_features_to_select=3)
    ),
    "by false positives": make_pipeline(
        encoded(OneHotEncoder(**IGNORE)), SelectFpr(f_regression, alpha=0.5)
    ),
    "whitened": make_column_transformer((make_pipeline(scaled(), PCA(2, whiten=True)), NUMBERS)),
    "singular vectors": make_pipeline(
        encoded(OneHotEncoder(**IGNORE)), TruncatedSVD(3, random_state=0)
    ),
    "weights": ColumnTransformer(
        [("n", scaled(), NUMBERS), ("c", make_pipeline(FILLED, OneHotEncoder()), TEXTS)],
        transformer_weights={"c": 0.5},
    ),
    "weighed union": make_column_transformer(
        (
            make_pipeline(
                SimpleImputer(),
                FeatureUnion(
                    [("a", MinMaxScaler()), ("b", RobustScaler())], transformer_weights={"a": 3.0}
                ),
            ),
            NUMBERS,
        )
    ),
    "codes imputed": make_column_transformer(
        (scaled(), NUMBERS),
        (
            make_pipeline(
                OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan),
                SimpleImputer(strategy="median"),
                StandardScaler(),
            ),
            TEXTS,
        ),
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_rules_are_the_pipeline(name: str) -> None:
    model = make_pipeline(STEPS[name], regressor())
    assert_same(model.fit(GAPS, Y), odd_rows())


def test_question_marks() -> None:
    numbers, texts = RAW[NUMBERS], RAW[TEXTS]
    frame = pd.concat([numbers, texts], axis=1)
    imputer = SimpleImputer(strategy="most_frequent", missing_values="?")
    model = make_pipeline(encoded(OneHotEncoder(**IGNORE), imputer=imputer), regressor()).fit(
        frame, Y
    )
    assert_same(model, odd_rows()[[*NUMBERS, *TEXTS]])


def test_arrays_without_names() -> None:
    model = make_pipeline(scaled("median"), regressor()).fit(GAPS[NUMBERS].to_numpy(), Y)
    rows = GAPS[NUMBERS].to_numpy()[:50]
    rules = rr.extract(model)
    assert rules.features == ("x0", "x1")
    assert np.abs(rules.predict(rows) - model.predict(rows)[:, None]).max() <= 1e-9


@pytest.mark.parametrize("labels", [["no", "yes"], ["a", "b", "c"]])
def test_classes(labels: list[str]) -> None:
    y = np.array(labels)[np.digitize(Y, np.quantile(Y, np.linspace(0, 1, len(labels) + 1)[1:-1]))]
    mlp = MLPClassifier((3,), max_iter=30, random_state=0)
    model = make_pipeline(encoded(OneHotEncoder(**IGNORE)), mlp).fit(GAPS, y)
    assert rr.trace(model).outputs == tuple(f"p_{label}" for label in labels)
    assert_same(model, odd_rows())


@pytest.mark.parametrize(
    "target",
    [{"func": np.log1p, "inverse_func": np.expm1}, {"func": np.log, "inverse_func": np.exp}]
    + [{"transformer": scaler} for scaler in (StandardScaler(), MinMaxScaler(), RobustScaler())],
)
def test_targets_in_other_units(target: dict[str, Any]) -> None:
    inner = make_pipeline(encoded(OneHotEncoder(**IGNORE)), regressor())
    assert_same(TransformedTargetRegressor(inner, **target).fit(GAPS, np.abs(Y) + 1), odd_rows())


@pytest.mark.parametrize(
    "kind", [NeuralNetRegressor, NeuralNetClassifier, NeuralNetBinaryClassifier]
)
def test_skorch_nets(kind: Any) -> None:
    torch.manual_seed(0)
    X = GAPS[NUMBERS].fillna(30).to_numpy(dtype=np.float32)
    y = {
        NeuralNetRegressor: Y[:, None].astype(np.float32),
        NeuralNetClassifier: (Y > 0).astype(np.int64),
    }.get(kind, (Y > 0).astype(np.float32))
    module = nn.Sequential(
        nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2 if kind is NeuralNetClassifier else 1)
    )
    if kind is NeuralNetBinaryClassifier:
        module.append(nn.Flatten(0))
    settings = {"criterion": nn.CrossEntropyLoss} if kind is NeuralNetClassifier else {}
    net = kind(module, max_epochs=2, verbose=0, train_split=None, **settings).fit(X, y)
    expected = net.predict_proba(X).reshape(len(X), -1)
    assert (
        np.abs(rr.extract(net).predict(X.astype(float)) - expected).max()
        <= 1e-5 * np.abs(expected).max()
    )


class Home(BaseEstimator, TransformerMixin):
    """A transformer of one's own."""

    def fit(self, X: Any, y: Any = None) -> "Home":
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: Any) -> Any:
        return X


ENCODED = make_pipeline(FILLED, OneHotEncoder(**IGNORE))
BOTH = [("n", scaled(), NUMBERS)]
REFUSED: dict[str, tuple[Any, str]] = {
    "normalizer": (
        make_column_transformer((make_pipeline(scaled(), Normalizer()), NUMBERS)),
        "is Normalizer",
    ),
    "powers": (
        make_column_transformer((make_pipeline(scaled(), PolynomialFeatures(3)), NUMBERS)),
        "has degree 3",
    ),
    "bins": (
        make_column_transformer((make_pipeline(scaled(), KBinsDiscretizer()), NUMBERS)),
        "makes bins of what other steps made",
    ),
    "encoded numbers": (
        make_column_transformer((make_pipeline(scaled(), OneHotEncoder(**IGNORE)), ["age"])),
        "encodes what",
    ),
    "function": (
        make_column_transformer(
            (make_pipeline(SimpleImputer(), FunctionTransformer(np.sin)), NUMBERS)
        ),
        "applies the function sin",
    ),
    "number and category": (
        ColumnTransformer([("n", scaled(), ["rank"]), ("c", ENCODED, ["rank", "job"])]),
        "'rank' is used as a number and as a category",
    ),
    "own transformer": (
        make_column_transformer((make_pipeline(scaled(), Home()), NUMBERS)),
        "is Home",
    ),
    "clusters": (
        make_column_transformer((make_pipeline(scaled(), KMeans(2)), NUMBERS)),
        "is KMeans",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name: str) -> None:
    steps, said = REFUSED[name]
    with pytest.raises(ModelError) as raised:
        rr.trace(make_pipeline(steps, regressor()).fit(GAPS, Y))
    assert said in str(raised.value)
