"""What was worked out of rules is worked out once, and goes with them."""

import gc
from dataclasses import replace
from typing import Any

import pytest
from handmade import graph, network

import relurules as rr
from relurules.ir.rules_memo import RulesMemo


def _make_rules() -> Any:
    return rr.extract(graph(network([[1.0]], [0.0], [[1.0]])), domain=rr.Domain.box([-1], [1]))


def test_rules_are_worked_out_once_and_forgotten_with_them() -> None:
    asked = list[Any]()

    def count(rules: Any) -> list[int]:
        asked.append(len(rules))
        return [len(rules)]

    memo, rules = RulesMemo(count), _make_rules()
    assert memo.recall(rules) is memo.recall(rules)
    assert asked == [2]

    other = replace(rules)
    assert memo.recall(other) is not memo.recall(rules)
    assert asked == [2, 2]
    assert len(memo) == 2

    del other
    gc.collect()
    assert len(memo) == 1
    assert memo.recall(rules) == [2]
    assert asked == [2, 2]


def test_what_could_not_be_worked_out_is_tried_again() -> None:
    answers = [None, 3]

    def make(_rules: Any) -> int:
        answer = answers.pop(0)
        if answer is None:
            raise TimeoutError
        return answer

    memo, rules = RulesMemo(make), _make_rules()
    with pytest.raises(TimeoutError):
        memo.recall(rules)
    assert len(memo) == 0
    assert memo.recall(rules) == 3


def test_nothing_is_kept_of_what_is_not_told_to_be_gone() -> None:
    """Another object may come to stand where it stood."""
    memo = RulesMemo(len)
    with pytest.raises(TypeError, match="weak reference"):
        memo.recall((1, 2))
    assert len(memo) == 0
