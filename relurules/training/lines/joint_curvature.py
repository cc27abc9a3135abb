"""Second derivatives of losses of several scores, row by row, without a matrix for each row."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from relurules.ir.network import Array


class JointCurvature(Protocol):
    """(m, m) for each of N rows."""

    def part(self, every: int) -> "JointCurvature":
        """That of one row of so many, which stands for all of them."""

    def apply(self, moves: Array) -> Array:
        """Each row's matrix times its move: (m, N) -> (m, N)."""

    def measure_mean(self) -> Array:
        """(N,) the mean over all directions of the scores that the loss tells apart."""

    def list_diagonals(self) -> Array:
        """(m, N)."""

    def assemble(self, basis: Array) -> Array:
        """(m P, m P): the Hessian by the slopes of a basis, (P, N)."""


@dataclass(frozen=True, kw_only=True)
class SquareCurvature:
    """Of the squared error of m numbers. weights: (N,)."""

    weights: Array
    scores: int

    def part(self, every: int) -> "SquareCurvature":
        """See `JointCurvature`."""
        return replace(self, weights=every * self.weights[::every])

    def apply(self, moves: Array) -> Array:
        """See `JointCurvature`."""
        return moves * self.weights

    def measure_mean(self) -> Array:
        """See `JointCurvature`."""
        return self.weights

    def list_diagonals(self) -> Array:
        """See `JointCurvature`."""
        return np.tile(self.weights, (self.scores, 1))

    def assemble(self, basis: Array) -> Array:
        """See `JointCurvature`."""
        own = (basis * self.weights) @ basis.T
        return np.asarray(np.kron(np.eye(self.scores), own), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class SoftmaxCurvature:
    """Of the loss of m classes. shares: (m, N) probabilities. weights: (N,)."""

    shares: Array
    weights: Array

    def part(self, every: int) -> "SoftmaxCurvature":
        """See `JointCurvature`."""
        return replace(
            self,
            shares=np.ascontiguousarray(self.shares[:, ::every]),
            weights=every * self.weights[::every],
        )

    def apply(self, moves: Array) -> Array:
        """See `JointCurvature`."""
        found = self.shares * moves
        found -= self.shares * found.sum(axis=0)
        return np.asarray(found * self.weights)

    def measure_mean(self) -> Array:
        """See `JointCurvature`."""
        trace = 1.0 - (self.shares**2).sum(axis=0)
        return np.asarray(trace * self.weights / (len(self.shares) - 1))

    def list_diagonals(self) -> Array:
        """See `JointCurvature`."""
        return np.asarray(self.shares * (1.0 - self.shares) * self.weights)

    def assemble(self, basis: Array) -> Array:
        """See `JointCurvature`."""
        m, (size, n) = len(self.shares), basis.shape
        root = np.sqrt(self.weights)
        every = (self.shares[:, None, :] * (basis * root)).reshape(m * size, n)
        found = -(every @ every.T)
        for k, share in enumerate(self.shares * self.weights):
            own = slice(k * size, (k + 1) * size)
            found[own, own] += (basis * share) @ basis.T
        return np.asarray(found)
