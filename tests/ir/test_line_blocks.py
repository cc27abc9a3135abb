"""Scores in blocks beside the sum of all lines over whole tables."""

import numpy as np
import pytest
from line_models import chance, mixed, plain

from relurules.ir import AdditiveRules, line_blocks


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_blocks, "_NUMBERS", 64)
    monkeypatch.setattr(line_blocks, "_FEWEST", 7)


def draw_rows(rules: AdditiveRules, count: int) -> np.ndarray:
    """Rows inside the domain and outside it, with missing and infinite values among them."""
    random = np.random.default_rng(3)
    X = random.uniform(-3, 14, (count, len(rules.domain.names)))
    for group in rules.domain.groups:
        X[:, list(group)] = np.eye(len(group))[random.integers(len(group), size=count)]
    X[5, 0], X[9, 0], X[11, 0] = np.nan, np.inf, -np.inf
    return X


@pytest.mark.parametrize("make", [plain, chance, mixed])
def test_blocks_give_the_sum_of_all_lines(make: object) -> None:
    rules: AdditiveRules = make()  # type: ignore[operator]
    X = draw_rows(rules, 300)
    known = rules.domain.rows(X)
    inside = rules.domain.contains(known)
    assert 0 < inside.sum() < len(X)

    scores = rules.predict_scores(X)
    assert np.isnan(scores[~inside]).all()
    known = np.where(inside[:, None], known, 0.0)
    terms = np.abs(known) @ np.abs(rules.base.weights.T) + np.abs(rules.base.constants)
    due = known @ rules.base.weights.T + rules.base.constants
    for line in rules.lines:
        space = line.condition.half_space
        beyond = known @ space.normal - space.bound
        due += np.where(beyond[:, None] > 0, beyond[:, None] * line.slopes, 0.0)
        size = np.abs(known) @ np.abs(space.normal) + abs(space.bound)
        terms += size[:, None] * np.abs(line.slopes)

    assert (np.abs(scores - due)[inside] <= 1e-13 * terms[inside]).all()
    alone = np.array([rules.predict_scores(row[None])[0] for row in X])
    assert (np.abs(scores - alone)[inside] <= 1e-13 * terms[inside]).all()

    parts = rules.contributions(X, rules.scores[0])
    assert parts.isna().all(axis=1).tolist() == (~inside).tolist()
    together = parts.sum(axis=1).to_numpy()[inside]
    assert (np.abs(together - scores[inside, 0]) <= 1e-12 * (1 + terms[inside, 0])).all()
    applies = np.array([known @ each.condition.half_space.normal for each in rules.lines]).T
    assert (rules.find_applying_lines(X) == (inside[:, None] & (applies > rules.bounds))).all()


def test_arrays_of_any_numbers_are_scored_and_left_as_they_are() -> None:
    rules = plain()
    whole = np.array([[1, 0, 3], [4, 1, 2], [2, -1, 12], [11, 0, 1]])
    due = rules.predict(whole.astype(np.float64))
    for given in (whole, whole.astype(np.float32), np.asfortranarray(whole, dtype=np.float64)):
        kept = given.copy()
        assert np.array_equal(rules.predict(given), due, equal_nan=True)
        assert np.array_equal(given, kept)
    assert rules.predict(np.empty((0, 3))).shape == (0, 1)
