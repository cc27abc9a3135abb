"""Neurons that read one another are one group, whoever reads whom; the others stand alone."""

import numpy as np
from handmade import network

from relurules.networks.groups import split_into_groups


def test_a_chain_is_one_group_and_the_rest_stand_alone() -> None:
    L = np.zeros((5, 5))
    L[3, 0], L[4, 3] = 1.0, -2.0
    net = network(
        np.arange(10.0).reshape(5, 2), np.arange(5.0), np.ones((1, 5)), L=L, c=np.array([7.0])
    )
    found = split_into_groups(net)
    assert found.hinges.tolist() == [1, 2]
    (group,) = found.groups
    assert group.A.tolist() == net.A[[0, 3, 4]].tolist()
    assert group.L.tolist() == [[0, 0, 0], [1, 0, 0], [0, -2, 0]]
    assert group.c.tolist() == [0.0]


def test_two_groups_and_what_stands_alone_sum_to_the_network() -> None:
    rng = np.random.default_rng(0)
    L = np.zeros((6, 6))
    L[3, 1], L[5, 2], L[5, 0] = 1.5, 1.0, -1.0
    net = network(
        rng.normal(size=(6, 3)), rng.normal(size=6), rng.normal(size=(2, 6)), L=L,
        C=rng.normal(size=(2, 3)), c=rng.normal(size=2), slope=rng.normal(size=6),
    )  # fmt: skip
    found = split_into_groups(net)
    assert [len(group) for group in found.groups] == [3, 2]
    X = rng.normal(size=(50, 3))
    z = net.preactivations(X)[:, found.hinges]
    alone = np.where(z >= 0, z, net.slope[found.hinges] * z) @ net.U[:, found.hinges].T
    total = X @ net.C.T + net.c + alone + sum(group.evaluate(X) for group in found.groups)
    assert np.allclose(total, net.evaluate(X), atol=1e-12)


def test_no_neurons_are_no_groups() -> None:
    net = network(np.zeros((0, 2)), np.zeros(0), np.zeros((1, 0)), C=np.ones((1, 2)))
    found = split_into_groups(net)
    assert len(found.hinges) == 0
    assert found.groups == ()
