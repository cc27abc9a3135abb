"""`relurules emit --all`: every target in a folder, with a manifest that says what is in it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from handmade import graph, layered, rows_in

import relurules as rr
from relurules.cli.main import run
from relurules.emitting import EmitOptions, targets
from relurules.ir import AdditiveRules, Artifact
from relurules.pipeline import deployment

BOX = rr.Domain.box([-1, -2], [1, 2], ["a", "b"])
#: Targets that need no engine to start; the others have tests of their own.
QUICK = ("text", "sql", "python", "numpy")


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> AdditiveRules:
    kept = {name: targets.TARGETS[name] for name in QUICK}
    kept["sql"] = kept["sql"]._replace(dialects=("sqlite", "snowflake"))
    monkeypatch.setattr(deployment, "TARGETS", kept)
    made = rr.extract(graph(layered(3, 2, [4], 1)), domain=BOX, form="additive")
    assert isinstance(made, AdditiveRules)
    return made


def test_the_folder_and_its_manifest(
    rules: AdditiveRules, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made_from, rows, out = tmp_path / "rules.json", tmp_path / "rows.csv", tmp_path / "out"
    rules.save(made_from)
    pd.DataFrame(rows_in(BOX, 40), columns=["a", "b"]).assign(id=range(40)).to_csv(
        rows, index=False
    )
    given = ["--all", "--out", str(out), "--data", str(rows), "--key", "id", "--title", "A title"]
    assert run(["emit", str(made_from), *given]) == 0
    told_lines = capsys.readouterr().err.splitlines()
    assert next(line for line in told_lines if line.startswith("python: ")).startswith(
        "python: passed in python on 40 rows, largest difference "
    )
    assert any(line.startswith("sql/snowflake: written, not run: no engine") for line in told_lines)

    told = json.loads((out / "manifest.json").read_text())
    listed = {entry["file"]: entry for entry in told["files"]}
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert there == {*listed, "manifest.json"}
    for name, entry in listed.items():
        content = (out / name).read_bytes()
        assert entry["bytes"] == len(content)
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
    for name in ("python/score.py", "numpy/score_numpy.py", "sql/sqlite/score.sql"):
        assert listed[name]["verified"]["passed"], listed[name]
        assert listed[name]["verified"]["rows"] == 40
    assert (
        "no engine runs sql (snowflake)" in listed["sql/snowflake/score.sql"]["verified"]["not_run"]
    )
    assert "verified" not in listed["documents/html/rules.html"]
    assert told["left_out"] == {}
    assert "A title" in (out / "documents" / "html" / "rules.html").read_text()


def test_options_reach_every_target_or_are_refused(
    rules: AdditiveRules, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules.save(tmp_path / "rules.json")
    asked = ["emit", str(tmp_path / "rules.json"), "--all", "--out", str(tmp_path / "out")]
    told = ["--columns", "outputs,reasons", "--direction", "lower", "--outside", "clamp"]
    assert run([*asked, *told]) == 0
    for place in ("python/score.py", "sql/sqlite/score.sql"):
        read = Artifact.read(tmp_path / "out" / place)
        assert read.explained["direction"] == "lower"
        assert read.outside == "clamp"
    for given in (["--dialect", "duckdb"], ["--form", "lines"], ["--number", "float"]):
        capsys.readouterr()
        assert run([*asked, *given]) != 0
        assert f"{given[0]}: for one target" in capsys.readouterr().err


def test_what_is_left_out_has_a_reason(rules: AdditiveRules, tmp_path: Path) -> None:
    asked = EmitOptions(columns=("outputs", "probability"))
    made = deployment.write_deployment(rules, tmp_path, None, asked)
    assert "no column 'probability'" in made.manifest["left_out"]["python"]
    assert made.passed
    assert not any("verified" in entry for entry in made.manifest["files"])


def test_a_difference_fails(
    rules: AdditiveRules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify: Any = deployment.verify_model
    other = rr.extract(graph(layered(4, 2, [4], 1)), domain=BOX, form="additive")
    monkeypatch.setattr(
        deployment, "verify_model", lambda artifact, _rules, *rest: verify(artifact, other, *rest)
    )
    made = deployment.write_deployment(rules, tmp_path, rows_in(BOX, 20), EmitOptions())
    assert not made.passed


def test_one_of_to_and_all(rules: AdditiveRules, tmp_path: Path) -> None:
    rules.save(tmp_path / "rules.json")
    for given in ([], ["--to", "text", "--all"], ["--all"]):
        assert run(["emit", str(tmp_path / "rules.json"), *given]) != 0
