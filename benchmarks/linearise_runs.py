"""What the parts of benchmarks/linearise.py share: problems, splits, training and linearisation."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import linearise_tables as tables
import numpy as np

from relurules.training import targets
from relurules.training.descent import Schedule, random_network, train_by_adam
from relurules.training.front import (
    FrontPoint,
    FrontSettings,
    RuleBudget,
    SizeCounter,
    finetune_on_all_rows,
    is_within_budget,
    walk_front,
)
from relurules.training.linearize import choose_point
from relurules.training.linearize_model import make_size_counter
from relurules.training.objective import DataSplit
from relurules.training.relu_parameters import ReluParameters, to_network, to_relu_parameters
from relurules.training.task import TASKS, Rows

HIDDEN = (40, 40)
#: Of the splits; `linearise.py --seeds` takes others.
SEEDS: Sequence[int] = range(5)


class Problem(NamedTuple):
    """A table, its task, the L1 penalty of its networks, epochs, and budgets with the score each
    should reach.
    """

    name: str
    task: str
    l1: float
    schedule: Schedule
    budgets: Sequence[tuple[str, RuleBudget, float]]


PROBLEMS = (
    Problem(
        "taiwan", "binary", 5e-4, Schedule(100, patience=15),
        (
            ("4 rules", RuleBudget(4), 0.770),
            ("8 rules", RuleBudget(8), 0.774),
            ("32 rules", RuleBudget(32), 0.775),
            ("8 rules, 5 terms", RuleBudget(8, terms=5), 0.770),
        ),
    ),
    Problem(
        "bike", "regression", 1e-4, Schedule(200, patience=15),
        (
            ("32 rules", RuleBudget(32), 0.885),
            ("128 rules", RuleBudget(128), 0.892),
            ("32 rules, 4 terms in conditions", RuleBudget(32, condition_terms=4), 0.884),
        ),
    ),
)  # fmt: skip


class Prepared(NamedTuple):
    """One split: training and validation rows, and test rows, all standardised."""

    data: DataSplit
    test: Rows


def prepared(problem: Problem, folder: Path, seed: int) -> Prepared:
    """The split of a seed."""
    training, test = tables.split_of(problem.name, folder, seed)
    data, scale = targets.prepare_rows(training, 0.2, seed, problem.task)
    return Prepared(data, scale.rows(test))


def trained(
    problem: Problem, given: Prepared, seed: int, l1: float
) -> tuple[ReluParameters, float]:
    """A network and the seconds it took."""
    random, begun = np.random.default_rng(seed), time.perf_counter()
    rows = given.data.training
    start = random_network(rows.X.shape[1], HIDDEN, rows.Y.shape[1], random)
    network = train_by_adam(
        start, given.data, TASKS[problem.task], problem.schedule, l1=l1, random=random
    )
    return network, time.perf_counter() - begun


def linearised(
    problem: Problem, given: Prepared, network: ReluParameters, budget: RuleBudget, seed: int
) -> tuple[FrontPoint, float]:
    """The point of the front that is chosen, trained on with all rows, and the seconds it took."""
    begun = time.perf_counter()
    last = finished(problem, given, list(way(problem, given, network, budget, seed)), budget)[1]
    return last, time.perf_counter() - begun


def way(
    problem: Problem,
    given: Prepared,
    network: ReluParameters,
    budget: RuleBudget,
    seed: int,
    *,
    ties: bool = False,
) -> Iterator[FrontPoint]:
    """The points of the front."""
    start, random = to_relu_parameters(to_network(network), dense=True), np.random.default_rng(seed)
    task, count = TASKS[problem.task], _counter(given)
    return walk_front(
        start,
        given.data,
        task,
        budget,
        count,
        FrontSettings(l1=problem.l1, random=random, ties=ties),
        told=lambda _: None,
    )


def finished(
    problem: Problem, given: Prepared, found: list[FrontPoint], budget: RuleBudget
) -> tuple[FrontPoint, FrontPoint]:
    """The point that is chosen, before and after it is trained on with all rows."""
    chosen = found[choose_point(found, budget)]
    last = finetune_on_all_rows(
        chosen, given.data, TASKS[problem.task], budget, _counter(given), l1=problem.l1
    )
    assert is_within_budget(last, budget)  # noqa: S101
    return chosen, last


def _counter(given: Prepared) -> SizeCounter:
    counted = make_size_counter(given.data.training.X)
    return lambda compact: counted(to_network(compact))
