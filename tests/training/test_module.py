"""Torch modules of networks: the same function, exported and traced."""

import numpy as np
import pytest
import torch
from handmade import graph, network, random_network
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.errors import UnsupportedError
from relurules.ir import Graph, Head
from relurules.training.relu_parameters import to_network, to_relu_parameters
from relurules.training.torch_module import LinearizedNetwork

seeds = st.integers(0, 2**32 - 1)
HEADS: dict[str, tuple[Head, ...]] = {
    "scores": (),
    "two of three": (Head("identity", (2,)), Head("identity", (0,))),
    "sigmoid": tuple(Head("sigmoid", (i,)) for i in range(3)),
    "both classes": (Head("complement", (1,)), Head("sigmoid", (1,))),
    "exp": (Head("exp", (0,)), Head("expm1", (1,))),
    "softmax": tuple(Head("softmax", (0, 1, 2), i) for i in range(3)),
    "log_softmax": tuple(Head("log_softmax", (2, 0, 1), i) for i in (1, 2)),
}


def linearized(seed: int, heads: str, K: int = 5) -> Graph:
    net = to_network(to_relu_parameters(random_network(seed, 3, K, 3), dense=True))
    return graph(net, heads=HEADS[heads])


def run(module: torch.nn.Module, X: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return module(torch.from_numpy(X)).numpy()


@pytest.mark.parametrize("heads", HEADS)
@settings(max_examples=20)
@given(seed=seeds, K=st.integers(0, 6))
def test_the_module_is_the_graph(heads: str, seed: int, K: int) -> None:
    traced = linearized(seed, heads, K)
    X = np.random.default_rng(seed).normal(size=(20, 3))
    expected = traced.evaluate(X)
    assert np.allclose(run(LinearizedNetwork(traced), X), expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("heads", HEADS)
@pytest.mark.parametrize("K", [0, 4])
def test_it_is_exported_and_traced(heads: str, K: int) -> None:
    traced = linearized(1, heads, K)
    X = np.random.default_rng(1).normal(size=(20, 3))
    module = LinearizedNetwork(traced).eval()
    rows = torch.export.Dim("rows")
    exported = torch.export.export(module, (torch.from_numpy(X),), dynamic_shapes=({0: rows},))
    for model in (module, exported):
        again = rr.trace(model)
        assert np.allclose(again.evaluate(X), traced.evaluate(X), rtol=1e-11, atol=1e-11)
        assert len(again.network) == K


def test_neurons_out_of_the_order_of_their_levels() -> None:
    net = network(
        [[1, 0], [0, 1], [1, 1]], [0, 0.5, 0], [[1, 2, 3]], L=[[0, 0, 0], [2, 0, 0], [0, 0, 0]]
    )
    assert [level.tolist() for level in net.levels] == [[0, 2], [1]]
    X = np.random.default_rng(0).normal(size=(20, 2))
    np.testing.assert_allclose(run(LinearizedNetwork(graph(net)), X), net.evaluate(X), atol=1e-14)


def test_it_can_be_trained_on() -> None:
    module = LinearizedNetwork(linearized(3, "scores"))
    module(torch.ones(2, 3, dtype=torch.float64)).sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


def test_a_link_without_an_operator_is_named() -> None:
    net = random_network(0, 3, 2, 3)
    with pytest.raises(UnsupportedError, match="ends in argmax; supported: identity, sigmoid"):
        LinearizedNetwork(graph(net, heads=(Head("argmax", (0, 1, 2)),)))
