"""Rows of several scores in scaled units, and back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from relurules.ir.network import Array
from relurules.training.lines.joint_model import JointRows
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.scaling import LineScale, fit_line_scale, measure_deviation
from relurules.training.task import TASKS, Rows


@dataclass(frozen=True, kw_only=True)
class JointScale(LineScale):
    """x as in `LineScale`; f = lows + highs * (scaled f), (m,) each. low, high: 0 and 1."""

    lows: Array
    highs: Array

    def apply(self, rows: Rows, task: str) -> JointRows:
        """Rows of all targets in scaled coordinates."""
        return JointRows(
            X=np.ascontiguousarray(((rows.X - self.shift) / self.spread).T),
            y=(rows.Y - self.lows) / self.highs,
            weights=rows.weights / rows.weights.mean(),
            task=TASKS[task],
        )


def choose_line_scale(rows: Rows, columns: Sequence[LineColumn], task: str) -> LineScale:
    """The scale of rows of any number of scores; DataError as `fit_line_scale` has it."""
    m = rows.Y.shape[1]
    if m == 1:
        return fit_line_scale(rows, columns, task)

    plain = fit_line_scale(rows._replace(Y=np.zeros((len(rows.Y), 1))), columns, task)
    lows, highs = np.zeros(m), np.ones(m)
    if task == "regression":
        lows = np.average(rows.Y, axis=0, weights=rows.weights)
        highs = np.array([measure_deviation(target, "y") for target in rows.Y.T])

    return JointScale(
        shift=plain.shift, spread=plain.spread, low=0.0, high=1.0, lows=lows, highs=highs
    )
