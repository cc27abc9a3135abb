"""Quadratic problems whose Hessian is only nearly positive definite."""

import numpy as np
import pytest

from relurules.training.lines.quadratic import solve_free


def test_what_rounding_took_from_a_hessian_is_given_back() -> None:
    """Sums in single precision of columns that nearly depend on one another."""
    draw = np.random.default_rng(0)
    columns = draw.normal(size=(20, 5000)).astype(np.float32)
    columns[1:] = columns[0] + 1e-4 * columns[1:]
    hessian = (columns @ columns.T).astype(float)
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.cholesky(hessian)

    gradient = hessian @ draw.normal(size=20)
    lower, found = solve_free(hessian, gradient, np.zeros(20))
    assert gradient @ found < 0
    assert np.abs(lower @ lower.T - hessian).max() <= 2e-3 * hessian.diagonal().max()


def test_a_line_that_shrank_to_nothing_stays_where_it_is() -> None:
    hessian = np.diag([2.0, 0.0, 4.0])
    _, found = solve_free(hessian, np.array([2.0, 0.0, 4.0]), np.array([0.0, 1.0, 0.0]))
    assert np.allclose(found, [-1.0, 1.0, -1.0])


def test_a_hessian_that_is_no_such_thing_is_refused() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        solve_free(np.diag([1.0, -1.0]), np.ones(2), np.zeros(2))
