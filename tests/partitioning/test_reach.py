"""Reached patterns, against a loop over single rows."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handmade import by_hand, network, random_network
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import Case, cases

import relurules as rr
from relurules.errors import DataError
from relurules.ir import Network, Reached, grouping, signs
from relurules.partitioning import distinct_patterns
from relurules.partitioning import reach as stage
from relurules.partitioning.reach import collect_patterns

Array = np.ndarray


def alone(net: Network, X: Array) -> list[tuple[int, ...]]:
    """Every row's pattern, each row evaluated on its own."""
    return [tuple(np.where(net.preactivations(row[None])[0] >= 0, 1, -1).tolist()) for row in X]


def agrees(found: Reached, net: Network, X: Array) -> None:
    patterns = alone(net, X)
    expected, first = Counter(patterns), {p: i for i, p in reversed(list(enumerate(patterns)))}
    order = sorted(expected, key=lambda p: (-expected[p], first[p]))
    assert [tuple(p) for p in found.patterns.tolist()] == order
    assert found.counts.tolist() == [expected[p] for p in order]
    assert found.first.tolist() == [first[p] for p in order]
    assert np.array_equal(found.points, X[found.first])
    assert (found.rows, found.outside) == (len(X), 0)
    assert found.patterns.dtype == np.int8
    assert found.counts.dtype == np.int64


def on_boundaries(net: Network, X: Array, random: np.random.Generator) -> Array:
    """The rows, each moved to where one neuron's z is 0, but for rounding, if its neighbours stay
    as they are.
    """
    neurons = replace(net, C=net.A, U=net.L, c=net.b)
    moved = X.copy()
    for i, row in enumerate(X if len(net) else []):
        weights, constants = neurons.affine_map(
            np.where(net.preactivations(row[None])[0] >= 0, 1, -1).astype(np.int8)
        )
        k = random.integers(len(net))
        moved[i] -= (
            (weights[k] @ row + constants[k]) / max(1e-9, weights[k] @ weights[k]) * weights[k]
        )
    return moved


def same(one: Reached, other: Reached) -> bool:
    names = ("patterns", "counts", "first", "points", "rows", "outside")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(0, 12), st.integers(0, 200))
def test_any_canonical_form(seed: int, d: int, K: int, count: int) -> None:
    net = random_network(seed, d, K)
    X = np.random.default_rng(seed).normal(size=(count, d))
    agrees(collect_patterns(net, X), net, X)


@settings(deadline=None, max_examples=50)
@given(cases())
def test_layers_and_degenerate_ones_on_points_of_boundaries(case: Case) -> None:
    net = rr.trace(case.model).network
    random = np.random.default_rng(case.seed)
    X = on_boundaries(
        net,
        random.uniform(case.domain.lower, case.domain.upper, size=(30, len(case.domain))),
        random,
    )
    agrees(collect_patterns(net, X), net, X)


@settings(deadline=None, max_examples=50)
@given(cases(), st.data())
def test_chunks_make_no_difference(case: Case, data: st.DataObject) -> None:
    net = rr.trace(case.model).network
    X = np.random.default_rng(case.seed).integers(-2, 3, size=(60, net.A.shape[1])) / 2.0
    X[data.draw(st.integers(0, 59))] = np.nan
    cuts = sorted(data.draw(st.lists(st.integers(0, 60), max_size=6)))
    chunks = [X[a:b] for a, b in zip([0, *cuts], [*cuts, 60], strict=True)]
    whole = collect_patterns(net, X)
    assert same(whole, collect_patterns(net, iter(chunks)))
    assert whole.counts.sum() + whole.outside == whole.rows == 60
    assert whole.outside == 1


@pytest.mark.parametrize("wait", [1, 7, 100])
def test_merging_makes_no_difference(wait: int, monkeypatch: pytest.MonkeyPatch) -> None:
    net = random_network(3, 4, 30)
    X = np.random.default_rng(0).normal(size=(1000, 4))
    whole = collect_patterns(net, X)
    monkeypatch.setattr(distinct_patterns, "_WAIT", wait)
    monkeypatch.setattr(stage, "_PIECE", 1)
    monkeypatch.setattr(stage, "_FEWEST", 16)
    monkeypatch.setattr(signs, "_ROWS", 5)
    assert same(whole, collect_patterns(net, X))


@pytest.mark.parametrize("K", [63, 64, 65, 128, 150])
def test_patterns_of_several_words(K: int) -> None:
    net = random_network(K, 5, K)
    X = np.random.default_rng(K).normal(size=(300, 5))
    agrees(collect_patterns(net, X), net, X)


def test_equal_hashes_of_different_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_hash_rows", lambda words: words[:, 0] % np.uint64(3))
    net = random_network(7, 4, 70)
    X = np.random.default_rng(7).normal(size=(500, 4))
    agrees(collect_patterns(net, X), net, X)


def test_a_row_on_a_boundary_is_on_the_positive_side() -> None:
    net = network(
        [[1, 0], [0, -1], [0, 0]], [-1, 0, 0], [[1, 1, 1]], L=[[0, 0, 0], [0, 0, 0], [1, -1, 0]]
    )
    found = collect_patterns(net, np.array([[1.0, 0.0], [2.0, 1.0], [1.0, -1.0]]))
    assert found.patterns.tolist() == [[1, 1, 1], [1, -1, 1], [1, 1, -1]]
    assert found.first.tolist() == [0, 1, 2]


