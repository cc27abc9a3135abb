"""Part fewer of benchmarks/linearise.py: rules of a network of 32, merged to fewer without
training.

Rows: `extract(max_rules=, fidelity="rows")`, close to the network on the training rows; domain:
close to it anywhere.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import linearise_runs as runs
import networkx
import numpy as np

import relurules as rr
from relurules.ir import Graph
from relurules.training.front import RuleBudget
from relurules.training.relu_parameters import to_network
from relurules.training.task import TASKS

#: Fidelity and number of rules; none is the network itself.
_WAYS: Sequence[tuple[str, int | None]] = (
    ("domain", None), ("rows", 16), ("rows", 12), ("rows", 8), ("rows", 4), ("domain", 8),
)  # fmt: skip

Part = tuple[str, Sequence[str], Iterator[tuple[str, ...]]]


def fewer(folder: Path) -> Iterator[Part]:
    """A table for every problem, in the splits of the others."""
    for problem in runs.PROBLEMS:
        title = (
            f"{problem.name}: test {TASKS[problem.task].measure} of at most 32 rules, merged "
            "without training"
        )
        yield (
            title,
            ["", "mean", "spread", "rules", "terms", "off, root mean square", "at most", "seconds"],
            _rows(problem, folder),
        )


def _rows(problem: runs.Problem, folder: Path) -> Iterator[tuple[str, ...]]:
    found: dict[str, list[tuple[float, ...]]] = {}
    for seed in runs.SEEDS:
        given, task = runs.prepared(problem, folder, seed), TASKS[problem.task]
        network, _ = runs.trained(problem, given, seed, problem.l1)
        point, _ = runs.linearised(problem, given, network, RuleBudget(32), seed)
        X = np.vstack([given.data.training.X, given.data.validation.X])
        low, high = X.min(axis=0), X.max(axis=0)
        names = tuple(f"x{j}" for j in range(len(low)))
        model = Graph(names, ("score",), to_network(point.compact), networkx.DiGraph())
        for fidelity, most in _WAYS:
            begun = time.perf_counter()
            domain = rr.Domain.box(low, high, names)
            rules = rr.extract(model, domain=domain, data=X, max_rules=most, fidelity=fidelity)
            seconds = time.perf_counter() - begun
            off = float(np.sqrt(np.mean((rules.predict(X) - model.evaluate(X)) ** 2)))
            terms = float(np.mean([np.count_nonzero(rule.map.weights) for rule in rules]))
            score = task.score(
                rules.predict(np.clip(given.test.X, low, high)), given.test.Y, given.test.weights
            )
            name = f"{most} rules, {fidelity}" if most else "the network itself"
            found.setdefault(name, []).append(
                (score, len(rules), terms, off, rules.max_error, seconds)
            )
            print(problem.name, seed, name, *found[name][-1], file=sys.stderr)

    for name, numbers in found.items():
        scores, counts, terms_, offs, bounds, seconds_ = np.array(numbers).T
        yield (
            name,
            f"{scores.mean():.4f}",
            f"{scores.std():.4f}",
            f"{counts.max():.0f}",
            f"{terms_.mean():.1f}",
            f"{offs.mean():.3f}",
            f"{bounds.max():.1f}",
            f"{seconds_.mean():.1f}",
        )
