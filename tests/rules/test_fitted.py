"""The closest map over regions, and how far off a map is."""

import numpy as np
import pytest
from grounds import box, first_pieces, ground_of
from handmade import lines, network, random_network, rows_in

from relurules.rules.fit import (
    bound_deviation,
    bound_merge_error,
    fit_map,
    fit_output,
    fit_two_pieces,
)


def test_a_kink_in_the_middle_costs_a_quarter() -> None:
    ground = ground_of(lines([[1.0]], [0.0]))
    found = fit_map(ground, [0, 1], np.inf)
    assert found is not None
    assert found.error == pytest.approx(0.25, rel=0.02)
    assert found.forms == pytest.approx(np.array([[0.5, 0.25]]), rel=0.05)
    assert fit_map(ground, [0, 1], 0.24) is None
    assert bound_deviation(ground, [0], np.array([[0.0, 0.125]])) == pytest.approx(0.125)
    assert bound_merge_error(ground, *first_pieces(ground)) <= 0.25


def test_only_the_terms_asked_for() -> None:
    ground = ground_of(network(np.empty((0, 2)), [], np.empty((1, 0)), C=[[1.0, 3.0]]))
    found = fit_output(ground, [0], 0, np.inf, np.array([True, False]))
    assert found is not None
    assert found[0][1] == 0.0
    assert found[1] == pytest.approx(3.0, rel=1e-6)


def test_within_nothing_only_the_same_map_will_do() -> None:
    ground = ground_of(network([[1, 0], [0, 1]], [0, 0], [[1, 1e-6]]))
    pieces = first_pieces(ground)
    assert [fit_two_pieces(ground, pieces[0], other, 0.0) is None for other in pieces[1:]] == [
        True
    ] * 3
    assert fit_two_pieces(ground, pieces[0], pieces[0], 0.0) is not None


@pytest.mark.parametrize("seed", range(6))
def test_no_point_is_farther_off_than_said_and_one_is_as_far(seed: int) -> None:
    net = random_network(seed, d=2, K=4, m=2)
    ground = ground_of(net)
    regions = list(range(len(ground.partition)))
    found = fit_map(ground, regions, np.inf)
    assert found is not None
    X = rows_in(box(2), 4000)
    off = np.abs(net.evaluate(X) - X @ found.forms[:, :-1].T - found.forms[:, -1]).max()
    assert off <= found.error
    assert found.error <= 1.2 * off + 1e-9
    rng = np.random.default_rng(seed)
    for _ in range(20):
        other = found.forms + rng.normal(size=found.forms.shape) * 0.1 * found.error
        assert bound_deviation(ground, regions, other) >= found.error / 1.02
