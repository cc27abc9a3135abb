"""The judge sees what is wrong, and forgives rounding alone."""

from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
from handmade import lines, network, random_network, rules_of
from numpy.typing import NDArray

import relurules as rr
from exact.arrangement import ExactNetwork, ExactRegion, Form, evaluate_exact, regions
from exact.draws import KINDS, Draw, arrangement, random_layers
from exact.judging import (
    BOUNDED,
    GIVEN_UP,
    RIGHT,
    WRONG,
    judge_partition,
    judge_rules,
    judge_values,
)
from exact.points import rows_of_every_magnitude, telling_rows
from exact.rounding import UNIT, allowance, largest_terms, regions_near
from relurules.ir import RuleSet

CROSSING = network([[1, 0], [0, 1]], [-0.5, 0.25], [[1, 1]], c=[1])
PLAIN = Draw("by hand", 0, CROSSING, rr.Domain.box([-1, -1], [1, 1]))
X = np.random.default_rng(0).uniform(-1, 1, (50, 2))


def test_what_is_right_is_right() -> None:
    assert judge_partition(PLAIN).outcome == RIGHT
    assert judge_rules(PLAIN).outcome == RIGHT


def test_a_region_too_few_or_too_many_is_wrong() -> None:
    found = regions(PLAIN.network, PLAIN.domain)
    assert judge_partition(PLAIN, found[1:]).kind == "regions that don't exist"
    more = [*found, replace(found[0], pattern=(1, 0))]
    assert judge_partition(PLAIN, more).kind == "regions missing"
    sliver = regions(PLAIN.network, rr.Domain.box([-1, -1], [1, -1 + 1e-12]))[0]
    thin = [*found, replace(sliver, pattern=(1, 0))]
    assert judge_partition(PLAIN, thin).kind == "regions missing, all thinner than 1e-9"


def test_a_search_that_fails_has_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("no way")

    monkeypatch.setattr(rr, "partition", fail, raising=False)
    monkeypatch.setattr(rr, "extract", fail, raising=False)
    assert judge_partition(PLAIN).outcome == GIVEN_UP
    assert judge_rules(PLAIN) == (GIVEN_UP, "ValueError from extract", "no way")


def shifted(by: float, error: float) -> RuleSet:
    """Rules of the plain draw, all of whose constants are off, with a claimed error."""
    rules = rules_of(PLAIN.network, PLAIN.domain)
    maps = [rule.map._replace(constants=rule.map.constants + by) for rule in rules]
    moved = [replace(rule, map=map_) for rule, map_ in zip(rules, maps, strict=True)]
    return replace(rules, rules=tuple(moved), score_error=error)


@pytest.mark.parametrize(
    ("by", "error", "outcome", "kind"),
    [
        (0.0, 0.0, RIGHT, ""),
        (1e-16, 0.0, RIGHT, ""),
        (1e-13, 0.0, WRONG, "more than rounding, below 1e-6 of the span"),
        (1e-13, 2e-13, BOUNDED, "as far off as max_error says"),
        (1e-3, 0.0, WRONG, "visibly wrong values"),
    ],
)
def test_values_are_judged_by_rounding(by: float, error: float, outcome: str, kind: str) -> None:
    verdict = judge_values(PLAIN, shifted(by, error), X)
    assert (verdict.outcome, verdict.kind) == (outcome, kind)


def test_rules_that_miss_a_row_have_given_up() -> None:
    part = rules_of(PLAIN.network, rr.Domain.box([-1, -1], [0.9, 1]))
    assert judge_values(PLAIN, part, np.array([[0.95, 0.0]])).outcome == GIVEN_UP
    assert judge_values(PLAIN, replace(part, complete=False), X).outcome == GIVEN_UP


def test_an_idle_bound_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = shifted(0.0, 1e-9)
    monkeypatch.setattr(rr, "extract", lambda *_, **__: rules, raising=False)
    assert judge_rules(PLAIN).kind == "max_error is more than rounding"


def test_allowance_is_of_the_terms_that_are_left() -> None:
    # 1e9 (x - 1/4) - 1e9 (x - 1/2) for x above 1/2: 1e9 / 4 is left, without a term in x
    net = network([[1], [1]], [-0.25, -0.5], [[1e9, -1e9]])
    (above,) = allowance(ExactNetwork.of(net), [0.75], [0], [1])
    (below,) = allowance(ExactNetwork.of(net), [0.125], [0], [1])
    (at,) = allowance(ExactNetwork.of(net), [0.5], [0], [1])
    assert above == pytest.approx(float(7 * UNIT * 10**9 / 4))
    assert below < 1e-300
    assert at == pytest.approx(float(35 * UNIT * 10**9 * Fraction(3, 4)))  # of 1e9 x - 1e9 / 4


