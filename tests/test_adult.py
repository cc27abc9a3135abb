"""Adult census through ordinary scikit-learn pipelines: SQL on the raw table gives the pipeline's
probabilities.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from skorch import NeuralNetClassifier
from torch import nn

import relurules as rr
from relurules.ir import Artifact

CSV = Path(__file__).parents[2] / "shared" / "data" / "adult.csv.gz"
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
needs_data = pytest.mark.skipif(
    not CSV.exists(), reason=f"needs the census table {CSV.name}, which isn't here"
)
DROPPED = ["income", "split"]


@cache
def table(missing: str) -> pd.DataFrame:
    """All 48,842 rows; what is missing as NaN, or as the question marks of the file."""
    return pd.read_csv(CSV, na_values="?" if missing == "NaN" else [], keep_default_na=False)


def pipeline(frame: pd.DataFrame, encoder: Any, imputer: Any, last: Any) -> Pipeline:
    numbers = [name for name in frame if frame[name].dtype.kind in "if"]
    texts = [name for name in frame if name not in numbers]
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    steps = [("num", scaled, numbers), ("cat", make_pipeline(imputer, encoder), texts)]
    return Pipeline([("pre", ColumnTransformer(steps)), ("net", last)])


def float32_net(features: int) -> NeuralNetClassifier:
    module = nn.Sequential(nn.Linear(features, 3), nn.ReLU(), nn.Linear(3, 2))
    settings = {"criterion": nn.CrossEntropyLoss, "max_epochs": 2, "batch_size": 512, "verbose": 0}
    return NeuralNetClassifier(module, train_split=None, **settings)


@cache
def fitted(kind: str) -> tuple[Pipeline, pd.DataFrame]:
    """A pipeline of this kind, trained for a moment, and its raw rows."""
    frame = table("?" if kind == "question marks" else "NaN")
    raw, y = frame.drop(columns=DROPPED), frame["income"]
    frequent = SimpleImputer(
        strategy="most_frequent", missing_values="?" if kind == "question marks" else np.nan
    )
    mlp = MLPClassifier((3, 2), max_iter=4, random_state=0)
    unknown = {"handle_unknown": "use_encoded_value", "unknown_value": -1}
    encoder, imputer = {
        "one-hot": (OneHotEncoder(handle_unknown="ignore"), frequent),
        "question marks": (OneHotEncoder(handle_unknown="ignore"), frequent),
        "rare together": (
            OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=500),
            "passthrough",
        ),
        "ordinal": (OrdinalEncoder(**unknown), SimpleImputer(strategy="constant")),
    }[kind]
    return pipeline(raw, encoder, imputer, mlp).fit(raw[::3], y[::3]), raw


def choose_rows(raw: pd.DataFrame) -> pd.DataFrame:
    """Every fifth row, and one of every category: engines that are slow read these."""
    texts = raw.select_dtypes(exclude="number")
    told = [~texts[name].duplicated() for name in texts]
    return raw[np.any([np.arange(len(raw)) % 5 == 0, *told], axis=0)]


@contextmanager
def open_sqlite(raw: pd.DataFrame) -> Iterator[Callable[[Artifact], pd.DataFrame]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        raw.to_sql("census", connection, index_label="id")
        yield lambda artifact: pd.read_sql(str(artifact), connection)


@contextmanager
def open_duckdb(raw: pd.DataFrame) -> Iterator[Callable[[Artifact], pd.DataFrame]]:
    with duckdb.connect(":memory:") as connection:
        connection.register("census", raw.reset_index(names="id"))
        yield lambda artifact: connection.execute(str(artifact)).df()


ENGINES = {"sqlite": (open_sqlite, choose_rows), "duckdb": (open_duckdb, lambda raw: raw)}


@needs_data
@pytest.mark.parametrize("kind", ["one-hot", "question marks", "rare together", "ordinal"])
def test_sql_on_the_raw_table_is_predict_proba(kind: str) -> None:
    model, raw = fitted(kind)
    rules = rr.extract(model, data=raw)
    expected = model.predict_proba(raw)
    assert np.abs(rules.predict(raw) - expected).max() <= 1e-9
    for dialect, (open_, choose) in ENGINES.items():
        rows = choose(raw)
        with open_(rows) as run:
            for form in ("rules", "network"):
                given = {"dialect": dialect, "form": form, "table": "census", "key": ["id"]}
                scored = run(rr.emit(rules, "sql", **given)).set_index("id").loc[rows.index]
                assert (scored["rule"] > 0).all()
                found = scored[["p_<=50K", "p_>50K"]].to_numpy(dtype=float)
                assert np.abs(found - expected[rows.index]).max() <= 1e-9


@needs_data
def test_a_float32_net_at_the_end() -> None:
    torch.manual_seed(0)
    frame = table("NaN")
    raw, y = frame.drop(columns=DROPPED), (frame["income"] == ">50K").to_numpy(dtype=np.int64)
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32)
    cast = FunctionTransformer(lambda X: np.asarray(X, dtype=np.float32))
    features = pipeline(raw, encoder, SimpleImputer(strategy="most_frequent"), cast)
    inputs = features.fit_transform(raw)
    net = float32_net(inputs.shape[1]).fit(inputs, y)
    model = Pipeline([("pre", features[0]), ("net", net)])
    rules = rr.extract(model, data=raw)
    expected = net.predict_proba(inputs)
    for dialect, (open_, choose) in ENGINES.items():
        rows, given = choose(raw), {"form": "network", "table": "census", "key": ["id"]}
        artifact = rr.emit(rules, "sql", dialect=dialect, **given)
        with open_(rows) as run:
            scored = run(artifact).set_index("id").loc[rows.index]
        found = scored[list(rules.outputs)].to_numpy(dtype=float)
        assert np.abs(found - expected[rows.index]).max() <= 1e-6


@needs_data
def test_rules_speak_of_the_raw_columns() -> None:
    model, raw = fitted("one-hot")
    rules = rr.extract(model)
    text = str(rr.emit(rules, "text"))
    assert "[education is 'Bachelors']" in text
    assert "workclass is one of: 'Federal-gov'; " in text
    assert "'Private' or missing" in text
    stranger = raw[:3].assign(education=["Elvish", None, "Bachelors"])
    assert np.abs(rules.predict(stranger) - model.predict_proba(stranger)).max() <= 1e-12
