"""Both checkers say the same of answers, honest and changed."""

import copy
from typing import Any

import numpy as np
import pytest
from answer_cases import CASES, change_number, list_numbers, make_answer, stamp
from browsers import miss
from second_checker import NODE, judge_answers_by_second

from relurules.checker import check_answer, describe_answer


@pytest.fixture(scope="module", autouse=True)
def node() -> None:
    """Node.js must be here."""
    if NODE is None:
        miss("Node.js")


def _judge_by_ours(found: Any, rules: Any, other: Any = None) -> tuple[int, str]:
    verdict = check_answer(found, rules, other)
    return (0, describe_answer(verdict)) if verdict else (1, "")


def _drop_part(found: Any, rng: np.random.Generator) -> None:
    """An entry somewhere is lost, or of another type."""
    at = found
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = keys[int(rng.integers(len(keys)))]
        inner = at[key]
        if not isinstance(inner, dict | list) or not inner or rng.random() < 0.3:
            break
        at = inner
    if rng.random() < 0.5:
        del at[key]
    else:
        at[key] = [None, "1", True, [], {}, -1, 1.5][int(rng.integers(7))]


def _draw_cases(kind: str, count: int) -> list[tuple[Any, ...]]:
    case = make_answer(kind)
    found, *files = case.files
    rng = np.random.default_rng(3)
    places, cases = list(list_numbers(found)), [case.files]
    for _ in range(count):
        changed = copy.deepcopy(found)
        if rng.random() < 0.7:
            change_number(changed, places[int(rng.integers(len(places)))], rng)
        else:
            _drop_part(changed, rng)
        cases.append((stamp(changed, *files), *files))
    return cases


@pytest.mark.parametrize("kind", CASES)
def test_both_checkers_say_the_same(kind: str) -> None:
    cases = _draw_cases(kind, 120)
    ours = [_judge_by_ours(*case) for case in cases]
    second = judge_answers_by_second(cases)
    assert ours[0][0] == 0
    assert 0 < sum(code for code, _ in ours) < len(ours)
    for case, one, other in zip(cases, ours, second, strict=True):
        assert one == other, case[0]
