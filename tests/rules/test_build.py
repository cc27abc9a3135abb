"""Rules as people get them: numbered, scaled, irredundant."""

import numpy as np
import pandas as pd
import pytest
from handmade import by_hand, graph, lines, network, random_network, rows_in, rules_of

import relurules as rr
from relurules.errors import DataError, DomainError, UnsupportedError
from relurules.ir import RuleSet

SQUARE = rr.Domain.box([-1, -1], [1, 1])
CROSS = lines([[1, 0], [0, 1]], [0, 0])


def test_rules_are_numbered_by_the_rows_they_hold() -> None:
    data = np.array([[-0.5, 0.5]] * 5 + [[0.5, 0.5]] * 3 + [[0.5, -0.5]] * 4)
    rules = rules_of(CROSS, SQUARE, data=data)
    assert [rule.number for rule in rules] == [1, 2, 3, 4]
    assert [rule.rows for rule in rules] == [5, 4, 3, 0]
    assert rules.apply(data).tolist() == [1] * 5 + [3] * 3 + [2] * 4
    assert rules.reduction.rows == 12


def test_rows_outside_the_domain_are_not_counted() -> None:
    rules = rules_of(CROSS, SQUARE, data=np.array([[0.5, 0.5], [9, 9], [np.nan, 0.5]]))
    assert sum(rule.rows or 0 for rule in rules) == 1
    assert rules.reduction.rows == 3


def test_without_data_nothing_is_counted() -> None:
    rules = rules_of(CROSS, SQUARE)
    assert [rule.rows for rule in rules] == [None] * 4
    assert rules.reduction.rows is None


def check_each_rule(rules: RuleSet, X: np.ndarray) -> None:
    """`conditions` select exactly the rows of the rule, up to boundaries."""
    number = rules.apply(X)
    clear = np.ones(len(X), dtype=bool)
    for normal, offset in zip(rules.tree.normals, rules.tree.offsets, strict=True):
        clear &= np.abs(X @ normal + offset) > 1e-9 * (1 + abs(offset))
    for rule in rules:
        holds = np.ones(len(X), dtype=bool)
        for condition in rule.conditions:
            space = condition.half_space
            holds &= (X @ space.normal >= space.bound) == condition.holds
        assert (holds == (number == rule.number))[clear].all()


@pytest.mark.parametrize("seed", range(5))
def test_conditions_say_where_a_rule_applies(seed: int) -> None:
    domain = rr.Domain.box([-1, 0], [1, 500]).where("x0 + x1/500 <= 1")
    net = random_network(seed, K=6)
    net = network(net.A / [1, 250], net.b, net.U, L=net.L, C=net.C, c=net.c, slope=net.slope)
    rules = rules_of(net, domain)
    X = rows_in(domain, 500)
    check_each_rule(rules, X)
    assert rules.predict(X) == pytest.approx(net.evaluate(X), abs=1e-9)
    for rule in rules:
        assert rules.apply(rule.point[None]).tolist() == [rule.number]


@pytest.mark.parametrize("seed", range(2))
def test_the_column_that_moves_a_condition_most_has_coefficient_one(seed: int) -> None:
    domain = rr.Domain.box([-1, 0, 10], [1, 1000, 10.001])
    net = random_network(seed, d=3, K=6)
    width = domain.upper - domain.lower
    A = net.A / width
    b = 0.1 * net.b - A @ (domain.lower + width / 2)
    net = network(A, b, net.U, L=0.1 * net.L, C=net.C, c=net.c, slope=net.slope)
    spaces = [c.half_space for rule in rules_of(net, domain) for c in rule.conditions]
    assert spaces
    for space in spaces:
        assert space.normal[np.argmax(np.abs(space.normal) * width)] == 1.0


def test_negative_lead_turns_the_condition_around() -> None:
    rules = rules_of(lines([[-2, 0]], [1]), SQUARE)
    (right,) = [rule for rule in rules if rule.point[0] > 0.5]
    (condition,) = right.conditions
    assert condition.half_space.normal.tolist() == [1.0, 0.0]
    assert (condition.half_space.bound, condition.holds) == (0.5, True)
    assert right.map.weights.tolist() == [[0.0, 0.0]]


def test_conditions_are_irredundant() -> None:
    rules = rules_of(lines([[1, 0], [1, 0], [1, 0], [0, 1]], [0.5, 0, -0.5, 0]), SQUARE)
    assert sorted(len(rule.conditions) for rule in rules) == [2, 2, 2, 2, 3, 3, 3, 3]
    cut = rules_of(CROSS, SQUARE.where("x0 + x1 >= 0.1"))
    assert sorted(len(rule.conditions) for rule in cut) == [1, 1, 2]


def test_a_condition_names_its_neuron() -> None:
    rules = rules_of(lines([[1, 0], [0, 1]], [0.25, -0.5]), SQUARE)
    by_unit = {c.half_space.neuron.unit: c.half_space for rule in rules for c in rule.conditions}
    assert (by_unit[0].normal.tolist(), by_unit[0].bound) == ([1.0, 0.0], -0.25)
    assert (by_unit[1].normal.tolist(), by_unit[1].bound) == ([0.0, 1.0], 0.5)


def test_one_rule_without_conditions_for_an_affine_network() -> None:
    rules = rules_of(network(np.empty((0, 2)), [], np.empty((2, 0)), C=[[1, 2], [0, 0]], c=[3, 4]))
    assert len(rules) == 1
    (rule,) = rules
    assert rule.conditions == ()
    assert rules.predict([[1, 1]]).tolist() == [[6.0, 4.0]]


