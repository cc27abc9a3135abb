"""Many rows, whose sums are left to machine code: bit for bit what numpy gives for few."""

from dataclasses import replace

import numpy as np
import pytest

from relurules.training.lines import row_views
from relurules.training.lines.candidates import (
    DirectionOptions,
    list_directions,
    tabulate_directions,
)
from relurules.training.lines.front_walk import fit_linear_model
from relurules.training.lines.line_columns import describe_columns
from relurules.training.lines.line_model import HingeLine, LineModel, LineRows
from relurules.training.lines.refits import (
    FitTerms,
    build_slope_basis,
    build_tangents,
    refine_lines,
)
from relurules.training.lines.row_views import RowViews, are_many
from relurules.training.lines.scoring import LineScorer
from relurules.training.task import TASKS

N = 3500


def make_terms() -> FitTerms:
    """Four numbers and three categories."""
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(4, N)), np.eye(3)[:, rng.integers(0, 3, N)]])
    names = [*"abcd", "k0", "k1", "k2"]
    score = np.maximum(X[0] + X[1] - 0.5, 0) - 2 * np.maximum(X[2], 0) + X[5]
    rows = LineRows(
        X=X,
        y=(score > rng.logistic(size=N)).astype(float),
        weights=np.ones(N),
        task=TASKS["binary"],
    )
    columns = describe_columns(X.T, names, {"k": [4, 5, 6]})
    return FitTerms(rows=rows, ridge=1e-4, columns=columns, least_share=0.002)


def make_model(terms: FitTerms) -> LineModel:
    """Lines of one, two and three columns, of either sign."""
    rng, eye = np.random.default_rng(1), np.eye(7)
    model = fit_linear_model(terms)
    for columns in ((0,), (1, 2), (0, 2, 3), (2, 4), (3,)):
        line = HingeLine(
            columns=columns,
            atoms=eye[list(columns)] if 4 not in columns else np.stack([eye[2], eye[4] + eye[6]]),
            pulls=np.ones(len(columns)),
            weights=rng.normal(size=len(columns)),
            bound=float(rng.normal()),
            sign=float(rng.choice([-1.0, 1.0])),
        )
        model = model.with_line(line)
    return model


def test_how_many_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    assert are_many(row_views._MANY)
    assert not are_many(row_views._MANY - 1)
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # loops along rows would take hours
    assert not are_many(10**6)


def test_scores_and_derivatives_are_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = make_terms()
    model = make_model(terms)
    found = [
        terms.rows.evaluate(model),
        build_slope_basis(model, terms.rows),
        build_tangents(model, terms.rows),
    ]
    empty = terms.rows.evaluate(replace(model, lines=()))
    refined = refine_lines(model, terms, 3)
    monkeypatch.setattr(row_views, "_MANY", N + 1)
    few = make_terms()

    for each, expected in zip(
        found,
        [
            few.rows.evaluate(model),
            build_slope_basis(model, few.rows),
            build_tangents(model, few.rows),
        ],
        strict=True,
    ):
        assert np.array_equal(each, expected)
    assert np.array_equal(empty, few.rows.evaluate(replace(model, lines=())))
    np.testing.assert_allclose(found[0], model.evaluate(terms.rows.X), atol=1e-12)
    other = refine_lines(model, few, 3)
    for one, line in zip(refined.lines, other.lines, strict=True):
        assert np.array_equal(one.weights, line.weights)
        assert one.bound == line.bound


def test_gains_are_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = make_terms()
    model = make_model(terms)
    options = DirectionOptions(condition_columns=2, read=np.ones(5, dtype=np.bool_))
    table = tabulate_directions(list_directions(terms.rows, terms.columns, options))
    found = LineScorer(model, terms).score(table)
    monkeypatch.setattr(row_views, "_MANY", N + 1)
    few = LineScorer(model, make_terms()).score(table)

    assert np.count_nonzero(found.gains) > len(found.gains) / 2
    assert np.array_equal(found.gains, few.gains)
    assert np.array_equal(found.slopes, few.slopes)


def test_projections_are_forgotten_when_there_are_too_many() -> None:
    X = make_terms().rows.X
    views = RowViews(X)
    rng = np.random.default_rng(2)
    every = [rng.normal(size=(2, len(X))) for _ in range(100)]
    for start in range(0, 100, 10):
        some = every[start : start + 10]
        projections, places = views.project_all(some)
        assert len(projections) <= 2 * views._kept
        for atoms, where in zip(some, places, strict=True):
            np.testing.assert_allclose(projections[where], atoms @ X, atol=1e-12)

    projections, places = views.project_all(every)  # more than are kept
    for atoms, where in zip(every, places, strict=True):
        np.testing.assert_allclose(projections[where], atoms @ X, atol=1e-12)
