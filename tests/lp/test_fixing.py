"""Coordinates of a dictionary that are held at a bound."""

import numpy as np
import pytest

from relurules.lp.dictionary import (
    TOP,
    Dictionary,
    append_half_space,
    express_form,
    maximise_form,
    start_at_corner,
    write_vertex,
)
from relurules.lp.fixing import copy_dictionary, fix_coordinate, move_to_bound


def triangle() -> Dictionary:
    """{u in [0, 1]^2: u0 + u1 <= 1}."""
    D = start_at_corner(np.zeros(2), np.ones(2), 2)
    express_form(D, np.array([-1.0, -1.0, 1.0]), D.table[0])
    append_half_space(D, 2)
    return D


def largest(D: Dictionary, row: list[float]) -> float:
    """The largest value of a form over a polytope."""
    n = D.used[0]
    express_form(D, np.array(row), D.table[n])
    assert maximise_form(D, np.inf) == TOP
    return float(D.table[n, 0])


@pytest.mark.parametrize("start", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, -1.0, 0.0]])
@pytest.mark.parametrize("j", [0, 1])
@pytest.mark.parametrize("value", [0, 1])
def test_a_coordinate_keeps_its_value(start: list[float], j: int, value: int) -> None:
    D = triangle()
    largest(D, start)
    move_to_bound(D, j, value)
    fix_coordinate(D, j, float(value))
    row = [0.0, 0.0, 0.0]
    row[j] = 1.0
    assert largest(D, row) == value
    row[j] = -1.0
    assert largest(D, row) == -value
    other = [0.0, 0.0, 0.0]
    other[1 - j] = 1.0
    assert largest(D, other) == 1 - value
    u = np.zeros(2)
    write_vertex(D, u)
    assert u[j] == value


def test_a_bound_out_of_reach_is_told_by_its_distance() -> None:
    D = triangle()
    express_form(D, np.array([-1.0, 0.0, 0.25]), D.table[D.used[0]])
    append_half_space(D, 3)
    move_to_bound(D, 0, 1)
    assert D.table[D.used[0], 0] == -0.75


def test_a_copy_has_bounds_of_its_own() -> None:
    D, copy = triangle(), start_at_corner(np.zeros(2), np.ones(2), 2)
    largest(D, [1.0, 0.0, 0.0])
    copy_dictionary(D, copy)
    move_to_bound(copy, 0, 0)
    fix_coordinate(copy, 0, 0.0)
    assert largest(copy, [1.0, 0.0, 0.0]) == 0.0
    assert largest(D, [1.0, 0.0, 0.0]) == 1.0
