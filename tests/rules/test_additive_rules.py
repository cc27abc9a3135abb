"""Lines of additive rules: folded, turned and scaled, and still the same function."""

from dataclasses import replace

import numpy as np
import pytest
from handmade import graph, network

import relurules as rr
from relurules.domain import Domain
from relurules.domain.columns import Category, Column
from relurules.ir import AdditiveRules, Network


def extract(net: Network, domain: Domain, data: object = None) -> AdditiveRules:
    traced = replace(graph(net), features=domain.names, columns=domain.columns)
    rules = rr.extract(traced, domain=domain, data=data, form="additive", guard_unread=True)
    assert isinstance(rules, AdditiveRules)
    return rules


def test_a_line_on_categories_alone_is_points() -> None:
    column = Column("kind", (Category(("a",)), Category(("b",)), Category(("c",), other=True)))
    domain = Domain.over((Column("x"), column)).bounded({"x": (0.0, 10.0)})
    net = network(
        np.array([[0, 1.0, -2.0, 0.5], [1.0, 3.0, 0, 0]]), np.array([-0.25, -4.0]),
        np.array([[2.0, 1.0]]), C=np.array([[1.0, 0, 0, 0]]),
    )  # fmt: skip
    rules = extract(net, domain)
    assert [line.columns for line in rules] == [("x", "kind")]
    assert rules.base.weights.tolist() == [[2.0, 4.5, 0.0, 0.5]]  # x + 3 a > 4 is turned
    X = np.array([[x, *one] for x in (0.0, 2.0, 9.0) for one in np.eye(3)])
    assert np.allclose(rules.predict(X), net.evaluate(X), atol=1e-14)
    points = rules.points["kind"]
    assert np.allclose(points - points[1], [[4.5], [0.0], [0.5]])


def test_one_column_is_scaled_to_itself() -> None:
    net = network(np.array([[-4.0]]), np.array([8.0]), np.array([[0.5]]))
    (line,) = extract(net, Domain.box([-10.0], [3.0]))
    assert line.condition.half_space.normal.tolist() == [1.0]  # the middle, -3.5, lies below 2
    assert line.condition.half_space.bound == 2.0
    assert line.slopes.tolist() == [2.0]


@pytest.mark.parametrize("slope", [0.0, 0.25, -1.0, 2.0])
def test_either_side_is_the_same_function(slope: float) -> None:
    net = network(
        np.array([[1.0, 0.0], [2.0, 1.0]]), np.array([1.0, -1.0]), np.array([[3.0, -1.0]]),
        slope=np.full(2, slope),
    )  # fmt: skip
    domain = Domain.box([-9.0, -9.0], [9.0, 9.0])
    low = extract(net, domain, data=np.full((5, 2), -8.0) + np.arange(10).reshape(5, 2) / 100)
    high = extract(net, domain, data=np.full((5, 2), 8.0) + np.arange(10).reshape(5, 2) / 100)
    assert np.array_equal(low.normals, -high.normals)
    assert [line.rows for line in (*low, *high)] == [0] * 4
    X = np.random.default_rng(0).uniform(-9, 9, (200, 2))
    for rules in (low, high):
        assert np.allclose(rules.predict(X), net.evaluate(X), atol=1e-12)


def test_the_base_is_rounded_once() -> None:
    """Terms that cancel: a sum in order would lose the small one."""
    net = network(
        np.array([[1.0], [2.0], [3.0]]), np.array([1e16, 1.0, -1e16]), np.array([[1.0, 1.0, 1.0]]),
        C=np.array([[0.5]]),
    )  # fmt: skip
    everywhere = Domain.unbounded(["x"])
    rules = extract(net, everywhere)
    turned = extract(net, everywhere, data=np.array([[1.0e17], [1.1e17], [1.2e17]]))
    assert rules.base.constants.tolist() == [0.0]
    assert turned.base.constants.tolist() == [1.0]
    assert turned.base.weights.tolist() == [[6.5]]


def test_a_curve_is_what_its_lines_make() -> None:
    net = network(
        np.array([[1.0, 0], [-1.0, 0], [1.0, 0], [0, 1.0]]), np.array([-2.0, 1.0, -5.0, 0.0]),
        np.array([[1.0, 2.0, -3.0, 1.0]]), C=np.array([[0.5, 0.0]]),
    )  # fmt: skip
    rules = extract(net, Domain.box([0.0, -1.0], [np.inf, 1.0], ["x", "y"]))
    curve = rules.curves["x"]
    assert curve.breakpoints.tolist() == [0.0, 1.0, 2.0, 5.0]
    x = np.array([0.0, 0.3, 1.7, 3.0, 8.0, 100.0])
    X = np.column_stack([x, np.full(6, rules.reference.values[1])])
    measured = rules.predict(X) - rules.predict(rules.reference.values[None])
    assert np.allclose(curve.evaluate(x), measured, atol=1e-13)
    assert np.allclose(curve.slopes[:, 0], [-1.5, 0.5, 1.5])
    assert curve.above.tolist() == [-1.5]


def test_a_column_that_is_one_straight_line_needs_no_breakpoints() -> None:
    net = network(np.zeros((0, 1)), np.zeros(0), np.zeros((1, 0)), C=np.array([[2.0]]))
    curve = extract(net, Domain.unbounded(["x"])).curves["x"]
    assert curve.evaluate(np.array([-3.0, 4.0])).tolist() == [[-6.0], [8.0]]
