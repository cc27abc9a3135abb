"""From a CSV file to SQL and back: `fit` and `emit` on the command line, the statement on the table
as the database itself reads the file, against the fitted pipeline and `explain`.
"""

import csv
import gzip
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

import relurules as rr
from relurules.cli.main import run

CENSUS = Path(__file__).parents[2] / "shared" / "data" / "adult.csv.gz"
#: Rows whose reasons are compared.
SAMPLE = 300
#: Rows of the census that are used, to save time.
CENSUS_ROWS = 4_000


@dataclass(frozen=True, kw_only=True)
class FittedFile:
    """A CSV file with a column `id`, what was fitted to it, and the SQL in `folder`."""

    path: Path
    folder: Path
    model: Pipeline
    rules: rr.RuleSet
    #: The file's rows as the pipeline takes them.
    frame: pd.DataFrame
    #: Columns of text, of numbers.
    texts: Sequence[str]
    numbers: Sequence[str]

    @cached_property
    def reasons(self) -> dict[int, list[str]]:
        """The words of `explain` for a sample of rows, by their number."""
        sample = np.random.default_rng(0).choice(len(self.frame), SAMPLE, replace=False)
        told = {int(i): rr.explain(self.rules, self.frame.iloc[[i]]).reasons for i in sample}
        return {i: [reason.text for reason in reasons] for i, reasons in told.items()}


def call(*arguments: object) -> None:
    assert run([str(argument) for argument in arguments]) == 0


def fit(path: Path, target: str, numbers: Sequence[str], *options: str) -> FittedFile:
    folder = path.parent / "model"
    given = ("--hidden", "8", "--max-rules", "4", "--max-terms", "10", "--out", folder)
    call("fit", path, "--target", target, "--drop", "id", *given, *options)
    for dialect in ("duckdb", "sqlite"):
        written = ("--columns", "outputs,class,reasons,rule", "--out", folder / dialect)
        table = ("--dialect", dialect, "--table", "scored_rows", "--key", "id")
        call("emit", folder / "rules.json", "--to", "sql", *table, *written)

    frame = pd.read_csv(path, dtype=str, keep_default_na=False).replace("", np.nan)
    frame = frame.astype(dict.fromkeys(numbers, float))
    if "opened" in frame:
        days = pd.to_datetime(frame["opened"]) - pd.Timestamp("2000-01-01")
        frame["opened_days_since_2000_01_01"] = days.dt.days
    return FittedFile(
        path=path,
        folder=folder,
        model=joblib.load(folder / "model.joblib"),
        rules=rr.RuleSet.load(folder / "rules.json"),
        frame=frame,
        texts=[name for name in frame if name not in (*numbers, "id")],
        numbers=numbers,
    )


def make_credit(rows: int) -> pd.DataFrame:
    """Applications for a loan, of which class 2 is bad, with gaps, codes and a date."""
    random = np.random.default_rng(3)

    def draw(*values: str) -> object:
        return random.choice(np.array(values, dtype=object), rows)

    frame = pd.DataFrame(
        {
            "checking": draw("A11", "A12", "A13", "A14"),
            "history": draw("A30", "A31", "A32", "A33", "A34"),
            "purpose": draw("car (new)", "radio/TV", 'it\'s "other"', "NA"),
            "savings": draw("< 100 DM", "100 <= ... < 500", "unknown"),
            "employment": draw("none", "<1", "1..4", ">=7"),
            "sex status": draw("male single", "female div", "male mar"),
            "debtors": draw("none", "co-applicant", "guarantor"),
            "property": draw("real estate", "car", "none, unknown"),
            "plans": draw("bank", "stores", "null"),
            "housing": draw("rent", "own", "für frei"),
            "job": draw("skilled", "unskilled", "manager"),
            "telephone": draw("none", "yes, registered"),
            "foreign": draw("yes", "no"),
            "branch": draw("007", "012", "083", "100"),
            "opened": random.integers(18262, 19722, rows).astype("datetime64[D]").astype(str),
            "duration": random.integers(4, 72, rows),
            "amount": random.lognormal(7.8, 0.8, rows).round(2),
            "age": random.integers(19, 75, rows),
        }
    )
    risk = 0.12 * np.abs(frame["duration"] - 38) - 0.15 * np.maximum(0, frame["age"] - 50)
    risk += 1.5 * (frame["checking"] == "A11") + 2.0 * (frame["branch"] == "007")
    risk += 2.0 * (frame["foreign"] == "yes") + 1.5 * (frame["purpose"] == "NA")
    risk += (pd.to_datetime(frame["opened"]) - pd.Timestamp("2022-01-01")).dt.days / 300
    label = np.where(risk + random.logistic(0, 0.3, rows) > risk.median(), 2, 1)
    gaps = random.random(frame.shape) < 0.04
    frame = frame.astype(object).mask(gaps, "").assign(label=label)
    return frame.rename_axis("id").reset_index()


