"""Figures of the signed documents, with their intervals, by scikit-learn, scipy and hand."""

import hashlib
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.stats import ks_2samp
from signed_example import PARTS, SignedExample, bound_area
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    confusion_matrix,
    log_loss,
    roc_auc_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

MODELS = ("the rules", "logistic regression", "a constant")
RESAMPLED = ("KS", "log loss", "Brier score", "accuracy")


@pytest.fixture(scope="module")
def scores(example: SignedExample) -> dict[str, np.ndarray]:
    """Model -> log odds of all rows; the baselines are fitted to all but the test rows."""
    own = np.sort(np.concatenate([example.places["training"], example.places["validation"]]))
    # The least of penalties, which keeps coefficients of categories finite.
    model = make_pipeline(
        StandardScaler(), LogisticRegression(C=1e6, solver="newton-cholesky", tol=1e-10)
    )
    model.fit(example.coordinates[own], example.outcome[own])
    mean = example.outcome[own].mean()
    constant = np.full(len(example.outcome), np.log(mean / (1 - mean)))
    return dict(
        zip(
            MODELS,
            (example.score, model.decision_function(example.coordinates), constant),
            strict=True,
        )
    )


def list_losses(score: np.ndarray, came: np.ndarray) -> np.ndarray:
    """(N, 3) log loss, squared error and whether the class is right, row by row."""
    share = 1 / (1 + np.exp(-score))
    return np.column_stack(
        [np.logaddexp(0, np.where(came, -score, score)), (share - came) ** 2, (score > 0) == came]
    )


class OrderedScores:
    """The distance of Kolmogorov and Smirnov of rows that count several times."""

    def __init__(self, score: np.ndarray, came: np.ndarray) -> None:
        self.order = np.argsort(score, kind="stable")
        self.came = came[self.order]
        self.ends = np.append(np.diff(score[self.order]) > 0, True)

    def measure(self, counts: np.ndarray) -> float:
        ordered = counts[self.order]
        true = np.cumsum(np.where(self.came, ordered, 0))
        false = np.cumsum(np.where(self.came, 0, ordered))
        return float(np.abs(true / true[-1] - false / false[-1])[self.ends].max())


def resample(scores: dict[str, np.ndarray], came: np.ndarray) -> dict[str, np.ndarray]:
    """Model -> (1000, 4) figures of rows drawn with replacement, the same for every model."""
    random, count = np.random.default_rng(0), len(came)
    losses = np.concatenate([list_losses(scores[name], came) for name in MODELS], axis=1)
    ordered = {name: OrderedScores(scores[name], came) for name in MODELS[:2]}
    found: dict[str, list[Any]] = {name: [] for name in MODELS}
    for _ in range(1000):
        counts = np.bincount(random.integers(0, count, count), minlength=count)
        means = np.split(counts @ losses / count, len(MODELS))
        for name, own in zip(MODELS, means, strict=True):
            distance = ordered[name].measure(counts) if name in ordered else 0.0
            found[name].append([distance, *own])

    return {name: np.array(rows) for name, rows in found.items()}


def test_scores_are_what_rules_json_says(example: SignedExample) -> None:
    assert example.hand.add(example.coordinates) == pytest.approx(example.score, abs=1e-9)


def test_parts_are_the_rows_that_the_manual_says(example: SignedExample) -> None:
    for said in example.validation["parts"]:
        rows = example.places[said["part"]]
        digest = hashlib.sha256(
            np.ascontiguousarray(example.coordinates[rows] + 0.0, "<f8").tobytes()
        ).hexdigest()
        values = example.outcome[rows].astype("<f8").tobytes()
        assert said["digest"] == hashlib.sha256(digest.encode() + values).hexdigest()
        assert (said["rows"], said["outside"], said["judged"]) == (len(rows), 0, len(rows))
        assert said["mean_outcome"] == pytest.approx(example.outcome[rows].mean())
        assert said["mean_prediction"] == pytest.approx(example.share[rows].mean())
        assert said["mean_score"] == pytest.approx(example.score[rows].mean())


def test_figures_and_intervals_are_scikit_learn_s_and_scipy_s(
    example: SignedExample, scores: dict[str, np.ndarray]
) -> None:
    said = {
        (one["model"], one["part"], one["metric"]): (one["value"], one["low"], one["high"])
        for one in example.validation["figures"]
    }
    for part, rows in example.places.items():
        came = example.outcome[rows]
        own = {name: score[rows] for name, score in scores.items()}
        drawn = resample(own, came)
        for model, score in own.items():
            share = 1 / (1 + np.exp(-score))
            ranked, close = model != "a constant", 1e-9 if model == "the rules" else 2e-5
            area, *ends = bound_area(score, came)
            assert area == pytest.approx(roc_auc_score(came, score))
            values = {
                "log loss": log_loss(came, share),
                "Brier score": brier_score_loss(came, share),
                "accuracy": accuracy_score(came, share > 0.5),
            }
            if ranked:
                values["KS"] = ks_2samp(score[came], score[~came], method="asymp").statistic
                close_area = said.pop((model, part, "AUC"))
                assert close_area == pytest.approx((area, *ends), abs=close)
                gini = [2 * end - 1 for end in (area, *ends)]
                assert said.pop((model, part, "Gini")) == pytest.approx(tuple(gini), abs=close)
            for name, value in values.items():
                drawn_ends = np.quantile(drawn[model][:, RESAMPLED.index(name)], [0.025, 0.975])
                expected = (value, *drawn_ends)
                # One row of another class, or place, where coefficients differ in a late digit.
                room = close if close < 1e-6 or name not in ("accuracy", "KS") else 3 / len(came)
                assert said.pop((model, part, name)) == pytest.approx(
                    expected, abs=max(close, room)
                )
        slope = LogisticRegression(C=np.inf, tol=1e-10, solver="newton-cholesky")
        slope.fit(example.score[rows][:, None], came)
        told = said.pop(("the rules", part, "calibration slope"))
        assert told[0] == pytest.approx(slope.coef_[0, 0], abs=1e-6)
        assert told[1:] == (None, None)

    assert not said


def test_confusion_counts_rows(example: SignedExample) -> None:
    for said in example.validation["confusion"]:
        rows = example.places[said["part"]]
        (negative, false_positive), (false_negative, positive) = confusion_matrix(
            example.outcome[rows], example.share[rows] > 0.5
        )
        assert said == {
            "part": said["part"],
            "cut_off": 0.0,
            "true_positive": positive,
            "false_positive": false_positive,
            "false_negative": false_negative,
            "true_negative": negative,
        }


def test_corners_of_the_curve_are_shares_of_rows(example: SignedExample) -> None:
    for part in PARTS:
        rows = example.places[part]
        score, came = example.score[rows], example.outcome[rows]
        corners = [one for one in example.validation["roc"] if one["part"] == part]
        assert len(corners) <= 200
        for one in corners:
            least = np.inf if one["threshold"] is None else one["threshold"] - 1e-10
            expected = (score[~came] >= least).mean(), (score[came] >= least).mean()
            told = one["false_positive_rate"], one["true_positive_rate"]
            assert told == pytest.approx(expected, abs=1e-12)
        points = [(one["false_positive_rate"], one["true_positive_rate"]) for one in corners]
        assert points[0] == (0, 0)
        assert points[-1] == (1, 1)
        area = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(points))
        assert area == pytest.approx(roc_auc_score(came, score), abs=2e-4)
