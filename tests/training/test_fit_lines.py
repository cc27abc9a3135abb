"""Lines chosen directly: budgets, trends, the linear model, seeds, rounding."""

import functools
from typing import Any

import numpy as np
import pytest

from relurules.errors import DataError
from relurules.training.lines import fit_lines as fit_lines_module
from relurules.training.lines.fit_lines import LineSettings, LinesFit, fit_lines
from relurules.training.lines.front_walk import LineBudget
from relurules.training.lines.line_columns import describe_columns
from relurules.training.targets import weigh_rows
from relurules.training.task import TASKS

NAMES = ("size", "age", "visits", "red", "green", "blue")
GROUPS = {"colour": (3, 4, 5)}


def make_rows(n: int = 300, seed: int = 0) -> tuple[Any, Any]:
    """Two numbers, whole numbers, and three categories; the target falls with the size."""
    rng = np.random.default_rng(seed)
    colour = np.eye(3)[rng.integers(0, 3, n)]
    X = np.column_stack([rng.normal(size=n) * 100, rng.normal(size=n), rng.integers(0, 9, n)])
    y = (
        -np.maximum(X[:, 0], 0) / 50
        + np.maximum(X[:, 2] - 4, 0) * (1 + colour[:, 1])
        + np.abs(X[:, 1])
        + rng.normal(size=n) * 0.1
    )
    return np.hstack([X, colour]), y


def fit(X: Any, y: Any, *, task: str = "regression", trends: Any = None, **budget: Any) -> LinesFit:
    columns = describe_columns(X, NAMES, GROUPS, trends)
    settings = LineSettings(budget=LineBudget(**{"lines": 5, **budget}))
    return fit_lines(weigh_rows(X, y[:, None], None), columns, task, settings)


@functools.cache
def fit_as_usual() -> LinesFit:
    """What several tests ask of."""
    return fit(*make_rows())


