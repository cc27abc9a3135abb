"""Whether a class or a value is reached: against scipy's programs over every rule, and rows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from brute_force import list_rows, maximise_all, read_witness, restrict
from documents.stand_ins import people
from handmade import network, random_network, rows_in, rules_of
from scipy.optimize import linprog

import relurules as rr
from relurules.analysis.goals import make_goal
from relurules.analysis.reachability import maximise_least_form
from relurules.errors import DataError
from relurules.ir import Head
from relurules.lp import Polytope

BOX = rr.Domain.box([-1, -1, 0], [2, 2, 1], ["a", "b", "c"])
NONE = np.empty((0, 4))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("link", ["softmax", "argmax"])
def test_the_margin_of_a_class_is_that_of_scipy(seed: int, link: str) -> None:
    parts = range(3) if link == "softmax" else range(1)
    heads = [Head(link, (0, 1, 2), i) for i in parts]
    outputs = ["p_0", "p_1", "p_2"][: len(heads)]
    rules = rules_of(random_network(seed, 3, 4, 3), BOX, outputs, heads)
    ground, answers = restrict(rules), set()
    for name in "012":
        goal = make_goal(ground, None, name, None, None)
        best = maximise_all(rules, goal.weights, goal.constants)
        found = rr.ask(rules, "reach", target=name)
        assert found.values["margin"] == pytest.approx(best, abs=1e-6)
        assert found.values["margin"] >= best - 1e-9
        assert found.holds is (best > 0)
        assert bool(found.witnesses) == found.holds
        for witness in found.witnesses:
            assert goal.met(read_witness(rules, witness)[None])[0]
        answers.add(found.holds)
    assert True in answers


def test_some_classes_are_out_of_reach() -> None:
    """Scores a, a + 1 and -5: the second is always the largest."""
    net = network(
        np.zeros((1, 3)),
        [0],
        np.zeros((3, 1)),
        C=np.eye(3)[[0, 0, 0]] * [[1], [1], [0]],
        c=[0, 1, -5],
    )
    heads = [Head("softmax", (0, 1, 2), i) for i in range(3)]
    rules = rules_of(net, BOX, ["p_0", "p_1", "p_2"], heads)
    held = {name: rr.ask(rules, "reach", target=name) for name in "012"}
    assert {name: found.holds for name, found in held.items()} == {
        "0": False,
        "1": True,
        "2": False,
    }
    assert held["0"].values["margin"] == pytest.approx(-1.0)
    assert "it is missed by 1 at least, in units of the score." in held["0"].statement
    assert held["2"].values["margin"] == pytest.approx(-5.0)  # where a = -1


@pytest.mark.parametrize("seed", range(4))
def test_decisions_are_reached_where_a_rule_tells_them(seed: int) -> None:
    heads = [Head("softmax", (0, 1, 2), i) for i in range(3)]
    net = random_network(seed, 3, 4, 3)
    rules = rules_of(net, BOX, ["p_0", "p_1", "p_2"], heads, decision="argmax")
    seen = set(rules.predict(rows_in(BOX, 4000, seed))[:, 0].astype(int).tolist())
    named = {int(rule.map.constants.argmax()) for rule in rules}
    for number in range(3):
        found = rr.ask(rules, "reach", target=str(number))
        assert found.values["margin"] is None
        if number in seen:
            assert found.holds is True
        if number not in named:
            assert found.holds is False
        for witness in found.witnesses:
            assert rules.predict(read_witness(rules, witness)[None])[0, 0] == number


@pytest.mark.parametrize("limit", [0.05, 0.3, 0.6, 0.99])
@pytest.mark.parametrize("side", ["at_least", "at_most"])
def test_values_over_categories_and_whole_numbers_are_those_of_all_rows(
    limit: float, side: str
) -> None:
    rules = people()
    y = rules.predict(list_rows(rules.domain, 101))[:, 1]
    found = rr.ask(rules, "reach", output="defaults", **{side: limit})
    met = (y >= limit if side == "at_least" else y <= limit).any()
    near = min(abs(y.max() - limit), abs(y.min() - limit)) < 1e-3
    assert found.holds is bool(met) or near
    for witness in found.witnesses:
        x = read_witness(rules, witness)
        assert x[0] == round(x[0])
        value = witness.outputs["defaults"]
        assert value >= limit if side == "at_least" else value <= limit


@pytest.mark.parametrize(
    ("link", "options", "holds"),
    [
        ("sigmoid", {"at_least": 0.0}, True),
        ("sigmoid", {"at_least": 1.0}, False),
        ("sigmoid", {"at_least": 1.5}, False),
        ("sigmoid", {"at_most": 0.0}, False),
        ("sigmoid", {"at_most": 1.0}, True),
        ("complement", {"at_most": -1.0}, False),
        ("complement", {"at_least": -1.0}, True),
        ("exp", {"at_least": 0.0}, True),
        ("exp", {"at_most": 0.0}, False),
        ("expm1", {"at_most": -1.5}, False),
        ("expm1", {"at_least": -1.5}, True),
    ],
)
def test_limits_that_every_output_meets_or_none(
    link: str, options: dict[str, float], holds: bool
) -> None:
    net = network([[1.0, 0, 0]], [0.0], [[1.0]], C=[[1.0, 0, 0]])
    rules = rules_of(net, BOX, ["y"], [Head(link, (0,))])
    found = rr.ask(rules, "reach", **options)
    assert found.holds is holds
    assert len(found.witnesses) == holds
    assert rr.ask(rules, "reach", given="a = 0.25", **options).holds is holds
    if not holds:
        far = rr.ask(rules, "counterfactual", row=[0.5, 0, 0], **options)
        assert far.holds is False
        assert "No row gets to y" in far.statement


def test_outputs_that_round_to_the_end_of_their_range_reach_it() -> None:
    """A score of 40 has a sigmoid of 1 in float64, which is what the rules predict."""
    net = network([[1.0, 0, 0]], [0.0], [[40.0]])
    rules = rules_of(net, BOX, ["y"], [Head("sigmoid", (0,))])
    found = rr.ask(rules, "reach", at_least=1.0)
    assert found.holds is True
    assert read_witness(rules, found.witnesses[0])[0] * 40.0 > 36.0
    assert rr.ask(rules, "reach", at_least=1.0, given="a <= 0.9").holds is False
    near = rr.ask(rules, "counterfactual", row=[0.0, 0, 0], at_least=1.0)
    assert near.values["distance"]["reached"] == pytest.approx(36.74 / 40 / 3, abs=1e-3)


def test_a_tie_is_not_decided() -> None:
    """Of two equal scores the first is told: the second ties everywhere."""
    net = network([[1.0, 0, 0]], [0.0], [[1.0], [1.0]])
    rules = rules_of(net, BOX, ["x", "y"])
    assert rr.ask(rules, "reach", target="x").holds is True
    found = rr.ask(rules, "reach", target="y")
    assert found.holds is None
    assert not found.exact
    assert "reached at most in a tie" in found.statement
    assert found.values["margin"] == pytest.approx(0.0, abs=1e-9)


def test_conditions_that_no_row_meets() -> None:
    rules = rules_of(random_network(0, 3, 4, 2), BOX, ["x", "y"])
    with pytest.raises(
        DataError, match="no row of the domain meets these conditions: a >= 1; a <= 0"
    ):
        rr.ask(rules, "reach", target="x", given=["a >= 1", "a <= 0"])


@pytest.mark.parametrize("seed", range(20))
def test_the_least_of_several_forms_is_as_large_as_scipy_s(seed: int) -> None:
    rng = np.random.default_rng(seed)
    G = np.vstack([np.eye(3), -np.eye(3), rng.normal(size=(3, 3))])
    G /= np.linalg.norm(G, axis=1)[:, None]
    h = np.concatenate([np.ones(6), rng.uniform(0.1, 1.0, 3)])
    forms = rng.normal(size=(rng.integers(1, 4), 4)) * 10.0 ** rng.integers(-6, 7)
    found = maximise_least_form(Polytope(G, h), forms, NONE)
    size = np.abs(forms).sum(axis=1).max()
    A = np.vstack(
        [
            np.column_stack([G, np.zeros(len(G))]),
            np.column_stack([-forms[:, :-1] / size, np.ones(len(forms))]),
        ]
    )
    best = linprog(
        [0, 0, 0, -1],
        A_ub=A,
        b_ub=np.concatenate([h, forms[:, -1] / size]),
        bounds=[(None, None)] * 4,
    )
    assert found.bound == pytest.approx(-best.fun * size, abs=1e-7 * size)
    assert found.bound >= -best.fun * size - 1e-9 * size
    assert found.point is not None
    assert len(found.point) == 3
    assert (forms[:, :-1] @ found.point + forms[:, -1]).min() == pytest.approx(
        found.bound, abs=1e-6 * size
    )
    assert maximise_least_form(Polytope(G, h), forms, NONE, found.bound + size).point is None


def test_columns_that_are_added_are_free() -> None:
    wide = Polytope(np.eye(2), np.ones(2)).widen(3)
    assert wide.G.tolist() == [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0]]
    assert wide.h.tolist() == [1, 1]


def test_what_was_not_found_is_no_answer_of_rules_that_are_incomplete() -> None:
    rules = rules_of(random_network(0, 3, 4, 2), BOX, ["x", "y"])
    part = replace(rules, complete=False)
    notes: Any = rr.ask(part, "reach", target="x").notes
    assert any(note.startswith("This holds only where there is a rule.") for note in notes)
