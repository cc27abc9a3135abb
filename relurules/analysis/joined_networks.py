"""Two sets of rules as one network that holds the neurons of both."""

import numpy as np
from numpy.typing import NDArray

from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, Network, RuleSet
from relurules.ir.local_tree import require_network
from relurules.ir.scorer import Scorer


def get_network(rules: Scorer) -> Network:
    """What rules compute, as a network."""
    if isinstance(rules, AdditiveRules):
        if any(group.rules.simplified for group in rules.groups):
            raise UnsupportedError(
                "the groups of these additive rules were simplified, so that they jump and are no "
                "network; compare rules that were extracted with max_error=0"
            )
        return rules.network

    assert isinstance(rules, RuleSet)  # noqa: S101  # there are two kinds
    require_network(rules.network, "a comparison with additive rules")
    if rules.simplified or not rules.complete:
        raise UnsupportedError(
            "these partition rules were simplified or are incomplete, so they are no network that "
            "additive rules could be compared with; compare partition rules of both models, or "
            "extract these with max_error=0"
        )

    return rules.network


def join_networks(
    old: Network, new: Network
) -> tuple[Network, tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """The neurons of both, each once, and where those of either are, (K,)."""
    known: dict[tuple[object, ...], int] = {}
    sources: list[tuple[Network, int]] = []
    reads: list[NDArray[np.intp]] = []
    places = []
    for side in (old, new):
        own = np.empty(len(side), dtype=np.intp)
        for k in range(len(side)):
            name = _describe_neuron(side, k, own)
            own[k] = known.setdefault(name, len(sources))
            if own[k] == len(sources):
                sources.append((side, k))
                reads.append(own)
        places.append(own)

    L = np.zeros((len(sources), len(sources)))
    for row, (side, k), own in zip(L, sources, reads, strict=True):
        np.add.at(row, own[:k], side.L[k, :k])

    d = old.A.shape[1]
    joined = Network(
        A=np.array([side.A[k] for side, k in sources]).reshape(-1, d),
        L=L,
        b=np.array([side.b[k] for side, k in sources]),
        C=old.C,
        U=np.zeros((len(old.c), len(sources))),
        c=old.c,
        slope=np.array([side.slope[k] for side, k in sources]),
        neurons=tuple(side.neurons[k] for side, k in sources),
    )

    return joined, (places[0], places[1])


def _describe_neuron(network: Network, k: int, places: NDArray[np.intp]) -> tuple[object, ...]:
    """What a neuron's z is, and its slope; places: (K,) where those before it are."""
    own = np.array([*(network.A[k] + 0.0), network.b[k] + 0.0, network.slope[k] + 0.0])
    read = np.flatnonzero(network.L[k])
    reads = sorted(zip(places[read].tolist(), network.L[k, read].tolist(), strict=True))
    return own.tobytes(), *reads
