"""Removes the neurons that a network doesn't need on a domain (Network + Domain -> smaller Network).

The passes, in order: PReLUs linear by their slope (the only one that changes the function; its effect is bounded),
neurons that nothing reads, neurons whose sign is fixed on the domain (intervals first, linear programs for what is
left), neurons parallel to another one. Each is a pure function in `passes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from relurules.activations import LINEAR_THRESHOLD
from relurules.collapse.bounds import preactivation_bounds
from relurules.collapse.passes import linear_prelus, merge_parallel, resolve, stable_signs, unread
from relurules.domain import Domain
from relurules.ir import Network, Partition


@dataclass(frozen=True)
class Collapsed:
    """The smaller network. removed: pass -> number of neurons; max_change: bound on |before - after| in the domain."""

    network: Network
    removed: Mapping[str, int]
    max_change: float


def collapse(network: Network, domain: Domain, threshold: float = LINEAR_THRESHOLD) -> Collapsed:
    """Collapse `network` on `domain`. A PReLU counts as linear where |1 - slope| < 1 - threshold.

    A linear PReLU stays where its change can't be bounded (its argument is unbounded on the domain). The method is that
    of E. P. Csirmaz, "Interpreting Neural Networks by Reducing Nonlinearities during Training", 2020; the removal of
    sign-stable neurons follows neural network verification (Wong & Kolter 2018, Ehlers 2017).
    """
    removed: dict[str, int] = {}

    def shrink(name: str, smaller: Network) -> None:
        nonlocal network
        removed[name] = removed.get(name, 0) + len(network) - len(smaller)
        network = smaller

    smaller, max_change = linear_prelus(network, preactivation_bounds(network, domain), threshold)
    shrink("linear", smaller)
    shrink("unread", unread(network))
    shrink("stable", resolve(network, stable_signs(preactivation_bounds(network, domain, exact=True))))
    smaller, merge_change = merge_parallel(network, domain)
    shrink("parallel", smaller)
    shrink("unread", unread(network))
    return Collapsed(network, removed, max_change + merge_change)


def settle(partition: Partition) -> Partition:
    """Drop the neurons that never change sign on any region of a complete partition; the regions stay as they are."""
    if not partition.complete or not len(partition.network):
        return partition
    first = partition.patterns[0]
    fixed = (partition.patterns == first).all(axis=0)
    kept = np.cumsum(~fixed) - 1
    tree = replace(partition.tree, neurons=kept[partition.tree.neurons])
    network = resolve(partition.network, np.where(fixed, first, 0).astype(np.int8))
    return replace(partition, network=network, tree=tree, patterns=partition.patterns[:, ~fixed])


__all__ = ["Collapsed", "collapse", "settle"]
