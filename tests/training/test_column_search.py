"""Which columns lines may read, where only some may be."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from relurules.training.lines.column_search import ColumnJudge, search_columns
from relurules.training.lines.fit_lines import LineSettings, fit_lines
from relurules.training.lines.front_walk import LineBudget
from relurules.training.lines.joint_scaling import choose_line_scale
from relurules.training.lines.line_columns import describe_columns
from relurules.training.targets import weigh_rows
from relurules.training.task import Rows

NAMES = ("copy", "bend", "noise", "kind=a", "kind=b", "kind=c", "kind=d")
KINDS = dict.fromkeys(["kind"], (3, 4, 5, 6))


def make_rows(count: int, *, classes: bool) -> Rows:
    """A bend and the category say it; a copy of the bend with noise says it less well."""
    rng = np.random.default_rng(0)
    bend, noise = rng.normal(size=(2, count))
    kind = rng.integers(0, 4, count)
    score = 3 * np.maximum(bend, 0) + 2.0 * (kind % 2)
    X = np.column_stack([bend + 0.5 * rng.normal(size=count), bend, noise, np.eye(4)[kind]])
    y = score + rng.normal(size=count)
    return weigh_rows(X, (y > 2).astype(float)[:, None] if classes else y[:, None], None)


def test_each_column_is_the_best_beside_those_before_it() -> None:
    worth = {frozenset([0]): 3, frozenset([0, 2]): 9, frozenset([1, 3]): 20}
    assert search_columns(lambda some: worth.get(frozenset(some), 0), 4, 2) == [0, 2]
    assert search_columns(lambda some: -sum(some), 40, 20) == list(range(20))


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_columns_are_judged_with_their_categories(task: str) -> None:
    rows = make_rows(900, classes=task == "binary")
    columns = describe_columns(rows.X, NAMES, KINDS)
    scaled = choose_line_scale(rows, columns, task).apply(rows, task)
    judge = ColumnJudge(rows=scaled, columns=columns, seed=0)
    with threadpool_limits(1):
        found = search_columns(judge.judge, 4, 2)
    assert [columns[number].name for number in found] == ["bend", "kind"]
    assert sorted(np.unique(judge.values[:, 3])) == [0, 1, 2, 3]


def test_lines_of_many_rows_read_these_columns() -> None:
    rows = make_rows(6500, classes=False)
    columns = describe_columns(rows.X, NAMES, KINDS)
    budget = LineBudget(lines=2, columns=2)
    network = fit_lines(rows, columns, "regression", LineSettings(budget=budget)).network
    read = np.abs(network.A).sum(axis=0) + np.abs(network.C[0]) > 0
    assert read.tolist() == [False, True, False, True, True, True, True]
