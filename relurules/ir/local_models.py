"""The affine maps of a piecewise linear function, and which of them each row of a table has."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.domain.linear_forms import apply_maps
from relurules.ir.class_labels import ClassLabels
from relurules.ir.network import Array
from relurules.links.heads import Head, name_scores


@dataclass(frozen=True)
class LocalModels:
    """R affine maps of one function y = link(f(x)), as rules have them, or the patterns that the
    rows of a table reach.

    weights: (R, m, d), constants: (R, m), of the m scores f, in the user's units; domain: the d
    coordinates; kind: what one of them is called. classes: where the models tell which class and
    nothing else, their names; threshold: where that is whether an output reaches it. labels: what
    the model calls its classes.
    """

    domain: Domain
    outputs: tuple[str, ...]
    heads: tuple[Head, ...]
    weights: Array
    constants: Array
    kind: str
    classes: tuple[str, ...] = ()
    threshold: float | None = None
    labels: ClassLabels | None = None

    def __len__(self) -> int:
        """Number of local models R."""
        return len(self.weights)

    @property
    def names(self) -> tuple[str, ...]:
        """The d coordinates."""
        return self.domain.names

    @property
    def scores(self) -> tuple[str, ...]:
        """Names of the m scores."""
        return name_scores(self.outputs, self.heads, self.constants.shape[1], self.names)

    def label(self, model: int) -> str:
        """A local model as people call it, counted from 1."""
        return f"{self.kind} {model + 1}"


@dataclass(frozen=True)
class Sample:
    """Rows of a table beside local models.

    X: (N, d) in coordinates; of: (N,) which model each row has, all >= 0.

    total: rows of the whole table, those that no model is for included.
    """

    models: LocalModels
    X: Array
    of: NDArray[np.intp]
    total: int

    @classmethod
    def from_numbers(cls, models: LocalModels, X: Array, number: NDArray[np.intp]) -> "Sample":
        """The rows of a table X (N, d) that have a model; number: (N,) of it from 1, 0 for none."""
        return cls(models, X[number > 0], number[number > 0] - 1, len(X))

    def __len__(self) -> int:
        """Number of rows N that have a model."""
        return len(self.X)

    @cached_property
    def counts(self) -> NDArray[np.intp]:
        """(R,) rows of each model."""
        return np.bincount(self.of, minlength=len(self.models))

    @cached_property
    def means(self) -> Array:
        """(d,) of the coordinates; 0 without rows."""
        return np.asarray(self.X.mean(axis=0)) if len(self) else np.zeros(self.X.shape[1])

    @cached_property
    def deviations(self) -> Array:
        """(d,) standard deviations (divided by N) of the coordinates, exactly 0 for one that never
        changes.
        """
        if not len(self):
            return np.zeros(self.X.shape[1])
        return np.where(np.ptp(self.X, axis=0) > 0, self.X.std(axis=0), 0.0)

    @cached_property
    def predictions(self) -> Array:
        """(N, m) scores of every row by its own model."""
        return apply_maps(self.X, self.of, self.models.weights, self.models.constants)

    def some(self, most: int) -> "Sample":
        """At most so many rows, evenly spread over the table."""
        if len(self) <= most:
            return self
        rows = np.linspace(0, len(self) - 1, most).round().astype(np.intp)
        return replace(self, X=self.X[rows], of=self.of[rows])
