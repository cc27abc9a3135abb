"""Rows that meet a goal, drawn nearer to one that doesn't."""

import numpy as np

from relurules.analysis.nearer_rows import draw_nearer


def test_columns_go_as_far_as_the_goal_allows() -> None:
    def met(rows: np.ndarray) -> np.ndarray:
        return np.asarray((rows[:, 0] + rows[:, 1] >= 1.0) & (rows[:, 3] == 1.0))

    row, target = np.array([2.0, 3.0, 5.0, 1.0, 0.0]), np.array([0.0, 0.0, 0.0, 0.0, 1.0])
    found = draw_nearer(
        row, target, [(3, 4)], np.zeros(5, dtype=bool), np.array([1.0, 1, 1, 0, 0]), met
    )
    assert met(found[None])[0]
    assert found[2] == 0.0
    assert found[3:].tolist() == [1.0, 0.0]
    assert 1.0 <= found[:2].sum() <= 1.0 + 1e-9


def test_whole_numbers_stay_whole_and_free_categories_go_back() -> None:
    def met(rows: np.ndarray) -> np.ndarray:
        return np.asarray(rows[:, 0] >= 2.5)

    row, target = np.array([7.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0])
    whole = np.array([True, False, False])
    found = draw_nearer(row, target, [(1, 2)], whole, np.array([1.0, 0.0, 0.0]), met)
    assert found.tolist() == [3.0, 0.0, 1.0]
