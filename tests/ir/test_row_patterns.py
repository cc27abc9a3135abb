"""Affine maps of many patterns at once, against the network's own, one by one."""

import numpy as np
import pytest
from handmade import network, random_network
from hypothesis import given
from hypothesis import strategies as st

from relurules.ir import Network, Reached
from relurules.ir.layers import split_into_layers
from relurules.ir.row_patterns import compute_affine_maps


def some_patterns(net: Network, count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice(
        np.array([-1, 1], dtype=np.int8), size=(count, len(net))
    )


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 12), st.integers(1, 9))
def test_maps_are_those_of_the_network(seed: int, d: int, K: int, m: int) -> None:
    net = random_network(seed, d, K, m)
    patterns = some_patterns(net, 7, seed)
    weights, constants = compute_affine_maps(net, patterns)
    for i, pattern in enumerate(patterns):
        one = net.affine_map(pattern)
        scale = 1 + np.abs(one.weights).max() + np.abs(one.constants).max()
        assert weights[i] == pytest.approx(one.weights, rel=1e-9, abs=1e-9 * scale)
        assert constants[i] == pytest.approx(one.constants, rel=1e-9, abs=1e-9 * scale)


def test_more_patterns_than_one_block_holds() -> None:
    net = random_network(1, 3, 70)
    patterns = some_patterns(net, 3000)
    weights, constants = compute_affine_maps(net, patterns)
    for i in (0, 1, 935, 936, 937, 1871, 1872, 2998, 2999):
        one = net.affine_map(patterns[i])
        assert weights[i] == pytest.approx(
            one.weights, rel=1e-9, abs=1e-9 * np.abs(one.weights).max()
        )
        assert constants[i] == pytest.approx(
            one.constants, rel=1e-9, abs=1e-9 * np.abs(one.weights).max()
        )


@pytest.mark.parametrize("slope", [0.0, -1.0, 0.1, 3.0])
def test_a_slope_is_used_as_it_is(slope: float) -> None:
    net = network([[1.0]], [0.5], [[1.0]], slope=slope)
    weights, constants = compute_affine_maps(net, np.array([[1], [-1]], dtype=np.int8))
    assert weights.tolist() == [[[1.0]], [[slope]]]
    assert constants.tolist() == [[0.5], [0.5 * slope]]


def test_network_without_neurons() -> None:
    net = network(np.empty((0, 2)), [], np.empty((1, 0)), C=[[2, 3]], c=[1])
    weights, constants = compute_affine_maps(net, np.empty((4, 0), dtype=np.int8))
    assert weights.tolist() == [[[2.0, 3.0]]] * 4
    assert constants.tolist() == [[1.0]] * 4


def test_no_patterns() -> None:
    weights, constants = compute_affine_maps(
        random_network(0, 3, 5, 2), np.empty((0, 5), dtype=np.int8)
    )
    assert weights.shape == (0, 2, 3)
    assert constants.shape == (0, 2)


@pytest.mark.parametrize("seed", range(6))
def test_layers_are_the_levels_as_blocks(seed: int) -> None:
    net = random_network(seed, K=9)
    order, layers = split_into_layers(net)
    assert sorted(order.tolist()) == list(range(9))
    L = np.zeros((9, 9))
    for level, layer in zip(net.levels, layers, strict=True):
        assert order[layer.at].tolist() == level.tolist()
        assert layer.reads.stop <= layer.at.start or layer.reads == slice(0, 0)
        L[layer.at, layer.reads] = layer.weights
    assert np.array_equal(L, net.L[np.ix_(order, order)])


def found() -> Reached:
    net = network([[1.0], [-1.0]], [0.0, 0.5], [[1.0, 1.0]])
    patterns = np.array([[1, -1], [-1, 1], [1, 1]], dtype=np.int8)
    counts, first = np.array([5, 2, 1]), np.array([1, 0, 6])
    return Reached(
        net, patterns, counts, first, np.array([[1.0], [-1.0], [0.25]]), rows=10, outside=2
    )


def test_shares_and_part_of_the_maps() -> None:
    reached = found()
    assert len(reached) == 3
    assert reached.shares.tolist() == [0.5, 0.2, 0.1]
    weights, constants = reached.maps(1)
    assert weights.tolist() == [[[-1.0]], [[0.0]]]
    assert constants.tolist() == [[0.5], [0.5]]
    assert reached.maps(0, 1).weights.tolist() == [[[1.0]]]


@pytest.mark.parametrize("name", ["patterns", "counts", "first", "points"])
def test_arrays_are_read_only(name: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        getattr(found(), name)[...] = 1
