"""Scores in ONNX: lines by one product of matrices, trees by the paths to their leaves, networks
level by level.
"""

from typing import NamedTuple

import numpy as np

from relurules.emitting.line_plan import order_lines
from relurules.emitting.onnx.graph_builder import GraphBuilder
from relurules.emitting.tree_walk import plan_tree_walk
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, Network, RuleSet
from relurules.ir.network import Array

#: A tree is a table of leaves by tests, which more of them would make too large for a file.
_MOST_LEAVES = 2000


class TreePaths(NamedTuple):
    """tests: (S, leaves) 1 where a leaf needs the test to hold, -1 where it needs it not to, 0
    where it doesn't ask; rules: (leaves,) numbers of the rules, 0 for none.
    """

    tests: Array
    rules: Array


class LineTerms(NamedTuple):
    """Values in the graph. beyond: (N, K) how far a row lies beyond each line, part by part;
    groups: (N, m) what each group adds.
    """

    beyond: str
    groups: tuple[str, ...]


def add_line_terms(graph: GraphBuilder, rules: AdditiveRules, x: str) -> LineTerms:
    """What lines are multiplied with, and what groups add."""
    order = order_lines(rules)
    beyond = ""
    if len(order):
        sums = graph.multiply(x, rules.normals[order].T, "line sums")
        sums = graph.add_numbers(sums, -rules.bounds[order], "line arguments")
        beyond = graph.apply(
            "Max", sums, graph.add_constant("zero", np.array([0.0])), called="lines"
        )
    groups = tuple(
        add_tree_scores(graph, group.rules, x, f"group {group.number}").scores
        for group in rules.groups
    )

    return LineTerms(beyond=beyond, groups=groups)


def add_line_scores(graph: GraphBuilder, rules: AdditiveRules, x: str, terms: LineTerms) -> str:
    """(N, m) the sum of the base, the lines and the groups."""
    scores = graph.multiply(x, rules.base.weights.T, "base")
    if terms.beyond:
        added = graph.multiply(terms.beyond, rules.slopes[order_lines(rules)], "lines add")
        scores = graph.apply("Add", scores, added)
    for group in terms.groups:
        scores = graph.apply("Add", scores, group)
    return graph.add_numbers(scores, rules.base.constants, "scores")


def add_part_sums(graph: GraphBuilder, rules: AdditiveRules, x: str, terms: LineTerms) -> list[str]:
    """Of every part (N, m): what it adds."""
    found, start = [], 0
    for part in rules.parts:
        end = start + len(part.lines)
        added = [terms.groups[k] for k in part.groups]
        if part.weights.any() or not (len(part.lines) or added):
            own = graph.take_columns(x, part.coordinates.tolist())
            added.append(graph.multiply(own, part.weights.T, f"base of {part.name}"))
        if len(part.lines):
            own = graph.take_columns(terms.beyond, range(start, end))
            added.append(graph.multiply(own, rules.slopes[part.lines], f"lines of {part.name}"))
        total = added[0]
        for one in added[1:]:
            total = graph.apply("Add", total, one, called=part.name)
        found.append(total)
        start = end

    return found


class TreeScores(NamedTuple):
    """Values in the graph. scores: (N, m); rule: (N, 1) double, its number, 0 for none."""

    scores: str
    rule: str


def add_tree_scores(
    graph: GraphBuilder, rules: RuleSet, x: str, called: str = "rule"
) -> TreeScores:
    """By the rule that applies."""
    maps = rules.maps
    chosen = add_rule_shares(graph, rules, x, called)
    count, scores, columns = maps.weights.shape
    weights = graph.multiply(chosen, maps.weights.reshape(count, -1), f"{called} weights of")
    shape = graph.add_constant("shape", np.array([-1, scores, columns], dtype=np.int64))
    weights = graph.apply("Reshape", weights, shape)
    wide = graph.add_constant("shape", np.array([-1, 1, columns], dtype=np.int64))
    products = graph.apply("Mul", weights, graph.apply("Reshape", x, wide))
    linear = graph.sum_rows(products, 2, keep=False)
    total = graph.apply(
        "Add", linear, graph.multiply(chosen, maps.constants, f"{called} constants of")
    )
    numbers = np.arange(1.0, count + 1)[:, None]

    return TreeScores(scores=total, rule=graph.multiply(chosen, numbers, f"{called} number"))


