"""Conditions of a question, against rows that are tested one by one in Python."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import relurules as rr
from relurules.analysis.conditions import pin_column, restrict_domain
from relurules.errors import DomainError

BOX = rr.Domain.box([0, -2], [4, 2], ["a", "b"])
ROWS = np.array(list(itertools.product(np.linspace(0, 4, 17), np.linspace(-2, 2, 17))))


@pytest.mark.parametrize(
    ("given", "holds"),
    [
        ([], lambda a, b: True),
        (["a >= 1.5"], lambda a, b: a >= 1.5),
        (["a <= 1.5", "b >= 0"], lambda a, b: a <= 1.5 and b >= 0),
        (["a + 2*b <= 1"], lambda a, b: a + 2 * b <= 1),
        (["a = 2"], lambda a, b: a == 2),
        (["a == 2", "b = -1"], lambda a, b: (a, b) == (2, -1)),
        (["`a` = 2"], lambda a, b: a == 2),
    ],
)
def test_a_part_of_the_domain(given: list[str], holds: object) -> None:
    found = restrict_domain(BOX, given).contains(ROWS)
    assert found.tolist() == [bool(holds(a, b)) for a, b in ROWS.tolist()]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("c = 1", "no column 'c'; there are a, b"),
        ("a = 7", "'a' is 7 nowhere in the domain, where it goes from 0 to 4"),
        ("a = clerk", "clerk"),
        ("nonsense", "nonsense"),
    ],
)
def test_conditions_that_nothing_meets_or_nobody_can_read(text: str, said: str) -> None:
    with pytest.raises(DomainError, match=said):
        restrict_domain(BOX, [text])


def test_a_member_of_a_group_holds_the_group() -> None:
    box = rr.Domain.box([0, 0, 0], [1, 1, 9], ["x", "y", "z"])
    domain = replace(box, groups=((0, 1),))
    rows = np.array([[1.0, 0, 3], [0, 1, 3]])
    assert pin_column(domain, "x", 1.0).contains(rows).tolist() == [True, False]
    assert pin_column(domain, "x", 0.0).contains(rows).tolist() == [False, True]
    with pytest.raises(DomainError, match=r"is 0 or 1 in the domain, found 0\.5"):
        pin_column(domain, "x", 0.5)
