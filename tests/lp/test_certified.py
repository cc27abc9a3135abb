"""Bounds hold whatever solvers say, and decisions are counted."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from test_rational import by_vertices, drawn

from relurules.lp import certified, highs, polytope, program_starts
from relurules.lp import maxima as module
from relurules.lp.branch_and_bound import maximise_over_integers
from relurules.lp.certified import (
    DecisionTally,
    bound_open_form,
    collect_decisions,
    compute_upper_bounds,
    is_refutation,
    round_up,
    rounding_gamma,
)
from relurules.lp.maxima import bound_maxima
from relurules.lp.programs import Outcome, ProgramAnswer

Lie = Callable[[pytest.MonkeyPatch], None]


def _start_programs(
    monkeypatch: pytest.MonkeyPatch, start: Callable[[polytope.Box], polytope.FeasibilityResult]
) -> None:
    """Programs start as this says, and no start is known from before."""
    monkeypatch.setattr(program_starts, "_LARGEST", 0)
    monkeypatch.setattr(program_starts, "find_feasible_vertex", start)


def _infeasible(monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS says that there is no such point, ever, and the simplex method is of no help."""
    answer = ProgramAnswer(Outcome.INFEASIBLE, "infeasible")
    monkeypatch.setattr(highs, "solve_program", lambda *_, **__: answer)
    _start_programs(monkeypatch, lambda _: polytope.FeasibilityResult(None, None))


def _wrong_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS ends at once, with the origin as the best point and no row that matters."""

    def answer(cost: Any, G: Any, *_: Any, **__: Any) -> ProgramAnswer:
        return ProgramAnswer(Outcome.OPTIMAL, "", -1e300, np.zeros(len(cost)), np.zeros(len(G)))

    monkeypatch.setattr(highs, "solve_program", answer)
    _start_programs(monkeypatch, lambda _: polytope.FeasibilityResult(None, None))


def _garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simplex method gives multipliers out of nowhere, some of them no numbers."""
    random = np.random.default_rng(0)

    def climb(D: Any, unit: Any, points: Any, multipliers: Any, done: Any) -> None:
        multipliers[:] = random.normal(size=multipliers.shape) * 10.0 ** random.integers(
            -9, 9, multipliers.shape
        )
        multipliers[random.random(multipliers.shape) < 0.1] = np.nan
        done[:] = True

    monkeypatch.setattr(module, "maximise_forms", climb)


