"""Both checkers say the same of answers, honest and changed."""

import numpy as np
import pytest
from answer_cases import CASES, draw_files, judge_by_ours, make_answer
from browsers import miss
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
