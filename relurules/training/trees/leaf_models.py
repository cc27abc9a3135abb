"""Linear and logistic models of the rows of one leaf, with a ridge towards the model above it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array

#: The least curvature of a row: where a probability is 0 or 1, steps would have no bound.
_LEAST_CURVATURE = 1e-4
#: Newton steps of a logistic model, halvings of one, and the gain that ends them, per row.
_STEPS, _HALVINGS, _SMALL_GAIN = 25, 12, 1e-9
#: What the constant's ridge is of that of a slope: levels are told by all rows of a leaf.
_CONSTANT_SHARE = 1e-6


@dataclass(frozen=True, kw_only=True)
class LeafRows:
    """Rows that leaves are fitted to. X: (N, d + 1) scaled columns, the last one 1; y: (N,)
    numbers, or shares of the second class; weights: (N,); classes: whether models are logistic.
    """

    X: Array
    y: Array
    weights: Array
    classes: bool

    def part(self, rows: NDArray[np.intp]) -> "LeafRows":
        """Some of the rows, by number."""
        return LeafRows(
            X=self.X[rows], y=self.y[rows], weights=self.weights[rows], classes=self.classes
        )

    def loss(self, scores: Array) -> Array:
        """(N,) half the squared error, or the negative log likelihood, times the weights."""
        if self.classes:
            return np.asarray(self.weights * (np.logaddexp(0.0, scores) - self.y * scores))
        return np.asarray(0.5 * self.weights * (scores - self.y) ** 2)

    def expect(self, scores: Array) -> Array:
        """(N,) the numbers, or shares of the second class, that scores stand for."""
        if not self.classes:
            return scores
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scores, -500.0, 500.0))))

    def expand(self, scores: Array) -> tuple[Array, Array]:
        """Slope and curvature of the loss by the scores, (N,) each."""
        if not self.classes:
            return self.weights * (scores - self.y), self.weights
        p = self.expect(scores)
        return self.weights * (p - self.y), self.weights * np.maximum(p * (1 - p), _LEAST_CURVATURE)


def make_ridge(d: int, ridge: float) -> Array:
    """(d + 1,) the ridge of every slope, and of the constant."""
    return np.append(np.full(d, ridge), ridge * _CONSTANT_SHARE)


def fit_leaf(
    rows: LeafRows, center: Array, ridge: float, read: NDArray[np.bool_] | None = None
) -> Array:
    """(d + 1,) the model of least loss + ridge/2 |model - center|^2; the constant comes last.

    read: (d,) columns that it may read; None: all of them. By Newton steps that never raise the
    loss; one is enough for numbers.
    """
    d = len(center) - 1
    kept = np.arange(d + 1) if read is None else np.flatnonzero(np.append(read, True))
    Z, aim, penalty = rows.X[:, kept], center[kept], make_ridge(d, ridge)[kept]
    model = aim.copy()
    scores = Z @ model
    now = _penalised_loss(rows, scores, model - aim, penalty)

    for _ in range(_STEPS if rows.classes else 1):
        slope, curvature = rows.expand(scores)
        step = np.linalg.solve(
            (Z * curvature[:, None]).T @ Z + np.diag(penalty),
            slope @ Z + penalty * (model - aim),
        )
        change, share = Z @ step, 1.0
        for _ in range(_HALVINGS):
            new = _penalised_loss(
                rows, scores - share * change, model - share * step - aim, penalty
            )
            if new <= now:
                break
            share /= 2.0
        else:
            break
        model, scores = model - share * step, scores - share * change
        gain, now = now - new, new
        if gain <= _SMALL_GAIN * len(Z):
            break

    found = np.zeros(d + 1)
    found[kept] = model
    return found


def limit_terms(rows: LeafRows, model: Array, ridge: float, most: int) -> Array:
    """The model with at most so many columns: those go whose loss costs least, one by one, and the
    others are fitted anew. The ridge draws to the model itself.
    """
    spread = np.ptp(rows.X[:, :-1], axis=0) > 0
    if int(((model[:-1] != 0.0) & spread).sum()) <= most and not model[:-1][~spread].any():
        return model

    # A column that doesn't vary here is no more than a part of the constant.
    start = model.copy()
    start[-1] += model[:-1][~spread] @ rows.X[0, :-1][~spread]
    start[:-1][~spread] = 0.0
    read = spread.copy()
    model = fit_leaf(rows, start, ridge, read)

    while int(read.sum()) > most:
        kept = np.flatnonzero(np.append(read, True))
        _, curvature = rows.expand(rows.X @ model)
        Z = rows.X[:, kept]
        inverse = np.linalg.inv(
            (Z * curvature[:, None]).T @ Z + np.diag(make_ridge(len(read), ridge)[kept])
        )
        # What the least loss rises by, to second order, when a coefficient is set to 0.
        costs = model[kept[:-1]] ** 2 / np.diag(inverse)[:-1]
        read[kept[int(np.argmin(costs))]] = False
        model = fit_leaf(rows, np.where(np.append(read, True), model, 0.0), ridge, read)

    return model


def _penalised_loss(rows: LeafRows, scores: Array, off: Array, penalty: Array) -> float:
    return float(rows.loss(scores).sum() + 0.5 * penalty @ off**2)
