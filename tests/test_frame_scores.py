"""Frames that are scored where their rows lie: in memory, by workers of Dask, by Spark's executors.

What is due is what `predict` and the methods beside it give of a pandas frame.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from browsers import miss
from executed_targets import require_program
from handmade import network
from line_models import KIND, MODELS, make_lines
from sklearn.compose import make_column_transformer
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from spark_cluster import EXECUTORS

import relurules as rr
from relurules.domain.columns import Category, Column, list_table_columns
from relurules.errors import DataError, UnsupportedError
from relurules.ir import AdditiveRules, Head
from relurules.pipeline.score_columns import choose_score_columns

pytestmark = pytest.mark.timeout(3000)  # executors take minutes to start on a busy machine
PARTS = ("outputs", "score", "contributions", "reasons")


@cache
def make_derived_rules() -> Any:
    """Lines over a logarithm and texts, of two classes that have names."""
    random = np.random.default_rng(3)
    frame = pd.DataFrame({
        "pay": random.gamma(2.0, 3.0, 300),
        "job": random.choice(["clerk", "it's"], 300),
    })  # fmt: skip
    columns = make_column_transformer(
        (make_pipeline(FunctionTransformer(np.log1p), StandardScaler()), ["pay"]),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["job"]),
    )
    network = MLPClassifier((2,), max_iter=300, solver="lbfgs", random_state=0)
    y = np.where(np.log1p(frame["pay"]) + (frame["job"] == "clerk") > 2.2, "good", "bad")
    model = make_pipeline(columns, network).fit(frame, y)
    return rr.extract(model, data=frame, form="additive")


def make_coded_rules() -> Any:
    """Lines over a number, texts, and numbers that are categories."""
    code = (Category((1.0,)), Category((2.0, 3.0)), Category((), missing=True, other=True))
    domain = rr.Domain.over((Column("age"), Column("job", KIND), Column("code", code)))
    net = network([[1, 0, 1, 0, 2, 0]], [-1], [[1]], C=[[0, 0, 1, 3, 0, 1]])
    return make_lines(net, domain, (Head("identity", (0,)),))


def make_loans() -> pd.DataFrame:
    """A table to learn from; no two rows have the same income."""
    random = np.random.default_rng(5)
    frame = pd.DataFrame({
        "income": random.gamma(2.0, 2.0, 1500),
        "debt": random.normal(0.0, 1.0, 1500),
        "job": random.choice(["clerk", "smith", "nurse"], 1500),
        "paid": random.random(1500) < 0.5,
        "since": pd.Timestamp("2020-01-01"),
    })  # fmt: skip
    score = frame["income"] - 2 * frame["debt"].clip(lower=0) + (frame["job"] == "nurse") - 3.5
    chance = 1 / (1 + np.exp(-score))
    frame.loc[random.random(1500) < 0.05, "debt"] = np.nan
    return frame.assign(default=np.where(random.random(1500) < chance, "yes", "no"))


@cache
def list_rules() -> dict[str, Any]:
    """Both kinds, with categories, constants for missing values, groups, links, classes, columns
    made of others.
    """
    found: dict[str, Any] = {name: make() for name, make in MODELS.items()}
    found["derived"] = make_derived_rules()
    return found | {f"{name} partition": each.to_partition() for name, each in found.items()}


def choose_columns(rules: Any) -> list[str]:
    own = "lines" if isinstance(rules, AdditiveRules) else "rule"
    return [*PARTS, own, *([] if rules.class_test is None else ["class"])]


def make_rows(rules: Any, count: int = 120) -> pd.DataFrame:
    """Rows in the domain, outside, without a value, and with texts that no category is."""
    random, found = np.random.default_rng(1), dict[str, Any]()
    for name, column in list_table_columns(rules.domain.columns).items():
        known = list(column.lookup)
        if any(isinstance(value, str) for value in known):
            found[name] = random.choice(np.array([*known, "other", None], dtype=object), count)
        else:
            values = random.uniform(-1.0, 11.0, count)
            found[name] = np.where(random.random(count) < 0.05, np.nan, values)

    return pd.DataFrame(found).assign(number=np.arange(count))


def assert_alike(found: pd.DataFrame, due: pd.DataFrame, share: float) -> None:
    """Numbers alike within a share of their size, anything else the same, nothing in the same
    rows.
    """
    assert list(found.columns) == list(due.columns)
    for name in due:
        own, other = found[name], due[name]
        assert own.isna().to_numpy().tolist() == other.isna().to_numpy().tolist(), name
        given = ~other.isna().to_numpy()
        if other.dtype.kind == "f":
            numbers = own[given].to_numpy(dtype=float), other[given].to_numpy()
            np.testing.assert_allclose(*numbers, rtol=share, atol=share, err_msg=str(name))
        else:
            assert own[given].tolist() == other[given].tolist(), name


@pytest.mark.parametrize("name", [*MODELS, "derived", *(f"{name} partition" for name in MODELS)])
def test_columns_are_what_the_rules_give(name: str) -> None:
    rules = list_rules()[name]
    rows, asked = make_rows(rules).set_index(np.arange(120) % 7), choose_columns(rules)
    given = rr.score(rows, rules, columns=asked)
    assert given.index.equals(rows.index)
    assert given[rows.columns].equals(rows)
    predicted = rules.predict(rows)
    assert np.isnan(predicted.astype(float)).any()
    assert np.array_equal(given[list(rules.outputs)].to_numpy(float), predicted, equal_nan=True)
    if "class" in given:
        labels = [None if pd.isna(label) else label for label in given["class"]]
        assert labels == rules.classify(rows).tolist()
    if "rule" in given:
        assert given["rule"].tolist() == rules.apply(rows).tolist()
    else:
        applies = rules.find_applying_lines(rows).sum(axis=1)
        told = given["lines"].fillna("")
        assert [len(text.split(",")) if text else 0 for text in told] == applies.tolist()

    if isinstance(rules, AdditiveRules):
        parts = rules.contributions(rows, rules.scores[0]).iloc[:, 1:]
        start = "contribution_" if len(rules.scores) == 1 else "contribution_y0_"
        if start == "contribution_":
            own = given[[f"{start}{part}" for part in parts]].to_numpy()
            np.testing.assert_allclose(own, parts.to_numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", [*MODELS, "mixed partition"])
def test_columns_are_called_as_in_sql(name: str) -> None:
    rules = list_rules()[name]
    asked = choose_score_columns(rules, choose_columns(rules))
    given = rr.score(make_rows(rules), rules, columns=asked)
    text = str(rr.emit(rules, "sql", dialect="spark", key=["number"], columns=asked))
    places = [text.rindex(f"AS `{one}`") for one in given.columns[len(make_rows(rules).columns) :]]
    assert places == sorted(places)


def test_frames_of_other_libraries() -> None:
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    rules = list_rules()["mixed"]
    rows = make_rows(rules)
    due = rr.score(rows, rules, columns=choose_columns(rules))
    frame = rr.score(polars.from_pandas(rows), rules, columns=choose_columns(rules))
    assert isinstance(frame, polars.DataFrame)
    table = rr.score(pyarrow.Table.from_pandas(rows), rules, columns=choose_columns(rules))
    for found in (frame.to_pandas(), table.to_pandas()):
        assert_alike(found, due, 0.0)
    empty = rr.score(rows[:0], rules, columns=choose_columns(rules))
    assert empty.dtypes.tolist() == due.dtypes.tolist()


def test_what_is_refused() -> None:
    rules = list_rules()["plain"]
    rows = make_rows(rules)
    with pytest.raises(DataError, match="lacks 1 of the 3 columns that the rules read: 'debt'"):
        rr.score(rows.drop(columns="debt"), rules)
    with pytest.raises(DataError, match="has a column 'y0' already"):
        rr.score(rows.assign(y0=1), rules)
    assert "risk" in rr.score(rows.assign(y0=1), rules, rename={"y0": "risk"})
    with pytest.raises(DataError, match="two columns of the rules' scores are called 'lines'"):
        rr.score(rows, rules, columns=["outputs", "lines"], rename={"y0": "lines"})
    with pytest.raises(DataError, match="two columns of the rules' scores are called 'rule'"):
        rr.score(rows, rules.to_partition(), rename={"y0": "rule"})
    with pytest.raises(DataError, match="two columns 'age'"):
        rr.score(pd.concat([rows, rows[["age"]]], axis=1), rules)
    with pytest.raises(UnsupportedError, match=r"no column 'rule' .*, lines"):
        rr.score(rows, rules, columns=["rule"])
    with pytest.raises(UnsupportedError, match="no sigmoid or softmax"):
        rr.score(rows, rules, columns=["probability"])
    with pytest.raises(DataError, match="the frame is a ndarray; supported: a frame of Spark"):
        rr.score(np.zeros((2, 3)), rules)


@pytest.fixture(scope="module")
def dask_cluster() -> Iterator[Any]:
    """Two processes of Dask on this machine."""
    if os.environ.get("CI") != "true":
        pytest.importorskip("distributed")
        pytest.importorskip("dask.dataframe")
    import dask
    from dask.distributed import Client, LocalCluster

    # a busy machine takes long to start processes
    patient = dict.fromkeys(("connect", "tcp"), "500s")
    with dask.config.set({"distributed.comm.timeouts": patient}):
        cluster = LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        )
        with cluster as started, Client(started) as client:
            yield client


def test_workers_of_dask_give_what_one_process_gives(dask_cluster: Any) -> None:
    import dask.dataframe

    for name, rules in list_rules().items():
        rows, asked = make_rows(rules), choose_columns(rules)
        frame = dask.dataframe.from_pandas(rows, npartitions=5, sort=False)
        lazy = rr.score(frame, rules, columns=asked)
        assert type(lazy) is type(frame), name
        due = rr.score(rows, rules, columns=asked)
        found = lazy.compute()
        assert lazy.dtypes.tolist() == found.dtypes.tolist(), name
        assert_alike(found, due, 0.0)

    with pytest.raises(DataError, match="lacks 1 of the"):
        rr.score(frame.drop(columns=frame.columns[0]), rules)


@pytest.fixture(scope="module")
def spark_found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what Spark's local cluster scored."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        miss("pyspark")
    require_program("java")
    folder = tmp_path_factory.mktemp("spark")
    tasks = []
    for name, rules in list_rules().items():
        rules.save(folder / f"{name}.json")
        make_rows(rules).to_parquet(folder / f"rows {name}.parquet")
        tasks.append({
            "name": name,
            "rules": str(folder / f"{name}.json"),
            "rows": str(folder / f"rows {name}.parquet"),
            "options": {"columns": choose_columns(rules), "direction": "lower", "top": 2},
        })  # fmt: skip

    make_coded_rules().save(folder / "coded.json")
    make_loans().to_parquet(folder / "loans.parquet")
    (folder / "tasks.json").write_text(json.dumps(tasks))
    script = Path(__file__).parent / "spark_cluster.py"
    done = subprocess.run(
        [sys.executable, str(script), str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]

    return folder


@pytest.mark.parametrize(
    "name", [f"{name}{kind}" for name in (*MODELS, "derived") for kind in ("", " partition")]
)
def test_executors_of_spark_give_what_the_rules_give(spark_found: Path, name: str) -> None:
    rules = list_rules()[name]
    asked = {"columns": choose_columns(rules), "direction": "lower", "top": 2}
    due = rr.score(make_rows(rules), rules, **asked)
    found = pd.read_parquet(spark_found / f"{name}.parquet").sort_values("number")
    assert_alike(found.reset_index(drop=True), due, 1e-12)


def test_several_executors_worked(spark_found: Path) -> None:
    assert read_found(spark_found)["busy"] == EXECUTORS


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lacking", "DataError: the frame lacks 1 of the 3 columns"),
        ("clash", "DataError: the frame has a column 'y0' already"),
        ("case", "InputError: SQL doesn't tell apart"),
        ("twice", "DataError: the frame has two columns 'number'"),
        ("dated", "DataError: the frame's column 'age' is timestamp"),
        ("collated", "DataError: the frame's column 'age' is string collate UTF8_LCASE"),
        ("texts", "DataError: the frame's column 'age' is string; the rules read numbers there"),
        ("numbers", "DataError: the frame's column 'job' is int; the rules read texts there"),
        ("coded", "DataError: the frame's column 'code' is string; the rules read numbers there"),
        ("void", "scored"),
        ("patterns", "UnsupportedError: the session's setting spark.sql.parser.quotedRegex"),
        ("escaped", "UnsupportedError: the session's setting spark.sql.parser.escapedString"),
        ("views", "0"),
    ],
)
def test_spark_frames_that_are_refused(spark_found: Path, name: str, said: str) -> None:
    found = read_found(spark_found)["refusals"]
    assert found[name].startswith(said), found[name]


def read_found(folder: Path) -> Any:
    return json.loads((folder / "found.json").read_text())


def test_spark_draws_the_same_rows_from_any_partitions(spark_found: Path) -> None:
    one, other = read_found(spark_found)["fits"]
    assert one["income"] == other["income"]
    assert len(set(one["income"])) == 400
    assert one["scored"] == pytest.approx(other["scored"], rel=1e-12)
    table, rules = make_loans(), rr.load(spark_found / "fitted 2.json")
    scores = rules.predict_scores(table)
    assert np.isfinite(scores).all()
    others = ~table["income"].isin(one["income"]).to_numpy()
    assert one["scored"][:3] == [1500, 1100, 0]
    due = roc_auc_score(table["default"][others] == "yes", scores[others, 0])
    assert one["scored"][3] == pytest.approx(due, abs=1e-12)


def test_spark_draws_equal_rows_one_by_one(spark_found: Path) -> None:
    first, *others = read_found(spark_found)["twins"]
    assert [first] * 2 == others
    assert sum(first) == 900
    assert abs(np.array(first) - 300).max() < 6 * np.sqrt(900 * 0.3)


def test_spark_frames_that_are_not_fitted(spark_found: Path) -> None:
    found = read_found(spark_found)["unfit"]
    assert found["dates"].startswith("DataError: the frame's column 'since' is timestamp")
    assert found["na"].startswith("DataError: na with a Spark frame; supported: none.")
    assert found["twins"].startswith(
        "DataError: Spark doesn't tell apart the frame's columns 'income' and 'Income'"
    )
    assert found["empty"].startswith("DataError: the table has 0 rows")
