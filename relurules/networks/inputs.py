"""Which columns of its table a network reads, and the network of these alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from relurules.domain import Domain
from relurules.domain.columns import Column
from relurules.domain.input_places import list_coordinates
from relurules.ir import Graph, Network
from relurules.ir.local_tree import LocalTree


def find_read_columns(network: Network, domain: Domain) -> list[int]:
    """Places of the columns that f reads, or that an inequality or a one-hot group of the domain
    ties to others; all columns, where f reads none.

    A neuron that no output reads counts as one that does: the network keeps it.
    """
    reads = (
        network.reads.copy()
        if isinstance(network, LocalTree)
        else np.asarray(network.A.any(axis=0) | network.C.any(axis=0))
    )
    if not reads.any():
        return list(range(len(domain.columns)))

    reads |= domain.normals.any(axis=0)
    for group in domain.groups:
        reads[list(group)] = reads[list(group)].any()
    return [i for i, at in enumerate(domain.places) if reads[list(at)].any()]


def narrow_graph(graph: Graph, columns: Sequence[Column], kept: Sequence[int]) -> Graph:
    """The graph of some of the columns, given all of them as the domain knows them.

    The network must read no other; then f is the same.
    """
    coordinates = list_coordinates(columns, kept)
    names = {columns[i].name for i in kept}

    return replace(
        graph,
        features=tuple(graph.features[j] for j in coordinates),
        columns=tuple(columns[i] for i in kept),
        marks={name: mark for name, mark in graph.marks.items() if name in names},
        network=_narrow_network(graph.network, coordinates),
    )


def _narrow_network(network: Network, coordinates: Sequence[int]) -> Network:
    if isinstance(network, LocalTree):
        return network.select(coordinates)
    kept = list(coordinates)
    return replace(network, A=network.A[:, kept], C=network.C[:, kept])
