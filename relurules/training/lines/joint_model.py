"""Lines that several scores share: f(x) = c + C x + the sum of slopes * max(0, z), a slope a score.

What one score knows as the sign of a line, several scores know as its slopes, a vector of length 1:
how steep a line is lies in its weights either way. Generic functions (`refit_slopes`,
`refine_lines`, `make_scorer`, `round_lines`, ..) choose their way by the type of the model.
"""

from dataclasses import dataclass, replace

import numpy as np

from relurules.ir.network import Array
from relurules.training.lines.joint_curvature import (
    JointCurvature,
    SoftmaxCurvature,
    SquareCurvature,
)
from relurules.training.lines.line_model import (
    HingeLine,
    LineModel,
    LineRows,
    compute_penalty,
    compute_reach,
)


@dataclass(frozen=True, kw_only=True)
class JointLine(HingeLine):
    """One line of m scores. sign: 1. slopes: (m,), of length 1; 0 for scores that it doesn't
    change, and that no refit gives it.
    """

    slopes: Array
    sign: float = 1.0

    def scaled(self, factor: float) -> "JointLine":
        """The same line times a factor of either sign."""
        return self.with_slopes(self.slopes * factor)

    def with_slopes(self, slopes: Array) -> "JointLine":
        """The same line with other slopes, (m,), of any length."""
        size = float(np.linalg.norm(slopes))
        return replace(
            self,
            weights=self.weights * size,
            bound=self.bound * size,
            slopes=slopes / size if size else self.slopes,
        )


@dataclass(frozen=True, kw_only=True)
class JointModel(LineModel):
    """f, of m scores. constants: (m,) c, in place of `constant`. weights: (m, d) C."""

    constants: Array
    constant: float = 0.0
    lines: tuple[JointLine, ...] = ()

    def evaluate(self, X: Array) -> Array:
        """(d, N) coordinates, a row for each -> (m, N) scores."""
        scores = self.weights @ X + self.constants[:, None]
        for line in self.lines:
            scores += np.outer(line.slopes, np.maximum(compute_reach(line, X), 0.0))
        return np.asarray(scores)


@dataclass(frozen=True, kw_only=True)
class JointRows(LineRows):
    """Rows of m scores. y: (N, m) numbers, or shares of every class. task: its loss."""

    @property
    def scores(self) -> int:
        """Their number m."""
        return int(self.y.shape[1])

    @property
    def is_centred(self) -> bool:
        """Whether the loss stays where every score rises by the same: of classes."""
        return self.task.measure != "R2"

    @property
    def free_slopes(self) -> int:
        """How many slopes of a line the loss tells apart."""
        return self.scores - int(self.is_centred)

    def list_targets(self) -> list[Array]:
        """(N,) targets of each score."""
        return list(self.y.T)

    def make_start(self) -> JointModel:
        """The model that adds nothing."""
        d = len(self.X)
        return JointModel(
            constants=np.zeros(self.scores),
            weights=np.zeros((self.scores, d)),
            read=np.ones(d, dtype=np.bool_),
        )

    def evaluate(self, model: LineModel) -> Array:
        """(m, N) scores."""
        return model.evaluate(self.X)

    def losses(self, scores: Array) -> Array:
        """(m, N) -> (N,) weighted losses."""
        return self.weights * self.task.loss(scores.T, self.y)

    def loss(self, scores: Array) -> float:
        """The weighted mean of the loss, of scores (m, N)."""
        return float(self.weights @ self.task.loss(scores.T, self.y)) / len(self)

    def derivatives(self, scores: Array) -> tuple[Array, Array]:
        """As `differentiate`, with the mean curvature of each row, (N,)."""
        first, second = self.differentiate(scores)
        return first, second.measure_mean()

    def differentiate(self, scores: Array) -> tuple[Array, JointCurvature]:
        """(m, N): the first derivatives of the mean loss by every row's scores, and the second."""
        share = self.weights / len(self)
        told = np.ascontiguousarray(self.task.gradient(scores.T, np.zeros((1, 1))).T)
        first = (told - self.y.T) * share
        if self.is_centred:
            return first, SoftmaxCurvature(shares=told, weights=share)
        return first, SquareCurvature(weights=share, scores=self.scores)

    def measure_score(self, scores: Array) -> float:
        """The task's measure, of scores (m, N)."""
        return self.task.score(scores.T, self.y, self.weights)

    def measure_constant_loss(self) -> float:
        """The least loss of a constant."""
        means = np.average(self.y, axis=0, weights=self.weights)
        best = np.log(np.maximum(means, 1e-300)) if self.is_centred else means
        return self.loss(np.repeat(best[:, None], len(self), axis=1))


@compute_penalty.register
def _(model: JointModel, ridge: float) -> float:
    lines = sum(
        float(line.pulls @ line.weights**2) * float(line.slopes @ line.slopes)
        for line in model.lines
    )
    return ridge / 2 * (float((model.weights**2).sum()) + lines)
