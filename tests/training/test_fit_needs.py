"""What credit data need of `fit`: missing values, sentinels, splits, constraints, baselines."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import relurules as rr
from relurules.cli.main import app
from relurules.errors import DataError, RelurulesError, UnsupportedError
from relurules.ir import AdditiveRules
from relurules.training.constraints import list_pairs_apart
from relurules.training.fit_files import summary_text
from relurules.training.lines.line_columns import describe_columns
from relurules.training.row_split import read_split_column, split_table

if TYPE_CHECKING:
    from relurules.ir.network import Array

ROWS = 600
FEW: dict[str, Any] = {"form": "additive", "max_rules": 3}


def make_table() -> pd.DataFrame:
    """Whether months_late is missing turns what income does; -1 stands for no age."""
    rng = np.random.default_rng(1)
    late, income = rng.poisson(1.5, ROWS).astype(float), rng.integers(1, 90, ROWS) * 100.0
    lacks, age = rng.random(ROWS) < 0.25, rng.integers(18, 80, ROWS).astype(float)
    y = np.where(lacks, np.where(income > 3000, 2.0, -1.0), late) - income / 9000
    return pd.DataFrame(
        {
            "months_late": np.where(lacks, np.nan, late),
            "income": income,
            "age": np.where(rng.random(ROWS) < 0.1, -1.0, age),
            "job": rng.choice(["car", "tv", "x", "z"], ROWS, p=[0.6, 0.38, 0.01, 0.01]),
            "client": rng.choice([f"c{i}" for i in range(60)], ROWS),
            "issued": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, ROWS), "D"),
            "y": y + 0.1 * rng.normal(size=ROWS),
        }
    )


@pytest.fixture(scope="module")
def fitted() -> Any:
    given = {"na": {"age": -1}, "min_category_rows": 20, "split": "client"}
    return rr.fit(make_table(), "y", **FEW, **given)


def test_a_missing_number_has_points_of_its_own(fitted: Any) -> None:
    rules, frame = fitted.rules, fitted.frame
    assert isinstance(rules, AdditiveRules)
    assert rules.predict(frame)[:, 0] == pytest.approx(fitted.pipeline.predict(frame), abs=1e-9)
    yes, no = rules.points["months_late is missing"][:, 0]
    assert yes > no + 0.5
    lacking = frame[frame.months_late.isna()].iloc[[0]]
    told = rr.explain(rules, lacking)
    shown = {each.part: each.values for each in told.contributions}
    assert shown["months_late is missing"] == ("yes",)
    assert "ADD for months_late is missing" in rr.emit(rules, "text").files["rules.txt"]
    assert fitted.report.loc["the rules", "test"] > fitted.report.loc["linear regression", "test"]


def test_no_row_lies_between_missing_and_known(fitted: Any) -> None:
    """A missing number is what it counts as, in the domain and in answers."""
    rules = fitted.rules
    at = rules.domain.names.index("months_late is missing")
    place = rules.domain.names.index("months_late")
    X = rules.domain.rows(fitted.frame)
    assert rules.domain.contains(X).all()
    X[X[:, at] == 1, place] += 1
    assert not rules.domain.contains(X)[X[:, at] == 1].any()

    answer = rr.ask(rules, "range")
    for witness in answer.witnesses:
        again = rules.predict(pd.DataFrame([witness.row]))[0, 0]
        assert again == pytest.approx(witness.outputs["y"], abs=1e-9)


@pytest.mark.parametrize(
    "target", ["python", "numpy", "sqlite", "duckdb", "c", "javascript", "onnx"]
)
def test_every_language_gives_a_missing_number_the_same(fitted: Any, target: str) -> None:
    sql = target in ("sqlite", "duckdb")
    artifact = rr.emit(
        fitted.rules, "sql" if sql else target, **({"dialect": target} if sql else {})
    )
    try:
        report = rr.verify(artifact, fitted.pipeline, fitted.frame)
    except UnsupportedError as error:
        pytest.skip(str(error))
    assert report.passed, report


def test_files_keep_the_columns(fitted: Any, tmp_path: Path) -> None:
    fitted.rules.save(tmp_path / "rules.json")
    again = rr.load(tmp_path / "rules.json")
    assert again.domain.columns == fitted.rules.domain.columns
    assert np.array_equal(again.predict(fitted.frame), fitted.rules.predict(fitted.frame))
    assert rr.check(rr.prove(again, fitted.pipeline), again, fitted.pipeline).holds


def test_the_median_alone_or_an_error() -> None:
    table = make_table().drop(columns=["client", "job"])
    names = [c.name for c in rr.fit(table, "y", **FEW, missing="impute").rules.domain.columns]
    assert "months_late is missing" not in names
    with pytest.raises(DataError, match=r"'months_late' is missing in .* missing='line'"):
        rr.fit(table, "y", **FEW, missing="error")
    with pytest.raises(UnsupportedError, match="missing 'zero'; supported: line, impute, error"):
        rr.fit(table, "y", **FEW, missing="zero")


def test_partition_rules_have_missing_values_too() -> None:
    table = make_table().drop(columns=["client", "job", "issued"])
    found = rr.fit(table, "y", max_rules=3, max_terms=None, hidden=(6,), missing="line")
    assert found.rules.predict(found.frame)[:, 0] == pytest.approx(
        found.pipeline.predict(found.frame), abs=1e-9
    )
    assert any(column.source == "months_late" for column in found.graph.columns)


def test_sentinels_count_as_missing(fitted: Any) -> None:
    assert (fitted.frame.age.isna() == (make_table().age == -1)).all()
    assert fitted.schema.columns["age"].na == ("-1",)
    code = next(iter(rr.emit(fitted.rules, "sql", dialect="sqlite").files.values()))
    assert "age: -1 stands for a missing value; make it NULL" in code
    with pytest.raises(UnsupportedError, match="-1 stands for a missing value, and with outside="):
        rr.emit(fitted.rules, "sql", dialect="sqlite", outside="clamp")
    with pytest.raises(DataError, match="na has 'x' for the column 'age'"):
        rr.fit(make_table(), "y", na={"age": "x"})
    with pytest.raises(DataError, match="no column 'zz'"):
        rr.fit(make_table(), "y", na={"zz": -1})


def test_rare_categories_are_any_other_value(fitted: Any) -> None:
    job = next(column for column in fitted.rules.domain.columns if column.name == "job")
    assert [category.members for category in job.categories] == [
        ["'car'"], ["'tv'"], ["missing", "any other value"],
    ]  # fmt: skip
    assert fitted.columns.rare == {"job": ("x", "z")} or set(fitted.columns.rare["job"]) == {
        "x",
        "z",
    }


def test_no_group_is_on_both_sides(fitted: Any) -> None:
    table = make_table()
    column = read_split_column(table, "client", None)
    split = split_table(table.y.to_numpy(), column, 0.2, 0, classes=False)
    assert split.validation is not None
    parts = [split.train[~split.validation], split.train[split.validation], split.test]
    clients = [set(table.client.iloc[part]) for part in parts]
    assert not clients[0] & clients[1]
    assert not (clients[0] | clients[1]) & clients[2]
    assert fitted.split.startswith("by group of client: ")
    assert fitted.rules.provenance.settings["split"] == fitted.split
    assert "client" not in fitted.frame.columns


def test_the_latest_rows_are_the_test(tmp_path: Path) -> None:
    make_table().to_csv(tmp_path / "t.csv", index=False)
    given = ["fit", str(tmp_path / "t.csv"), "--target", "y", "--form", "additive"]
    given += ["--max-rules", "1", "--split", "issued", "--na", "age=-1", "--drop", "client"]
    done = CliRunner().invoke(app, [*given, "--out", str(tmp_path / "m")])
    assert done.exit_code == 0, done.output
    assert "split by time of issued: test rows are those from 202" in done.stdout
    assert "months_late" in done.stdout or "points of their own" in done.stdout
    for name in ("regularised linear", "tree of ", "boosting"):
        assert name in done.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "age"}, "say time:age, where the largest are the latest, or group:age"),
        ({"split": "time:job"}, "time:job needs a date or numbers"),
        ({"split": "zz"}, "split names the column 'zz'"),
        ({"split": "months_late"}, "'months_late' is missing in"),
        ({"split": "issued", "repeats": 2}, "repeats=2 with a split by time of 'issued'"),
        ({"repeats": 0}, "repeats is 0"),
        ({"min_category_rows": 0}, "min_category_rows is 0"),
        ({"interactions": [("age", "zz")]}, "interactions names the column 'zz'"),
        ({"interactions": ["age"]}, "expected two columns"),
        (
            {"interactions": [("age", "income")], "no_interactions": ["age"]},
            "allows 'age' and 'income' to meet, and no_interactions",
        ),
        ({"interactions": [("age", "income")], "max_condition_columns": 1}, "which allows none"),
        ({"effect_bounds": {"age": (0.1, 1)}}, "low must be at most 0"),
        ({"effect_bounds": {"zz": (0, 1)}}, "effect_bounds names the column 'zz'"),
        ({"effect_bounds": {"age": 1}}, r"expected \(low, high\)"),
        ({"signs": "mine"}, "signs 'mine'; supported: None, 'data'"),
    ],
)
def test_contradictions_are_told(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RelurulesError, match=message):
        rr.fit(make_table(), "y", **{**FEW, **options})


def test_partition_rules_have_no_such_constraints() -> None:
    with pytest.raises(UnsupportedError, match="signs with form='partition'"):
        rr.fit(make_table(), "y", form="partition", signs="data")


def test_pairs_that_mayn_t_meet() -> None:
    X = np.zeros((5, 4))
    columns = describe_columns(X, ("a", "b", "c", "a is missing"))
    assert list_pairs_apart(columns, None, None) == {(0, 3)}
    assert list_pairs_apart(columns, [("a", "b")], None) == {(0, 2), (0, 3), (1, 2), (2, 3)}
    assert list_pairs_apart(columns, None, ["b & c", "a"]) == {
        (0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3),
    }  # fmt: skip


def test_joined_names_need_no_blanks() -> None:
    columns = describe_columns(np.zeros((5, 4)), ("a", "b", "c & d", "d"))
    every = {(i, j) for i in range(4) for j in range(i + 1, 4)}
    assert list_pairs_apart(columns, ["a&b"], None) == every - {(0, 1)}
    assert list_pairs_apart(columns, ["a & c & d"], None) == every - {(0, 2)}
    odd = describe_columns(np.zeros((5, 4)), ("a", "a & b", "b & c", "c"))
    with pytest.raises(DataError, match=r"may be \('a', 'b & c'\) or \('a & b', 'c'\)"):
        list_pairs_apart(odd, ["a & b & c"], None)
    with pytest.raises(DataError, match="names the column 'x'"):
        list_pairs_apart(columns, ["a&x"], None)


def test_columns_stay_apart_go_their_way_and_are_bounded() -> None:
    table = make_table().drop(columns=["client", "issued", "job"])
    bounds = {"income": (-0.01, 0.02)}
    given: dict[str, Any] = {"signs": "data", "effect_bounds": bounds, "monotone": {"age": -1}}
    found = rr.fit(table, "y", **FEW, **given)
    rules = found.rules
    assert all("income" not in line.columns or len(line.columns) == 1 for line in rules.lines)
    names = [part.name for part in rules.parts]
    effects: Array = np.asarray(rules.curves["income"].values).ravel()
    assert effects.min() >= -0.01
    assert effects.max() <= 0.02
    assert effects.min() < -0.008 or effects.max() > 0.018
    grid = found.frame.iloc[np.zeros(200, dtype=int)].assign(income=np.linspace(100, 8900, 200))
    way = np.sign(np.corrcoef(found.frame.income, table.y)[0, 1])
    assert (way * np.diff(rules.predict(grid)[:, 0])).min() >= -1e-12
    assert rr.ask(rules, "monotone", feature="months_late").holds
    moved = rules.contributions(found.frame)["income"]
    assert "income" in names
    assert moved.between(-0.01, 0.02).all()
    assert rules.provenance.settings["signs"] == "data"


def test_repeated_splits_have_intervals() -> None:
    table = make_table().drop(columns=["client", "issued", "job"])
    found = rr.fit(table, "y", form="additive", max_rules=1, repeats=3)
    assert list(found.repeated.columns) == ["mean", "interval"]
    assert {"the rules", "boosting", "tree of as many leaves"} <= set(found.repeated.index)
    assert (found.repeated["interval"] > 0).all()


def test_calibration_of_two_classes() -> None:
    table = make_table().drop(columns=["client", "issued"])
    table["y"] = np.where(table.y > 0.5, "bad", "good")
    found = rr.fit(
        table, "y", form="additive", max_rules=1, positive="bad", split="group:age", signs="data"
    )
    assert found.calibration["rows"].sum() == found.rows["test"]
    assert found.calibration["predicted"].is_monotonic_increasing
    assert found.calibration["seen"].between(0, 1).all()
    bad = found.pipeline.predict_proba(found.frame.iloc[found.places["test"]])[:, 0]
    assert found.calibration["predicted"].max() <= bad.max() + 1e-9
    assert np.average(found.calibration["predicted"], weights=found.calibration["rows"]) == (
        pytest.approx(bad.mean(), abs=1e-6)
    )
    assert found.trends["months_late"] == 1
    said = summary_text(found, Path("a.csv"), Path("out"), [])
    assert "calibration of class 'bad' on test rows" in said
    assert "of the data, for class 'bad': " in said
    assert "p_bad" in rr.ask(found.rules, "range").statement


def test_a_tree_that_had_too_few_rows_to_split_says_so() -> None:
    table = make_table().dropna()[["months_late", "income", "age", "job", "y"]].head(60)
    fitted = rr.fit(table, "y", form="partition", method="tree", max_rules=4)
    assert len(fitted.rules) == 1
    assert "had rows enough for one of so many columns" in summary_text(
        fitted, Path("t.csv"), Path("out"), []
    )
