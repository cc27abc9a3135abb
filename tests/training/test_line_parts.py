"""The parts of the search for lines: quadratic problems, refits, gains, rounding."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from relurules.training.lines.candidates import (
    DirectionOptions,
    list_directions,
    tabulate_directions,
)
from relurules.training.lines.front_walk import fit_linear_model
from relurules.training.lines.least_slopes import PlainLines, compute_least_slope
from relurules.training.lines.line_choice import apply_one_error_rule
from relurules.training.lines.line_columns import describe_columns
from relurules.training.lines.line_model import LineRows, compute_objective
from relurules.training.lines.quadratic import bend_to_cone, minimize_over_signs, solve_free
from relurules.training.lines.refits import FitTerms, refine_lines, refit_slopes
from relurules.training.lines.rounded_lines import keep_trends
from relurules.training.lines.scoring import LineScorer
from relurules.training.lines.thresholds import list_thresholds
from relurules.training.task import TASKS


def make_terms(n: int = 400, task: str = "regression") -> FitTerms:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(n, 2)), rng.integers(0, 2, n)])
    y = np.maximum(X[:, 0] - 0.3, 0) * (1 + X[:, 2]) + rng.normal(size=n) * 0.1
    y = y if task == "regression" else (y > y.mean()).astype(float)
    rows = LineRows(X=X.T.copy(), y=y, weights=np.ones(n), task=TASKS[task])
    return FitTerms(rows=rows, ridge=1e-4, columns=describe_columns(X, ["a", "b", "c"]))


@pytest.mark.parametrize("seed", range(20))
def test_signs_and_cones_are_optimal(seed: int) -> None:
    """The conditions of Karush, Kuhn and Tucker."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(8, 8))
    matrix, linear = root @ root.T + 0.1 * np.eye(8), rng.normal(size=8)
    found = minimize_over_signs(matrix, linear)
    slope = matrix @ found + linear
    assert found.min() >= 0
    assert slope.min() >= -1e-8
    assert abs(found @ slope) <= 1e-8

    cone = rng.normal(size=(5, 8))
    held = bend_to_cone(*solve_free(matrix, linear, np.zeros(8)), cone)
    value = held @ matrix @ held / 2 + linear @ held
    assert (cone @ held).min() >= -1e-8
    for _ in range(50):
        other = held + rng.normal(size=8) * 0.1
        if (cone @ other).min() >= 0:
            assert other @ matrix @ other / 2 + linear @ other >= value - 1e-9


def test_thresholds_of_whole_numbers_are_their_values() -> None:
    assert list_thresholds(np.array([3.0, 0, 1, 7, 3]), whole=True).tolist() == [1, 3]


def test_values_never_seen_count_as_most_rows() -> None:
    """A category of many rows is what is left where none of the others is."""
    rng = np.random.default_rng(0)
    kinds = rng.choice(4, 400, p=[0.5, 0.2, 0.2, 0.1])
    X = np.column_stack([rng.normal(size=400), np.eye(4)[kinds], rng.integers(0, 2, 400)])
    names, groups = ["a", "k0", "k1", "k2", "k3", "flag"], {"kind": [1, 2, 3, 4]}
    columns = describe_columns(X, names, groups)
    rows = LineRows(
        X=X.T.copy(), y=rng.normal(size=400) + kinds, weights=np.ones(400), task=TASKS["regression"]
    )
    options = DirectionOptions(condition_columns=2, read=np.ones(len(columns), dtype=bool))
    reading = [each for each in list_directions(rows, columns, options) if 1 in each.columns]
    assert len(reading) > 10
    shares = np.bincount(kinds) / len(kinds)
    for direction in reading:
        moved = (direction.weights @ direction.atoms)[1:5]
        assert shares[moved != 0].sum() <= 0.5


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_gains_are_near_what_a_refit_gains(task: str) -> None:
    terms = make_terms(task=task)
    model = fit_linear_model(terms)
    options = DirectionOptions(condition_columns=2, read=np.ones(3, dtype=np.bool_))
    found = list_directions(terms.rows, terms.columns, options)
    assert {direction.columns for direction in found} == {(0,), (1,), (0, 1), (0, 2), (1, 2)}
    scored = LineScorer(model, terms).score(tabulate_directions(found))
    best = int(scored.gains.argmax())
    more = refit_slopes(model.with_line(scored.line(best)), terms, fresh=1)
    before, after = (compute_objective(each, terms.rows, terms.ridge) for each in (model, more))
    assert scored.gains[best] / 2 <= before - after <= scored.gains[best] * 2
    assert len(scored.direction(best).columns) <= 2


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_no_step_raises_the_objective(task: str) -> None:
    terms = make_terms(task=task)
    model = fit_linear_model(terms)
    options = DirectionOptions(condition_columns=2, read=np.ones(3, dtype=np.bool_))
    scored = LineScorer(model, terms).score(
        tabulate_directions(list_directions(terms.rows, terms.columns, options))
    )
    for number in np.argsort(-scored.gains)[:3].tolist():
        model = refit_slopes(model.with_line(scored.line(number)), terms, fresh=1)
        before = compute_objective(model, terms.rows, terms.ridge)
        model = refine_lines(model, terms, 5)
        assert compute_objective(model, terms.rows, terms.ridge) <= before


