"""Bounds of the neurons' arguments hold on every row of the domain."""

import numpy as np
import pytest
from handmade import network, random_network, rows_in

import relurules as rr
from relurules.networks.bounds import bound_preactivations

BOX = rr.Domain.box([-1, 0, -3], [2, 0.5, 1])
CUT = BOX.where("x0 + x1 + x2 <= 0").where("x0 >= x2")
BELOW, ABOVE = (0.0, 0.25, -1.0, 0.9), (1.5, 3.0, 1.01)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(
    "slopes", [BELOW, ABOVE, BELOW + ABOVE], ids=["below 1", "above 1", "mixed"]
)
@pytest.mark.parametrize("domain", [BOX, CUT], ids=["box", "cut"])
@pytest.mark.parametrize("seed", range(3))
def test_bounds_hold(seed: int, domain: rr.Domain, slopes: tuple[float, ...], exact: bool) -> None:
    net = random_network(seed, d=3, K=7, slopes=slopes)
    bounds = bound_preactivations(net, domain, exact=exact)
    z = net.preactivations(rows_in(domain, 2000, seed))
    assert (bounds[:, 0] <= z.min(axis=0)).all()
    assert (z.max(axis=0) <= bounds[:, 1]).all()


def test_intervals_of_one_layer_are_tight() -> None:
    net = network([[1, -2, 0.5], [0, 0, 0]], [1, -3], [[1, 1]])
    bounds = bound_preactivations(net, BOX)
    assert bounds[0].tolist() == pytest.approx([-1 - 1 - 1.5 + 1, 2 + 0.5 + 1])
    assert bounds[1].tolist() == pytest.approx([-3, -3])


@pytest.mark.parametrize(
    ("slope", "low", "high"), [(0.0, 0, 4), (0.25, -1, 4), (-1.0, 0, 4), (1.5, -6, 4), (-2.0, 0, 8)]
)
def test_intervals_through_a_prelu(slope: float, low: float, high: float) -> None:
    net = network([[1], [0]], [0, 10], [[0, 1]], L=[[0, 0], [1, 0]], slope=[slope, 0])
    bounds = bound_preactivations(net, rr.Domain.box([-4], [4]))
    assert bounds[1].tolist() == pytest.approx([10 + low, 10 + high])


def test_exact_bounds_see_what_intervals_cannot() -> None:
    # z1 = relu(x) - relu(x) + x0 - 1 through two equal neurons: intervals lose their relation, the
    # hulls of one don't
    net = network([[1, 1], [1, 1]], [0, 0.5], [[1, 1]], L=[[0, 0], [0, 0]])
    domain = rr.Domain.box([-1, -1], [1, 1]).where("x0 + x1 <= -0.5")
    assert bound_preactivations(net, domain)[:, 1] == pytest.approx([2, 2.5])
    assert bound_preactivations(net, domain, exact=True)[:, 1] == pytest.approx(
        [-0.5, 0.0], abs=1e-6
    )


def test_exact_bounds_are_no_wider() -> None:
    for seed in range(5):
        net = random_network(seed, d=3, K=6)
        wide, tight = bound_preactivations(net, CUT), bound_preactivations(net, CUT, exact=True)
        assert (tight[:, 0] >= wide[:, 0]).all()
        assert (tight[:, 1] <= wide[:, 1]).all()


@pytest.mark.parametrize("exact", [False, True])
def test_unbounded_columns(exact: bool) -> None:
    net = network(
        [[1, 0], [0, 1], [0, 0]],
        [1, 1, 0],
        [[1, 1, 1]],
        L=[[0, 0, 0], [0, 0, 0], [1, -1, 0]],
        slope=-1.0,
    )
    domain = rr.Domain.box([0, -np.inf], [np.inf, 3])
    bounds = bound_preactivations(net, domain, exact=exact)
    assert bounds[0, 0] == pytest.approx(1)
    assert bounds[0, 1] == np.inf
    assert bounds[1, 0] == -np.inf
    assert bounds[1, 1] == pytest.approx(4)
    assert bounds[2].tolist() == [-np.inf, np.inf]


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_bounds_hold_at_any_scale(scale: float) -> None:
    for seed in range(4):
        net = random_network(seed, d=2, K=6)
        domain = rr.Domain.box([-scale, 0], [scale, 2 * scale]).where("x0 <= x1")
        z = net.preactivations(rows_in(domain, 500))
        bounds = bound_preactivations(net, domain, exact=True)
        assert (bounds[:, 0] <= z.min(axis=0)).all()
        assert (z.max(axis=0) <= bounds[:, 1]).all()
