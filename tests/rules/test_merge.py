"""Sibling regions with the same map become one rule; others stay apart."""

import numpy as np
import pytest
from handmade import lines, network, random_network, rows_in

import relurules as rr
from relurules.ir import UNEXPLORED
from relurules.partitioning import search
from relurules.rules.merge import merge_siblings

SQUARE = rr.Domain.box([-1, -1], [1, 1])


def test_a_neuron_without_read_out_cuts_nothing() -> None:
    net = network([[1, 0], [0, 1]], [0, 0], [[1, 0]])
    cells = search(net, SQUARE)
    merged = merge_siblings(cells)
    assert (len(cells), len(merged)) == (4, 2)
    assert merged.tree.neurons.tolist() == [0]


def test_a_first_neuron_without_read_out_stays_where_others_cut_below() -> None:
    net = network([[1, 0], [0, 1]], [0, 0], [[0, 1]])
    merged = merge_siblings(search(net, SQUARE))
    assert len(merged) == 4


def test_everything_merges_where_nothing_is_read() -> None:
    net = network([[1, 0], [0, 1], [1, 1]], [0, 0, 0.2], [[0, 0, 0]], C=[[1, 2]])
    cells = search(net, SQUARE)
    merged = merge_siblings(cells)
    assert (len(cells), len(merged)) == (7, 1)
    assert len(merged.tree.neurons) == 0
    assert merged.locate(rows_in(SQUARE, 20)).tolist() == [0] * 20


def test_all_outputs_must_agree() -> None:
    net = network([[1, 0], [0, 1]], [0, 0], [[1, 0], [0, 0]])
    assert len(merge_siblings(search(net, SQUARE))) == 2
    net = network([[1, 0], [0, 1]], [0, 0], [[1, 0], [0, 1e-6]])
    assert len(merge_siblings(search(net, SQUARE))) == 4


def test_neurons_that_cancel_merge() -> None:
    # relu(x) - relu(-x) = x, and 0.1 + 0.2 isn't 0.3: the maps agree up to rounding only
    net = network([[1, 0], [-1, 0]], [0, 0], [[0.1 + 0.2, -0.3]])
    assert len(merge_siblings(search(net, SQUARE))) == 1


@pytest.mark.parametrize("seed", range(5))
def test_merging_keeps_function_and_order(seed: int) -> None:
    net = random_network(seed, K=6)
    net = network(net.A, net.b, net.U * [1, 0, 1, 0, 1, 0], L=net.L, C=net.C, c=net.c, slope=net.slope)
    cells = search(net, SQUARE)
    merged = merge_siblings(cells)
    X = rows_in(SQUARE, 500)
    before, after = cells.locate(X), merged.locate(X)
    for region in merged.regions():
        assert merged.domain.contains(region.point[None])[0]
    maps = [net.affine_map(pattern) for pattern in merged.patterns]
    found = np.stack([maps[i].weights @ x + maps[i].constants for i, x in zip(after, X, strict=True)])
    assert found == pytest.approx(net.evaluate(X), abs=1e-9)
    assert {len(set(after[before == region])) for region in np.unique(before)} == {1}


def test_what_the_search_did_not_see_never_merges() -> None:
    net = network([[1, 0], [0, 1]], [0, 0], [[0, 0]], C=[[1, 1]])
    cells = search(net, SQUARE, max_regions=3)
    merged = merge_siblings(cells)
    assert not merged.complete
    assert UNEXPLORED in merged.tree.children
    X = rows_in(SQUARE, 200)
    assert ((merged.locate(X) == -1) == (cells.locate(X) == -1)).all()


def test_nothing_to_merge() -> None:
    cells = search(lines([[1, 0], [0, 1]], [0, 0]), SQUARE)
    assert len(merge_siblings(cells)) == 4
