"""A network in canonical form: z = A x + L phi(z) + b, f = C x + U phi(z) + c; and how a collapsed
network's activation patterns tell those of the network that it came from.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.errors import DataError

Array = NDArray[np.float64]
Pattern = NDArray[np.int8]

#: The arrays of a network's affine maps, in the order in which files and hashes have them.
AFFINE_ARRAYS = ("A", "L", "b", "C", "U", "c")
#: All arrays of a network.
NETWORK_ARRAYS = (*AFFINE_ARRAYS, "slope")


class Neuron(NamedTuple):
    """Where a neuron stands in the model it came from: the activation's module path, and which of
    its units it is.
    """

    layer: str
    unit: int

    def __str__(self) -> str:
        return f"neuron {self.unit} of layer {self.layer}"


class AffineMap(NamedTuple):
    """x -> weights x + constants; weights (m, d), constants (m,)."""

    weights: Array
    constants: Array


def compute_depths(reads: NDArray[Any]) -> NDArray[np.intp]:
    """How many neurons deep each one stands, (K,), given what it reads of earlier ones, (K, K),
    nothing where that is 0.
    """
    depth = np.zeros(len(reads), dtype=np.intp)
    for k in range(len(reads)):
        depth[k] = 1 + depth[np.flatnonzero(reads[k])].max(initial=-1)
    return depth


def group_levels(reads: NDArray[Any]) -> tuple[NDArray[np.intp], ...]:
    """Neurons grouped so that each group reads only earlier ones; reads: as `compute_depths` has
    them.
    """
    depth = compute_depths(reads)
    return tuple(np.flatnonzero(depth == level) for level in range(depth.max(initial=-1) + 1))


@dataclass(frozen=True)
class Network:
    """K neurons in topological order; phi_a(z) = max(0, z) + a * min(0, z) with one slope per
    neuron.

    A: (K, d), L: (K, K) strictly lower triangular, b: (K,), C: (m, d), U: (m, K), c: (m,), slope:
    (K,); neurons: K. lifting: where a collapse made this network, the one that it came from; None
    for a network that is its own source.
    """

    A: Array
    L: Array
    b: Array
    C: Array
    U: Array
    c: Array
    slope: Array
    neurons: tuple[Neuron, ...]
    lifting: "Lifting | None" = None

    def __post_init__(self) -> None:
        if not np.any(self.L):  # fresh zeros take no memory until they are written to
            object.__setattr__(self, "L", close_array(np.zeros(np.shape(self.L))))
        for name, array in self.arrays.items():
            object.__setattr__(self, name, make_read_only(array))

    def __len__(self) -> int:
        """Number of neurons K."""
        return len(self.b)

    @property
    def arrays(self) -> dict[str, Array]:
        """Its arrays by name, in the order of `NETWORK_ARRAYS`."""
        return {name: getattr(self, name) for name in NETWORK_ARRAYS}

    def has_same_arrays(self, other: "Network") -> bool:
        """Whether both hold the same numbers, whatever their neurons are called."""
        return self is other or all(
            map(np.array_equal, self.arrays.values(), other.arrays.values())
        )

    @cached_property
    def levels(self) -> tuple[NDArray[np.intp], ...]:
        """Neurons grouped so that each group reads only earlier ones; the first reads none."""
        if len(self) and not self.L.any():
            return (np.arange(len(self), dtype=np.intp),)
        return group_levels(self.L)

    def preactivations(self, X: Array) -> Array:
        """(N, d) -> (N, K): every neuron's z."""
        z = X @ self.A.T + self.b
        if len(self.levels) < 2:
            return np.asarray(z)

        activated = np.zeros_like(z)
        for before, level in pairwise(self.levels):
            reached = z[:, before]
            activated[:, before] = np.where(reached >= 0, reached, self.slope[before] * reached)
            z[:, level] += activated @ self.L[_to_rows(level)].T

        return np.asarray(z)

    def evaluate(self, X: Array) -> Array:
        """(N, d) in the user's units -> (N, m), in float64."""
        X = validate_rows(X, self.A.shape[1])
        z = self.preactivations(X)
        return X @ self.C.T + np.where(z >= 0, z, self.slope * z) @ self.U.T + self.c

    def magnitude(self, X: Array) -> Array:
        """(N, d) -> (N, m): the sum of the absolute values of all terms, what rounding errors are
        measured against.
        """
        X = np.abs(validate_rows(X, self.A.shape[1]))
        size = X @ np.abs(self.A).T + np.abs(self.b)
        gain = np.maximum(1.0, np.abs(self.slope))
        for level in self.levels[1:]:
            size[:, level] += (size * gain) @ np.abs(self.L[_to_rows(level)]).T

        return X @ np.abs(self.C).T + (size * gain) @ np.abs(self.U).T + np.abs(self.c)

    @property
    def source_lifting(self) -> "Lifting":
        """The network that this one came from, which may be itself."""
        return self.lifting or Lifting.identity(self)

    def forms(self, pattern: Pattern) -> Array:
        """(K, d + 1) every neuron's z as an affine form of x, constants last, on the region with
        this pattern, (K,).

        Every coefficient is that of the source network, rounded about once, see `accurate`.
        """
        from relurules.ir.compensated_forms import compute_accurate_forms

        return np.asarray(compute_accurate_forms(self, pattern[None])[0])

    def affine_map(self, pattern: Pattern) -> AffineMap:
        """The one affine map f is on the region with this activation pattern, (K,) of +1 / -1;
        rounded as `forms`.
        """
        from relurules.ir.compensated_forms import compute_accurate_maps

        maps = compute_accurate_maps(self, pattern[None])
        return AffineMap(maps.weights[0], maps.constants[0])


