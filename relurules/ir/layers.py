"""A network's neurons, level by level, as blocks of matrices: what fast evaluation of many rows or
regions works on.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array, Network


class Layer(NamedTuple):
    """Neurons that read only earlier ones, w of them.

    All slices count neurons in the order of `layered`.

    at: where its neurons stand; reads: a range that holds every neuron that they read, r wide;
    weights: (w, r).
    """

    at: slice
    reads: slice
    weights: Array


def split_into_layers(network: Network) -> tuple[NDArray[np.intp], list[Layer]]:
    """The neurons in an order in which every level is one range, (K,), and the levels as layers."""
    order = np.concatenate([*network.levels, np.empty(0, dtype=np.intp)])
    L = network.L[np.ix_(order, order)]
    layers, first = [], 0

    for level in network.levels:
        at = slice(first, first + len(level))
        read = np.flatnonzero(L[at].any(axis=0))
        reads = slice(int(read[0]), int(read[-1]) + 1) if len(read) else slice(0, 0)
        layers.append(Layer(at, reads, np.ascontiguousarray(L[at, reads])))
        first = at.stop

    return order, layers
