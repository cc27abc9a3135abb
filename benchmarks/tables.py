"""Tables that don't fit memory: `make bench-tables`, or `python benchmarks/tables.py
[--rows 10000000] [--write]`.

Rules of 16 lines on 16 columns, of which each line reads two, and partition rules of 8 neurons on
the same columns score a Parquet file that is made in pieces first. Every task reads the file in a
process of its own: processor seconds, rows a second and the peak of resident memory are that
process's. Evidence is gathered with a response of 0 and 1, of the lines and of partition rules of 4
neurons. `pass` is one numpy pass over the rows of the same file, its sums by column; ratios are
seconds over those of the pass. Scoring alone, without reading, is measured on a million rows in
memory, beside sums by column and a matrix product with one column for every line; so is evidence of
64 partition rules, beside one AUC by scikit-learn. It runs with one thread
(OPENBLAS_NUM_THREADS=1).
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import networkx
import numpy as np
from figure_rows import Bar, Figure, write_figures
from numpy.typing import NDArray
from peak_memory import read_peak
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table

import relurules as rr
from relurules.ir import Graph, Head, Network
from relurules.ir.network import Neuron

Array = NDArray[np.float64]

COLUMNS, LINES, NEURONS = 16, 16, 8
#: Neurons of the rules whose evidence is gathered in memory, and the rules that they make.
CROSSED, RULES = 6, 64
#: Neurons of the rules that evidence is gathered of, and the column of its file that is true.
JUDGED, RESPONSE = 4, "p_yes"
#: Rows of a piece that is made, and of the table in memory.
PIECE, IN_MEMORY = 250_000, 1_000_000
#: Rounds of scoring in memory; numpy stands in for machine code in the first ones.
ROUNDS = 40
NAMES = tuple(f"x{i}" for i in range(COLUMNS))
BOX = rr.Domain.box([-1.0] * COLUMNS, [1.0] * COLUMNS, NAMES)


def make_graph(neurons: int, seed: int = 0) -> Graph:
    """A network of one hidden layer, whose neurons read two columns each."""
    random = np.random.default_rng(seed)
    A = np.zeros((neurons, COLUMNS))
    for row in A:
        row[random.choice(COLUMNS, 2, replace=False)] = random.normal(size=2)
    network = Network(
        A=A,
        L=np.zeros((neurons, neurons)),
        b=0.3 * random.normal(size=neurons),
        slope=np.zeros(neurons),
        C=random.normal(size=(1, COLUMNS)),
        U=random.normal(size=(1, neurons)),
        c=np.array([0.5]),
        neurons=tuple(Neuron("hidden", i) for i in range(neurons)),
    )
    return Graph(NAMES, ("y",), network, networkx.DiGraph())


def make_rules(form: str) -> Any:
    """Lines, or partition rules of fewer neurons."""
    graph = make_graph(LINES if form == "additive" else NEURONS)
    return rr.extract(graph, domain=BOX, form=form)


def draw_rows(rows: int, seed: int) -> Array:
    """(rows, 16) uniform in the box."""
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (rows, COLUMNS))


def make_judged_rules(form: str) -> Any:
    """Lines, or partition rules of few neurons, whose output is a probability."""
    graph = make_graph(LINES if form == "additive" else JUDGED)
    graph = replace(graph, outputs=(RESPONSE,), heads=(Head("sigmoid", (0,)),))
    return rr.extract(graph, domain=BOX, form=form)


def write_file(path: Path, rows: int, *, judged: bool = False) -> None:
    """A Parquet file of so many rows, in bounded memory. judged: with a response of 0 and 1."""
    import pyarrow
    from pyarrow import parquet

    fields = [(name, pyarrow.float64()) for name in NAMES]
    schema = pyarrow.schema([*fields, (RESPONSE, pyarrow.int8())] if judged else fields)
    rules = make_judged_rules("additive")
    with parquet.ParquetWriter(path, schema, use_dictionary=False, compression="none") as writer:
        for start in range(0, rows, PIECE):
            piece = draw_rows(min(PIECE, rows - start), start)
            columns = dict(zip(NAMES, piece.T, strict=True))
            if judged:
                shares = np.random.default_rng(start).random(len(piece))
                columns[RESPONSE] = (shares < rules.predict(piece)[:, 0]).astype(np.int8)
            writer.write_table(pyarrow.table(columns, schema=schema))


def sum_columns(path: Path) -> int:
    """One numpy pass over the rows of the file."""
    rows, total = 0, np.zeros(COLUMNS)
    for piece in rr.read_batches(path, make_line_free_rules()):
        X = piece.to_numpy()
        total += X.sum(axis=0)
        rows += len(X)
    return rows


def make_line_free_rules() -> rr.AdditiveRules:
    """Rules without lines, which read the same columns."""
    return rr.extract(make_graph(0), domain=BOX, form="additive")


def score(path: Path, form: str, method: str) -> int:
    """Every row's scores or contributions, none of which is kept."""
    rules = make_rules(form)
    return sum(len(getattr(rules, method)(piece)) for piece in rr.read_batches(path, rules))


