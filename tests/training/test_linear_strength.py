"""The ridge of a linear model of few rows is chosen as finely as without lines."""

import numpy as np

from relurules.training.lines.fit_lines import LineSettings, LinesFit, fit_lines
from relurules.training.lines.front_walk import LineBudget
from relurules.training.lines.line_choice import SMALL_STRENGTHS
from relurules.training.lines.line_columns import describe_columns
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
    assert found.strength == 300.0
    assert found.strength not in SMALL_STRENGTHS["R2"]
    assert found.front["lines"].tolist() == [0, 1]
