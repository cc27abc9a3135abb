"""Every pass keeps the function, except for linear PReLUs, whose change is bounded."""

import itertools

import numpy as np
import pytest
from handmade import Array, by_hand, graph, network, random_network, rows_in, same_function

import relurules as rr
from relurules.ir import Network
from relurules.networks.bounds import bound_preactivations
from relurules.networks.collapse import collapse, drop_stable_neurons
from relurules.networks.passes import (
    drop_unread_neurons,
    find_stable_signs,
    fold_known_signs,
    merge_parallel,
    replace_linear_prelus,
)
from relurules.partitioning import search_regions
from relurules.partitioning.options import SearchOptions

SLOPES = (0.0, 0.25, -1.0, 1.5)
BOX = rr.Domain.box([-1, -2], [2, 1])
X = rows_in(BOX, 500)


def stack(*nets: Network) -> Network:
    """The neurons of several one-layer networks side by side, their outputs added."""
    return network(
        np.vstack([net.A for net in nets]),
        np.concatenate([net.b for net in nets]),
        np.hstack([net.U for net in nets]),
        C=sum(net.C for net in nets),
        c=sum(net.c for net in nets),
        slope=np.concatenate([net.slope for net in nets]),
    )


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("sign", [1, -1])
def test_neuron_of_fixed_sign_goes(slope: float, sign: int) -> None:
    always = network([[1, 1]], [sign * 10.0], [[2], [-1]], slope=slope)
    net = stack(always, network([[1, -1]], [0], [[1], [1]], slope=slope))
    signs = find_stable_signs(bound_preactivations(net, BOX))
    assert signs.tolist() == [sign, 0]
    smaller = fold_known_signs(net, signs)
    assert len(smaller) == 1
    assert smaller.neurons == net.neurons[1:]
    assert same_function(net, smaller, X)


@pytest.mark.parametrize("seed", range(8))
def test_resolve_folds_neurons_into_later_ones(seed: int) -> None:
    net = random_network(seed, K=7)
    rows = np.array(
        [row for row in X if by_hand(net, row)[0][2] > 0 and by_hand(net, row)[0][4] < 0]
    )
    smaller = fold_known_signs(net, np.array([0, 0, 1, 0, -1, 0, 0], dtype=np.int8))
    assert len(smaller) == 5
    if len(rows):
        assert same_function(net, smaller, rows)


def test_resolve_of_all_neurons_leaves_an_affine_map() -> None:
    net = random_network(3, K=4)
    row = X[:1]
    pattern = np.where(np.array(by_hand(net, row[0])[0]) >= 0, 1, -1).astype(np.int8)
    affine = fold_known_signs(net, pattern)
    assert len(affine) == 0
    assert same_function(net, affine, row)


@pytest.mark.parametrize("seed", range(5))
def test_unread_neurons_go(seed: int) -> None:
    net = random_network(seed, K=6)
    U, L = net.U.copy(), net.L.copy()
    U[:, [1, 3]] = 0.0
    L[2:, 1], L[5, 3], L[4, 3] = 0.0, 0.0, 0.0
    L[3, 1] = 1.0  # 1 is read by 3 alone, which nothing reads
    net = network(net.A, net.b, U, L=L, C=net.C, c=net.c, slope=net.slope)
    smaller = drop_unread_neurons(net)
    assert [neuron.unit for neuron in smaller.neurons] == [0, 2, 4, 5]
    assert same_function(net, smaller, X)


def test_neuron_that_another_one_needs_is_kept() -> None:
    net = network([[1, 0], [0, 1]], [0, 0], [[0, 1]], L=[[0, 0], [1, 0]])
    assert len(drop_unread_neurons(net)) == 2


@pytest.mark.parametrize(("a", "b"), [*itertools.product(SLOPES, SLOPES)])
@pytest.mark.parametrize("ratio", [1.0, -1.0, 3.0, -0.125])
def test_parallel_neurons_become_one(a: float, b: float, ratio: float) -> None:
    first = network([[1, -2]], [0.5], [[2], [3]], slope=a)
    second = network([[ratio, -2 * ratio]], [0.5 * ratio], [[-1], [0.7]], slope=b)
    net = stack(first, network([[1, 1]], [0], [[1], [0]]), second)
    smaller = merge_parallel(net, BOX)[0]
    assert [neuron.unit for neuron in smaller.neurons] == [0, 1]
    assert same_function(net, smaller, X)


@pytest.mark.parametrize(("a", "b"), [*itertools.product(SLOPES, SLOPES)])
def test_parallel_neurons_of_a_later_layer_become_one(a: float, b: float) -> None:
    L = np.array([[0, 0, 0, 0], [2, 0, 0, 0], [-4, 0, 0, 0], [1, 1, 3, 0]])
    net = network(
        [[1, 1], [1, 0], [-2, 0], [0, 1]],
        [0.1, 0.2, -0.4, 0],
        [[1, 2, 3, 4]],
        L=L,
        slope=[0.25, a, b, 0.0],
    )
    smaller = merge_parallel(net, BOX)[0]
    assert [neuron.unit for neuron in smaller.neurons] == [0, 1, 3]
    assert same_function(net, smaller, X)


def test_nearly_parallel_neurons_stay() -> None:
    net = network([[1, 1], [1, 1 + 1e-9], [1, 1]], [0, 0, 1e-9], [[1, 1, 1]])
    assert len(merge_parallel(net, BOX)[0]) == 3


def test_neurons_on_an_almost_linear_one_stay_accurate() -> None:
    net = network([[1, 1], [2, 2]], [0, 0], [[1, 1]], slope=[0.999999, 0.0])
    assert same_function(net, merge_parallel(net, BOX)[0], X)


