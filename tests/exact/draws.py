"""Drawn networks and domains on which a search in float64 errs first; a seed gives a draw back.

Every neuron cuts through a place in the domain, of any magnitude. Weights are whole numbers, and
rows repeat, double, negate or nearly equal earlier ones. What is meant to be degenerate is so
exactly: no two hyperplanes differ in the last bit by accident of rounding.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from handmade import network
from numpy.typing import NDArray

import relurules as rr
from exact.arrangement import ExactNetwork
from relurules.ir import Network

Array = NDArray[np.float64]
Random = np.random.Generator

#: A, L of neurons so far and of one more; b and slope of those so far.
Before = tuple[Array, Array, Array, Array]

#: Neurons at most, by columns, so that there are no more than about 200 regions.
_MOST = {1: 16, 2: 15, 3: 12}


@dataclass(frozen=True)
class Draw:
    """A network and a box. kind: of the box, or of the network; seed: gives it back."""

    kind: str
    seed: int
    network: Network
    domain: rr.Domain

    def __str__(self) -> str:
        columns = ", ".join(f"[{a!r}, {b!r}]" for a, b in zip(*self.sides, strict=True))
        return f"seed {self.seed} ({self.kind}: {len(self.network)} neurons on {columns})"

    @property
    def straightened(self) -> bool:
        """Whether a PReLU is so near to the identity that rules take it for that, at a cost."""
        kink = np.abs(1.0 - self.network.slope)
        return bool(((kink > 0) & (kink < 5e-4)).any())

    @property
    def sides(self) -> tuple[list[float], list[float]]:
        """Lower and upper bounds of the columns."""
        return self.domain.lower.tolist(), self.domain.upper.tolist()


class Box(NamedTuple):
    """lower, upper: (d,); ordinary: (2, d) the part in which most neurons cut."""

    lower: Array
    upper: Array
    ordinary: Array


def arrangement(seed: int) -> Draw:
    """One or two layers of neurons over one to three columns."""
    random = np.random.default_rng([15, seed])
    kind = list(KINDS)[seed % len(KINDS)]
    d = int(random.integers(1, 4))
    box = KINDS[kind](random, d)
    domain = rr.Domain.box(box.lower, box.upper)
    net = _spike(random, box) if kind == "spike" else _network(random, box)
    return Draw(kind, seed, net, domain)


def random_layers(seed: int) -> Draw:
    """One to three layers of any weights over one to six columns, in boxes up to 1e12 wide."""
    random = np.random.default_rng([16, seed])
    d = 1 + seed % 6
    kind = list(BOXES)[seed // 6 % len(BOXES)]
    box = BOXES[kind](random, d)
    return Draw(kind, seed, _layers(random, box), rr.Domain.box(box.lower, box.upper))


def repeated_layers(seed: int) -> Draw:
    """As `random_layers`, of three layers whose neurons repeat directions: half of each layer are
    multiples of another one of it, and what reads two of them often cancels one against the other.
    """
    random = np.random.default_rng([23, seed])
    d = 1 + seed % 3
    box = BOXES["whole"](random, d)
    return Draw("repeated", seed, _repeating_layers(random, box), rr.Domain.box(*box[:2]))


def _whole(random: Random, d: int) -> Box:
    half = float(random.choice([1.0, 2.0, 4.0]))
    low = np.full(d, random.choice([0.0, -half]))
    return _ordinary(low, np.full(d, half))


def _sized(random: Random, d: int) -> Box:
    half = np.full(d, 10.0 ** random.integers(-9, 13) / 2)
    return _ordinary(-half, half) if random.random() < 0.5 else _ordinary(np.zeros(d), 2 * half)


def _off_centre(random: Random, d: int) -> Box:
    place = np.full(d, random.choice([-1.0, 1.0]) * 10.0 ** random.integers(0, 10))
    return _ordinary(place, place + np.abs(place) * 10.0 ** random.integers(-9, -2))


def _mixed(random: Random, d: int) -> Box:
    half = 10.0 ** random.integers(-9, 13, d)
    return _ordinary(np.where(random.random(d) < 0.5, -half, 0.0), half)


def _sentinel(random: Random, d: int) -> Box:
    lower, upper = np.zeros(d), np.ones(d)
    j = random.integers(d)
    far = float(random.choice([99999.0, 1e6, 1e7, 999999999.0, 2e9]))
    if random.random() < 0.3:
        lower[j] = -far
    else:
        upper[j] = far
    return Box(lower, upper, np.array([np.zeros(d), np.ones(d)]))


def _ordinary(lower: Array, upper: Array) -> Box:
    return Box(lower, upper, np.array([lower, upper]))


#: What a draw is about, and its box; the spike is a network of its own in an ordinary box.
KINDS: dict[str, Callable[[Random, int], Box]] = {
    "whole": _whole,
    "sized": _sized,
    "off-centre": _off_centre,
    "mixed": _mixed,
    "sentinel": _sentinel,
    "spike": _sized,
}


#: The boxes of networks of layers.
BOXES = {name: KINDS[name] for name in ("whole", "sized", "off-centre", "mixed", "sentinel")}


def _layers(random: Random, box: Box) -> Network:
    """Layers, each of which reads the one before; weights as drawn, or as float32 has them."""
    d = len(box.lower)
    sizes = random.integers(1, 5, random.integers(1, 4 if d < 4 else 3))
    layer = np.repeat(np.arange(len(sizes)), sizes)
    K = len(layer)
    scale = (box.ordinary[1] - box.ordinary[0]) if random.random() < 0.5 else np.ones(d)
    A = random.normal(size=(K, d)) / scale * (layer == 0)[:, None]
    L = random.normal(size=(K, K)) * (layer[:, None] == layer + 1)
    U = random.normal(size=(int(random.integers(1, 3)), K)) * (layer == layer[-1])
    if random.random() < 0.5:
        A, L, U = (table.astype(np.float32).astype(float) for table in (A, L, U))
    slope = random.choice([0.0, 0.25, -1.0, 1.0, 0.9999, 1.0004], K) * (random.random() < 0.3)
    b = np.zeros(K)
    for k in range(K):
        b[k] = _bias(random, box, None, (A[: k + 1], L[: k + 1, : k + 1], b[:k], slope[:k]))
    return network(A, b, U, L=L, c=random.normal(size=len(U)), slope=slope)


def _repeating_layers(random: Random, box: Box) -> Network:
    """Three layers of two to four neurons; ratios are powers of two, so that rows are parallel
    exactly.
    """
    d, sizes = len(box.lower), random.integers(2, 5, 3)
    layer = np.repeat(np.arange(3), sizes)
    K = len(layer)
    A = random.normal(size=(K, d)) * (layer == 0)[:, None]
    L = random.normal(size=(K, K)) * (layer[:, None] == layer + 1)
    U = random.normal(size=(1, K)) * (layer == 2)
    slope = random.choice([0.0, 0.25, -1.0, 0.5], K) * (random.random() < 0.4)
    b = np.zeros(K)
    for k in range(K):
        b[k] = _bias(random, box, None, (A[: k + 1], L[: k + 1, : k + 1], b[:k], slope[:k]))
        others = np.flatnonzero(layer[:k] == layer[k])
        if len(others) and random.random() < 0.6:
            other, ratio = int(random.choice(others)), float(random.choice([-2, -1, -0.5, 1, 2]))
            A[k], b[k] = ratio * A[other], ratio * b[other]
            L[k, :other] = ratio * L[other, :other]
            if random.random() < 0.6:  # phi(z) - phi(-z) is linear: its readers have no kink there
                sign = -1.0 if ratio < 0 else 1.0
                L[k + 1 :, k] = sign * L[k + 1 :, other] / ratio * (layer[k + 1 :] == layer[k] + 1)
    return network(A, b, U, L=L, c=random.normal(size=1), slope=slope)


def _network(random: Random, box: Box) -> Network:
    """Rows over the columns, then rows over these neurons, with outputs that often cancel."""
    d = len(box.lower)
    K = int(random.integers(2, _MOST[d] + 1))
    first = K if random.random() < 0.5 else int(random.integers(1, K + 1))
    widths = (box.ordinary[1] - box.ordinary[0]) if random.random() < 0.5 else np.ones(d)
    units = 2.0 ** -np.round(np.log2(widths))  # whole weights in the columns' own units, exactly
    slope = random.choice([0.0, 0.25, -1.0, 1.5, 1.0], K) * (random.random() < 0.25)
    common = _place(random, box, round_to=2**-3) if random.random() < 0.3 else None
    A, L, b = np.zeros((K, d)), np.zeros((K, K)), np.zeros(K)
    for k in range(K):
        if k >= first:
            L[k, :first] = random.integers(-2, 3, first)
        if k < first or random.random() < 0.3:
            A[k] = random.integers(-3, 4, d) * units
        b[k] = _bias(random, box, common, (A[: k + 1], L[: k + 1, : k + 1], b[:k], slope[:k]))
        since = 0 if k < first else first
        if k > since and random.random() < 0.3:
            _repeat(random, A, L, b, k, int(random.integers(since, k)))
    U, C = _outputs(random, K, d, units)
    return network(A, b, U, L=L, C=C, c=random.integers(-2, 3, len(U)), slope=slope)


def _bias(random: Random, box: Box, common: Array | None, before: Before) -> float:
    """With it a neuron vanishes at the common place, where float64 has that bias, or somewhere."""
    if common is not None:
        exactly = _through(*before, common)
        if exactly == Fraction(float(exactly)):
            return float(exactly)
    return float(_through(*before, _place(random, box)))


def _place(random: Random, box: Box, round_to: float | None = None) -> Array:
    """A point of the ordinary part: anywhere, or however near its corner or its middle."""
    low, high = box.ordinary
    d = len(low)
    share = random.random(d)
    if round_to is not None:
        return np.asarray(low + np.round(share / round_to) * round_to * (high - low))
    if random.random() < 0.4:
        share = 10.0 ** -random.uniform(0, 9, d)
    if random.random() < 0.3:
        share = 0.5 + 0.5 * share * random.choice([-1, 1], d)
    return np.asarray(np.clip(low + share * (high - low), low, high))


def _through(A: Array, L: Array, b: Array, slope: Array, place: Array) -> Fraction:
    """The bias with which the last of these neurons vanishes at a place, exactly."""
    k = len(b)
    lone = network(A, np.append(b, 0.0), np.eye(k + 1)[-1:], L=L, slope=np.append(slope, 1.0))
    return -ExactNetwork.of(lone).evaluate(place.tolist())[0]


def _repeat(random: Random, A: Array, L: Array, b: Array, k: int, j: int) -> None:
    """Make row k like row j: equal, negated, doubled, zero, parallel, or nearly equal."""
    trick = random.choice(["equal", "negated", "doubled", "zero", "shifted", "turned", "near"])
    factor = {"negated": -1.0, "doubled": 2.0, "zero": 0.0}.get(trick, 1.0)
    A[k], L[k], b[k] = factor * A[j], factor * L[j], factor * b[j]
    near = 1.0 + random.choice([-1, 1]) * 10.0 ** random.uniform(-12, -6)
    if trick == "shifted":
        b[k] *= near
    elif trick == "turned":
        A[k, random.integers(A.shape[1])] *= near
    elif trick == "near":
        A[k, random.integers(A.shape[1])] *= near
        b[k] *= 1.0 + random.choice([-1, 1]) * 10.0 ** random.uniform(-12, -6)


def _outputs(random: Random, K: int, d: int, units: Array) -> tuple[Array, Array]:
    """U and C: whole numbers; of neurons that are alike, often what cancels."""
    m = int(random.integers(1, 3))
    U = random.integers(-3, 4, (m, K)).astype(float)
    if K >= 3 and random.random() < 0.4:
        U[0, :3] = random.choice([[1, -2, 1], [1, -3, 2], [2, -1, -1]])
    C = random.integers(-2, 3, (m, d)) * units * (random.random() < 0.3)
    return U, C


def _spike(random: Random, box: Box) -> Network:
    """Three parallel neurons: a spike of height about 1, 1e-12 to 1e-6 of the box wide."""
    d = len(box.lower)
    units = 1.0 / (box.upper - box.lower)
    normal = random.integers(1, 4, d) * random.choice([-1, 1], d) * units
    width = 10.0 ** random.uniform(-12, -6)
    offset = -float(normal @ _place(random, box))
    A = np.vstack([normal, normal, normal])
    U = np.array([[1.0, -2.0, 1.0]]) / width
    return network(A, offset + width * np.array([1.0, 0.0, -1.0]), U, c=[random.integers(-1, 2)])
