"""Runs of benchmarks in RESULTS.md."""

import re
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from scripts import load_script

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
TEXT = """# Measurements

By hand.

## SQL

What was measured.

### Last run of benchmarks/scoring.py

2020-01-01, a machine: `python benchmarks/scoring.py`

```text
## no heading
old
```

## accuracy

Words.
"""


@pytest.fixture(scope="module")
def results() -> ModuleType:
    return load_script(BENCHMARKS / "results.py")


def make_run(results: ModuleType, output: str, script: str = "benchmarks/scoring.py") -> Any:
    return results.BenchmarkRun(
        script=script,
        command=f"python {script} --rows 10",
        output=output,
        machine="a processor, 2 cores, Python 3.11.7",
        day=date(2021, 2, 3),
    )


def test_a_run_replaces_the_last_one_of_its_script(results: ModuleType) -> None:
    """Words by hand stay, and so does the order of sections."""
    found = results.insert_run(TEXT, "SQL", make_run(results, "new   \nrows\n\n"))
    assert (
        found
        == """# Measurements

By hand.

## SQL

What was measured.

### Last run of benchmarks/scoring.py

2021-02-03, a processor, 2 cores, Python 3.11.7: `python benchmarks/scoring.py --rows 10`

```text
new
rows
```

## accuracy

Words.
"""
    )


def test_markdown_is_not_fenced(results: ModuleType) -> None:
    run = replace(make_run(results, "| what |\n|---|\n| C |"), fenced=False)
    found = results.insert_run(TEXT, "SQL", run)
    assert "scoring.py --rows 10`\n\n| what |\n|---|\n| C |\n\n## accuracy" in found


def test_runs_of_two_scripts_share_a_section(results: ModuleType) -> None:
    both = results.insert_run(TEXT, "SQL", make_run(results, "more", "benchmarks/other.py"))
    assert "old" in both
    assert "more" in both


def test_a_section_is_made(results: ModuleType) -> None:
    found = results.insert_run(TEXT, "Proofs", make_run(results, "proven", "benchmarks/proofs.py"))
    assert re.findall("^## (?!no)(.*)", found, re.MULTILINE) == ["SQL", "accuracy", "Proofs"]
    again = results.insert_run(found, "Proofs", make_run(results, "proven", "benchmarks/proofs.py"))
    assert again == found


def test_what_is_printed_is_passed_on_and_kept(
    results: ModuleType,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "RESULTS.md"
    path.write_text(TEXT)
    monkeypatch.setattr(sys, "argv", ["somewhere/scoring.py", "--write", "--only", "a b"])
    with results.record_output("SQL", write=True, path=path):
        print("measured")

    assert capsys.readouterr().out == "measured\n"
    written = path.read_text()
    assert "```text\nmeasured\n```" in written
    assert "`python benchmarks/scoring.py --only 'a b'`" in written
    assert date.today().isoformat() in written
    assert results.describe_machine() in written


@pytest.mark.parametrize("write", [True, False])
def test_nothing_is_written_without_a_whole_run(
    results: ModuleType, tmp_path: Path, write: bool
) -> None:
    """Of a benchmark that fails, and of one that wasn't asked to."""
    path = tmp_path / "RESULTS.md"
    path.write_text(TEXT)
    with pytest.raises(ZeroDivisionError), results.record_output("SQL", write=write, path=path):
        print(1 / 0)
    with results.record_output("SQL", write=False, path=path):
        print("unasked")
    assert path.read_text() == TEXT


def test_machines_are_described(results: ModuleType, tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nmodel name\t: Abacus 3000\nmodel name\t: Other\n")
    version = sys.version.split()[0]
    assert re.fullmatch(
        rf"Abacus 3000, \d+ cores?, Python {version}", results.describe_machine(cpuinfo)
    )
    assert f", Python {version}" in results.describe_machine(tmp_path / "none")
