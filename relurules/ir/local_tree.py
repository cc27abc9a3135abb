"""A tree of affine maps as a model of its own: what no network in canonical form is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from relurules.domain.linear_forms import apply_maps
from relurules.errors import UnsupportedError
from relurules.ir.network import AffineMap, Array, Network, validate_rows
from relurules.ir.partition import Tree

#: What the fields of a network that come before need for defaults; `make` takes others.
_NO_TREE = Tree(
    np.empty(0, dtype=np.intp), np.empty((0, 0)), np.empty(0), np.empty((0, 2), dtype=np.int32)
)
_NO_MAPS = AffineMap(np.empty((0, 0, 0)), np.empty((0, 0)))


@dataclass(frozen=True, eq=False)
class LocalTree(Network):
    """A model whose scores are the affine map of the leaf that a row comes to; where one leaf ends
    and another begins, it may jump.

    tree: its splits, none of them a neuron's sign; maps: weights (R, m, d), constants (R, m), the
    i-th that of leaf i. It stands where a network does, but has no neurons, and its scores are no
    function of the canonical arrays: C and c are NaN, so that what reads them by mistake gives no
    number.
    """

    tree: Tree = _NO_TREE
    maps: AffineMap = _NO_MAPS

    @classmethod
    def make(cls, tree: Tree, maps: AffineMap) -> Self:
        """The model of a tree whose leaf i has the i-th of the maps."""
        m, d = maps.weights.shape[1:]
        return cls(
            A=np.zeros((0, d)),
            L=np.zeros((0, 0)),
            b=np.zeros(0),
            C=np.full((m, d), np.nan),
            U=np.zeros((m, 0)),
            c=np.full(m, np.nan),
            slope=np.zeros(0),
            neurons=(),
            tree=tree,
            maps=maps,
        )

    @property
    def reads(self) -> NDArray[np.bool_]:
        """(d,) whether a split or a map reads each coordinate."""
        return np.asarray(self.tree.normals.any(axis=0) | self.maps.weights.any(axis=(0, 1)))

    def evaluate(self, X: Array) -> Array:
        """(N, d) in the user's units -> (N, m), in float64."""
        X = validate_rows(X, self.A.shape[1])
        return apply_maps(X, self.tree.route(X), self.maps.weights, self.maps.constants)

    def magnitude(self, X: Array) -> Array:
        """(N, d) -> (N, m): the largest sum of absolute terms that a map of any leaf has there."""
        X = np.abs(validate_rows(X, self.A.shape[1]))
        found = np.zeros((len(X), len(self.c)))
        for weights, constants in zip(*self.maps, strict=True):
            found = np.maximum(found, X @ np.abs(weights).T + np.abs(constants))
        return found

    def find_local_network(self, row: Array) -> Network:
        """The affine map of the leaf that a row, (d,), comes to, as a network without neurons."""
        leaf = int(self.tree.route(row[None])[0])
        weights, constants = self.maps.weights[leaf], self.maps.constants[leaf]
        arrays = {name: getattr(self, name) for name in ("A", "L", "b", "U", "slope")}
        return Network(**arrays, C=weights, c=constants, neurons=())

    def substitute(self, before: AffineMap) -> "LocalTree":
        """The model of the outputs of an affine map, in that map's inputs."""
        weights, constants = self.maps
        tree = replace(
            self.tree,
            normals=self.tree.normals @ before.weights,
            offsets=self.tree.offsets + self.tree.normals @ before.constants,
        )

        return LocalTree.make(
            tree, AffineMap(weights @ before.weights, constants + weights @ before.constants)
        )

    def rescale(self, factors: Array, constants: Array) -> "LocalTree":
        """The model of factors * scores + constants, (m,) each."""
        weights = factors[:, None] * self.maps.weights + 0.0
        return LocalTree.make(
            self.tree, AffineMap(weights, factors * self.maps.constants + constants)
        )

    def select(self, coordinates: Sequence[int]) -> "LocalTree":
        """The model of some of the coordinates, where it reads no other."""
        kept = list(coordinates)
        return LocalTree.make(
            replace(self.tree, normals=self.tree.normals[:, kept]),
            AffineMap(self.maps.weights[:, :, kept], self.maps.constants),
        )


def require_network(network: Network, what: str) -> None:
    """UnsupportedError where a model is a tree of affine maps, and what is asked for, in words
    after "and", needs neurons.
    """
    if isinstance(network, LocalTree):
        raise UnsupportedError(
            f"this model is a tree of {len(network.maps.constants)} linear models, and {what} "
            "needs a network; supported: extract with form='partition' and without a budget, emit, "
            "verify and ask; or train a network: method='network' of fit, another linearization of "
            "an estimator"
        )
