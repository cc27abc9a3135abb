"""Lines and multipliers of parts: the closed form gives with them what HiGHS gives for what is
relaxed.
"""

import numpy as np
import pytest
from test_compiled_search import draw_program, search_compiled

from relurules.lp.programs import Outcome, solve_program
from relurules.networks.compiled_search import _make_point, relax_program
from relurules.networks.kernels import part_duals
from relurules.networks.kernels.lagrangian import (
    RelaxedPart,
    RelaxedPoint,
    RelaxedProgram,
    bound_arguments,
    bound_part,
)
from relurules.networks.kernels.part_duals import allocate_part_tableau, solve_part
from relurules.networks.program_cells import start_cell, tighten_cell


def relax_by_rows(
    P: RelaxedProgram, part: RelaxedPart, at: RelaxedPoint
) -> tuple[np.ndarray, np.ndarray]:
    """Rows G u <= h over columns and neurons."""
    n, K = len(part.low), len(P.b)
    forms = [-row for row in P.rows]  # each <= 0
    for k in range(K):
        z, p = np.zeros((2, n + K + 1))
        z[:n], z[n : n + K], z[-1], p[n + k] = P.A[k], P.L[k], P.b[k], 1.0
        low, high = at.ends[:, k]
        if part.signs[k] != 0:
            own = p - z * (1.0 if part.signs[k] > 0 else P.slope[k])
            forms += [-part.signs[k] * z, own, -own]
            continue
        gain = (high - P.slope[k] * low) / (high - low)
        chord = gain * z
        chord[-1] += high - gain * high
        side = 1.0 if P.slope[k] <= 1.0 else -1.0
        forms += [side * (p - chord), side * (z - p), side * (P.slope[k] * z - p)]
    for first, last in zip(P.starts[:-1], P.starts[1:], strict=True):
        row = np.zeros(n + K + 1)
        row[P.members[first:last]], row[-1] = 1.0, -1.0
        forms += [row, -row]

    every = np.array(forms)
    return every[:, :-1], -every[:, -1]


@pytest.mark.parametrize("seed", range(48))
def test_multipliers_are_as_good_as_those_of_highs(seed: int) -> None:
    deep, twins = seed % 4 == 3, seed % 3 == 2
    program = draw_program(seed, 1 + seed % 2, (3, 2), 3, deep=deep, twins=twins)
    root, random = start_cell(program), np.random.default_rng(seed)
    assert tighten_cell(program, root)
    P = relax_program(program, root)
    assert P is not None
    n, K = len(P.single), len(P.b)
    signs = random.choice([0, 0, 1, -1], size=K).astype(np.int8)
    part = RelaxedPart(
        root.low[:n].copy(), root.high[:n].copy(), signs, np.zeros(K), np.zeros(K + len(P.rows))
    )
    at, T = _make_point(P), allocate_part_tableau(P)
    if not bound_arguments(P, part, at):
        return
    G, h = relax_by_rows(P, part, at)
    free = np.full(K, np.inf)
    low, high = np.append(part.low, -free), np.append(part.high, free)
    found = solve_program(-P.goal[:-1], G, h, low, high)
    solve_part(P, part, at, T, -np.inf)
    bound, size = bound_part(P, part, at), 1.0 + P.sizes[-1]
    if found.outcome is Outcome.OPTIMAL:
        most = P.goal[-1] - found.value
        assert most - 1e-9 * size <= bound
        assert bound <= most + 1e-7 * size or twins
    else:
        assert found.outcome is Outcome.INFEASIBLE
        solve_part(P, part, at, T, -9.0 * size)
        assert bound_part(P, part, at) < -9.0 * size


def test_large_programs_are_left_to_subgradients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which find the same, without memory for a linear program."""
    program = draw_program(5, 1, (3, 2), 4, deep=False, twins=True)
    found = [search_compiled(program)[0]]
    monkeypatch.setattr(part_duals, "_LARGEST", 10)
    root = start_cell(program)
    assert tighten_cell(program, root)
    relaxed = relax_program(program, root)
    assert relaxed is not None
    assert allocate_part_tableau(relaxed).dictionary.table.size < 100
    found.append(search_compiled(program)[0])
    tops = [max([one.closed, *(part.bound for part in one.left)]) for one in found]
    assert tops[0] == pytest.approx(tops[1], abs=1e-6)
