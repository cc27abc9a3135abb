"""Linear programs of known parts, and columns that are dropped, against every row and duality."""

from dataclasses import replace

import numpy as np
import pytest
from test_compiled_search import draw_program, draw_rows

from relurules.networks.compiled_search import OpenPart, _make_point, _make_stack, relax_program
from relurules.networks.kernels.climbs import PartStack
from relurules.networks.kernels.lagrangian import RelaxedPart, bound_arguments, bound_part
from relurules.networks.kernels.leaf_programs import (
    EMPTY,
    SOLVED,
    LeafProgram,
    allocate_leaf,
    solve_leaf,
)
from relurules.networks.kernels.part_search import _close_part, drop_columns
from relurules.networks.program_cells import start_cell, tighten_cell


def bound_by_duals(leaf: LeafProgram, forms: np.ndarray, *, goal: bool) -> float:
    """What rows times multipliers, and the goal, come to at most between 0 and 1."""
    total = leaf.duals @ forms[:-1] + goal * forms[-1]
    return float(np.maximum(total[:-1], 0.0).sum() + total[-1])


@pytest.mark.parametrize("seed", range(30))
def test_multipliers_prove_what_a_program_came_to(seed: int) -> None:
    random = np.random.default_rng(seed)
    leaf = allocate_leaf(np.ones(3, dtype=np.bool_), 6)
    forms = random.normal(size=(7, 4)) * 10.0 ** random.integers(-3, 4, size=(7, 1))
    leaf.forms[:] = forms
    outcome = solve_leaf(leaf)
    assert outcome in {EMPTY, SOLVED}
    assert (leaf.duals >= 0.0).all()
    bound = bound_by_duals(leaf, forms, goal=outcome == SOLVED)
    assert bound == pytest.approx(leaf.value[0], rel=1e-7, abs=1e-9 * np.abs(forms).max())
    if outcome == EMPTY:
        assert bound < 0.0
        return
    sizes = np.abs(forms).max(axis=1)
    assert (forms[:-1] @ np.append(leaf.point, 1.0) >= -1e-9 * sizes[:-1]).all()
    value = forms[-1] @ np.append(leaf.point, 1.0)
    assert value == pytest.approx(bound, rel=1e-7, abs=1e-9 * sizes[-1])


def test_both_outcomes_occur() -> None:
    leaf = allocate_leaf(np.ones(1, dtype=np.bool_), 1)
    for constant, outcome in ((-0.5, SOLVED), (-1.5, EMPTY)):
        leaf.forms[:] = [[1.0, constant], [-1.0, 0.0]]
        assert solve_leaf(leaf) == outcome
    leaf.forms[:] = [[1.0, -0.5], [-1.0, 0.0]]
    solve_leaf(leaf)
    assert leaf.value[0] == -0.5
    assert leaf.point[0] == 0.5


def read_first_part(stack: PartStack) -> RelaxedPart:
    """As `take_part`, which compiled code alone may call: it gives arrays that nothing counts."""
    return RelaxedPart(
        stack.low[0], stack.high[0], stack.signs[0], stack.lines[0], stack.weights[0]
    )


def drop_some(seed: int) -> bool:
    """Whether columns of a random program are dropped, none of which has more than enough."""
    random = np.random.default_rng(seed)
    program = draw_program(800 + seed, 2, (3, 4), 3, deep=seed % 2 == 0, twins=seed % 3 == 0)
    program = replace(program, whole=np.arange(program.columns) == seed % 4)
    root = start_cell(program)
    assert tighten_cell(program, root)
    relaxed = relax_program(program, root)
    assert relaxed is not None
    rows = draw_rows(program, 400, seed)
    values = np.array([program.evaluate(x) for x in rows])
    enough, some = float(np.sort(values)[-8]), False
    for _ in range(5):
        parts = [OpenPart(root, np.inf)]
        stack, at = _make_stack(relaxed, parts, (enough, enough, 0.0)), _make_point(relaxed)
        part = read_first_part(stack)
        part.lines[:] = random.random(size=len(part.lines))
        assert bound_arguments(relaxed, part, at)
        before = np.array([part.low, part.high])
        drop_columns(relaxed, part, stack, at, bound_part(relaxed, part, at) - enough)
        some |= bool((before != [part.low, part.high]).any())
        held = before[:, :2] == [part.low[:2], part.high[:2]]
        assert held[:, program.whole[:2]].all()  # ends of whole numbers stay whole
        left = rows[values > enough]
        assert ((left >= part.low) & (left <= part.high)).all()

    return some


def test_no_row_of_more_than_enough_is_dropped() -> None:
    assert sum(drop_some(seed) for seed in range(20)) > 5


@pytest.mark.parametrize("seed", range(8))
def test_known_parts_are_closed(seed: int) -> None:
    random = np.random.default_rng(seed)
    program = draw_program(900 + seed, 3, (3, 3), 4, deep=seed % 2 == 0)
    root = start_cell(program)
    assert tighten_cell(program, root)
    relaxed = relax_program(program, root)
    assert relaxed is not None
    leaf = allocate_leaf(relaxed.single, len(relaxed.b) + relaxed.binding)
    cell = root.copy()
    own = [list(group) for group in program.groups]
    for group in own:
        chosen = random.choice(group)
        cell.low[group] = cell.high[group] = 0.0
        cell.low[chosen] = cell.high[chosen] = 1.0

    for signs in random.choice([-1, 1], size=(16, 4)).astype(np.int8):
        cell.signs[:] = signs
        parts = [OpenPart(cell, np.inf)]
        stack, at = _make_stack(relaxed, parts, (-1e6, -np.inf, 1e-9)), _make_point(relaxed)
        part = read_first_part(stack)
        if not bound_arguments(relaxed, part, at):
            continue
        assert _close_part(relaxed, part, stack, at, leaf)
        assert stack.numbers[0] == 0
        if stack.levels[2] > -np.inf:  # a row was found, beyond which there is nothing
            best = stack.best[: program.columns]
            assert program.evaluate(best) == pytest.approx(stack.levels[2])
            assert stack.levels[1] <= stack.levels[2] + 1e-9
