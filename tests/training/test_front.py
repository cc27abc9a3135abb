"""The way from many neurons to few: sizes counted, budgets kept, the same each time."""

from itertools import pairwise

import numpy as np
import pytest
from handmade import graph
from training_problems import ALL_TASKS, problem

import relurules as rr
from relurules.errors import DataError
from relurules.training import front, linearize_model
from relurules.training.descent import random_network
from relurules.training.front import (
    FrontPoint,
    FrontSettings,
    NetworkSize,
    RuleBudget,
    finetune_on_all_rows,
    is_within_budget,
    prune_until,
    walk_front,
)
from relurules.training.linearize import choose_point
from relurules.training.linearize_model import make_size_counter
from relurules.training.objective import DataSplit, compute_score
from relurules.training.relu_parameters import ReluParameters, get_parameters, to_network
from relurules.training.task import TASKS
from relurules.training.terms import count_condition_terms, count_formula_terms


def counter(data: DataSplit) -> front.SizeCounter:
    """Of networks in the coordinates of the rows themselves."""
    count = make_size_counter(data.training.X)
    return lambda compact: count(to_network(compact))


def walked(
    task: str,
    budget: RuleBudget,
    seed: int = 0,
    compact: ReluParameters | None = None,
    **options: int,
) -> tuple[list[FrontPoint], DataSplit, list[int]]:
    start, data = problem(task, seed, n=80, **options)
    told = list[int]()
    found = walk_front(compact or start, data, TASKS[task], budget, counter(data), FrontSettings(l1=1e-3, random=np.random.default_rng(0)), told=told.append)  # fmt: skip
    return list(found), data, told


@pytest.mark.parametrize("task", ALL_TASKS)
def test_one_neuron_less_each_time(task: str) -> None:
    found, data, told = walked(task, RuleBudget(rules=3, terms=2))
    kinds = [
        [len(point.compact) for point in found if point.sparse == sparse]
        for sparse in (False, True)
    ]
    assert kinds[0] == [4, 3, 2, 1, 0]
    assert kinds[1][-1] == 0
    assert all(a - b == 1 for a, b in pairwise(kinds[1]))
    assert [point.sparse for point in found] == sorted(point.sparse for point in found)
    assert told[: len(kinds[0])] == kinds[0]
    for point in found:
        assert point.score == compute_score(point.compact, data.validation, TASKS[task])
        if point.sparse:
            assert count_formula_terms(point.compact) <= 2
            assert count_condition_terms(point.compact).max(initial=0) <= 2


def test_without_limits_of_terms_nothing_is_sparse() -> None:
    assert not any(point.sparse for point in walked("binary", RuleBudget(rules=3))[0])


@pytest.mark.parametrize("task", ALL_TASKS)
def test_sizes_are_counted(task: str) -> None:
    found, data, _ = walked(task, RuleBudget(rules=4, condition_terms=1))
    X = data.training.X
    box = rr.Domain.box(X.min(axis=0), X.max(axis=0))
    for point in found:
        rules = rr.extract(graph(to_network(point.compact)), domain=box)
        assert point.size.rules == len(rules)
        assert point.size.regions == rules.reduction.regions
        everything = rr.partition(graph(to_network(point.compact)), box)
        assert point.size.regions <= len(everything)
        used = (point.compact.U != 0).any() and (point.compact.U != 0).all()
        assert point.size.regions == len(everything) or not used


def test_a_constant_column_is_no_trouble_to_the_counter() -> None:
    compact, data = problem("regression", 3)
    X = data.training.X.copy()
    X[:, 1] = 4.0
    size = make_size_counter(X)(to_network(compact))
    assert 1 <= size.rules <= size.regions


def test_regions_beyond_the_most_are_not_counted() -> None:
    compact, data = problem("regression", 3, K=6)
    net = to_network(compact)
    regions = make_size_counter(data.training.X)(net).regions
    assert regions > 5
    assert make_size_counter(data.training.X, 5)(net).regions >= 5
    assert make_size_counter(data.training.X, regions + 1)(net).regions == regions


