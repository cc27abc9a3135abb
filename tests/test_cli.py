"""The command line, run as a user runs it; errors end in one line, an exit code, and nothing written."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from relurules.cli import run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """model.pt2, its rows.csv and rules.json."""
    torch.manual_seed(1)
    place = tmp_path_factory.mktemp("cli")
    model = nn.Sequential(nn.Linear(2, 3), nn.PReLU(3), nn.Linear(3, 1)).eval()
    sizes = ((torch.export.Dim.DYNAMIC, torch.export.Dim.STATIC),)
    torch.export.save(torch.export.export(model, (torch.zeros(2, 2),), dynamic_shapes=sizes), place / "model.pt2")
    X = np.random.default_rng(0).normal(size=(50, 2))
    pd.DataFrame({"weight, kg": X[:, 0], "b": X[:, 1], "target": 0}).to_csv(place / "rows.csv", index=False)
    assert run(extracting(place)) == 0
    return place


def extracting(place: Path, *more: str) -> list[str]:
    paths = [str(place / name) for name in ("model.pt2", "rows.csv", "rules.json")]
    return ["extract", paths[0], "--data", paths[1], "--drop", "target", "--out", paths[2], *more]


def test_extract_shows_the_rules_and_says_where_they_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(extracting(folder, "--where", "`weight, kg` + b <= 2")) == 0
    shown = capsys.readouterr()
    assert "RULE 1" in shown.out
    assert "weight, kg" in shown.out
    assert "`weight, kg` + b <= 2" in shown.out
    assert "rules.json" in shown.err
    assert run(extracting(folder)) == 0


def test_extract_over_a_box_and_over_all_inputs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, out = str(folder / "model.pt2"), str(folder / "other.json")
    assert run(["extract", model, "--out", out, "--box", "-1", "1"]) == 0
    assert "-1 <= x0 <= 1" in capsys.readouterr().out
    assert run(["extract", model, "--out", out]) == 0
    assert "-inf <= x0 <= inf" in capsys.readouterr().out


def test_extract_over_a_domain_file(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "domain.toml").write_text('where = ["b <= `weight, kg`"]\n[columns]\nb = [-7, 9]')
    assert run(extracting(folder, "--domain", str(tmp_path / "domain.toml"))) == 0
    shown = capsys.readouterr().out
    assert "-7 <= b <= 9" in shown
    assert "b <= `weight, kg`" in shown
    assert run(["extract", str(folder / "model.pt2"), "--domain", str(tmp_path / "domain.toml")]) == 2
    assert "names 'weight, kg', which is no column" in capsys.readouterr().err
    assert run(extracting(folder)) == 0


@pytest.mark.parametrize("to", ["text", "markdown", "sql", "python"])
def test_emit_prints(folder: Path, to: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emit", str(folder / "rules.json"), "--to", to]) == 0
    assert "weight, kg" in capsys.readouterr().out


@pytest.mark.parametrize(("to", "main"), [("sql", "score.sql"), ("python", "score.py"), ("c", "score.c")])
@pytest.mark.parametrize("form", ["rules", "tree", "network"])
def test_emitted_files_verify(folder: Path, tmp_path: Path, to: str, main: str, form: str) -> None:
    assert run(["emit", str(folder / "rules.json"), "--to", to, "--form", form, "--out", str(tmp_path)]) == 0
    for against in ("model.pt2", "rules.json"):
        told = ["--against", str(folder / against), "--data", str(folder / "rows.csv")]
        assert run(["verify", str(tmp_path / main), *told]) == 0


def test_verify_finds_a_changed_number(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emit", str(folder / "rules.json"), "--to", "python", "--out", str(tmp_path)]) == 0
    script = tmp_path / "score.py"
    script.write_text(script.read_text().replace("return _result(1, ", "return _result(1, 1e-6 + "))
    told = ["--against", str(folder / "model.pt2"), "--data", str(folder / "rows.csv")]
    assert run(["verify", str(script), *told]) == 1
    assert "FAIL" in capsys.readouterr().out


def test_key_and_table_reach_the_sql(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["--to", "sql", "--dialect", "duckdb", "--table", "bank.loans", "--key", "loan id"]
    assert run(["emit", str(folder / "rules.json"), *told]) == 0
    shown = capsys.readouterr().out
    assert 'FROM "bank"."loans"' in shown
    assert '"loan id"' in shown


BAD = [
    (["extract", "{}/missing.pt2"], "missing.pt2: no such file"),
    (["extract", "{}/rows.csv"], "'.csv'"),
    (["extract", "{}/broken.pt2"], "broken.pt2: can't be read"),
    (["extract", "{}/model.pt2", "--data", "{}/missing.csv"], "missing.csv: No such file"),
    (["extract", "{}/model.pt2", "--data", "{}/empty.csv"], "empty.csv: can't be read as a table"),
    (["extract", "{}/model.pt2", "--data", "{}/rows.csv"], "the network reads 2"),
    (["extract", "{}/model.pt2", "--data", "{}/rows.csv", "--drop", "zzz"], "no column 'zzz' to drop"),
    (["extract", "{}/model.pt2", "--where", "x0 * x1 <= 2"], "a product of columns"),
    (["extract", "{}/model.pt2", "--box", "2", "1"], "hold no number"),
    (["emit", "{}/missing.json", "--to", "sql"], "missing.json: can't be read"),
    (["emit", "{}/broken.json", "--to", "sql"], "is no JSON"),
    (["emit", "{}/rules.json", "--to", "cobol"], "supported: text, markdown, sql, python, c"),
    (["emit", "{}/rules.json", "--to", "sql", "--dialect", "oracle"], "supported: sqlite, duckdb"),
    (["emit", "{}/rules.json", "--to", "python", "--form", "poem"], "supported: rules, tree, network"),
    (["emit", "{}/rules.json", "--to", "c"], "give --out FOLDER"),
    (["verify", "{}/rows.csv", "--against", "{}/model.pt2", "--data", "{}/rows.csv"], "rows.csv: no line"),
]


@pytest.mark.parametrize(("argv", "message"), BAD)
def test_bad_input_ends_in_one_line(
    folder: Path, tmp_path: Path, argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.pt2").write_bytes(b"PK\x03\x04 no archive")
    (folder / "broken.json").write_text("{")
    (folder / "empty.csv").write_text("")
    before = sorted(folder.iterdir())
    out = [] if argv[0] == "verify" else ["--out", str(tmp_path / "out")] if argv[-1] != "c" else []
    assert run([*(part.format(folder) for part in argv), *out]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert sorted(folder.iterdir()) == before
    assert not list(tmp_path.iterdir())


def test_debug_shows_the_traceback(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emit", str(folder / "missing.json"), "--to", "c", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["emit"], ["extract", "--max-regions", "many"], ["polish"]])
def test_wrong_usage_is_exit_code_2(argv: list[str]) -> None:
    assert run(argv) == 2


def test_every_command_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    for command in ("demo", "extract", "emit", "verify"):
        assert run([command, "--help"]) == 0
        assert f"relurules {command}" in capsys.readouterr().out
        assert f"relurules {command}" in readme


def test_help_loads_nothing_heavy() -> None:
    check = "import sys; from relurules.cli import run; run(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    heavy = {"torch", "scipy", "pandas", "sklearn", "networkx", "jinja2", "duckdb", "jsonschema", "matplotlib"}
    assert not heavy & set(done.stderr.split())
    assert "extract" in done.stdout


def test_count_estimates_counts_and_writes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, out = str(folder / "model.pt2"), folder / "regions"
    assert run(["count", model, "--box", "-1", "1", "--estimate"]) == 0
    assert "linear regions in all" in capsys.readouterr().out
    assert run(["count", model, "--box", "-1", "1", "--out", str(out)]) == 0
    counted = capsys.readouterr().out.splitlines()[-1]
    assert counted.endswith("linear regions")
    rows = pd.read_parquet(sorted(out.glob("*.parquet"))[0])
    assert len(rows) == int(counted.split()[0])
    assert run(["count", model, "--box", "-1", "1", "--out", str(out)]) == 2
    assert "give an empty folder" in capsys.readouterr().err


def test_a_count_that_ends_early_says_so_and_goes_on_from_its_checkpoint(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["count", str(folder / "model.pt2"), "--box", "-1", "1", "--checkpoint", str(folder / "count.npz")]
    assert run([*command, "--max-regions", "2", "--data", str(folder / "rows.csv"), "--drop", "target"]) == 0
    early = capsys.readouterr().out
    assert "2 linear regions so far" in early
    assert "% of the rows" in early
    assert (folder / "count.npz").exists()
    assert run([*command, "--data", str(folder / "rows.csv"), "--drop", "target"]) == 0
    assert "so far" not in capsys.readouterr().out
    assert not (folder / "count.npz").exists()


def test_ctrl_c_ends_a_command_in_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("relurules.pipeline.trace", interrupted)
    assert run(["count", str(folder / "model.pt2"), "--box", "-1", "1"]) == 130
