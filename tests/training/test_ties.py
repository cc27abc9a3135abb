"""Neurons tied to one direction: fewer regions, the same derivatives, and the way down on which it
is done.
"""

from dataclasses import replace

import numpy as np
import pytest
from handmade import graph
from training_problems import ALL_TASKS, differences, problem, random_compact, scores_of

import relurules as rr
from relurules.training.front import FrontSettings, RuleBudget, is_within_budget, walk_front
from relurules.training.linearize_model import make_size_counter
from relurules.training.newton import refine_network
from relurules.training.objective import DataSplit, loss_gradient, mean_loss
from relurules.training.relu_parameters import (
    ReluParameters,
    flip_neuron,
    get_parameters,
    remove_neurons,
    run_forward,
    to_network,
    with_parameters,
)
from relurules.training.saliency import fit_stand_ins
from relurules.training.task import TASKS, Rows
from relurules.training.ties import find_parallel_pairs, tie_directions


def one_level(seed: int, K: int = 5) -> ReluParameters:
    """Neurons of one level only."""
    compact = random_compact(seed, K=K)
    L = np.zeros_like(compact.L)
    return replace(compact, L=L, free=(compact.free[0], L != 0, compact.free[2]))


def two_levels(seed: int, m: int) -> ReluParameters:
    """Three neurons, and three that read them."""
    compact, links = random_compact(seed, K=6, m=m), np.zeros((6, 6), bool)
    links[3:, :3] = True
    L = np.random.default_rng(seed).normal(size=(6, 6)) * links
    return replace(compact, L=L, free=(compact.free[0], links, compact.free[2]))


def nearly_parallel() -> tuple[ReluParameters, DataSplit]:
    """Three neurons that cut the rows' box in 7 regions, two of them of almost one direction, and
    rows of them.
    """
    angles, random = np.array([0.3, 0.6, 1.8]), np.random.default_rng(0)
    A, L = np.column_stack([np.cos(angles), np.sin(angles)]), np.zeros((3, 3))
    free = (np.ones((3, 2), bool), L != 0, np.ones((1, 2), bool))
    compact = ReluParameters(
        A,
        L,
        np.array([0.2, -0.2, 0.0]),
        np.zeros((1, 2)),
        np.array([[2.0, -3, 2]]),
        np.zeros(1),
        free,
    )
    X = random.uniform(-2, 2, size=(200, 2))
    rows = Rows(X, run_forward(compact, X).F + random.normal(size=(200, 1)) * 0.05, np.ones(200))
    return compact, DataSplit(rows.part(slice(0, 150)), rows.part(slice(150, None)))


@pytest.mark.parametrize("seed", range(5))
def test_a_mirrored_neuron_is_the_same_function(seed: int) -> None:
    compact, X = random_compact(seed, K=6), np.random.default_rng(seed).normal(size=(50, 3))
    for k in range(6):
        turned = flip_neuron(compact, k)
        np.testing.assert_allclose(run_forward(turned, X).F, run_forward(compact, X).F, atol=1e-9)
        np.testing.assert_allclose(
            run_forward(turned, X).Z[:, k], -run_forward(compact, X).Z[:, k], atol=1e-9
        )


def test_parallel_hyperplanes_are_found_first() -> None:
    _, data = problem("regression", 3)
    compact = one_level(3)
    A = compact.A.copy()
    A[3] = -2.5 * A[1]
    assert find_parallel_pairs(replace(compact, A=A), data.training, 1) == [(1, 3)]
    assert len(find_parallel_pairs(compact, data.training, 99)) == 10
    assert find_parallel_pairs(compact, data.training, 99, widest=2) == []


def test_neurons_of_several_levels_or_of_one_value_are_not_tied() -> None:
    compact, data = random_compact(2, K=2), problem("regression", 2)[1]
    L = np.array([[0.0, 0.0], [1.0, 0.0]])
    deep = replace(compact, L=L, free=(compact.free[0], L != 0, compact.free[2]))
    assert find_parallel_pairs(deep, data.training, 9) == []
    dead = one_level(2)
    assert not any(
        4 in pair
        for pair in find_parallel_pairs(
            replace(dead, A=dead.A * [[1], [1], [1], [1], [0]]), data.training, 9
        )
    )