def test_rounding_is_that_of_a_row_alone() -> None:
    # sums of tenths that are 0 up to the order in which they are added
    rng = np.random.default_rng(0)
    X = rng.integers(-9, 10, size=(400, 7)) / 10
    X[:, -1] = -X[:, :-1].sum(axis=1)
    net = network(np.ones((3, 7)) * [[1], [3], [-0.7]], np.zeros(3), np.ones((1, 3)))
    agrees(collect_patterns(net, X), net, X)
    assert same(collect_patterns(net, X), collect_patterns(net, (row[None] for row in X)))


def test_zeros_behind_dead_neurons_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    # the larger of two dead neurons: its z is 0 whatever the rounding before it
    def refuse(*_: Any) -> Any:
        raise AssertionError("rows were evaluated one by one")

    monkeypatch.setattr(signs.SignReader, "_one_by_one", refuse)
    net = network(
        [[0.1], [0.3], [0]], [-9, -9, 0], [[0, 1, 1]], L=[[0, 0, 0], [0, 0, 0], [1, -1, 0]]
    )
    found = collect_patterns(net, np.random.default_rng(0).normal(size=(2000, 1)))
    assert found.patterns.tolist() == [[-1, -1, 1]]


@pytest.mark.parametrize("seed", range(4))
def test_maps_are_the_network_on_the_rows(seed: int) -> None:
    net = random_network(seed, 3, 10)
    X = np.random.default_rng(seed).normal(size=(300, 3))
    found = collect_patterns(net, X)
    weights, constants = found.maps()
    values = np.einsum("rmd,rd->rm", weights, found.points) + constants
    for row, value in zip(found.points.tolist(), values.tolist(), strict=True):
        assert value == pytest.approx(by_hand(net, row)[1], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_rows_without_finite_values_are_left_out(bad: float) -> None:
    net = network([[1.0, 1.0]], [0.0], [[1.0]])
    found = collect_patterns(
        net, np.array([[bad, 1.0], [1.0, 1.0], [0.0, bad], [-2.0, 1.0], [3.0, 3.0]])
    )
    assert (found.rows, found.outside) == (5, 2)
    assert found.counts.tolist() == [2, 1]
    assert found.first.tolist() == [1, 3]


def test_rows_outside_the_domain_are_left_out() -> None:
    net = network([[1.0]], [0.0], [[1.0]])
    domain = rr.Domain.box([-1], [2]).where("x0 <= 1")
    found = collect_patterns(
        net, [np.array([[-1.0], [-1.5]]), np.array([[1.0], [1.5], [0.5]])], domain=domain
    )
    assert (found.rows, found.outside) == (5, 2)
    assert found.counts.tolist() == [2, 1]
    assert found.points.tolist() == [[1.0], [-1.0]]


@pytest.mark.parametrize(
    "data", [np.empty((0, 2)), [], [np.empty((0, 2))] * 2, np.full((3, 2), np.nan)]
)
def test_no_rows(data: Any) -> None:
    found = collect_patterns(random_network(0, 2, 5), data)
    assert found.patterns.shape == (0, 5)
    assert found.points.shape == (0, 2)
    assert found.rows == found.outside
    assert found.maps().weights.shape == (0, 2, 2)


def test_network_without_neurons() -> None:
    net = network(np.empty((0, 2)), [], np.empty((1, 0)), C=[[2, 3]], c=[1])
    found = collect_patterns(net, np.ones((9, 2)))
    assert found.patterns.shape == (1, 0)
    assert found.counts.tolist() == [9]
    assert found.maps().weights.tolist() == [[[2.0, 3.0]]]


def test_numbers_that_overflow_are_no_reason_to_fail() -> None:
    net = network([[1e300], [-1e300]], [0, 0], [[1, 1]])
    X = np.array([[1e300], [-1e300], [1.0]])
    with np.errstate(over="ignore", invalid="ignore"):
        agrees(collect_patterns(net, X), net, X)


def test_a_buffer_that_is_used_again_does_no_harm() -> None:
    net, buffer = network([[1.0]], [0.0], [[1.0]]), np.empty((1, 1))

    def chunks() -> Any:
        for value in (1.0, -2.0, 3.0):
            buffer[:] = value
            yield buffer

    found = collect_patterns(net, chunks())
    assert found.points.tolist() == [[1.0], [-2.0]]
    assert found.counts.tolist() == [2, 1]


def test_progress_counts_rows() -> None:
    seen: list[int] = []
    collect_patterns(
        random_network(0, 2, 5),
        [np.zeros((3, 2)), np.zeros((0, 2)), np.zeros((4, 2))],
        progress=seen.append,
    )
    assert seen == [3, 7]


@pytest.mark.parametrize("data", [np.zeros((2, 3)), [np.zeros((2, 2)), np.zeros(2)]])
def test_wrong_shape_is_refused(data: Any) -> None:
    with pytest.raises(DataError, match=r"shape \(rows, 2\), found shape"):
        collect_patterns(random_network(0, 2, 5), data)
