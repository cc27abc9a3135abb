"""Which neurons of a network stand alone, and which read one another: hinges, and groups."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from relurules.ir import Network


@dataclass(frozen=True, kw_only=True, eq=False)
class NeuronGroups:
    """Neurons of a network, taken apart so that no neuron reads one of another group.

    hinges: (h,) indices of neurons that read no other and that no other reads; groups: networks of
    the others, without the affine part of the whole.
    """

    hinges: NDArray[np.intp]
    groups: tuple[Network, ...]


def split_into_groups(network: Network) -> NeuronGroups:
    """The connected components of who reads whom."""
    component = _label_components(network.L != 0)
    sizes = np.bincount(component, minlength=1)
    alone = sizes[component] == 1 if len(component) else np.empty(0, dtype=np.bool_)
    numbers = dict.fromkeys(component[~alone].tolist())
    return NeuronGroups(
        hinges=np.flatnonzero(alone),
        groups=tuple(take_neurons(network, component == number) for number in numbers),
    )


def _label_components(reads: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(K,) the same number for neurons that are tied by (K, K) reading: the least index."""
    label = np.arange(len(reads), dtype=np.intp)
    for reader, read in zip(*np.nonzero(reads), strict=True):
        one, other = label[reader], label[read]
        if one != other:
            label[label == max(one, other)] = min(one, other)
    return label


def take_neurons(network: Network, chosen: NDArray[np.bool_]) -> Network:
    """The network of some neurons that read no other, which adds nothing but what they add."""
    return replace(
        network,
        C=np.zeros_like(network.C),
        c=np.zeros_like(network.c),
        A=network.A[chosen],
        L=network.L[np.ix_(chosen, chosen)],
        b=network.b[chosen],
        U=network.U[:, chosen],
        slope=network.slope[chosen],
        neurons=tuple(neuron for neuron, own in zip(network.neurons, chosen, strict=True) if own),
        lifting=None,
    )
