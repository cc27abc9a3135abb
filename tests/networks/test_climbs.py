"""Rows that are improved column by column, against every row that may be the best."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from test_compiled_search import draw_program, list_categories

from relurules.networks.compiled_search import (
    OpenPart,
    _make_point,
    _make_stack,
    _start_walk,
    relax_program,
)
from relurules.networks.kernels.climbs import PartStack, RowWalk, walk_rows, write_mean_row
from relurules.networks.kernels.lagrangian import RelaxedPart
from relurules.networks.program_cells import start_cell, tighten_cell
from relurules.networks.programs import PiecewiseProgram


def walk(program: PiecewiseProgram, steps: int) -> tuple[PartStack, RowWalk]:
    """The best row after so many steps."""
    root = start_cell(program)
    assert tighten_cell(program, root)
    relaxed = relax_program(program, root)
    assert relaxed is not None
    stack = _make_stack(relaxed, [OpenPart(root, np.inf)], (-np.inf, -np.inf, 0.0))
    found = _start_walk(relaxed, stack)
    walk_rows(relaxed, stack, _make_point(relaxed), found, steps)
    return stack, found


def list_best_candidates(program: PiecewiseProgram) -> Iterator[Fraction]:
    """Exact goals of every choice of categories, at ends of the first column, a number, and where
    neurons that read no others have their kinks; one of them is the largest.
    """
    for x in list_categories(program):
        ends = {Fraction(float(program.low[0])), Fraction(float(program.high[0]))}
        for a, b in zip(program.A, program.b, strict=True):
            if a[0] != 0:
                z = Fraction(float(b)) + sum(map(Fraction, (a[1:] * x[1:]).tolist()))
                kink = -z / Fraction(float(a[0]))
                ends |= {kink} if min(ends) <= kink <= max(ends) else set()
        for end in ends:
            values = [end, *map(Fraction, x[1:].tolist())]
            total = sum(
                (g * v for g, v in zip(program.goal, values, strict=False)), program.goal[-1]
            )
            for k, (a, b) in enumerate(zip(program.A, program.b, strict=True)):
                z = Fraction(float(b))
                z += sum(Fraction(w) * v for w, v in zip(a.tolist(), values, strict=True))
                gain = program.goal[program.columns + k]
                total += gain * (z if z >= 0 else Fraction(float(program.slope[k])) * z)
            yield total


@pytest.mark.parametrize("seed", range(4))
def test_the_best_row_is_found(seed: int) -> None:
    program = draw_program(300 + seed, 1, (4, 3, 3), 3, deep=False, twins=seed % 2 == 1)
    stack, _ = walk(program, 40)
    best = float(max(list_best_candidates(program)))
    assert stack.levels[2] == pytest.approx(best, abs=1e-9)
    x = stack.best[: program.columns]
    assert program.contains(x)
    assert float(program.evaluate_exactly(x)) == pytest.approx(stack.levels[2], abs=1e-9)


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_neurons_that_read_others_are_counted(seed: int) -> None:
    program = draw_program(310 + seed, 0, (4, 3, 4), 4, deep=True)
    assert program.L.any()
    stack, _ = walk(program, 40)
    best = max(map(program.evaluate_exactly, list_categories(program)))
    assert stack.levels[2] == pytest.approx(float(best), abs=1e-9)


def test_rows_are_of_the_part_and_whole() -> None:
    program = draw_program(320, 2, (4, 3), 4, deep=False)
    high = program.high.copy()
    high[[2, 3, 6]], high[0] = 0.0, 1.5
    low = program.low.copy()
    low[0] = 0.5
    program = replace(program, low=low, high=high, whole=np.arange(program.columns) == 1)
    for steps in (1, 5, 20):
        stack, found = walk(program, steps)
        for x in (stack.best, found.row):
            assert program.contains(x)
            assert x[1] in (-1.0, 0.0, 1.0, 2.0)
    assert found.numbers[1] == 20


def test_rows_of_a_part_have_its_categories() -> None:
    """Where a part's point has none, as those of empty ones may."""
    program = draw_program(0, 1, (4, 3), 3, deep=False)
    stack, _ = walk(program, 1)
    root = start_cell(program)
    assert tighten_cell(program, root)
    P = relax_program(program, root)
    assert P is not None
    at, low, high = _make_point(P), program.low.copy(), program.high.copy()
    closed = [program.groups[0][0], program.groups[0][1], program.groups[1][0]]
    high[closed] = 0.0
    stack.mean[:] = 0.0
    stack.mean[closed[1]] = 0.5
    write_mean_row(P, RelaxedPart(low, high, stack.signs[0], P.b, P.b), stack, at)
    assert program.contains(at.x)
    assert not at.x[closed].any()
