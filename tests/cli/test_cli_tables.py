"""What the text of a table means, through the command line: each fault that was seen, and one
table with everything, from its file to the pipeline, score.py and databases.
"""

import csv
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import joblib
import numpy as np
import pandas as pd
import pytest

import relurules as rr
from relurules.cli.main import run
from relurules.tables.read_file import read_file
from relurules.tables.read_options import ReadOptions

N = 300
QUICK = ["--max-rules", "4", "--hidden", "6"]


def write(folder: Path, columns: dict[str, Any], name: str = "rows.csv", sep: str = ",") -> Path:
    """A CSV file of texts as they are given."""
    with (folder / name).open("w", newline="") as file:
        writer = csv.writer(file, delimiter=sep, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return folder / name


def draw(values: Any, seed: int = 0) -> list[str]:
    return np.random.default_rng(seed).choice(values, N).tolist()


def fit(path: Path, out: Path, *options: str) -> rr.RuleSet:
    told = ["fit", str(path), "--target", "bad", *QUICK, *options, "--out", str(out)]
    assert run(told) == 0
    return rr.RuleSet.load(out / "rules.json")


def refusal(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert run(words) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def run_score(folder: Path, path: Path) -> np.ndarray[Any, Any]:
    """What score.py prints for a file, (N, 2)."""
    assert run(["emit", str(folder / "rules.json"), "--to", "python", "--out", str(folder)]) == 0
    with path.open() as file:
        ended = subprocess.run(
            [sys.executable, str(folder / "score.py")],
            stdin=file, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    rows = list(csv.DictReader(ended.stdout.splitlines()))
    return np.array([[float(row["p_no"]), float(row["p_yes"])] for row in rows])


def test_a_category_that_is_spelled_like_a_missing_value(tmp_path: Path) -> None:
    ages, countries = draw(range(18, 80)), draw(["DE", "FR", "NA"], 1)
    bad = [
        "yes" if int(age) / 40 + 1.5 * (country == "NA") > 1.9 else "no"
        for age, country in zip(ages, countries, strict=True)
    ]
    path = write(tmp_path, {"age": ages, "country": countries, "bad": bad})
    rules = fit(path, tmp_path / "m")
    assert "NA" in rules.domain.columns[1].lookup
    frame = pd.read_csv(path, keep_default_na=False)
    expected = joblib.load(tmp_path / "m" / "model.joblib").predict_proba(frame)
    assert run_score(tmp_path / "m", path) == pytest.approx(expected, abs=1e-9)
    assert rules.predict(frame) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("text", ["NA", "?", "null", "nan", "None"])
def test_a_text_among_numbers_is_refused_or_declared(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ages = draw(range(101, 140))
    bad = ["yes" if int(age) > 120 else "no" for age in ages]
    ages[7] = text
    path = write(tmp_path, {"age": ages, "other": draw(["a", "b"]), "bad": bad})
    said = refusal(["fit", str(path), "--target", "bad", "--out", str(tmp_path / "m")], capsys)
    assert f"rows.csv, line 9: column 'age': found the text '{text}'" in said
    assert "--na" in said
    assert 'kind = "category"' in said
    rules = fit(path, tmp_path / "m", "--na", text)
    assert rules.domain.columns[0].fill is not None
    assert rules.schema is not None
    assert rules.schema.format.na == (text,)
    explained = ["explain", str(tmp_path / "m" / "rules.json"), "--row", "7", "--data", str(path)]
    assert run(explained) == 0  # nobody says it again
    model = joblib.load(tmp_path / "m" / "model.joblib")
    frame = read_file(path, ReadOptions(schema=rules.schema)).frame
    expected = model.predict_proba(frame)
    assert run_score(tmp_path / "m", path) == pytest.approx(expected, abs=1e-9)


def test_codes_are_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zips, ages = draw(["01067", "04103", "10115", "80331"]), draw(range(18, 80), 1)
    bad = [
        "yes" if int(age) / 40 + 2 * (code == "04103") > 2 else "no"
        for age, code in zip(ages, zips, strict=True)
    ]
    path = write(tmp_path, {"age": ages, "zip": zips, "bad": bad})
    rules = fit(path, tmp_path / "m")
    assert "code       zip: a code, read as text: '0" in capsys.readouterr().out
    assert {"01067", "04103"} <= rules.domain.columns[1].lookup.keys()
    frame = pd.DataFrame({"age": list(map(int, ages)), "zip": zips})
    expected = joblib.load(tmp_path / "m" / "model.joblib").predict_proba(frame)
    assert run_score(tmp_path / "m", path) == pytest.approx(expected, abs=1e-9)


def test_booleans_with_gaps_are_numbers(tmp_path: Path) -> None:
    owner = draw(["True", "False", ""])
    bad = ["yes" if text == "True" else "no" for text in owner]
    path = write(tmp_path, {"owner": owner, "job": draw(["a", "b", ""], 2), "bad": bad})
    rules = fit(path, tmp_path / "m")
    assert not rules.domain.columns[0].categories
    schema = rules.schema
    assert schema is not None
    frame = read_file(path, ReadOptions(schema=schema)).frame
    expected = joblib.load(tmp_path / "m" / "model.joblib").predict_proba(frame)
    assert run_score(tmp_path / "m", path) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,bad\n1,yes\n1,no,3\n", "line 3: the row has 3 fields, the header 2"),
        ('a,bad\n"x\ny",yes\n\n1,no,3\n', "line 5: the row has 3 fields, the header 2"),
        ("a,bad\n1,yes\n1\n", "line 3: the row has 1 fields, the header 2"),
        ("a,a,bad\n1,2,yes\n", "line 1: the header names 'a' twice"),
        (",a,bad\n1,2,yes\n", "line 1: column 1 has no name"),
        ("1.5,2,7\n1,2,3\n", "line 1: the header holds numbers"),
        ('a,bad\n1,"yes\n2,no\n', "a quote is opened and never closed"),
        ('a,bad\n"1\n",yes\n\n' + "2,no\n3,no\nx,no\n", "line 5"),
        ("a,bad\n" + '"1,234.50",yes\n' * 3, "--thousands ,"),
        ("a,bad\n" + '"1,5",yes\n' * 3, "--decimal ,"),
        ("a,bad\n1,caf\xe9\n", "--encoding latin-1"),
    ],
)
def test_files_that_are_refused(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(text.encode("latin-1"))
    if said == "line 5":
        path.write_bytes(b'a,bad\n"1",yes\n\n2,no\n3,"n\no"\nx,no\n')
        said = "line 7: column 'a': found the text 'x'"
    shown = refusal(["fit", str(path), "--target", "bad", "--out", str(tmp_path / "m")], capsys)
    assert said in shown
    assert "rows.csv" in shown


def test_score_py_refuses_rows_that_do_not_fit(tmp_path: Path) -> None:
    ages = draw(range(18, 80))
    path = write(tmp_path, {"age": ages, "bad": ["yes" if int(a) > 40 else "no" for a in ages]})
    fit(path, tmp_path / "m")
    run_score(tmp_path / "m", path)
    for text, said in (
        ("age\n1,2\n", "line 2 of the CSV: the row has other fields"),
        ("age,age\n1,2\n", "names twice the column 'age'"),
        ("age\nnan\n", "line 2 of the CSV: 'age' must be a number, found 'nan'"),
    ):
        ended = subprocess.run(
            [sys.executable, str(tmp_path / "m" / "score.py")],
            input=text, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == 1
        assert said in ended.stderr


def everything(folder: Path) -> Path:
    """A table with all that texts can mean."""
    zips, countries = draw(["01067", "04103", "10115"]), draw(["DE", "FR", "NA"], 1)
    incomes = [f"{x:.2f}".replace(".", ",") for x in np.random.default_rng(2).normal(3, 1, N)]
    owner, grade = draw(["true", "false"], 3), draw(["low", "mid", "high"], 4)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(
        np.random.default_rng(5).integers(0, 900, N), unit="D"
    )
    opened = [day.strftime("%Y-%m-%d") for day in days]
    score = [
        float(income.replace(",", "."))
        + (country == "NA") + (code == "01067") + (yes == "true")
        + ["low", "mid", "high"].index(level) + (day.year == 2021)
        for income, country, code, yes, level, day in zip(
            incomes, countries, zips, owner, grade, days, strict=True
        )
    ]  # fmt: skip
    bad = ["yes" if value > np.median(score) else "no" for value in score]
    for row in range(0, N, 17):
        incomes[row], opened[row + 1], grade[row + 2] = "-", "", ""
    table = {
        "key": [f"k{i}" for i in range(N)], "income": incomes, "zip": zips, "country": countries,
        "owner": owner, "grade": grade, "opened": opened, "bad": bad,
    }  # fmt: skip
    return write(folder, table, sep=";")


def test_everything_from_the_file_to_code_and_databases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, types = everything(tmp_path), tmp_path / "columns.toml"
    told = ["--sep", ";", "--decimal", ",", "--na", "-"]
    assert run(["columns", str(path), *told, "--write", str(types)]) == 0
    text = types.read_text()
    for part in ("[columns.zip]\n# a code", 'kind = "date"', 'kind = "boolean"'):
        assert part in text
    text = text.replace(
        '[columns.grade]\nkind = "category"',
        '[columns.grade]\nkind = "ordered"\nlevels = ["low", "mid", "high"]',
    ).replace('parts = ["days"]', 'parts = ["days", "year"]')
    types.write_text(text)
    out = tmp_path / "m"
    rules = fit(path, out, "--types", str(types), "--max-terms", "0")
    said = capsys.readouterr().out
    assert "date       opened_days_since_2000_01_01: days from 2000-01-01 to opened" in said
    assert "1 of categories in an order" in said
    for name in ("rules.txt", "rules.html"):
        words = (out / name).read_text()
        assert "days from 2000-01-01 to opened" in words
        assert "texts that were missing values" in words
    assert (out / "columns.toml").read_text().count("kind =") == 8

    assert rules.schema is not None
    frame = read_file(path, ReadOptions(schema=rules.schema)).frame
    assert frame["income"].isna().sum() == frame["opened_year"].isna().sum() == len(range(0, N, 17))
    expected = joblib.load(out / "model.joblib").predict_proba(frame)
    assert rules.predict(frame) == pytest.approx(expected, abs=1e-9)
    assert run_score(out, path) == pytest.approx(expected, abs=1e-9)

    for dialect in ("duckdb", "sqlite"):
        told = ["--dialect", dialect, "--table", "loans", "--key", "key", "--out", str(out)]
        assert run(["emit", str(out / "rules.json"), "--to", "sql", *told]) == 0
        sql = (out / "score.sql").read_text()
        assert "-- opened_year: year of opened" in sql
        scored = {"duckdb": score_duckdb, "sqlite": score_sqlite}[dialect](path, sql)
        assert scored == pytest.approx(expected, abs=1e-9), dialect
        told = ["--against", str(out / "model.joblib"), "--trust-pickle", "--data", str(path)]
        assert run(["verify", str(out / "score.sql"), *told]) == 0


def score_duckdb(path: Path, sql: str) -> Any:
    """On a table that DuckDB reads from the file itself."""
    database = duckdb.connect()
    database.execute(
        f"CREATE TABLE raw AS SELECT * FROM read_csv('{path}', delim = ';', header = true, "
        "decimal_separator = ',', nullstr = ['', '-'], types = {'zip': 'VARCHAR'})"
    )
    database.execute(
        "CREATE VIEW loans AS SELECT *, opened - DATE '2000-01-01' AS "
        "opened_days_since_2000_01_01, year(opened) AS opened_year FROM raw"
    )
    found = {row[0]: row for row in database.execute(sql).fetchall()}
    return np.array([found[f"k{i}"][1:3] for i in range(N)], dtype=float)


def score_sqlite(path: Path, sql: str) -> Any:
    """On a table that SQLite fills with the texts of the file; what it can't convert, SQL does."""
    database = sqlite3.connect(":memory:")
    database.execute(
        "CREATE TABLE raw (key TEXT, income TEXT, zip TEXT, country TEXT, owner TEXT, grade TEXT, "
        "opened TEXT, bad TEXT)"
    )
    with path.open() as file:
        rows = list(csv.reader(file, delimiter=";"))[1:]
    database.executemany(f"INSERT INTO raw VALUES ({', '.join('?' * 8)})", rows)
    database.execute(
        "CREATE VIEW loans AS SELECT key, CAST(replace(nullif(income, '-'), ',', '.') AS REAL) AS "
        "income, zip, country, owner = 'true' AS owner, nullif(grade, '') AS grade, "
        "julianday(nullif(opened, '')) - julianday('2000-01-01') AS opened_days_since_2000_01_01, "
        "CAST(strftime('%Y', nullif(opened, '')) AS REAL) AS opened_year FROM raw"
    )
    found = {row[0]: row for row in database.execute(sql).fetchall()}
    return np.array([found[f"k{i}"][1:3] for i in range(N)], dtype=float)


def test_columns_shows_what_it_cannot_decide(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, {"a": [*map(str, range(9)), "x"], "b": ["u", "v"] * 5})
    assert run(["columns", str(path)]) == 2
    shown = capsys.readouterr()
    assert "undecided" in shown.out
    assert "line 11: column 'a': found the text 'x'" in shown.err
    undecided = tmp_path / "undecided.toml"
    assert run(["columns", str(path), "--write", str(undecided)]) == 2
    assert 'kind = "undecided"' in undecided.read_text()
    said = refusal(["columns", str(path), "--types", str(undecided)], capsys)
    assert "columns.a: kind 'undecided'; supported: number" in said
    types = tmp_path / "types.toml"
    types.write_text('[columns.c]\nkind = "category"\n')
    said = refusal(["columns", str(path), "--types", str(types)], capsys)
    assert "no column 'c', which --types has" in said
    types.write_text('[columns.a]\nkind = "category"\n')
    assert (
        run(["columns", str(path), "--types", str(types), "--write", str(tmp_path / "again.toml")])
        == 0
    )
    again = tmp_path / "again.toml"
    assert run(["columns", str(path), "--types", str(again)]) == 0
