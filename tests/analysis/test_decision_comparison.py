"""Where two rule sets decide differently, against scipy's programs on linear scores."""

import itertools

import numpy as np
import pytest
from brute_force import restrict
from handmade import network, random_network, rows_in, rules_of
from scipy.optimize import linprog

import relurules as rr
from relurules.analysis.decision_comparison import CLASSES, DecisionComparer
from relurules.ir import Head, RuleSet
from relurules.ir.network import Array

BOX = rr.Domain.box([-1, -1], [2, 2], ["a", "b"])
LEAST = 1e-9


def linear(weights: Array, constants: Array) -> RuleSet:
    """One rule: scores weights x + constants."""
    m = len(weights)
    outputs = [f"c{i}" for i in range(m)]
    net = network(np.zeros((1, 2)), [0], np.zeros((m, 1)), C=weights, c=constants)
    return rules_of(net, BOX, outputs)


def find_point(one: RuleSet, other: RuleSet) -> Array | None:
    """A point, (d,), of the only part of two rule sets of one rule each."""
    old, new = restrict(one), restrict(other)
    compared = DecisionComparer.of(old, new, old.space, LEAST)
    (cell,), (part,) = old.cells(old.space), new.cells(old.space)
    found = compared.find_point(cell, part, np.zeros((1, 2)))
    return None if found is None else old.space.rows(found)


def measure_gap(one: tuple[Array, Array], other: tuple[Array, Array]) -> float:
    """By how much a point may be of one class of the first and of another of the second."""
    best, m = -np.inf, len(one[1])
    for i, j in itertools.permutations(range(m), 2):
        rows, ends = [], []
        for (weights, constants), k in ((one, i), (other, j)):
            others = [c for c in range(m) if c != k]
            rows.append(np.column_stack([weights[others] - weights[k], np.ones(m - 1)]))
            ends.append(constants[k] - constants[others])
        found = linprog(
            [0, 0, -1],
            A_ub=np.vstack(rows),
            b_ub=np.concatenate(ends),
            bounds=[(-1, 2)] * 2 + [(None, None)],
        )
        best = max(best, -float(found.fun))
    return best


@pytest.mark.parametrize("m", [2, 3])
def test_a_point_is_found_just_where_there_is_one(m: int) -> None:
    answers = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        one = rng.normal(size=(m, 2)), rng.normal(size=m)
        other = one[0] + rng.normal(size=(m, 2)) * 0.05, one[1] + rng.normal(size=m) * 0.05
        if seed % 4 == 0:  # the same decisions by other scores
            other = 2 * one[0] + rng.normal(size=2), 2 * one[1] + rng.normal()
        gap = measure_gap(one, other)
        sides = linear(*one), linear(*other)
        x = find_point(*sides)
        answers.append(x is not None)
        assert (x is not None) == (gap > LEAST)
        if x is not None:
            x = np.clip(x, BOX.lower, BOX.upper)
            told = [side.predict(x[None])[0].argmax() for side in sides]
            assert told[0] != told[1]
    assert set(answers) == {True, False}


def test_the_same_rules_decide_alike() -> None:
    rng = np.random.default_rng(0)
    for m in (2, 3, CLASSES + 2):
        rules = linear(rng.normal(size=(m, 2)), rng.normal(size=m))
        assert find_point(rules, rules) is None


def test_many_classes_are_compared_at_one_point() -> None:
    """Different at the middle, (0.5, 0.5), or else not looked for."""
    m = CLASSES + 1
    weights, constants = np.zeros((m, 2)), np.arange(m, dtype=float)
    plain = linear(weights, constants)
    turned = linear(weights, constants[::-1].copy())
    found = find_point(plain, turned)
    assert found is not None
    assert found.tolist() == [0.5, 0.5]
    edge = weights.copy()
    edge[0, 0] = 10.0  # class 0 wins where a > 0.4 only: b's corner isn't the middle
    assert find_point(plain, linear(edge, constants)) is not None
    far = weights.copy()
    far[0, 0] = 2.2  # wins from a = 1.8 on
    assert find_point(plain, linear(far, constants)) is None
    assert (
        find_point(linear(weights[:3], constants[:3]), linear(far[:3], constants[:3])) is not None
    )


def test_decisions_are_compared_by_their_classes() -> None:
    rng = np.random.default_rng(1)
    net = random_network(2, 2, 4, 2)
    one = rules_of(net, BOX, ["x", "y"], decision="argmax")
    turned = rules_of(
        network(net.A, net.b, -net.U, L=net.L, C=-net.C, c=-net.c, slope=net.slope),
        BOX,
        ["x", "y"],
        decision="argmax",
    )
    X = rows_in(BOX, 300)
    assert len(set(one.predict(X)[:, 0].tolist())) == 2
    for other, differs in ((one, False), (turned, True)):
        old, new = restrict(one), restrict(other)
        compared = DecisionComparer.of(old, new, old.space, LEAST)
        for cell in old.cells(old.space):
            for part in new.cells(old.space):
                center = rng.uniform(size=2)
                same = np.array_equal(old.constants[cell.leaf], new.constants[part.leaf])
                found = compared.find_point(cell, part, center[None])
                assert (found is None) == same
                assert found is None or np.array_equal(found, center)
        assert rr.diff(one, other).differing == 0 or differs


def test_outputs_that_are_no_classes_have_none() -> None:
    one = rules_of(random_network(0, 2, 3, 1), BOX, ["y"])
    ground = restrict(one)
    assert DecisionComparer.of(ground, ground, ground.space, LEAST).classes == ()
    four = rules_of(
        random_network(0, 2, 3, 4),
        BOX,
        ["a0", "a1", "b0", "b1"],
        [Head("softmax", (s, s + 1), i) for s in (0, 2) for i in (0, 1)],
    )
    assert rr.diff(four, four)
