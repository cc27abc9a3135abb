"""`relurules explain`, `plot` and `summary`, run as a user runs them."""

import json
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from handmade import graph, network
from sklearn.neural_network import MLPClassifier

import relurules as rr
from relurules.cli.main import run
from relurules.ir import Head


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """rules.json, extracted with its rows, and rows.csv with the column `ending`."""
    place = tmp_path_factory.mktemp("explain")
    frame = pd.DataFrame({"a, b": [0.0, 1.0, 2.0, 3.0, 4.0] * 8, "job": list("uvwuv") * 8})
    net = network([[1.0, 0.0, 0.0, 0.0]], [-2.0], [[1.0]], C=[[-0.5, 0.0, 0.2, -0.1]])
    traced = graph(net, ["p_no", "p_yes"], [Head("complement", (0,)), Head("sigmoid", (0,))])
    ending = pd.Series(["yes", "no", "no", "no", "yes", "no", "yes", "no"] * 5, name="ending")
    rr.extract(traced, domain=rr.Domain.from_data(frame), data=frame, y=ending).save(
        place / "rules.json"
    )
    frame.assign(ending=ending).to_csv(place / "rows.csv", index=False)
    return place


def test_summary_is_printed_or_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["summary", str(folder / "rules.json")]) == 0
    kept = capsys.readouterr().out
    for part in ("rule", "response mean", "local AUC", "max p_yes", "typical job"):
        assert part in kept
    with_data = [
        "summary",
        str(folder / "rules.json"),
        "--data",
        str(folder / "rows.csv"),
        "--target",
        "ending",
    ]
    assert run(with_data) == 0
    assert capsys.readouterr().out == kept
    assert run([*with_data, "--csv", str(tmp_path / "out.csv")]) == 0
    assert len(pd.read_csv(tmp_path / "out.csv")) == 2


