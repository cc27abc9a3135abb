"""Values of a column whose categories are numbers: what spells one, and what is one of another
kind, count alike everywhere or are an error.
"""

import datetime
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from executed_targets import require_program
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import relurules as rr
from relurules.errors import DataError

#: What the model adds: nothing for other values.
POINTS = {0.0: -2.0, 0.1: 3.0, 1.0: 5.0}


@pytest.fixture(scope="module")
def rules() -> Any:
    """A score of x and of the points of k, over x from 0 to 1; the model told apart by its own."""
    frame = pd.DataFrame({"x": np.linspace(0, 1, 30), "k": list(POINTS) * 10})
    encoder = OneHotEncoder(handle_unknown="ignore")
    columns = make_column_transformer((encoder, ["k"]), remainder="passthrough")
    model = make_pipeline(columns, LinearRegression(fit_intercept=False))
    model.fit(frame, frame["k"].map(POINTS))

    return rr.extract(model, data=frame, form="additive")


def score_by_code(rules: Any, target: str, value: Any) -> float:
    names: dict[str, Any] = {"__name__": "emitted"}
    exec(str(rr.emit(rules, target)), names)
    if target == "numpy":
        return float(names["score_batch"]({"x": [0.0], "k": [value]})[0, 0])
    return float(names["score"]({"x": 0.0, "k": value})["y"])


@pytest.mark.parametrize(
    ("value", "points"),
    [(Decimal("0.1"), 3.0), (True, 5.0), (False, -2.0), (np.int8(1), 5.0), ("7", 0.0), ("", 0.0)],
)
@pytest.mark.parametrize("target", ["python", "numpy"])
def test_a_value_counts_as_the_number_that_it_is(
    rules: Any, target: str, value: Any, points: float
) -> None:
    frame = pd.DataFrame({"x": [0.0], "k": pd.Series([value], dtype=object)})
    assert rules.predict(frame)[0, 0] == pytest.approx(points, abs=1e-12)
    assert score_by_code(rules, target, value) == pytest.approx(points, abs=1e-12)


@pytest.mark.parametrize("text", ["1", "1.0", " 1e-1"])
def test_a_text_that_spells_a_category_is_an_error(rules: Any, text: str) -> None:
    frame = pd.DataFrame({"x": [0.0, 0.0], "k": ["other", text]})
    with pytest.raises(DataError, match=f"'k', row 1: found the text '{text}', expected a number"):
        rules.predict(frame)
    for target in ("python", "numpy"):
        with pytest.raises(TypeError, match=f"'k'.* must be a number, found the text '{text}'"):
            score_by_code(rules, target, text)


def test_javascript_takes_booleans_and_refuses_spelled_numbers(rules: Any, tmp_path: Path) -> None:
    require_program("node")
    rr.emit(rules, "javascript").write(tmp_path)
    (tmp_path / "call.mjs").write_text("""\
import { score } from "./score.mjs";
for (const k of [true, false, 1n, "7", null, "1", " 1e-1", [1], new Date(1)]) {
    try {
        console.log(score({ x: 0, k }).y.toFixed(6));
    } catch (error) {
        console.log(error.message);
    }
}
""")
    ran = subprocess.run(
        ["node", "call.mjs"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    given = [line.replace("-0.000000", "0.000000") for line in ran.stdout.splitlines()]
    assert given == [
        "5.000000", "-2.000000", "5.000000", "0.000000", "0.000000",
        '"k" must be a number, found the text "1"', '"k" must be a number, found the text " 1e-1"',
        '"k" must be a number, found object', '"k" must be a number, found object',
    ]  # fmt: skip


def test_java_refuses_spelled_numbers(rules: Any, tmp_path: Path) -> None:
    require_program("javac")
    rr.emit(rules, "java").write(tmp_path)
    (tmp_path / "Call.java").write_text("""\
public final class Call {
    public static void main(String[] arguments) {
        for (Object k : new Object[] {true, 1L, "7", "one", "1"}) {
            java.util.Map<String, Object> row = new java.util.HashMap<>();
            row.put("x", 0.0);
            row.put("k", k);
            try {
                System.out.println(Math.rint((Double) Score.score(row).get("y")) + 0.0);
            } catch (IllegalArgumentException error) {
                System.out.println(error.getMessage());
            }
        }
    }
}
""")
    subprocess.run(["javac", "Call.java", "Score.java"], cwd=tmp_path, check=True)
    ran = subprocess.run(
        ["java", "-cp", ".", "Call"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert ran.stdout.splitlines() == [
        "5.0", "5.0", "0.0", "0.0", "k must be a number, found the text 1",
    ]  # fmt: skip


def test_sharp_refuses_spelled_numbers(rules: Any, tmp_path: Path) -> None:
    require_program("mcs")
    rr.emit(rules, "csharp").write(tmp_path)
    (tmp_path / "Call.cs").write_text("""\
using System;
using System.Collections.Generic;
public static class Call {
    public static void Main() {
        foreach (object k in new object[] {true, 1L, "7", "one", "1"}) {
            var row = new Dictionary<string, object> { { "x", 0.0 }, { "k", k } };
            try {
                Console.WriteLine(Math.Round((double) Scorer.Score(row)["y"]) + 0.0);
            } catch (ArgumentException error) {
                Console.WriteLine(error.Message);
            }
        }
    }
}
""")
    built = ["mcs", "-warnaserror", "-out:call.exe", "Call.cs", "Scorer.cs"]
    subprocess.run(built, cwd=tmp_path, check=True)
    ran = subprocess.run(
        ["mono", "call.exe"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert ran.stdout.splitlines() == ["5", "5", "0", "0", "k must be a number, found the text 1"]


@pytest.mark.parametrize(
    "values",
    [
        np.array(["1970-01-01"], dtype="datetime64[D]"),
        np.array([np.datetime64("1970-01-01")], dtype=object),
        np.array([1], dtype="timedelta64[D]"),
        np.array([0.5 + 2j]),
        [datetime.date(1970, 1, 1)],
    ],
)
def test_numpy_takes_no_date_for_a_number(rules: Any, values: Any) -> None:
    names: dict[str, Any] = {"__name__": "emitted"}
    exec(str(rr.emit(rules, "numpy")), names)
    with pytest.raises(TypeError):
        names["score_batch"]({"x": values, "k": [1.0]})


@pytest.mark.parametrize(("text", "score"), [("1e-1", 3.0), ("1_0", None), ("\u0661", None)])
def test_python_reads_numbers_of_files_as_tables_are_read(
    rules: Any, tmp_path: Path, text: str, score: float | None
) -> None:
    rr.emit(rules, "python").write(tmp_path)
    (tmp_path / "rows.csv").write_text(f"x,k\n0,{text}\n", encoding="utf-8")
    with (tmp_path / "rows.csv").open() as rows:
        ran = subprocess.run(
            [sys.executable, "score.py"],
            cwd=tmp_path, stdin=rows, check=False, capture_output=True, text=True,
        )  # fmt: skip
    if score is None:
        assert f"'k' must be a number, found {text!r}" in ran.stderr
        with pytest.raises(DataError, match="expected a number"):
            list(rr.read_batches(tmp_path / "rows.csv", rules))
    else:
        assert float(ran.stdout.split(",")[-1].split()[-1]) == pytest.approx(score, abs=1e-12)
