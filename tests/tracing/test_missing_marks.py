"""None and NaN in columns of objects, which scikit-learn tells apart."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

import relurules as rr
from relurules.errors import DataError, ModelError

pytestmark = pytest.mark.filterwarnings("ignore")
RNG = np.random.default_rng(0)
N = 200
JOBS = RNG.choice(np.array(["clerk", "cook"], dtype=object), N)


def table(*marks: Any) -> pd.DataFrame:
    """A column of objects in which each mark stands in ten rows, from the first on."""
    jobs = JOBS.copy()
    for i, mark in enumerate(marks):
        jobs[10 * i : 10 * i + 10] = mark
    return pd.DataFrame(
        {"x": np.random.default_rng(1).normal(size=N), "job": pd.Series(jobs, dtype=object)}
    )


def train(encoder: Any, frame: pd.DataFrame) -> Any:
    columns = make_column_transformer((encoder, ["job"]), remainder="passthrough")
    y = (frame["x"] > 0) ^ (np.arange(N) < 10)
    return make_pipeline(columns, MLPClassifier((4,), max_iter=20, random_state=0)).fit(frame, y)


def test_a_model_that_tells_none_from_nan_is_refused() -> None:
    frame = table(None, np.nan)
    model = train(OneHotEncoder(handle_unknown="ignore"), frame)
    with pytest.raises(ModelError, match="None and NaN as two categories of column 'job'"):
        rr.extract(model, data=frame)


@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder(encoded_missing_value=-1)])
def test_booleans_beside_missing_values_are_refused(encoder: Any) -> None:
    frame = table(np.nan)
    frame["job"] = pd.Series([np.nan, *[True, False] * (N // 2)][:N], dtype=object)
    with pytest.raises(ModelError, match="has learnt True, False and a missing value"):
        rr.extract(train(encoder, frame), data=frame)


@pytest.mark.parametrize("mark", [None, np.nan])
@pytest.mark.parametrize("imputes", [False, True])
def test_the_missing_value_that_the_model_knows(mark: Any, imputes: bool) -> None:
    frame, other = table(mark), table(mark, np.nan if mark is None else None)
    encoder: Any = OneHotEncoder(handle_unknown="ignore")
    if imputes:
        encoder = make_pipeline(
            SimpleImputer(strategy="most_frequent", missing_values=mark), encoder
        )
    model = train(encoder, frame)
    rules = rr.extract(model, data=frame)
    assert rules.predict(frame) == pytest.approx(model.predict_proba(frame), abs=1e-9)
    assert rr.verify(rules, model, frame)

    found = "NaN" if mark is None else "None"
    with pytest.raises(DataError, match=f"column 'job', row 10: found {found}"):
        rr.extract(model, data=other)
    with pytest.raises(DataError, match=f"column 'job', row 10: found {found}"):
        rr.verify(rules, model, other)
    with pytest.raises(DataError, match=r"column 'job', row 10: found pandas\.NA"):
        rr.extract(model, data=table(mark, pd.NA))
    texts = frame.astype({"job": "str"}) if pd.__version__ >= "3" else frame
    assert rr.verify(rules, model, texts)  # which know one missing value
