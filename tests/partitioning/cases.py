"""Random small networks and domains of every kind that a search must take, half degenerate."""

from collections.abc import Callable

import numpy as np
from handmade import network
from numpy.typing import NDArray

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import Network, Partition

Array = NDArray[np.float64]
Random = np.random.Generator


def random_case(kind: str, seed: int) -> tuple[Network, rr.Domain]:
    """A network of 0 to 10 neurons and a domain of this kind; the even seeds are degenerate."""
    random = np.random.default_rng([seed, *kind.encode()])
    domain = KINDS[kind](random, seed % 2 == 0)
    K = int(random.integers(0, 11)) if len(domain) <= 4 else int(random.integers(0, 7))
    A, L, b = _rows(random, K, len(domain), whole=seed % 2 == 0)
    numbers = np.array(
        [not any(j in group for group in domain.groups) for j in range(len(domain))], dtype=bool
    )
    both = (
        numbers
        & np.isfinite(domain.upper)
        & np.isfinite(domain.lower)
        & (domain.upper > domain.lower)
    )
    lower, upper = np.where(both, domain.lower, -1.0), np.where(both, domain.upper, 1.0)
    half, centre = upper / 2 - lower / 2, upper / 2 + lower / 2
    A = A / half  # whatever the units, the box is [-1, 1]^d to the network
    slope = random.choice([0.0, 0.25, -1.0, 1.5, 1.0, -0.3, 3.0], K) * (random.random() < 0.7)
    return network(A, b - A @ centre, random.normal(size=(1, K)), L=L, slope=slope), domain


def _rows(random: Random, K: int, d: int, whole: bool) -> tuple[Array, Array, Array]:
    """A, L and b: layers or skip connections from everywhere; `whole`: small integers, rows that
    repeat others.
    """
    if whole:
        A, L, b = (random.integers(-2, 3, size).astype(float) for size in ((K, d), (K, K), K))
        if random.random() < 0.5:
            b = -A @ random.choice([-1, -0.5, 0, 0.5, 1], d)  # all through one point
        for k in range(1, K):
            j, factor = (
                random.integers(k),
                [0.0, 1.0, -1.0, 3.0, 1.0, None, None, None][trick := random.integers(8)],
            )
            if factor is not None:
                A[k], L[k] = factor * A[j], factor * L[j]
                b[k] = (
                    b[k] if trick == 4 else factor * b[j]
                )  # zero, equal, negated, scaled, parallel
    else:
        A, L, b = random.normal(size=(K, d)), random.normal(size=(K, K)), random.normal(size=K)
    if random.random() < 0.5:
        first = K // 2
        A[first:], L[:first], L[:, first:] = 0.0, 0.0, 0.0
    else:
        L *= random.random((K, K)) < random.choice([0.0, 0.3, 0.6])
    return A, np.tril(L, -1), b


def _width(random: Random) -> int:
    return int(random.integers(1, 9)) if random.random() < 0.4 else int(random.integers(1, 4))


def _box(random: Random, whole: bool) -> rr.Domain:
    d = _width(random)
    return rr.Domain.box([-1.0] * d, [1.0] * d)


def _scaled(random: Random, whole: bool) -> rr.Domain:
    d = _width(random)
    scale = 10.0 ** (
        random.integers(-6, 7, d) if random.random() < 0.5 else np.full(d, random.integers(-6, 7))
    )
    centre = random.choice([0.0, 1.0, -3.0, 100.0]) * scale
    return rr.Domain.box(centre - scale, centre + scale)


def _pinned(random: Random, whole: bool) -> rr.Domain:
    domain = _scaled(random, whole)
    return rr.Domain.box(
        domain.lower, np.where(random.random(len(domain)) < 0.4, domain.lower, domain.upper)
    )


def _whole_space(random: Random, whole: bool) -> rr.Domain:
    return rr.Domain.unbounded([f"x{j}" for j in range(_width(random))])


def _half_open(random: Random, whole: bool) -> rr.Domain:
    d = _width(random)
    sides = np.where(random.random((2, d)) < 0.5, np.inf, 1.0)
    domain = rr.Domain.box(-sides[0], sides[1])
    return _with_inequalities(random, whole, domain) if random.random() < 0.4 else domain


def _cut(random: Random, whole: bool) -> rr.Domain:
    return _with_inequalities(random, whole, _box(random, whole))


def _with_inequalities(random: Random, whole: bool, domain: rr.Domain) -> rr.Domain:
    d = len(domain)
    for _ in range(random.integers(1, 4)):
        row = random.integers(-2, 3, d).astype(float) if whole else random.normal(size=d).round(3)
        terms = " + ".join(
            f"-1*{-value}*x{j}" if value < 0 else f"{value}*x{j}"
            for j, value in enumerate(row)
            if value
        )
        domain = (
            domain.where(f"{terms.replace('+ -', '- ')} <= {random.choice([0.3, 0.5, 1.0])}")
            if terms
            else domain
        )
    return domain


def _one_hot(random: Random, whole: bool) -> rr.Domain:
    numbers = [Column(f"n{i}") for i in range(random.integers(0, 3))]
    sizes = random.integers(1, 5, random.integers(1, 4)).tolist()
    groups = [
        Column(f"c{i}", tuple(Category((f"v{j}",)) for j in range(size)))
        for i, size in enumerate(sizes)
    ]
    domain = rr.Domain.over([*numbers, *groups])
    return (
        domain.bounded({column.name: (-1.0, 1.0) for column in numbers})
        if random.random() < 0.8
        else domain
    )


KINDS: dict[str, Callable[[Random, bool], rr.Domain]] = {
    "box": _box,
    "scaled": _scaled,
    "pinned": _pinned,
    "whole space": _whole_space,
    "half open": _half_open,
    "cut": _cut,
    "one-hot": _one_hot,
}


def gaps(found: Partition) -> Array:
    """(R,) how far every region's point is from the region's walls, in normalised coordinates, by
    the network itself.

    In a domain with groups of indicators the points are corners, and only the neurons' hyperplanes
    are looked at.
    """
    net, frame = found.network, found.frame
    reach = np.abs(frame.origin) + frame.scale
    G, h = found.domain.polytope(frame)
    walls = not any(len(tie) > 1 for tie in frame.ties)
    least = np.full(len(found), np.inf)
    for i, (pattern, x) in enumerate(zip(found.patterns, found.points, strict=True)):
        u = (x[frame.free] - frame.origin[frame.free]) / frame.scale[frame.free]
        forms, sizes = _forms(net, np.where(pattern > 0, 1.0, net.slope), reach)
        rows, offsets = frame.rows(forms[:, :-1], forms[:, -1])
        length = np.linalg.norm(rows, axis=1)
        bent = (length > 1e-13 * sizes) & (net.slope != 1.0)
        heights = pattern[bent] * (rows[bent] @ u + offsets[bent]) / length[bent]
        least[i] = min(
            heights.min(initial=np.inf), (h - G @ u).min(initial=np.inf) if walls else np.inf
        )
    return least


def _forms(net: Network, factor: Array, reach: Array) -> tuple[Array, Array]:
    """(K, d + 1) every neuron's z in x where each has this factor, and the sum of its absolute
    terms.
    """
    forms = np.column_stack([net.A, net.b])
    sizes = np.abs(net.A) @ reach + np.abs(net.b)
    for k in range(len(net)):
        forms[k] += (net.L[k] * factor) @ forms
        sizes[k] += np.abs(net.L[k] * factor) @ sizes
    return forms, sizes
