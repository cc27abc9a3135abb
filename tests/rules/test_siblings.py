"""Siblings merged on arrays, and sides of leaves, are those of a plain walk over the tree."""

import numpy as np
import pytest
from grounds import box, ground_of
from handmade import lines, network, random_network

from relurules.ir import UNEXPLORED, Network
from relurules.ir.limits import Deadline
from relurules.partitioning import search_regions
from relurules.partitioning.options import SearchOptions
from relurules.rules.convex_unions import drop_implied_sides
from relurules.rules.facets import find_bounding_sides
from relurules.rules.merge_hierarchy import build_merge_hierarchy
from relurules.rules.pieces import make_network_function
from relurules.rules.sibling_merge import merge_equal_siblings


def with_unread(seed: int, d: int = 2, K: int = 7) -> Network:
    """Some of the neurons are read by nobody, so that what they cut merges again."""
    net = random_network(seed, d=d, K=K)
    return network(
        net.A, net.b, net.U * (np.arange(K) % 2), L=net.L, C=net.C, c=net.c, slope=net.slope
    )


@pytest.mark.parametrize("seed", range(8))
def test_the_same_as_splitting_the_ladder(seed: int) -> None:
    ground = ground_of(with_unread(seed))
    found = merge_equal_siblings(ground)
    grown, pieces = build_merge_hierarchy(ground).cut(0.0)
    assert np.array_equal(found.tree.children, grown.tree.children)
    assert np.array_equal(found.tree.normals, grown.tree.normals)
    assert found.first.tolist() == [piece.regions[0] for piece in pieces]
    for leaf, piece in enumerate(pieces):
        assert sorted(np.flatnonzero(found.leaf_of == leaf).tolist()) == sorted(piece.regions)


def test_everything_may_be_one_leaf() -> None:
    found = merge_equal_siblings(
        ground_of(network([[1, 0], [0, 1], [1, 1]], [0, 0, 0.2], [[0, 0, 0]], C=[[1, 2]]))
    )
    assert len(found.tree.neurons) == 0
    assert found.first.tolist() == [0]
    assert set(found.leaf_of.tolist()) == {0}


@pytest.mark.parametrize("seed", range(4))
def test_what_a_stopped_search_left_stays_unexplored(seed: int) -> None:
    net = with_unread(seed)
    whole = len(search_regions(net, box(2)))
    ground = make_network_function(
        search_regions(net, box(2), SearchOptions(max_regions=whole // 2))
    )
    found = merge_equal_siblings(ground)
    before = int((ground.partition.tree.children == UNEXPLORED).sum())
    assert int((found.tree.children == UNEXPLORED).sum()) == before > 0
    X = np.random.default_rng(seed).uniform(-1, 1, size=(500, 2))
    regions = ground.partition.tree.route(X)
    expected = np.where(regions >= 0, found.leaf_of[regions], -1)
    assert np.array_equal(found.tree.route(X), expected)


@pytest.mark.parametrize("seed", range(6))
def test_sides_are_those_that_the_whole_branch_needs(seed: int) -> None:
    ground = ground_of(random_network(seed, d=3, K=9))
    found = merge_equal_siblings(ground)
    splits = found.splits.tolist()
    sides = find_bounding_sides(ground, found.tree, splits, len(found.first))
    for leaf, own in enumerate(sides):
        path = [(splits[split], side) for split, side in found.tree.path(leaf)]
        assert own is not None
        assert set(own) == set(drop_implied_sides(ground, path))


def test_of_a_deep_tree_no_list_grows_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand cuts of a line: each region has two walls, and nobody asks about a thousand."""
    from relurules.rules import facets

    ground = ground_of(lines(np.ones((300, 1)), -np.linspace(-0.99, 0.99, 300)))
    asked: list[int] = []

    def counted(*given: object) -> object:
        asked.append(len(given[1]))  # type: ignore[arg-type]
        return drop_implied_sides(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(facets, "drop_implied_sides", counted)
    found = merge_equal_siblings(ground)
    sides = find_bounding_sides(ground, found.tree, found.splits.tolist(), len(found.first))
    assert len(sides) == 301
    assert max(len(own or ()) for own in sides) == 2
    assert max(asked) <= 2 * 2 + 8 + 1


def test_at_the_deadline_sides_are_not_told() -> None:
    ground = ground_of(random_network(1, d=2, K=6))
    found = merge_equal_siblings(ground)
    looks = iter([0.0, *[0.5] * 8, *[2.0] * 1000])
    deadline = Deadline.after(1.0, lambda: next(looks))
    sides = find_bounding_sides(
        ground, found.tree, found.splits.tolist(), len(found.first), deadline
    )
    assert None in sides
    assert any(own is not None for own in sides)
