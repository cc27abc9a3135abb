"""How far the coefficients of a rule are from what its own rows would give, by Wald intervals."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from relurules.errors import DataError
from relurules.explaining.score_view import choose_judged_view, label_coordinate, list_features
from relurules.ir.local_models import Sample
from relurules.ir.network import Array
from relurules.links.table import LINKS
from relurules.statistics.response import Response

_expit = LINKS["sigmoid"].apply

#: Newton's method ends when no coefficient's step, in standard deviations of its column, is larger;
#: or after _STEPS.
_STEP, _STEPS = 1e-10, 50
#: Log odds beyond this on most rows show that the classes are separated: then no coefficient is the
#: best.
_LARGEST = 30.0
#: A column is a combination of the others where what they leave of it is less than this share of
#: its length.
_LEFT = 1e-8


@dataclass(frozen=True, kw_only=True)
class Intervals:
    """Coefficients of the columns of one local model."""

    #: What it is called.
    model: str
    #: Number of its rows.
    rows: int
    #: (n,) the columns.
    names: tuple[str, ...]
    #: (n,) the model's, with what the dropped columns add through those that they follow from.
    own: Array
    #: (n,) of a regression on its rows.
    estimates: Array
    #: (n,) their standard errors.
    errors: Array
    #: (n,) lower ends of the intervals.
    low: Array
    #: (n,) upper ends.
    high: Array
    #: (n,) standard deviations of the columns over all rows.
    scales: Array
    #: Columns without an estimate, since they don't vary here, or follow from others.
    dropped: tuple[str, ...]
    #: Of confidence.
    level: float
    #: The score.
    label: str


def compute_intervals(
    sample: Sample, response: Response, model: int, level: float = 0.95
) -> Intervals:
    """Wald intervals, estimate -+ z * error, on the rows of one local model.

    Of numbers by ordinary least squares, error^2 = s^2 (Z'Z)^-1 with s^2 = residual sum of squares
    / (n - p); of two classes by logistic regression, error^2 = (Z' diag(q (1 - q)) Z)^-1 at the
    maximum of the likelihood; Z holds the columns and a 1. T. Hastie, R. Tibshirani and J.
    Friedman, The Elements of Statistical Learning, 2nd edition, sections 3.2 and 4.4. They take the
    region as given, though the same rows may have shaped it: read them as a check of the rule
    against its data, not as a test. Raises UnsupportedError for other tasks, DataError for too few
    rows and for classes that the columns separate.
    """
    view, label = choose_judged_view(sample.models, response), sample.models.label(model)
    rows = sample.of == model
    X, y = sample.X[rows], response.values[rows]
    kept, dropped = _select_independent(X)
    if len(X) <= len(kept) + 1:
        needed = 1 + int((np.ptp(sample.X, axis=0) > 0).sum())
        raise DataError(f"{label} has {len(X)} rows for {needed} coefficients; intervals need more")

    centre, scale = X[:, kept].mean(axis=0), X[:, kept].std(axis=0)
    Z = np.column_stack([np.ones(len(X)), (X[:, kept] - centre) / scale])
    estimates, covariance = (
        _fit_logistic(Z, y, label) if response.task == "binary" else _fit_least_squares(Z, y)
    )
    errors = np.sqrt(np.diag(covariance))[1:] / scale
    z = NormalDist().inv_cdf(0.5 + level / 2)
    names, found = _label_coordinates(sample), estimates[1:] / scale

    return Intervals(
        model=label,
        rows=len(X),
        names=tuple(names[i] for i in kept),
        own=_fold_dropped(X, view.weights[model], kept, dropped),
        estimates=found,
        errors=errors,
        low=found - z * errors,
        high=found + z * errors,
        scales=sample.deviations[kept],
        dropped=tuple(names[i] for i in dropped),
        level=level,
        label=view.label,
    )


def _label_coordinates(sample: Sample) -> list[str]:
    features = list_features(sample.models)
    return [
        label_coordinate(feature, place) for feature in features for place in range(len(feature.at))
    ]


def _select_independent(X: Array) -> tuple[list[int], list[int]]:
    """Columns that vary and don't follow from a constant and those before them; and the others."""
    basis: list[Array] = []
    kept, dropped = [], []
    for j in range(X.shape[1]):
        column = X[:, j] - X[:, j].mean() if len(X) else X[:, j]
        length = float(np.linalg.norm(column))
        left = column
        for _ in range(2):  # twice, against rounding
            for direction in basis:
                left = left - direction * (direction @ left)
        if length > 0 and np.ptp(X[:, j]) > 0 and np.linalg.norm(left) > _LEFT * length:
            basis.append(left / np.linalg.norm(left))
            kept.append(j)
        else:
            dropped.append(j)

    return kept, dropped


def _fold_dropped(X: Array, weights: Array, kept: list[int], dropped: list[int]) -> Array:
    """The model's coefficients where the dropped columns are written as what they follow from."""
    Z = np.column_stack([np.ones(len(X)), X[:, kept]])
    follows, *_ = np.linalg.lstsq(Z, X[:, dropped], rcond=None)
    return np.asarray(weights[kept] + follows[1:] @ weights[dropped])


def _fit_least_squares(Z: Array, y: Array) -> tuple[Array, Array]:
    inverse = np.asarray(np.linalg.inv(Z.T @ Z), dtype=np.float64)
    estimates = np.asarray(np.linalg.lstsq(Z, y, rcond=None)[0], dtype=np.float64)
    residual = y - Z @ estimates
    return estimates, inverse * float(residual @ residual) / (len(Z) - Z.shape[1])


def _fit_logistic(Z: Array, y: Array, model: str) -> tuple[Array, Array]:
    """Newton's method, halving steps that don't raise the likelihood."""
    if np.ptp(y) == 0:
        raise DataError(f"{model}: all its rows are of one class, so no coefficient can be told")

    estimates = np.zeros(Z.shape[1])
    loss = _compute_loss(Z, y, estimates)
    for _ in range(_STEPS):
        q = _expit(Z @ estimates)
        curvature = (Z * (q * (1.0 - q))[:, None]).T @ Z
        try:
            step = np.linalg.solve(curvature, Z.T @ (y - q))
        except np.linalg.LinAlgError:
            break
        size = 1.0
        while _compute_loss(Z, y, estimates + size * step) > loss and size > 1e-6:
            size /= 2
        estimates = estimates + size * step
        loss = _compute_loss(Z, y, estimates)
        if np.abs(step).max() < _STEP:
            return estimates, np.asarray(np.linalg.inv(curvature), dtype=np.float64)
        if np.median(np.abs(Z @ estimates)) > _LARGEST:
            break

    raise DataError(f"{model}: its columns separate the classes, so no coefficient can be told")


def _compute_loss(Z: Array, y: Array, estimates: Array) -> float:
    s = Z @ estimates
    return float((np.logaddexp(0.0, s) - y * s).sum())
