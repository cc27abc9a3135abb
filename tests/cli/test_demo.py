"""The demo, whole: what it writes, what it prints, and that its check can fail."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from relurules import api
from relurules.cli import demo_run
from relurules.cli.main import run
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


@pytest.fixture(scope="module", autouse=True)
def _trained_once() -> Iterator[None]:
    """What is trained depends on the seed alone."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_train_network", "_fit_with_progress"):
            patch.setattr(demo_run, name, keep_first(getattr(demo_run, name)))
        yield


def keep_first(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that gives its first result again, whatever it is given."""
    found: list[Any] = []

    def give(*given: object) -> Any:
        if not found:
            found.append(function(*given))
        return found[0]

    return give


def test_demo_writes_runs_and_compares_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the manual calls it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    assert run(["demo", "--out", "out", "--seed", "0"]) == 0
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == WRITTEN
    text = capsys.readouterr().out
    for place in ("relurules", "sqlite", "duckdb", "python", " c "):
        assert place in text
    assert text.count("pass") == 10
    assert "RULE 1" in text
    assert "ADD for worst radius" in text
    names = {path.name for path in (out / "lines").iterdir()}
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
