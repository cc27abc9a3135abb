"""Partitions to merge, and networks whose maps are known."""

from collections.abc import Sequence

import numpy as np
from handmade import network
from numpy.typing import NDArray

import relurules as rr
from relurules.ir import Network
from relurules.partitioning import search_regions
from relurules.rules.pieces import AffinePiece, PiecewiseFunction, make_network_function

Array = NDArray[np.float64]


def box(d: int, half: float = 1.0) -> rr.Domain:
    return rr.Domain.box(-half * np.ones(d), half * np.ones(d))


def ground_of(net: Network, domain: rr.Domain | None = None) -> PiecewiseFunction:
    return make_network_function(
        search_regions(net, box(net.A.shape[1]) if domain is None else domain)
    )


def first_pieces(ground: PiecewiseFunction) -> list[AffinePiece]:
    """Every region by itself."""
    return [
        AffinePiece(region.splits, (i,), ground.forms[i], 0.0)
        for i, region in enumerate(ground.partition.regions())
    ]


def largest_of(weights: Array, constants: Sequence[float]) -> Network:
    """max_i weights[i]·x + constants[i], by a tournament: max(u, v) = v + relu(u - v)."""
    d = weights.shape[1]
    forms = [(np.append(w, c), dict[int, float]()) for w, c in zip(weights, constants, strict=True)]
    rows: list[tuple[Array, dict[int, float]]] = []
    while len(forms) > 1:
        won = []
        for (u, of_u), (v, of_v) in zip(forms[::2], forms[1::2], strict=True):
            rows.append((u - v, {k: of_u.get(k, 0.0) - of_v.get(k, 0.0) for k in {*of_u, *of_v}}))
            won.append((v, {**of_v, len(rows) - 1: 1.0}))
        forms = won
    K, ((last, read),) = len(rows), forms
    L, U = np.zeros((K, K)), np.zeros((1, K))
    for k, (_, reads) in enumerate(rows):
        L[k, list(reads)] = list(reads.values())
    U[0, list(read)] = list(read.values())
    A = np.array([form[:d] for form, _ in rows])
    return network(A, [form[d] for form, _ in rows], U, L=L, C=[last[:d]], c=[last[d]])
