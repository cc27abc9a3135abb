"""How much each candidate line would gain, by a quadratic model of the loss.

In the metric of the loss's curvature the residual and the candidate are projected off everything
that the present model can already do, its knots' moves among it; what the candidate then explains
of the residual is its gain (matching pursuit: Y. Pati, R. Rezaiifar and P. Krishnaprasad, 1993).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.training.lines.candidate_sums import ScorerRows, sum_candidates
from relurules.training.lines.candidates import Direction, DirectionTable
from relurules.training.lines.line_columns import LineColumn
from relurules.training.lines.line_model import HingeLine, LineModel
from relurules.training.lines.quadratic import minimize_over_signs
from relurules.training.lines.refits import (
    FitTerms,
    build_slope_basis,
    build_tangents,
    get_factors,
    get_line_parameters,
)
from relurules.training.lines.trends import guard_factors

#: A candidate of which less than this share is left after the projection is nothing new.
_NEW = 1e-4
#: Of a row's loss; a row that the model is certain of, and wrong, would outweigh all others.
LEAST_CURVATURE = 0.02


@dataclass(frozen=True, kw_only=True)
class ScoredLines:
    """The candidates of a table. gains: (n,) what each lowers the objective by; slopes: (n,)."""

    table: DirectionTable
    gains: Array
    slopes: Array

    def direction(self, number: int) -> Direction:
        """That of a candidate."""
        return self.table.directions[int(self.table.numbers[number])]

    def line(self, number: int) -> HingeLine:
        """A candidate as a line."""
        bound = float(self.table.bounds[number])
        return self.direction(number).line(bound, float(self.slopes[number]))


class LineScorer:
    """Gains of candidates beside one model, on rows that are few enough to be looked at often."""

    def __init__(self, model: LineModel, terms: FitTerms) -> None:
        rows = terms.rows
        first, second = rows.derivatives(rows.evaluate(model))
        root = np.sqrt(np.maximum(second, LEAST_CURVATURE * rows.weights / len(rows)))
        tangents, penalty = _build_frame(model, terms, first)
        tangents *= root
        # The ridge as further rows, so that the projection knows what it costs.
        lower = np.linalg.cholesky(tangents @ tangents.T + penalty)
        # One product with a small inverse takes half the time of solving for every row.
        frame = (np.linalg.inv(lower) @ tangents).astype(np.float32)
        residual = -first / root
        residual -= frame.T @ (frame @ residual.astype(np.float32))
        self._rows = ScorerRows(
            X=rows.X.astype(np.float32),
            root=root.astype(np.float32),
            frame=frame,
            residual=residual.astype(np.float32),
        )
        self._ridge = terms.ridge
        self._least = terms.least_rows
        self._columns = terms.columns

    def score(self, table: DirectionTable, *, any_way: bool = False) -> ScoredLines:
        """Every bound of every direction; with trends, those that go the right way alone, or any
        way.
        """
        cross, cost = self._measure(table)
        slopes = cross / cost
        gains = slopes * cross / 2

        if not any_way and any(column.trend for column in self._columns):
            allowed = _allow_signs(table, slopes, self._columns)
            gains, slopes = np.where(allowed, gains, 0.0), np.where(allowed, slopes, 0.0)

        return ScoredLines(table=table, gains=gains, slopes=slopes)

    def _measure(self, table: DirectionTable) -> tuple[NDArray[Any], Array]:
        """Of each candidate what it explains of the residual, and what a slope of 1 costs;
        none that is nothing new, or that has few rows on one side, explains anything.
        """
        sums = sum_candidates(self._rows, table)
        left = sums.sizes - sums.known
        usable = (left > _NEW * sums.sizes) & (sums.counts >= self._least)
        usable &= sums.counts <= len(self._rows.root) - self._least
        sums.cross[~usable] = 0.0

        return sums.cross, np.where(usable, left, 1.0) + self._ridge * table.pulls[table.numbers]


@singledispatch
def make_scorer(model: LineModel, terms: FitTerms) -> LineScorer:
    """What scores candidates beside a model."""
    return LineScorer(model, terms)


def _build_frame(model: LineModel, terms: FitTerms, first: Array) -> tuple[Array, Array]:
    """(F, N) what the model can already do, and (F, F) what it costs.

    Without trends, all moves of its parameters. With trends, those of the constant, the base and
    the factors of its lines that keep the slopes which the loss presses against: where a slope has
    no room, a knot moves only if others move with it, which is for the Gauss-Newton steps to find.
    """
    guard = guard_factors(model, terms.columns)
    if guard is None:
        pulls = get_line_parameters(model)[1]
        tangents = build_tangents(model, terms.rows)
        return tangents, np.diag(pulls * terms.ridge + 1e-9)

    basis, (values, pulls) = build_slope_basis(model, terms.rows), get_factors(model)
    penalty = np.diag(pulls * terms.ridge + 1e-9)
    tight = guard.find_tight(values)
    if len(tight):
        slope = basis @ first + pulls * terms.ridge * values
        pressed = minimize_over_signs(tight @ tight.T, -tight @ slope) > 1e-9
        tight = tight[pressed]
    if not len(tight):
        return basis, penalty

    _, sizes, directions = np.linalg.svd(tight)
    room = directions[int((sizes > 1e-9 * sizes[0]).sum()) :].T
    return room.T @ basis, room.T @ penalty @ room


def _allow_signs(
    table: DirectionTable, slopes: Array, columns: Sequence[LineColumn]
) -> NDArray[np.bool_]:
    """(n,) whether each candidate goes the right way along every column with a trend."""
    trends = np.zeros(table.matrix.shape[1])
    for column in columns:
        trends[column.coordinates[0]] = column.trend
    ways = table.matrix * trends
    rises = np.asarray((ways >= 0).all(axis=1))
    falls = np.asarray((ways <= 0).all(axis=1))

    return np.asarray(np.where(slopes >= 0, rises[table.numbers], falls[table.numbers]))


def choose_best(scored: ScoredLines, count: int, each: int) -> list[int]:
    """The candidates of the largest gains, at most `each` for the same columns."""
    taken: dict[tuple[int, ...], int] = {}
    chosen: list[int] = []

    for number in np.argsort(-scored.gains, kind="stable")[: 200 * count].tolist():
        columns = scored.direction(number).columns
        if scored.gains[number] <= 0 or taken.get(columns, 0) >= each:
            continue
        taken[columns] = taken.get(columns, 0) + 1
        chosen.append(number)
        if len(chosen) == count:
            break

    return chosen
