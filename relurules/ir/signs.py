"""The signs of every neuron's z on many rows, one bit each, fast, and the same however the rows are
batched.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.ir.grouping import Words
from relurules.ir.layers import Layer, split_into_layers
from relurules.ir.network import Array, Network, Pattern
from relurules.lp.tolerances import UNIT

#: Rows that are evaluated at once: their values stay in a core's cache; fewer in networks of very
#: many neurons.
_ROWS = 4096
_NUMBERS = 2**20
#: Twice the rounding unit of float64: two sums of the same terms differ by at most twice their
#: error.
_TWICE_UNIT = 2 * UNIT


@dataclass(frozen=True)
class SignReader:
    """A network laid out for reading signs. order: (K,) neurons in the order of the bits; A, b,
    slope in that order.
    """

    network: Network
    order: NDArray[np.intp]
    layers: list[Layer]
    A: Array
    b: Array
    slope: Array

    @classmethod
    def of(cls, network: Network) -> "SignReader":
        """Lay out a network."""
        order, layers = split_into_layers(network)
        return cls(network, order, layers, network.A[order], network.b[order], network.slope[order])

    @property
    def words(self) -> int:
        """Words of 64 bits that a pattern takes, W."""
        return max(1, -(-len(self.order) // 64))

    def packed(self, X: Array) -> Words:
        """(n, d) finite rows -> (n, W): bit k tells whether z >= 0 for neuron order[k]; the bits
        left over are 0.
        """
        K = len(self.order)
        step = max(1, min(_ROWS, _NUMBERS // max(1, K)))
        words = np.empty((len(X), self.words), dtype=np.uint64)
        bits = np.zeros((step, 64 * self.words), dtype=np.bool_)
        doubtful = []

        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(X), step):
                block = X[start : start + step]
                doubt = self._read(block, bits[: len(block), :K])
                doubtful.append(start + np.flatnonzero(doubt))
                words[start : start + len(block)] = _pack_bits(bits[: len(block)])
            rows = np.concatenate([*doubtful, np.empty(0, dtype=np.intp)])
            rows = rows[self._unsure(X[rows])]

        if len(rows):
            words[rows] = self._one_by_one(X[rows])
        return words

    def _read(self, X: Array, bits: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Set the bits (n, K) of one block of rows; returns the rows (n,) on which one of them may
        be rounding.
        """
        active = np.empty(bits.shape)
        doubt = np.zeros(len(X), dtype=np.bool_)
        size, terms = np.empty(len(self.order)), 0
        most = np.abs(X).max(axis=0, initial=0.0)

        for layer in self.layers:
            at, reads = layer.at, layer.reads
            z = X @ self.A[at].T
            z += self.b[at]
            size[at] = np.abs(self.A[at]) @ most + np.abs(self.b[at])
            if layer.weights.size:
                z += active[:, reads] @ layer.weights.T
                size[at] += np.abs(layer.weights) @ size[reads]
            terms += _count_roundings(layer, X.shape[1])
            np.greater_equal(z, 0, out=bits[:, at])
            near = np.abs(z)
            room = terms * _TWICE_UNIT * size[at]
            if (near.min(axis=0) < room).any():
                doubt |= (near < room).any(axis=1)
            active[:, at] = _apply_activation(z, self.slope[at])
            size[at] *= np.maximum(1.0, np.abs(self.slope[at]))

        return doubt

    def _unsure(self, X: Array) -> NDArray[np.bool_]:
        """(n, d) -> (n,): rows on which some |z| is less than the rounding error that its own terms
        may have.

        An error passes through a neuron by the slope on which z lies for sure, so zeros behind dead
        neurons are exact.
        """
        shape = (len(X), len(self.order))
        active, error = np.empty(shape), np.empty(shape)
        unsure = np.zeros(len(X), dtype=np.bool_)

        for layer in self.layers:
            at, reads = layer.at, layer.reads
            z = X @ self.A[at].T + self.b[at] + active[:, reads] @ layer.weights.T
            size = np.abs(X) @ np.abs(self.A[at]).T + np.abs(self.b[at])
            size += np.abs(active[:, reads]) @ np.abs(layer.weights).T
            wrong = (
                _count_roundings(layer, X.shape[1]) * _TWICE_UNIT * size
                + error[:, reads] @ np.abs(layer.weights).T
            )
            unsure |= (np.abs(z) < wrong).any(axis=1)
            steep = np.abs(self.slope[at])
            gain = np.where(z > wrong, 1.0, np.where(z < -wrong, steep, np.maximum(1.0, steep)))
            active[:, at], error[:, at] = _apply_activation(z, self.slope[at]), gain * wrong

        return unsure

    def _one_by_one(self, X: Array) -> Words:
        """(n, d) -> (n, W): the signs of each row evaluated alone, as the network does it."""
        distinct, row = np.unique(X, axis=0, return_inverse=True)
        bits = np.zeros((len(distinct), 64 * self.words), dtype=np.bool_)
        with np.errstate(over="ignore", invalid="ignore"):
            for i in range(len(distinct)):
                bits[i, : len(self.order)] = (
                    self.network.preactivations(distinct[i : i + 1])[0, self.order] >= 0
                )

        return _pack_bits(bits)[row.reshape(-1)]

    def packed_patterns(self, patterns: Pattern) -> Words:
        """(n, K) of +1 / -1, neurons as the network has them -> (n, W): what `unpacked` takes
        apart.
        """
        bits = np.zeros((len(patterns), 64 * self.words), dtype=np.bool_)
        bits[:, : len(self.order)] = patterns[:, self.order] > 0
        return _pack_bits(bits)

    def unpacked(self, words: Words) -> Pattern:
        """(n, W) -> (n, K) of +1 / -1, neurons as the network has them."""
        K = len(self.order)
        place = np.argsort(self.order)
        patterns = np.empty((len(words), K), dtype=np.int8)
        for start in range(0, len(words), _ROWS):
            at = slice(start, start + _ROWS)
            bits = np.unpackbits(words[at].view(np.uint8), axis=1, bitorder="little")
            patterns[at] = 2 * bits[:, place].astype(np.int8) - 1

        return patterns


def _pack_bits(bits: NDArray[np.bool_]) -> Words:
    """(n, 64 W) -> (n, W), the first bit the lowest one of a word in memory."""
    return np.packbits(bits, bitorder="little").view(np.uint64).reshape(len(bits), -1)


def _apply_activation(z: Array, slope: Array) -> Array:
    """The activation phi of every z (n, w), slope (w,)."""
    if not slope.any():
        return np.maximum(z, 0.0)
    return np.where(z >= 0, z, slope * z)


def _count_roundings(layer: Layer, d: int) -> int:
    """How many roundings one z of a layer, read from d columns, and its activation may take."""
    return d + int(layer.weights.shape[1]) + 4
