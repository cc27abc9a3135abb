"""Bounds of scores on every cell against scipy's programs; leaves met against rows."""

import numpy as np
import pytest
from brute_force import list_choices, maximise_least, restrict
from documents.stand_ins import people
from handmade import random_network, rows_in, rules_of

import relurules as rr
from relurules.analysis.tree_walk import bound_scores, walk_leaves
from relurules.ir import RuleSet
from relurules.lp import Polytope

BOX = rr.Domain.box([-1, -1], [2, 2], ["a", "b"])


@pytest.mark.parametrize("seed", range(6))
def test_bounds_are_those_of_scipy(seed: int) -> None:
    rules = rules_of(random_network(seed, 2, 5, 1), BOX)
    ground = restrict(rules)
    weights, constants = ground.weights[:, 0], ground.constants[:, 0]
    found = bound_scores(ground, ground.space, weights, constants)
    assert {cell.leaf for cell in found.cells} == set(range(len(rules)))
    own: dict[int, list[float]] = {}
    for cell, (low, high) in zip(found.cells, found.branches.tolist(), strict=True):
        ends = own.setdefault(cell.leaf, [low, high])
        ends[:] = min(ends[0], low), max(ends[1], high)
    for leaf, (low, high) in own.items():
        rule, form = rules.rules[leaf], weights[leaf][None]
        top = maximise_least(BOX, rule, form, constants[[leaf]], {})
        bottom = -maximise_least(BOX, rule, -form, -constants[[leaf]], {})
        assert [low, high] == pytest.approx([bottom, top], abs=1e-7)
        assert low <= bottom + 1e-9
        assert high >= top - 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_below_a_split_are_all_rows_that_come_by(seed: int) -> None:
    rules = rules_of(random_network(seed, 2, 5, 1), BOX)
    ground = restrict(rules)
    found = bound_scores(ground, ground.space, ground.weights[:, 0], ground.constants[:, 0])
    X = rows_in(BOX, 500, seed)
    y, tree = rules.predict(X)[:, 0], rules.tree
    for x, value in zip(X, y, strict=True):
        at = 0 if len(tree.neurons) else -1
        while at >= 0:
            assert found.splits[at, 0] <= value <= found.splits[at, 1]
            at = int(tree.children[at][int(tree.normals[at] @ x + tree.offsets[at] >= 0)])
    if len(tree.neurons):
        ends = found.branches[:, 0].min(), found.branches[:, 1].max()
        assert tuple(found.splits[0]) == ends


def leaves_of(rules: RuleSet, start: Polytope) -> list[int]:
    ground = restrict(rules)
    return [cell.leaf for cell in walk_leaves(ground, ground.space, start)]


@pytest.mark.parametrize("seed", range(6))
def test_a_small_box_meets_the_rules_of_its_rows(seed: int) -> None:
    rules = rules_of(random_network(seed, 2, 5, 1), BOX)
    space = restrict(rules).space
    rng = np.random.default_rng(seed)
    for _ in range(10):
        middle, half = rng.uniform(-0.9, 1.9, 2), rng.uniform(0.01, 0.1)
        box = rr.Domain.box(middle - half, middle + half)
        v = np.linalg.solve(space.spread, middle - space.base)
        reach = half / np.abs(np.diag(space.spread))
        G = np.vstack([np.eye(2), -np.eye(2)])
        start = Polytope(G, np.concatenate([v + reach, reach - v]))
        met = set(leaves_of(rules, start))
        rows = set((rules.apply(rows_in(box, 300, seed)) - 1).tolist())
        touched = {
            leaf
            for leaf, rule in enumerate(rules.rules)
            if maximise_least(box, rule, np.zeros((1, 2)), np.zeros(1), {}) > -np.inf
        }
        assert rows <= met <= touched


def test_nothing_is_met_by_what_is_empty_or_below_what_nobody_wants() -> None:
    rules = rules_of(random_network(0, 2, 5, 1), BOX)
    ground = restrict(rules)
    assert leaves_of(rules, Polytope.make_empty(2)) == []
    assert list(walk_leaves(ground, ground.space, ground.space.walls, lambda _: False)) == []
    seen: list[int] = []
    list(
        walk_leaves(
            ground, ground.space, ground.space.walls, lambda at: bool(seen.append(at)) or True
        )
    )
    assert sorted(seen) == list(range(len(rules.tree.neurons)))
    assert set(leaves_of(rules, ground.space.walls)) == set(range(len(rules)))


def test_categories_are_bounded_too() -> None:
    rules = people()
    ground = restrict(rules)
    weights, constants = ground.weights[:, 0], ground.constants[:, 0]
    found = bound_scores(ground, ground.space, weights, constants)
    for leaf, rule in enumerate(rules.rules):
        ends = found.branches[[cell.leaf == leaf for cell in found.cells]]
        top = max(
            maximise_least(rules.domain, rule, weights[[leaf]], constants[[leaf]], fixed)
            for fixed in list_choices(rules.domain)
        )
        if np.isfinite(top):
            assert ends[:, 1].max() >= top - 1e-9
