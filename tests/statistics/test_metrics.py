"""Scores of rows, groups of rows and many models at once, against scikit-learn one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from relurules.statistics import metrics
from relurules.statistics.binary_figures import measure_auc, order_scores


def some_rows(seed: int, whole: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores (5, 60), with ties where whole; classes; groups, of which 4 has no row and 3 one
    class.
    """
    random = np.random.default_rng(seed)
    scores = random.integers(-3, 4, (5, 60)).astype(float) if whole else random.normal(size=(5, 60))
    positive, group = random.random(60) < 0.4, random.integers(0, 4, 60)
    positive[0], positive[1] = True, False
    positive[group == 3] = True
    return scores, positive, group


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_auc_of_one_and_of_many(seed: int, whole: bool) -> None:
    scores, positive, _ = some_rows(seed, whole)
    expected = [roc_auc_score(positive, row) for row in scores]
    assert [metrics.auc(row, positive) for row in scores] == pytest.approx(expected, abs=1e-12)
    assert metrics.compute_aucs(scores, positive) == pytest.approx(expected, abs=1e-12)


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_auc_within_groups(seed: int, whole: bool) -> None:
    scores, positive, group = some_rows(seed, whole)
    found = metrics.group_aucs(scores[0], positive, group, 5)
    for g in range(5):
        rows = group == g
        if len(set(positive[rows])) == 2:
            assert found[g] == pytest.approx(
                roc_auc_score(positive[rows], scores[0][rows]), abs=1e-12
            )
        else:
            assert np.isnan(found[g])


def test_signs_and_zeros_keep_their_order() -> None:
    scores = np.array([[-1.0, -0.0, 0.0, 1.0, -1e-300, 1e-300]])
    positive = np.array([False, True, False, True, False, True])
    assert metrics.compute_aucs(scores, positive)[0] == pytest.approx(
        roc_auc_score(positive, scores[0])
    )


@pytest.mark.parametrize("row", [[0.0] * 5, [-0.0] * 5, [0.0, 0, 0, 1, 2], [0.0, 0, -0.0, -1, 3]])
def test_scores_of_zero_are_tied_whatever_the_target(row: list[float]) -> None:
    """A formula that is 0 where no neuron is on tells no rows apart."""
    scores, positive = np.array([row]), np.array([True, False, True, True, False])
    due = [roc_auc_score(positive, scores[0])]
    assert metrics.compute_aucs(scores, positive) == pytest.approx(due, abs=1e-12)
    assert metrics.compute_aucs(-scores, ~positive) == pytest.approx(due, abs=1e-12)


def test_infinite_scores_stand_at_the_ends() -> None:
    scores = np.array([[np.inf, -np.inf, 0.0, np.inf]])
    positive = np.array([True, False, False, False])
    assert (
        metrics.compute_aucs(scores, positive).tolist()
        == [metrics.auc(scores[0], positive)]
        == [5 / 6]
    )


def test_what_is_no_number_is_left_out() -> None:
    assert metrics.drop_nan_scores({"AUC": np.nan, "R2": 0.5, "MSE": np.inf}) == {"R2": 0.5}


def test_rounding_makes_no_order() -> None:
    """Sums of the same terms in another order are ties; what differs by more isn't."""
    random = np.random.default_rng(4)
    terms = random.choice([0.1, 0.2, 0.3, 0.7, -1.1], (400, 6))
    score = np.array([sum(random.permutation(row)) for row in terms])
    positive = random.random(400) < 0.5
    due = roc_auc_score(positive, np.round(score, 6))
    assert len(np.unique(score)) > len(np.unique(np.round(score, 6)))

    of = np.zeros(400, dtype=np.intp)
    assert metrics.group_aucs(score, positive, of, 1) == pytest.approx([due], abs=1e-12)
    assert measure_auc(score, positive).value == pytest.approx(due, abs=1e-12)
    assert len(order_scores(score, positive).last) == len(np.unique(np.round(score, 6)))
    assert metrics.auc(score, positive) == pytest.approx(due, abs=1e-12)
    assert metrics.compute_aucs(score[None], positive) == pytest.approx([due], abs=1e-12)


def test_an_outlier_ties_no_other_scores() -> None:
    score = np.array([*np.linspace(0, 1, 20), 1e18, -np.inf])
    positive = np.arange(22) % 3 == 0
    of = np.zeros(22, dtype=np.intp)

    found = metrics.group_aucs(score, positive, of, 1)
    due = roc_auc_score(positive, np.clip(score, -1, 2))
    assert found == pytest.approx([due], abs=1e-12)
    assert metrics.auc(score, positive) == pytest.approx(due, abs=1e-12)
    near = np.where(np.isfinite(score), score, -1.0)
    assert metrics.compute_aucs(near[None], positive) == pytest.approx([due], abs=1e-12)
    assert metrics.auc(np.zeros(0), np.zeros(0, dtype=np.bool_)) == 0.0
