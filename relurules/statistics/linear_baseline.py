"""Baselines of the rows' own coordinates: a constant, and a linear model."""

from dataclasses import dataclass

import numpy as np

from relurules.ir.network import Array

#: Newton steps at most, the ridge that keeps them defined, and when they end.
_STEPS, _RIDGE, _SMALL = 50, 1e-6, 1e-10
#: Probabilities are kept so far from 0 and 1 in a step's curvature.
_CURVATURE = 1e-9


@dataclass(frozen=True, kw_only=True)
class LinearBaseline:
    """A linear score of standardised coordinates.

    means, widths: (d,) of the rows that it was fitted to; beta: (d + 1,), the constant first.
    """

    means: Array
    widths: Array
    beta: Array

    def score(self, X: Array) -> Array:
        """The scores (N,) of rows (N, d)."""
        return np.asarray(_standardise(X, self.means, self.widths) @ self.beta)


def fit_linear_baseline(X: Array, values: Array, *, binary: bool) -> LinearBaseline:
    """Log odds by maximum likelihood where values (N,) are 0 and 1 of a class, else least
    squares.
    """
    means = X.mean(axis=0)
    widths = np.where(np.ptp(X, axis=0) > 0, X.std(axis=0), 1.0)
    Z = _standardise(X, means, widths)
    beta = _fit_log_odds(Z, values) if binary else _fit_squares(Z, values)
    return LinearBaseline(means=means, widths=widths, beta=beta)


def _standardise(X: Array, means: Array, widths: Array) -> Array:
    return np.column_stack([np.ones(len(X)), (X - means) / widths])


def _fit_squares(Z: Array, values: Array) -> Array:
    return np.asarray(np.linalg.lstsq(Z, values, rcond=None)[0])


def _fit_log_odds(Z: Array, values: Array) -> Array:
    """Newton's steps on the likelihood, halved while they make it worse."""
    beta = np.zeros(Z.shape[1])
    ridge = np.full(Z.shape[1], _RIDGE)
    ridge[0] = 0.0

    def measure_loss(b: Array) -> float:
        signed: Array = np.where(values > 0.5, -1.0, 1.0) * (Z @ b)
        return float(np.logaddexp(0.0, signed).sum() + 0.5 * (ridge * b) @ b)

    loss = measure_loss(beta)
    for _ in range(_STEPS):
        share = 1.0 / (1.0 + np.exp(-np.clip(Z @ beta, -500, 500)))
        curvature = np.maximum(share * (1 - share), _CURVATURE)
        slope = Z.T @ (share - values) + ridge * beta
        hessian = (Z * curvature[:, None]).T @ Z + np.diag(ridge)
        step = np.linalg.lstsq(hessian, slope, rcond=None)[0]
        size = 1.0
        while size > _SMALL and measure_loss(beta - size * step) > loss:
            size /= 2
        beta, before = beta - size * step, loss
        loss = measure_loss(beta)
        if before - loss <= _SMALL * (1 + abs(loss)):
            break

    return beta
