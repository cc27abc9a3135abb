"""Derived columns in every language that prints them, beside the pipeline itself."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    PolynomialFeatures,
    PowerTransformer,
    StandardScaler,
)

import relurules as rr

pytestmark = pytest.mark.filterwarnings("ignore")
RNG = np.random.default_rng(5)
N = 150
TABLE = pd.DataFrame(
    {
        "age": RNG.integers(18, 80, N).astype(float),
        "net pay": RNG.gamma(2.0, 3.0, N),
        "debt": RNG.normal(0, 2, N),
        "job": RNG.choice(["clerk", "smith"], N),
    }
)
GAPS = TABLE.mask(RNG.random(TABLE.shape) < 0.1)
Y = (TABLE["age"] / 10 + TABLE["debt"]).to_numpy()
BINS = KBinsDiscretizer(3, encode="onehot-dense", quantile_method="averaged_inverted_cdf")


@cache
def make_model() -> Any:
    steps = make_column_transformer(
        (
            make_pipeline(SimpleImputer(), FunctionTransformer(np.log1p), StandardScaler()),
            ["net pay"],
        ),
        (make_pipeline(SimpleImputer(), PowerTransformer()), ["debt"]),
        (make_pipeline(FunctionTransformer(np.sqrt), StandardScaler()), ["age"]),
        (make_pipeline(SimpleImputer(), BINS), ["age"]),
        (make_pipeline(SimpleImputer(missing_values=18.0), StandardScaler()), ["age"]),
        (
            make_pipeline(SimpleImputer(), StandardScaler(), PolynomialFeatures(2)),
            ["debt", "net pay"],
        ),
        (OneHotEncoder(handle_unknown="ignore"), ["job"]),
    )
    mlp = MLPRegressor(hidden_layer_sizes=(2,), max_iter=20, random_state=0)
    known = GAPS.assign(age=TABLE["age"])
    return make_pipeline(steps, mlp).fit(known, Y)


@cache
def make_rules(form: str) -> Any:
    return rr.extract(make_model(), form=form, data=GAPS.assign(age=TABLE["age"]))


def rows() -> pd.DataFrame:
    """Rows with missing values, unknown categories, and numbers that a function doesn't take."""
    found = GAPS[:40].copy()
    found.loc[:4, ["age", "net pay"]] = [[18, 0], [20, -1], [-4, 3], [37, 2], [0, -0.5]]
    found.loc[5:8, "job"] = "pilot"
    return found


TARGETS = [
    ("sql", {"dialect": "sqlite"}),
    ("sql", {"dialect": "duckdb"}),
    ("python", {}),
    ("c", {}),
    ("javascript", {}),
]


@pytest.mark.parametrize("form", ["additive", "partition"])
@pytest.mark.parametrize(("target", "options"), TARGETS)
def test_runs_as_the_pipeline(target: str, options: dict[str, Any], form: str) -> None:
    artifact = rr.emit(make_rules(form), target, **options)
    report = rr.verify(artifact, make_rules(form), rows())
    assert report.passed, str(report)
    report = rr.verify(artifact, make_model(), find_taken_rows())
    assert report.passed, str(report)


def find_taken_rows() -> pd.DataFrame:
    """Rows for which scikit-learn raises no error."""
    found = rows()
    known = found["age"].notna() & (found["age"] >= 0) & ~(found["net pay"] <= -1)
    return found[known]
