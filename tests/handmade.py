"""Networks written by hand in canonical form, and a second, slow way to evaluate them."""

from collections.abc import Sequence
from typing import Any

import networkx
import numpy as np
from numpy.typing import ArrayLike, NDArray

import relurules as rr
from relurules.ir import (
    AdditiveRules,
    Adjustment,
    AffineMap,
    CollapseStats,
    Condition,
    Graph,
    HalfSpace,
    Head,
    Network,
    Neuron,
    RuleSet,
)
from relurules.partitioning import SearchOptions
from relurules.pipeline.extraction import extract_rules
from relurules.pipeline.tasks import ExtractOptions, ExtractSource
from relurules.tables.names import make_default_names

Array = NDArray[np.float64]


def network(
    A: ArrayLike,
    b: ArrayLike,
    U: ArrayLike,
    *,
    L: Any = None,
    C: Any = None,
    c: Any = None,
    slope: ArrayLike = 0.0,
) -> Network:
    """What isn't given is zero; `slope` may be one number for all neurons."""
    A, U = np.array(A, dtype=float, ndmin=2), np.array(U, dtype=float, ndmin=2)
    (K, d), m = A.shape, len(U)
    return Network(
        A=A,
        L=np.zeros((K, K)) if L is None else np.array(L, dtype=float),
        b=np.array(b, dtype=float),
        C=np.zeros((m, d)) if C is None else np.array(C, dtype=float, ndmin=2),
        U=U,
        c=np.zeros(m) if c is None else np.array(c, dtype=float),
        slope=np.broadcast_to(np.array(slope, dtype=float), (K,)),
        neurons=tuple(Neuron("hand", k) for k in range(K)),
    )


def lines(normals: ArrayLike, offsets: ArrayLike) -> Network:
    """One layer of ReLUs, each cutting along normals x + offsets = 0; their sum is the output."""
    return network(normals, offsets, np.ones((1, len(np.array(offsets)))))


def random_network(
    seed: int, d: int = 2, K: int = 5, m: int = 2, slopes: Sequence[float] = (0.0, 0.25, -1.0, 1.5)
) -> Network:
    """Skip connections from every neuron and input to every later neuron and output, each present
    or not by chance.
    """
    rng = np.random.default_rng(seed)

    def some(*shape: int) -> Array:
        return rng.normal(size=shape) * (rng.random(shape) < 0.6)

    return network(
        rng.normal(size=(K, d)),
        rng.normal(size=K),
        some(m, K) + 0.1,
        L=np.tril(some(K, K), -1),
        C=some(m, d),
        c=rng.normal(size=m),
        slope=rng.choice(slopes, size=K),
    )


def layered(seed: int, d: int, sizes: Sequence[int], m: int, slope: float = 0.0) -> Network:
    """Layers of neurons, each of which reads all of the layer before and nothing else."""
    rng, K = np.random.default_rng(seed), sum(sizes)
    A, L, U, first = np.zeros((K, d)), np.zeros((K, K)), np.zeros((m, K)), 0
    for before, size in zip([0, *sizes], sizes, strict=False):
        rows = slice(first, first + size)
        if before:
            L[rows, first - before : first] = rng.normal(size=(size, before)) / before**0.5
        else:
            A[rows] = rng.normal(size=(size, d)) / d**0.5
        first += size
    U[:, K - sizes[-1] :] = rng.normal(size=(m, sizes[-1]))
    return network(A, rng.normal(size=K) * 0.3, U, L=L, c=rng.normal(size=m), slope=slope)


def graph(net: Network, outputs: Sequence[str] | None = None, heads: Sequence[Head] = ()) -> Graph:
    names = make_default_names(len(heads or net.c), "y") if outputs is None else tuple(outputs)
    return Graph(
        make_default_names(net.A.shape[1]), names, net, networkx.DiGraph(), heads=tuple(heads)
    )


def rules_of(
    net: Network,
    domain: rr.Domain | None = None,
    outputs: Sequence[str] | None = None,
    heads: Sequence[Head] = (),
    **options: Any,
) -> RuleSet:
    """Rules over all columns of the domain, those that the network doesn't read included."""
    options.setdefault("guard_unread", True)
    return rr.extract(graph(net, outputs, heads), domain=domain, **options)


def search_one_region(made: Graph, domain: rr.Domain, **options: Any) -> RuleSet:
    """Rules of which one is known, and nobody asks how many there are: enough for form network."""
    source = ExtractSource(model=made, domain=domain)
    search = SearchOptions(max_regions=1, estimated=False)
    return extract_rules(source, ExtractOptions(**options), search)


def additive_of(
    net: Network,
    domain: rr.Domain,
    outputs: Sequence[str] | None = None,
    heads: Sequence[Head] = (),
) -> AdditiveRules:
    """A line for every neuron of a single layer of ReLUs, over all columns of the domain."""
    assert not net.L.any()
    assert not net.slope.any()
    lines = tuple(
        Adjustment(
            number=k + 1,
            condition=Condition(HalfSpace(net.A[k], -net.b[k], net.neurons[k], -1), holds=True),
            slopes=net.U[:, k],
            columns=tuple(name for name, a in zip(domain.names, net.A[k], strict=True) if a),
        )
        for k in range(len(net))
    )
    names = make_default_names(len(heads or net.c), "y") if outputs is None else tuple(outputs)
    return AdditiveRules(
        outputs=names,
        domain=domain,
        base=AffineMap(net.C, net.c),
        lines=lines,
        reduction=CollapseStats(len(net), len(net), {}, 0, None),
        heads=tuple(heads),
    )


def by_hand(net: Network, x: Sequence[float]) -> tuple[list[float], list[float]]:
    """(preactivations, outputs) of one row, term by term."""
    z: list[float] = []
    active: list[float] = []
    for k in range(len(net)):
        total = float(net.b[k])
        for j, value in enumerate(x):
            total += float(net.A[k, j]) * value
        for i in range(k):
            total += float(net.L[k, i]) * active[i]
        z.append(total)
        active.append(max(0.0, total) + float(net.slope[k]) * min(0.0, total))
    outputs = []
    for o in range(len(net.c)):
        total = float(net.c[o])
        for j, value in enumerate(x):
            total += float(net.C[o, j]) * value
        for k in range(len(net)):
            total += float(net.U[o, k]) * active[k]
        outputs.append(total)

    return z, outputs


def rows_in(domain: rr.Domain, count: int, seed: int = 0) -> Array:
    """Random rows inside a bounded domain."""
    rows = np.random.default_rng(seed).uniform(
        domain.lower, domain.upper, (20 * count, len(domain))
    )
    rows = rows[domain.contains(rows)][:count]
    assert len(rows) == count
    return rows


def same_function(one: Network, other: Network, X: Array, share: float = 1e-12) -> bool:
    """Equal on all rows, up to a share of the first one's absolute terms."""
    return bool((np.abs(one.evaluate(X) - other.evaluate(X)) <= share * one.magnitude(X)).all())
