"""A linear model with lines: f(x) = c + C x + the sum of sign * max(0, z), z = w (atoms x) + b."""

from dataclasses import dataclass, replace
from functools import cached_property, singledispatch

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.training.lines.packed_lines import add_lines
from relurules.training.lines.row_views import RowViews, are_many
from relurules.training.task import Task


@dataclass(frozen=True, kw_only=True)
class HingeLine:
    """One line, in standardised coordinates; its slope is in its weights.

    columns: numbers of the columns that it reads, ascending.
    atoms: (q, d) what it reads of them: a coordinate, or the sum of some categories' indicators.
    pulls: (q,) shares of the ridge that the weights bear; little for what only moves a threshold.
    weights: (q,).
    bound: b.
    sign: 1 or -1.
    """

    columns: tuple[int, ...]
    atoms: Array
    pulls: Array
    weights: Array
    bound: float
    sign: float

    @property
    def direction(self) -> Array:
        """(d,) of z by x."""
        return np.asarray(self.weights @ self.atoms)

    def scaled(self, factor: float) -> "HingeLine":
        """The same line times a factor of either sign."""
        size = abs(factor)
        turned = self if factor >= 0 else replace(self, sign=-self.sign)
        return turned.moved(self.weights * size, self.bound * size)

    def moved(self, weights: Array, bound: float) -> "HingeLine":
        """The same line with other weights, (q,), and another bound."""
        return HingeLine(  # called for every line of every step: `replace` takes twice as long
            columns=self.columns,
            atoms=self.atoms,
            pulls=self.pulls,
            weights=weights,
            bound=bound,
            sign=self.sign,
        )


@dataclass(frozen=True, kw_only=True)
class LineModel:
    """f, of one score.

    constant: c. weights: (d,) C. read: (d,) the coordinates that the base may read. lines: in the
    order in which they were chosen. base_pulls: (d,) shares of the ridge that C bears; None for 1.
    """

    constant: float
    weights: Array
    read: NDArray[np.bool_]
    lines: tuple[HingeLine, ...] = ()
    base_pulls: Array | None = None

    @property
    def read_pulls(self) -> Array:
        """(r,) shares of the ridge of the coordinates that the base reads."""
        pulls = np.ones(len(self.read)) if self.base_pulls is None else self.base_pulls
        return np.asarray(pulls[self.read])

    def __len__(self) -> int:
        """The number of lines."""
        return len(self.lines)

    @property
    def columns_of_lines(self) -> frozenset[int]:
        """Numbers of the columns that some line reads."""
        return frozenset(number for line in self.lines for number in line.columns)

    def evaluate(self, X: Array) -> Array:
        """(d, N) coordinates, a row for each -> (N,) scores."""
        scores = self.weights @ X + self.constant
        for line in self.lines:
            scores += line.sign * np.maximum(compute_reach(line, X), 0.0)
        return np.asarray(scores)

    def with_line(self, line: HingeLine) -> "LineModel":
        """One line more."""
        return replace(self, lines=(*self.lines, line))

    def without(self, number: int) -> "LineModel":
        """One line less."""
        return replace(self, lines=self.lines[:number] + self.lines[number + 1 :])


def compute_reach(line: HingeLine, X: Array) -> Array:
    """(d, N) -> (N,): z, how far each row is beyond the line's threshold."""
    reach = project_rows(line.direction, X)
    reach += line.bound
    return reach


def project_rows(direction: Array, X: Array) -> Array:
    """(d,) and (d, N) -> (N,), a new array; most of a direction is 0."""
    first, *others = np.flatnonzero(direction).tolist() or [0]
    projected = np.asarray(direction[first] * X[first])

    for place in others:
        projected += direction[place] * X[place]

    return projected


@dataclass(frozen=True, kw_only=True)
class LineRows:
    """Rows to fit to, standardised.

    X: (d, N), a coordinate's values one after the other. y: (N,) numbers, or shares of class 1.
    weights: (N,) of mean 1. task: its loss, of one score. base_pulls: see `LineModel`.
    """

    X: Array
    y: Array
    weights: Array
    task: Task
    base_pulls: Array | None = None

    def __len__(self) -> int:
        """The number of rows N."""
        return int(self.X.shape[1])

    @property
    def scores(self) -> int:
        """How many scores a row has."""
        return 1

    @property
    def free_slopes(self) -> int:
        """How many slopes of a line the loss tells apart."""
        return 1

    def list_targets(self) -> list[Array]:
        """(N,) targets of each score."""
        return [self.y]

    def make_start(self) -> LineModel:
        """The model that adds nothing."""
        d = len(self.X)
        return LineModel(
            constant=0.0,
            weights=np.zeros(d),
            read=np.ones(d, dtype=np.bool_),
            base_pulls=self.base_pulls,
        )

    @cached_property
    def views(self) -> RowViews:
        """What is looked up of the coordinates."""
        return RowViews(self.X)

    def evaluate(self, model: LineModel) -> Array:
        """(N,) scores, as `LineModel.evaluate` gives them but for the arithmetic, in less time."""
        scores = self.views.combine(model.weights)
        scores += model.constant
        if are_many(len(self)):
            add_lines(model.lines, self.views, scores)
            return scores

        added = np.empty_like(scores)
        for line in model.lines:
            np.maximum(self.reach(line), 0.0, out=added)
            if line.sign > 0:
                scores += added
            else:
                scores -= added

        return scores

    def reach(self, line: HingeLine) -> Array:
        """(N,) z, how far each row is beyond the line's threshold; not to be written to."""
        return self.views.reach(line.weights, line.atoms, line.bound)

    def part(self, some: NDArray[np.intp]) -> "LineRows":
        """Some of the rows, by number."""
        return replace(
            self,
            X=np.ascontiguousarray(self.X[:, some]),
            y=self.y[some],
            weights=self.weights[some],
        )

    def loss(self, scores: Array) -> float:
        """The weighted mean of the loss, of scores (N,)."""
        return float(self.weights @ self.task.loss(scores[:, None], self.y[:, None])) / len(self)

    def losses(self, scores: Array) -> Array:
        """(N,) weighted losses."""
        return self.weights * self.task.loss(scores[:, None], self.y[:, None])

    def derivatives(self, scores: Array) -> tuple[Array, Array]:
        """(N,) first and second derivatives of the mean loss by every row's score."""
        share = self.weights / len(self)
        first = self.task.gradient(scores[:, None], self.y[:, None])[:, 0] * share
        return first, self.task.curvature(scores[:, None])[:, 0, 0] * share

    def measure_score(self, scores: Array) -> float:
        """The task's measure, of scores (N,)."""
        return self.task.score(scores[:, None], self.y[:, None], self.weights)

    def measure_constant_loss(self) -> float:
        """The least loss of a constant."""
        mean = float(np.average(self.y, weights=self.weights))
        constant = mean if self.task.measure == "R2" else float(np.log(mean / (1 - mean)))
        return self.loss(np.full(len(self), constant))


@singledispatch
def compute_penalty(model: LineModel, ridge: float) -> float:
    """Half the ridge times the squares of all slopes."""
    lines = sum(float(line.pulls @ line.weights**2) for line in model.lines)
    own = model.weights if model.base_pulls is None else model.base_pulls * model.weights
    return ridge / 2 * (float(own @ model.weights) + lines)


def compute_objective(
    model: LineModel, rows: LineRows, ridge: float, scores: Array | None = None
) -> float:
    """The mean loss and the penalty; scores: of the rows, where they are known."""
    found = rows.evaluate(model) if scores is None else scores
    return rows.loss(found) + compute_penalty(model, ridge)
