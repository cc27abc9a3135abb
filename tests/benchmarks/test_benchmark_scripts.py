"""Benchmarks start, and find what they import by name: helpers of these tests."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "benchmarks"
#: Scripts that are parts of others, or run by them in environments of their own.
PARTS = {"rivals_peer", "orbital_sql", "scoring_code_peer"}
BENCHMARKS = sorted(
    path.stem
    for path in SCRIPTS.glob("*.py")
    if "__main__" in path.read_text() and path.stem not in PARTS
)

#: Smallest runs: arguments, what the output holds.
RUNS = {
    "questions": (("1", "1"), "1 planted differences"),
    "proofs": (("random", "--networks", "1"), "1 random networks: {'accepted': 1"),
}


def run_benchmark(name: str, *arguments: str) -> str:
    command = [sys.executable, "-W", "ignore", SCRIPTS / f"{name}.py", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout


@pytest.mark.parametrize("name", RUNS)
def test_small_runs_end(name: str) -> None:
    arguments, expected = RUNS[name]
    assert expected in run_benchmark(name, *arguments)


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_helpers_that_are_imported_by_name_exist(script: Path) -> None:
    """Modules of `import_module` are in a folder that the script looks in: tests, or one in it."""
    text = script.read_text()
    folders = [ROOT / "tests", *(ROOT / "tests" / name for name in re.findall(FOLDER, text))]
    for name in re.findall(r'import_module\("([\w.]+)"\)', text):
        place = Path(*name.split(".")).with_suffix(".py")
        assert any((folder / place).exists() for folder in folders), name


FOLDER = r'"tests" / "(\w+)"'


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_can_write_its_section(name: str) -> None:
    text = (SCRIPTS / f"{name}.py").read_text()
    assert "add_write_option(parser)" in text
    assert re.search(r'record_output\((?:"[^"]+"|heading), write=', text)
