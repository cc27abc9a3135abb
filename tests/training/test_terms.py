"""Limits of inputs per condition and formula, counted by the network and by the rules that are
extracted from it.
"""

from dataclasses import replace

import numpy as np
import pytest
from handmade import graph, network, random_network
from hypothesis import given
from hypothesis import strategies as st
from training_problems import ALL_TASKS, problem

import relurules as rr
from relurules.ir import Network, RuleSet
from relurules.training.newton import refine_network
from relurules.training.objective import DataSplit, mean_loss
from relurules.training.relu_parameters import (
    PARAMETER_ARRAYS,
    ReluParameters,
    get_parameters,
    to_network,
    to_relu_parameters,
)
from relurules.training.task import TASKS, Rows
from relurules.training.terms import (
    count_condition_terms,
    count_formula_terms,
    limit_conditions,
    limit_inputs,
)

seeds = st.integers(0, 2**32 - 1)


def rules_in_a_box(compact: ReluParameters) -> RuleSet:
    d = compact.A.shape[1]
    return rr.extract(graph(to_network(compact)), domain=rr.Domain.box([-3.0] * d, [3.0] * d))


def most_terms(rules: RuleSet) -> tuple[int, int]:
    """Inputs of any condition, and of any formula of a rule, at most."""
    conditions = [np.count_nonzero(c.half_space.normal) for rule in rules for c in rule.conditions]
    formulas = [np.count_nonzero(rule.map.weights.any(axis=0)) for rule in rules]
    return max(conditions, default=0), max(formulas)


@given(seeds, st.integers(0, 6))
def test_counts_are_those_of_all_patterns(seed: int, K: int) -> None:
    """By what the forms of neurons and maps can be, over all patterns of signs."""
    random, net = np.random.default_rng(seed), random_network(seed, 4, K, 2, (0.0,))
    net = Network(
        net.A * (random.random(net.A.shape) < 0.4),
        net.L,
        net.b,
        net.C,
        net.U,
        net.c,
        net.slope,
        net.neurons,
    )
    patterns = np.where((np.arange(2**K)[:, None] >> np.arange(K)) & 1, 1, -1).astype(np.int8)
    conditions, formulas = np.zeros((K, 4), bool), np.zeros(4, bool)
    for pattern in patterns:
        conditions |= net.forms(pattern)[:, :-1] != 0
        formulas |= (net.affine_map(pattern).weights != 0).any(axis=0)
    np.testing.assert_array_equal(count_condition_terms(net), conditions.sum(axis=1))
    assert count_formula_terms(net) >= formulas.sum()
    compact = to_relu_parameters(net, dense=True)
    np.testing.assert_array_equal(count_condition_terms(compact), conditions.sum(axis=1))
    assert count_formula_terms(compact) == count_formula_terms(net)


def test_what_no_score_reads_is_in_no_formula() -> None:
    net = network([[1, 0, 0], [0, 1, 0]], [0, 0], [[1, 0]], L=[[0, 0], [1, 0]])
    assert count_condition_terms(net).tolist() == [1, 2]
    assert count_formula_terms(net) == 1


@pytest.mark.parametrize("task", ALL_TASKS)
@pytest.mark.parametrize("most", [1, 2, 4])
def test_inputs_are_few(task: str, most: int) -> None:
    for seed in range(2):
        compact, data = problem(task, seed, d=6, K=3, n=100)
        found = limit_inputs(compact, most, data, TASKS[task], 1e-3)
        assert count_formula_terms(found) <= most
        assert count_condition_terms(found).max() <= most
        conditions, formulas = most_terms(rules_in_a_box(found))
        assert conditions <= most
        assert formulas <= most
        again = refine_network(found, data, TASKS[task], l1=1e-3, steps=20)
        assert count_formula_terms(again) <= most


@pytest.mark.parametrize("task", ALL_TASKS)
@pytest.mark.parametrize("most", [1, 2, 4])
def test_conditions_are_short(task: str, most: int) -> None:
    for seed in range(2):
        compact, data = problem(task, seed, d=6, K=3, n=100)
        assert len(compact.levels) > 1 or seed
        found = limit_conditions(compact, most, data, TASKS[task], 1e-3)
        assert count_condition_terms(found).max() <= most
        assert most_terms(rules_in_a_box(found))[0] <= most
        again = refine_network(found, data, TASKS[task], l1=1e-3, steps=20)
        assert count_condition_terms(again).max() <= most
        for name, mask in zip(PARAMETER_ARRAYS, again.masks, strict=True):
            assert not getattr(again, name)[~mask].any()


def two_levels() -> tuple[ReluParameters, DataSplit]:
    compact, data = problem("regression", 3, d=5, K=4, n=120)
    L = np.zeros((4, 4))
    L[2:, :2] = np.random.default_rng(0).normal(size=(2, 2))
    net = network(compact.A, compact.b, compact.U, L=L, C=compact.C, c=compact.c)
    return to_relu_parameters(net, dense=True), data


@pytest.mark.parametrize("most", [1, 2, 3])
def test_two_levels(most: int) -> None:
    compact, data = two_levels()
    assert len(compact.levels) == 2
    task = TASKS["regression"]
    short = limit_conditions(compact, most, data, task, 1e-3)
    assert count_condition_terms(short).max() <= most
    assert most_terms(rules_in_a_box(short))[0] <= most
    few = limit_conditions(limit_inputs(compact, 3, data, task, 1e-3), most, data, task, 1e-3)
    conditions, formulas = most_terms(rules_in_a_box(few))
    assert conditions <= most
    assert formulas <= 3


def test_what_fits_already_is_left_alone() -> None:
    compact, data = two_levels()
    task = TASKS["regression"]
    for found in (
        limit_inputs(compact, 5, data, task, 1e-3),
        limit_conditions(compact, 5, data, task, 1e-3),
    ):
        np.testing.assert_array_equal(get_parameters(found), get_parameters(compact))


def test_inputs_without_weights_stay_without() -> None:
    """A network that reads 2 of 5 inputs keeps a limit of 2 when all weights could be trained."""
    compact, data = problem("regression", 4, d=5, K=3, n=100)
    reads = np.array([True, True, False, False, False])
    blind = replace(compact, A=compact.A * reads, C=compact.C * reads)
    task = TASKS["regression"]
    found = refine_network(limit_inputs(blind, 2, data, task, 1e-3), data, task, l1=1e-3, steps=5)
    assert count_formula_terms(found) <= 2
    short = refine_network(
        limit_conditions(blind, 2, data, task, 1e-3), data, task, l1=1e-3, steps=5
    )
    assert count_condition_terms(short).max() <= 2


def test_what_counts_is_kept() -> None:
    """Of six inputs, two make the target: these are left, and the fit with them."""
    compact, data = problem("regression", 5, d=6, K=4, n=200)

    def told(rows: Rows) -> Rows:
        y = np.maximum(rows.X[:, 1] - rows.X[:, 4], 0.0) * 3
        return rows._replace(Y=np.column_stack([y, -y]))

    data, task = DataSplit(told(data.training), told(data.validation)), TASKS["regression"]
    found = limit_inputs(
        refine_network(compact, data, task, l1=1e-3, steps=20), 2, data, task, 1e-3
    )
    assert np.flatnonzero((found.A != 0).any(axis=0)).tolist() == [1, 4]
    assert (
        mean_loss(refine_network(found, data, task, l1=1e-4, steps=60), data.validation, task) < 0.1
    )
