"""`relurules fit`, run as a user runs it, and what it leaves behind."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest

import relurules as rr
from relurules.cli.main import run
from relurules.errors import DataError
from relurules.tables.read_file import read_frame
from relurules.training.drawn_rows import DrawnTable
from relurules.training.fit_columns import classify_columns
from relurules.training.fit_options import FitOptions
from relurules.training.fit_target import TargetOptions, read_target
from relurules.training.prepared_table import prepare_table
from relurules.training.table_fit import extract_fitted_rules, fit_table

N = 240


def loans() -> pd.DataFrame:
    """Categories, missing values, an identifier, and columns that tell nothing."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({
        "id": range(1, N + 1),
        "name": [f"customer {i}" for i in range(N)],
        "purpose": random.choice(["car", "house", "travel"], N),
        "member": random.random(N) < 0.5,
        "income": random.normal(3000, 800, N),
        "age": random.integers(18, 80, N),
        "branch": 1,
    })  # fmt: skip
    score = (
        frame["income"] / 800
        + 2 * (frame["purpose"] == "house")
        - np.maximum(frame["age"] - 50, 0) / 5
    )
    frame["default"] = np.where(score < score.median(), "yes", "no")
    frame["vip"] = pd.Series(random.random(N) < 0.3, dtype=object)
    for name in ("purpose", "income", "vip"):
        frame.loc[random.random(N) < 0.1, name] = None
    return frame


def numbers() -> pd.DataFrame:
    X = np.random.default_rng(1).normal(size=(N, 3)) * [1, 10, 100]
    frame = pd.DataFrame(X, columns=["a", "b, kg", "c"])
    frame["flag"] = frame["c"] > 50
    frame["y"] = 2 * np.abs(frame["a"]) + frame["b, kg"] / 10
    frame["level"] = pd.cut(frame["y"], 3, labels=["low", "mid", "high"]).astype(str)
    return frame


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """loans.csv with `mixed`, what was fitted to it; numbers.csv with `plain`."""
    place = tmp_path_factory.mktemp("fit")
    loans().to_csv(place / "loans.csv", index=False)
    numbers().to_csv(place / "numbers.csv", index=False)
    quick = ["--hidden", "8", "--max-rules", "4"]
    assert (
        run(
            [
                "fit",
                str(place / "loans.csv"),
                "--target",
                "default",
                *quick,
                "--out",
                str(place / "mixed"),
            ]
        )
        == 0
    )
    told = ["--target", "y", "--drop", "level", *quick, "--out", str(place / "plain")]
    assert run(["fit", str(place / "numbers.csv"), *told]) == 0
    return place


def test_files_of_a_table_with_categories(folder: Path) -> None:
    found = sorted(path.name for path in (folder / "mixed").iterdir())
    assert found == [
        "columns.toml",
        "fit.json",
        "front.csv",
        "front.svg",
        "model.joblib",
        "model.json",
        "parts.csv",
        "rules.html",
        "rules.json",
        "rules.txt",
        "summary.txt",
    ]
    model, table = joblib.load(folder / "mixed" / "model.joblib"), pd.read_csv(folder / "loans.csv")
    rules = rr.RuleSet.load(folder / "mixed" / "rules.json")
    assert 1 <= len(rules) <= 4
    assert rules.outputs == ("p_no", "p_yes")
    assert np.abs(rules.predict(table) - model.predict_proba(table)).max() <= 1e-9
    assert "RULE 1" in (folder / "mixed" / "rules.txt").read_text()
    front = pd.read_csv(folder / "mixed" / "front.csv")
    assert {"rules", "neurons", "train", "validation"} <= set(front.columns)
    assert len(set(rules.network.A.any(axis=0).nonzero()[0])) <= 5


