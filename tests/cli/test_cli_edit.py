"""The command edit."""

import json
from pathlib import Path
from typing import Any

import pytest
from additive_models import make_additive

import relurules as rr
from relurules.cli.main import run

SIGNED = ["--author", "A. Name", "--reason", "policy 12", "--date", "2026-11-28"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rules, frame = make_additive("two")
    rules.save(tmp_path / "rules.json")
    frame.assign(paid=rules.classify(frame)).to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path


def test_edits_of_the_command_line(folder: Path, capsys: Any) -> None:
    before = (folder / "rules.json").read_bytes()
    toml = folder / "edits.toml"
    toml.write_text('author = "Another"\nreason = "r"\n[[edit]]\nstart = 0.5\n')
    argv = [
        "edit", str(folder / "rules.json"), "--edits", str(toml), "--set", "curve age at 35 = -1.5",
        "--drop-line", "2", *SIGNED, "--data", str(folder / "rows.csv"), "--y", "paid",
        "--out", str(folder / "new.json"),
    ]  # fmt: skip
    assert run(argv) == 0
    said = capsys.readouterr().out
    assert "score differs by at most 1.55" in said
    assert "rows of the data get another class" in said
    rules = rr.load(folder / "new.json")
    texts = [step.text for step in rules.provenance.edits[0].steps]
    assert texts == ["start = 0.5", "curve age at 35.0 = -1.5", "drop line 2"]
    assert rules.provenance.edits[0].author == "A. Name"
    assert (folder / "rules.json").read_bytes() == before

    assert run([*argv, "--json"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert run([*argv, "--json", "--overwrite"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["changes"]["rows"] == 200
    assert found["date"] == "2026-11-28"


def test_the_file_before_is_not_overwritten_unasked(folder: Path, capsys: Any) -> None:
    path = str(folder / "rules.json")
    before = (folder / "rules.json").read_bytes()
    assert run(["edit", path, "--set", "start = 1", *SIGNED, "--out", path]) == 2
    assert (folder / "rules.json").read_bytes() == before
    assert run(["edit", path, "--set", "start = 1", *SIGNED, "--out", path, "--overwrite"]) == 0
    assert (folder / "rules.json").read_bytes() != before
    capsys.readouterr()


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["--set", "start = 1"], 2, "author is missing"),
        (["--set", "start", *SIGNED], 2, "sets nothing"),
        ([*SIGNED], 2, "there is no edit"),
        (["--set", "start = 1", *SIGNED, "--y", "paid"], 2, "give --data FILE"),
    ],
)
def test_what_is_wrong_is_said(
    folder: Path, capsys: Any, argv: list[str], code: int, said: str
) -> None:
    out = folder / "new.json"
    assert run(["edit", str(folder / "rules.json"), *argv, "--out", str(out)]) == code
    assert said in capsys.readouterr().err
    assert not out.exists()
