"""Rows whose indicators are looked up: the same sums as of matrices that are written out."""

import numpy as np
import pytest

from relurules.ir.network import Array
from relurules.training.lines.line_columns import describe_columns
from relurules.training.lines.line_model import HingeLine, LineModel, LineRows
from relurules.training.lines.refits import (
    FitTerms,
    build_slope_basis,
    build_tangents,
    refine_lines,
    refit_slopes,
)
from relurules.training.lines.row_views import ParameterBasis, RowViews
from relurules.training.lines.thresholds import list_thresholds, thin_ties
from relurules.training.task import TASKS


def make_coordinates(n: int = 300) -> Array:
    """(d, N): a number, five categories, a flag and a number, three categories of which some rows
    have none.
    """
    rng = np.random.default_rng(0)
    first = np.eye(5)[:, rng.integers(0, 5, n)]
    second = np.eye(4)[:3, rng.integers(0, 4, n)]
    flag = rng.integers(0, 2, n) - 0.5
    return np.vstack([rng.normal(size=n), first, flag, rng.normal(size=n), second])


def test_indicators_are_found() -> None:
    views = RowViews(make_coordinates())
    assert [block.places.tolist() for block in views.blocks] == [[1, 2, 3, 4, 5], [8, 9, 10]]
    assert views.numbers.tolist() == [0, 6, 7]
    assert not RowViews(np.array([[0.0, 1, 1], [1, 1, 0], [0, 0, 0]])).blocks  # two are 1 together


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("whole", [True, False])
def test_sums_are_those_of_the_matrix(every: int, *, whole: bool) -> None:
    X, rng = make_coordinates(), np.random.default_rng(1)
    read = np.ones(len(X), dtype=np.bool_)
    if not whole:
        read[[0, *range(1, 6)]] = False
    basis = ParameterBasis(RowViews(X), read, 2)
    basis.further[:] = rng.normal(size=(2, X.shape[1]))
    matrix = np.vstack([np.ones(X.shape[1]), X[read], basis.further])
    values, weights = rng.normal(size=len(matrix)), rng.uniform(size=X.shape[1])
    some = matrix[:, ::every]

    np.testing.assert_allclose(basis.combine(values), values @ matrix, atol=1e-12)
    np.testing.assert_allclose(basis.sum_rows(weights), matrix @ weights, atol=1e-10)
    expected = (every * weights[::every] * some) @ some.T
    np.testing.assert_allclose(basis.sum_squares(weights, every), expected, atol=1e-9)


def test_reaches_are_kept_and_the_longest_unasked_goes_first() -> None:
    X, rng = make_coordinates(), np.random.default_rng(3)
    views, atoms = RowViews(X), np.eye(len(X))[[0, 7]]
    weights = rng.normal(size=(200, 2))

    first = views.reach(weights[0], atoms, 0.5)
    for each in weights:
        found = views.reach(each, atoms, 0.5)
        np.testing.assert_allclose(found, each @ X[[0, 7]] + 0.5, atol=1e-12)
        assert views.reach(weights[0], atoms, 0.5) is first  # asked for again and again

    assert views.reach(weights[-1], atoms, 0.5) is found
    assert views.reach(weights[1], atoms, 0.5) is not views.reach(weights[1], atoms, 0.25)
    assert len(views._reaches) == views._kept
    with pytest.raises(ValueError, match="read-only"):
        first += 1.0


def make_line_terms() -> tuple[FitTerms, LineModel]:
    X, rng = make_coordinates(), np.random.default_rng(2)
    names = [f"x{place}" for place in range(len(X))]
    columns = describe_columns(X.T, names, {"k": [1, 2, 3, 4, 5], "l": [8, 9, 10]})
    truth = np.maximum(X[0] + 2 * (X[1] + X[3]) - 1.5, 0) - X[8] + 0.5 * X[7]
    y = (truth + rng.normal(size=len(truth)) * 0.3 > 0.5).astype(float)
    rows = LineRows(X=X, y=y, weights=np.ones(len(y)), task=TASKS["binary"])
    atom = np.zeros(len(X))
    atom[[1, 3]] = 1.0
    line = HingeLine(
        columns=(0, 1), atoms=np.stack([np.eye(len(X))[0], atom]), pulls=np.ones(2),
        weights=np.array([1.0, 1.5]), bound=-1.0, sign=-1.0,
    )  # fmt: skip
    read = np.ones(len(X), dtype=np.bool_)
    model = LineModel(constant=0.1, weights=rng.normal(size=len(X)), read=read, lines=(line,))

    return FitTerms(rows=rows, ridge=1e-3, columns=columns), model


def test_scores_are_those_of_the_model() -> None:
    terms, model = make_line_terms()
    np.testing.assert_allclose(terms.rows.evaluate(model), model.evaluate(terms.rows.X), atol=1e-12)


def test_refits_reach_points_without_slope() -> None:
    """Gradients come from the matrices that are written out."""
    terms, model = make_line_terms()
    rows, refitted = terms.rows, refit_slopes(model, terms, 30)
    first, _ = rows.derivatives(refitted.evaluate(rows.X))
    pulls = np.append(refitted.weights, 0.0)[:-1] * terms.ridge
    slope = build_slope_basis(refitted, rows) @ first
    assert abs(slope[0]) < 1e-4
    assert np.abs(slope[1 : 1 + len(pulls)] + pulls).max() < 1e-4

    refined = refine_lines(refitted, terms, 30)
    first, _ = rows.derivatives(refined.evaluate(rows.X))
    weights = refined.lines[0].weights
    own = build_tangents(refined, rows)[-3:-1] @ first + terms.ridge * weights
    assert np.abs(own).max() < 1e-3


def test_thresholds_are_where_few_rows_are() -> None:
    """Nine rows of ten are 0; the others have thresholds all the same."""
    values = np.concatenate([np.zeros(900), np.arange(1.0, 101.0)])
    assert len(thin_ties(values)) == 125
    found = list_thresholds(values, whole=False)
    assert len(found) >= 15
    assert (np.diff(found[1:]) < 12).all()
    plain = np.arange(50.0)
    assert thin_ties(plain) is plain
