"""Categories that a reader of files has turned into booleans or numbers: the same score, or an
error, and never another category.
"""

import sqlite3
import subprocess
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from executed_targets import require_program
from sklearn.compose import make_column_transformer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sqls import need

import relurules as rr
from relurules.verifying.databases import OPEN

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    random = np.random.default_rng(0)
    columns = {
        "x": random.normal(size=60),
        "foreign": random.choice(["yes", "no", None], 60),
        "branch": random.choice(["007", "012", "100"], 60),
        "grade": random.choice(["1", "2", "3"], 60),
    }
    return pd.DataFrame(columns).astype(dict.fromkeys(["foreign", "branch", "grade"], object))


@pytest.fixture(scope="module")
def model(table: pd.DataFrame) -> Any:
    y = (table["x"] > 0) ^ (table["foreign"] == "yes") ^ (table["branch"] == "007")
    encoder = OneHotEncoder(handle_unknown="ignore")
    columns = make_column_transformer(
        (encoder, ["foreign", "branch", "grade"]), remainder="passthrough"
    )
    network = MLPClassifier((2,), max_iter=30, random_state=0)
    return make_pipeline(columns, network).fit(table, y)


def emit(model: Any, table: pd.DataFrame, dialect: str, **options: Any) -> str:
    return str(rr.emit(rr.extract(model, data=table), "sql", dialect=dialect, table="t", **options))


def test_duckdb_reads_yes_and_no_as_booleans(
    model: Any, table: pd.DataFrame, tmp_path: Any
) -> None:
    table.to_csv(tmp_path / "t.csv", index_label="id")
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t AS FROM read_csv('{tmp_path / 't.csv'}')")
        types = {name: kind for name, kind, *_ in connection.execute("DESCRIBE t").fetchall()}
        assert types["foreign"] == "BOOLEAN"
        assert types["branch"] == "VARCHAR"
        assert types["grade"] == "BIGINT"
        found = connection.execute(emit(model, table, "duckdb", key=["id"])).df().set_index("id")
    found = found.loc[table.index, ["p_False", "p_True"]].to_numpy()
    assert np.abs(found - model.predict_proba(table)).max() <= 1e-12


def test_postgres_holds_yes_and_no_as_booleans(model: Any, table: pd.DataFrame) -> None:
    need("postgres")
    with OPEN["postgres"]() as database:
        columns = 'x DOUBLE PRECISION, "foreign" BOOLEAN, branch TEXT, grade INTEGER'
        database.execute(f"CREATE TABLE t (id INTEGER, {columns})")
        for i, (x, foreign, branch, grade) in enumerate(table.itertuples(index=False)):
            flag = {"yes": "TRUE", "no": "FALSE"}.get(foreign, "NULL")
            database.execute(f"INSERT INTO t VALUES ({i}, {x!r}, {flag}, '{branch}', {grade})")
        rows = {
            row[0]: row[1:3] for row in database.execute(emit(model, table, "postgres", key=["id"]))
        }
    found = np.array([rows[i] for i in range(len(table))], dtype=float)
    assert np.abs(found - model.predict_proba(table)).max() <= 1e-12


@pytest.mark.parametrize(("column", "kind"), [("branch", "INTEGER"), ("grade", "DOUBLE")])
def test_duckdb_refuses_numbers_that_are_no_category(
    model: Any, table: pd.DataFrame, column: str, kind: str
) -> None:
    with duckdb.connect() as connection:
        connection.register("frame", table)
        connection.execute(
            f"CREATE TABLE t AS SELECT * REPLACE (CAST({column} AS {kind}) AS {column}) FROM frame"
        )
        with pytest.raises(duckdb.Error, match=f'"{column}" holds numbers, but must be text'):
            connection.execute(emit(model, table, "duckdb")).fetchall()


@pytest.mark.parametrize(("column", "kind"), [("branch", int), ("grade", float)])
def test_sqlite_refuses_numbers_that_are_no_category(
    model: Any, table: pd.DataFrame, column: str, kind: type
) -> None:
    with sqlite3.connect(":memory:") as connection:
        table.astype({column: kind}).to_sql("t", connection)
        with pytest.raises(sqlite3.Error, match=f'"{column}" holds numbers, but must be text'):
            connection.execute(emit(model, table, "sqlite")).fetchall()


def test_an_unknown_text_is_any_other_value(model: Any, table: pd.DataFrame) -> None:
    stranger = table.head(3).assign(branch=["7", "12.0", "x"], foreign=["true", "No", "f"])
    for dialect in ("sqlite", "duckdb"):
        assert rr.verify(
            rr.emit(rr.extract(model, data=table), "sql", dialect=dialect), model, stranger
        )


def test_spellings_that_a_boolean_could_both_be_are_refused() -> None:
    frame = pd.DataFrame({"x": np.arange(6.0), "flag": ["yes", "Yes", "no"] * 2}).astype(
        {"flag": object}
    )
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["flag"]), remainder="passthrough"
    )
    network = MLPClassifier((2,), max_iter=5, random_state=0)
    model = make_pipeline(encoder, network).fit(frame, [0, 1] * 3)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT 1.0 AS x, TRUE AS flag")
        with pytest.raises(duckdb.Error, match='"flag" holds booleans, but must be text'):
            connection.execute(emit(model, frame, "duckdb")).fetchall()


@pytest.mark.parametrize("target", ["python", "numpy"])
def test_code_refuses_a_number_among_texts(model: Any, table: pd.DataFrame, target: str) -> None:
    rules = rr.extract(model, data=table)
    names: dict[str, Any] = {"__name__": "emitted"}
    exec(str(rr.emit(rules, target)), names)
    rows = table.head(3).astype(object).where(table.head(3).notna(), None)
    wrong = rows.assign(branch=7)

    def score(given: pd.DataFrame) -> Any:
        if target == "numpy":
            return names["score_batch"](given)
        return [names["score"](row) for row in given.to_dict("records")]

    score(rows)
    with pytest.raises(TypeError, match=r"'branch'.* must be a text such as '007', found 7"):
        score(wrong)


def test_javascript_refuses_a_number_among_texts(
    model: Any, table: pd.DataFrame, tmp_path: Any
) -> None:
    require_program("node")
    rr.emit(rr.extract(model, data=table), "javascript").write(tmp_path)
    for branch, code in (('"007"', 0), ("7", 1)):
        row = f'{{x: 0.1, foreign: "yes", branch: {branch}, grade: "1"}}'
        text = f'import {{ score }} from "./score.mjs"; score({row});'
        (tmp_path / "call.mjs").write_text(text)
        ended = subprocess.run(
            ["node", "call.mjs"], check=False, cwd=tmp_path, capture_output=True, text=True
        )
        assert ended.returncode == code, ended.stderr
        assert not code or '"branch" must be a text such as "007", found 7' in ended.stderr
