"""Closed-form bounds and the compiled search over categories, against every row and against linear
programs.
"""

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import Network, Neuron
from relurules.ir.limits import NEVER
from relurules.networks import compiled_search, maximum
from relurules.networks.compiled_search import (
    OpenPart,
    PartOutcome,
    _make_point,
    relax_program,
    search_parts,
)
from relurules.networks.kernels.lagrangian import (
    RelaxedPart,
    bound_arguments,
    bound_part,
    drop_beyond,
)
from relurules.networks.maximum import ProgramMaximum, search_maximum
from relurules.networks.program_cells import start_cell, tighten_cell
from relurules.networks.programs import PiecewiseProgram, make_program, to_rationals
from relurules.networks.twin_neurons import list_twin_rows

_SLOPES = (0.0, 0.0, 0.3, -0.5, 1.7)


def draw_program(
    seed: int,
    numbers: int,
    sizes: tuple[int, ...],
    neurons: int,
    *,
    deep: bool,
    twins: bool = False,
) -> PiecewiseProgram:
    """A program over numbers between -1 and 2 and categories; with twins, a second copy of every
    neuron whose numbers are a little off, and that is subtracted.
    """
    random = np.random.default_rng(seed)
    columns = [Column(f"n{i}") for i in range(numbers)]
    columns += [
        Column(f"c{i}", tuple(Category((f"v{j}",)) for j in range(size)))
        for i, size in enumerate(sizes)
    ]
    domain = rr.Domain.over(columns).bounded({f"n{i}": (-1.0, 2.0) for i in range(numbers)})
    d = numbers + sum(sizes)
    A, b = random.normal(size=(neurons, d)), random.normal(size=neurons)
    L = np.tril(random.normal(size=(neurons, neurons)), -1) * (random.random() < 0.7) * deep
    slope = random.choice(_SLOPES, size=neurons)
    goal = random.normal(size=d + neurons + 1)
    if twins:
        nothing = np.zeros_like(L)
        A = np.vstack([A, A + 0.05 * random.normal(size=A.shape)])
        L = np.block([[L, nothing], [nothing, L + 0.05 * np.tril(nothing + 1.0, -1) * deep]])
        b, slope = np.tile(b, 2), np.tile(slope, 2)
        goal = np.concatenate([goal[:d], goal[d:-1], -goal[d:-1], goal[-1:]])

    K = len(b)
    names = tuple(Neuron("layer", i) for i in range(K))
    network = Network(A, L, b, np.zeros((1, d)), np.ones((1, K)), np.zeros(1), slope, names)
    return make_program(network, domain, to_rationals(goal))


def draw_rows(program: PiecewiseProgram, count: int, seed: int) -> np.ndarray:
    """Rows of a program's domain, numbers at ends or between."""
    random, d = np.random.default_rng(seed), program.columns
    X = random.uniform(program.low[:d], program.high[:d], size=(count, d))
    ends = random.random(X.shape) < 0.5
    X = np.where(ends, np.where(random.random(X.shape) < 0.5, program.low[:d], program.high[:d]), X)
    for group in map(list, program.groups):
        X[:, group] = np.eye(len(group))[random.integers(len(group), size=count)]
    return X


def evaluate_neurons(program: PiecewiseProgram, x: np.ndarray) -> np.ndarray:
    p = np.zeros(len(program.b))
    for k in range(len(p)):
        z = program.A[k] @ x + program.b[k] + program.L[k] @ p
        p[k] = z if z >= 0 else program.slope[k] * z
    return p


def list_categories(program: PiecewiseProgram) -> np.ndarray:
    """Every choice of categories as a row."""
    found = []
    for chosen in itertools.product(*program.groups):
        x = np.zeros(program.columns)
        x[list(chosen)] = 1.0
        found.append(x)
    return np.array(found)


def search_compiled(program: PiecewiseProgram) -> tuple[PartOutcome, list[np.ndarray]]:
    """What the compiled search alone makes of a program."""
    root = start_cell(program)
    assert tighten_cell(program, root)
    relaxed, rows = relax_program(program, root), list[np.ndarray]()
    assert relaxed is not None

    def keep(x: np.ndarray) -> float:
        rows.append(x)
        return program.evaluate(x)

    start = [OpenPart(root, np.inf)]
    levels = (-np.inf, -np.inf, 0.0)
    return search_parts(program, relaxed, start, levels, keep, NEVER), rows


