"""Fewer rules within a certified bound."""

import numpy as np
import pandas as pd
import pytest
from grounds import box, ground_of, largest_of
from handmade import Array, lines, network, random_network, rows_in, rules_of

import relurules as rr
from relurules.errors import UnsupportedError
from relurules.ir import Head, RuleSet
from relurules.links.heads import apply_links
from relurules.rules.fit import make_uniform_cost
from relurules.rules.merge_hierarchy import build_merge_hierarchy, count_leaves


def farthest(rules: RuleSet, net: object, X: Array, heads: tuple[Head, ...] = ()) -> float:
    scores = net.evaluate(X)  # type: ignore[attr-defined]
    return float(np.abs(rules.predict(X) - (apply_links(heads, scores) if heads else scores)).max())


def beside(rules: RuleSet, X: Array) -> Array:
    """The rows moved to either side of every split."""
    moved = [X]
    for normal, offset in zip(rules.tree.normals, rules.tree.offsets, strict=True):
        on = X - np.outer((X @ normal + offset) / (normal @ normal), normal)
        moved += [on + side * 1e-12 * normal for side in (-1, 1)]
    Y = np.vstack(moved)
    return Y[rules.domain.contains(Y)]


def check_conditions(rules: RuleSet, X: Array) -> None:
    """Rules applied by their conditions are the tree's, up to boundaries."""
    clear = (np.abs(X @ rules.tree.normals.T + rules.tree.offsets) > 1e-7).all(axis=1)
    number = rules.apply(X)
    for rule in rules:
        holds = np.ones(len(X), dtype=bool)
        for space, side in rule.conditions:
            holds &= (X @ space.normal >= space.bound) == side
        assert (holds == (number == rule.number))[clear].all()
        assert rules.domain.groups or rules.apply(rule.point[None]).tolist() == [rule.number]


@pytest.mark.parametrize("error", [1e-3, 1e-2, 0.1])
@pytest.mark.parametrize("seed", range(4))
def test_the_bound_holds(seed: int, error: float) -> None:
    net = random_network(seed, d=1 + seed % 3, K=5, m=1 + seed % 2)
    domain = box(1 + seed % 3)
    exact, rules = rules_of(net, domain), rules_of(net, domain, max_error=error)
    X = rows_in(domain, 2000, seed)
    assert rules.max_error <= error
    assert farthest(rules, net, beside(rules, X[:300])) <= rules.max_error + 1e-12
    assert farthest(rules, net, X) <= rules.max_error + 1e-12
    assert len(rules) <= len(exact)
    check_conditions(rules, X)


@pytest.mark.parametrize("seed", range(4))
def test_a_number_of_rules(seed: int) -> None:
    net = random_network(seed, d=2, K=6, m=1)
    domain = box(2)
    few = [rules_of(net, domain, max_rules=n) for n in (12, 6, 3, 1)]
    assert [len(rules) <= n for rules, n in zip(few, (12, 6, 3, 1), strict=True)] == [True] * 4
    errors = [rules.max_error for rules in few]
    assert errors == sorted(errors)
    X = rows_in(domain, 2000)
    for rules in few:
        assert farthest(rules, net, X) <= rules.max_error + 1e-12
        steps = rules.tradeoffs
        assert [step.rules for step in steps] == sorted(
            (step.rules for step in steps), reverse=True
        )
        assert [step.error for step in steps] == sorted(step.error for step in steps)
        assert steps[-1].rules == len(rules)
        check_conditions(rules, X)


def test_the_least_error_of_one_rule_for_a_kink() -> None:
    rules = rules_of(lines([[1.0]], [0.0]), box(1), max_rules=1)
    assert len(rules) == 1
    assert rules.max_error == pytest.approx(0.25, rel=0.02)


def test_enough_rules_change_nothing() -> None:
    net = random_network(1, d=2, K=5)
    exact, same = rules_of(net, box(2)), rules_of(net, box(2), max_rules=1000)
    assert same.max_error == 0.0
    assert len(same) == len(exact)
    assert np.array_equal(same.predict(rows_in(box(2), 50)), exact.predict(rows_in(box(2), 50)))


