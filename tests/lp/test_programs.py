"""Answers of HiGHS, called by its own interface, against scipy's linprog and by hand."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import highspy
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from relurules.lp import programs
from relurules.lp.programs import Outcome, ProgramAnswer, solve_program

Array = NDArray[np.float64]
SCIPY = {0: Outcome.OPTIMAL, 2: Outcome.INFEASIBLE, 3: Outcome.UNBOUNDED}
KINDS = ["any", "degenerate", "sparse", "scales of columns", "twice the same", "often empty"]


class Drawn(NamedTuple):
    cost: Array
    G: Array
    h: Array
    low: Array
    high: Array
    equations: int

    def solve(self) -> ProgramAnswer:
        return solve_program(*self[:5], equations=self.equations)


def draw_program(kind: str, seed: int) -> Drawn:
    """Rows of unit length, as everywhere in `lp`, or of whole numbers."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    n, m = int(rng.integers(1, 8)), int(rng.integers(0, 20))
    G = rng.normal(size=(m, n))
    if kind == "degenerate":
        G = rng.integers(-2, 3, (m, n)).astype(float)
    if kind == "sparse":
        G[rng.random((m, n)) < 0.7] = 0.0  # some rows and columns are empty
    if kind == "scales of columns":
        G *= 10.0 ** rng.uniform(-6, 6, n)
    if kind != "degenerate":
        lengths = np.linalg.norm(G, axis=1)
        G /= np.where(lengths > 0, lengths, 1.0)[:, None]

    inside = rng.uniform(-1, 1, n)
    h = G @ inside + rng.uniform(0, 1, m) * (rng.random(m) < 0.7)
    if kind == "degenerate":
        h = rng.integers(0, 3, m).astype(float)
    if kind == "often empty":
        h -= rng.uniform(0, 1)
    if kind == "twice the same":
        G, h = np.vstack([G, G[:3]]), np.append(h, h[:3])

    bounded = rng.random(n) < rng.choice([0.0, 0.8, 1.0])
    low = np.where(bounded, -rng.uniform(0, 2, n), -np.inf)
    high = np.where(bounded, rng.uniform(0, 2, n), np.inf)
    equations = int(len(h) > 2 and rng.random() < 0.2)
    return Drawn(rng.normal(size=n), G, h, low, high, equations)


def ask_scipy(program: Drawn) -> Any:
    m = len(program.h) - program.equations
    equal = {"A_eq": program.G[m:], "b_eq": program.h[m:]} if program.equations else {}
    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    bounds = np.column_stack([program.low, program.high])
    return linprog(
        program.cost, program.G[:m], program.h[:m], bounds=bounds, options=tight, **equal
    )


@pytest.mark.parametrize("kind", KINDS)
def test_answers_are_those_of_scipy(kind: str) -> None:
    met = set()
    for seed in range(40):
        program = draw_program(kind, seed)
        found, expected = program.solve(), ask_scipy(program)
        if expected.status not in SCIPY:
            continue  # it takes another attempt
        met.add(found.outcome)
        assert found.outcome is SCIPY[expected.status], seed
        if found.outcome is not Outcome.OPTIMAL:
            continue
        scale = max(1.0, abs(expected.fun))
        assert found.value == pytest.approx(expected.fun, abs=1e-8 * scale), seed
        assert program.cost @ found.point == pytest.approx(found.value, abs=1e-8 * scale)
        reduced = program.cost - found.marginals @ program.G
        held = np.abs(reduced) > 1e-9
        ends = np.where(reduced > 0, program.low, program.high)
        of_bounds = reduced[held] @ ends[held]
        assert found.marginals @ program.h + of_bounds == pytest.approx(
            found.value, abs=1e-6 * scale
        ), seed  # strong duality, with the signs that callers take
        upper = found.marginals[: len(program.h) - program.equations]
        assert (upper <= 1e-9).all()
    assert len(met) >= 2


def test_an_answer_doesn_t_depend_on_what_the_solver_did_before() -> None:
    drawn = [draw_program(kind, seed) for kind in KINDS for seed in range(100, 110)]
    first = [program.solve() for program in drawn]
    for program, expected in zip(drawn[::-1], first[::-1], strict=True):
        same_answer(program.solve(), expected)
    for program, expected in zip(drawn[::7], first[::7], strict=True):
        for idle in programs._IDLE:
            idle.clear()
        same_answer(program.solve(), expected)


def same_answer(found: ProgramAnswer, expected: ProgramAnswer) -> None:
    assert found.outcome is expected.outcome
    assert np.array_equal(found.point, expected.point)
    assert np.array_equal(found.marginals, expected.marginals)


ONE = np.ones(1)
NAN = np.full(1, np.nan)


def test_bounds_that_are_nan_are_none() -> None:
    assert solve_program(ONE, np.empty((0, 1)), np.empty(0), NAN, ONE).outcome is Outcome.UNBOUNDED
    found = solve_program(ONE, -np.eye(1), np.array([3.0]), NAN, NAN)
    assert (found.value, found.point.tolist(), found.marginals.tolist()) == (-3.0, [-3.0], [-1.0])


