"""How much each candidate line would gain several scores, by a quadratic model of the loss.

A row's curvature counts as the same in every direction of the scores: then all scores share one
projection, and a candidate costs hardly more than for one of them.
"""

from dataclasses import dataclass

import numpy as np

from relurules.training.lines.candidate_sums import ScorerRows
from relurules.training.lines.candidates import DirectionTable
from relurules.training.lines.joint_model import JointLine, JointModel
from relurules.training.lines.joint_refits import get_joint_rows, get_joint_slopes
from relurules.training.lines.refits import FitTerms, build_slope_basis
from relurules.training.lines.scoring import (
    LEAST_CURVATURE,
    LineScorer,
    ScoredLines,
    make_scorer,
)


@dataclass(frozen=True, kw_only=True)
class JointlyScored(ScoredLines):
    """The candidates of a table; slopes: (n, m)."""

    def line(self, number: int) -> JointLine:
        """A candidate as a line."""
        plain = self.direction(number).line(float(self.table.bounds[number]), 1.0)
        slopes = self.slopes[number]
        made = JointLine(
            columns=plain.columns,
            atoms=plain.atoms,
            pulls=plain.pulls,
            weights=plain.weights,
            bound=plain.bound,
            slopes=np.ones(len(slopes)) / np.sqrt(len(slopes)),
        )
        return made.with_slopes(slopes)


class JointScorer(LineScorer):
    """As `LineScorer`, of a model of several scores."""

    def __init__(self, model: JointModel, terms: FitTerms) -> None:
        rows = get_joint_rows(terms)
        first, second = rows.derivatives(model.evaluate(rows.X))
        least = LEAST_CURVATURE * rows.weights / len(rows)
        root = np.sqrt(np.maximum(second, least))
        basis = build_slope_basis(model, rows) * root
        penalty = np.diag(get_joint_slopes(model)[1] * terms.ridge + 1e-9)
        lower = np.linalg.cholesky(basis @ basis.T + penalty)
        frame = np.linalg.solve(lower, basis).astype(np.float32)
        residual = (-first / root).T.astype(np.float32)
        residual -= frame.T @ (frame @ residual)
        self._rows = ScorerRows(
            X=rows.X.astype(np.float32),
            root=root.astype(np.float32),
            frame=frame,
            residual=residual,
        )
        self._ridge = terms.ridge
        self._least = terms.least_rows
        self._columns = terms.columns

    def score(self, table: DirectionTable, *, any_way: bool = False) -> JointlyScored:
        """Every bound of every direction."""
        del any_way
        cross, cost = self._measure(table)
        slopes = cross / cost[:, None]
        gains = (slopes * cross).sum(axis=1) / 2

        return JointlyScored(table=table, gains=gains, slopes=slopes)


@make_scorer.register
def _(model: JointModel, terms: FitTerms) -> JointScorer:
    return JointScorer(model, terms)
