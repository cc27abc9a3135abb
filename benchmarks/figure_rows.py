"""What a benchmark measured, as rows of a table: `--figures FILE` of a benchmark keeps them there.

`all_figures.py` runs benchmarks and puts their figures into one table of RESULTS.md.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Bar:
    """What a figure is to reach."""

    limit: float
    sense: Literal["at least", "at most"]
    #: What it limits: our figure, or ours divided by the rival's.
    of: Literal["ours", "ratio"] = "ours"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured number, beside a rival's from the same run where there is one."""

    what: str
    ours: float
    unit: str
    #: Who the rival is, "" without, and its number in the same unit.
    rival: str = ""
    theirs: float | None = None
    bar: Bar | None = None


@dataclass(frozen=True, kw_only=True)
class FigureRow:
    """A figure, and the command that measured it."""

    figure: Figure
    command: str


def find_ratio(figure: Figure) -> float | None:
    """Ours divided by the rival's; None without a rival."""
    return figure.ours / figure.theirs if figure.theirs else None


def is_reached(figure: Figure) -> bool | None:
    """Whether the figure reaches its bar; None without a bar, or where the rival's is missing."""
    if figure.bar is None:
        return None
    value = figure.ours if figure.bar.of == "ours" else find_ratio(figure)
    if value is None:
        return None
    return (
        value >= figure.bar.limit if figure.bar.sense == "at least" else value <= figure.bar.limit
    )


def write_figures(path: Path | None, figures: Iterable[Figure]) -> None:
    """Write figures as JSON; nothing where there is no path."""
    if path is not None:
        path.write_text(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n")


def read_figures(path: Path) -> list[Figure]:
    """What `write_figures` wrote."""
    return [_read_figure(item) for item in json.loads(path.read_text())]


def _read_figure(item: dict[str, Any]) -> Figure:
    bar = item.pop("bar")
    return Figure(**item, bar=None if bar is None else Bar(**bar))


def format_rows(rows: Sequence[FigureRow]) -> str:
    """A table in Markdown, a row for every figure."""
    lines = [
        "| what | ours | rival | ours / rival | bar | reached | command |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_format_row(row) for row in rows]
    return "\n".join(lines)


def _format_row(row: FigureRow) -> str:
    figure, ratio = row.figure, find_ratio(row.figure)
    beside = f"{figure.rival}: {_format_number(figure.theirs)}" if figure.theirs else ""
    cells = [
        figure.what,
        f"{_format_number(figure.ours)} {figure.unit}",
        beside,
        "" if ratio is None else _format_number(ratio),
        _format_bar(figure),
        {None: "", True: "yes", False: "no"}[is_reached(figure)],
        f"`{row.command}`",
    ]
    return f"| {' | '.join(cells)} |"


def _format_bar(figure: Figure) -> str:
    if figure.bar is None:
        return ""
    what = figure.unit if figure.bar.of == "ours" else "times the rival's"
    return f"{figure.bar.sense} {figure.bar.limit:,g} {what}"


def _format_number(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
