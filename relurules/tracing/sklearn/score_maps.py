"""Networks put before, after and beside affine maps and one another."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import ModelError
from relurules.ir import Network
from relurules.ir.local_tree import LocalTree
from relurules.ir.network import AffineMap
from relurules.tracing.network_size import check_network_size

Array = NDArray[np.float64]


def make_linear_network(weights: Any, constants: Any) -> Network:
    """A network without neurons: weights (m, d), constants (m,)."""
    C, c = np.asarray(weights, dtype=np.float64), np.asarray(constants, dtype=np.float64)
    m, d = C.shape
    return Network(
        np.zeros((0, d)), np.zeros((0, 0)), np.zeros(0), C, np.zeros((m, 0)), c, np.zeros(0), ()
    )


def prepend_affine_map(before: AffineMap, network: Network) -> Network:
    """The network of an affine map's outputs, in the map's inputs."""
    if isinstance(network, LocalTree):
        return network.substitute(before)
    A, C = network.A @ before.weights, network.C @ before.weights
    b, c = network.b + network.A @ before.constants, network.c + network.C @ before.constants
    return Network(A, network.L, b, C, network.U, c, network.slope, network.neurons)


def mix_scores(network: Network, weights: Array, constants: Array) -> Network:
    """The network whose scores are weights (k, m) times its scores, plus constants (k,)."""
    if isinstance(network, LocalTree):
        if len(weights) != len(network.c) or not np.array_equal(weights, np.diag(np.diag(weights))):
            raise ModelError(
                "a tree of linear models can't be added to others or give more scores than it has; "
                "supported: one whose scores are scaled. Train networks: method='network'"
            )
        return network.rescale(np.diag(weights), constants)

    C, U, c = weights @ network.C, weights @ network.U, weights @ network.c + constants
    return Network(network.A, network.L, network.b, C, U, c, network.slope, network.neurons)


def stack_networks(networks: Sequence[Network], names: Sequence[str]) -> Network:
    """Networks side by side, of all their inputs and with all their scores; names: what stands
    before the layers of each.
    """
    if any(isinstance(network, LocalTree) for network in networks):
        raise ModelError(
            "a tree of linear models can't stand beside others in one model; supported: networks. "
            "Train them with method='network'"
        )

    if any(network.L.any() for network in networks):
        sizes = {name: len(one) for name, one in zip(names, networks, strict=True)}
        inputs = sum(network.A.shape[1] for network in networks)
        check_network_size(sum(sizes.values()), inputs, sizes)

    A, L, C, U = (
        _place_diagonally([network.arrays[part] for network in networks]) for part in "ALCU"
    )
    b, c, slope = (
        np.concatenate([getattr(network, part) for network in networks])
        for part in ("b", "c", "slope")
    )
    neurons = tuple(
        neuron._replace(layer=f"{name}.{neuron.layer}")
        for name, network in zip(names, networks, strict=True)
        for neuron in network.neurons
    )
    return Network(A, L, b, C, U, c, slope, neurons)


def _place_diagonally(blocks: Sequence[Array]) -> Array:
    """One array of all blocks, each to the right of and below the one before; zeros elsewhere."""
    found = np.zeros(np.sum([block.shape for block in blocks], axis=0))
    row = column = 0
    for block in blocks:
        height, width = block.shape
        found[row : row + height, column : column + width] = block
        row, column = row + height, column + width
    return found
