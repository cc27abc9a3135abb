"""Lines chosen and moved within trends."""

from dataclasses import replace

import numpy as np
import pytest

from relurules.training.lines.fit_lines import LineSettings, fit_lines
from relurules.training.lines.front_walk import LineBudget, fit_linear_model
from relurules.training.lines.least_slopes import PlainLines, compute_least_slope
from relurules.training.lines.line_columns import describe_columns
from relurules.training.lines.line_model import HingeLine, LineModel, LineRows, compute_objective
from relurules.training.lines.parallels import group_parallels, list_parallels
from relurules.training.lines.refits import FitTerms, refine_lines
from relurules.training.lines.rounded_lines import _drop_noise, to_plain_lines
from relurules.training.lines.scaling import LineScale
from relurules.training.lines.trend_steps import frame_step
from relurules.training.lines.trends import guard_factors
from relurules.training.lines.walk import LineWalk, WalkOptions
from relurules.training.task import TASKS, Rows


def make_terms(seed: int = 0, n: int = 600) -> FitTerms:
    """A score that rises and levels off along two columns together."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    y = np.clip(X[:, 0] + 0.7 * X[:, 1], -0.3, 0.6) + rng.normal(size=n) * 0.02
    rows = LineRows(X=X.T.copy(), y=y, weights=np.ones(n), task=TASKS["regression"])
    columns = describe_columns(X, ["a", "b", "c"], trends={"a": 1, "b": 1})
    return FitTerms(rows=rows, ridge=1e-4, columns=columns)


def make_line(weights: tuple[float, float], bound: float, sign: float) -> HingeLine:
    return HingeLine(
        columns=(0, 1),
        atoms=np.eye(3)[:2],
        pulls=np.ones(2),
        weights=np.array(weights),
        bound=bound,
        sign=sign,
    )


def make_ramp() -> LineModel:
    """One parallel pair, of different lengths and sides, and a line of another direction."""
    lines = (
        make_line((0.8, 0.4), 0.2, 1.0),
        make_line((-0.4, -0.2), 0.3, -1.0),
        make_line((0.1, 0.3), 0.0, 1.0),
    )
    start = LineModel(constant=0.0, weights=np.zeros(3), read=np.ones(3, dtype=np.bool_))
    return replace(start, lines=lines)


def test_lines_of_either_side_are_parallel() -> None:
    model = make_ramp()
    assert group_parallels(model) == [[0, 1], [2]]
    found = list_parallels(model, make_terms().rows)
    assert len(found) == 4
    assert np.allclose(found[0].weights, -found[1].weights)
    assert (np.sort(-found[1].bounds) == np.sort(found[0].bounds)).all()


def test_lines_that_add_nothing_have_no_parallels() -> None:
    model = replace(make_ramp(), lines=(make_line((0.0, 0.0), 0.0, 1.0),))
    assert list_parallels(model, make_terms().rows) == []
    assert group_parallels(model) == [[0]]


@pytest.mark.parametrize("seed", range(4))
def test_steps_keep_parallel_lines_so_and_the_trends(seed: int) -> None:
    terms = make_terms(seed)
    start = replace(
        make_ramp(),
        lines=(make_line((0.8, 0.4), 0.2, 1.0), make_line((0.4, 0.2), -0.5, -1.0)),
    )
    found = refine_lines(start, terms, 8)
    guard = guard_factors(found, terms.columns)
    factors = np.concatenate([[found.constant], found.weights, np.ones(2)])
    assert guard is not None
    assert guard.is_kept(factors)
    assert group_parallels(found) == [[0, 1]]
    assert not np.isclose(found.lines[0].weights[1] / found.lines[0].weights[0], 0.5, atol=1e-3)
    objectives = [compute_objective(each, terms.rows, terms.ridge) for each in (start, found)]
    assert objectives[1] < 0.5 * objectives[0]


def test_a_step_that_goes_nowhere_changes_nothing() -> None:
    """Fewer parameters are all of them where the step is 0."""
    model, terms = make_ramp(), make_terms()
    values = np.concatenate([
        np.array([0.0, 1.0, 1.0, 0.0]), *(np.append(one.weights, one.bound) for one in model.lines)
    ])  # fmt: skip
    frame = frame_step(model, values, terms.columns)
    assert frame.basis is not None
    assert frame.basis.shape == (len(values), len(values) - 1)
    assert np.allclose(frame.minimize(np.eye(len(values)), np.zeros(len(values))), values)


def test_what_levels_off_along_two_columns_is_found() -> None:
    terms = make_terms()
    walk = LineWalk(terms, WalkOptions(), np.ones(3, dtype=np.bool_))
    model: LineModel | None = fit_linear_model(terms)
    for _ in range(4):
        model = walk.add(model) if model is not None else None
    assert model is not None
    rest = terms.rows.y - model.evaluate(terms.rows.X)
    assert rest.var() < 0.02 * terms.rows.y.var()


def test_rounded_lines_that_level_off_keep_trends_exactly() -> None:
    terms = make_terms()
    rows = Rows(terms.rows.X.T, terms.rows.y[:, None], terms.rows.weights)
    chosen_by = np.arange(len(terms.rows)) % 4 == 0
    settings = LineSettings(budget=LineBudget(lines=4), chosen_by=chosen_by)
    network = fit_lines(rows, terms.columns, "regression", settings).network
    plain = PlainLines(
        constant=float(network.c[0]),
        base=network.C[0],
        normals=network.A,
        thresholds=-network.b,
        slopes=network.U[0],
    )
    assert all(compute_least_slope(plain, place, 1) >= 0 for place in (0, 1))
    rest = rows.Y - network.evaluate(rows.X)
    assert rest.var() < 0.01 * rows.Y.var()


def test_noise_in_a_condition_is_dropped_before_slopes_are_rounded() -> None:
    """With trends, a line of a column and a speck of another one would escape both columns'
    constraints, and what mended that afterwards took the fit along.
    """
    terms = make_terms()
    falls = make_line((1.0, 1e-17), -0.6, -0.5)
    model = replace(make_ramp(), weights=np.array([0.2, 0.1, 0.0]), lines=(falls,))
    clean = _drop_noise(model, terms)
    assert clean.lines[0].columns == (0,)
    scale = LineScale(shift=np.zeros(3), spread=np.ones(3), low=0.0, high=1.0)
    assert compute_least_slope(to_plain_lines(clean, scale), 0, 1) >= -1e-9
    ramp = make_ramp()
    assert _drop_noise(ramp, terms) is ramp
