"""Bins, smooth functions and products against scikit-learn itself, on rows at edges, one unit
beside them, outside the functions' domains and with missing values.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    StandardScaler,
)

import relurules as rr

pytestmark = pytest.mark.filterwarnings("ignore")
RNG = np.random.default_rng(3)
N = 200
RAW = pd.DataFrame(
    {
        "age": RNG.integers(18, 80, N).astype(float),
        "pay": RNG.gamma(2.0, 3.0, N),
        "job": RNG.choice(["clerk", "smith", "nurse"], N),
    }
).astype({"job": object})
GAPS = RAW.mask(RNG.random(RAW.shape) < 0.1)
Y = (RAW["age"] + np.log(RAW["pay"])).to_numpy() + RNG.normal(size=N)
NUMBERS = ["age", "pay"]
BINS = KBinsDiscretizer(4, encode="onehot-dense", quantile_method="averaged_inverted_cdf")


def after_imputer(*steps: Any) -> Any:
    return make_column_transformer((make_pipeline(SimpleImputer(), *steps), NUMBERS))


def function(f: Any, *before: Any) -> Any:
    return after_imputer(*before, FunctionTransformer(f), StandardScaler())


def fit(step: Any, X: pd.DataFrame = GAPS) -> Any:
    mlp = MLPRegressor(hidden_layer_sizes=(2,), max_iter=20, random_state=0)
    return make_pipeline(step, mlp).fit(X, Y)


def hard_rows(model: Any) -> pd.DataFrame:
    """Rows of the table, rows that no function takes, and rows at edges of bins and beside."""
    rows = GAPS[:20].copy()
    rows.loc[rows.index[:6], NUMBERS] = [
        [0, 0],
        [-1, 2],
        [2, -1],
        [1e3, 1e-3],
        [-0.0, 900],
        [-5, -5],
    ]
    edges = sorted({float(v) for v in find_edges(model)})[:12]
    beside = [w for v in edges for w in (np.nextafter(v, -np.inf), v, np.nextafter(v, np.inf))]
    at = pd.DataFrame({"age": beside, "pay": beside[::-1], "job": "clerk"})
    return pd.concat([rows, at], ignore_index=True)


def find_edges(model: Any) -> list[float]:
    """Thresholds of the pipeline's bins."""
    found: list[float] = []
    for _, inner, _ in model[0].transformers_:
        for step in getattr(inner, "steps", [("", inner)]):
            found += [e for edges in getattr(step[1], "bin_edges_", []) for e in edges[1:-1]]
            found += [step[1].threshold] if isinstance(step[1], Binarizer) else []
    return found


def assert_same(model: Any, rows: pd.DataFrame, **options: Any) -> Any:
    """Rules give what the model predicts, and no rule where scikit-learn raises."""
    rules = rr.extract(model, form="additive", guard_unread=True, **options)
    found, taken = rules.predict(rows)[:, 0], 0
    for i in range(len(rows)):
        try:
            expected = float(model.predict(rows[i : i + 1])[0])
        except ValueError:
            assert np.isnan(found[i]), rows[i : i + 1]
        else:
            assert found[i] == pytest.approx(expected, rel=1e-9, abs=1e-9), rows[i : i + 1]
            taken += 1
    assert taken > 5
    return rules


CODES = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
STEPS: dict[str, Any] = {
    "threshold": after_imputer(Binarizer(threshold=40)),
    "thresholds of one column": make_column_transformer(
        (SimpleImputer(), NUMBERS),
        (make_pipeline(SimpleImputer(), Binarizer(threshold=30)), ["age"]),
        (make_pipeline(SimpleImputer(strategy="median"), Binarizer(threshold=50)), ["age"]),
    ),
    "bins": after_imputer(BINS),
    "bins and numbers": make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
        (make_pipeline(SimpleImputer(), BINS), ["age"]),
    ),
    "numbered bins": after_imputer(
        KBinsDiscretizer(3, encode="ordinal", strategy="uniform"), MinMaxScaler()
    ),
    "bins of codes": make_column_transformer(
        (SimpleImputer(), NUMBERS),
        (make_pipeline(CODES, SimpleImputer(), Binarizer(threshold=0.5)), ["job"]),
    ),
    "bins and a sum": make_column_transformer(
        (make_pipeline(SimpleImputer(), BINS, StandardScaler()), ["age"]),
        (OneHotEncoder(handle_unknown="ignore"), ["job"]),
    ),
    "log": function(np.log),
    "log1p": function(np.log1p),
    "log10": function(np.log10),
    "log2": function(np.log2),
    "sqrt": function(np.sqrt),
    "square": function(np.square),
    "reciprocal": function(np.reciprocal),
    "exp": function(np.exp, StandardScaler()),
    "expm1": function(np.expm1, StandardScaler()),
    "log of codes": make_column_transformer(
        (SimpleImputer(), NUMBERS),
        (make_pipeline(CODES, SimpleImputer(), FunctionTransformer(np.sqrt)), ["job"]),
    ),
    "box-cox": after_imputer(PowerTransformer("box-cox")),
    "box-cox, as it is": after_imputer(PowerTransformer("box-cox", standardize=False)),
    "yeo-johnson": after_imputer(PowerTransformer()),
    "yeo-johnson, scaled": after_imputer(StandardScaler(), PowerTransformer()),
    "products": after_imputer(PolynomialFeatures(2, include_bias=False)),
    "scaled products": after_imputer(StandardScaler(), PolynomialFeatures(2)),
    "interactions": after_imputer(StandardScaler(), PolynomialFeatures(2, interaction_only=True)),
    "selected": after_imputer(FunctionTransformer(np.log1p), SelectKBest(f_regression, k=1)),
    "clipped logarithm": after_imputer(FunctionTransformer(np.log1p), MinMaxScaler(clip=True)),
}


@pytest.mark.parametrize("name", STEPS)
def test_rules_are_the_pipeline(name: str) -> None:
    model = fit(STEPS[name])
    assert_same(model, hard_rows(model))


SENTINELS = RAW.assign(age=RAW["age"].where(RNG.random(N) < 0.8, -9.0))


@pytest.mark.parametrize("indicator", [False, True])
def test_sentinels(indicator: bool) -> None:
    step = make_column_transformer(
        (SimpleImputer(missing_values=-9, add_indicator=indicator), NUMBERS),
        (MissingIndicator(missing_values=-9, features="all"), ["age"]),
    )
    rows = SENTINELS[:20].copy()
    rows.loc[:1, "age"] = [np.nan, np.nextafter(-9.0, 0.0)]
    assert_same(fit(step, SENTINELS), rows)


def test_names_say_what_columns_are() -> None:
    model = fit(
        make_column_transformer(
            (make_pipeline(SimpleImputer(), FunctionTransformer(np.log1p)), NUMBERS),
            (make_pipeline(SimpleImputer(), Binarizer(threshold=40)), ["age"]),
            (make_pipeline(SimpleImputer(), PolynomialFeatures(2, include_bias=False)), NUMBERS),
        )
    )
    assert rr.trace(model).features == (
        "age",
        "age in bins is at most 40 or missing",
        "age in bins is above 40",
        "pay",
        "log(age + 1)",
        "log(pay + 1)",
        "age^2",
        "age * pay",
        "pay^2",
    )