@functools.cache
def fit_within(**trends: int) -> LinesFit:
    """The same within trends, by two folds in place of ten: walks within trends take long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_lines_module, "FOLDS", 2)
        patch.setattr(fit_lines_module, "DEALS", 1)
        return fit(*make_rows(), trends=trends)


def read_columns(normal: Any) -> set[str]:
    return {"colour" if place > 2 else NAMES[place] for place in np.flatnonzero(normal).tolist()}


def test_hinges_are_found() -> None:
    X, y = make_rows()
    found = fit_as_usual()
    score = TASKS["regression"].score(found.network.evaluate(X), y[:, None], np.ones(len(y)))
    assert score > 0.98
    assert 3 <= len(found.network) <= 5
    assert (found.network.slope == 0).all()
    assert not found.network.L.any()
    assert found.front["lines"].tolist()[0] == 0


@pytest.mark.parametrize("trends", [None, {"size": 1}])
def test_a_column_far_from_zero(trends: Any) -> None:
    far = np.random.default_rng(0).uniform(0, 10, (60, 1)) + 1e10
    y = np.maximum(far[:, 0] - 1e10, 3)
    columns = describe_columns(far, ("size",), {}, trends)
    settings = LineSettings(budget=LineBudget(lines=1))
    found = fit_lines(weigh_rows(far, y[:, None], None), columns, "regression", settings)
    assert found.network.evaluate(far)[:, 0] == pytest.approx(y, abs=0.25)


@pytest.mark.parametrize("count", [2, 3])
def test_classes_by_a_column_far_from_zero(count: int) -> None:
    rng = np.random.default_rng(0)
    far = rng.uniform(0, 10, (90, 1)) + 1e12
    classes = ((far[:, 0] - 1e12 + rng.normal(size=90)) // (10 / count)).clip(0, count - 1)
    Y = np.eye(3)[classes.astype(int)] if count == 3 else classes[:, None]
    columns = describe_columns(far, ("size",), {}, None)
    task = "binary" if count == 2 else "multiclass"
    settings = LineSettings(budget=LineBudget(lines=1))
    scores = fit_lines(weigh_rows(far, Y, None), columns, task, settings).network.evaluate(far)
    odds = np.exp(scores)
    shares = odds / (1 + odds if count == 2 else odds.sum(axis=1, keepdims=True))
    assert shares.mean(axis=0) == pytest.approx(Y.mean(axis=0), abs=0.02)


@pytest.mark.parametrize("budget", [{"condition_columns": 1}, {"columns": 2}, {"lines": 2}])
def test_budgets_are_kept(budget: dict[str, int]) -> None:
    X, y = make_rows()
    network = fit(X, y, **budget).network
    assert len(network) <= budget.get("lines", 5)
    for normal in network.A:
        assert 1 <= len(read_columns(normal)) <= budget.get("condition_columns", 2)
    read = read_columns(network.C[0]).union(*map(read_columns, network.A))
    assert len(read) <= budget.get("columns", 4)


def test_no_lines_are_the_linear_model() -> None:
    X, y = make_rows()
    network = fit(X, y, lines=0).network
    assert len(network) == 0
    basis = np.column_stack([np.ones(len(X)), X])
    best = basis @ np.linalg.lstsq(basis, y, rcond=None)[0]
    left = np.mean((network.evaluate(X)[:, 0] - y) ** 2)
    assert left <= np.mean((best - y) ** 2) * 1.001


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_lines_never_fit_worse_than_the_linear_model(task: str) -> None:
    X, y = make_rows(seed=3)
    y = y if task == "regression" else (y > np.median(y)).astype(float)
    front = fit(X, y, task=task).front
    assert (front["train"] >= front["train"].iloc[0] - 1e-9).all()


def test_noise_gets_no_lines() -> None:
    X, _ = make_rows(400)
    y = np.random.default_rng(1).normal(size=len(X))
    assert len(fit(X, y).network) == 0


@pytest.mark.parametrize(
    "trends", [{"size": 1}, {"size": -1, "visits": 1}, {"age": 1, "visits": -1}]
)
def test_trends_hold_everywhere(trends: dict[str, int]) -> None:
    """Also where the data say the opposite, and far outside of them."""
    X, _ = make_rows()
    network = fit_within(**trends).network
    rng = np.random.default_rng(5)
    for name, trend in trends.items():
        place = NAMES.index(name)
        rows = rng.choice(X, 20_000) + rng.normal(size=(20_000, 6)) * X.std(axis=0) * 3
        more = rows.copy()
        more[:, place] += rng.exponential(size=len(rows)) * X[:, place].std()
        change = trend * (network.evaluate(more) - network.evaluate(rows))
        assert change.min() >= -1e-9


def test_trends_cost_nothing_where_the_data_agree() -> None:
    free, held = fit_as_usual(), fit_within(size=-1, visits=1)
    assert held.front["train"].iloc[-1] >= free.front["train"].iloc[-1] - 0.01


def test_the_same_seed_gives_the_same_lines() -> None:
    one, other = fit_as_usual(), fit(*make_rows())
    assert one.network.has_same_arrays(other.network)
    assert one.front.equals(other.front)


def test_larger_tables_are_judged_by_a_part() -> None:
    X, y = make_rows(6000)
    found = fit(X, y, lines=3)
    assert found.folds == 1
    assert len(found.network) == 3


def test_thresholds_of_whole_numbers_are_whole() -> None:
    X, y = make_rows(2000)
    network = fit(X, y, condition_columns=1).network
    of_visits = [k for k in range(len(network)) if network.A[k, 2]]
    assert of_visits
    assert all(float(network.b[k]).is_integer() for k in of_visits)


def test_numbers_have_few_digits() -> None:
    network = fit_as_usual().network
    for value in np.concatenate([network.U[0], network.b, network.C[0], network.A.ravel()]):
        assert len(f"{abs(value):.15g}".replace(".", "").strip("0")) <= 6


@pytest.mark.parametrize(
    ("trends", "message"),
    [({"colour": 1}, "categories"), ({"weight": 1}, "'weight'"), ({"age": 2}, "expected 1")],
)
def test_trends_that_can_t_be_kept(trends: dict[str, int], message: str) -> None:
    X, _ = make_rows(50)
    with pytest.raises(DataError, match=message):
        describe_columns(X, NAMES, GROUPS, trends)
