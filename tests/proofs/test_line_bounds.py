"""Chords, and changes of a line from another one, in trees of answers: what they show, to the last
digit, and what is refused.
"""

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from answer_cases import evaluate, judge_by_ours, stamp
from browsers import miss
from handmade import graph, network
from second_checker import NODE, judge_answers_by_second
from take_cases import (
    COLUMNS,
    REFUSED,
    SEEDS,
    TWO_LINES,
    claim,
    draw_rules,
    draw_take_cases,
    draw_takes,
    find_high,
    make_change,
    make_chord,
    make_line_rules,
    take_case,
)

import relurules as rr
from relurules import checker
from relurules.ir.limits import Deadline
from relurules.proofs.answer_search import search_parts


@pytest.mark.parametrize("seed", SEEDS)
def test_takes_show_what_they_should_and_no_digit_less(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rules, takes = draw_rules(rng), draw_takes(rng)
    due = find_high(rules, takes)
    high = float(due)
    assert Fraction(high) == due
    assert judge_by_ours(*claim(rules, takes, high))[0] == 0
    assert judge_by_ours(*claim(rules, takes, math.nextafter(high, -math.inf)))[0] == 1

    rows = [*itertools.product([-1, 1], repeat=COLUMNS), *rng.uniform(-1, 1, size=(200, COLUMNS))]
    assert all(evaluate(rules, list(map(float, x)), [1.0]) <= due + Fraction(1, 2) for x in rows)


def test_both_checkers_say_the_same_of_takes() -> None:
    if NODE is None:
        miss("Node.js")
    cases = draw_take_cases()
    assert judge_answers_by_second(cases) == [judge_by_ours(*files) for files in cases]


@pytest.mark.parametrize("kind", REFUSED)
def test_what_takes_do_not_show_is_refused(kind: str) -> None:
    make, why = REFUSED[kind]
    verdict = checker.check_answer(*make())
    assert not verdict
    assert why in verdict.why


def test_a_line_that_others_change_from_is_not_read_where_they_cancel() -> None:
    assert judge_by_ours(*take_case(make_change(1, 0), high=0.75)())[0] == 0


def test_a_cut_replaces_what_was_told_as_a_change() -> None:
    below: Any = [[-1], "leaf"]
    tree = [[make_change(1, 0)], "split", 1, below, [[make_chord(0, 1)], "leaf"]]
    assert judge_by_ours(*take_case(high=1.75, trees=[tree])())[0] == 0
    assert judge_by_ours(*take_case(high=1.7499, trees=[tree])())[0] == 1


def test_pairs_of_lines_that_all_hang_together_have_short_certificates() -> None:
    rng = np.random.default_rng(0)
    A, K, d = np.zeros((16, 12)), 16, 12
    for k in range(K):
        A[k, [k, k + 1] if k < d - 1 else rng.choice(d, 2, replace=False)] = rng.normal(size=2)
    net = network(A, 0.1 * rng.normal(size=K), rng.normal(size=(1, K)))
    box = rr.Domain.box([-1] * d, [1] * d)
    found = rr.prove_answer(rr.extract(graph(net), domain=box, form="additive"))
    assert sum(str(part["trees"]).count("'leaf'") for part in found.found["parts"]) < 200
    (low, high), (lowest, highest) = (found.low, found.high), found.reached
    assert 0 <= lowest - low < 1e-9
    assert 0 <= high - highest < 1e-9


def _search_range(rules: dict[str, Any], high: float) -> tuple[float, float]:
    """The range of rules that are only in a file, which both checkers accept as it stands."""
    begun = {
        "format": "relurules.answer", "version": 1, "question": "range", "weights": [1.0],
        "given": {"bounds": {}, "constraints": []}, "lowest": None, "highest": None,
    }  # fmt: skip
    score = checker.AnsweredScore(begun, rules)
    found = search_parts(score, lambda _: {"low": high, "high": -high}, Deadline.after(None))
    files = stamp({**begun, **found}, rules), rules
    assert judge_by_ours(*files)[0] == 0
    return found["low"], found["high"]


def _make_category_rules(lines: list[Any], a: float, limits: list[Any]) -> dict[str, Any]:
    """Rules of a number column and two categories, one of which counts `a`."""
    rules = make_line_rules(lines)
    features = [{"name": name, "lower": 0, "upper": 1, "integer": True} for name in "ab"]
    return {
        **rules, "features": [rules["features"][0], *features], "groups": [["a", "b"]],
        "constraints": limits, "base": {"y": {"constant": 0.0, "coefficients": {"a": a}}},
    }  # fmt: skip


@pytest.mark.parametrize(
    "only_b", [{"a": 2.0, "b": -2.0}, {"a": 1e6, "x0": -0.5, "b": -2.0}], ids=["flat", "steep"]
)
def test_a_category_that_an_inequality_leaves_out_is_no_part_of_a_range(
    only_b: dict[str, float],
) -> None:
    lines = [
        {"coefficients": {"x0": 1.0, "a": -1.0}, "above": -0.5, "slopes": {"y": 1.0}},
        {"coefficients": {"x0": 0.5, "b": 1.0}, "above": 0.25, "slopes": {"y": -1.0}},
    ]
    limit = {"coefficients": only_b, "at_most": 0.0}
    low, high = _search_range(_make_category_rules(lines, 5.0, [limit]), 99.0)
    assert low == pytest.approx(-0.5)  # at x0 = -0.5
    assert high == pytest.approx(0.25)  # at x0 = 1, where both lines rise; a reaches 5.25


def test_a_line_that_weighs_a_category_by_millions_is_bounded_closely() -> None:
    line = {"coefficients": {"x0": 0.25, "b": -1e6}, "above": -0.5, "slopes": {"y": -1.0}}
    low, high = _search_range(_make_category_rules([line], 5.0, []), 99.0)
    assert low == pytest.approx(0.0, abs=1e-9)  # b
    assert high == pytest.approx(4.75)  # a at x0 = -1; half a millionth of b would be 5


def test_columns_as_wide_as_float64_have_a_proof() -> None:
    rules = make_line_rules(TWO_LINES["lines"])
    for feature in rules["features"]:
        feature.update(lower=-1e300, upper=1e300)
    low, high = _search_range(rules, 1e301)
    assert low <= 0.5 - 2.5e299
    assert high >= 1.0 + 2.5e299
