"""What a partition says of its regions: extents, balls, and who is whose neighbour."""

import itertools

import networkx
import numpy as np
import pytest
from handmade import lines, network, random_network, rows_in

import relurules as rr
from relurules.partitioning import search_regions

SQUARE = rr.Domain.box([-1, -1], [1, 1])
SKEWED = rr.Domain.box([-1, 0, -500], [2, 0.01, 1000]).where("x0 + x2/1000 <= 1.5")


@pytest.mark.parametrize("seed", range(4))
def test_scores_stay_in_the_ranges_of_their_regions_and_reach_them(seed: int) -> None:
    base = random_network(seed, d=3, K=6)
    net = network(
        base.A / SKEWED.upper, base.b, base.U, L=base.L, C=base.C, c=base.c, slope=base.slope
    )
    found = search_regions(net, SKEWED)
    ranges = found.ranges()
    X = rows_in(SKEWED, 3000, seed)
    scores, located = net.evaluate(X), found.locate(X)
    room = 1e-9 * net.magnitude(X)
    assert (scores >= ranges[located, :, 0] - room).all()
    assert (scores <= ranges[located, :, 1] + room).all()
    for i, region in enumerate(found.regions()):
        form = np.column_stack([region.map.weights, region.map.constants])
        assert found.extent(i, form) == pytest.approx(ranges[i])


def test_extent_of_a_region_without_end() -> None:
    found = search_regions(lines([[1, 0]], [0]), rr.Domain.unbounded(["a", "b"]))
    negative = int(found.locate(np.array([[-1.0, 0.0]]))[0])
    assert found.extent(negative, np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]])).tolist() == [
        [-np.inf, 2.0],
        [-np.inf, np.inf],
    ]


def test_balls_are_inside_and_the_largest() -> None:
    found = search_regions(lines([[1, 0], [0, 1]], [0.5, 0]), rr.Domain.box([-10, -1], [10, 1]))
    centers, radii = found.balls()
    assert found.locate(centers).tolist() == [0, 1, 2, 3]
    assert radii == pytest.approx([0.475, 0.475, 0.5, 0.5])


def test_cells_of_a_grid_have_the_neighbours_of_a_grid() -> None:
    found = search_regions(lines([[1, 0], [1, 0], [0, 1]], [0.5, -0.5, 0]), SQUARE)
    graph = found.adjacency()
    assert networkx.is_isomorphic(graph, networkx.grid_2d_graph(3, 2))
    assert sorted(data["neuron"] for _, _, data in graph.edges(data=True)) == [0, 0, 1, 1, 2, 2, 2]


def test_regions_that_touch_in_a_corner_are_no_neighbours() -> None:
    assert networkx.is_isomorphic(
        search_regions(lines(np.eye(2), [0, 0]), SQUARE).adjacency(), networkx.cycle_graph(4)
    )


def test_neurons_that_vanish_together_change_together() -> None:
    net = network([[1, 0], [-2, 0], [0, 1]], [0, 0, 0], [[1, 1, 1]])
    assert networkx.is_isomorphic(search_regions(net, SQUARE).adjacency(), networkx.cycle_graph(4))
    deep = network(
        [[1, 0], [0, 1]], [0, 0.5], [[1, 1]], L=[[0, 0], [1, 0]]
    )  # the second bends at the first
    assert networkx.is_connected(search_regions(deep, SQUARE).adjacency())


@pytest.mark.parametrize("seed", range(4))
def test_neighbours_are_those_that_steps_across_meet(seed: int) -> None:
    found = search_regions(random_network(seed, d=2, K=7), SQUARE)
    graph = found.adjacency()
    random = np.random.default_rng(seed)
    for _ in range(400):
        start = random.uniform(-1, 1, size=2)
        X = start + np.linspace(0, 1, 2000)[:, None] * (random.uniform(-1, 1, size=2) - start)
        met = found.locate(X)
        for one, other in itertools.pairwise(
            met[np.flatnonzero(np.diff(met, prepend=-1))].tolist()
        ):
            differ = int((found.patterns[one] != found.patterns[other]).sum())
            assert differ > 1 or graph.has_edge(one, other)