def test_bounds_that_cross_leave_nothing() -> None:
    assert solve_program(ONE, np.empty((0, 1)), np.empty(0), ONE, -ONE).outcome is (
        Outcome.INFEASIBLE
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none_are_an_error(bad: float) -> None:
    given = np.full(1, bad)
    for cost, G, h in [(given, np.eye(1), ONE), (ONE, given[None], ONE), (ONE, np.eye(1), given)]:
        with pytest.raises(ValueError, match="must be finite"):
            solve_program(cost, G, h, -ONE, ONE)


def test_lengths_that_don_t_fit_are_an_error() -> None:
    for sizes in [(2, 1, 1, 1), (1, 2, 1, 1), (1, 1, 2, 1), (1, 1, 1, 0)]:
        cost, h, low, high = (np.zeros(size) for size in sizes)
        with pytest.raises(ValueError, match="matrix is 1 x 1"):
            solve_program(cost, np.eye(1), h, low, high)


def test_numbers_that_highs_refuses_are_no_answer() -> None:
    found = solve_program(ONE, np.full((1, 1), 1e16), ONE, -ONE, ONE)
    assert found.outcome is Outcome.UNKNOWN  # scipy's linprog calls this infeasible
    assert "refuses" in found.message


def test_each_attempt_solves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where HiGHS ends without an answer, the next attempt is taken, to the last."""
    program, read, turns = draw_program("any", 9), programs._read_answer, []
    expected = program.solve()
    assert expected.outcome is Outcome.OPTIMAL

    def read_later(*given: Any) -> ProgramAnswer:
        turns.append(None)
        last = len(turns) == len(programs._ATTEMPTS)
        return read(*given) if last else ProgramAnswer(Outcome.UNKNOWN, "")

    monkeypatch.setattr(programs, "_read_answer", read_later)
    assert program.solve().value == pytest.approx(expected.value, abs=1e-6)
    assert len(turns) == 4


def test_an_optimum_outside_the_polytope_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_BROKEN", -3.0)
    assert solve_program(ONE, np.eye(1), ONE, -ONE, ONE).outcome is Outcome.UNKNOWN


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    for idle in programs._IDLE:
        idle.clear()
    for kind in KINDS:
        draw_program(kind, 3).solve()
    solve_program(ONE, np.full((1, 1), 1e16), ONE, -ONE, ONE)
    assert capfd.readouterr() == ("", "")


def test_programs_of_a_user_with_other_threads_are_solved_too() -> None:
    for _ in range(2):
        own = highspy.Highs()
        own.setOptionValue("output_flag", False)
        own.setOptionValue("threads", 2)
        own.addVar(0.0, 1.0)
        own.changeColCost(0, -1.0)
        assert own.run() == highspy.HighsStatus.kOk
        assert own.getObjectiveValue() == -1.0
        found = solve_program(ONE, np.eye(1), ONE, -ONE, ONE)
        assert (found.outcome, found.value) == (Outcome.OPTIMAL, -1.0)


def test_a_program_solved_meanwhile_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a signal's handler may do, between any two steps."""
    program, other = draw_program("any", 9), draw_program("any", 8)
    expected, given = program.solve(), programs._pass_program

    def disturb(*arguments: Any) -> bool:
        taken = given(*arguments)
        with monkeypatch.context() as inner:
            inner.setattr(programs, "_pass_program", given)
            other.solve()
        return taken

    monkeypatch.setattr(programs, "_pass_program", disturb)
    same_answer(program.solve(), expected)


def test_a_solver_that_was_interrupted_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> ProgramAnswer:
        raise KeyboardInterrupt

    draw_program("any", 9).solve()
    count = len(programs._IDLE[0])
    monkeypatch.setattr(programs, "_read_answer", interrupt)
    with pytest.raises(KeyboardInterrupt):
        draw_program("any", 9).solve()
    assert len(programs._IDLE[0]) == count - 1


def test_a_large_program_s_memory_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    draw_program("any", 9).solve()
    count = len(programs._IDLE[0])
    monkeypatch.setattr(programs, "_MOST_KEPT", 0)
    draw_program("any", 9).solve()
    assert len(programs._IDLE[0]) == count - 1


def test_threads_don_t_meet() -> None:
    drawn = [draw_program(kind, seed) for kind in KINDS for seed in range(20)]
    expected = [program.solve() for program in drawn]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(Drawn.solve, drawn))
    for one, other in zip(found, expected, strict=True):
        same_answer(one, other)


def test_a_fork_solves_with_the_solvers_that_it_finds() -> None:
    program = draw_program("any", 9)
    expected = program.solve()
    child = multiprocessing.get_context("fork").Process(
        target=same_answer_in_fork, args=(program, expected)
    )
    child.start()
    child.join(60)
    assert child.exitcode == 0


def same_answer_in_fork(program: Drawn, expected: ProgramAnswer) -> None:
    same_answer(program.solve(), expected)
