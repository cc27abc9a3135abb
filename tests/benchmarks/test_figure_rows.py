"""Figures of benchmarks, and the one table of them."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from scripts import load_script

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def rows() -> ModuleType:
    return load_script(BENCHMARKS / "figure_rows.py")


@pytest.fixture(scope="module")
def whole(rows: ModuleType) -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        return load_script(BENCHMARKS / "all_figures.py")


def make_figure(rows: ModuleType, ours: float, **options: Any) -> Any:
    return rows.Figure(what="C, 8x8", ours=ours, unit="ns/row", **options)


@pytest.mark.parametrize(
    ("ours", "sense", "of", "reached"),
    [
        (8.0, "at most", "ratio", True),
        (10.0, "at most", "ratio", True),
        (10.1, "at most", "ratio", False),
        (12.0, "at least", "ratio", True),
        (9.9, "at least", "ratio", False),
        (0.9, "at least", "ours", False),
        (1.1, "at least", "ours", True),
        (1.1, "at most", "ours", False),
    ],
)
def test_bars_limit_ours_or_the_ratio(
    rows: ModuleType, ours: float, sense: str, of: str, reached: bool
) -> None:
    """The rival has 10, and the limit is 1."""
    bar = rows.Bar(limit=1.0, sense=sense, of=of)
    figure = make_figure(rows, ours, rival="other", theirs=10.0, bar=bar)
    assert rows.is_reached(figure) is reached


def test_a_ratio_without_a_rival_is_neither_reached_nor_missed(rows: ModuleType) -> None:
    bar = rows.Bar(limit=1.0, sense="at most", of="ratio")
    assert rows.is_reached(make_figure(rows, 1.0, bar=bar)) is None
    assert rows.is_reached(make_figure(rows, 1.0)) is None
    assert rows.find_ratio(make_figure(rows, 1.0)) is None


def test_figures_come_back_from_their_file(rows: ModuleType, tmp_path: Path) -> None:
    bar = rows.Bar(limit=2.0, sense="at most")
    given = [make_figure(rows, 1.5, rival="other", theirs=3.0, bar=bar), make_figure(rows, 1e9)]
    rows.write_figures(tmp_path / "figures.json", given)
    assert rows.read_figures(tmp_path / "figures.json") == given


def test_a_row_of_the_table(rows: ModuleType) -> None:
    bar = rows.Bar(limit=1.0, sense="at most", of="ratio")
    figure = make_figure(rows, 20.25, rival="other", theirs=27.0, bar=bar)
    table = rows.format_rows([rows.FigureRow(figure=figure, command="python x.py")])
    assert table.splitlines()[2] == (
        "| C, 8x8 | 20.2 ns/row | other: 27 | 0.75 | at most 1 times the rival's | yes "
        "| `python x.py` |"
    )


def test_all_parts_end_within_forty_minutes(whole: ModuleType) -> None:
    assert sum(part.seconds for part in whole.PARTS) <= 40 * 60
    assert all((BENCHMARKS / f"{part.script}.py").exists() for part in whole.PARTS)


def test_a_part_that_fails_is_named(whole: ModuleType, tmp_path: Path) -> None:
    part = whole.BenchmarkPart(script="tables", arguments=("--rows", "many"), seconds=300)
    done = whole.run_part(part, tmp_path)
    assert done.rows == []
    assert done.failure.startswith("`python benchmarks/tables.py --rows many`: ")
    assert "invalid int value: 'many'" in done.failure


def test_a_part_that_takes_too_long_is_named(
    whole: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(command: list[Any], **options: Any) -> None:
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(subprocess, "run", stop)
    done = whole.run_part(whole.PARTS[0], tmp_path)
    assert done.rows == []
    assert done.failure.endswith(f"stopped after {whole.PARTS[0].seconds} s")


def test_figures_of_a_part_have_its_command(
    whole: ModuleType, rows: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give(command: list[Any], **options: Any) -> subprocess.CompletedProcess[str]:
        rows.write_figures(command[command.index("--figures") + 1], [make_figure(rows, 1.0)])
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", give)
    (row,) = whole.run_part(whole.PARTS[0], tmp_path).rows
    assert row.figure.what == "C, 8x8"
    assert row.command == "python benchmarks/start.py --rounds 2"
    assert sys.executable not in row.command
