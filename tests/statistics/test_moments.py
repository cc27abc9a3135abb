"""Means and deviations of blocks, put together, against those of all rows at once."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relurules.statistics.moments import (
    NO_MOMENTS,
    Moments,
    measure_columns,
    measure_groups,
    merge_moments,
)


def measure_in_blocks(X: np.ndarray, cuts: list[int]) -> Moments:
    found = NO_MOMENTS
    for part in np.split(X, sorted(cuts)):
        if len(part):
            found = merge_moments(found, measure_columns(part))
    return found


def deviate(values: np.ndarray) -> float:
    """By rational numbers."""
    exact = [Fraction(float(value)) for value in values]
    mean = sum(exact) / len(exact)
    return float(sum((value - mean) ** 2 for value in exact) / len(exact)) ** 0.5


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 90), max_size=5))
def test_blocks_of_any_sizes(seed: int, cuts: list[int]) -> None:
    random = np.random.default_rng(seed)
    offset, spread = random.choice([0.0, -3.0, 1e9]), random.choice([1.0, 1e-5, 1e4])
    X = offset + spread * random.normal(size=(90, 2))
    found = measure_in_blocks(X, cuts)
    assert found.counts == 90
    assert found.means == pytest.approx(X.mean(axis=0), rel=1e-14, abs=1e-14 * spread)
    assert found.deviations == pytest.approx([deviate(column) for column in X.T], rel=1e-12)


def test_far_from_zero_many_rows_keep_their_deviation() -> None:
    """numpy's own mean of rows one below the other is off by more than these rows spread."""
    X = 1e9 + np.random.default_rng(0).integers(0, 4, (50_000, 2)) * 2.0**-20
    found = measure_in_blocks(X, [1, 20_000, 20_001])
    exact = ((X - 1e9) * 2.0**20).std(axis=0) * 2.0**-20  # of small whole numbers
    assert found.deviations == pytest.approx(exact, rel=1e-12)


def test_what_never_changes_has_no_deviation() -> None:
    X = np.full((7, 1), 0.1)
    assert measure_in_blocks(X, [3, 4]).deviations.tolist() == [0.0]
    assert measure_in_blocks(np.r_[X, [[0.2]]], [7]).deviations[0] > 0


def test_groups_of_which_some_have_no_row_in_a_block() -> None:
    values, of = np.array([0.1, 0.1, 1.0, 3.0, 0.1]), np.array([0, 0, 2, 2, 0])
    found = merge_moments(
        measure_groups(values[:2], of[:2], 4), measure_groups(values[2:], of[2:], 4)
    )
    assert found.counts.tolist() == [3, 0, 2, 0]
    assert found.means[[0, 2]] == pytest.approx([0.1, 2.0], rel=1e-15)
    assert found.deviations.tolist() == [0.0, 0.0, 1.0, 0.0]