def _refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simplex method says that everything is empty, and has multipliers for it."""

    def start(box: polytope.Box) -> polytope.FeasibilityResult:
        return polytope.FeasibilityResult(None, np.ones(len(box.walls)))

    _start_programs(monkeypatch, start)


LIES: list[Lie] = [_infeasible, _wrong_optimum, _garbage, _refuted]


def truth(A: np.ndarray, b: np.ndarray, form: np.ndarray) -> float:
    value = by_vertices(A, b, form)
    return -np.inf if value is None else round_up(value)


@pytest.mark.parametrize("seed", range(120))
def test_bounds_of_any_scale_hold_and_are_near(seed: int) -> None:
    A, b, form = drawn(seed)
    found = bound_maxima(A, b, form[None]).bounds[0]
    assert found >= truth(A, b, form)
    # rows may be parallel and opposite, with less between them than the simplex method sees
    reach = np.abs(A) @ b[: A.shape[1]] + np.abs(b)
    assert found <= truth(A, b + 1e-9 * reach, form) + 1e-9 * (
        np.abs(form[:-1]) @ b[: A.shape[1]] + abs(form[-1])
    )


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_solvers_that_lie_can_only_widen(
    lie: Lie, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    A, b, form = drawn(seed)
    expected = truth(A, b, form)
    lie(monkeypatch)
    assert bound_maxima(A, b, form[None]).bounds[0] >= expected


@pytest.mark.parametrize("lie", LIES)
def test_open_polytopes_with_solvers_that_lie(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    lie(monkeypatch)
    A, b = np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([2.0, 3.0])
    bounds = bound_maxima(
        A, b, np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 7.0]])
    ).bounds
    assert bounds.tolist() == [3.0, np.inf, 5.0, 7.0]


@pytest.mark.parametrize("lie", LIES)
def test_whole_numbers_with_solvers_that_lie(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    """3 a + 5 b at most, a and b whole, a + 2 b <= 3.5 within [0, 2]^2: 3 * 1 + 5 * 1 at (1, 1)."""
    A = np.vstack([np.eye(2), -np.eye(2), [[1.0, 2.0]]])
    b = np.array([2.0, 2.0, 0.0, 0.0, 3.5])
    whole = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    assert maximise_over_integers(A, b, np.array([3.0, 5.0, 0.0]), whole).bound == pytest.approx(
        8.0, abs=1e-6
    )
    lie(monkeypatch)
    assert maximise_over_integers(A, b, np.array([3.0, 5.0, 0.0]), whole).bound >= 8.0
    assert maximise_over_integers(A, b, np.array([-3.0, -5.0, 0.0]), whole).bound >= 0.0


def test_rounding_of_huge_terms_that_cancel_is_in_the_bound() -> None:
    """x - y over a strip |x - y| <= 1 of [1e15, 2e15]^2: the multipliers' sum cancels, its terms
    don't.
    """
    A = np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1], [1, -1], [-1, 1]])
    b = np.array([2e15, 2e15, -1e15, -1e15, 1.0, 1.0])
    found = bound_maxima(A, b, np.array([[1.0, -1.0, 0.0], [0.3, -0.3, 0.0]])).bounds
    assert found[0] >= 1.0
    assert Fraction(found[1]) >= Fraction(0.3)


def test_upper_bounds_against_fractions() -> None:
    """Any multipliers: the float is no less than the sum that it stands for."""
    random = np.random.default_rng(5)
    for _ in range(300):
        f, w = int(random.integers(1, 5)), int(random.integers(0, 5))
        low, width = random.normal(size=f) * 1e6, random.exponential(size=f)
        walls = random.normal(size=(w, f + 1)) * 10.0 ** random.integers(-9, 9, (w, 1))
        form, y = random.normal(size=f + 1), random.exponential(size=w) * (random.random(w) < 0.7)
        total = [
            Fraction(form[j])
            + sum((Fraction(y[i]) * Fraction(walls[i, j]) for i in range(w)), Fraction(0))
            for j in range(f + 1)
        ]
        exact = total[-1] + sum(
            t * Fraction(low[j]) + max(t * Fraction(width[j]), Fraction(0))
            for j, t in enumerate(total[:-1])
        )
        assert (
            Fraction(float(compute_upper_bounds(low, width, walls, form[None], y[None])[0]))
            >= exact
        )


def test_bounds_that_overflow_are_infinite() -> None:
    bound = compute_upper_bounds(
        np.array([-1e308]),
        np.array([1e308]),
        np.zeros((0, 2)),
        np.array([[1e10, 0.0]]),
        np.zeros((1, 0)),
    )
    assert bound[0] == np.inf


def test_empty_by_less_than_rounding_is_not_refuted_but_decided_exactly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """x <= 1/3 and x >= the next float: floats can't tell, whole numbers can."""
    third = 1.0 / 3.0
    above = float(np.nextafter(third, 1.0))
    A, b = (
        np.array([[1.0, 0.0], [-1, 0], [0, 1], [0, -1], [0.6, 0.8], [-0.6, -0.8]]),
        np.array([1.0, 1, 1, 1, third, -above]),
    )
    assert not is_refutation(
        -np.ones(2), np.full(2, 2.0), np.column_stack([-A[4:], b[4:]]), np.ones(2)
    )
    with collect_decisions() as counted:
        assert bound_maxima(A[:5], b[:5], np.array([[1.0, 0.0, 0.0]])).bounds[0] == pytest.approx(
            1.0
        )
    assert counted == DecisionTally(rounded=1)
    _infeasible(monkeypatch)
    with collect_decisions() as counted:
        assert bound_maxima(A, b, np.array([[1.0, 0.0, 0.0]])).bounds.tolist() == [-np.inf]
    assert counted == DecisionTally(exact=1)


def test_what_is_too_large_for_whole_numbers_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    _infeasible(monkeypatch)
    monkeypatch.setattr(certified, "_MOST_EXACT", 0)
    A, b = np.vstack([np.eye(2), -np.eye(2), [[0.6, 0.8]]]), np.array([1.0, 1, 1, 1, 0.5])
    with collect_decisions() as outer, collect_decisions() as inner:
        assert bound_maxima(A, b, np.array([[1.0, 1.0, 0.0]])).bounds[0] >= 2.0  # the box alone
    assert outer == inner == DecisionTally(kept=1)
    assert inner.total == 1


def test_open_bounds_leave_rounding_alone_and_nothing_else() -> None:
    """0.3 times a wall is bounded by it though its numbers are rounded; another direction isn't."""
    A, b = np.array([[0.1, 0.7, 0.3]]), np.array([2.0])
    form = np.append(0.3 * A[0], 0.0)
    assert bound_open_form(A, b, form, np.array([0.3])) == pytest.approx(0.6)
    assert bound_maxima(A, b, form[None]).bounds[0] == pytest.approx(0.6)
    assert bound_open_form(A, b, form + np.array([1e-9, 0, 0, 0]), np.array([0.3])) == np.inf
    assert bound_open_form(A, b, -form, np.array([0.3])) == np.inf
    assert bound_open_form(A, b, form, np.array([np.nan])) == np.inf


def test_numbers_of_the_arithmetic() -> None:
    assert rounding_gamma(1) > 2.0**-53
    assert (
        round_up(Fraction(1, 3))
        > Fraction(1, 3)
        > Fraction(float(np.nextafter(round_up(Fraction(1, 3)), 0)))
    )
    assert round_up(Fraction(1, 2)) == 0.5
    assert round_up(Fraction(10) ** 400) == np.inf
    assert round_up(-(Fraction(10) ** 400)) == -np.finfo(float).max
