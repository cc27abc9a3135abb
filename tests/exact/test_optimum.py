"""The exact optimum and the climb where the answer is known; judges of claims see false ones."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handmade import lines, network, rules_of
from numpy.typing import NDArray

import relurules as rr
from exact.arrangement import regions
from exact.climbing import climb
from exact.draws import Draw
from exact.judging import GIVEN_UP, RIGHT, WRONG
from exact.judging_claims import judge_bound, judge_decision
from exact.optimum import largest_excess, largest_misjudgement, misjudgement, parts
from relurules.ir import UNEXPLORED, AffineMap, RuleSet

LINE, SQUARE = rr.Domain.box([-1], [1]), rr.Domain.box([-1, -1], [1, 1])
KINK = Draw("one kink", 0, lines([[1]], [0]), LINE)
ROOF = Draw("two kinks", 1, lines([[1, 1], [1, -1]], [0, 0.5]), SQUARE)
TWO = network([[1, 0], [0, 1]], [0, 0], [[1, 0], [0, 1]], c=[0, 0.25])
RIVALS = Draw("two outputs", 2, TWO, SQUARE)


def mapped(rules: RuleSet, number: int, weights: Any, constants: Any) -> RuleSet:
    """Rules with another map for one of them."""
    map_ = AffineMap(np.array(weights, dtype=float), np.array(constants, dtype=float))
    changed = [replace(rule, map=map_) if rule.number == number else rule for rule in rules]
    return replace(rules, rules=tuple(changed))


def test_rules_that_are_the_network_have_no_excess() -> None:
    found = regions(ROOF.network, ROOF.domain)
    rules = rules_of(ROOF.network, ROOF.domain)
    assert largest_excess(found, rules) == 0
    assert len(list(parts(found, rules))) >= len(found)


def test_the_largest_excess_of_one_map_for_a_kink() -> None:
    found, rules = regions(KINK.network, LINE), rules_of(KINK.network, LINE)
    number = int(rules.apply(np.array([[0.5]]))[0])
    assert largest_excess(found, mapped(rules, number, [[1]], [0.25])) == pytest.approx(0.25)
    assert largest_excess(found, mapped(rules, number, [[3]], [0])) == pytest.approx(2)


def test_a_shifted_split_shows_at_a_vertex_of_the_refinement() -> None:
    found, rules = regions(KINK.network, LINE), rules_of(KINK.network, LINE)
    tree = replace(rules.tree, offsets=rules.tree.offsets - 0.25 * rules.tree.normals[:, 0])
    assert largest_excess(found, replace(rules, tree=tree)) == pytest.approx(0.25)


def test_where_no_rule_holds_the_excess_is_infinite() -> None:
    found, rules = regions(KINK.network, LINE), rules_of(KINK.network, LINE)
    tree = replace(rules.tree, children=np.array([[-1, UNEXPLORED]], dtype=np.int32))
    assert largest_excess(found, replace(rules, tree=tree)) == np.inf


def test_misjudgement_by_hand() -> None:
    assert misjudgement([3, 5], 0, None) == 2  # type: ignore[list-item]
    assert misjudgement([3, 5], 1, None) == 0  # type: ignore[list-item]
    assert misjudgement([3], 1, 4.0) == 1  # type: ignore[list-item]
    assert misjudgement([3], 0, 4.0) == -1  # type: ignore[list-item]


@pytest.mark.parametrize(("draw", "wanted"), [(KINK, 0.5), (RIVALS, "argmax")])
def test_a_decision_at_another_place_is_misjudged(draw: Draw, wanted: Any) -> None:
    found, rules = (
        regions(draw.network, draw.domain),
        rules_of(draw.network, draw.domain, decision=wanted),
    )
    assert largest_misjudgement(found, rules) == 0
    moved = rules.tree.offsets + 0.01 * np.abs(rules.tree.normals).max(axis=1)
    tree = replace(rules.tree, offsets=moved)
    assert 0.003 < largest_misjudgement(found, replace(rules, tree=tree)) < 0.03


@pytest.mark.parametrize("d", [1, 3, 6])
def test_climbs_come_to_the_top_of_a_ridge(d: int) -> None:
    top = np.linspace(0.1, 0.7, d)

    def height(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(-np.abs(rows - top).sum(axis=1))

    random = np.random.default_rng(d)
    rows = climb(height, np.zeros(d), np.ones(d), random.random((10, d)), random)
    assert np.abs(rows - top).max(axis=1).min() < 1e-3
    assert ((rows >= 0) & (rows <= 1)).all()


def test_true_claims_are_right() -> None:
    assert judge_bound(ROOF, 0.05).outcome == RIGHT
    assert judge_decision(ROOF).outcome == RIGHT
    assert judge_decision(RIVALS).outcome == RIGHT


def test_false_claims_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = rules_of(ROOF.network, SQUARE, max_error=0.6)
    cube = rr.Domain.box([-1] * 3, [1] * 3)
    deep = Draw("three columns", 3, lines([[1, 0, 0], [1, 1, 1]], [0, 0]), cube)
    of_deep = rules_of(deep.network, deep.domain, max_error=0.6)
    assert min(rules.max_error, of_deep.max_error) > 0

    def answer(known: RuleSet) -> None:
        monkeypatch.setattr(rr, "extract", lambda *_, **__: known, raising=False)

    answer(replace(rules, score_error=rules.score_error / 2))
    assert judge_bound(ROOF, 0.2).kind == "max_error is less than the optimum"
    answer(replace(of_deep, score_error=of_deep.score_error / 4))
    assert judge_bound(deep, 0.2).kind == "max_error is less than a row shows"
    answer(rules)
    assert judge_bound(ROOF, 1e-6).kind == "max_error is more than allowed"


def test_false_decisions_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = rules_of(RIVALS.network, SQUARE, decision="argmax")
    swapped = replace(rules, tree=replace(rules.tree, children=rules.tree.children[:, ::-1]))
    monkeypatch.setattr(rr, "extract", lambda *_, **__: swapped, raising=False)
    verdict = judge_decision(RIVALS)
    assert (verdict.outcome, verdict.kind) == (WRONG, "a region is decided wrongly")


def test_claims_that_fail_have_been_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("no way")

    monkeypatch.setattr(rr, "extract", fail, raising=False)
    assert judge_bound(ROOF, 0.05).outcome == judge_decision(ROOF).outcome == GIVEN_UP