def add_rule_shares(graph: GraphBuilder, rules: RuleSet, x: str, called: str) -> str:
    """(N, rules) double: 1 for the rule that applies, else 0."""
    tree = rules.tree
    if not len(tree.neurons):  # one rule, everywhere
        nothing = graph.multiply(x, np.zeros((tree.normals.shape[1], 1)), f"{called} tests")
        return graph.add_numbers(nothing, [1.0], f"{called} applies")

    paths = find_paths(rules)
    held = graph.apply(
        "GreaterOrEqual",
        graph.multiply(x, tree.normals.T, f"{called} tests"),
        graph.add_constant("bounds", -tree.offsets),
    )
    signs = graph.apply(
        "Sub",
        graph.apply("Mul", graph.as_numbers(held), graph.add_constant("two", np.array([2.0]))),
        graph.add_constant("one", np.array([1.0])),
    )
    met = graph.multiply(signs, paths.tests, f"{called} tests met")
    due = graph.add_constant("tests due", np.abs(paths.tests).sum(axis=0))
    reached = graph.as_numbers(graph.apply("Equal", met, due))
    own = np.asarray(paths.rules[:, None] == np.arange(1, len(rules) + 1), dtype=np.float64)
    return graph.multiply(reached, own, f"{called} applies")


def find_paths(rules: RuleSet) -> TreePaths:
    """Of every leaf the tests on the way to it; UnsupportedError for a tree that is too large."""
    walk = plan_tree_walk(rules, None)
    if walk is None:
        return TreePaths(np.zeros((0, 1)), np.ones(1, dtype=np.intp))

    leaves: list[tuple[int, list[tuple[int, float]]]] = []
    ahead: list[tuple[int, list[tuple[int, float]]]] = [(0, [])]
    while ahead:
        test, path = ahead.pop()
        if len(leaves) + len(ahead) > _MOST_LEAVES:
            raise UnsupportedError(
                f"target 'onnx', form 'tree': more than {_MOST_LEAVES} rules would be a table too "
                "large for a model's file; use form='network', or ask for fewer rules"
            )
        for side, following in zip((-1.0, 1.0), walk.next[test], strict=True):
            own = [*path, (test, side)]
            if following > 0:
                ahead.append((following, own))
            else:
                leaves.append((-following, own))

    tests = np.zeros((len(walk.next), len(leaves)))
    for place, (_, path) in enumerate(leaves):
        for test, side in path:
            tests[test, place] = side
    return TreePaths(tests, np.array([number for number, _ in leaves]))


def add_network_scores(
    graph: GraphBuilder, network: Network, x: str, *, relu_alone: bool = False
) -> str:
    """(N, m) by the neurons, level by level. relu_alone: without Max, Min and Mul."""
    activated: list[tuple[np.ndarray, str]] = []
    for number, level in enumerate(network.levels, 1):
        called = f"level {number}"
        z = graph.add_numbers(
            _sum_terms(graph, network.A[level], network.L[level], x, activated, called),
            network.b[level],
            called,
        )
        activate = _activate_by_relu if relu_alone else _activate_by_sides
        activated.append((level, activate(graph, z, network.slope[level], f"{called} activated")))

    total = _sum_terms(graph, network.C, network.U, x, activated, "outputs")
    return graph.add_numbers(total, network.c, "scores")


def _activate_by_sides(graph: GraphBuilder, z: str, slopes: Array, called: str) -> str:
    """max(0, z) + slope * min(0, z)."""
    zero = graph.add_constant("zero", np.array([0.0]))
    phi = graph.apply("Max", z, zero, called=called)
    if not slopes.any():
        return phi
    below = graph.apply("Min", z, zero)
    slope = graph.add_constant("slopes", slopes)
    return graph.apply("Add", phi, graph.apply("Mul", below, slope))


def _activate_by_relu(graph: GraphBuilder, z: str, slopes: Array, called: str) -> str:
    """The same by Relu(z) alone: slope * z + (1 - slope) * Relu(z)."""
    phi = graph.apply("Relu", z, called=called)
    if not slopes.any():
        return phi
    above = graph.multiply(phi, np.diag(1.0 - slopes), f"{called} above")
    return graph.apply("Add", graph.multiply(z, np.diag(slopes), f"{called} below"), above)


def _sum_terms(
    graph: GraphBuilder,
    features: Array,
    neurons: Array,
    x: str,
    activated: list[tuple[np.ndarray, str]],
    called: str,
) -> str:
    """(N, n) what some neurons or scores read of the columns and of earlier levels."""
    total = graph.multiply(x, features.T, f"{called} of columns")
    for level, phi in activated:
        block = neurons[:, level]
        if block.any():
            total = graph.apply("Add", total, graph.multiply(phi, block.T, f"{called} of neurons"))

    return total
