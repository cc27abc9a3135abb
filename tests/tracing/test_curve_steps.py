"""Clipping, splines, quantiles and absolute values against scikit-learn itself, on rows at knots,
far outside them and with missing values.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import FeatureUnion, make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OrdinalEncoder,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
)
from step_pipelines import NUMBERS, ROWS, after_imputer, assert_same, fit_behind, make_table

import relurules as rr
from relurules.errors import ModelError
from relurules.ir import AffineMap, Network, Neuron
from relurules.ir.local_tree import LocalTree
from relurules.tracing.sklearn.hinges import prepend_preprocessing

pytestmark = pytest.mark.filterwarnings("ignore")
RNG = np.random.default_rng(3)
RAW = make_table(RNG, lambda: RNG.normal(3, 9, ROWS))
GAPS = RAW.mask(RNG.random(RAW.shape) < 0.1)
Y = (RAW["age"] + np.abs(RAW["pay"])).to_numpy() + RNG.normal(size=ROWS)


def fit(step: Any, X: pd.DataFrame = GAPS) -> Any:
    return fit_behind(step, X, Y)


def hard_rows() -> pd.DataFrame:
    """Rows of the table, their neighbours by one unit in the last place, and rows far outside."""
    rows = GAPS[:25].copy()
    rows.loc[rows.index[:5], NUMBERS] = [
        [1e4, -1e4],
        [-1e4, 1e4],
        [0.0, 0.0],
        [18.0, -0.0],
        [79, 0],
    ]
    near = rows.copy()
    near[NUMBERS] = np.nextafter(near[NUMBERS].to_numpy(), np.inf)
    return pd.concat([rows, near], ignore_index=True)


STEPS: dict[str, Any] = {
    "clip": after_imputer(MinMaxScaler(clip=True)),
    "clip to a range": after_imputer(MinMaxScaler((-1, 3), clip=True), StandardScaler()),
    "spline": after_imputer(StandardScaler(), SplineTransformer(4, degree=1)),
    "spline, linear": make_column_transformer(
        (
            make_pipeline(SimpleImputer(), SplineTransformer(3, degree=1, extrapolation="linear")),
            ["pay"],
        )
    ),
    "spline, continued": after_imputer(
        SplineTransformer(3, degree=1, extrapolation="continue", include_bias=False)
    ),
    "spline at quantiles": after_imputer(SplineTransformer(4, degree=1, knots="quantile")),
    "abs": after_imputer(FunctionTransformer(np.abs)),
    "abs of a difference": after_imputer(StandardScaler(), FunctionTransformer(np.absolute)),
    "clip by numpy": after_imputer(
        FunctionTransformer(np.clip, kw_args={"a_min": 20, "a_max": 50})
    ),
    "floor": after_imputer(FunctionTransformer(np.clip, kw_args={"a_min": 0, "a_max": None})),
    "ceiling": after_imputer(FunctionTransformer(np.clip, kw_args={"a_min": None, "a_max": 5})),
    "one after another": after_imputer(
        MinMaxScaler(clip=True), FunctionTransformer(np.abs), SplineTransformer(3, degree=1)
    ),
    "selected": after_imputer(SplineTransformer(4, degree=1), SelectKBest(f_regression, k=3)),
    "codes": make_column_transformer(
        (SimpleImputer(), NUMBERS),
        (
            make_pipeline(
                OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
                SimpleImputer(),
                MinMaxScaler((-1, 1), clip=True),
                FunctionTransformer(np.abs),
            ),
            ["job"],
        ),
    ),
    "added indicators": make_column_transformer(
        (make_pipeline(SimpleImputer(add_indicator=True), MinMaxScaler(clip=True)), NUMBERS)
    ),
    "indicators": make_column_transformer(
        (SimpleImputer(), NUMBERS), (MissingIndicator(), ["age", "job"])
    ),
    "indicators of everything": make_column_transformer(
        (SimpleImputer(), NUMBERS), (MissingIndicator(features="all"), NUMBERS)
    ),
    "two imputers": make_column_transformer(
        (SimpleImputer(), NUMBERS), (SimpleImputer(strategy="median", add_indicator=True), NUMBERS)
    ),
    "two imputers, one bent": make_column_transformer(
        (make_pipeline(SimpleImputer(), SplineTransformer(3, degree=1)), ["age"]),
        (SimpleImputer(strategy="constant", fill_value=-1.0), NUMBERS),
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_rules_are_the_pipeline(name: str) -> None:
    assert_same(fit(STEPS[name]), hard_rows())


def test_missing_values_where_nothing_imputes() -> None:
    step = make_column_transformer(
        (SplineTransformer(3, degree=1), ["age"]), ("passthrough", ["pay"])
    )
    assert_same(fit(step, RAW), hard_rows())


def test_a_missing_value_that_was_never_seen() -> None:
    step = FeatureUnion([("values", SimpleImputer()), ("marks", MissingIndicator())])
    X = RAW[NUMBERS].copy()
    X.loc[:9, "pay"] = np.nan
    rules = rr.extract(fit(step, X), form="additive", guard_unread=True)
    rows = pd.DataFrame({"age": [np.nan, 30.0], "pay": [1.0, np.nan]})
    assert np.isnan(rules.predict(rows)[:, 0]).tolist() == [True, False]


def test_quantiles() -> None:
    X = RAW[["pay"]]
    model = fit(make_union(QuantileTransformer(n_quantiles=9), "passthrough"), X)
    rows = pd.DataFrame({"pay": [*model[0].transformer_list[0][1].quantiles_[:, 0], -99.0, 99.0]})
    assert_same(model, rows)


def test_partition_rules_speak_of_the_raw_column() -> None:
    model = fit(after_imputer(MinMaxScaler(clip=True)))
    rules = rr.extract(model, data=GAPS)
    rows = GAPS[["age", "pay"]][:50]
    assert set(rules.features) == set(NUMBERS)
    assert rules.predict(rows)[:, 0] == pytest.approx(model.predict(rows), abs=1e-9)


def test_code_of_a_bent_column() -> None:
    model = fit(after_imputer(SplineTransformer(3, degree=1)))
    rules = rr.extract(model, form="additive", data=GAPS)
    for target in ("sql", "python"):
        report = rr.verify(rr.emit(rules, target), model, GAPS[:60])
        assert report.passed, str(report)


REFUSED: dict[str, tuple[Any, str]] = {
    "cubic": (after_imputer(SplineTransformer(3)), "splines of degree 3; supported"),
    "errors outside": (
        after_imputer(SplineTransformer(3, degree=1, extrapolation="error")),
        "extrapolation='error'",
    ),
    "linear for several": (
        after_imputer(SplineTransformer(3, degree=1, extrapolation="linear")),
        "extrapolates the first alone rightly",
    ),
    "periodic": (
        after_imputer(SplineTransformer(3, degree=1, extrapolation="periodic")),
        "extrapolation='periodic'",
    ),
    "missing as zeros": (
        after_imputer(SplineTransformer(3, degree=1, handle_missing="zeros")),
        "handle_missing='zeros'",
    ),
    "normal": (
        after_imputer(QuantileTransformer(n_quantiles=9, output_distribution="normal")),
        "output_distribution='normal'",
    ),
    "many quantiles": (after_imputer(QuantileTransformer(n_quantiles=199)), "at most 128"),
    "ties": (after_imputer(QuantileTransformer(n_quantiles=100)), "jumps at"),
    "function": (after_imputer(FunctionTransformer(np.sin)), "applies the function sin to"),
    "clip of a table": (
        after_imputer(FunctionTransformer(np.clip, kw_args={"a_min": [0, 1], "a_max": 5})),
        "supported: two numbers",
    ),
    "imputer behind": (
        make_column_transformer((make_pipeline(MinMaxScaler(clip=True), SimpleImputer()), NUMBERS)),
        "imputes what other steps made",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name: str) -> None:
    step, message = REFUSED[name]
    with pytest.raises(ModelError, match=message):
        rr.trace(fit(step, GAPS))


def test_trees_of_linear_models_stand_behind_affine_steps() -> None:
    bent = Network(
        *(np.zeros((1, 1)), np.zeros((1, 1)), np.zeros(1)) * 2, np.zeros(1), (Neuron("m", 0),)
    )
    tree = LocalTree.make(LocalTree.tree, AffineMap(np.zeros((1, 1, 1)), np.zeros((1, 1))))
    with pytest.raises(ModelError, match="can't stand behind a step that clips or bends \\('m'\\)"):
        prepend_preprocessing(bent, tree)
