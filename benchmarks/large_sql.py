"""How long `verify` takes for large SQL: `python benchmarks/large_sql.py [--engines a,b]
[--write]`.

Texts of about 300 kB, of rules, of a tree and of a network, are run on 60 rows. Seconds are those
of the clock, since servers work in processes of their own; servers were started before, by a small
text. Beside them stands what the engine alone takes to load the rows and to run the text.
"""

import argparse
import sys
import time
from collections.abc import Sequence

import numpy as np
from figure_rows import Figure, write_figures
from numpy.typing import NDArray
from partition import Case, make_box, module_of
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table
from scoring import random_rules

import relurules as rr
from relurules.errors import RelurulesError
from relurules.ir import Artifact, RuleSet
from relurules.verifying.databases import OPEN

ENGINES = ("sqlite", "duckdb", "postgres", "mariadb", "clickhouse")
ROWS = 60
#: A network of 20 columns, whose SQL of form network is as long as that of hundreds of rules.
DENSE = Case("dense", 1, 20, (80, 80))


def make_rules() -> dict[str, RuleSet]:
    """By the form that each is emitted in."""
    dense = rr.extract(module_of(DENSE), domain=make_box(DENSE), max_regions=1)
    return {"rules": random_rules(16, 8), "tree": random_rules(16, 9), "network": dense}


def measure_engine(
    rules: RuleSet, text: Artifact, engine: str, X: NDArray[np.float64]
) -> tuple[float, float]:
    """Seconds of `verify`, and of the engine alone."""
    start = time.perf_counter()
    report = rr.verify(text, rules, X)
    seconds = time.perf_counter() - start
    if not report.passed:
        raise SystemExit(repr(report))

    start = time.perf_counter()
    with OPEN[engine]() as database:
        columns = [(database.quoted(name), False) for name in rules.features]
        database.load(database.quoted("input_data"), columns, X.tolist())
        database.execute(str(text))

    return seconds, time.perf_counter() - start


def show_table(engines: Sequence[str]) -> list[Figure]:
    """Print a row for every engine and form."""
    table = Table("engine", "form", "kB", "verify, s", "engine alone, s", "ratio")
    figures, random = list[Figure](), np.random.default_rng(0)
    small = random_rules(2, 2)
    known = make_rules()
    for engine in engines:
        try:
            rr.verify(rr.emit(small, "sql", dialect=engine), small, random.uniform(-1, 1, (2, 2)))
        except RelurulesError as error:
            print(f"{engine}: {error}", file=sys.stderr)
            continue
        for form, rules in known.items():
            X = random.uniform(-1, 1, (ROWS, len(rules.features)))
            text = rr.emit(rules, "sql", dialect=engine, form=form)
            ours, alone = measure_engine(rules, text, engine, X)
            size = len(str(text)) / 1000
            table.add_row(
                engine, form, f"{size:.0f}", f"{ours:.2f}", f"{alone:.2f}", f"{ours / alone:.1f}"
            )
            figures.append(
                Figure(
                    what=f"verify {ROWS} rows, {engine}, {form}, {size:.0f} kB",
                    ours=ours,
                    unit="s",
                    rival="the engine alone",
                    theirs=alone,
                )
            )
    Console(width=100).print(table)
    return figures


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", default=",".join(ENGINES))
    add_write_option(parser)
    given = parser.parse_args()
    with record_output("SQL", write=given.write):
        write_figures(given.figures, show_table(given.engines.split(",")))


if __name__ == "__main__":
    main()