@pytest.mark.parametrize("seed", range(4))
def test_the_largest_of_eight_functions_is_as_many_rules_as_are_ever_the_largest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights, constants = rng.normal(size=(8, 2)), rng.normal(size=8) * 0.3
    rules = rules_of(largest_of(weights, constants.tolist()), box(2))
    X = rows_in(box(2), 5000)
    assert rules.reduction.regions > 20
    assert set(np.argmax(X @ weights.T + constants, axis=1).tolist()) == {
        int(np.abs(weights - rule.map.weights).sum(axis=1).argmin()) for rule in rules
    }
    assert len(rules) <= 8
    assert len(np.unique(rules.tree.children[rules.tree.children < 0])) == len(rules)
    assert (
        count_leaves(rules.tree) <= 14
    )  # where three maps meet, any first cut goes through one of them
    assert farthest(rules, largest_of(weights, constants.tolist()), X) <= 1e-12
    check_conditions(rules, X)


def test_a_network_that_is_the_same_everywhere_is_one_rule() -> None:
    # relu(z) - relu(-z) - z = 0 for every z
    net = network([[1, 2], [-1, -2]], [0.5, -0.5], [[1, -1]], C=[[-1, -2]], c=[-0.5])
    rules = rules_of(net, box(2))
    assert len(rules) == 1
    assert rules.rules[0].conditions == ()


def test_numbers_become_short() -> None:
    net = network([[1 / 3, 0.0012]], [0.1234567], [[0.7654321]], C=[[1 / 7, 1e-5]], c=[1 / 9])
    rules = rules_of(net, box(2), max_error=0.01)
    numbers = [
        *(n for rule in rules for n in rule.map.weights.ravel()),
        *rules.tree.normals.ravel(),
    ]
    assert len(rules) == 2
    assert all(len(repr(float(number)).strip("-")) <= 5 for number in numbers), numbers
    assert all(rule.map.weights[0, 1] == 0.0 for rule in rules)


@pytest.mark.parametrize(
    ("heads", "error"),
    [
        ((Head("sigmoid", (0,)),), 0.02),
        ((Head("complement", (0,)), Head("sigmoid", (0,))), 0.02),
        ((Head("softmax", (0, 1), 0), Head("softmax", (0, 1), 1)), 0.02),
        ((Head("exp", (0,)),), 100.0),
        ((Head("log_softmax", (0, 1), 0),), 0.1),
    ],
)
def test_the_bound_is_in_units_of_the_outputs(heads: tuple[Head, ...], error: float) -> None:
    net = random_network(3, d=2, K=6, m=2)
    rules = rules_of(net, box(2), heads=heads, max_error=error)
    assert 0 < rules.max_error <= error
    assert farthest(rules, net, rows_in(box(2), 4000), heads) <= rules.max_error
    exact = rules_of(net, box(2), heads=heads)
    assert exact.max_error == 0.0
    assert len(rules) < len(exact)


def test_bounds_cut_a_tree_in_one_way() -> None:
    ground = ground_of(random_network(4, d=2, K=6, m=1))
    steps = build_merge_hierarchy(ground, make_uniform_cost(ground, np.inf))
    assert steps.tradeoffs(np.inf)[0].rules <= len(ground.partition)
    assert steps.tradeoffs(np.inf)[-1].rules == 1
    for step in steps.tradeoffs(np.inf):
        grown, pieces = steps.cut(step.error)
        assert len(pieces) == step.rules
        assert sorted(region for piece in pieces for region in piece.regions) == list(
            range(len(ground.partition))
        )
        assert count_leaves(grown.tree) == len(pieces)


def test_what_is_too_much_is_said() -> None:
    net = random_network(2, d=2, K=6, m=1)
    with pytest.raises(
        UnsupportedError, match=r"max_rules=2: with this max_error \d+ rules are needed"
    ):
        rules_of(net, box(2), max_rules=2, max_error=1e-4)
    with pytest.raises(UnsupportedError, match="column 'x1' is open"):
        rules_of(net, rr.Domain.box([0, 0], [1, np.inf]), max_rules=2)


@pytest.mark.parametrize("seed", range(3))
def test_the_bound_holds_for_categories_and_inequalities(seed: int) -> None:
    frame = pd.DataFrame(
        {"kind": list("uvwuv"), "x": [-1.0, 1.0, 0.0, 0.5, 0.2], "y": [0.0, 2.0, 1.0, 1.5, 0.3]}
    )
    domain = rr.Domain.from_data(frame).where("x + y <= 2.5")
    net = random_network(seed, d=5, K=5, m=1)
    rules = rules_of(net, domain, max_error=0.2)
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "kind": rng.choice(list("uvw"), 2000),
            "x": rng.uniform(-1, 1, 2000),
            "y": rng.uniform(0, 2, 2000),
        }
    )
    X = domain.rows(rows)
    X = X[domain.contains(X)]
    assert 0 < farthest(rules, net, X) <= rules.max_error <= 0.2
    assert len(rules) < len(rules_of(net, domain))
    check_conditions(rules, X)
