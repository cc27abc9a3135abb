"""The canonical form, against a loop over its terms."""

import numpy as np
import pytest
from handmade import by_hand, graph, network, random_network

from relurules.errors import DataError
from relurules.ir import Neuron

SEEDS = range(6)


@pytest.mark.parametrize("seed", SEEDS)
def test_evaluate_is_the_sum_of_its_terms(seed: int) -> None:
    net = random_network(seed, d=3, K=8)
    X = np.random.default_rng(seed).normal(size=(20, 3)) * 3
    z, y = zip(*(by_hand(net, row) for row in X.tolist()), strict=True)
    assert net.preactivations(X) == pytest.approx(np.array(z), rel=1e-12, abs=1e-12)
    assert net.evaluate(X) == pytest.approx(np.array(y), rel=1e-12, abs=1e-12)
    assert np.array_equal(graph(net).evaluate(X), net.evaluate(X))


@pytest.mark.parametrize("seed", SEEDS)
def test_affine_map_is_the_network_wherever_the_pattern_holds(seed: int) -> None:
    net = random_network(seed, d=3, K=8)
    for row in np.random.default_rng(seed).normal(size=(20, 3)).tolist():
        z, y = by_hand(net, row)
        weights, constants = net.affine_map(np.where(np.array(z) >= 0, 1, -1).astype(np.int8))
        assert weights @ row + constants == pytest.approx(np.array(y), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_magnitude_is_at_least_every_value(seed: int) -> None:
    net = random_network(seed, d=3, K=8)
    X = np.random.default_rng(seed).normal(size=(200, 3)) * 100
    assert (net.magnitude(X) >= np.abs(net.evaluate(X))).all()


def test_magnitude_by_hand() -> None:
    # x = -1: |z0| <= 2 + 3, |z1| <= 5 + 1, phi(z1) <= 2 * 6, |y| <= 5 * 12 + 1 + 1
    net = network(
        [[2], [0]], [-3, 1], [[0, 5]], L=[[0, 0], [-1, 0]], C=[[-1]], c=[1], slope=[1, -2]
    )
    assert net.magnitude(np.array([[-1.0]])).tolist() == [[62.0]]


def test_levels_read_only_earlier_levels() -> None:
    L = np.zeros((5, 5))
    L[2, 0] = L[3, 2] = L[4, 1] = 1.0
    net = network(np.ones((5, 1)), np.zeros(5), np.ones((1, 5)), L=L)
    assert [level.tolist() for level in net.levels] == [[0, 1], [2, 4], [3]]


@pytest.mark.parametrize("seed", SEEDS)
def test_levels_hold_every_neuron_once(seed: int) -> None:
    net = random_network(seed, K=9)
    assert sorted(np.concatenate(net.levels).tolist()) == list(range(9))
    for level in net.levels:
        assert not net.L[np.ix_(level, level)].any()


def test_network_without_neurons() -> None:
    net = network(np.empty((0, 2)), [], np.empty((1, 0)), C=[[2, 3]], c=[1])
    assert len(net) == 0
    assert net.levels == ()
    assert net.evaluate([[1, 1], [0, 0]]).tolist() == [[6.0], [1.0]]
    assert net.affine_map(np.empty(0, np.int8)).weights.tolist() == [[2.0, 3.0]]


@pytest.mark.parametrize("name", ["A", "L", "b", "C", "U", "c", "slope"])
def test_arrays_are_read_only_copies(name: str) -> None:
    net = network([[1.0]], [0.0], [[1.0]])
    with pytest.raises(ValueError, match="read-only"):
        getattr(net, name)[...] = 7.0


def test_changing_the_array_it_came_from_changes_nothing() -> None:
    A = np.array([[1.0]])
    net = network(A, [0.0], [[1.0]])
    A[0, 0] = 5.0
    assert net.evaluate([[2.0]]).tolist() == [[2.0]]


@pytest.mark.parametrize("X", [np.zeros(2), np.zeros((3, 1)), np.zeros((1, 1, 2))])
def test_wrong_shape_is_refused(X: np.ndarray) -> None:
    net = network([[1, 1]], [0], [[1]])
    for function in (net.evaluate, net.magnitude):
        with pytest.raises(DataError, match=r"shape \(rows, 2\), found shape"):
            function(X)


def test_neuron_says_where_it_stands() -> None:
    assert str(Neuron("features.2", 7)) == "neuron 7 of layer features.2"