@dataclass(frozen=True, kw_only=True)
class Lifting:
    """A source network with K0 neurons whose signs are those of K neurons that were kept, or known.

    A collapse folds neurons into one another, and rounds while it does. What depends on the last
    digit (regions, maps) is therefore computed from the source network, whose numbers are the
    model's own.

    source: the network before any collapse. origin: (K,) which neuron of the source each kept one
    is. kept: (K0,) which kept neuron tells the sign of each neuron of the source; -1 where its sign
    is known. signs: (K0,) that sign where it is known (+1 also stands for "phi is the identity"),
    else +1, or -1 where the sign is the opposite of the kept neuron's.
    """

    source: "Network"
    origin: NDArray[np.intp]
    kept: NDArray[np.intp]
    signs: Pattern

    @classmethod
    def identity(cls, network: "Network") -> "Lifting":
        """Of a network that is its own source."""
        every = np.arange(len(network), dtype=np.intp)
        return cls(
            source=network, origin=every, kept=every, signs=np.ones(len(network), dtype=np.int8)
        )

    def lift_patterns(self, patterns: Pattern) -> Pattern:
        """(R, K) signs of the kept neurons, 0 where one doesn't matter -> (R, K0) signs of the
        source's neurons.

        It may matter to each of two source neurons that a collapse found parallel, but not to both
        together: any sign will do, as long as both are told by the same one. 0 counts as +1.
        """
        told = self.kept >= 0
        lifted = np.tile(self.signs, (len(patterns), 1))
        lifted[:, told] *= np.where(patterns == 0, 1, patterns)[:, self.kept[told]].astype(np.int8)
        return lifted

    def with_known_signs(self, signs: Pattern) -> "Lifting":
        """Give kept neurons a sign, (K,) of +1 or -1, from now on; 0 leaves one as it is."""
        told = self.kept >= 0
        own = np.zeros(len(self.kept), dtype=np.int8)
        own[told] = signs[self.kept[told]]
        known = own != 0
        return replace(
            self,
            kept=np.where(known, -1, self.kept),
            signs=np.where(known, own * self.signs, self.signs).astype(np.int8),
        )

    def with_told_by(self, neuron: int, other: int, sign: int) -> "Lifting":
        """Kept neuron `neuron` has the sign of kept neuron `other`, times `sign`, from now on."""
        told = self.kept == neuron
        return replace(
            self,
            kept=np.where(told, other, self.kept),
            signs=np.where(told, self.signs * sign, self.signs).astype(np.int8),
        )

    def restrict(self, remaining: NDArray[np.bool_]) -> "Lifting":
        """The kept neurons that remain, (K,), numbered anew; a sign that a dropped one tells
        doesn't matter.
        """
        number = np.where(remaining, np.cumsum(remaining) - 1, -1)
        told = self.kept >= 0
        kept = np.full(len(self.kept), -1, dtype=np.intp)
        kept[told] = number[self.kept[told]]
        return replace(self, origin=self.origin[remaining], kept=kept)


def validate_rows(X: Array, columns: int) -> Array:
    """Return X as float64 (N, columns), or raise DataError."""
    X = np.asarray(X, dtype=np.float64)
    if X.ndim != 2 or X.shape[1] != columns:
        raise DataError(f"expected an array of shape (rows, {columns}), found shape {X.shape}")
    return X


def _to_rows(numbers: NDArray[np.intp]) -> slice | NDArray[np.intp]:
    """Rising numbers as a slice where none is left out, which makes no copy."""
    first, end = int(numbers[0]), int(numbers[-1]) + 1
    return slice(first, end) if end - first == len(numbers) else numbers


def close_array(array: Array) -> Array:
    """Close a new array to changes and return it, so that a network takes it without a copy."""
    array.flags.writeable = False
    return array


def make_read_only(array: Array) -> Array:
    """A float64 copy that can't be written to; the array itself where it is one already."""
    own = isinstance(array, np.ndarray) and array.base is None and not array.flags.writeable
    if own and array.dtype == np.float64:
        return array
    return close_array(np.array(array, dtype=np.float64))
