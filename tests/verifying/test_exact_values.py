"""Exact scores against Python's own fractions, term by term."""

from fractions import Fraction

import numpy as np
import pytest
from handmade import Array, network, random_network

from relurules.ir import Network
from relurules.verifying.exact_network import ExactNetwork


def by_fractions(net: Network, row: Array) -> list[Fraction]:
    """The definition of a canonical network, in fractions."""
    x = [Fraction(value) for value in row.tolist()]
    active: list[Fraction] = []
    for k in range(len(net)):
        z = Fraction(float(net.b[k])) + sum(
            Fraction(float(w)) * v for w, v in zip(net.A[k], x, strict=True)
        )
        z += sum(Fraction(float(w)) * v for w, v in zip(net.L[k, :k], active, strict=True))
        active.append(max(z, Fraction(0)) + Fraction(float(net.slope[k])) * min(z, Fraction(0)))
    return [
        Fraction(float(net.c[o]))
        + sum(Fraction(float(w)) * v for w, v in zip(net.C[o], x, strict=True))
        + sum(Fraction(float(w)) * v for w, v in zip(net.U[o], active, strict=True))
        for o in range(len(net.c))
    ]


@pytest.mark.parametrize("seed", range(20))
def test_as_fractions_have_it(seed: int) -> None:
    net = random_network(seed, d=3, K=7)
    rng = np.random.default_rng(seed)
    exact = ExactNetwork(net)
    for row in rng.normal(size=(5, 3)) * 10.0 ** rng.integers(-300, 300, (5, 3)):
        assert list(exact.scores(row)) == by_fractions(net, row)


def test_nothing_is_rounded() -> None:
    """1e300 + 1e-300 - 1e300 is 1e-300, and zeros and negative zeros are 0."""
    net = network([[1e300, 1e-300], [1e300, 0]], [0.0, -0.0], [[1, -1]])
    exact = ExactNetwork(net)
    assert exact.scores(np.array([1.0, 1.0])) == (Fraction(1e-300),)
    assert exact.scores(np.array([-0.0, 0.0])) == (Fraction(0),)


def test_without_neurons_and_columns() -> None:
    net = network(np.empty((0, 2)), [], np.empty((1, 0)), C=[[0.1, 0.2]], c=[0.3])
    row = np.array([3.0, -7.0])
    assert ExactNetwork(net).scores(row) == (Fraction(0.1) * 3 - Fraction(0.2) * 7 + Fraction(0.3),)
