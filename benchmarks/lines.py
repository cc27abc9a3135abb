"""Accuracy of lines chosen directly: `make bench-lines`, or `python benchmarks/lines.py`.

The same five 80/20 splits as benchmarks/linearise.py, of the same tables; how many lines are taken
within a budget is chosen by a part of the training rows, test rows are only scored. Seconds are
processor time from the table to the end, on one thread; the network is the one with rounded numbers
that a user gets. Of the census, seconds are those of all of `rr.fit`, with the models that its
report puts beside the lines. `small` has ten splits of tables of a few hundred rows, beside the
regularised linear model of the same columns. Of more than two classes (`classes`), see
benchmarks/line_classes.py; `--tables` and `--kinds` take some of them. `--seeds` takes other
splits: settings were chosen on seeds 10 to 14, those of small tables on 10 to 19.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import line_classes
import linearise_tables as tables
import numpy as np
import pandas as pd
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table
from small_tables import measure_small_tables

import relurules as rr
from relurules.training.lines.fit_lines import LineSettings, fit_lines
from relurules.training.lines.front_walk import LineBudget
from relurules.training.lines.line_columns import describe_columns
from relurules.training.task import TASKS


class Measured(NamedTuple):
    """A table, its task, and budgets with the score that each should reach."""

    table: str
    task: str
    budgets: Sequence[tuple[LineBudget, float]]


PARTS = {
    "bike": Measured("bike", "regression", (
        (LineBudget(lines=8), 0.886), (LineBudget(lines=12), 0.902), (LineBudget(lines=16), 0.907),
        (LineBudget(lines=24), 0.914), (LineBudget(lines=32), 0.917),
    )),
    "taiwan": Measured("taiwan", "binary", (
        (LineBudget(lines=8), 0.780), (LineBudget(lines=12), 0.782), (LineBudget(lines=16), 0.783),
        (LineBudget(lines=24), 0.783),
    )),
    "taiwan-one-column": Measured("taiwan", "binary", tuple(
        (LineBudget(lines=lines, condition_columns=1), bar)
        for lines, bar in ((12, 0.778), (16, 0.779), (24, 0.780))
    )),
    "taiwan-five-columns": Measured("taiwan", "binary", (
        (LineBudget(lines=12, columns=5), 0.775),
    )),
    "taiwan-monotone": Measured("taiwan", "binary", (
        (LineBudget(lines=16), 0.780),
    )),
}  # fmt: skip

#: A table with categories and missing values, which `rr.fit` splits and encodes itself: its file,
#: target, columns that aren't used, lines, and the score that they should reach.
CENSUS = ("adult.csv.gz", "income", ("fnlwgt", "split", "education"), 24, 0.918)

#: Months late may only raise the odds of a default; the limit and what is paid only lower them.
TRENDS = {
    **{f"PAY_{month}": 1 for month in (0, 2, 3, 4, 5, 6)},
    "LIMIT_BAL": -1,
    **{f"PAY_AMT{month}": -1 for month in range(1, 7)},
}


def measure_part(
    name: str, folder: Path, seeds: Sequence[int], lines: Sequence[int]
) -> Iterator[tuple[str, ...]]:
    """The rows of a part: each budget, with means over the seeds."""
    part = PARTS[name]
    names = list(tables.table_of(part.table, folder)[0].columns)
    for budget, bar in part.budgets:
        if lines and budget.lines not in lines:
            continue
        found = []
        for seed in seeds:
            training, test = tables.split_of(part.table, folder, seed)
            trends = TRENDS if "monotone" in name else {}
            begun = time.process_time()
            columns = describe_columns(training.X, names, trends=trends)
            fit = fit_lines(training, columns, part.task, LineSettings(budget=budget, seed=seed))
            seconds = time.process_time() - begun
            score = TASKS[part.task].score(fit.network.evaluate(test.X), test.Y, test.weights)
            found.append((score, len(fit.network), seconds))
            print(name, budget.lines, seed, *map("{:.4f}".format, found[-1]), file=sys.stderr)
        scores, sizes, seconds_of = np.array(found).T
        yield (
            str(budget.lines),
            f"{scores.mean():.4f}",
            f"{scores.std():.4f}",
            f"{bar:.3f}",
            f"{sizes.mean():.1f}",
            f"{seconds_of.mean():.1f}",
        )


def measure_census(folder: Path, seeds: Sequence[int]) -> tuple[str, ...]:
    """The row of the census: means over the seeds, from the frame to the rules."""
    file, target, dropped, lines, bar = CENSUS
    frame = pd.read_csv(folder / file, na_values="?", skipinitialspace=True)
    found = []
    for seed in seeds:
        begun = time.process_time()
        fitted = rr.fit(frame, target, drop=dropped, form="additive", max_rules=lines, seed=seed)
        seconds = time.process_time() - begun
        found.append((fitted.report.loc["the rules", "test"], len(fitted.rules), seconds))
        print("adult", lines, seed, *map("{:.4f}".format, found[-1]), file=sys.stderr)

    scores, sizes, seconds_of = np.array(found, dtype=float).T
    return (
        str(lines),
        f"{scores.mean():.4f}",
        f"{scores.std():.4f}",
        f"{bar:.3f}",
        f"{sizes.mean():.1f}",
        f"{seconds_of.mean():.1f}",
    )


#: Where each part stands in RESULTS.md.
_HEADINGS = {
    "Lines chosen directly": ("bike", "taiwan"),
    "Lines of few columns": ("taiwan-one-column",),
    "Lines of five columns in all": ("taiwan-five-columns",),
    "Lines with categories": ("adult",),
    "Monotone fits": ("taiwan-monotone",),
    "Lines of small tables": ("small",),
    "Lines of more than two classes": ("classes",),
}


def _tabulate_classes(given: argparse.Namespace, seeds: Sequence[int]) -> Table:
    title = f"classes: test rows, {len(seeds)} splits"
    heads = ["table", "model", "log loss", "accuracy", "seconds"]
    table = Table(*heads, title=title, title_justify="left")
    for row in line_classes.measure_classes(given.tables, given.kinds, given.data, seeds):
        table.add_row(*row)
    return table


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS, "adult", "small", "classes"])
    parser.add_argument(
        "--seeds", nargs="+", type=int, help="of the splits; default: 0 to 4, of small 0 to 9"
    )
    parser.add_argument("--lines", nargs="+", type=int, default=[], help="these budgets alone")
    parser.add_argument("--tables", nargs="+", default=[*line_classes.BUDGETS])
    parser.add_argument("--kinds", nargs="+", default=[*line_classes.KINDS])
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).parent.parent.parent / "shared" / "data"
    )
    add_write_option(parser)
    given = parser.parse_args()

    for heading, parts in _HEADINGS.items():
        wanted = [name for name in parts if not given.parts or name in given.parts]
        if not wanted:
            continue
        with record_output(heading, write=given.write):
            console = Console(width=140)
            for name in wanted:
                console.print(_tabulate_part(name, given))


def _tabulate_part(name: str, given: argparse.Namespace) -> Table:
    """The table of a part."""
    seeds = given.seeds or [*range(10 if name == "small" else 5)]
    if name == "classes":
        return _tabulate_classes(given, seeds)
    if name == "small":
        title = f"small tables: test AUC or R2, {len(seeds)} splits"
        heads = ["table", "mean", "linear model", "at least", "taken", "seconds"]
        rows = measure_small_tables(seeds)
    else:
        task = "binary" if name == "adult" else PARTS[name].task
        title = f"{name}: test {TASKS[task].measure}, {len(seeds)} splits"
        heads = ["lines", "mean", "spread", "at least", "lines taken", "seconds"]
        rows = (
            iter([measure_census(given.data, seeds)])
            if name == "adult"
            else measure_part(name, given.data, seeds, given.lines)
        )

    table = Table(*heads, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table


if __name__ == "__main__":
    main()
