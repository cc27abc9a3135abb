"""One rule says which scores are the same but for rounding, for bands and for figures of order."""

import numpy as np
import pytest

from relurules.statistics.binary_figures import measure_ks, order_scores
from relurules.statistics.metrics import auc, compute_aucs
from relurules.statistics.population_stability import cut_score_bands, measure_psi
from relurules.statistics.score_ties import differ, lower_edges, tie_scores


def test_neighbours_that_rounding_tells_apart_are_tied() -> None:
    ordered = np.array([1.0, 1.0 + 1e-10, 1.0 + 1e-6, np.inf, np.inf, np.nan, np.nan])
    assert differ(ordered).tolist() == [False, True, True, False, True, False]
    assert differ(-ordered[:5]).tolist() == [False, True, True, False]
    assert tie_scores(np.array([np.inf, -np.inf, 1.0])).tolist() == [np.inf, -np.inf, 1.0]
    assert tie_scores(ordered[::-1])[-3:].tolist() == [1.0 + 1e-6, 1.0, 1.0]
    assert tie_scores(np.empty(0)).shape == differ(np.empty(0)).shape == (0,)


def test_differences_count_beside_the_usual_size() -> None:
    """Of a score near 0 among larger ones, what is small beside those is rounding."""
    large = np.array([-2e-10, 0.0, 1.0, 2.0, 3.0])
    assert tie_scores(large).tolist() == [-2e-10, -2e-10, 1.0, 2.0, 3.0]
    small = np.array([-2e-10, 0.0, 1e-9, 2e-9, 3e-9])
    assert tie_scores(small).tolist() == small.tolist()


@pytest.mark.parametrize("outlier", [1e6, -1e12, 1e300])
def test_one_score_far_outside_changes_no_band(outlier: float) -> None:
    score = np.arange(1, 1001) / 100
    alone, bands = cut_score_bands(score), cut_score_bands(np.append(score, outlier))
    assert len(alone) == len(bands) == 10
    places = bands.place(score)
    assert np.abs(np.bincount(places, minlength=10) - 100).max() <= 1
    assert measure_psi(np.bincount(alone.place(score)), np.bincount(places)) < 1e-4


def test_the_same_scores_of_another_engine_are_in_the_same_bands() -> None:
    random = np.random.default_rng(0)
    terms = random.choice([0.1, 0.2, 0.3, 0.7, -1.1], (2000, 6))
    score, other = (np.array([sum(random.permutation(row)) for row in terms]) for _ in range(2))
    assert (score != other).any()
    score, other = np.append(score, 1e15), np.append(other, 1e15)
    bands = cut_score_bands(score)
    assert (bands.place(score) == bands.place(other)).all()
    assert len(np.unique(bands.place(score))) == len(bands) > 5

    positive = random.random(2001) < 0.5
    assert auc(score, positive) == auc(other, positive)
    one, two = (measure_ks(order_scores(each, positive), np.ones(2001)) for each in (score, other))
    assert one == pytest.approx(two, abs=1e-12)


@pytest.mark.parametrize("low", [-3.0, -1e-3, 1e-3, 1.0, 1e4])
def test_edges_part_what_differs(low: float) -> None:
    """A lowered edge stays above the scores that differ from it, however little."""
    high = low + 1.01e-9 * max(1.0, abs(low))
    score = np.array([low, high, 1.0, -1.0, 1.0])
    assert differ(score[:2]).all()
    (edge,) = lower_edges(np.array([high]), score)
    assert low < edge < high


@pytest.mark.parametrize("middle", [0.0, -7.0, 1e5])
def test_scores_that_lie_close_are_not_all_one(middle: float) -> None:
    """Many scores beside a large constant follow one another by less than rounding of it."""
    random = np.random.default_rng(1)
    score = random.normal(size=200_000)
    positive = random.random(len(score)) < 1 / (1 + np.exp(-2 * score))
    moved = middle + 1e-2 * score
    assert auc(moved, positive) == pytest.approx(auc(score, positive), abs=1e-5)
    assert np.abs(tie_scores(moved) - moved).max() <= 1e-9 * max(abs(middle), 1e-2) * 1.01

    found = compute_aucs(moved[None], positive)[0]
    assert found == pytest.approx(auc(score, positive), abs=1e-5)
    bands = cut_score_bands(moved)
    assert np.abs(np.bincount(bands.place(moved), minlength=10) - 20_000).max() < 2000


def draw_scores(random: np.random.Generator, count: int) -> list[np.ndarray]:
    """Scores without ties, with equal and with nearly equal ones, of both signs, infinite or
    missing.
    """
    close = random.choice([1.0, 1 + 1e-10, 1 - 3e-10, -1.0, -1 - 1e-10, 0.0, -0.0, 1e-300], count)
    return [
        random.normal(size=count),
        random.integers(-3, 4, count).astype(float),
        close,
        random.choice([1e5, 0.0]) + 1e-6 * random.normal(size=count),
        np.cumsum(3e-9 * random.random(count)) - 1.0,
        random.choice([np.inf, -np.inf, np.nan, 1.0, 1.7e308, 1 + 1e-10], count),
    ]


def find_differences(ordered: np.ndarray) -> list[bool]:
    """What differs, one score after the other."""
    known = np.abs(ordered[np.isfinite(ordered)])
    usual = float(np.median(known)) if len(known) else 0.0
    found, first, step, wide = list[bool](), 0, 1.0, 0.0
    for i in range(1, len(ordered)):
        one, other = ordered[i - 1], ordered[i]
        room = 1e-9 * max(usual, min(abs(one), abs(other)))
        equal = one == other or (np.isnan(one) and np.isnan(other))
        if not equal and not abs(other - one) <= (room if np.isfinite(room) else -1.0):
            found.append(True)
            first, step, wide = i, 1.0, 0.0
            continue
        wide = room if first == i - 1 else wide
        width = abs(other - ordered[first]) if np.isfinite(other) else 0.0
        now = max(1.0, np.ceil(width / wide)) if wide > 0 else 1.0
        found.append(bool(now != step))
        step = now

    return found


@pytest.mark.parametrize("count", [2, 3, 5, 40])
def test_all_differences_are_found_among_many_scores(count: int) -> None:
    random = np.random.default_rng(count)
    for _ in range(20):
        for scores in draw_scores(random, count):
            rising = np.sort(scores)
            mixed = np.concatenate([rising[::2], rising[1::2]])
            with np.errstate(over="ignore", invalid="ignore"):
                for ordered in (rising, rising[::-1], mixed):
                    assert differ(ordered).tolist() == find_differences(ordered)


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_areas_count_every_pair(count: int) -> None:
    random = np.random.default_rng(count)
    for scores in draw_scores(random, count)[:3]:
        positive = random.random(count) < 0.5
        tied = tie_scores(scores)
        pairs = [(a > b) + (a == b) / 2 for a in tied[positive] for b in tied[~positive]]
        area = sum(pairs) / max(1, len(pairs))
        assert auc(scores, positive) == pytest.approx(area, abs=1e-15)
        assert compute_aucs(scores[None], positive)[0] == pytest.approx(area, abs=1e-15)
