"""Accuracy of partition rules chosen directly: `make bench-trees`, or
`python benchmarks/tree_rules.py`.

Trees of linear models on the five 80/20 splits of benchmarks/linearise.py: so many rules at most,
each of so many terms. Test rows are only scored. Seconds are processor time on one thread, from the
rows to the tree. `--seeds` takes other splits: settings were chosen on seeds 10 to 14.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import linearise_tables as tables
import numpy as np
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table

from relurules.training.task import TASKS
from relurules.training.trees.fit_tree import TreeSettings, fit_tree

TASK_OF = {"bike": "regression", "taiwan": "binary"}


class TreeBudget(NamedTuple):
    """A table, at most so many rules, terms of each, and the score that they should reach."""

    table: str
    rules: int
    terms: int
    bar: float


BUDGETS = (
    TreeBudget("bike", 16, 5, 0.899),
    TreeBudget("bike", 32, 5, 0.906),
    TreeBudget("bike", 16, 6, 0.899),
    TreeBudget("bike", 16, 9, 0.899),
    TreeBudget("taiwan", 8, 23, 0.779),
)


def measure_budget(budget: TreeBudget, folder: Path, seeds: Sequence[int]) -> tuple[str, ...]:
    """The row of a budget: means over the seeds."""
    task = TASK_OF[budget.table]
    scores, sizes, spent = [], [], []
    for seed in seeds:
        training, test = tables.split_of(budget.table, folder, seed)
        settings = TreeSettings(leaves=budget.rules, terms=budget.terms, seed=seed)
        begun = time.process_time()
        tree = fit_tree(training, task, settings).tree
        spent.append(time.process_time() - begun)
        scores.append(TASKS[task].score(tree.evaluate(test.X), test.Y, test.weights))
        sizes.append(len(tree.maps.constants))
        print(*budget, seed, f"{scores[-1]:.4f}", sizes[-1], f"{spent[-1]:.1f}", file=sys.stderr)

    return (
        budget.table,
        str(budget.rules),
        str(budget.terms),
        f"{np.mean(scores):.4f}",
        f"{np.std(scores):.4f}",
        f"{budget.bar:.3f}",
        f"{np.mean(sizes):.1f}",
        f"{np.mean(spent):.1f}",
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", choices=[[], *TASK_OF])
    parser.add_argument("--seeds", nargs="+", type=int, default=[*range(5)])
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).parent.parent.parent / "shared" / "data"
    )
    add_write_option(parser)
    given = parser.parse_args()

    with record_output("Partition rules chosen directly", write=given.write):
        title = f"Test R2 of bike sharing, AUC of Taiwan credit, {len(given.seeds)} splits"
        heads = [
            "table", "rules, at most", "terms each", "mean", "spread", "at least", "rules taken",
            "seconds",
        ]  # fmt: skip
        table = Table(*heads, title=title, title_justify="left")
        for budget in BUDGETS:
            if not given.tables or budget.table in given.tables:
                table.add_row(*measure_budget(budget, given.data, given.seeds))
        Console(width=140).print(table)


if __name__ == "__main__":
    main()