@pytest.mark.parametrize("seed", range(8))
def test_best_categories_are_those_of_all_rows(seed: int) -> None:
    program = draw_program(seed, 0, (4, 2, 4), 3, deep=seed % 2 == 1, twins=seed % 3 == 2)
    rows = list_categories(program)
    best = max(program.evaluate_exactly(x) for x in rows)
    found, kept = search_compiled(program)
    assert found.complete
    top = max([found.closed, *(part.bound for part in found.left)])
    assert Fraction(top) >= best
    assert top <= float(best) + 1e-6 or found.left
    assert kept
    assert all(program.contains(x) for x in kept)

    whole = search_maximum(program, program.evaluate)
    assert Fraction(whole.bound) >= best
    assert whole.bound == pytest.approx(float(best), abs=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_linear_programs_alone_say_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    program = draw_program(100 + seed, 2, (3, 3), 3, deep=seed % 2 == 0, twins=seed % 4 == 3)

    def solve(patience: int) -> ProgramMaximum:
        monkeypatch.setattr(maximum, "_PATIENT", patience)
        judge = lambda x: program.evaluate(x) if program.contains(x) else np.nan  # noqa: E731
        return search_maximum(program, judge)

    slow, fast = solve(10**9), solve(0)
    assert slow.complete
    assert fast.complete
    assert fast.bound == pytest.approx(slow.bound, abs=1e-6)
    assert fast.value == pytest.approx(slow.value, abs=1e-6)
    values = [program.evaluate(x) for x in draw_rows(program, 500, seed)]
    assert max(values) <= fast.bound


@pytest.mark.parametrize("seed", range(10))
def test_no_row_exceeds_a_bound_of_any_multipliers(seed: int) -> None:
    random = np.random.default_rng(seed)
    program = draw_program(200 + seed, 2, (3, 4), 4, deep=seed % 2 == 0, twins=seed % 3 == 0)
    root = start_cell(program)
    assert tighten_cell(program, root)
    relaxed = relax_program(program, root)
    assert relaxed is not None
    n, K, r = len(program.low), len(program.b), len(relaxed.rows)
    rows = draw_rows(program, 300, seed)
    neurons = np.array([evaluate_neurons(program, x) for x in rows])
    z = rows @ program.A.T + program.b + neurons @ program.L.T
    for _ in range(10):
        signs = random.choice([0, 0, 1, -1], size=K).astype(np.int8)
        part = RelaxedPart(
            program.low.copy(), program.high.copy(), signs.copy(),
            random.normal(size=K), np.abs(random.normal(size=K + r)),
        )  # fmt: skip
        inside = ((z * signs) >= 0).all(axis=1)
        if not bound_arguments(relaxed, part, at := _make_point(relaxed)):
            assert not inside.any()
            continue
        bound = bound_part(relaxed, part, at)
        assert all(program.evaluate(x) <= bound for x in rows[inside])
        assert (z[inside] >= at.ends[0] - 1e-9).all()
        assert (z[inside] <= at.ends[1] + 1e-9).all()
        assert n == len(at.x)


@pytest.mark.parametrize("seed", range(10))
def test_twin_rows_hold_for_every_row(seed: int) -> None:
    program = draw_program(300 + seed, 2, (3, 4), 4, deep=seed % 2 == 0, twins=True)
    root = start_cell(program)
    assert tighten_cell(program, root)
    found = list_twin_rows(program, root)
    X = draw_rows(program, 400, seed)
    every = np.array([[*x, *evaluate_neurons(program, x), 1.0] for x in X])
    assert len(found.forms) == 2 * (found.twins >= 0).sum()
    assert (every @ found.forms.T >= -1e-9).all()
    z = every @ program.arguments.T
    for k in np.flatnonzero(found.twins >= 0):
        moved = z[:, k] - z[:, found.twins[k]]
        assert (moved >= found.gaps[k, 0] - 1e-9).all()
        assert (moved <= found.gaps[k, 1] + 1e-9).all()


def test_copies_are_twins() -> None:
    program = draw_program(5, 2, (3, 4), 3, deep=False, twins=True)
    program = replace(program, slope=np.zeros(6))
    root = start_cell(program)
    assert tighten_cell(program, root)
    found = list_twin_rows(program, root)
    assert (found.twins[3:] == [0, 1, 2]).all()


def test_open_columns_are_left_to_linear_programs() -> None:
    program = draw_program(1, 2, (3,), 3, deep=False)
    program = replace(program, low=np.where(np.arange(5) == 0, -np.inf, program.low))
    assert relax_program(program, start_cell(program)) is None


def evaluate_arguments(program: PiecewiseProgram, x: np.ndarray) -> list[Fraction]:
    """What neurons read, exactly."""
    row, p, z = list(map(Fraction, x.tolist())), list[Fraction](), list[Fraction]()
    for k in range(len(program.b)):
        terms = zip([*program.A[k].tolist(), *program.L[k, :k].tolist()], [*row, *p], strict=True)
        z.append(Fraction(float(program.b[k])) + sum(Fraction(a) * v for a, v in terms))
        p.append(z[k] if z[k] >= 0 else Fraction(float(program.slope[k])) * z[k])

    return z


@pytest.mark.parametrize("seed", range(6))
def test_twins_of_negative_slopes_move_against_their_arguments(seed: int) -> None:
    program = draw_program(400 + seed, 0, (4, 4), 3, deep=True, twins=True)
    kept = np.tril(np.ones((6, 6)), -1) * (np.arange(6) % 3 < np.arange(6)[:, None] % 3)
    L = np.tril(np.random.default_rng(seed).normal(size=(3, 3)), -1)
    L = np.kron(np.eye(2), L) * kept
    b = np.where(np.arange(6) == 3, program.b + 0.5, program.b)
    program = replace(program, L=L, b=b, slope=np.full(6, -2.0))
    root = start_cell(program)
    assert tighten_cell(program, root)
    found = list_twin_rows(program, root)
    assert (found.twins >= 0).any()
    for x in list_categories(program):
        z = evaluate_arguments(program, x)
        for k in np.flatnonzero(found.twins >= 0):
            least, most = found.gaps[k].tolist()
            assert least <= z[k] - z[found.twins[k]] <= most


@pytest.mark.parametrize("seed", range(2))
def test_products_too_small_for_floats_are_in_the_bound(seed: int) -> None:
    """1e-200 times 1e-200 is 0 in float64, and 1e70 times what it is here isn't."""
    program = draw_program(500 + seed, 2, (3, 3), 3, deep=False)
    d, scale = program.columns, np.array([1e-200, 1e-200, *[0.0] * 6])
    goal = np.array([0.0] * d + [1e70] * 3 + [0.0])
    ends = np.where(np.arange(d) < 2, 1e-200, 1.0)
    program = replace(
        program, A=program.A * scale, b=np.zeros(3), goal=to_rationals(goal),
        low=program.low * ends, high=program.high * ends,
    )  # fmt: skip
    best = max(program.evaluate_exactly(x) for x in draw_rows(program, 300, seed))
    assert best > 0
    found, _ = search_compiled(program)
    top = max([found.closed, *(part.bound for part in found.left)])
    assert Fraction(top) >= best


@pytest.mark.parametrize("looks", [1, 3])
def test_parts_that_are_left_over_are_looked_at(
    looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = draw_program(601, 0, (4, 4, 4), 4, deep=True)
    best = max(program.evaluate_exactly(x) for x in list_categories(program))
    monkeypatch.setattr(maximum, "_PATIENT", 0)
    monkeypatch.setattr(compiled_search, "_TURNS", 1)
    monkeypatch.setattr(compiled_search, "_MOST", looks)
    found = search_maximum(program, program.evaluate)
    assert found.complete
    assert Fraction(found.bound) >= best
    assert found.bound == pytest.approx(float(best), abs=1e-7)


def test_rows_of_whole_numbers_are_whole() -> None:
    program = draw_program(702, 2, (3, 3), 4, deep=True)
    program = replace(program, whole=np.arange(program.columns) < 2, goal=program.goal)
    _, kept = search_compiled(program)
    assert kept
    assert all((x == np.round(x)).all() for x in kept)


@pytest.mark.parametrize("seed", range(8))
def test_no_row_of_a_side_is_dropped(seed: int) -> None:
    program = draw_program(seed, 2, (4, 3), 3, deep=False)
    root = start_cell(program)
    assert tighten_cell(program, root)
    P, random, dropped = relax_program(program, root), np.random.default_rng(seed), 0
    assert P is not None
    n = len(P.single)
    X = draw_rows(program, 400, seed)
    for k in range(len(P.b)):
        for side in (1.0, -1.0):
            part = RelaxedPart(
                root.low[:n].copy(), root.high[:n].copy(), np.zeros(3, np.int8), P.b, P.b
            )
            limit = np.quantile(side * (X @ P.A[k] + P.b[k]), random.uniform(0.7, 1.0))
            moved = P._replace(b=P.b - side * limit)
            kept = side * (X @ P.A[k] + moved.b[k]) >= 0.0
            if not drop_beyond(moved, part, k, side, 1e-9):
                assert not kept.any()
                continue
            inside = (X[kept] >= part.low - 1e-12).all(axis=1)
            assert (inside & (X[kept] <= part.high + 1e-12).all(axis=1)).all()
            dropped += int((part.high < root.high[:n]).sum())
    assert dropped