def test_constant_neurons_survive_parallel_merging() -> None:
    net = network([[0, 0], [0, 0], [0, 0]], [0, 1, 2], [[1, 1, 1]], slope=0.5)
    assert same_function(net, merge_parallel(net, BOX)[0], X)


def test_slopes_of_exactly_one_go_without_change() -> None:
    net = network([[1, 1], [1, -1]], [0, 0], [[1, 1]], slope=[1.0, 0.0])
    smaller, bound = replace_linear_prelus(
        net, bound_preactivations(net, rr.Domain.unbounded(["a", "b"])), 0.9995
    )
    assert len(smaller) == 1
    assert bound == 0.0
    assert same_function(net, smaller, X)


def test_almost_linear_prelu_stays_where_its_change_has_no_bound() -> None:
    net = network([[1, 1], [1, -1]], [0, 0], [[1, 1]], slope=[0.9996, 0.0])
    collapsed = collapse(net, rr.Domain.unbounded(["a", "b"]))
    assert len(collapsed.network) == 2
    assert collapsed.max_change == 0.0


@pytest.mark.parametrize(
    ("slope", "left"), [(0.9995, 1), (0.99951, 0), (1.00049, 0), (1.0006, 1), (0.9996, 0)]
)
def test_threshold_counts_on_both_sides_of_one(slope: float, left: int) -> None:
    net = network([[1, 1]], [0], [[1]], slope=slope)
    assert len(collapse(net, BOX).network) == left


def test_threshold_of_one_removes_no_slope_but_one() -> None:
    net = network([[1, 1], [1, -1]], [0, 0], [[1, 1]], slope=[1 - 1e-9, 1.0])
    collapsed = collapse(net, BOX, 1.0)
    assert [neuron.unit for neuron in collapsed.network.neurons] == [0]
    assert collapsed.max_change == 0.0


def test_almost_linear_prelu_that_is_never_positive_goes_without_change() -> None:
    net = network([[1, 1], [1, -1]], [-4, 0], [[1, 1]], slope=[0.9996, 0.0])
    collapsed = collapse(net, BOX)
    assert [neuron.unit for neuron in collapsed.network.neurons] == [1]
    assert (collapsed.max_change, collapsed.removed["stable"]) == (0.0, 1)
    assert same_function(net, collapsed.network, rows_in(BOX, 50))


def test_change_by_hand() -> None:
    # z in [-3, 3]; phi changes by at most 0.0004 * 3, and the outputs read it 5 times and -7 times
    net = network([[1, 1]], [0], [[5], [-7]], slope=0.9996)
    smaller, bound = replace_linear_prelus(net, bound_preactivations(net, BOX), 0.9995)
    assert len(smaller) == 0
    assert bound == pytest.approx(0.0004 * 3 * 7, rel=1e-6)


def grid(domain: rr.Domain, steps: int) -> Array:
    axes = [np.linspace(a, b, steps) for a, b in zip(domain.lower, domain.upper, strict=True)]
    return np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, len(domain))


@pytest.mark.parametrize("seed", range(10))
def test_change_is_never_larger_than_its_bound(seed: int) -> None:
    net = random_network(seed, K=8, slopes=(0.9996, 1.0004, 0.0, 0.25, -1.5))
    smaller, bound = replace_linear_prelus(net, bound_preactivations(net, BOX), 0.9995)
    assert len(smaller) < len(net)
    change = np.abs(net.evaluate(grid(BOX, 150)) - smaller.evaluate(grid(BOX, 150))).max()
    assert 0 < change <= bound


@pytest.mark.parametrize("seed", range(12))
def test_collapse_keeps_the_function(seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = random_network(seed, K=8)
    b = net.b + rng.choice([-6, 0, 6], size=8)
    net = network(
        net.A, b, net.U * (rng.random(8) < 0.7), L=net.L, C=net.C, c=net.c, slope=net.slope
    )
    domain = BOX.where("x0 + x1 <= 1.5")
    collapsed = collapse(net, domain)
    assert len(net) == len(collapsed.network) + sum(collapsed.removed.values())
    assert collapsed.max_change == 0.0
    assert same_function(net, collapsed.network, rows_in(domain, 500))


@pytest.mark.parametrize("seed", range(6))
def test_settle_keeps_regions_and_function(seed: int) -> None:
    net = random_network(seed, K=7)
    cells = search_regions(net, rr.Domain.box([0, 0], [0.5, 0.5]))
    settled = drop_stable_neurons(cells)
    assert len(settled) == len(cells)
    changes = (cells.patterns != cells.patterns[0]).any(axis=0)
    assert len(settled.network) == changes.sum()
    assert np.array_equal(settled.patterns, cells.patterns[:, changes])
    assert same_function(net, settled.network, rows_in(cells.domain, 300))


def test_settle_leaves_an_incomplete_partition_alone() -> None:
    cells = search_regions(random_network(0), BOX, SearchOptions(max_regions=2))
    assert drop_stable_neurons(cells) is cells


def test_summary_says_why_neurons_went() -> None:
    A = [[1, 0], [1, 0], [1, 0], [0, 1], [0, 1]]
    net = network(A, [0, 0, 9, 0, 0], [[1, 1, 1, 1, 0]], slope=[0, 0, 0, 1.0, 0])
    rules = rr.extract(graph(net), domain=BOX)
    assert dict(rules.reduction.removed) == {"parallel": 1, "stable": 1, "linear": 1, "unread": 1}
    assert (rules.reduction.neurons_traced, rules.reduction.neurons_left) == (5, 1)