def test_summary_says_what_was_done(folder: Path) -> None:
    said = (folder / "mixed" / "summary.txt").read_text()
    for line in (
        "rows       240: 154 train, 38 validation, 48 test",
        "target     default: binary, told from its values",
        "dropped    id: counts the rows",
        "dropped    name: 240 different texts in 240 rows: an identifier",
        "dropped    branch: constant",
        "2 of numbers; 2 of numbers, some missing, which count as the median; 1 of categories",
        "network    8 neurons (8)",
        "logistic regression",
        "AUC",
        "next       relurules emit ",
        "model.joblib --trust-pickle --data ",
    ):
        assert line in said


def test_extract_emit_and_verify_take_what_was_written(folder: Path, tmp_path: Path) -> None:
    mixed, data = folder / "mixed", str(folder / "loans.csv")
    model = [str(mixed / "model.joblib"), "--trust-pickle"]
    assert run(["extract", *model, "--data", data, "--out", str(tmp_path / "again.json")]) == 0
    again, first = rr.RuleSet.load(tmp_path / "again.json"), rr.RuleSet.load(mixed / "rules.json")
    assert again.predict(loans()) == pytest.approx(first.predict(loans()), abs=1e-12)
    assert run(["emit", str(mixed / "rules.json"), "--to", "python", "--out", str(tmp_path)]) == 0
    assert run(["verify", str(tmp_path / "score.py"), "--against", *model, "--data", data]) == 0
    assert run(["extract", str(mixed / "model.joblib"), "--data", data]) == 2


def test_network_of_numbers_goes_without_a_pickle(folder: Path, tmp_path: Path) -> None:
    plain, data = folder / "plain", str(folder / "numbers.csv")
    model, out = str(plain / "model.pt2"), str(tmp_path / "again.json")
    told = ["--data", data, "--drop", "y", "--drop", "level", "--out", out]
    assert run(["extract", model, *told]) == 0
    table = pd.read_csv(data)
    expected = joblib.load(plain / "model.joblib").predict(table)
    assert rr.RuleSet.load(out).predict(table)[:, 0] == pytest.approx(expected, abs=1e-9)
    assert run(["verify", str(plain / "rules.json"), "--against", model, "--data", data]) == 0
    assert "linear regression" in (plain / "summary.txt").read_text()


