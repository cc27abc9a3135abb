"""Part moves of benchmarks/linearise.py: what two more moves gain, beside linearisation by saliency
alone.

Parallel: neurons tied to one direction, `method="parallel"`. Refitted: the affine maps of the
regions, one by one, after A. Sudjianto, W. Knauth, R. Singh, Z. Yang and A. Zhang, "Unwrapping The
Black Box of Deep ReLU Networks: Interpretability, Diagnostics, and Simplification", 2020; here the
regions stay, and each map is pulled towards the network's own. The result is discontinuous, and no
network.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import linearise_runs as runs
import numpy as np

from relurules.ir.network import Array
from relurules.training.front import FrontPoint, RuleBudget
from relurules.training.objective import compute_score
from relurules.training.relu_parameters import ReluParameters, run_forward
from relurules.training.task import TASKS, Rows, Task

#: Penalties of squared changes, beside the sum of the loss over a region's rows; by infinite ones
#: nothing changes.
_PENALTIES = (1.0, 10.0, 100.0, 1e3, 1e4, np.inf)
_STEPS = 10
#: Rules allowed, of each problem.
_RULES = {"taiwan": (8, 32), "bike": (32,)}

Part = tuple[str, Sequence[str], Iterator[tuple[str, ...]]]


def moves(folder: Path) -> Iterator[Part]:
    """A table for every problem and number of rules, in the splits of the others."""
    for problem in runs.PROBLEMS:
        for rules in _RULES[problem.name]:
            title = f"{problem.name}: test {TASKS[problem.task].measure} of {rules} rules"
            yield (
                title,
                ["", "mean", "spread", "most rules", "CPU seconds"],
                _rows(problem, rules, folder),
            )


def _rows(problem: runs.Problem, rules: int, folder: Path) -> Iterator[tuple[str, ...]]:
    rows: dict[str, list[tuple[float, int, float]]] = {}
    for seed in runs.SEEDS:
        given, task = runs.prepared(problem, folder, seed), TASKS[problem.task]
        network, _ = runs.trained(problem, given, seed, problem.l1)
        found, times = list[FrontPoint](), [time.process_time()]
        for point in runs.way(problem, given, network, RuleBudget(rules), seed, ties=True):
            found.append(point)
            times.append(time.process_time())
        first = [point for point in found if not point.parallel]
        before, plain = runs.finished(problem, given, first, RuleBudget(rules))
        parallel = runs.finished(problem, given, found, RuleBudget(rules))[1]
        refitted = refitted_score(problem.task, given, before, plain)
        scored = {
            "saliency": (
                compute_score(plain.compact, given.test, task),
                plain.size.rules,
                times[len(first)] - times[0],
            ),
            "saliency, refitted": (refitted, plain.size.rules, 0.0),
            "parallel": (
                compute_score(parallel.compact, given.test, task),
                parallel.size.rules,
                times[-1] - times[0],
            ),
        }
        for name, numbers in scored.items():
            rows.setdefault(name, []).append(numbers)
            print(problem.name, rules, seed, name, *numbers, file=sys.stderr)

    for name, numbers_of in rows.items():
        scores, counts, seconds = np.array(numbers_of).T
        spent = f"{seconds.mean():.1f}" if seconds.any() else ""
        yield name, f"{scores.mean():.4f}", f"{scores.std():.4f}", f"{counts.max():.0f}", spent


def refitted_score(name: str, given: runs.Prepared, before: FrontPoint, after: FrontPoint) -> float:
    """The test score of a network of one score.

    before, after: the network trained on the training rows, by which the penalty is chosen on the
    validation rows, and then on both, which is refitted on both and scored.
    """
    task, data, test = TASKS[name], given.data, given.test
    joined = Rows(
        *(np.concatenate(pair) for pair in zip(data.training, data.validation, strict=True))
    )
    chosen = max(
        _PENALTIES,
        key=lambda penalty: _score(before.compact, data.training, data.validation, task, penalty),
    )

    return _score(after.compact, joined, test, task, chosen)


def _score(compact: ReluParameters, rows: Rows, judged: Rows, task: Task, penalty: float) -> float:
    ran, other = run_forward(compact, rows.X), run_forward(compact, judged.X)
    F = other.F.copy()
    if np.isfinite(penalty):
        place, judged_place = (np.packbits(part.Z >= 0, axis=1) for part in (ran, other))
        for pattern in np.unique(judged_place, axis=0):
            mine, theirs = (np.all(part == pattern, axis=1) for part in (place, judged_place))
            part = rows.part(np.flatnonzero(mine))
            F[theirs, 0] += _with_one(judged.X[theirs]) @ _change(ran.F[mine], part, task, penalty)

    return task.score(F, judged.Y, judged.weights)


def _change(F: Array, rows: Rows, task: Task, penalty: float) -> Array:
    """By how much the map of a region changes, (d + 1,): Newton's method."""
    X, change = _with_one(rows.X), np.zeros(rows.X.shape[1] + 1)
    for _ in range(_STEPS):
        now = F + (X @ change)[:, None]
        slope = X.T @ (task.gradient(now, rows.Y)[:, 0] * rows.weights) + penalty * change
        curvature = (X.T * (task.curvature(now)[:, 0, 0] * rows.weights)) @ X + penalty * np.eye(
            len(change)
        )
        change = change - np.linalg.solve(curvature, slope)

    return change


def _with_one(X: Array) -> Array:
    return np.column_stack([X, np.ones(len(X))])
