"""Largest slopes: never below those of any region that has a width, and reached by a row."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handmade import network
from piecewise_cases import PiecewiseCase, list_gradients, make_case

import relurules as rr
from relurules.ir import Network
from relurules.networks.gradients import (
    bound_gradient,
    evaluate_gradient,
    measure_column,
    measure_squares,
    measure_sum,
    read_signs,
)
from relurules.networks.programs import PiecewiseProgram, combine_outputs, make_program
from relurules.networks.slopes import SteepestSlope, find_steepest_slope

#: Regions thinner than this share of the domain are left to rounding.
_THIN = 1e-6


def make_strict(net: Network, domain: rr.Domain, weights: Any) -> PiecewiseProgram:
    program = make_program(net, domain, combine_outputs(net, weights))
    walls = np.column_stack([-domain.normals, domain.bounds])
    return replace(program, walls=walls, room=np.zeros(len(walls)))


def check(case: PiecewiseCase, found: SteepestSlope, exact: float) -> None:
    room = 1e-9 * max(1.0, abs(exact))
    assert found.bound >= exact - 1e-12 * max(1.0, abs(exact))
    assert found.bound <= exact + room
    assert found.value <= exact + room
    assert found.point is None or case.domain.contains(found.point[None])[0]


@pytest.mark.parametrize("seed", range(40))
def test_slopes_are_those_of_the_regions(seed: int) -> None:
    case = make_case(seed)
    G = list_gradients(case, _THIN)
    if not len(G):
        return
    program = make_strict(case.net, case.domain, case.weights)
    scales = np.zeros(len(case.domain))
    scales[case.numbers] = (case.domain.upper - case.domain.lower)[case.numbers]
    for j in case.numbers:
        for sign in (1.0, -1.0):
            found = find_steepest_slope(program, measure_column(j, sign))
            check(case, found, float((sign * G[:, j]).max()))
    total = np.abs(G) * scales
    check(case, find_steepest_slope(program, measure_sum(scales)), float(total.sum(axis=1).max()))
    squares = find_steepest_slope(program, measure_squares(scales))
    check(case, squares, float((total**2).sum(axis=1).max()))


def test_gradients_between_bounds() -> None:
    net = network([[1.0, 2.0], [1.0, -1.0]], [0.0, 0.5], [[1.0, -3.0]], C=[[0.25, 0.0]])
    program = make_strict(net, rr.Domain.box([-1, -1], [1, 1]), np.ones(1))
    low, high = bound_gradient(program, np.zeros(2, dtype=np.int8))
    assert low == pytest.approx([-2.75, 0.0])
    assert high == pytest.approx([1.25, 5.0])
    for x in ([0.5, 0.5], [-1.0, 0.9], [-0.9, -0.9]):
        signs, sure = read_signs(program, np.array(x))
        assert sure.all()
        exact = evaluate_gradient(program, signs)
        assert (exact[0] == exact[1]).all()
        assert (low <= exact[0]).all()
        assert (exact[1] <= high).all()


def test_neurons_that_are_constant_somewhere_lose_no_region() -> None:
    """relu(y - z) is 0 all over category x, on neither side of its kink."""
    net = network([[0.0, 0, 1.0, -1.0], [1.0, 0, 0, 0]], [0.0, 0.0], [[1.0, 2.0]])
    domain = replace(rr.Domain.box([-1, 0, 0, 0], [1, 1, 1, 1]), groups=((1, 2, 3),))
    program = make_strict(net, domain, np.ones(1))
    assert find_steepest_slope(program, measure_column(0, 1.0))[:2] == (2.0, 2.0)
    deep = network([[1.0], [0.0]], [0.0, 0.0], [[0.0, 5.0]], L=[[0.0, 0.0], [1.0, 0.0]], C=[[-1.0]])
    program = make_strict(deep, rr.Domain.box([-1], [1]), np.ones(1))
    assert find_steepest_slope(program, measure_column(0, 1.0)).bound == 4.0
    assert find_steepest_slope(program, measure_column(0, -1.0)).bound == 1.0
