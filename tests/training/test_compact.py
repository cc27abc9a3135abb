"""Networks whose numbers are trained: the same function, however it is written."""

import numpy as np
import pytest
from handmade import network, random_network
from hypothesis import given, settings
from hypothesis import strategies as st
from training_problems import random_compact

from relurules.ir import Network
from relurules.training.relu_parameters import (
    PARAMETER_ARRAYS,
    ReluParameters,
    compute_depths,
    get_parameters,
    pull_back_derivatives,
    remove_neurons,
    rescale_network,
    run_forward,
    to_network,
    to_relu_parameters,
    with_parameters,
)
from relurules.training.targets import Standardisation, fit_standardisation
from relurules.training.task import Rows

SLOPES = (0.0, 0.25, 1.0, -1.0, 1.5)
seeds = st.integers(0, 2**32 - 1)
X = np.random.default_rng(0).normal(size=(50, 3)) * 2


@st.composite
def networks(draw: st.DrawFn) -> Network:
    return random_network(draw(seeds), 3, draw(st.integers(1, 7)), draw(st.integers(1, 3)), SLOPES)


def close(one: np.ndarray, other: np.ndarray, net: Network) -> bool:
    return bool((np.abs(one - other) <= 1e-12 * 5.0 ** len(net) * (1 + net.magnitude(X))).all())


@settings(max_examples=50)
@given(networks(), st.booleans())
def test_any_slopes_become_relus_of_the_same_function(net: Network, dense: bool) -> None:
    compact = to_relu_parameters(net, dense=dense)
    assert close(run_forward(compact, X).F, net.evaluate(X), net)
    assert np.allclose(run_forward(compact, X).Z, net.preactivations(X), rtol=1e-9, atol=1e-9)
    back = to_network(compact)
    assert close(back.evaluate(X), net.evaluate(X), net)
    assert not back.slope.any()
    assert len(back) == len(compact) == len(net)


@settings(max_examples=50)
@given(networks(), st.booleans())
def test_nothing_is_there_that_may_not_be_trained(net: Network, dense: bool) -> None:
    compact = to_relu_parameters(net, dense=dense)
    for name, mask in zip(PARAMETER_ARRAYS, compact.masks, strict=True):
        assert not getattr(compact, name)[~mask].any()
    assert not np.triu(compact.free[1]).any()
    if dense:
        assert compact.free[0].all()
        assert compact.free[2].all()
        depth = compute_depths(compact.L != 0)
        assert (compact.free[1] == np.tril(depth[:, None] > depth)).all()


@settings(max_examples=50)
@given(networks(), st.booleans())
def test_a_network_of_relus_is_taken_as_it_is(net: Network, dense: bool) -> None:
    compact = to_relu_parameters(net, dense=dense)
    again = to_relu_parameters(to_network(compact), dense=False)
    for name in PARAMETER_ARRAYS:
        np.testing.assert_array_equal(getattr(again, name), getattr(compact, name))


@settings(max_examples=50)
@given(networks(), st.booleans(), seeds)
def test_parameters_go_out_and_in(net: Network, dense: bool, seed: int) -> None:
    compact = to_relu_parameters(net, dense=dense)
    same = with_parameters(compact, get_parameters(compact))
    for name in PARAMETER_ARRAYS:
        np.testing.assert_array_equal(getattr(same, name), getattr(compact, name))
    values = np.random.default_rng(seed).normal(size=len(get_parameters(compact)))
    other = with_parameters(compact, values)
    np.testing.assert_array_equal(get_parameters(other), values)
    assert np.allclose(to_network(other).evaluate(X), run_forward(other, X).F, rtol=1e-9, atol=1e-6)
    for name, mask in zip(PARAMETER_ARRAYS, other.masks, strict=True):
        assert not getattr(other, name)[~mask].any()


@settings(max_examples=50)
@given(networks(), st.booleans())
def test_levels_hold_every_neuron_once_after_what_it_reads(net: Network, dense: bool) -> None:
    compact = to_relu_parameters(net, dense=dense)
    order = [int(k) for level in compact.levels for k in level]
    assert sorted(order) == list(range(len(net)))
    place = {k: i for i, level in enumerate(compact.levels) for k in level.tolist()}
    assert all(place[k] > place[j] for k, j in zip(*np.nonzero(compact.free[1]), strict=True))


