"""Sibling regions with the same map become one rule; others stay apart."""

import numpy as np
import pytest
from handmade import lines, network, random_network, rows_in

import relurules as rr
from relurules.ir import UNEXPLORED, Partition
from relurules.partitioning import search_regions
from relurules.partitioning.options import SearchOptions
from relurules.rules.merge_hierarchy import PieceTree, build_merge_hierarchy
from relurules.rules.pieces import AffinePiece, make_network_function

SQUARE = rr.Domain.box([-1, -1], [1, 1])


def merged(cells: Partition) -> tuple[PieceTree, list[AffinePiece]]:
    return build_merge_hierarchy(make_network_function(cells)).cut(0.0)


def test_a_neuron_without_read_out_cuts_nothing() -> None:
    net = network([[1, 0], [0, 1]], [0, 0], [[1, 0]])
    cells = search_regions(net, SQUARE)
    grown, pieces = merged(cells)
    assert (len(cells), len(pieces)) == (4, 2)
    assert grown.tree.neurons.tolist() == [0]


def test_a_first_neuron_without_read_out_stays_where_others_cut_below() -> None:
    net = network([[1, 0], [0, 1]], [0, 0], [[0, 1]])
    assert len(merged(search_regions(net, SQUARE))[1]) == 4


def test_everything_merges_where_nothing_is_read() -> None:
    net = network([[1, 0], [0, 1], [1, 1]], [0, 0, 0.2], [[0, 0, 0]], C=[[1, 2]])
    cells = search_regions(net, SQUARE)
    grown, pieces = merged(cells)
    assert (len(cells), len(pieces)) == (7, 1)
    assert len(grown.tree.neurons) == 0
    assert grown.tree.route(rows_in(SQUARE, 20)).tolist() == [0] * 20


def test_all_outputs_must_agree() -> None:
    net = network([[1, 0], [0, 1]], [0, 0], [[1, 0], [0, 0]])
    assert len(merged(search_regions(net, SQUARE))[1]) == 2
    net = network([[1, 0], [0, 1]], [0, 0], [[1, 0], [0, 1e-6]])
    assert len(merged(search_regions(net, SQUARE))[1]) == 4


def test_neurons_that_cancel_merge() -> None:
    # relu(x) - relu(-x) = x, and 0.1 + 0.2 isn't 0.3: the maps agree up to rounding only
    net = network([[1, 0], [-1, 0]], [0, 0], [[0.1 + 0.2, -0.3]])
    assert len(merged(search_regions(net, SQUARE))[1]) == 1


@pytest.mark.parametrize("seed", range(5))
def test_merging_keeps_function_and_order(seed: int) -> None:
    net = random_network(seed, K=6)
    net = network(
        net.A, net.b, net.U * [1, 0, 1, 0, 1, 0], L=net.L, C=net.C, c=net.c, slope=net.slope
    )
    cells = search_regions(net, SQUARE)
    grown, pieces = merged(cells)
    X = rows_in(SQUARE, 500)
    before, after = cells.locate(X), grown.tree.route(X)
    u = (X - cells.frame.origin) / cells.frame.scale
    found = np.stack(
        [
            pieces[i].forms[:, :-1] @ x + pieces[i].forms[:, -1]
            for i, x in zip(after, u, strict=True)
        ]
    )
    assert found == pytest.approx(net.evaluate(X), abs=1e-9)
    for region in np.unique(before):
        (piece,) = set(after[before == region].tolist())
        assert region in pieces[piece].regions


def test_what_the_search_did_not_see_never_merges() -> None:
    net = network([[1, 0], [0, 1]], [0, 0], [[0, 0]], C=[[1, 1]])
    cells = search_regions(net, SQUARE, SearchOptions(max_regions=3))
    grown, _ = merged(cells)
    assert UNEXPLORED in grown.tree.children
    X = rows_in(SQUARE, 200)
    assert ((grown.tree.route(X) == -1) == (cells.locate(X) == -1)).all()


def test_nothing_to_merge() -> None:
    cells = search_regions(lines([[1, 0], [0, 1]], [0, 0]), SQUARE)
    assert len(merged(cells)[1]) == 4
