"""Equal rows have equal numbers, bit for bit, wherever they stand and however many there are."""

from fractions import Fraction
from typing import Any

import networkx
import numpy as np
import pytest
from handmade import network
from hypothesis import given, settings
from hypothesis import strategies as st
from line_models import MODELS

import relurules as rr
from relurules.domain.linear_forms import add_weighted, evaluate_forms
from relurules.ir import AdditiveRules, Graph, Head, RuleSet

Array = np.ndarray

#: Around those at which the way of computing changes, and some that leave a few rows over.
SIZES = (1, 2, 3, 7, 16, 61, 63, 64, 65, 255, 301)
seeds = st.integers(0, 2**32 - 1)


def draw_numbers(random: np.random.Generator, *shape: int) -> Array:
    """Numbers of many sizes; about a third are 0."""
    sizes = 10.0 ** random.integers(-3, 4, shape)
    return np.where(random.random(shape) < 0.3, 0.0, sizes * random.normal(size=shape))


def draw_rules(seed: int, form: str) -> AdditiveRules | RuleSet:
    """Rules of one or more scores behind a link, on a box with an inequality."""
    random = np.random.default_rng(seed)
    d, m = int(random.integers(1, 18)), int(random.integers(1, 4))
    neurons = int(random.integers(1, 30 if form == "additive" else 5))
    A = draw_numbers(random, neurons, d)
    A[:, 0] += 1.0
    net = network(
        A,
        draw_numbers(random, neurons),
        random.normal(size=(m, neurons)),
        C=draw_numbers(random, m, d),
        c=draw_numbers(random, m),
    )
    names = tuple(f"x{i}" for i in range(d))
    outputs = tuple(f"y{i}" for i in range(m))
    heads = tuple(Head("sigmoid", (i,)) for i in range(m))
    graph = Graph(names, outputs, net, networkx.DiGraph(), heads=heads)
    domain = rr.Domain.box([-2.0] * d, [2.0] * d, names)
    return rr.extract(graph, domain=domain.where("x0 <= 1.5"), form=form)


def compute_all(rules: AdditiveRules | RuleSet, X: Any) -> list[Array]:
    """Everything that is computed of rows alone."""
    found = [rules.predict_scores(X), np.asarray(rules.predict(X)).reshape(len(X), -1)]
    if isinstance(rules, RuleSet):
        return [*found, rules.apply(X)[:, None]]
    parts = rules.contributions(X, rules.scores[0])
    return [*found, rules.find_applying_lines(X), parts.to_numpy()]


def are_equal(found: list[Array], due: list[Array], rows: Any) -> bool:
    """Whether all bits are, the signs of zeros as well."""
    return all(
        one.tobytes("C") == np.asarray(other[rows]).tobytes("C")
        for one, other in zip(found, due, strict=True)
    )


def check_rows(rules: AdditiveRules | RuleSet, X: Any, random: np.random.Generator) -> None:
    """Slices, permutations, repetitions and other layouts beside all of the rows."""
    due = compute_all(rules, X)
    count = len(X)
    for size in SIZES:
        first = int(random.integers(max(1, count - size)))
        rows = np.arange(first, min(first + size, count))
        assert are_equal(compute_all(rules, X[rows]), due, rows)

    order = random.permutation(count)
    assert are_equal(compute_all(rules, X[order]), due, order)
    again = random.integers(5, size=count)
    assert are_equal(compute_all(rules, X[again]), due, again)
    assert are_equal(compute_all(rules, np.asfortranarray(X)), due, slice(None))
    assert are_equal(compute_all(rules, np.repeat(X, 2, axis=1)[:, ::2]), due, slice(None))


@pytest.mark.parametrize("form", ["additive", "partition"])
@settings(max_examples=12, deadline=None)
@given(seed=seeds)
def test_drawn_rules(form: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    rules = draw_rules(seed, form)
    X = random.uniform(-2.1, 2.0, (400, len(rules.domain.names)))
    X[::7] = np.round(X[::7])
    X[3, 0] = np.nan
    check_rows(rules, X, random)


@pytest.mark.parametrize("name", list(MODELS))
def test_rules_of_every_kind(name: str) -> None:
    rules, random = MODELS[name](), np.random.default_rng(5)
    X = random.uniform(-3.0, 11.0, (700, len(rules.domain.names)))
    for group in rules.domain.groups:
        X[:, list(group)] = np.eye(len(group))[random.integers(len(group), size=len(X))]
    check_rows(rules, X, random)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, rows=st.sampled_from([1, 5, 63, 64, 200]))
def test_sums_are_rounded_one_after_the_other(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    d, count, m = (int(random.integers(6)) for _ in range(3))
    columns, weights = draw_numbers(random, d, rows), draw_numbers(random, count, d)
    forms = evaluate_forms(columns, weights)
    slopes, found = draw_numbers(random, count, m), draw_numbers(random, m, rows)
    before = found.copy()
    add_weighted(found, iter(forms), slopes)

    for row in (0, rows - 1):
        due = [add_in_order([0.0], w, columns[:, row].tolist()) for w in weights.tolist()]
        assert forms[:, row].tolist() == due
        for s in range(m):
            total = add_in_order([before[s, row]], slopes[:, s].tolist(), due)
            assert found[s, row] == total


def add_in_order(start: list[float], weights: list[float], values: list[float]) -> float:
    """Products and sums as exact rationals, each rounded to the nearest float."""
    total = Fraction(start[0])
    for weight, value in zip(weights, values, strict=True):
        product = float(Fraction(weight) * Fraction(value))
        total = Fraction(float(total + Fraction(product)))
    return float(total)
