"""Removes the neurons that a network doesn't need on a domain (Network + Domain -> smaller
Network).

The passes, in order: PReLUs linear by their slope (the only one that changes the function; its
effect is bounded), neurons that nothing reads, neurons whose sign is fixed on the domain (intervals
first, linear programs for what is left), neurons parallel to another one. Each is a pure function
in `passes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from relurules.domain import Domain
from relurules.ir import Network, Partition
from relurules.ir.local_tree import require_network
from relurules.networks.activations import LINEAR_THRESHOLD
from relurules.networks.bounds import bound_preactivations
from relurules.networks.passes import (
    drop_unread_neurons,
    find_stable_signs,
    fold_known_signs,
    merge_parallel,
    replace_linear_prelus,
)


@dataclass(frozen=True)
class CollapseResult:
    """The smaller network. removed: pass -> number of neurons; max_change: bound on |before -
    after| in the domain.
    """

    network: Network
    removed: Mapping[str, int]
    max_change: float


def collapse(
    network: Network, domain: Domain, threshold: float = LINEAR_THRESHOLD
) -> CollapseResult:
    """Collapse `network` on `domain`. A PReLU counts as linear where |1 - slope| < 1 - threshold.

    A linear PReLU stays where its change can't be bounded (its argument is unbounded on the
    domain). The method is that of E. P. Csirmaz, "Interpreting Neural Networks by Reducing
    Nonlinearities during Training", 2020; the removal of sign-stable neurons follows neural network
    verification (Wong & Kolter 2018, Ehlers 2017).
    """
    require_network(network, "what was asked for")
    removed: dict[str, int] = {}

    def shrink(name: str, smaller: Network) -> None:
        nonlocal network
        removed[name] = removed.get(name, 0) + len(network) - len(smaller)
        network = smaller

    smaller, max_change = replace_linear_prelus(
        network, bound_preactivations(network, domain), threshold
    )
    shrink("linear", smaller)
    shrink("unread", drop_unread_neurons(network))
    shrink(
        "stable",
        fold_known_signs(
            network, find_stable_signs(bound_preactivations(network, domain, exact=True))
        ),
    )
    smaller, merge_change = merge_parallel(network, domain)
    shrink("parallel", smaller)
    shrink("unread", drop_unread_neurons(network))

    return CollapseResult(network, removed, max_change + merge_change)


def drop_stable_neurons(partition: Partition) -> Partition:
    """Drop the neurons that never change sign on any region of a complete partition; the regions
    stay as they are.
    """
    if not partition.complete or not len(partition.network):
        return partition
    first = partition.patterns[0]
    fixed = (partition.patterns == first).all(axis=0)
    kept = np.cumsum(~fixed) - 1
    tree = replace(partition.tree, neurons=kept[partition.tree.neurons])
    network = fold_known_signs(partition.network, np.where(fixed, first, 0).astype(np.int8))
    return replace(partition, network=network, tree=tree, patterns=partition.patterns[:, ~fixed])


__all__ = ["CollapseResult", "collapse", "drop_stable_neurons"]
