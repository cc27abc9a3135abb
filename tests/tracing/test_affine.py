"""Affine tensors have columns of the variables that they may read, and of no others."""

import numpy as np
import pytest

from relurules.errors import ModelError
from relurules.tracing import affine
from relurules.tracing.affine import (
    AffineTensor,
    Basis,
    add_weighted,
    apply_affine,
    join_spans,
    make_constant_tensor,
)

RELU = np.zeros(())
RANDOM = np.random.default_rng(0)
WEIGHTS = RANDOM.normal(size=(3, 4))


def multiply(tensor: AffineTensor, weights: np.ndarray) -> AffineTensor:
    found: AffineTensor = apply_affine([tensor], lambda t: t @ weights, lambda t: t @ weights)
    return found


def test_columns_start_anew_behind_an_activation() -> None:
    """A layer's columns are of the layer before it, and of it alone."""
    basis = Basis(3)
    x = basis.make_input((3,))
    first = basis.activate(multiply(x, WEIGHTS), RELU, "a")
    second = basis.activate(multiply(first, WEIGHTS.T), RELU, "b")
    assert first.span == multiply(first, WEIGHTS.T).span == range(3, 7)
    assert second.span == range(7, 10)
    assert np.array_equal(basis.forms[1].weights, WEIGHTS)
    assert basis.forms[1].first == 3


def test_sums_have_columns_of_both() -> None:
    """Those of variables between them are zeros; a constant has none."""
    basis = Basis(3)
    x = basis.make_input((3,))
    layer = basis.activate(basis.activate(x, RELU, "a"), RELU, "b")
    total = add_weighted(
        (2.0, x), (-1.0, layer), (1.0, np.ones(3)), (1.0, make_constant_tensor(x.constant))
    )
    assert total.span == join_spans([x, layer, 1.0, None]) == range(9)
    assert np.array_equal(total.columns, np.vstack([2 * np.eye(3), np.zeros((3, 3)), -np.eye(3)]))
    joined = apply_affine([x, layer], *[lambda s, t: np.concatenate([s, t], axis=1)] * 2)
    assert np.array_equal(joined.columns[:, :3], total.columns.clip(0) / 2)
    assert np.array_equal(joined.columns[:, 3:], -total.columns.clip(None, 0))


def test_what_an_activation_leaves_alone_keeps_its_columns() -> None:
    """Entries of slope 1 are as they were, so that the span begins where theirs does."""
    basis = Basis(4)
    x = basis.make_input((2,), first=1)
    found = basis.activate(x, np.array([0.0, 1.0]), "a")
    assert found.span == range(1, 5)
    assert np.array_equal(found.columns, [[0, 0], [0, 1], [0, 0], [1, 0]])
    assert (len(basis.neurons), basis.identities) == (1, 1)


def test_constants_have_no_columns_whatever_is_done_to_them() -> None:
    constant = make_constant_tensor(np.array([1.0, 2.0, 3.0]))
    moved = multiply(constant, WEIGHTS)
    assert np.array_equal(moved.constant, constant.constant @ WEIGHTS)
    assert moved.columns.shape == (0, 4)
    halves = apply_affine([constant], *[lambda t: (t[:, :1], t[:, 1:])] * 2)
    assert [half.columns.shape for half in halves] == [(0, 1), (0, 2)]


def test_networks_are_made_of_spans_with_inputs_between_neurons() -> None:
    """An input that is added behind neurons stands among the inputs, and the network computes what
    the layers do.
    """
    basis = Basis(2)
    x = basis.make_input((2,))
    first = basis.activate(add_weighted((1.0, x), (1.0, np.array([0.5, -0.5]))), RELU, "a")
    late = basis.make_input((1,), first=basis.add_input())
    joined = apply_affine([first, late], *[lambda s, t: np.concatenate([s, t], axis=1)] * 2)
    second = basis.activate(multiply(joined, WEIGHTS), np.array(0.25), "b")
    output = add_weighted((1.0, multiply(second, WEIGHTS.T)), (-1.0, joined))
    network = basis.network([output, late])

    rows = RANDOM.normal(size=(20, 3))
    hidden = np.hstack([np.maximum(rows[:, :2] + [0.5, -0.5], 0), rows[:, 2:]])
    bent = hidden @ WEIGHTS
    expected = np.where(bent > 0, bent, bent / 4) @ WEIGHTS.T - hidden
    assert np.allclose(network.evaluate(rows), np.hstack([expected, rows[:, 2:]]))
    assert [str(neuron) for neuron in network.neurons[:2]] == [
        "neuron 0 of layer a",
        "neuron 1 of layer a",
    ]
    assert not network.L.flags.writeable


def test_an_activation_of_too_many_numbers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that it leaves alone have columns too, and count."""
    basis = Basis(3)
    wide = multiply(basis.make_input((3,)), np.ones((3, 100)))
    slopes = np.ones(100)
    slopes[0] = 0.0
    monkeypatch.setattr(affine, "LARGEST", 399)
    with pytest.raises(ModelError, match=r"layer 'a': its result of shape \(100,\) .* 400 numbers"):
        basis.activate(wide, slopes, "a")
    assert not basis.neurons
