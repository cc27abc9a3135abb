"""Neurons that cancel once others are told by one sign: what is computed from the source agrees."""

import numpy as np
import pytest
from handmade import graph

import relurules as rr
from relurules.ir import Network, Neuron


def make_cancelling() -> Network:
    """s = a - b + c; neurons s and -s are parallel, so -relu(s) + relu(-s) - 1 is linear, and what
    reads it depends on the sign of s.
    """
    L = np.zeros((5, 5))
    L[2, 0], L[3, :2], L[4, [0, 2, 3]] = -2.0, [-1.0, 1.0], [4.0, -1.0, -1.0]
    return Network(
        A=np.array([[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0], *np.zeros((3, 3))]),
        L=L,
        b=np.array([0.0, 0.0, 1.0, -1.0, 0.0]),
        C=np.zeros((2, 3)),
        U=np.array([[0.0, 0.0, 0.0, 0.0, -1.0], [0.0, 0.0, 0.0, 1.0, 1.0]]),
        c=np.zeros(2),
        slope=np.array([0.0, 0.0, -1.0, -1.0, -0.5]),
        neurons=tuple(Neuron("by hand", k) for k in range(5)),
    )


@pytest.mark.parametrize("solver", ["compiled", "highs"])
def test_splits_are_those_of_the_source(solver: str) -> None:
    net = make_cancelling()
    domain = rr.Domain.box([-1] * 3, [1] * 3)
    rules = rr.extract(graph(net), domain=domain, solver=solver)
    X = np.random.default_rng(0).uniform(-1, 1, (4000, 3))
    assert np.abs(rules.predict(X) - net.evaluate(X)).max() < 1e-12
    for rule in rules:
        for condition in rule.conditions:
            assert condition.half_space.normal.any()
            assert np.isfinite(condition.half_space.normal).all()