@pytest.mark.parametrize("seed", range(20))
def test_maps_that_are_rounded_once_are_within_the_allowance(seed: int) -> None:
    net = random_network(seed, d=1 + seed % 3, K=6, slopes=(0.0, 0.25, -1.0))
    d = net.A.shape[1]
    lower, upper = np.full(d, -1.0), np.full(d, 1.0)
    found, exact = regions(net, rr.Domain.box(lower, upper)), ExactNetwork.of(net)
    rows = telling_rows(found, lower, upper, np.random.default_rng(seed), 80)
    for x in rows.tolist():
        room = allowance(exact, x, lower.tolist(), upper.tolist())
        for region in regions_near(exact, x, lower.tolist(), upper.tolist()):
            values = [float_value([float(a) for a in form], x) for form in region.forms]
            wrong = [abs(Fraction(v) - y) for v, y in zip(values, exact.evaluate(x), strict=True)]
            assert all(e <= r for e, r in zip(wrong, room, strict=True))


class RoundedRules(NamedTuple):
    """What rules in float64 can be at best: splits and maps composed exactly, then rounded."""

    exact: ExactNetwork
    found: list[ExactRegion]
    complete: bool = True
    max_error: float = 0.0

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([self._value(x) for x in X.tolist()])

    def _value(self, x: list[float]) -> list[float]:
        left, active = self.found, list[Form]()
        for k, slope in enumerate(self.exact.slopes):
            z = self.exact.preactivation(active)
            signs = {region.pattern[k] for region in left}
            above = float_value([float(a) for a in z], x) >= 0
            sign = signs.pop() if len(signs) == 1 else 1 if above else -1
            left = [region for region in left if region.pattern[k] == sign]
            active.append(z if sign > 0 else tuple(slope * a for a in z))
        return [float_value([float(a) for a in form], x) for form in left[0].forms]


@pytest.mark.parametrize("kind", KINDS)
def test_rules_that_are_rounded_once_are_right_on_arrangements(kind: str) -> None:
    for i in range(12):
        draw = arrangement(list(KINDS).index(kind) + i * len(KINDS))
        check_rounded_rules(draw)


@pytest.mark.parametrize("seed", range(30))
def test_rules_that_are_rounded_once_are_right_on_layers(seed: int) -> None:
    check_rounded_rules(random_layers(seed))


def check_rounded_rules(draw: Draw) -> None:
    found, sides = regions(draw.network, draw.domain), (draw.domain.lower, draw.domain.upper)
    rules: Any = RoundedRules(ExactNetwork.of(draw.network), found)
    rows = telling_rows(found, *sides, np.random.default_rng(draw.seed), 60)
    assert judge_values(draw, rules, rows) == (RIGHT, "", ""), str(draw)


def float_value(form: list[float], x: list[float]) -> float:
    total = form[-1]
    for weight, value in zip(form, x, strict=False):
        total += weight * value
    return total


def test_regions_near_a_corner_of_four() -> None:
    exact = ExactNetwork.of(lines([[1, 0], [0, 1]], [-0.5, -0.25]))
    box = [0.0, 0.0], [1.0, 1.0]
    assert len(regions_near(exact, [0.5, 0.25], *box)) == 4
    assert len(regions_near(exact, [np.nextafter(0.5, 1), 0.25], *box)) == 4
    assert len(regions_near(exact, [0.5 + 1e-12, 0.25], *box)) == 2
    assert len(regions_near(exact, [0.5 + 1e-12, 0.0], *box)) == 1
    assert len(regions_near(exact, [0.0, 0.0], *box)) == 1


def test_rows_tell() -> None:
    found = regions(PLAIN.network, PLAIN.domain)
    random = np.random.default_rng(1)
    rows = telling_rows(found, PLAIN.domain.lower, PLAIN.domain.upper, random, 200)
    assert 100 < len(rows) <= 200
    assert PLAIN.domain.contains(rows).all()
    assert {*rows[:, 0]} >= {-1.0, 1.0, 0.5, np.nextafter(0.5, 0), np.nextafter(0.5, 1)}
    drawn = rows_of_every_magnitude(np.zeros(1), np.full(1, 1e12), random, 300)
    sizes = np.log10(drawn[drawn > 0])
    assert sizes.min() < -6
    assert sizes.max() > 11


def test_largest_terms() -> None:
    found = regions(lines([[2]], [-1]), rr.Domain.box([0], [4]))
    assert largest_terms(found) == 9


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_its_draw_back(kind: str) -> None:
    seed = list(KINDS).index(kind) + 6
    one, two = arrangement(seed), arrangement(seed)
    assert one.kind == kind
    assert str(one) == str(two)
    middle = (one.domain.lower / 2 + one.domain.upper / 2).tolist()
    assert evaluate_exact(one.network, middle) == evaluate_exact(two.network, middle)
