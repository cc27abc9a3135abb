"""The ridge of a linear model of few rows is chosen as finely as without lines."""

import numpy as np

from relurules.training.lines.fit_lines import LineSettings, LinesFit, fit_lines
from relurules.training.lines.front_walk import LineBudget
from relurules.training.lines.line_choice import (
    SMALL_STRENGTHS,
    FoldScores,
    apply_one_error_rule,
)
from relurules.training.lines.line_columns import describe_columns
from relurules.training.lines.scaling import measure_base_pulls
from relurules.training.targets import weigh_rows


def fit_noise(lines: int) -> LinesFit:
    """150 rows of twelve columns, of which hardly anything is in the target."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 12))
    y = X @ rng.normal(scale=0.2, size=12) + 20.0 * rng.normal(size=150)
    columns = describe_columns(X, [f"x{j}" for j in range(12)])
    rows = weigh_rows(X, y[:, None], None)
    return fit_lines(rows, columns, "regression", LineSettings(budget=LineBudget(lines=lines)))


def test_the_front_still_has_every_number_of_lines() -> None:
    found = fit_noise(1)
    assert found.chosen == 0
    assert found.strength == max(SMALL_STRENGTHS)
    assert found.front["lines"].tolist() == [0, 1]


def test_categories_bear_the_ridge_by_their_variance() -> None:
    """As if their indicators were standardised; a rare one still bears some."""
    rng = np.random.default_rng(0)
    kinds = rng.choice(3, 500, p=[0.5, 0.49, 0.01])
    X = np.column_stack([100.0 * rng.normal(size=500), np.eye(3)[kinds]])
    columns = describe_columns(X, ["a", "k0", "k1", "k2"], {"kind": [1, 2, 3]})
    pulls = measure_base_pulls(X, columns)
    assert pulls[0] == 1.0
    assert np.allclose(pulls[1:3], X[:, 1:3].var(axis=0))
    assert pulls[3] == 0.02 > X[:, 3].var()


def test_lines_must_be_better_than_folds_that_share_rows_tell() -> None:
    """Better by one and a half standard errors of independent folds is not enough."""
    differences = np.array([-1.0, 1.0, -1.0, 1.0, 0.0])
    one_error = differences.std(ddof=1) / np.sqrt(5)
    linear = np.full(5, 9.0)
    for errors, lines in ((1.4, 0), (1.6, 1)):
        losses = {1.0: [linear, linear + differences - errors * one_error]}
        assert apply_one_error_rule(losses) == (1.0, lines)
        assert apply_one_error_rule(losses, 0.0) == (1.0, 1)


def test_the_last_number_of_lines_stands_for_more() -> None:
    one, other = (np.arange(float(lines))[:, None] for lines in (3, 1))
    found = FoldScores(losses=one, scores=one).join(FoldScores(losses=other, scores=other))
    assert found.losses.tolist() == [[0, 0], [1, 0], [2, 0]]
