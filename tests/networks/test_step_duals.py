"""Multipliers of steps: the closed form gives with them what HiGHS gives for what is relaxed."""

from typing import Any

import numpy as np
import pytest
from piecewise_cases import make_case
from test_program_slopes import make_strict

from relurules.lp.programs import Outcome, solve_program
from relurules.networks import step_programs
from relurules.networks.gradients import measure_column, measure_squares, measure_sum
from relurules.networks.kernels.step_duals import allocate_tableau, solve_steps
from relurules.networks.kernels.steps import (
    StepPart,
    StepPoint,
    StepProgram,
    bound_slope,
    enter_part,
)


def relax_by_rows(
    steps: StepProgram, part: StepPart, at: StepPoint
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cost, rows and their ends, G u <= h, over columns and shares of steps."""
    n, K = len(part.low), len(steps.b)
    cost, rows, ends = np.zeros(n + K), list[np.ndarray](), list[float]()
    for k in range(K):
        sign = int(part.signs[k])
        side = float(sign or np.sign(at.steps[k]))
        row, end = np.zeros(n + K), side * steps.b[k] - steps.gaps[k]
        row[:n] = -side * steps.A[k]
        if sign == 0:
            cost[n + k] = -at.steps[k]
            wide = steps.gaps[k] + (at.ends[1, k] if side < 0 else -at.ends[0, k])
            row[n + k] = wide if side > 0 else -wide
            end += wide if side > 0 else 0.0
        if side:
            rows.append(row)
            ends.append(end)
    for first, last in zip(steps.starts[:-1], steps.starts[1:], strict=True):
        for sign in (1.0, -1.0):
            row = np.zeros(n + K)
            row[steps.members[first:last]] = sign
            rows.append(row)
            ends.append(sign)

    return cost, np.array(rows).reshape(-1, n + K), np.array(ends)


def draw_part(steps: StepProgram, program: Any, seed: int) -> StepPart:
    """Some sides known, some categories open."""
    random, K = np.random.default_rng(seed), len(steps.b)
    signs = random.choice([0, 0, 0, 1, -1], size=K).astype(np.int8)
    signs[len(program.b) :] = 1
    high = program.high.copy()
    for group in program.groups:
        high[list(group[1:])] *= random.random(len(group) - 1) < 0.7
    ranges = np.repeat([-np.inf, np.inf], len(steps.derivatives))
    return StepPart(program.low.copy(), high, signs, np.full(K, np.nan), ranges)


@pytest.mark.parametrize("seed", range(60))
def test_multipliers_are_as_good_as_those_of_highs(seed: int) -> None:
    case = make_case(seed)
    if case.net.L.any() or not case.numbers:
        return
    program = make_strict(case.net, case.domain, case.weights)
    scales = np.zeros(program.columns)
    scales[case.numbers] = (case.domain.upper - case.domain.lower)[case.numbers]
    for measure in (
        measure_column(case.numbers[0], 1.0, program.columns),
        measure_sum(scales),
        measure_squares(scales),
    ):
        steps = step_programs.list_steps(program, measure, 0.0, np.zeros(program.columns))
        if steps is None:
            continue
        at, part = step_programs.make_step_point(steps), draw_part(steps, program, seed)
        if not enter_part(steps, part, at):
            continue
        cost, G, h = relax_by_rows(steps, part, at)
        known = at.shift[0] + at.steps[part.signs > 0].sum()
        low, high = (
            np.append(own, np.full(len(steps.b), end))
            for own, end in ((part.low, 0.0), (part.high, 1.0))
        )
        found = solve_program(cost, G, h, low, high)
        solve_steps(steps, part, at, allocate_tableau(steps), -np.inf)
        point = np.append(at.x, at.shares)
        bound, size = bound_slope(steps, part, at), 1.0 + abs(known) + np.abs(at.steps).sum()
        if found.outcome is Outcome.OPTIMAL:
            assert bound == pytest.approx(min(known - found.value, at.shift[2]), abs=1e-7 * size)
            assert (G @ point <= h + 1e-8 * (1.0 + np.abs(G) @ np.abs(point))).all()
        else:
            assert found.outcome is Outcome.INFEASIBLE
            solve_steps(steps, part, at, allocate_tableau(steps), known - at.shift[0] - 5.0 * size)
            assert bound_slope(steps, part, at) < known - 4.0 * size
