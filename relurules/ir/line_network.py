"""Additive rules as one network in canonical form."""

import numpy as np

from relurules.ir.additive import AdditiveRules
from relurules.ir.network import Network, Neuron


def compose_line_network(rules: AdditiveRules) -> Network:
    """A neuron of slope 0 for every line, then the groups'."""
    networks = rules.group_networks
    K, sizes = len(rules.lines), [len(network) for network in networks]
    total = K + sum(sizes)
    L, start = np.zeros((total, total)), K
    for network, size in zip(networks, sizes, strict=True):
        L[start : start + size, start : start + size] = network.L
        start += size
    L.flags.writeable = False

    told = [line.condition.half_space.neuron for line in rules.lines]
    own = [neuron or Neuron("line", number) for number, neuron in enumerate(told, 1)]
    return Network(
        A=np.vstack([rules.normals, *(network.A for network in networks)]),
        L=L,
        b=np.concatenate([-rules.bounds, *(network.b for network in networks)]),
        C=rules.base.weights + sum(network.C for network in networks),
        U=np.hstack([rules.slopes.T, *(network.U for network in networks)]),
        c=rules.base.constants + sum(network.c for network in networks),
        slope=np.concatenate([np.zeros(K), *(network.slope for network in networks)]),
        neurons=(*own, *(neuron for network in networks for neuron in network.neurons)),
    )
