"""Every move of hinges is an identity up to its interval, and the interval holds everywhere."""

from fractions import Fraction

import numpy as np
import pytest

import relurules as rr
from relurules.networks.programs import to_rationals
from relurules.rules.exact_box import make_box
from relurules.rules.hinge_moves import (
    ExactHinge,
    MoveBound,
    change_slopes,
    drop_hinge,
    exchange_hinge,
    merge_hinges,
    merge_parallel_hinges,
    redirect_hinge,
    turn_hinge,
)

DOMAIN = rr.Domain.box([-1.0, 0.0], [2.0, 5.0])
BOX = make_box(DOMAIN)


class ExactPoints:
    """Exact points of the domain, the corners among them, and what hinges are there."""

    def __init__(self, seed: int) -> None:
        points = np.random.default_rng(seed).uniform(DOMAIN.lower, DOMAIN.upper, size=(60, 2))
        points[:4] = [[a, b] for a in (-1.0, 2.0) for b in (0.0, 5.0)]
        exact = [[*map(Fraction, row), Fraction(1)] for row in points.tolist()]
        self.rows = np.array(exact, dtype=object)
        self._known: dict[int, tuple[ExactHinge, np.ndarray]] = {}

    def evaluate(self, hinge: ExactHinge) -> np.ndarray:
        """(points, scores), worked out once."""
        if id(hinge) not in self._known:
            heights = np.maximum(self.rows @ np.array(hinge.form, dtype=object), Fraction(0))
            self._known[id(hinge)] = (hinge, np.outer(heights, hinge.slopes))
        return self._known[id(hinge)][1]

    def check(self, before: list[ExactHinge], move: MoveBound) -> None:
        """At all points, what is left lies in the interval."""
        left = sum(map(self.evaluate, before)) - self.rows @ move.affine.T
        if move.after is not None:
            left = left - self.evaluate(move.after)
        assert left.shape == (60, len(move.low))
        assert (move.low <= left).all()
        assert (left <= move.high).all()


def make_hinge(rng: np.random.Generator, scores: int, scale: float = 1.0) -> ExactHinge:
    return ExactHinge(
        to_rationals(rng.normal(size=3) * scale), to_rationals(rng.normal(size=scores) / scale)
    )


@pytest.mark.parametrize("scale", [1e-200, 1e-9, 1.0, 1e9, 1e150])
@pytest.mark.parametrize("scores", [1, 3])
def test_moves_hold_what_they_leave(scores: int, scale: float) -> None:
    for seed in range(15):
        rng = np.random.default_rng(seed)
        one, other = make_hinge(rng, scores, scale), make_hinge(rng, scores, scale)
        points = ExactPoints(seed)
        points.check([one], drop_hinge(one, BOX))
        points.check([one], turn_hinge(one))
        points.check([one], redirect_hinge(one, other.form, BOX))
        points.check([one], change_slopes(one, other.slopes, BOX))
        points.check([one], exchange_hinge(one, other, BOX))
        for ratio in (Fraction(3, 7), Fraction(-2)):
            points.check([one, other], merge_parallel_hinges(one, other, ratio, BOX))
        if scores == 1:
            points.check([one, other], merge_hinges(one, other, (0.3, 0.8), BOX))


def test_a_dropped_hinge_is_off_by_the_least_possible() -> None:
    """max(0, z) on [-1, 3]: the chord's middle is off by 3 / 8, and no line by less."""
    hinge = ExactHinge(to_rationals(np.array([4 / 3, 0.0, 1 / 3])), to_rationals(np.array([-2.0])))
    low, high = BOX.bound(hinge.form)
    assert float(drop_hinge(hinge, BOX).error) == pytest.approx(2 * 3 / 8)
    assert (float(low), float(high)) == pytest.approx((-1.0, 3.0))


def test_parallel_hinges_become_one_at_the_height_of_the_tent() -> None:
    """x > 0 and x > 1, slopes 1 and 1: between them min(x, 1 - x), at most 1 / 2."""
    one = ExactHinge(to_rationals(np.array([1.0, 0.0, 0.0])), to_rationals(np.ones(1)))
    other = ExactHinge(to_rationals(np.array([1.0, 0.0, -1.0])), to_rationals(np.ones(1)))
    move = merge_hinges(one, other, (0.5, 0.5), BOX)
    assert (float(move.low[0]), float(move.high[0])) == (0.0, 0.5)
    assert move.after is not None
    assert [float(v) for v in move.after.form] == [2.0, 0.0, -1.0]


def test_categories_count_one_at_a_time() -> None:
    """Of three categories exactly one is 1, and the third isn't admitted."""
    domain = rr.Domain.from_data(np.array([["a"], ["b"], ["c"]], dtype=object))
    column = domain.columns[0].name
    box = make_box(domain.admitting({column: ["a", "b"]}))
    least, most = box.bound(to_rationals(np.array([2.0, -3.0, 100.0, 1.0])))
    assert (least, most) == (-2, 3)