def verify(path: Path, form: str) -> int:
    """Emitted numpy code beside the rules, on every row."""
    rules = make_rules(form)
    report = rr.verify(rr.emit(rules, "numpy"), rules, path)
    if not report.passed:
        raise SystemExit(repr(report))
    return report.rows


def gather(path: Path, form: str) -> int:
    """Evidence of every row with its response."""
    measured: Any = rr.add_evidence(make_judged_rules(form), path, RESPONSE)
    return int(measured.evidence.rows)


TASKS: dict[str, Callable[[Path], int]] = {
    "pass": sum_columns,
    "lines: predict": lambda path: score(path, "additive", "predict"),
    "lines: contributions": lambda path: score(path, "additive", "contributions"),
    "lines: verify numpy": lambda path: verify(path, "additive"),
    "rules: predict": lambda path: score(path, "partition", "predict"),
    "lines: evidence": lambda path: gather(path, "additive"),
    "rules: evidence": lambda path: gather(path, "partition"),
    "reached": lambda path: rr.reached(make_graph(NEURONS), path).rows,
}


def run_task(name: str, path: Path) -> None:
    """In a process of its own: print rows, processor seconds, and the peak of memory in bytes."""
    began = time.process_time()
    rows = TASKS[name](path)
    print(rows, time.process_time() - began, read_peak())