def test_a_budget_above_what_is_counted_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Regions are counted past the budget, however large."""
    monkeypatch.setattr(linearize_model, "_MOST_COUNTED", 4)
    monkeypatch.setattr(linearize_model, "_MOST_BUILT", 3)
    compact, data = problem("regression", 3, K=6, n=80)
    X, net = data.training.X, to_network(compact)
    traced = graph(net)
    for most in (5, 8):
        result = rr.linearize(traced, X, net.evaluate(X), max_rules=most)
        assert len(rr.extract(result.graph, data=X)) <= most


@pytest.mark.parametrize("hidden", [(30,), (14, 6)])
def test_many_neurons_become_few(hidden: tuple[int, ...]) -> None:
    _, data = problem("regression", 1, n=80)
    start, told = random_network(3, hidden, 2, np.random.default_rng(1)), list[int]()
    few = prune_until(
        start,
        data,
        TASKS["regression"],
        5,
        l1=1e-3,
        random=np.random.default_rng(0),
        told=told.append,
    )
    assert len(few) == 5
    assert told[0] == sum(hidden)
    assert told == sorted(set(told), reverse=True)


def test_few_neurons_are_left_alone() -> None:
    compact, data = problem("regression", 1)
    task, random = TASKS["regression"], np.random.default_rng(0)
    assert prune_until(compact, data, task, 12, l1=1e-3, random=random, told=print) is compact


def test_the_same_each_time() -> None:
    start = random_network(3, (10, 6), 2, np.random.default_rng(1))
    one, other = (
        walked("regression", RuleBudget(rules=4, terms=2), compact=start)[0] for _ in range(2)
    )
    for a, b in zip(one, other, strict=True):
        assert a[1:] == b[1:]
        np.testing.assert_array_equal(get_parameters(a.compact), get_parameters(b.compact))


def test_what_a_budget_allows() -> None:
    compact, _ = problem("regression", 2)
    point = FrontPoint(compact, NetworkSize(9, 7), 0.5, sparse=False)
    widest, formula = int(count_condition_terms(compact).max()), count_formula_terms(compact)
    for name, number in (
        ("rules", 7),
        ("neurons", 4),
        ("terms", formula),
        ("condition_terms", widest),
    ):
        assert is_within_budget(point, RuleBudget(**{name: number}))
        assert not is_within_budget(point, RuleBudget(**{name: number - 1}))
    assert is_within_budget(point, RuleBudget())
    assert RuleBudget(terms=3, condition_terms=2).widest == 2
    assert RuleBudget(terms=3).widest == 3
    assert RuleBudget().widest is None


def test_the_best_score_of_few_rules() -> None:
    compact, _ = problem("regression", 2)
    found = [
        FrontPoint(compact, NetworkSize(rules, rules), score, sparse=False)
        for rules, score in ((9, 0.9), (4, 0.7), (3, 0.8), (2, 0.8))
    ]
    assert choose_point(found, RuleBudget(rules=9)) == 0
    assert choose_point(found, RuleBudget(rules=4)) == 3
    with pytest.raises(
        DataError,
        match=r"keeps the budget; the least found of each: 2 rules, 4 neurons, 3 inputs in",
    ):
        choose_point(found, RuleBudget(rules=1))


@pytest.mark.parametrize("task", ALL_TASKS)
def test_what_is_settled_keeps_the_budget(task: str) -> None:
    budget = RuleBudget(rules=3, terms=2)
    found, data, _ = walked(task, budget)
    sized = counter(data)
    point = found[choose_point(found, budget)]
    last = finetune_on_all_rows(point, data, TASKS[task], budget, sized, l1=1e-3)
    assert is_within_budget(last, budget)
    assert last.size == sized(last.compact)