@settings(max_examples=50)
@given(seeds, st.sets(st.integers(0, 5)), st.booleans(), st.booleans())
def test_neurons_that_never_change_sign_go_without_a_change(
    seed: int, gone: set[int], dense: bool, backwards: bool
) -> None:
    net = random_network(seed, 3, 6, 2, (0.0,))
    sign = np.random.default_rng(seed).choice([-1.0, 1.0], size=6)
    b = net.b.copy()
    for k in sorted(gone):  # in order: the biases move what later neurons read
        now = Network(net.A, net.L, b, net.C, net.U, net.c, net.slope, net.neurons)
        b[k] += sign[k] * (np.abs(now.preactivations(X)[:, k]).max() + 1.0)
    net = Network(net.A, net.L, b, net.C, net.U, net.c, net.slope, net.neurons)
    compact = to_relu_parameters(net, dense=dense)
    order = sorted(gone, reverse=backwards)
    left = remove_neurons(compact, order, (sign > 0).astype(float), np.zeros(6))
    assert len(left) == 6 - len(gone)
    assert np.allclose(run_forward(left, X).F, net.evaluate(X), rtol=1e-9, atol=1e-8)
    for name, mask in zip(PARAMETER_ARRAYS, left.masks, strict=True):
        assert not getattr(left, name)[~mask].any()


@settings(max_examples=50)
@given(seeds, st.integers(0, 4), st.floats(-2, 2), st.floats(-2, 2))
def test_a_stand_in_takes_the_place_of_its_neuron(
    seed: int, k: int, factor: float, constant: float
) -> None:
    net = random_network(seed, 3, 5, 2, (0.0,))
    left = remove_neurons(
        to_relu_parameters(net, dense=True), [k], np.full(5, factor), np.full(5, constant)
    )
    active = np.zeros((len(X), 5))
    for i in range(5):
        z = X @ net.A[i] + active @ net.L[i] + net.b[i]
        active[:, i] = factor * z + constant if i == k else np.maximum(z, 0.0)
    assert np.allclose(
        run_forward(left, X).F, X @ net.C.T + active @ net.U.T + net.c, rtol=1e-9, atol=1e-9
    )


@settings(max_examples=50)
@given(networks(), seeds)
def test_rescaled_networks_are_the_same_in_other_coordinates(net: Network, seed: int) -> None:
    random, m, compact = (
        np.random.default_rng(seed),
        len(net.c),
        to_relu_parameters(net, dense=True),
    )
    shift, scale = random.normal(size=3), random.uniform(0.1, 9.0, 3)
    low, high = random.normal(size=m), random.uniform(0.1, 9.0, m)
    other = rescale_network(compact, (shift, scale), (low, high))
    expected = run_forward(compact, (X - shift) / scale).F * high + low
    assert np.allclose(run_forward(other, X).F, expected, rtol=1e-9, atol=1e-8)


@settings(max_examples=50)
@given(networks(), seeds, st.booleans())
def test_standardised_networks_are_restored(net: Network, seed: int, dense: bool) -> None:
    random, m = np.random.default_rng(seed), len(net.c)
    rows = Rows(
        random.normal(size=(30, 3)) * [1, 100, 1e-3] + 5,
        random.normal(size=(30, m)) * 10 + 3,
        np.ones(30),
    )
    scale = fit_standardisation(rows, numbers=True)
    compact = scale.standardised(net, dense=dense)
    scaled = scale.rows(rows)
    assert np.allclose(scaled.X.mean(axis=0), 0, atol=1e-9)
    assert np.allclose(scaled.Y.std(axis=0), 1)
    expected = (net.evaluate(rows.X) - scale.low) / scale.high
    assert np.allclose(
        run_forward(compact, scaled.X).F,
        expected,
        rtol=1e-8,
        atol=1e-8 * np.abs(net.magnitude(rows.X)).max(),
    )
    again = to_network(scale.restored(compact)).evaluate(rows.X)
    assert np.allclose(
        again, net.evaluate(rows.X), rtol=1e-8, atol=1e-9 * net.magnitude(rows.X).max()
    )


def test_a_constant_column_is_only_shifted() -> None:
    rows = Rows(np.full((5, 1), 0.1), np.full((5, 1), 7.0), np.ones(5))
    scale = fit_standardisation(rows, numbers=True)
    assert scale.scale.tolist() == scale.high.tolist() == [1.0]
    assert np.abs(scale.rows(rows).X).max() < 1e-15
    assert isinstance(scale, Standardisation)


@pytest.mark.parametrize("dense", [False, True])
def test_no_neurons(dense: bool) -> None:
    net = network(
        np.zeros((0, 3)), np.zeros(0), np.zeros((2, 0)), C=[[1, 2, 3], [0, 0, 1]], c=[1, 2]
    )
    compact = to_relu_parameters(net, dense=dense)
    assert len(compact) == 0
    assert compact.levels == ()
    np.testing.assert_allclose(run_forward(compact, X).F, net.evaluate(X))
    assert pull_back_derivatives(compact, run_forward(compact, X).Z, np.ones((50, 2)))[0].shape == (
        50,
        0,
    )


def test_the_last_neuron_can_go() -> None:
    compact = random_compact(3, K=1)
    left = remove_neurons(compact, [0], np.array([0.5]), np.array([0.25]))
    assert isinstance(left, ReluParameters)
    z = run_forward(compact, X).Z
    np.testing.assert_allclose(
        run_forward(left, X).F,
        X @ compact.C.T + (0.5 * z + 0.25) @ compact.U.T + compact.c,
        rtol=1e-9,
        atol=1e-9,
    )
