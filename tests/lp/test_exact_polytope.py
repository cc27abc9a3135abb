"""Exact simplex dictionaries against HiGHS, and against what their own vertices must be."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from relurules.lp.exact_dictionary import ExactPolytope, reduce_row, scale_to_integers

Rows = NDArray[Any]


def drawn(seed: int) -> tuple[ExactPolytope, list[Rows], np.random.Generator]:
    """A polytope of small integers, cut by every row that leaves something, as HiGHS says too."""
    random = np.random.default_rng(seed)
    f, rows = int(random.integers(1, 6)), list[Rows]()
    polytope = ExactPolytope(f)
    for _ in range(int(random.integers(0, 9))):
        row = np.append(random.integers(-4, 5, f), random.integers(-2, 5)).astype(object)
        tried = np.array([*rows, row], dtype=float)
        expected = (
            linprog(np.zeros(f), -tried[:, :-1], tried[:, -1], bounds=[(0, 1)] * f).status == 0
        )
        assert polytope.cut(row) is expected
        rows += [row] if expected else []
    return polytope, rows, random


def value(row: Rows, s: tuple[Fraction, ...]) -> Fraction:
    return sum((int(a) * b for a, b in zip(row[:-1], s, strict=True)), Fraction(int(row[-1])))


@pytest.mark.parametrize("seed", range(80))
def test_suprema_are_those_of_highs_and_their_vertices_exact(seed: int) -> None:
    polytope, rows, random = drawn(seed)
    for _ in range(4):
        form = random.integers(-5, 6, polytope.f + 1).astype(object)
        found = polytope.supremum(form)
        cuts = np.array(rows, dtype=float).reshape(len(rows), polytope.f + 1)
        known = linprog(
            -form[:-1].astype(float), -cuts[:, :-1], cuts[:, -1], bounds=[(0, 1)] * polytope.f
        )
        assert float(found.value) == pytest.approx(float(form[-1]) - known.fun, abs=1e-7)
        assert value(form, found.vertex) == found.value
        assert all(0 <= s <= 1 for s in found.vertex)
        assert all(value(row, found.vertex) >= 0 for row in rows)


def test_a_difference_of_one_in_ten_to_the_sixty_decides() -> None:
    polytope = ExactPolytope(2)
    assert polytope.cut(scale_to_integers([Fraction(1), Fraction(1), Fraction(-1)]))
    tiny = Fraction(1, 10**60)
    assert (
        polytope.rises_above_zero(scale_to_integers([Fraction(-1), Fraction(-1), 1 + tiny]))
        is not None
    )
    assert (
        polytope.rises_above_zero(scale_to_integers([Fraction(-1), Fraction(-1), Fraction(1)]))
        is None
    )
    assert (
        polytope.rises_above_zero(scale_to_integers([Fraction(-1), Fraction(-1), 1 - tiny])) is None
    )


def test_a_copy_goes_its_own_way() -> None:
    polytope = ExactPolytope(1)
    twin = polytope.copy()
    assert twin.cut(np.array([-2, 1], dtype=object))
    assert polytope.supremum(np.array([1, 0], dtype=object)).value == 1
    assert twin.supremum(np.array([1, 0], dtype=object)).value == Fraction(1, 2)


def test_a_cut_that_leaves_nothing_changes_nothing() -> None:
    polytope = ExactPolytope(1)
    assert not polytope.cut(np.array([1, -2], dtype=object))
    assert polytope.count == 0
    assert polytope.supremum(np.array([1, 0], dtype=object)).value == 1


def test_rows_are_shortened() -> None:
    assert scale_to_integers([Fraction(1, 2), Fraction(-3, 4), Fraction(0)]).tolist() == [2, -3, 0]
    assert reduce_row(np.array([6, -9, 0], dtype=object)).tolist() == [2, -3, 0]
    assert reduce_row(np.array([0, 0], dtype=object)).tolist() == [0, 0]
