"""Additive rules of 300 random networks are the networks: in the middle, at kinks and far outside,
whatever they are made of.
"""

from dataclasses import replace
from typing import Any

import networkx
import numpy as np
import pytest
from handmade import Array, layered, network, random_network
from numpy.typing import NDArray

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import AdditiveRules, Graph, Head, Network

SLOPES = (0.0, 0.25, -1.0, 1.5, 0.9997)
#: As the acceptance of additive rules has it, of the absolute terms.
TOLERANCE = 1e-9


def draw_network(seed: int, d: int, m: int) -> Network:
    """Depth 1 to 3, with skip links or without; every third one with repeated and zero rows."""
    rng = np.random.default_rng(seed)
    kind = seed % 3
    if kind == 0:
        K = int(rng.integers(1, 12))
        net = network(
            rng.normal(size=(K, d)), rng.normal(size=K), rng.normal(size=(m, K)),
            C=rng.normal(size=(m, d)), c=rng.normal(size=m), slope=rng.choice(SLOPES, size=K),
        )  # fmt: skip
    elif kind == 1:
        net = random_network(seed, d, int(rng.integers(1, 6)), m, slopes=SLOPES)
    else:
        sizes = [int(n) for n in rng.integers(1, 4, size=int(rng.integers(2, 4)))]
        net = layered(seed, d, sizes, m, float(rng.choice(SLOPES)))
    return repeat_rows(net, rng) if seed % 5 == 0 else net


def repeat_rows(net: Network, rng: np.random.Generator) -> Network:
    """Some neurons that read nothing, or what the first one reads, turned or not."""
    A, b, L = net.A.copy(), net.b.copy(), net.L.copy()
    for k in range(1, len(net)):
        if rng.random() < 0.5:
            L[k] = 0.0
            factor = rng.choice([0.0, 1.0, -2.0, 1.0 / 3.0])
            A[k], b[k] = factor * A[0], factor * b[0]
    return replace(net, A=A, b=b, L=L)


def draw_heads(seed: int, m: int) -> tuple[Head, ...]:
    return (
        (),
        (Head("sigmoid", (0,)),),
        tuple(Head("softmax", tuple(range(m)), i) for i in range(m)),
        (Head("exp", (m - 1,)), Head("identity", (0,))),
    )[seed % 4]


def draw_columns(seed: int, d: int) -> tuple[Column, ...]:
    """Numbers; of every fourth network two coordinates are the categories of one column."""
    if seed % 4 or d < 3:
        return tuple(Column(f"x{j}") for j in range(d))
    kinds = Column("kind", (Category(("a",)), Category(("b",), other=True)))
    return (kinds, *(Column(f"x{j}") for j in range(2, d)))


def draw_graph(seed: int) -> Graph:
    rng = np.random.default_rng(seed)
    d, m = int(rng.integers(1, 6)), int(rng.integers(1, 4))
    net, heads = draw_network(seed, d, m), draw_heads(seed, m)
    columns = draw_columns(seed, d)
    names = tuple(f"y{i}" for i in range(len(heads) or m))
    features = rr.Domain.over(columns).names
    return Graph(features, names, net, networkx.DiGraph(), heads=heads, columns=columns)


def extract_lines(graph: Graph, domain: rr.Domain | None = None) -> AdditiveRules:
    rules = rr.extract(graph, domain=domain, form="additive", guard_unread=True)
    assert isinstance(rules, AdditiveRules)
    return rules


def draw_rules(seed: int) -> tuple[Network, AdditiveRules]:
    graph = draw_graph(seed)
    return graph.network, extract_lines(graph)


def draw_box(graph: Graph, seed: int) -> rr.Domain:
    """A small or a large one, somewhere."""
    rng = np.random.default_rng(seed)
    half, numbers = float(rng.choice([0.1, 1.0, 3.0, 30.0])), {}
    for column in graph.columns:
        middle = float(rng.normal())
        if not column.categories:
            numbers[column.name] = middle - half, middle + half
    return rr.Domain.over(graph.columns).bounded(numbers)


def draw_points(net: Network, rules: AdditiveRules, seed: int) -> Array:
    """Points of every magnitude, on kinks, and beside them."""
    rng, domain = np.random.default_rng(seed), rules.domain
    d = len(domain.names)
    X = rng.normal(size=(60, d)) * 10.0 ** rng.integers(-6, 9, size=(60, 1))
    normals = np.vstack([net.A, rules.normals])
    offsets = np.append(net.b, -rules.bounds)
    used = np.flatnonzero(normals.any(axis=1))
    if len(used):
        chosen = rng.choice(used, size=60)
        n, t = normals[chosen], offsets[chosen]
        to_kink = ((X * n).sum(axis=1) + t) / (n**2).sum(axis=1)
        on = X - to_kink[:, None] * n
        X = np.vstack([X, on, np.nextafter(on, np.inf)])
    for group in map(list, domain.groups):
        X[:, group] = np.eye(len(group))[rng.integers(len(group), size=len(X))]
    return np.asarray(X)


def find_misses(found: Array, expected: Array, terms: Array) -> NDArray[np.intp]:
    return np.flatnonzero((np.abs(found - expected) > TOLERANCE * terms).any(axis=1))


@pytest.mark.parametrize("block", range(10))
def test_lines_are_the_network(block: int) -> None:
    for seed in range(30 * block, 30 * block + 30):
        net, rules = draw_rules(seed)
        X = draw_points(net, rules, seed)
        terms, expected = net.magnitude(X), net.evaluate(X)
        scores = rules.predict_scores(X)
        assert not len(find_misses(scores, expected, terms)), seed
        assert not len(find_misses(rules.network.evaluate(X), expected, terms)), seed

        for i, score in enumerate(rules.scores):
            summed = rules.contributions(X, score).sum(axis=1).to_numpy()
            reach = terms[:, i] + net.magnitude(rules.reference.values[None])[0, i]
            assert (np.abs(summed - expected[:, i]) <= TOLERANCE * reach).all(), (seed, score)


@pytest.mark.parametrize("block", range(10))
def test_lines_are_proven(block: int) -> None:
    for seed in range(30 * block, 30 * block + 30):
        graph = draw_graph(seed)
        rules = extract_lines(graph, draw_box(graph, seed))
        found = rr.prove(rules, graph)
        verdict = rr.check(found, rules, graph)
        assert verdict, (seed, verdict.why)
        terms = graph.network.magnitude(rules.domain.reach[None]).max()
        # what slopes near 1 may come to in the signs of neurons behind them
        assert found.bound <= 1e-12 * terms + 5.0 * rules.score_error, seed


def test_all_kinds_occur() -> None:
    """Lines, groups, points and nothing at all."""
    drawn: list[Any] = [draw_rules(seed)[1] for seed in range(0, 300, 7)]
    assert any(rules.groups for rules in drawn)
    assert any(rules.lines and not rules.groups for rules in drawn)
    assert any(rules.points for rules in drawn)
    assert any(not rules.lines for rules in drawn)
