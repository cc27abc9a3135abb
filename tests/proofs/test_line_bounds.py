"""Chords, and changes of a line from another one, in trees of answers: what they show, to the last
digit, and what is refused.
"""

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from answer_cases import evaluate, judge_by_ours
from browsers import miss
from handmade import graph, network
from second_checker import NODE, judge_answers_by_second
from take_cases import (
    COLUMNS,
    REFUSED,
    SEEDS,
    claim,
    draw_rules,
    draw_take_cases,
    draw_takes,
    find_high,
    make_change,
    make_chord,
    take_case,
)

import relurules as rr
from relurules import checker


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
