"""Forms and maps of regions, every coefficient right to its own last digit, against fractions."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from handmade import network

import relurules as rr
from relurules.ir import Network
from relurules.ir.compensated_forms import (
    compute_accurate_forms,
    compute_accurate_maps,
    compute_accurate_rows,
)
from relurules.ir.exact_forms import scale_to_integers
from relurules.networks.collapse import collapse

Draw = Callable[
    [np.random.Generator, tuple[int, ...]], "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"
]

DRAWS: dict[str, Draw] = {
    "general": lambda random, shape: random.normal(size=shape),
    "integers": lambda random, shape: random.integers(-3, 4, shape).astype(float),
    "any magnitude": lambda random, shape: (
        random.normal(size=shape) * 10.0 ** random.integers(-30, 31, shape)
    ),
    "tenths": lambda random, shape: np.round(random.normal(size=shape), 1),
}


def drawn(kind: str, seed: int) -> tuple[Network, "np.ndarray[tuple[int, ...], np.dtype[np.int8]]"]:
    random = np.random.default_rng([seed, len(kind)])
    K, d, m = int(random.integers(1, 9)), int(random.integers(1, 4)), int(random.integers(1, 3))
    draw = DRAWS[kind]
    net = network(
        draw(random, (K, d)),
        draw(random, (K,)),
        draw(random, (m, K)),
        L=np.tril(draw(random, (K, K)), -1),
        C=draw(random, (m, d)),
        c=draw(random, (m,)),
        slope=random.choice([0.0, 0.25, 1.7, -0.3], K),
    )
    return net, random.choice([-1, 1], (4, K)).astype(np.int8)


def by_fractions(
    net: Network, signs: "np.ndarray[tuple[int, ...], np.dtype[np.int8]]"
) -> list[list[list[Fraction]]]:
    """Forms of the neurons and of the outputs."""
    forms, active = list[list[Fraction]](), list[list[Fraction]]()

    def total(row: list[float], weights: list[float]) -> list[Fraction]:
        terms = [Fraction(value) for value in row]
        for weight, read in zip(weights, active, strict=False):
            terms = [a + Fraction(weight) * b for a, b in zip(terms, read, strict=True)]
        return terms

    for k in range(len(net)):
        forms.append(total([*net.A[k].tolist(), float(net.b[k])], net.L[k, :k].tolist()))
        factor = Fraction(1) if signs[k] > 0 else Fraction(float(net.slope[k]))
        active.append([factor * value for value in forms[-1]])
    outputs = [
        total([*net.C[o].tolist(), float(net.c[o])], net.U[o].tolist()) for o in range(len(net.c))
    ]
    return [forms, outputs]


def assert_rounded(found: float, exact: Fraction) -> None:
    assert abs(Fraction(found) - exact) <= abs(exact) * Fraction(1, 2**52)


@pytest.mark.parametrize("kind", DRAWS)
@pytest.mark.parametrize("seed", range(12))
def test_every_coefficient_is_right_to_its_last_digit(kind: str, seed: int) -> None:
    net, patterns = drawn(kind, seed)
    forms, maps = compute_accurate_forms(net, patterns), compute_accurate_maps(net, patterns)
    for r, signs in enumerate(patterns):
        exact_forms, exact_maps = by_fractions(net, signs)
        found_maps = np.column_stack([maps.weights[r], maps.constants[r]])
        for found, exact in ((forms[r], exact_forms), (found_maps, exact_maps)):
            for row, expected in zip(found.tolist(), exact, strict=True):
                for value, other in zip(row, expected, strict=True):
                    assert_rounded(value, other)


@pytest.mark.parametrize("seed", range(6))
def test_rows_of_single_neurons_are_those_of_all(seed: int) -> None:
    net, patterns = drawn("general", seed)
    neurons = np.arange(len(patterns)) % len(net)
    forms = compute_accurate_forms(net, patterns)
    assert np.array_equal(
        compute_accurate_rows(net, neurons, patterns), forms[np.arange(len(patterns)), neurons]
    )


def test_a_collapsed_network_has_the_maps_of_its_source() -> None:
    # relu(x - .3) - 3 relu(x - .5) + 2 relu(x - .7) with all neurons positive: the slopes cancel
    net = network([[1], [1], [1]], [-0.3, -0.5, -0.7], [[1e9, -3e9, 2e9]])
    small = collapse(net, rr.Domain.box([1], [2])).network
    assert len(small) == 0
    found = small.affine_map(np.empty(0, dtype=np.int8))
    exact = by_fractions(net, np.ones(3, dtype=np.int8))[1][0]
    assert_rounded(float(found.weights[0, 0]), exact[0])
    assert_rounded(float(found.constants[0]), exact[1])


def test_floats_are_binary_fractions() -> None:
    values = np.array([0.1, -3.0, 0.0, 2.0**-1074, 1e300])
    integers, shift = scale_to_integers(values)
    assert [Fraction(int(i), 1 << shift) for i in integers] == [
        Fraction(value) for value in values.tolist()
    ]