@pytest.mark.parametrize("factor", [3.0, -0.4])
def test_what_is_parallel_already_stays_the_same_function(factor: float) -> None:
    _, data = problem("regression", 4)
    compact, X = one_level(4), data.training.X
    A = compact.A.copy()
    A[4] = factor * A[2]
    compact = replace(compact, A=A)
    together = tie_directions(compact, (2, 4), data.training)
    assert together.tied == (0, 1, 2, 3, 2)
    np.testing.assert_array_equal(together.A[2], together.A[4])
    np.testing.assert_allclose(run_forward(together, X).F, run_forward(compact, X).F, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_tied_neurons_cut_one_region_more_each(seed: int) -> None:
    _, data = problem("regression", seed)
    compact, count = one_level(seed), make_size_counter(data.training.X)
    before = count(to_network(compact)).regions
    while pairs := find_parallel_pairs(compact, data.training, 1):
        compact = tie_directions(compact, pairs[0], data.training)
    assert set(compact.tied) == {0}
    assert count(to_network(compact)).regions <= 6 < before
    box = rr.Domain.box(data.training.X.min(axis=0), data.training.X.max(axis=0))
    assert len(rr.extract(graph(to_network(compact)), domain=box)) <= 6


@pytest.mark.parametrize("task", ALL_TASKS)
def test_training_keeps_what_is_tied_together(task: str) -> None:
    _, data = problem(task, 1)
    compact = two_levels(1, scores_of(task))
    for pair in ((0, 2), (3, 4)):
        assert pair in find_parallel_pairs(compact, data.training, 9)
        compact = tie_directions(compact, pair, data.training)
    assert compact.tied == (0, 1, 0, 3, 3, 5)
    again = with_parameters(compact, get_parameters(compact))
    np.testing.assert_array_equal(np.hstack([again.A, again.L]), np.hstack([compact.A, compact.L]))
    chosen, rows = TASKS[task], data.training
    slopes = differences(
        lambda values: mean_loss(with_parameters(compact, values), rows, chosen),
        get_parameters(compact),
    )
    np.testing.assert_allclose(
        loss_gradient(compact, run_forward(compact, rows.X), rows, chosen), slopes, atol=1e-6
    )
    better = refine_network(compact, data, chosen, l1=0.0, steps=8, choose=False)
    assert mean_loss(better, rows, chosen) < mean_loss(compact, rows, chosen)
    for k, first in enumerate(better.tied):
        np.testing.assert_array_equal(better.A[k], better.A[first])
        np.testing.assert_array_equal(better.L[k], better.L[first])


def test_ties_are_kept_where_a_neuron_goes() -> None:
    _, data = problem("regression", 5)
    compact = one_level(5)
    for pair in ((1, 3), (1, 4)):
        compact = tie_directions(compact, pair, data.training)
    assert compact.tied == (0, 1, 2, 1, 1)
    fits = fit_stand_ins(compact, data.training, TASKS["regression"])
    assert remove_neurons(compact, [1], fits.factors, fits.constants).tied == (0, 1, 2, 2)
    assert remove_neurons(compact, [0, 2], fits.factors, fits.constants).tied == (0, 0, 0)


@pytest.mark.parametrize("budget", [RuleBudget(rules=6), RuleBudget(rules=6, condition_terms=2)])
def test_the_second_way_ties_what_is_nearly_parallel(budget: RuleBudget) -> None:
    start, data = nearly_parallel()
    counted = make_size_counter(data.training.X)
    found = [
        list(
            walk_front(
                start,
                data,
                TASKS["regression"],
                budget,
                lambda compact: counted(to_network(compact)),
                FrontSettings(l1=1e-4, random=np.random.default_rng(0), ties=ties),
                told=lambda _: None,
            )
        )
        for ties in (False, True)
    ]
    first, second = (
        [point for point in found[1] if point.parallel == parallel] for parallel in (False, True)
    )
    assert [point.score for point in first] == [point.score for point in found[0]]
    assert all(point.size.rules > 6 for point in second[:-1])
    last = second[-1]
    assert is_within_budget(last, budget)
    assert len(set(last.compact.tied)) == 2
    assert len(last.compact) == 3
    assert last.size.rules == 6
    assert last.score > max(point.score for point in first if is_within_budget(point, budget))


def test_the_method_parallel_keeps_the_budget_in_the_rules() -> None:
    start, data = problem("regression", 0, K=6, n=80)
    X, net = data.training.X, to_network(start)
    found, plain = (
        rr.linearize(graph(net), X, net.evaluate(X), max_rules=5, method=method)
        for method in ("parallel", "saliency")
    )
    assert len(rr.extract(found.graph, data=X)) <= 5
    assert found.front["parallel"].any()
    assert not plain.front["parallel"].any()
    best = [one.front.loc[one.front["rules"] <= 5, "validation"].max() for one in (found, plain)]
    assert best[0] >= best[1]