def test_summary_writes_rules_with_what_data_say(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules, few, out = folder / "rules.json", tmp_path / "few.csv", tmp_path / "few.json"
    pd.read_csv(folder / "rows.csv").head(20).to_csv(few, index=False)
    asked = ["--data", str(few), "--target", "ending", "--out", str(out)]
    assert run(["summary", str(rules), *asked]) == 0
    printed = capsys.readouterr().out
    assert run(["summary", str(out)]) == 0
    assert capsys.readouterr().out == printed
    assert sum(fact.rows for fact in rr.load(out).evidence.rules) == 20

    assert run(["summary", str(rules), "--out", str(out)]) == 2
    assert "give --data FILE" in capsys.readouterr().err


def test_explain_by_number_and_by_values(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules, data = str(folder / "rules.json"), str(folder / "rows.csv")
    assert run(["explain", rules, "--data", data, "--row", "3"]) == 0
    by_number = capsys.readouterr().out
    assert "a, b >= 2" in by_number
    assert "log odds of p_yes, against the mean of the rows" in by_number
    assert run(["explain", rules, "--row", '"a, b=3", job=u']) == 0
    assert capsys.readouterr().out == by_number
    assert run(["explain", rules, "--row", '"a, b=3",job=u', "--json", "--uncentred"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["row"] == {"a, b": 3.0, "job": "u"}
    assert found["centred"] is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--row", "3"], "--row 3 is a row of a file; give --data FILE"),
        (["--row", "job=u"], "--row lacks 'a, b'"),
        (["--row", '"a, b=x",job=u'], "'a, b' is 'x', expected a number"),
        (["--row", "what"], "expected the number of a row, or values such as a=1,b=2"),
        (["--row", '"a, b=9",job=u'], "'a, b' is 9, and the rules hold for 0 to 4"),
        (["--row", '"a, b=3",job=u', "--output", "z"], "no output 'z'; there are 'p_no', 'p_yes'"),
    ],
)
def test_rows_that_are_refused(
    folder: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", str(folder / "rules.json"), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_row_beyond_the_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "explain",
        str(folder / "rules.json"),
        "--data",
        str(folder / "rows.csv"),
        "--row",
        "40",
    ]
    assert run(arguments) == 2
    assert "the data have 40 rows, counted from 0" in capsys.readouterr().err


def test_plot_writes_a_file_and_names_what_it_needs(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules, out = str(folder / "rules.json"), tmp_path / "figure.svg"
    assert run(["plot", rules, "importance", "--out", str(out)]) == 0
    assert out.read_text().startswith("<?xml")
    assert run(["plot", rules, "row", "--row", '"a, b=3",job=u', "--out", str(out)]) == 0
    assert (
        run(
            [
                "plot",
                rules,
                "profile",
                "--data",
                str(folder / "rows.csv"),
                "--feature",
                "job",
                "--out",
                str(out),
            ]
        )
        == 0
    )
    capsys.readouterr()
    assert run(["plot", rules, "profile", "--out", str(tmp_path / "none.svg")]) == 2
    assert "needs rows: data, or --data FILE" in capsys.readouterr().err
    assert run(["plot", rules, "intervals", "--target", "ending"]) == 2
    assert (
        "--target 'ending' names a column of the data; give --data FILE" in capsys.readouterr().err
    )
    assert not (tmp_path / "none.svg").exists()


def test_help_names_every_kind_of_plot(capsys: pytest.CaptureFixture[str]) -> None:
    from relurules.plotting import PLOTS

    assert run(["plot", "--help"]) == 0
    shown = capsys.readouterr().out
    assert [kind for kind in PLOTS if kind not in shown] == []


def test_extract_keeps_what_the_target_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    X = np.random.default_rng(0).normal(size=(60, 2))
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "kind": np.where(X[:, 0] > 0, "high", "low")})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    model = MLPClassifier((2,), max_iter=200, tol=1.0, random_state=0).fit(
        frame[["a", "b"]], frame["kind"]
    )
    joblib.dump(model, tmp_path / "model.joblib")
    paths = [str(tmp_path / name) for name in ("model.joblib", "rows.csv", "rules.json")]
    arguments = ["extract", paths[0], "--trust-pickle", "--data", paths[1], "--out", paths[2]]
    assert run([*arguments, "--target", "sort"]) == 2
    assert "no column 'sort'; it has 'a', 'b', 'kind'" in capsys.readouterr().err
    assert not (tmp_path / "rules.json").exists()
    assert run([*arguments, "--target", "kind"]) == 0
    found = rr.RuleSet.load(paths[2]).evidence
    assert found is not None
    assert (found.response, found.task, found.positive, found.rows) == ("kind", "binary", "low", 60)


def test_references_and_reasons_are_options(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules, rows = str(folder / "rules.json"), str(folder / "rows.csv")
    texts, row = tmp_path / "texts.toml", tmp_path / "row.csv"
    texts.write_text('["a, b"]\nlow = "fewer than {threshold}"\nhigh = "more than {threshold}"\n')
    row.write_text('"a, b",job\n1,u\n')
    command = ["explain", rules, "--data", rows, "--row", "3", "--reasons", str(texts)]
    assert run([*command, "--reference", str(row), "--direction", "lower"]) == 0
    out = capsys.readouterr().out
    assert "against the row given as reference" in out
    assert "REASONS for a lower score than the reference's" in out
    assert run([*command, "--reference", "best"]) == 0
    assert "the row of the data with the lowest score" in capsys.readouterr().out
    emitted = ["emit", rules, "--to", "python", "--columns", "outputs,reasons", "--top", "1"]
    assert run([*emitted, "--reference", str(row), "--reasons", str(texts)]) == 0
    code = capsys.readouterr().out
    assert "'reason_1'" in code
    assert "fewer than" in code
    assert run([*emitted, "--reference", "nowhere.csv"]) == 2
    assert "neither a file nor one of mean, population" in capsys.readouterr().err


def test_explain_loads_no_pandas(folder: Path) -> None:
    """It takes half a second, more than everything else that `explain` does."""
    code = (
        "import sys; from relurules.cli.main import run\n"
        "ended = run(['explain', 'rules.json', '--data', 'rows.csv', '--row', '3'])\n"
        "sys.exit(ended or 'pandas' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "a, b >= 2" in ended.stdout
    assert ended.returncode == 0
