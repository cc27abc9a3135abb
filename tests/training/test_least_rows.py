"""Lines whose thresholds leave enough rows on either side."""

from dataclasses import replace

import numpy as np
import pytest

from relurules.training.lines.fit_lines import LineSettings, fit_lines
from relurules.training.lines.front_walk import LineBudget
from relurules.training.lines.least_rows import choose_least_share, tells_apart, widen_lines
from relurules.training.lines.line_columns import describe_columns
from relurules.training.lines.line_model import HingeLine, LineRows
from relurules.training.lines.refits import FitTerms
from relurules.training.targets import weigh_rows
from relurules.training.task import TASKS


def make_terms(X: np.ndarray) -> FitTerms:
    """Rows (N, d) whose target is the first column."""
    count = len(X)
    rows = LineRows(
        X=np.ascontiguousarray(X.T), y=X[:, 0], weights=np.ones(count), task=TASKS["regression"]
    )
    columns = describe_columns(X, [f"x{j}" for j in range(X.shape[1])])
    return FitTerms(rows=rows, ridge=1e-4, columns=columns, least_share=0.05)


def make_line(bound: float) -> HingeLine:
    """max(0, x + bound)."""
    return HingeLine(
        columns=(0,), atoms=np.eye(1), pulls=np.ones(1), weights=np.ones(1), bound=bound, sign=1.0
    )


@pytest.mark.parametrize(("rows", "least"), [(12, 2), (40, 8), (455, 10), (5000, 10), (24_000, 24)])
def test_sides_have_ten_rows_or_a_share(rows: int, least: int) -> None:
    assert choose_least_share(rows) * rows == pytest.approx(least)


@pytest.mark.parametrize(("bound", "beyond"), [(-97.0, 5), (-99.0, 5), (-2.0, 95), (0.5, 95)])
def test_thresholds_move_no_further_than_they_must(bound: float, beyond: int) -> None:
    terms = make_terms(np.arange(100.0)[:, None])
    model = terms.rows.make_start().with_line(make_line(bound))
    (line,) = widen_lines(model, terms).lines
    assert np.count_nonzero(terms.rows.reach(line) > 0) == beyond


def test_a_line_that_tells_enough_apart_stays() -> None:
    terms = make_terms(np.arange(100.0)[:, None])
    model = terms.rows.make_start().with_line(make_line(-94.0))
    assert tells_apart(model.lines[0], terms)
    assert widen_lines(model, terms) is model


def test_a_line_that_no_threshold_helps_is_left_out() -> None:
    terms = make_terms((np.arange(100) < 3).astype(float)[:, None])
    model = terms.rows.make_start().with_line(make_line(-0.5))
    assert not len(widen_lines(model, terms))


@pytest.mark.parametrize("trend", [0, 1])
def test_what_a_few_rows_do_makes_no_line_after_rounding(trend: int) -> None:
    """Four of 400 rows rise a hundred times as steeply; below 3 nothing rises."""
    x = np.concatenate([np.linspace(0, 9, 396), [9.2, 9.4, 9.7, 10.0]])
    y = np.maximum(x - 3, 0) + 100 * np.maximum(x - 9.1, 0)
    rows = weigh_rows(x[:, None], y[:, None], None)
    columns = describe_columns(rows.X, ["x"], trends={"x": trend})
    settings = LineSettings(budget=LineBudget(lines=3, condition_columns=1))
    network = fit_lines(rows, columns, "regression", settings).network

    beyond = (rows.X @ network.A.T + network.b > 1e-9).sum(axis=0)
    assert len(beyond)
    assert beyond.min() >= 10
    assert beyond.max() <= 390


def test_subsets_of_the_rows_need_the_same_share() -> None:
    terms = make_terms(np.arange(100.0)[:, None])
    assert terms.least_rows == 5
    assert replace(terms, rows=terms.rows.part(np.arange(40))).least_rows == 2