@pytest.fixture(scope="module")
def credit(tmp_path_factory: pytest.TempPathFactory) -> FittedFile:
    path = tmp_path_factory.mktemp("credit") / "credit.csv"
    make_credit(1000).to_csv(path, index=False)
    return fit(path, "label", ("duration", "amount", "age"))


@pytest.fixture(scope="module")
def census(tmp_path_factory: pytest.TempPathFactory) -> FittedFile:
    if not CENSUS.exists():
        pytest.skip(f"needs the census table {CENSUS.name}, which isn't here")
    path = tmp_path_factory.mktemp("census") / "census.csv"
    with gzip.open(CENSUS, "rt") as source, path.open("w") as out:
        for i, line in zip(range(CENSUS_ROWS + 1), source, strict=False):
            out.write(f"{i if i else 'id'},{line}")
    numbers = ("age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week")
    return fit(path, "income", numbers, "--drop", "split", "--time-limit", "20")


def score_in_duckdb(given: FittedFile) -> pd.DataFrame:
    days = "date_diff('day', DATE '2000-01-01', opened) AS opened_days_since_2000_01_01"
    added = f", {days}" if "opened" in given.frame else ""
    with closing(duckdb.connect()) as connection:
        connection.execute(
            f"CREATE TABLE scored_rows AS SELECT *{added} FROM read_csv('{given.path}')"
        )
        return connection.execute((given.folder / "duckdb" / "score.sql").read_text()).df()


def score_in_sqlite(given: FittedFile) -> pd.DataFrame:
    """As `.import` reads the file into a table of these types, and empty texts made NULL."""
    with closing(sqlite3.connect(":memory:")) as connection, given.path.open() as source:
        header, *rows = csv.reader(source)
        types = {"id": "INTEGER"} | dict.fromkeys(given.numbers, "REAL")
        columns = ", ".join(f'"{name}" {types.get(name, "TEXT")}' for name in header)
        connection.execute(f"CREATE TABLE imported ({columns})")
        marks = ", ".join(["nullif(?, '')"] * len(header))
        connection.executemany(f"INSERT INTO imported VALUES ({marks})", rows)
        days = "julianday(opened) - julianday('2000-01-01') AS opened_days_since_2000_01_01"
        added = f", {days}" if "opened" in header else ""
        connection.execute(f"CREATE VIEW scored_rows AS SELECT *{added} FROM imported")
        return pd.read_sql((given.folder / "sqlite" / "score.sql").read_text(), connection)


def check(given: FittedFile, scored: pd.DataFrame) -> None:
    """Outputs, classes and reasons of every row, and of a sample."""
    scored = scored.sort_values("id").reset_index(drop=True)
    assert scored["id"].astype(str).tolist() == given.frame["id"].tolist()
    X = given.frame[list(given.model.feature_names_in_)]
    expected = given.model.predict_proba(X)
    found = scored[list(given.rules.outputs)].to_numpy(dtype=float)
    np.testing.assert_array_equal(scored["rule"] > 0, True)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert scored["class"].tolist() == given.model.predict(X).tolist()

    places = [name for name in scored if str(name).startswith("reason_")]
    assert len(places) == 4
    assert len(given.reasons) == SAMPLE
    for i, words in given.reasons.items():
        assert [v for v in scored.loc[i, places] if not pd.isna(v)] == words, i


def test_credit_reads_every_kind_of_column(credit: FittedFile) -> None:
    read = {column.name for column in credit.rules.domain.columns}
    assert {"branch", "foreign", "purpose", "opened_days_since_2000_01_01", "age"} <= read
    assert credit.rules.labels is not None
    assert len(credit.rules) > 1
    assert credit.frame.isna().to_numpy().any()


@pytest.mark.parametrize("score", [score_in_duckdb, score_in_sqlite])
def test_credit(credit: FittedFile, score) -> None:  # type: ignore[no-untyped-def]
    check(credit, score(credit))


@pytest.mark.parametrize("score", [score_in_duckdb, score_in_sqlite])
def test_census(census: FittedFile, score) -> None:  # type: ignore[no-untyped-def]
    check(census, score(census))
