"""How much accuracy a number of rules costs: `make bench-linearise`, or `python
benchmarks/linearise.py [PART ...]`.

Parts: taiwan, bike, adult, xor, others, moves, fewer; all of them without any named. `--seeds 0 1`
takes some splits. Tables are read from `--data` (default ../shared/data); 80/20 splits seeded 0 to
4, means over the seeds and the spread (standard deviation). A network of 40 and 40 ReLUs is
trained, plainly and with an L1 penalty, then linearised within a budget by validation rows, a fifth
of the training rows; test rows are only scored. Rules are counted over the box of the training
rows. Seconds are wall time on one thread; `times` is training and linearisation together over
training of the same network alone.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import linearise_others as others
import linearise_runs as runs
import numpy as np
from linearise_fewer import fewer
from linearise_moves import moves
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from relurules.training.objective import compute_score
from relurules.training.task import TASKS
from relurules.training.terms import count_condition_terms, count_formula_terms

#: Parts beside the problems: each gives its tables.
_PARTS = {
    "adult": others.adult,
    "xor": others.xor,
    "others": others.others,
    "moves": moves,
    "fewer": fewer,
}


def rows_of(problem: runs.Problem, folder: Path) -> Iterator[tuple[str, ...]]:
    """The table of one problem: both networks, then every budget."""
    task, results = TASKS[problem.task], dict[str, list[tuple[float, ...]]]()
    for seed in runs.SEEDS:
        given = runs.prepared(problem, folder, seed)
        plain, base = runs.trained(problem, given, seed, 0.0)
        network, seconds = runs.trained(problem, given, seed, problem.l1)
        results.setdefault("network, plain", []).append(
            (compute_score(plain, given.test, task), 80, 0, 0, 0, base / seconds)
        )
        results.setdefault("network, L1", []).append(
            (compute_score(network, given.test, task), 80, 0, 0, 0, 1.0)
        )
        for name, budget, _ in problem.budgets:
            point, more = runs.linearised(problem, given, network, budget, seed)
            terms = (
                count_condition_terms(point.compact).max(initial=0),
                count_formula_terms(point.compact),
            )
            score = compute_score(point.compact, given.test, task)
            numbers = (len(point.compact), point.size.rules, *terms, (seconds + more) / seconds)
            results.setdefault(name, []).append((score, *numbers))
            print(problem.name, seed, name, f"{score:.4f}", *numbers, file=sys.stderr)

    bars = {name: bar for name, _, bar in problem.budgets}
    for name, found in results.items():
        scores, neurons, rules, conditions, formulas, times = (
            np.array(part) for part in zip(*found, strict=True)
        )
        bar = "" if name not in bars else f"{bars[name]:.3f}"
        yield (
            name,
            f"{scores.mean():.4f}",
            f"{scores.std():.4f}",
            bar,
            f"{neurons.mean():.1f}",
            f"{rules.max():.0f}" if rules.any() else "",
            f"{conditions.max():.0f}" if rules.any() else "",
            f"{formulas.max():.0f}" if rules.any() else "",
            f"{times.mean():.1f}",
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    known = [*(problem.name for problem in runs.PROBLEMS), *_PARTS]
    parser.add_argument("parts", nargs="*", choices=[[], *known])
    parser.add_argument("--seeds", nargs="+", type=int, default=[*runs.SEEDS])
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).parent.parent.parent / "shared" / "data"
    )
    add_write_option(parser)
    given = parser.parse_args()
    runs.SEEDS = given.seeds

    with record_output("Accuracy against rules", write=given.write), threadpool_limits(1):
        show_parts(given.parts or known, given.data)


def show_parts(parts: Sequence[str], data: Path) -> None:
    """Print the tables of the parts by name."""
    console = Console(width=140)
    for problem in runs.PROBLEMS:
        if problem.name in parts:
            title = (
                f"{problem.name}: test {TASKS[problem.task].measure}, mean over "
                f"{len(runs.SEEDS)} splits"
            )
            columns = [
                "",
                "mean",
                "spread",
                "at least",
                "neurons",
                "rules",
                "terms",
                "in formulas",
                "times",
            ]
            _show(console, title, columns, rows_of(problem, data))
    for name, part in _PARTS.items():
        if name in parts:
            for title, names, rows in part(data):
                _show(console, title, names, rows)


def _show(
    console: Console, title: str, columns: Sequence[str], rows: Iterator[tuple[str, ...]]
) -> None:
    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


if __name__ == "__main__":
    main()
