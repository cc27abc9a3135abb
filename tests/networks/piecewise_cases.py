"""Random networks and domains, and what exact rationals say of them: every corner of every linear
region, one choice of categories at a time.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from exact.arrangement import ExactRegion, regions
from handmade import network, random_network
from numpy.typing import NDArray

import relurules as rr
from relurules.ir import Network

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PiecewiseCase:
    """A network, a domain, and a combination (m,) of the outputs."""

    net: Network
    domain: rr.Domain
    weights: Array

    @property
    def size(self) -> float:
        """About what the terms of the outputs come to."""
        return float((np.abs(self.weights) @ self.net.magnitude(self.domain.reach[None])[0]).max())

    @property
    def numbers(self) -> list[int]:
        """Columns of numbers that move."""
        own = {j for group in self.domain.groups for j in group}
        return [
            j
            for j in range(len(self.domain))
            if j not in own and self.domain.lower[j] < self.domain.upper[j]
        ]


def make_case(seed: int) -> PiecewiseCase:
    """One layer or skip connections everywhere, real or small whole weights, with or without
    categories and inequalities, in columns of any scale, some of them thin.
    """
    rng = np.random.default_rng(seed)
    d, K, m = int(rng.integers(1, 4)), int(rng.integers(1, 7)), int(rng.integers(1, 3))
    net = _make_network(rng, seed, (d, K, m))
    low, high = -np.ones(d), np.ones(d) * rng.choice([1, 2])
    if rng.random() < 0.2:
        low[0], high[0] = 0.3, 0.3 + rng.choice([0.0, 1e-6, 1e-9])
    net, groups = _add_categories(rng, net, int(rng.choice([0, 0, 2, 3])))
    scales = np.ones(len(net.A[0]))
    scales[:d] = rng.choice([1.0, 1.0, 1e-9, 1e6])
    own = len(scales) - d
    domain = replace(
        rr.Domain.box(
            np.append(low * scales[:d], np.zeros(own)), np.append(high * scales[:d], np.ones(own))
        ),
        groups=groups,
    )
    for _ in range(rng.integers(1, 3) if rng.random() < 0.4 and d > 1 else 0):
        row = np.append(rng.normal(size=d) / scales[:d], np.zeros(own))
        domain = replace(
            domain,
            normals=np.vstack([domain.normals, row]),
            bounds=np.append(domain.bounds, rng.uniform(-0.3, 1)),
            texts=(*domain.texts, "some"),
        )
    weights = np.eye(m)[rng.integers(m)] * rng.choice([-1.0, 1.0])
    if m == 2 and rng.random() < 0.5:
        weights = np.array([1.0, -1.0])
    return PiecewiseCase(replace(net, A=net.A / scales, C=net.C / scales), domain, weights)


def _make_network(rng: np.random.Generator, seed: int, sizes: tuple[int, int, int]) -> Network:
    d, K, m = sizes
    kind = rng.integers(4)
    if kind < 2:
        return random_network(seed, d, min(K, 5), m, **({} if kind else {"slopes": (0.0,)}))
    A, whole = np.zeros((K, d)), kind == 3
    for k in range(K):
        at = rng.choice(d, min(d, rng.integers(1, 3)), replace=False)
        A[k, at] = rng.integers(-2, 3, len(at)) if whole else rng.normal(size=len(at))
    b = rng.integers(-2, 3, K) if whole else -(A * rng.uniform(-0.8, 0.8, (K, d))).sum(axis=1)
    U = rng.integers(-2, 3, (m, K)) if whole else rng.normal(size=(m, K))
    return network(A, b, U, C=rng.normal(size=(m, d)))


def _add_categories(
    rng: np.random.Generator, net: Network, count: int
) -> tuple[Network, tuple[tuple[int, ...], ...]]:
    if not count:
        return net, ()
    d, K = net.A.shape[1], len(net)
    read = rng.normal(size=(K, count)) * (rng.random((K, count)) < 0.5)
    base = rng.normal(size=(len(net.c), count))
    wide = replace(net, A=np.hstack([net.A, read]), C=np.hstack([net.C, base]))
    return wide, (tuple(range(d, d + count)),)


def list_regions(case: PiecewiseCase) -> Iterator[ExactRegion]:
    """All linear regions, for every choice of categories."""
    options = [[i for i in group if case.domain.upper[i] > 0] for group in case.domain.groups]
    for chosen in itertools.product(*options):
        low, high = case.domain.lower.copy(), case.domain.upper.copy()
        for group, one in zip(case.domain.groups, chosen, strict=True):
            low[list(group)] = high[list(group)] = 0.0
            low[one] = high[one] = 1.0
        yield from regions(case.net, replace(case.domain, lower=low, upper=high, groups=()))


def combine(case: PiecewiseCase, region: ExactRegion) -> list[Fraction]:
    """The combination of the outputs on a region, as a form of the columns."""
    weights = [Fraction(float(w)) for w in case.weights]
    return [
        sum((w * form[j] for w, form in zip(weights, region.forms, strict=True)), Fraction(0))
        for j in range(len(region.forms[0]))
    ]


def find_supremum(case: PiecewiseCase) -> Fraction | None:
    """The largest value at any corner; None where no region has an interior."""
    best = None
    for region in list_regions(case):
        form = combine(case, region)
        for vertex in region.cell.vertices:
            at = (*vertex.point, Fraction(1))
            value = sum((a * x for a, x in zip(form, at, strict=True)), Fraction(0))
            best = value if best is None else max(best, value)
    return best


def list_gradients(case: PiecewiseCase, thinnest: float) -> Array:
    """(R, d) gradients on all regions that aren't thinner than a share of the domain."""
    found = []
    for region in list_regions(case):
        points = np.array([[float(x) for x in v.point] for v in region.cell.vertices])
        width = np.ptp(points, axis=0)[case.numbers]
        share = width / (case.domain.upper - case.domain.lower)[case.numbers]
        if share.min(initial=1.0) >= thinnest:
            found.append([float(v) for v in combine(case, region)[:-1]])
    return np.array(found).reshape(-1, len(case.domain))
