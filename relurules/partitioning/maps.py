"""Affine maps of regions in the order of a search, whose neighbours share what lies above them."""

import numpy as np
from numpy.typing import NDArray

from relurules.ir import Network
from relurules.ir.network import Array, Pattern
from relurules.lp.compilation import compile_cached

Int = NDArray[np.int64]


class MapWriter:
    """Writes maps of one network, whose arrays it lays out once for all batches of regions.

    order: (K,) the neurons by level.
    """

    def __init__(self, network: Network, order: NDArray[np.intp]) -> None:
        sizes = [len(level) for level in network.levels]
        self.starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        #: (d + 1, K) and (m, d + 1): what neurons and outputs make of the inputs, constants last.
        self.inputs = np.ascontiguousarray(np.column_stack([network.A, network.b])[order].T)
        self.outputs = np.column_stack([network.C, network.c])
        #: (K, K), row j is for neuron j; (m, K).
        self.read = np.ascontiguousarray(network.L[np.ix_(order, order)].T)
        self.gains = np.ascontiguousarray(network.U[:, order])
        self.slope = network.slope[order]

    def write(self, patterns: Pattern) -> Array:
        """(n, m, d + 1) maps, constants last, of regions whose patterns (n, K) are in the order.

        Forms of a level are kept as long as the signs of the levels before stay the same, so that
        it takes least where patterns are sorted.
        """
        maps = np.empty((len(patterns), *self.outputs.shape))
        _write_maps(
            self.inputs,
            self.read,
            self.slope,
            self.starts,
            self.gains,
            self.outputs,
            patterns,
            self.inputs.copy(),
            maps,
        )
        return maps


@compile_cached
def _write_maps(
    inputs: Array,
    read: Array,
    slope: Array,
    starts: Int,
    U: Array,
    outputs: Array,
    patterns: Pattern,
    forms: Array,
    maps: Array,
) -> None:
    """Write `maps`. inputs and forms, which is memory: (d + 1, K); read: (K, K), row j is for
    neuron j.
    """
    K = len(slope)
    for r in range(len(patterns)):
        same = 0
        while r > 0 and same < K and patterns[r, same] == patterns[r - 1, same]:
            same += 1
        for level in range(1 if r > 0 else 0, len(starts) - 1):
            if r == 0 or starts[level] > same:
                _write_level(
                    inputs, read, slope, starts[level], starts[level + 1], patterns[r], forms
                )
        for o in range(len(outputs)):
            for i in range(len(inputs)):
                maps[r, o, i] = outputs[o, i]
            for k in range(K):
                gain = U[o, k] if patterns[r, k] > 0 else U[o, k] * slope[k]
                if gain != 0.0:
                    for i in range(len(inputs)):
                        maps[r, o, i] += gain * forms[i, k]


@compile_cached
def _write_level(
    inputs: Array, read: Array, slope: Array, first: int, end: int, pattern: Pattern, forms: Array
) -> None:
    """Forms of the neurons from `first` to `end`, which read neurons before."""
    for i in range(len(inputs)):
        for k in range(first, end):
            forms[i, k] = inputs[i, k]
        for j in range(first):
            value = forms[i, j] if pattern[j] > 0 else forms[i, j] * slope[j]
            if value != 0.0:
                for k in range(first, end):
                    forms[i, k] += value * read[j, k]
