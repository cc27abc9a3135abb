"""Figures of scores against scikit-learn, scipy and sums written out."""

import numpy as np
import pytest
from scipy.special import rel_entr
from scipy.stats import binomtest, ks_2samp
from scipy.stats import bootstrap as scipy_bootstrap
from scipy.stats.contingency import relative_risk
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score, roc_curve

from relurules.statistics.binary_figures import (
    average,
    list_log_losses,
    measure_auc,
    measure_ks,
    order_scores,
    trace_roc,
    turn_to_gini,
)
from relurules.statistics.linear_baseline import fit_linear_baseline
from relurules.statistics.population_stability import cut_bands, measure_psi, name_move
from relurules.statistics.resampling import MeasuredValue, bootstrap, bound_ratio, bound_share


def make_scores(seed: int, rows: int = 400, *, ties: bool = True) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    score = random.normal(size=rows)
    positive = random.uniform(size=rows) < 1 / (1 + np.exp(-score))
    return (score.round(1) if ties else score), positive


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_auc_gini_ks_and_the_curve_are_those_of_scikit_learn_and_scipy(
    seed: int, ties: bool
) -> None:
    score, positive = make_scores(seed, ties=ties)
    area = measure_auc(score, positive)
    assert area.value == pytest.approx(roc_auc_score(positive, score), abs=1e-14)
    assert turn_to_gini(area).value == pytest.approx(2 * roc_auc_score(positive, score) - 1)

    distance = ks_2samp(score[positive], score[~positive]).statistic
    assert measure_ks(order_scores(score, positive), np.ones(len(score))) == pytest.approx(
        distance, abs=1e-14
    )

    false, true, thresholds = roc_curve(positive, score, drop_intermediate=False)
    curve = trace_roc(score, positive)
    np.testing.assert_allclose(curve.false_rate, false)
    np.testing.assert_allclose(curve.true_rate, true)
    np.testing.assert_array_equal(curve.thresholds, thresholds)


@pytest.mark.parametrize("seed", range(3))
def test_the_interval_of_the_auc_is_delong_s(seed: int) -> None:
    """By its definition: a kernel of every pair, and the variances of its means."""
    score, positive = make_scores(seed, 150)
    true, false = score[positive], score[~positive]
    kernel = (true[:, None] > false) + 0.5 * (true[:, None] == false)
    variance = kernel.mean(axis=1).var(ddof=1) / len(true)
    variance += kernel.mean(axis=0).var(ddof=1) / len(false)
    half = 1.959963984540054 * np.sqrt(variance)
    found = measure_auc(score, positive)
    assert found.low == pytest.approx(kernel.mean() - half, abs=1e-13)
    assert found.high == pytest.approx(kernel.mean() + half, abs=1e-13)


def test_losses_are_those_of_scikit_learn() -> None:
    score, positive = make_scores(5)
    share = 1 / (1 + np.exp(-score))
    ones = np.ones(len(score))
    assert average(list_log_losses(score, positive), ones) == pytest.approx(
        log_loss(positive, share)
    )
    assert average((share - positive) ** 2, ones) == pytest.approx(
        brier_score_loss(positive, share)
    )


def test_bootstrap_intervals_are_those_of_scipy_draw_by_draw() -> None:
    values = np.random.default_rng(1).exponential(size=73)
    expected = scipy_bootstrap(
        (values,), np.mean, n_resamples=250, method="percentile", rng=np.random.default_rng(8)
    ).confidence_interval
    (found,) = bootstrap(
        lambda weights: np.array([average(values, weights)]), 73, rounds=250, seed=8
    )
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_rounds_of_one_class_are_left_out_of_an_interval() -> None:
    score, positive = np.array([0.0, 1.0, 2.0]), np.array([False, False, True])
    ordered = order_scores(score, positive)
    (found,) = bootstrap(lambda w: np.array([measure_ks(ordered, w)]), 3, rounds=50)
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)


def test_what_one_class_can_t_tell_is_nan() -> None:
    score, positive = np.arange(4.0), np.ones(4, dtype=bool)
    assert np.isnan(measure_auc(score, positive).value)
    assert np.isnan(measure_ks(order_scores(score, positive), np.ones(4)))
    assert measure_auc(score, np.array([0, 0, 0, 1], dtype=bool)) == MeasuredValue(1.0)


@pytest.mark.parametrize(("count", "rows"), [(0, 10), (3, 10), (10, 10), (417, 2000)])
def test_wilson_s_interval_is_that_of_scipy(count: int, rows: int) -> None:
    expected = binomtest(count, rows).proportion_ci(method="wilson")
    assert bound_share(count, rows) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("counts", [(3, 10, 8, 11), (417, 2000, 300, 900), (10, 10, 4, 9)])
def test_the_interval_of_a_ratio_is_katz_s_as_scipy_has_it(counts: tuple[int, ...]) -> None:
    found = relative_risk(*counts)
    expected = found.confidence_interval()
    assert bound_ratio(*counts) == pytest.approx((expected.low, expected.high), rel=1e-12)
    own, rows, other, others = counts
    assert found.relative_risk == pytest.approx((own / rows) / (other / others))


def test_a_ratio_without_a_count_has_no_end_there() -> None:
    assert bound_ratio(0, 10, 4, 9) == (0.0, None)  # scipy: 0 and NaN
    assert bound_ratio(3, 10, 0, 9) == (None, None)


def test_psi_is_both_relative_entropies() -> None:
    old, new = np.array([100, 50, 30, 20]), np.array([60, 60, 60, 60])
    p, q = old / old.sum(), new / new.sum()
    assert measure_psi(old, new) == pytest.approx(rel_entr(p, q).sum() + rel_entr(q, p).sum())
    assert measure_psi(old, 3 * old) == pytest.approx(0.0, abs=1e-15)


def test_psi_counts_a_row_and_a_half_where_there_is_none() -> None:
    expected = (0.5 - 0.005) * np.log(0.5 / 0.005) + (0.5 - 1.0) * np.log(0.5)
    assert measure_psi([100, 0], [50, 50]) == pytest.approx(expected)
    assert np.isnan(measure_psi([0, 0], [1, 2]))
    assert [name_move(x) for x in (0.05, 0.1, 0.3, np.nan)] == [
        "stable", "some move", "large move", "unknown",
    ]  # fmt: skip


def test_bands_hold_a_tenth_each_or_a_value_each() -> None:
    values = np.random.default_rng(0).normal(size=1000)
    assert set(np.bincount(cut_bands(values).place(values))) <= {99, 100, 101}
    few = np.array([3.0, 1.0, 1.0, 2.0])
    assert cut_bands(few).place(few).tolist() == [2, 0, 0, 1]
    mostly = np.array([0.0] * 90 + list(range(1, 21)))
    counts = np.bincount(cut_bands(mostly).place(mostly))
    assert counts[0] == 90
    assert (counts > 0).all()


def test_baselines_are_scikit_learn_s_models() -> None:
    random = np.random.default_rng(3)
    X = random.normal(size=(500, 3)) * [1.0, 50.0, 0.01] + [0.0, 900.0, 2.0]
    score = X[:, 0] + 0.02 * (X[:, 1] - 900)
    binary = (random.uniform(size=500) < 1 / (1 + np.exp(-score))).astype(float)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    expected = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(Z, binary)
    found = fit_linear_baseline(X, binary, binary=True)
    np.testing.assert_allclose(found.score(X), expected.decision_function(Z), atol=1e-5)

    straight = fit_linear_baseline(X, score, binary=False)
    np.testing.assert_allclose(straight.score(X), LinearRegression().fit(X, score).predict(X))
