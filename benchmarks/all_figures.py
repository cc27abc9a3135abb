"""One table of speeds: `make bench-all`, or `python benchmarks/all_figures.py [--only PART...]
[--patience N]`, N for a machine that is busy with other work.

Runs other benchmarks, each as small as its figures allow and stopped when its time is over, and
prints what they measured: ours, the rival's of the same run, their ratio, and what was to be
reached. A part that fails or takes too long is named below the table, and the exit code is 1.
"""

import argparse
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from figure_rows import FigureRow, format_rows, read_figures
from results import add_write_option, record_output

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class BenchmarkPart:
    """A benchmark that gives figures. seconds: after which it is stopped."""

    script: str
    arguments: tuple[str, ...]
    seconds: int


#: In order; what all may take together is less than 40 minutes.
PARTS = (
    BenchmarkPart(script="start", arguments=("--rounds", "2"), seconds=300),
    BenchmarkPart(script="partition", arguments=("--quick",), seconds=270),
    BenchmarkPart(script="first_search", arguments=(), seconds=240),
    BenchmarkPart(
        script="scoring_code",
        arguments=("--only", "c", "--peer", ".venv-peer-code/bin/python"),
        seconds=120,
    ),
    BenchmarkPart(
        script="scoring",
        arguments=(
            *("--only", "peer", "--rows", "20000"),
            *("--engines", "sqlite,duckdb", "--peer", ".venv-orbital/bin/python"),
        ),
        seconds=300,
    ),
    BenchmarkPart(script="large_sql", arguments=(), seconds=120),
    BenchmarkPart(script="tables", arguments=("--rows", "2000000"), seconds=300),
    BenchmarkPart(script="tracing", arguments=("--only", "large"), seconds=180),
    BenchmarkPart(script="category_questions", arguments=("--only", "partition"), seconds=120),
    BenchmarkPart(script="category_questions", arguments=("--only", "lines"), seconds=270),
    BenchmarkPart(script="suite_time", arguments=("--only", "fast"), seconds=150),
)


@dataclass(frozen=True, kw_only=True)
class PartResult:
    """Figures of a part; failure: why there are none, else ""."""

    rows: list[FigureRow]
    failure: str = ""


def run_part(part: BenchmarkPart, folder: Path) -> PartResult:
    """Run one benchmark in a process of its own."""
    script = f"benchmarks/{part.script}.py"
    command = shlex.join(["python", script, *part.arguments])
    path = folder / f"{part.script}.json"
    try:
        ran = subprocess.run(
            [sys.executable, "-W", "ignore", script, *part.arguments, "--figures", path],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=part.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return PartResult(rows=[], failure=f"`{command}`: stopped after {part.seconds} s")

    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or ["no message"])[-1]
        return PartResult(rows=[], failure=f"`{command}`: {last}")
    return PartResult(rows=[FigureRow(figure=f, command=command) for f in read_figures(path)])


def run_parts(parts: Sequence[BenchmarkPart]) -> PartResult:
    """Run benchmarks one after the other; what each took goes to standard error."""
    rows, failures = list[FigureRow](), list[str]()
    with TemporaryDirectory() as place:
        for part in parts:
            began = time.perf_counter()
            result = run_part(part, Path(place))
            name = " ".join([part.script, *part.arguments])
            print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
            rows += result.rows
            failures += [result.failure] if result.failure else []

    return PartResult(rows=rows, failure="\n".join(f"Not measured: {each}." for each in failures))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = list(dict.fromkeys(part.script for part in PARTS))
    parser.add_argument(
        "--patience", type=float, default=1.0, help="times the seconds that a part may take"
    )
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="these parts")
    add_write_option(parser)
    given = parser.parse_args()
    with record_output("All figures", write=given.write, fenced=False):
        done = run_parts(
            [
                replace(part, seconds=round(part.seconds * given.patience))
                for part in PARTS
                if part.script in given.only
            ]
        )
        print(format_rows(done.rows))
        print(f"\n{done.failure}" if done.failure else "", end="")

    if done.failure:
        sys.exit(1)


if __name__ == "__main__":
    main()
