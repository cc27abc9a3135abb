"""Both checkers say the same of answers, honest and changed."""

import numpy as np
import pytest
from answer_cases import CASES, draw_files, judge_by_ours, make_answer
from browsers import miss
from refused_answers import ACCEPTED, REFUSED
from second_checker import NODE, judge_answers_by_second


@pytest.fixture(scope="module", autouse=True)
def node() -> None:
    """Node.js must be here."""
    if NODE is None:
        miss("Node.js")


@pytest.mark.parametrize("kind", CASES)
def test_both_checkers_say_the_same(kind: str) -> None:
    case, rng = make_answer(kind), np.random.default_rng(3)
    cases = [case.files, *(draw_files(case, rng)[1] for _ in range(120))]
    ours = [judge_by_ours(*files) for files in cases]
    second = judge_answers_by_second(cases)
    assert ours[0][0] == 0
    assert 0 < sum(code for code, _ in ours) < len(ours)
    for files, one, other in zip(cases, ours, second, strict=True):
        assert one == other, files[0]


def test_both_checkers_refuse_what_proves_less_than_it_seems_to() -> None:
    cases = [make() for make, _ in REFUSED.values()]
    judged = zip(REFUSED, judge_answers_by_second(cases), strict=True)
    assert [kind for kind, (code, _) in judged if code != 1] == []


def test_both_checkers_say_the_same_of_what_stands_beside_these() -> None:
    cases = [make() for make in ACCEPTED.values()]
    assert judge_answers_by_second(cases) == [judge_by_ours(*files) for files in cases]
    assert all(judge_by_ours(*files)[0] == 0 for files in cases)