def test_apply_and_predict_outside() -> None:
    rules = rules_of(CROSS, SQUARE)
    X = np.array([[2, 0], [np.nan, 0], [np.inf, 0], [1, 1]])
    assert (rules.apply(X) > 0).tolist() == [False, False, False, True]
    assert np.isnan(rules.predict(X)).all(axis=1).tolist() == [True, True, True, False]
    assert rules.apply(np.empty((0, 2))).shape == (0,)
    assert rules.predict(np.empty((0, 2))).shape == (0, 1)


def test_frames_are_read_by_name() -> None:
    data = pd.DataFrame({"b": [1.0, -1.0], "a": [-1.0, 1.0]})
    rules = rr.extract(graph(CROSS), domain=SQUARE.renamed(["a", "b"]))
    assert rules.predict(data).tolist() == [[1.0], [1.0]]
    assert rules.predict(data[["a", "b"]]).tolist() == [[1.0], [1.0]]
    with pytest.raises(DataError, match="lacks 1 of 2 columns: 'b'"):
        rules.predict(data[["a"]])


def test_domain_and_names_come_from_the_data() -> None:
    data = pd.DataFrame({"age": [20, 60], "pay": [1.5, 3.5]})
    rules = rr.extract(graph(CROSS), data=data)
    assert rules.features == ("age", "pay")
    assert (rules.domain.lower.tolist(), rules.domain.upper.tolist()) == ([20, 1.5], [60, 3.5])
    assert rr.extract(graph(CROSS), domain=SQUARE, data=data).features == ("age", "pay")
    assert rr.extract(graph(CROSS)).features == ("x0", "x1")


@pytest.mark.parametrize("budget", [1, 2, 3])
def test_incomplete_rules_leave_rows_uncovered(budget: int) -> None:
    rules = rules_of(CROSS, SQUARE, max_regions=budget)
    assert not rules.complete
    assert len(rules) == budget
    X = rows_in(SQUARE, 300)
    known = rules.apply(X) > 0
    assert 0 < known.sum() < 300
    assert rules.predict(X)[known] == pytest.approx(CROSS.evaluate(X[known]))
    assert np.isnan(rules.predict(X)[~known]).all()


@pytest.mark.parametrize("budget", [{"max_regions": 0}, {"time_limit": 0.0}])
def test_a_budget_of_nothing_gives_one_rule(budget: dict[str, float]) -> None:
    rules = rules_of(CROSS, SQUARE, **budget)
    assert (len(rules), rules.complete) == (1, False)
    X = rows_in(SQUARE, 50)
    assert np.isfinite(rules.predict(X)[:, 0]).tolist() == (rules.apply(X) == 1).tolist()


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        (
            {"domain": rr.Domain.box([0], [1])},
            DomainError,
            "the domain has 1 columns (x0), the network reads 2",
        ),
        ({"data": np.zeros((4, 3))}, DomainError, "the network reads 2"),
        ({"domain": SQUARE, "data": np.zeros((4, 3))}, DataError, "found shape (4, 3)"),
        ({"domain": SQUARE, "data": pd.DataFrame({"z": [1]})}, DataError, "lacks 2 of 2 columns"),
        ({"max_error": -0.1}, UnsupportedError, "max_error=-0.1"),
        ({"max_error": np.nan}, UnsupportedError, "max_error=nan"),
        ({"max_error": 0.1}, UnsupportedError, "column 'x0' is open"),
        ({"max_rules": 0}, UnsupportedError, "max_rules=0"),
        (
            {"domain": SQUARE, "max_error": 0.1, "max_regions": 2},
            UnsupportedError,
            "the search ended after 2",
        ),
        ({"domain": SQUARE, "max_error": 0.01, "max_rules": 1}, UnsupportedError, "max_rules=1"),
        (
            {"data": pd.DataFrame({"a": ["x", "y"], "b": [1, 2]})},
            DomainError,
            "the domain has 3 columns",
        ),
    ],
)
def test_extract_refuses(options: dict[str, object], error: type[Exception], said: str) -> None:
    with pytest.raises(error) as raised:
        rr.extract(graph(CROSS), **options)  # type: ignore[arg-type]
    assert said in str(raised.value)


def test_error_bound_holds() -> None:
    net = network([[1, 1], [1, -1]], [0.1, 0], [[5, 1], [-7, 2]], slope=[0.9996, 0.0])
    rules = rules_of(net, SQUARE)
    X = rows_in(SQUARE, 2000)
    change = np.abs(rules.predict(X) - net.evaluate(X)).max()
    assert 0 < change <= rules.max_error < 2 * 7 * 0.0004 * 2
    assert rules_of(net, SQUARE, threshold=1.0).max_error == 0.0


def test_maps_are_those_of_the_network_by_hand() -> None:
    # y = relu(x0 + x1) + 2 relu(x0 - x1 + 0.5)
    net = network([[1, 1], [1, -1]], [0, 0.5], [[1, 2]])
    maps = {tuple(rule.pattern.tolist()): rule.map for rule in rules_of(net, SQUARE)}
    assert {p: (m.weights.tolist(), m.constants.tolist()) for p, m in maps.items()} == {
        (-1, -1): ([[0, 0]], [0]),
        (1, -1): ([[1, 1]], [0]),
        (-1, 1): ([[2, -2]], [1]),
        (1, 1): ([[3, -1]], [1]),
    }
    assert by_hand(net, [1.0, 0.0])[1] == [4.0]
