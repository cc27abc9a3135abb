"""Which column and threshold part the rows of a leaf best, if each part had its own model."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.training.trees.leaf_models import LeafRows, make_ridge

#: All thresholds of a column with so few values are tried; of others those at so many quantiles.
_FEW_VALUES, _QUANTILES = 32, 8
#: Columns that both sides' models may change in when a split is judged: those with the largest
#: slopes. The sums grow with the square of their number.
_MOST_COLUMNS = 10
#: Rows that a split is judged by.
_MOST_ROWS = 60_000


class SplitChoice(NamedTuple):
    """What a split gains of the loss, to second order; rows beyond the threshold are on side 1."""

    gain: float
    column: int
    threshold: float


def list_thresholds(X: Array) -> list[Array]:
    """For every column of X, (N, d), the thresholds to try: each halfway between two neighbouring
    values.
    """
    return [_list_column_thresholds(X[:, j]) for j in range(X.shape[1])]


def _list_column_thresholds(values: Array) -> Array:
    distinct = np.unique(values)
    below = distinct[:-1]
    if len(below) > _FEW_VALUES:
        shares = np.linspace(0.0, 1.0, _QUANTILES + 2)[1:-1]
        below = np.unique(np.quantile(values, shares, method="lower"))
        below = below[below < distinct[-1]]

    above = distinct[np.searchsorted(distinct, below, side="right")]
    return np.asarray(below + (above - below) / 2.0)


def choose_split(
    rows: LeafRows, model: Array, ridge: float, least: int, thresholds: Sequence[Array]
) -> SplitChoice | None:
    """The best split that leaves at least so many rows on either side; None where there is none.

    The gain is that of both sides' models, each a Newton step with its ridge away from this one:
    all sums over rows below a threshold come from one pass.
    """
    if len(rows.X) > _MOST_ROWS:
        least = max(1, least * _MOST_ROWS // len(rows.X))
        rows = rows.part(np.linspace(0, len(rows.X) - 1, _MOST_ROWS).astype(np.intp))

    slope, curvature = rows.expand(rows.X @ model)
    Z = rows.X[:, _choose_changing_columns(rows.X, model)]
    upper = np.triu_indices(Z.shape[1])
    sums = np.column_stack(
        [
            Z[:, upper[0]] * Z[:, upper[1]] * curvature[:, None],
            Z * slope[:, None],
            np.ones(len(Z)),
        ]
    )
    penalty = make_ridge(Z.shape[1] - 1, ridge)
    found = [
        best
        for j, tried in enumerate(thresholds)
        if (best := _choose_threshold(rows.X[:, j], sums, penalty, least, tried, j)) is not None
    ]
    return max(found, default=None)


def _choose_changing_columns(X: Array, model: Array) -> NDArray[np.intp]:
    """Those that matter most to the model, in their order, and the constant, which comes last."""
    matter = np.abs(model[:-1]) * X[:, :-1].std(axis=0)
    most = np.sort(np.argsort(-matter, kind="stable")[:_MOST_COLUMNS])
    return np.append(most, len(model) - 1)


def _choose_threshold(
    values: Array, sums: Array, penalty: Array, least: int, tried: Array, column: int
) -> SplitChoice | None:
    if not len(tried):
        return None

    place = np.searchsorted(tried, values, side="left")
    below = np.cumsum(_add_by_place(sums, place, len(tried) + 1), axis=0)
    whole, below = below[-1], below[:-1]
    enough = np.flatnonzero((below[:, -1] >= least) & (whole[-1] - below[:, -1] >= least))
    if not len(enough):
        return None

    sides = (below[enough], whole - below[enough])
    gains = _measure_gains(sides[0], penalty) + _measure_gains(sides[1], penalty)
    best = int(np.argmax(gains))
    return SplitChoice(float(gains[best]), column, float(tried[enough[best]]))


def _add_by_place(sums: Array, place: NDArray[np.intp], count: int) -> Array:
    """(count, s) the sums of the rows at each place: a product, which is faster than sorting."""
    marks = np.zeros((count, len(place)))
    marks[place, np.arange(len(place))] = 1.0
    return np.asarray(marks @ sums)


def _measure_gains(sums: Array, penalty: Array) -> Array:
    """(T,) what a Newton step gains of each loss: curvature's upper half, slope and count a row."""
    p = len(penalty)
    upper = np.triu_indices(p)
    curvature = np.zeros((len(sums), p, p))
    curvature[:, upper[0], upper[1]] = sums[:, : len(upper[0])]
    curvature[:, upper[1], upper[0]] = sums[:, : len(upper[0])]
    slope = sums[:, len(upper[0]) : -1]
    step = np.linalg.solve(curvature + np.diag(penalty), slope[:, :, None])[:, :, 0]
    return np.asarray(0.5 * (slope * step).sum(axis=1))
