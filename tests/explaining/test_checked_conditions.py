"""Margins and rooms of conditions: at the room a condition fails, before it it holds."""

import gc
from dataclasses import replace

import numpy as np
import pytest
from documents.stand_ins import people
from handmade import random_network, rows_in, rules_of

import relurules as rr
from relurules.explaining import conditions
from relurules.explaining.conditions import ConditionCheck, check_conditions
from relurules.ir import Condition, HalfSpace, RuleSet

BOX = rr.Domain.box([-1] * 3, [2] * 3, ["a", "b", "c"])


def move(x: np.ndarray, test: ConditionCheck, names: tuple[str, ...], share: float) -> np.ndarray:
    """The row with the first column of a test moved by a share of its room."""
    assert test.room is not None
    moved = x.copy()
    moved[names.index(test.column)] += share * test.room * (-1 if test.way == "fall" else 1)
    return moved


def holds(rules: RuleSet, number: int, x: np.ndarray) -> np.ndarray:
    """Which conditions of a rule hold at a row."""
    return np.array(
        [
            (c.half_space.normal @ x >= c.half_space.bound) == c.holds
            for c in rules.rules[number - 1].conditions
        ]
    )


@pytest.mark.parametrize("seed", range(6))
def test_a_condition_fails_just_beyond_its_room(seed: int) -> None:
    rules = rules_of(random_network(seed, 3, 4, 1), BOX)
    for x in rows_in(BOX, 20, seed):
        number = int(rules.apply(x[None])[0])
        found = check_conditions(rules, number, x, dict(zip("abc", x.tolist(), strict=True)))
        assert holds(rules, number, x).all()
        for i, test in enumerate(found.tests):
            assert test.margin is not None
            assert test.margin >= 0
            assert isinstance(test.value, float)
            assert test.margin == pytest.approx(test.room)  # the first coefficient is 1
            near, beyond = (move(x, test, rules.features, 1 + sign * 1e-6) for sign in (-1, 1))
            assert not holds(rules, number, beyond).all() or test.margin < 1e-9
            for row, sign in ((near, 1), (beyond, -1)):
                raw = dict(zip("abc", row.tolist(), strict=True))
                again = check_conditions(rules, number, row, raw).tests[i]
                assert again.margin == pytest.approx(sign * 1e-6 * test.margin, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_sums_that_are_named_have_the_value_that_is_told(seed: int) -> None:
    rules, named = rules_of(random_network(seed, 3, 4, 1), BOX), 0
    for x in rows_in(BOX, 10, seed):
        number = int(rules.apply(x[None])[0])
        row = dict(zip("abc", x.tolist(), strict=True))
        found = check_conditions(rules, number, x, row)
        used = {word for test in found.tests for word in test.text.split() if word.startswith("S")}
        assert set(found.sums) == used
        values = {name: eval(text, {}, row) for name, text in found.sums.items()}
        for test in found.tests:
            for name in used & set(test.text.split()):
                named += 1
                assert values[name] == pytest.approx(test.value, abs=1e-4)

    assert named


ROW = np.array([30.0, 0, 1, 0, 2.0])
RAW = {"age": 30.0, "job": "smith", "debt": 2.0}


def check_one(normal: list[float], bound: float, holds: bool) -> ConditionCheck:
    rules = people()
    condition = Condition(HalfSpace(np.array(normal), bound, None, 0), holds)
    alone = replace(rules, rules=(replace(rules.rules[0], conditions=(condition,)),))
    (found,) = check_conditions(alone, 1, ROW, RAW).tests
    return found


def test_categories_have_no_margin() -> None:
    found = check_one([0.0, 5.0, 0.0, 9.0, 0.0], 4.0, False)
    assert found == ConditionCheck(
        text="job is 'cook' or 'smith'",
        value="smith",
        margin=None,
        column="job",
        way="",
        room=None,
    )


def test_sums_that_start_with_a_category_have_a_margin_and_no_room() -> None:
    """[job is missing] + 0.05 debt is 0.1, 0.35 below its bound."""
    found = check_one([0.0, 0.0, 0.0, 9.0, 0.45], 4.05, False)
    assert found.value == pytest.approx(0.1)
    assert found.margin == pytest.approx(0.35)
    assert found.room is None


def test_which_way_a_column_may_go() -> None:
    found = check_one([1.0, 0, 0, 0, 0], 25.0, True)
    assert (found.value, found.margin, found.way, found.room) == (30.0, 5.0, "fall", 5.0)
    below = check_one([1.0, 0, 0, 0, 0], 42.0, False)
    assert (below.value, below.margin, below.way, below.room) == (30.0, 12.0, "rise", 12.0)


def test_readings_of_rules_go_with_them() -> None:
    """Rules are worded once; others that come to lie where they were are worded anew."""
    for seed in (1, 2, 1):
        rules = rules_of(random_network(seed, K=3), rr.Domain.box([-1, -1], [1, 1]))
        before = len(conditions._READINGS)
        found = [str(rr.explain(rules, [0.5, 0.25])) for _ in range(2)]
        assert found[0] == found[1] == str(rr.explain(replace(rules), [0.5, 0.25]))
        gc.collect()
        assert len(conditions._READINGS) == before + 1
        del rules
        gc.collect()
        assert len(conditions._READINGS) == before
