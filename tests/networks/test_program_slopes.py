"""Largest slopes: never below those of any region that has a width, and reached by a row."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handmade import network
from piecewise_cases import PiecewiseCase, list_gradients, make_case

import relurules as rr
from relurules.ir import Network
from relurules.networks import slopes, step_programs
from relurules.networks.gradients import (
    bound_gradient,
    evaluate_gradient,
    measure_column,
    measure_squares,
    measure_sum,
    read_signs,
)
from relurules.networks.kernels.steps import SLOPE, StepPart, bound_slope, enter_part
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
            found = find_steepest_slope(program, measure_column(j, sign, program.columns))
            check(case, found, float((sign * G[:, j]).max()))
    total = np.abs(G) * scales
    check(case, find_steepest_slope(program, measure_sum(scales)), float(total.sum(axis=1).max()))
    squares = find_steepest_slope(program, measure_squares(scales))
    check(case, squares, float((total**2).sum(axis=1).max()))


@pytest.mark.parametrize("seed", range(60))
def test_steps_are_searched_as_regions_are(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """The compiled search from the first part on, against every region in rational numbers."""
    monkeypatch.setattr(slopes, "_PATIENT", -1)
    monkeypatch.setattr(step_programs, "_DRAWN", 2)
    case = make_case(seed)
    case = replace(case, net=replace(case.net, L=np.zeros_like(case.net.L)))
    G = list_gradients(case, _THIN)
    if not len(G):
        return
    program = make_strict(case.net, case.domain, case.weights)
    scales = np.zeros(len(case.domain))
    scales[case.numbers] = (case.domain.upper - case.domain.lower)[case.numbers]
    for j in case.numbers[:2]:
        found = find_steepest_slope(program, measure_column(j, 1.0, program.columns))
        check(case, found, float(G[:, j].max()))
    total = np.abs(G) * scales
    check(case, find_steepest_slope(program, measure_sum(scales)), float(total.sum(axis=1).max()))
    squares = find_steepest_slope(program, measure_squares(scales))
    check(case, squares, float((total**2).sum(axis=1).max()))


@pytest.mark.parametrize("seed", range(30))
def test_bounds_of_steps_hold_for_all_multipliers(seed: int) -> None:
    """Whatever multipliers are, at every row of a part."""
    random, case = np.random.default_rng(seed), make_case(seed)
    case = replace(case, net=replace(case.net, L=np.zeros_like(case.net.L)))
    program = make_strict(case.net, case.domain, case.weights)
    measures = [
        measure_column(case.numbers[0], -1.0, program.columns),
        measure_sum(random.random(program.columns) + 0.1),
        measure_squares(random.random(program.columns) + 0.1),
    ]
    for measure in measures:
        steps = step_programs.list_steps(program, measure, 0.0, np.zeros(program.columns))
        if steps is None:
            continue
        at, K = step_programs.make_step_point(steps), len(steps.b)
        signs = random.integers(-1, 2, size=K).astype(np.int8)
        signs[len(program.b) :] = 0
        box = program.low.copy(), program.high.copy()
        ranges = np.repeat([-np.inf, np.inf], len(steps.derivatives))
        own = int(np.flatnonzero(measure.told)[0])
        least, most = np.sort(random.normal(size=2))
        if measure.sought != SLOPE and seed % 2:
            ranges[[0, len(steps.derivatives)]] = least, most
        part = StepPart(*box, signs, np.full(K, np.nan), ranges)
        known = signs.copy()
        entered = enter_part(steps, part, at)
        bounds = [np.inf]
        for _ in range(5 if entered else 0):
            part.weights[:] = random.normal(size=K) * random.choice([0.1, 1.0, 10.0])
            bounds.append(bound_slope(steps, part, at))
        for x in draw_points(program, 200, random):
            z = steps.A @ x + steps.b
            if (z * known < 0).any() or (z < steps.floors).any():
                continue
            gradient = evaluate_gradient(program, read_signs(program, x)[0])
            if not ranges[0] <= measure.units[own] * gradient[0][own] <= ranges[-len(ranges) // 2]:
                continue
            assert entered
            reached = measure(*gradient)
            assert reached - 1e-12 * abs(reached) <= min(bounds)


def draw_points(
    program: PiecewiseProgram, count: int, random: np.random.Generator
) -> Iterator[np.ndarray]:
    """Rows of the box, one category each."""
    for _ in range(count):
        x = random.uniform(program.low, program.high)
        for group in map(list, program.groups):
            x[group] = np.eye(len(group))[random.integers(len(group))]
        yield x


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
    assert find_steepest_slope(program, measure_column(0, 1.0, program.columns))[:2] == (2.0, 2.0)
    deep = network([[1.0], [0.0]], [0.0, 0.0], [[0.0, 5.0]], L=[[0.0, 0.0], [1.0, 0.0]], C=[[-1.0]])
    program = make_strict(deep, rr.Domain.box([-1], [1]), np.ones(1))
    assert find_steepest_slope(program, measure_column(0, 1.0, program.columns)).bound == 4.0
    assert find_steepest_slope(program, measure_column(0, -1.0, program.columns)).bound == 1.0