def measure_tasks(rows: int, folder: Path, figures: list[Figure]) -> Table:
    """Every task on a file of so many rows; memory that it takes is added to the figures."""
    path, judged = folder / "rows.parquet", folder / "judged.parquet"
    write_file(path, rows)
    write_file(judged, rows, judged=True)
    table = Table("task", "CPU s", "million rows/s", "seconds / pass", "peak GB", box=None)
    first = None
    for name in TASKS:
        ran = subprocess.run(
            [
                sys.executable,
                __file__,
                "--task",
                name,
                "--file",
                str(judged if name.endswith("evidence") else path),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        done, seconds, peak = map(float, ran.stdout.split())
        if done != rows:
            raise SystemExit(f"{name}: {done:.0f} rows of {rows}")
        first = first or seconds
        table.add_row(
            name,
            f"{seconds:.1f}",
            f"{rows / seconds / 1e6:.2f}",
            f"{seconds / first:.2f}",
            f"{peak / 1e9:.2f}",
        )
        figures += [
            Figure(
                what=f"{rows:,} rows of Parquet, {name}",
                ours=rows / seconds / 1e6,
                unit="million rows/s",
                rival="one numpy pass",
                theirs=rows / first / 1e6,
            ),
            Figure(
                what=f"the same, peak of memory of {name}",
                ours=peak / 1e9,
                unit="GB",
                bar=Bar(limit=2.0, sense="at most"),
            ),
        ]

    return table


def measure_memory_rows(rows: int, figures: list[Figure]) -> Table:
    """Scores of rows in memory, beside numpy on the same; the fastest of all rounds: in the first,
    numpy stands in for machine code. Those of lines are added to the figures.
    """
    X, rules = draw_rows(rows, 1), make_rules("additive")
    calls: dict[str, Callable[[], object]] = {
        "sums by column": lambda: X.sum(axis=0),
        "product with 16 lines": lambda: X @ rules.normals.T,
        "lines: predict": lambda: rules.predict(X),
        "lines: contributions": lambda: rules.contributions(X),
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            began = time.process_time()
            call()
            times[name].append(time.process_time() - began)

    table = Table("in memory", "million rows/s", "seconds / sums", "seconds / product", box=None)
    sums, product = (min(times[name]) for name in list(calls)[:2])
    for name, found in times.items():
        best = min(found)
        if name.startswith("lines"):
            figures.append(
                Figure(
                    what=f"{LINES} lines in memory, {name}",
                    ours=rows / best / 1e6,
                    unit="million rows/s",
                    rival="product with 16 lines",
                    theirs=rows / product / 1e6,
                    bar=Bar(limit=10.0, sense="at least") if name.endswith("predict") else None,
                )
            )
        table.add_row(
            name, f"{rows / best / 1e6:.1f}", f"{best / sums:.2f}", f"{best / product:.2f}"
        )

    return table


def measure_evidence(rows: int, figures: list[Figure]) -> Table:
    """Evidence of rows in memory with their response, by 64 rules, beside one AUC of their scores
    by scikit-learn; the second of two rounds.
    """
    from sklearn.metrics import roc_auc_score

    X, rules = draw_rows(rows, 2), make_crossed_rules()
    scores = rules.predict(X)[:, 0]
    y = (np.random.default_rng(3).random(rows) < scores).astype(np.int8)
    seconds = list[float]()
    for call in 2 * (lambda: rr.add_evidence(rules, X, y), lambda: roc_auc_score(y, scores)):
        began = time.process_time()
        call()
        seconds.append(time.process_time() - began)

    ours, theirs = seconds[2:]
    what = f"evidence with y of {rows:,} rows in memory, {len(rules)} rules"
    figures.append(
        Figure(what=what, ours=ours, unit="CPU s", rival="one AUC, scikit-learn", theirs=theirs)
    )
    table = Table("in memory", "CPU s", "seconds / AUC", box=None)
    table.add_row(f"evidence with y, {len(rules)} rules", f"{ours:.2f}", f"{ours / theirs:.1f}")
    table.add_row("one AUC, scikit-learn", f"{theirs:.2f}", "1.0")
    return table


def make_crossed_rules() -> rr.RuleSet:
    """Partition rules of neurons on columns of their own, every two of which cross."""
    graph = make_graph(CROSSED)
    A = np.zeros((CROSSED, COLUMNS))
    for k in range(CROSSED):
        A[k, 2 * k : 2 * k + 2] = 1.0, 0.5 + 0.1 * k
    network = replace(graph.network, A=A)
    graph = replace(graph, network=network, outputs=(RESPONSE,), heads=(Head("sigmoid", (0,)),))
    rules = rr.extract(graph, domain=BOX)
    if len(rules) != RULES:
        raise SystemExit(f"{len(rules)} rules, not {RULES}")
    return rules


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    add_write_option(parser)
    given = parser.parse_args()
    if given.task:
        run_task(given.task, given.file)
        return

    with TemporaryDirectory() as place, record_output("Tables", write=given.write):
        console = Console(width=100)
        console.print(f"{given.rows:,} rows of {COLUMNS} columns, {LINES} lines")
        figures = list[Figure]()
        console.print(measure_memory_rows(min(given.rows, IN_MEMORY), figures))
        console.print(measure_evidence(min(given.rows, IN_MEMORY), figures))
        console.print(measure_tasks(given.rows, Path(place), figures))
        write_figures(given.figures, figures)


if __name__ == "__main__":
    main()
