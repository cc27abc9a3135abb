"""Additive rules in SQL stay short: 24 lines of at most two of ten columns."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

import relurules as rr
from relurules.emitting.sql.dialects import DIALECTS

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"
#: These tell for every column, on two lines, whether it holds a number; two lines of the head state
#: what rounding adds.
LONG = {"mysql": 72, "mariadb": 72}


@pytest.fixture(scope="module")
def sizes() -> Any:
    """The benchmark that prints the same figures."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        spec = importlib.util.spec_from_file_location(
            "emitted_size", BENCHMARKS / "emitted_size.py"
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BENCHMARKS))
    return module


@pytest.mark.parametrize("dialect", DIALECTS)
def test_lines_are_few(sizes: Any, dialect: str) -> None:
    rules = sizes.make_lines()
    assert len(rules) == 24
    assert max(len(line.columns) for line in rules.lines) == 2
    text = str(rr.emit(rules, "sql", dialect=dialect, key=["id"]))
    assert sizes.count_lines(text) <= LONG.get(dialect, 60)
    code = [line for line in text.splitlines() if "relurules artefact" not in line]
    assert max(map(len, code)) <= 120
