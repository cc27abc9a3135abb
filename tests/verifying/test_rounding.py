"""Terms that count on a row, and how far float64 runs are from the exact value."""

from fractions import Fraction

import numpy as np
import pytest
from handmade import network, random_network, rows_in

import relurules as rr
from relurules.links.heads import make_identity_heads
from relurules.verifying.rounding import FloatRuns, round_to_float, sum_live_terms

BOX = rr.Domain.box([-2, -2], [2, 2])


def test_a_neuron_that_is_off_counts_for_nothing() -> None:
    net = network([[1.0], [1.0]], [0.0, -1e10], [[1.0, 5.0]], c=[2.0])
    on, off = sum_live_terms(net, np.array([[3.0], [-3.0]]), 1e-12)
    assert on[0] == pytest.approx(5.0)
    assert off[0] == pytest.approx(2.0)


def test_a_neuron_that_may_be_on_counts() -> None:
    """z is 1e-13 below 0, which is rounding of terms of 1."""
    net = network([[1.0]], [-1.0], [[1.0]])
    row = np.array([[1.0 - 1e-13]])
    assert sum_live_terms(net, row, 1e-12)[0, 0] == pytest.approx(2.0)
    assert sum_live_terms(net, row, 1e-15)[0, 0] < 1e-300


def test_a_slope_counts_as_it_is() -> None:
    net = network([[1.0]], [0.0], [[1.0]], slope=-0.25)
    assert sum_live_terms(net, np.array([[-4.0]]), 1e-12)[0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(10))
def test_runs_stay_within_the_rounding_of_their_terms(seed: int) -> None:
    net = random_network(seed, K=6)
    runs = FloatRuns(network=net, heads=make_identity_heads(2))
    for row in rows_in(BOX, 5, seed):
        rounding = runs.of(row)
        terms = sum_live_terms(net, row[None], 1e-12)[0]
        assert (rounding.moves <= 20 * 2.0**-53 * terms).all()
        assert np.abs(rounding.errors).max(axis=0) == pytest.approx(rounding.moves, abs=1e-14)
        assert [round_to_float(score) for score in rounding.exact] == pytest.approx(
            net.evaluate(row[None])[0]
        )


def test_runs_show_cancellation() -> None:
    """x, behind terms of 1e8: any sum of these is off by some 1e-8."""
    net = network([[1.0]], [1e8], [[1.0]], c=[-1e8])
    rounding = FloatRuns(network=net, heads=make_identity_heads(1)).of(np.array([0.3]))
    assert rounding.exact == (Fraction(0.3),)
    assert 1e-10 < rounding.moves[0] < 1e-7


def test_the_model_itself_is_one_of_the_runs() -> None:
    net = network([[1.0]], [0.0], [[1.0]])
    runs = FloatRuns(
        network=net, heads=make_identity_heads(1), framework=lambda X: np.maximum(X, 0.0) + 1e-3
    )
    assert runs.of(np.array([0.5])).moves[0] == pytest.approx(1e-3)


def test_rationals_beyond_float64() -> None:
    assert round_to_float(Fraction(10) ** 400) == np.inf
    assert round_to_float(-(Fraction(10) ** 400)) == -np.inf
    assert round_to_float(Fraction(1, 3)) == 1 / 3
