"""Answers at a time limit: bounds hold, rows are right, and nothing is claimed that wasn't looked
at.
"""

import importlib

import numpy as np
import pytest
from handmade import network, random_network, rules_of
from winding import Wound, winding

import relurules as rr
from relurules.analysis.rule_comparison import compare_rules
from relurules.errors import OutOfTimeError
from relurules.ir import RuleSet
from relurules.ir.limits import Deadline

asking = importlib.import_module("relurules.analysis.questions")

BOX = rr.Domain.box([-1, -1, 0], [2, 2, 1], ["a", "b", "c"])


@pytest.fixture(autouse=True)
def _looks_for_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "Deadline", Wound)


def rules_for(seed: int) -> RuleSet:
    return rules_of(random_network(seed, 3, 6, 1), BOX)


def sampled(seed: int) -> np.ndarray:
    X = np.random.default_rng(seed).uniform(BOX.lower, BOX.upper, (4000, 3))
    X[:2000] = np.round(X[:2000])
    return X


@pytest.mark.parametrize("looks", [0.0, 3.0, 20.0, 60.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_range_at_the_limit_is_a_bound(seed: int, looks: float) -> None:
    rules = rules_for(seed)
    y, whole = rules.predict(sampled(seed))[:, 0], rr.ask(rules, "range")
    found = rr.ask(rules, "range", time_limit=looks)
    assert found.values["low"] <= min(y.min(), whole.values["low"] + 1e-9)
    assert found.values["high"] >= max(y.max(), whole.values["high"] - 1e-9)
    if looks == 0.0:
        assert not found.exact
        assert "time limit was reached" in str(found)


def test_with_time_enough_it_is_the_same_answer() -> None:
    rules = rules_for(1)
    assert rr.ask(rules, "range", time_limit=1e9) == rr.ask(rules, "range")


def test_bounded_is_yes_where_the_box_alone_says_so_and_else_not_decided() -> None:
    rules = rules_for(2)
    top = rr.ask(rules, "range").values["high"]
    assert rr.ask(rules, "bounded", at_most=1e6, time_limit=0.0).holds is True
    found = rr.ask(rules, "bounded", at_most=top + 1e-3, time_limit=0.0)
    assert found.holds is not False
    if found.holds is None:
        assert "as far as the time limit allowed" in found.statement


@pytest.mark.parametrize("question", ["reach", "effect"])
def test_where_there_is_nothing_to_say_there_is_an_error(question: str) -> None:
    options = {"reach": {"at_least": 1e9}, "effect": {"feature": "a"}}[question]
    with pytest.raises(
        OutOfTimeError, match=r"time limit of 2 s was reached while looking at part \d+ of the \d+"
    ):
        rr.ask(rules_for(0), question, time_limit=2.0, **options)  # type: ignore[arg-type]


def test_a_row_that_was_found_is_an_answer() -> None:
    rules = rules_for(1)
    y = rules.predict(sampled(1))[:, 0]
    found = rr.ask(rules, "reach", at_least=float(np.median(y)), time_limit=6.0)
    assert found.holds is True
    (witness,) = found.witnesses
    assert next(iter(witness.outputs.values())) >= np.median(y)


def test_a_counterfactual_at_the_limit_rules_nothing_out() -> None:
    rules = rules_for(1)
    X = sampled(1)
    y = rules.predict(X)[:, 0]
    low, wanted = X[np.argmin(y)], float(np.quantile(y, 0.6))
    whole = rr.ask(rules, "counterfactual", row=low[None], at_least=wanted)
    for looks in range(1, 60):
        try:
            found = rr.ask(
                rules, "counterfactual", row=low[None], at_least=wanted, time_limit=float(looks)
            )
        except OutOfTimeError:
            continue
        assert found.holds is True
        assert found.values["distance"]["at_least"] <= whole.values["distance"]["at_least"] + 1e-9
        assert found.values["distance"]["reached"] >= whole.values["distance"]["at_least"] - 1e-9
        if found.values["distance"]["at_least"] == 0.0:
            assert "aren't ruled out" in str(found)
            return
    pytest.fail("no limit ended the search between the first row and the last rule")


@pytest.mark.parametrize("looks", [40.0, 80.0, 160.0, 320.0])
def test_an_effect_at_the_limit_is_a_bound(looks: float) -> None:
    rules = rules_for(2)
    whole = rr.ask(rules, "effect", feature="b").values["largest"]
    try:
        found = rr.ask(rules, "effect", feature="b", time_limit=looks)
    except OutOfTimeError:
        return
    assert found.values["largest"] >= whole - 1e-9


def test_monotone_of_rules_that_jump_never_says_no_for_lack_of_time() -> None:
    net = network(
        [[1, 0, 0], [0, 1, 0], [1, 1, 0]], [0, -0.3, -0.5], [[1, 1, 0.5]], C=[[0.1, 0.2, 0.3]]
    )
    rules = rules_of(net, BOX, max_error=0.3)
    whole = rr.ask(rules, "monotone", feature="a")
    for looks in (5.0, 20.0, 40.0, 80.0, 160.0):
        try:
            found = rr.ask(rules, "monotone", feature="a", time_limit=looks)
        except OutOfTimeError:
            continue
        assert found.holds == whole.holds


@pytest.mark.parametrize("looks", [2.0, 10.0, 30.0, 100.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_difference_at_the_limit_is_of_what_was_compared(seed: int, looks: float) -> None:
    old, new = rules_for(seed), rules_for(seed + 50)
    whole = compare_rules(old, new)
    try:
        found = compare_rules(old, new, deadline=Deadline.after(looks, winding()))
    except OutOfTimeError:
        return
    if found.complete:
        assert found.bound == whole.bound
        return
    assert not found
    assert found.parts < whole.parts
    assert "could be compared" in found.verdict()
    assert "equivalent up to" not in str(found)
    for gap in found.gaps:
        assert gap.bound == np.inf


def test_a_difference_that_shows_is_told_without_all_parts() -> None:
    old, new = rules_for(1), rules_for(7)
    for looks in range(10, 400, 10):
        try:
            found = compare_rules(old, new, deadline=Deadline.after(float(looks), winding()))
        except OutOfTimeError:
            continue
        if not found.complete and found.verdict().startswith("not equivalent"):
            gap = found.gaps[0]
            assert gap.reached is not None
            assert gap.reached > found.tolerance
            return
    pytest.fail("no limit left a difference that shows beside parts that weren't compared")


def test_equal_rules_are_not_told_equal_without_all_parts() -> None:
    rules = rules_for(3)
    assert compare_rules(rules, rules)
    found = compare_rules(rules, rules, deadline=Deadline.after(12.0, winding()))
    assert not found.complete
    assert not found
    assert found.verdict().startswith("not decided")
