"""Curves lose breakpoints, and what that changes is found exactly."""

from fractions import Fraction

import numpy as np
import pytest

from relurules.networks.programs import to_rationals
from relurules.rules.curve_merging import CurveSearch, ExactCurve, bound_curve_difference
from relurules.rules.hinge_moves import ExactHinge


def make_curve(seed: int, lines: int, scores: int) -> tuple[ExactCurve, list[ExactHinge]]:
    rng = np.random.default_rng(seed)
    hinges = [
        ExactHinge(
            to_rationals(np.array([rng.choice([-1.0, 1.0, 0.3]), rng.uniform(-1, 1)])),
            to_rationals(rng.normal(size=scores)),
        )
        for _ in range(lines)
    ]
    return ExactCurve(hinges, 0, (-1.0, 2.0), scores), hinges


def evaluate(hinges: list[ExactHinge], x: float) -> np.ndarray:
    at = Fraction(x)
    return sum(h.slopes * max(Fraction(0), h.form[0] * at + h.form[1]) for h in hinges)


@pytest.mark.parametrize("scores", [1, 2])
def test_a_curve_is_the_sum_of_its_lines(scores: int) -> None:
    for seed in range(20):
        curve, hinges = make_curve(seed, 6, scores)
        for x in [-1.0, 2.0, *np.random.default_rng(seed).uniform(-1, 2, size=20).tolist()]:
            assert (curve.evaluate(Fraction(x)) == evaluate(hinges, x)).all()


def test_a_difference_is_exact() -> None:
    """At every breakpoint of both, and so anywhere."""
    one, hinges = make_curve(0, 5, 1)
    other, others = make_curve(1, 4, 1)
    weights = to_rationals(np.array([0.25]))
    low, high = bound_curve_difference(one, other, weights)
    at = [-1.0, 2.0, *np.linspace(-1, 2, 2001).tolist()]
    off = [(evaluate(hinges, x) - evaluate(others, x))[0] + Fraction(x) / 4 for x in at]
    assert low[0] <= min(off) <= low[0] + Fraction(1, 100)
    assert high[0] - Fraction(1, 100) <= max(off) <= high[0]


@pytest.mark.parametrize("scores", [1, 2])
def test_what_every_step_is_off_holds_everywhere(scores: int) -> None:
    for seed in range(8):
        curve, hinges = make_curve(seed, 9, scores)
        search = CurveSearch(curve, 9)
        grid = np.linspace(-1, 2, 400)
        expected = np.array([evaluate(hinges, x).astype(float) for x in grid.tolist()])
        before = len(search)
        while np.isfinite(search.peek()):
            search.take(search.propose())
            assert len(search) < before
            before = len(search)
            places = [vertex.at for vertex in search.vertices]
            values = np.array([vertex.values for vertex in search.vertices])
            given = np.array([np.interp(grid, places, own) for own in values.T]).T
            off = expected - given
            assert (off >= search.low.astype(float) - 1e-12).all()
            assert (off <= search.high.astype(float) + 1e-12).all()
        assert len(search) == 0


def test_two_near_kinks_become_one_between_them() -> None:
    """x > 0.9 and x > 1.1, slopes 1 and 1: one line of slope 2 from 1, off by 0.1 at most."""
    hinges = [
        ExactHinge(to_rationals(np.array([1.0, -t])), to_rationals(np.ones(1))) for t in (0.9, 1.1)
    ]
    search = CurveSearch(ExactCurve(hinges, 0, (0.0, 10.0), 1), 2)
    search.take(search.propose())
    assert len(search) == 1
    assert search.vertices[1].at == pytest.approx(1.0)
    assert float(max(search.high - search.low)) == pytest.approx(0.1, abs=1e-9)
