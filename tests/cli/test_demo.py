"""The demo, whole: what it writes, what it prints, and that its check can fail."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from relurules import api
from relurules.cli import demo_run
from relurules.ir import Report

WRITTEN = [
    "duckdb",
    "lines",
    "model.pt2",
    "rows.csv",
    "rules.html",
    "rules.json",
    "rules.md",
    "rules.txt",
    "score.c",
    "score.h",
    "score.py",
    "score.sql",
]


def test_demo_writes_runs_and_compares_everything(tmp_path: Path) -> None:
    shown = io.StringIO()
    assert demo_run.run_demo(tmp_path, 0, Console(file=shown, width=120))
    assert sorted(path.name for path in tmp_path.iterdir()) == WRITTEN
    text = shown.getvalue()
    for place in ("relurules", "sqlite", "duckdb", "python", " c "):
        assert place in text
    assert text.count("pass") == 10
    assert "RULE 1" in text
    assert "ADD for worst radius" in text
    names = {path.name for path in (tmp_path / "lines").iterdir()}
    assert names == {*WRITTEN} - {"lines", "model.pt2", "rows.csv"}
    assert "neurons before: 8, after: 2" in text


def test_demo_fails_when_an_artefact_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*given: object) -> Report:
        return replace(real(*given), passed=False)  # type: ignore[arg-type]

    real = api.verify
    monkeypatch.setattr(api, "verify", wrong)
    assert not demo_run.run_demo(tmp_path, 0, Console(file=io.StringIO()))