def test_three_classes_from_parquet(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers().astype({"level": "category"}).to_parquet(tmp_path / "numbers.parquet")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.joblib").write_text("of an earlier fit")
    told = ["--target", "level", "--drop", "y", "--hidden", "6", "--max-terms", "0", "--seed", "3"]
    assert (
        run(["fit", str(tmp_path / "numbers.parquet"), *told, "--out", str(tmp_path / "model")])
        == 0
    )
    shown = capsys.readouterr().out
    assert "level: multiclass" in shown
    assert shown == (tmp_path / "model" / "summary.txt").read_text()
    rules = rr.RuleSet.load(tmp_path / "model" / "rules.json")
    assert rules.outputs == ("p_high", "p_low", "p_mid")
    assert rr.trace(str(tmp_path / "model" / "model.pt2")).evaluate(
        np.zeros((1, 4))
    ).sum() == pytest.approx(1.0)
    assert np.isclose(
        joblib.load(tmp_path / "model" / "model.joblib").predict_proba(numbers()).sum(axis=1), 1.0
    ).all()


def test_the_same_seed_gives_the_same_rules(folder: Path, tmp_path: Path) -> None:
    told = [
        "fit",
        str(folder / "loans.csv"),
        "--target",
        "default",
        "--hidden",
        "8",
        "--max-rules",
        "4",
    ]
    assert run([*told, "--out", str(tmp_path)]) == 0
    for name in ("rules.json", "front.csv", "front.svg", "rules.txt"):
        assert (tmp_path / name).read_text() == (folder / "mixed" / name).read_text()


def test_files_of_an_earlier_fit_do_not_stay(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "model.pt2").write_text("of an earlier fit")
    (tmp_path / "notes.txt").write_text("mine")
    told = [
        "--target",
        "default",
        "--hidden",
        "2",
        "--max-rules",
        "1",
        "--max-condition-terms",
        "2",
    ]
    assert run(["fit", str(folder / "loans.csv"), *told, "--out", str(tmp_path)]) == 0
    assert not (tmp_path / "model.pt2").exists()
    assert (tmp_path / "notes.txt").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert "one formula for all rows" in (tmp_path / "summary.txt").read_text()


BAD = [
    (["--target", "nonsense"], "no column 'nonsense' to be the target, which holds numbers"),
    (["--target", "purpose"], "is missing in"),
    (["--target", "branch"], "is 1 in all rows"),
    (
        ["--target", "default", "--task", "poetry"],
        "supported: auto, regression, binary, multiclass",
    ),
    (["--target", "default", "--task", "regression"], "a regression needs finite numbers"),
    (["--target", "default", "--task", "multiclass"], "use --task binary"),
    (["--target", "age", "--task", "binary"], "binary needs 2"),
    (["--target", "age", "--task", "multiclass"], "at most 50 can be told apart"),
    (["--target", "name"], "at most 50 can be told apart"),
    (["--target", "default", "--hidden", "4,x"], "--hidden '4,x'"),
    (["--target", "default", "--test-size", "1"], "a share between 0 and 1"),
    (["--target", "default", "--drop", "zzz"], "no column 'zzz' to drop"),
]


@pytest.mark.parametrize(("argv", "said"), BAD)
def test_bad_input_ends_in_one_line(
    folder: Path, tmp_path: Path, argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["fit", str(folder / "loans.csv"), *argv, "--out", str(tmp_path / "out")]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("error: ")
    assert said in shown
    assert shown.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fit", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "--max-rules" in shown
    assert "--target default" in shown


def test_without_scikit_learn_it_says_what_to_install(folder: Path) -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None; from relurules.cli.main import run; "
        "sys.exit(run(sys.argv[1:]))"
    )
    told = ["fit", str(folder / "loans.csv"), "--target", "default"]
    ended = subprocess.run(
        [sys.executable, "-c", code, *told], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "pip install 'relurules[sklearn]'" in ended.stderr


def test_rules_over_the_rows_trained_on_where_all_rows_have_too_many() -> None:
    frame = loans()
    fitted = fit_table(
        draw_all(frame), FitOptions("default", hidden=(6,), max_rules=4), lambda _: None
    )
    assert fitted.everywhere
    train = np.arange(0, N, 2)
    asked = FitOptions("default", form="partition", max_rules=0)
    prepared = prepare_table(frame, asked, None)
    prepared = replace(prepared, split=replace(prepared.split, train=train))
    rules, everywhere = extract_fitted_rules(fitted.pipeline, prepared, asked)
    assert not everywhere
    assert rules.reduction.rows == len(train)


def draw_all(frame: pd.DataFrame) -> DrawnTable:
    return DrawnTable(file=read_frame(frame))


def column(values: Any) -> pd.DataFrame:
    return pd.DataFrame({"a": np.random.default_rng(0).normal(size=40), "b": values})


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([np.nan] * 35 + [1.0, 2.0, 3.0, 4.0, 5.0], "only 5 rows"),
        ([7.0] * 40, "constant"),
        (["x"] * 40, "constant"),
        (pd.date_range("2020-01-01", periods=40), "dates and times"),
        ([f"{i}" for i in range(40)], "an identifier"),
        (range(10, 50), "counts the rows"),
    ],
)
def test_columns_that_tell_nothing_are_dropped(values: Any, why: str) -> None:
    assert why in classify_columns(column(values)).dropped["b"]


def test_columns_by_kind() -> None:
    flags = [True, False] * 20
    assert classify_columns(column(flags)).numbers == ("a", "b")
    assert classify_columns(column([None, *flags[1:]])).filled == ("b",)
    assert classify_columns(column(["x", None] * 20)).categories == ("b",)
    with pytest.raises(DataError, match=r"several kinds \(int, str\)"):
        classify_columns(column(["x", 1] * 20))
    with pytest.raises(DataError, match="infinite"):
        classify_columns(column([np.inf, 1.0] * 20))
    with pytest.raises(DataError, match=r"no column is left.*'b': constant"):
        classify_columns(column([1.0] * 40)[["b"]])


