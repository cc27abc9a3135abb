"""Both checkers say the same of answers, honest and changed."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from answer_cases import CASES, draw_files, judge_by_ours, make_answer
from browsers import miss
from refused_answers import ACCEPTED, REFUSED
from second_checker import NODE, judge_answers_by_second

#: Changed files of every kind: the seventieth is the first to show some faults of a checker.
DRAWN = 120
#: An answer, and the rules that it is about.
AnswerFiles = tuple[Any, ...]


@pytest.fixture(scope="module", autouse=True)
def node() -> None:
    """Node.js must be here."""
    if NODE is None:
        miss("Node.js")


@cache
def judge_drawn() -> dict[str, list[tuple[AnswerFiles, tuple[int, str]]]]:
    """Files of every kind, honest and changed, and what the second checker says of them, which is
    started once.
    """
    drawn = dict[str, list[AnswerFiles]]()
    for kind in CASES:
        case, rng = make_answer(kind), np.random.default_rng(3)
        drawn[kind] = [case.files, *(draw_files(case, rng)[1] for _ in range(DRAWN))]
    said = iter(judge_answers_by_second([files for cases in drawn.values() for files in cases]))
    return {kind: [(files, next(said)) for files in cases] for kind, cases in drawn.items()}


@pytest.mark.parametrize("kind", CASES)
def test_both_checkers_say_the_same(kind: str) -> None:
    judged = judge_drawn()[kind]
    ours = [judge_by_ours(*files) for files, _ in judged]
    assert ours[0][0] == 0
    assert len(ours) == 1 + DRAWN
    assert 0 < sum(code for code, _ in ours) < len(ours)
    for (files, other), one in zip(judged, ours, strict=True):
        assert one == other, files[0]


def test_both_checkers_refuse_what_proves_less_than_it_seems_to() -> None:
    cases = [make() for make, _ in REFUSED.values()]
    judged = zip(REFUSED, judge_answers_by_second(cases), strict=True)
    assert [kind for kind, (code, _) in judged if code != 1] == []


def test_both_checkers_say_the_same_of_what_stands_beside_these() -> None:
    cases = [make() for make in ACCEPTED.values()]
    assert judge_answers_by_second(cases) == [judge_by_ours(*files) for files in cases]
    assert all(judge_by_ours(*files)[0] == 0 for files in cases)
