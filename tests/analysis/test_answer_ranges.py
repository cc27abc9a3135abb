"""Ranges and limits, against a fine grid and the steepest slope of any rule: an answer may be wrong
by no more than a step of the grid.
"""

import numpy as np
import pytest
from handmade import network, random_network, rules_of

import relurules as rr
from relurules.ir import Head, RuleSet
from relurules.ir.network import Array

BOX = rr.Domain.box([-1, -1], [2, 2], ["a", "b"])
STEPS = 301


def grid(rules: RuleSet) -> tuple[Array, float]:
    """Scores on a grid of the box, and how far the function may move within half a step of it."""
    axes = [np.linspace(-1, 2, STEPS)] * 2
    X = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    steepest = max(float(np.abs(rule.map.weights[0]).sum()) for rule in rules.rules)
    return rules.predict(X)[:, 0], steepest * 3 / (STEPS - 1) / 2


@pytest.mark.parametrize("seed", range(6))
def test_a_range_is_that_of_the_grid(seed: int) -> None:
    rules = rules_of(random_network(seed, 2, 5, 1), BOX)
    y, room = grid(rules)
    found = rr.ask(rules, "range")
    assert found.exact
    assert y.min() - room <= found.values["low"] <= y.min() + 1e-12
    assert y.max() - 1e-12 <= found.values["high"] <= y.max() + room


@pytest.mark.parametrize("seed", range(6))
def test_a_limit_holds_just_where_the_grid_stays_below(seed: int) -> None:
    rules = rules_of(random_network(seed, 2, 5, 1), BOX)
    y, room = grid(rules)
    low, high = float(y.min()), float(y.max())
    assert rr.ask(rules, "bounded", at_most=high + room + 1e-9).holds is True
    assert rr.ask(rules, "bounded", at_least=low - room - 1e-9).holds is True
    refuted = rr.ask(rules, "bounded", at_most=high - 1e-3)
    assert refuted.holds is False
    assert refuted.witnesses[0].outputs["y0"] > high - 1e-3


@pytest.mark.parametrize(
    ("given", "low", "high"),
    [
        ((), 0.0, 2.0),
        ("a >= 1", 1.0, 2.0),
        ("a <= -0.5", 0.0, 0.0),
        (["a >= 0.5", "b <= 0"], 0.5, 2),
    ],
)
def test_a_range_under_conditions(given: str | list[str], low: float, high: float) -> None:
    """y = relu(a), by hand."""
    rules = rules_of(network([[1.0, 0.0]], [0.0], [[1.0]]), BOX)
    found = rr.ask(rules, "range", given=given).values
    assert [found["low"], found["high"]] == pytest.approx([low, high], abs=1e-9)


def test_a_condition_keeps_the_capitals_of_its_column() -> None:
    domain = rr.Domain.box([0.0], [2.0], ["Age At Entry"])
    rules = rules_of(network([[1.0]], [0.0], [[1.0], [2.0]]), domain)  # two outputs
    said = str(rr.ask(rules, "range", given="`Age At Entry` <= 1"))
    assert "Where `Age At Entry` <= 1." in said


def test_a_range_without_bounds_is_infinite_on_the_side_that_is_open() -> None:
    half = rr.Domain.box([-np.inf], [4.0], ["a"])
    rules = rules_of(network([[1.0]], [0.0], [[1.0]], C=[[1.0]]), half)  # a + relu(a)
    found = rr.ask(rules, "range").values
    assert found["low"] == -np.inf
    assert found["high"] == pytest.approx(8.0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_open_side_breaks_the_limit_of_its_own_side_alone(sign: float) -> None:
    """y = 0.1 a + 0.3 b is 0.07 at most, but for rounding, and has no lower bound."""
    half = rr.Domain.box([-np.inf] * 2, [5, 5], ["a", "b"])
    net = network([[1.0, 0]], [0.0], [[0.0]], C=[[sign * 0.1, sign * 0.3]])
    rules, given = rules_of(net, half), "a + 3*b <= 0.7"
    near, far = ("at_most", "at_least") if sign > 0 else ("at_least", "at_most")
    found = rr.ask(rules, "bounded", given=given, **{near: sign * 0.07})
    assert found.holds is not False
    assert rr.ask(rules, "bounded", given=given, **{near: sign * 0.071}).holds is True
    assert rr.ask(rules, "bounded", given=given, **{near: sign * 0.069}).holds is False
    assert rr.ask(rules, "bounded", given=given, **{far: sign * -9.0}).holds is False


@pytest.mark.parametrize("seed", range(4))
def test_every_output_has_a_finite_range_on_a_bounded_domain(seed: int) -> None:
    """Of one score and of several, through a link or not, with conditions or without."""
    heads = [Head("softmax", (0, 1, 2), i) for i in range(3)]
    net = random_network(seed, 2, 4, 3)
    for outputs, kind in (
        (["x", "y", "z"], heads),
        (["x", "y", "z"], []),
        (["x"], [Head("exp", (1,))]),
    ):
        rules = rules_of(net, BOX, outputs, kind)
        y = grid_outputs(rules)
        ranges = rr.ask(rules, "range").values
        found = [ranges] if len(outputs) == 1 else [ranges[name] for name in outputs]
        for i, one in enumerate(found):
            assert -np.inf < one["low"] <= y[:, i].min() + 1e-12
            assert np.inf > one["high"] >= y[:, i].max() - 1e-12
            if kind is not heads:
                assert one["low"] >= y[:, i].min() - 0.05 * (1 + np.ptp(y[:, i]))
                assert one["high"] <= y[:, i].max() + 0.05 * (1 + np.ptp(y[:, i]))
            else:
                assert 0.0 <= one["low"] <= one["high"] <= 1.0


def grid_outputs(rules: RuleSet) -> Array:
    axes = [np.linspace(-1, 2, STEPS)] * 2
    return rules.predict(np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2))
