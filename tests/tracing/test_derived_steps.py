"""Bins, smooth functions and products against scikit-learn itself, on rows at edges, one unit
beside them, outside the functions' domains and with missing values.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
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
    SplineTransformer,
    StandardScaler,
)
from step_pipelines import NUMBERS, ROWS, after_imputer, assert_same, fit_behind, make_table

import relurules as rr
from relurules.errors import DataError, ModelError

pytestmark = pytest.mark.filterwarnings("ignore")
RNG = np.random.default_rng(3)
RAW = make_table(RNG, lambda: RNG.gamma(2.0, 3.0, ROWS))
GAPS = RAW.mask(RNG.random(RAW.shape) < 0.1)
Y = (RAW["age"] + np.log(RAW["pay"])).to_numpy() + RNG.normal(size=ROWS)
BINS = KBinsDiscretizer(4, encode="onehot-dense", quantile_method="averaged_inverted_cdf")


def function(f: Any, *before: Any, **settings: Any) -> Any:
    step = FunctionTransformer(f, kw_args=settings or None)
    return after_imputer(*before, step, StandardScaler())


def fit(step: Any, X: pd.DataFrame = GAPS) -> Any:
    return fit_behind(step, X, Y)


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
    "ratio": function(np.divide.reduce, axis=1, keepdims=True),
    "ratio of scaled": make_column_transformer(
        (
            make_pipeline(
                SimpleImputer(),
                StandardScaler(with_mean=False),
                FunctionTransformer(np.divide.reduce, kw_args={"axis": 1, "keepdims": True}),
            ),
            ["pay", "age"],
        )
    ),
    "difference": function(np.subtract.reduce, axis=1, keepdims=True),
    "digitize": function(np.digitize, bins=[30.0, 40.0, 60.0]),
    "digitize as cut does": function(np.digitize, bins=[2.0, 30.0, 40.0], right=True),
    "digitize missing values": make_column_transformer(
        (SimpleImputer(), ["pay"]),
        (FunctionTransformer(np.digitize, kw_args={"bins": [30.0, 60.0]}), ["age"]),
    ),
    "clipped logarithm": after_imputer(FunctionTransformer(np.log1p), MinMaxScaler(clip=True)),
}


@pytest.mark.parametrize("name", STEPS)
def test_rules_are_the_pipeline(name: str) -> None:
    model = fit(STEPS[name])
    assert_same(model, hard_rows(model), taken=5)


SENTINELS = RAW.assign(age=RAW["age"].where(RNG.random(ROWS) < 0.8, -9.0))


@pytest.mark.parametrize("indicator", [False, True])
def test_sentinels(indicator: bool) -> None:
    step = make_column_transformer(
        (SimpleImputer(missing_values=-9, add_indicator=indicator), NUMBERS),
        (MissingIndicator(missing_values=-9, features="all"), ["age"]),
    )
    rows = SENTINELS[:20].copy()
    rows.loc[:1, "age"] = [np.nan, np.nextafter(-9.0, 0.0)]
    assert_same(fit(step, SENTINELS), rows, taken=5)


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
        "age in bins is at most 40",
        "age in bins is above 40 or missing",
        "pay",
        "log(age + 1)",
        "log(pay + 1)",
        "age^2",
        "age * pay",
        "pay^2",
    )


REFUSED: dict[str, tuple[Any, str]] = {
    "degree 3": (after_imputer(PolynomialFeatures(3)), "degree=2"),
    "products of sums": (
        after_imputer(StandardScaler(), PCA(2), PolynomialFeatures(2)),
        "isn't linear in what several columns",
    ),
    "logarithm of a sum": (
        after_imputer(PCA(2), FunctionTransformer(np.exp)),
        "isn't linear in what several columns",
    ),
    "scaled bins": (after_imputer(StandardScaler(), BINS), "makes bins of what other steps made"),
    "bins in float32": (
        after_imputer(KBinsDiscretizer(3, encode="ordinal", dtype=np.float32)),
        "dtype=numpy.float64",
    ),
    "whole numbers": (
        make_column_transformer((FunctionTransformer(np.reciprocal), ["pay"])),
        "another function of whole numbers",
    ),
    "marks of texts": (
        make_column_transformer(
            (SimpleImputer(), NUMBERS),
            (MissingIndicator(missing_values="clerk", features="all"), ["job"]),
        ),
        "missing_values=nan or a number",
    ),
    "an imputer behind": (
        make_column_transformer(
            (make_pipeline(FunctionTransformer(np.sqrt), SimpleImputer()), NUMBERS)
        ),
        "imputes what other steps made",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name: str) -> None:
    step, message = REFUSED[name]
    X = RAW if name in ("whole numbers", "marks of texts") else GAPS
    with pytest.raises(ModelError, match=message):
        rr.trace(fit(step, X))


def test_refuses_arrays() -> None:
    X = RAW[NUMBERS].to_numpy()
    model = make_pipeline(FunctionTransformer(np.log), MLPRegressor(max_iter=2)).fit(X, Y)
    with pytest.raises(ModelError, match="fitted to a frame"):
        rr.trace(model)


def test_arrays_could_hold_either() -> None:
    model = fit(FunctionTransformer(np.log), RAW[NUMBERS])
    rules = rr.extract(model, form="additive")
    with pytest.raises(DataError, match="need the columns' names"):
        rules.predict(RAW[NUMBERS].to_numpy())
    assert np.isfinite(rules.predict(RAW[NUMBERS])).all()


def test_columns_that_nothing_reads() -> None:
    model = fit(function(np.log))
    model[-1].coefs_[0][0] = 0.0
    rules = rr.extract(model, form="additive", data=GAPS)
    assert rules.features == ("log(pay)",)
    rows = GAPS[:30]
    assert rules.predict(rows)[:, 0] == pytest.approx(model.predict(rows), abs=1e-9)


#: Each pipeline in one of them.
DRAWN = [("python", None), ("sql", "sqlite"), ("sql", "duckdb")]


def draw_pipeline(rng: np.random.Generator) -> Any:
    """Some columns behind steps that are drawn from all that there are."""
    positive = [
        FunctionTransformer(np.log),
        FunctionTransformer(np.log1p),
        FunctionTransformer(np.sqrt),
        PowerTransformer("box-cox"),
        PowerTransformer(),
        FunctionTransformer(np.square),
        FunctionTransformer(np.reciprocal),
        FunctionTransformer(np.digitize, kw_args={"bins": [5.0, 20.0]}),
        Binarizer(threshold=float(rng.integers(1, 40))),
        BINS,
        PolynomialFeatures(2, include_bias=False),
        SplineTransformer(int(rng.integers(2, 5)), degree=1),
        MinMaxScaler(clip=True),
    ]
    parts = []
    for _ in range(int(rng.integers(2, 4))):
        columns = NUMBERS if rng.random() < 0.5 else [NUMBERS[int(rng.integers(2))]]
        imputer = SimpleImputer(strategy=["mean", "median"][int(rng.integers(2))])
        step = positive[int(rng.integers(len(positive)))]
        parts.append((make_pipeline(imputer, step, StandardScaler()), columns))
    if rng.random() < 0.5:
        parts.append((OneHotEncoder(handle_unknown="ignore"), ["job"]))
    return make_column_transformer(*parts)


@pytest.mark.parametrize("seed", range(15))
def test_drawn_pipelines(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = RAW.assign(age=rng.gamma(3.0, 9.0, ROWS), pay=rng.gamma(2.0, 4.0, ROWS))
    X = X.mask(rng.random(X.shape) < 0.1)
    model = fit(draw_pipeline(rng), X)
    rows = X[:40].copy()
    rows.loc[rows.index[:3], "job"] = "pilot"
    rules = rr.extract(model, form="additive", data=X)
    assert rules.predict(rows)[:, 0] == pytest.approx(model.predict(rows), rel=1e-9, abs=1e-9)
    target, dialect = DRAWN[seed % len(DRAWN)]
    report = rr.verify(rr.emit(rules, target, dialect=dialect), model, rows)
    assert report.passed, str(report)


@pytest.mark.parametrize(("target", "dialect"), DRAWN)
def test_ratios_in_code(target: str, dialect: str | None) -> None:
    model = fit(function(np.divide.reduce, axis=1, keepdims=True))
    rules = rr.extract(model, form="additive", data=GAPS)
    assert rules.features == ("age / pay",)
    rows = GAPS[:30].copy()
    artifact = rr.emit(rules, target, dialect=dialect)
    assert rr.verify(artifact, model, rows)
    rows.loc[rows.index[0], "pay"] = 0.0
    assert np.isnan(rules.predict(rows)[0, 0])
    assert rr.verify(artifact, rules, rows)


def test_ratio_of_three_columns() -> None:
    X = RAW[NUMBERS].assign(more=1.0)
    step = FunctionTransformer(np.divide.reduce, kw_args={"axis": 1, "keepdims": True})
    model = make_pipeline(SimpleImputer(), step, MLPRegressor(max_iter=2)).fit(X, Y)
    with pytest.raises(ModelError, match=r"across 3 columns.*two columns"):
        rr.trace(model)
