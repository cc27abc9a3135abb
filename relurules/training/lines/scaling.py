"""Columns and targets in units in which slopes of different columns are alike, and back.

A number is measured in its spread between an early and a late quantile, not in its standard
deviation: a few huge values would make all others look alike, and the ridge forbid what happens
among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from relurules.errors import DataError
from relurules.ir.network import Array
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import LineRows
from relurules.training.task import TASKS, Rows

#: The share of rows below the early quantile and above the late one; that many standard deviations
#: of a normal distribution lie between them.
_TAIL, _DEVIATIONS = 0.05, 3.29


@dataclass(frozen=True, kw_only=True)
class LineScale:
    """x = shift + spread * (scaled x), (d,); f = low + high * (scaled f)."""

    shift: Array
    spread: Array
    low: float
    high: float

    def apply(self, rows: Rows, task: str) -> LineRows:
        """Rows of one target in scaled coordinates."""
        return LineRows(
            X=np.ascontiguousarray(((rows.X - self.shift) / self.spread).T),
            y=(rows.Y[:, 0] - self.low) / self.high,
            weights=rows.weights / rows.weights.mean(),
            task=TASKS[task],
        )


def fit_line_scale(rows: Rows, columns: Sequence[LineColumn], task: str) -> LineScale:
    """The scale of rows; raises DataError for numbers so large that their squares overflow."""
    d = rows.X.shape[1]
    shift, spread = np.zeros(d), np.ones(d)

    for column in columns:
        if column.is_number:
            place = column.coordinates[0]
            values = rows.X[:, place]
            spread[place] = measure_spread(values, column.name)
            shift[place] = values.mean()

    low, high = 0.0, 1.0
    if task == "regression":
        low = float(np.average(rows.Y[:, 0], weights=rows.weights))
        high = measure_deviation(rows.Y[:, 0], "y")

    return LineScale(shift=shift, spread=spread, low=low, high=high)


def measure_spread(values: Array, name: str) -> float:
    """Between two quantiles, as a standard deviation; the standard deviation itself where they are
    equal or it is smaller; 1 for a constant.
    """
    deviation = measure_deviation(values, name)
    early, late = np.quantile(values, [_TAIL, 1 - _TAIL])
    between = float(late - early) / _DEVIATIONS
    return min(between, deviation) if between > 1e-6 * deviation else deviation


def measure_deviation(values: Array, name: str) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        found = float(values.std())
    if not np.isfinite(found):
        raise DataError(f"{name}: numbers too large to train on")

    return found if found > 1e-12 * float(np.abs(values).max(initial=0.0)) else 1.0