def test_targets() -> None:
    few = [*([0] * 18), *([1] * 18), *([2] * 4)]
    for values, task in (
        ([0, 1] * 20, "binary"),
        ([0, 1, 2, 3] * 10, "multiclass"),
        (range(40), "regression"),
    ):
        assert read_target(column(list(values)), TargetOptions("b", "auto", 0.2))[0] == task
    assert (
        read_target(column([0.0, 1.0] * 20), TargetOptions("b", "auto", 0.2))[1].dtype.kind == "i"
    )
    assert read_target(column([True, False] * 20), TargetOptions("b", "auto", 0.2))[0] == "binary"
    with pytest.raises(DataError, match="class 2 of the target 'b' has 4 rows"):
        read_target(column(few), TargetOptions("b", "auto", 0.2))
    whole = read_target(
        column(pd.Categorical([3, 5] * 20, categories=[3, 4, 5])), TargetOptions("b", "auto", 0.2)
    )
    assert (whole[0], set(whole[1].tolist())) == ("binary", {3, 5})
    for values in ([1, "x"] * 20, list(pd.date_range("2020-01-01", periods=4)) * 10):
        with pytest.raises(DataError, match="classes must be text, whole numbers"):
            read_target(column(values), TargetOptions("b", "auto", 0.2))
    with pytest.raises(DataError, match="fractions"):
        read_target(column([0.5, 1.5] * 20), TargetOptions("b", "binary", 0.2))
    with pytest.raises(DataError, match="has 20 rows; at least 30"):
        fit_table(draw_all(column([0, 1] * 20)[:20]), FitOptions("b"), print)


def test_at_the_time_limit_there_is_a_model_of_so_few_rules(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "hurried"
    told = [
        "--target",
        "y",
        "--drop",
        "level",
        "--form",
        "partition",
        "--max-rules",
        "3",
        "--time-limit",
        "0",
        "--out",
        str(out),
    ]
    assert run(["fit", str(folder / "numbers.csv"), *told]) == 0
    assert "ended training; more time may do better" in capsys.readouterr().out
    rules = rr.RuleSet.load(out / "rules.json")
    assert 1 <= len(rules) <= 3 or not rules.complete
    frame = pd.read_csv(folder / "numbers.csv").drop(columns=["y", "level"])
    ruled = rules.apply(frame) > 0
    import joblib

    predicted = joblib.load(out / "model.joblib").predict(frame)
    assert np.allclose(rules.predict(frame)[ruled, 0], predicted[ruled], rtol=1e-9, atol=1e-9)


def test_with_time_enough_the_limit_changes_nothing(folder: Path) -> None:
    from relurules.training.estimators import ReLURulesRegressor

    X = np.random.default_rng(0).normal(size=(200, 3))
    y = np.abs(X[:, 0]) + X[:, 1]
    models = [
        ReLURulesRegressor((6,), max_rules=3, max_epochs=10, random_state=0, time_limit=limit).fit(
            X, y
        )
        for limit in (None, 1e6)
    ]
    assert [model.hurried_ for model in models] == [False, False]
    assert np.array_equal(models[0].predict(X), models[1].predict(X))


@pytest.mark.parametrize("far", [2**53, -(2**53) - 1, 1e300])
def test_classes_that_float64_does_not_tell_apart_are_refused(far: float) -> None:
    x = np.linspace(-1, 1, 60)
    frame = pd.DataFrame({"x": x, "y": np.where(x > 0, far, 5)})
    with pytest.raises(DataError, match=r"'y' holds classes .* as texts"):
        rr.fit(frame, "y", task="binary")