def test_weights_count_like_rows() -> None:
    terms = make_terms(90)
    twice = np.concatenate([np.arange(90), np.arange(30)])
    weights = np.where(np.arange(90) < 30, 2.0, 1.0) * 90 / 120
    repeated = fit_linear_model(replace(terms, rows=terms.rows.part(twice)))
    weighted = fit_linear_model(replace(terms, rows=replace(terms.rows, weights=weights)))
    assert weighted.weights == pytest.approx(repeated.weights)


def test_the_one_error_rule_takes_the_simplest() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(size=500) ** 2
    losses = {1.0: [base + 0.5, base + 0.001 * rng.normal(size=500), base - 1e-6]}
    assert apply_one_error_rule(losses)[1] in (1, 2)
    assert apply_one_error_rule({1.0: [base, base + 0.1], 2.0: [base + 1, base]}) == (1.0, 0)


def test_slopes_cumulate_exactly() -> None:
    plain = PlainLines(
        constant=0.0,
        base=np.array([0.3, 0.0]),
        normals=np.array([[1.0, 0.0], [-1.0, 0.0], [1.0, 2.0]]),
        thresholds=np.array([1.0, 0.0, 0.0]),
        slopes=np.array([-0.2, 0.4, -0.1]),
    )
    # below 0 the slope is 0.3 - 0.4, and the third line may always take 0.1 away
    exact = Fraction(0.3) - Fraction(0.4) - Fraction(0.1)
    assert compute_least_slope(plain, 0, 1) == exact
    columns = describe_columns(np.zeros((2, 2)), ["a", "b"], None, {"a": 1})
    held = keep_trends(plain, columns, np.ones(2), 3, 1.0)
    assert compute_least_slope(held, 0, 1) >= 0
    assert held.base[0] == pytest.approx(0.5, abs=0.011)


@pytest.mark.parametrize("seed", range(6))
def test_the_least_slope_of_lines_of_two_columns_is_one_that_occurs(seed: int) -> None:
    """Against the slopes at many points: none is less, and some are as little."""
    rng = np.random.default_rng(seed)
    normals = rng.choice([-2.0, -1.0, 1.0, 2.0], size=(5, 2))
    normals[rng.random(5) < 0.3, 1] = 0.0
    plain = PlainLines(
        constant=0.0,
        base=np.array([0.5, 0.0]),
        normals=normals,
        thresholds=rng.integers(-2, 3, 5).astype(float),
        slopes=rng.choice([-1.0, -0.5, 0.5, 1.0], size=5),
    )
    points = rng.uniform(-60, 60, size=(60000, 2)) * rng.choice([0.05, 1.0], size=(60000, 1))
    holds = points @ plain.normals.T > plain.thresholds
    slopes = plain.base[0] + holds @ (plain.slopes * plain.normals[:, 0])

    assert float(compute_least_slope(plain, 0, 1)) == slopes.min()
    assert float(compute_least_slope(plain, 0, -1)) == -slopes.max()
