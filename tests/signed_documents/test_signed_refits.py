"""Refits of the signed documents: what is said of them, from the rules of every refit, by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp
from signed_example import HandScorer, SignedExample, cut_score_edges, read_band
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

OUTER = (0.05, 0.5, 0.95)


def list_bounds(rules: HandScorer) -> list[tuple[str, float]]:
    """The column of every line, and the value that it begins at."""
    found = []
    for line in rules.said["lines"]:
        ((column, weight),) = line["coefficients"].items()
        found.append((column, line["above"] / weight))
    return found


@pytest.fixture(scope="module")
def scores(example: SignedExample) -> np.ndarray:
    """(8, N) scores of the test rows by every refit."""
    test = example.table.iloc[example.places["test"]]
    return np.array([one.add(one.encode(test)) for one in example.refits])


def test_figures_of_refits_are_scikit_learn_s(example: SignedExample, scores: np.ndarray) -> None:
    came = example.outcome[example.places["test"]]
    said: dict[int, dict[str, Any]] = {}
    for one in example.validation["refit_figures"]:
        said.setdefault(one["refit"], {})[one["metric"]] = one["value"]
        assert one["conditions"] == len(example.refits[one["refit"] - 1].said["lines"])

    for refit, score in enumerate(scores, 1):
        share = 1 / (1 + np.exp(-score))
        area = roc_auc_score(came, score)
        assert said.pop(refit) == pytest.approx(
            {
                "AUC": area,
                "Gini": 2 * area - 1,
                "KS": ks_2samp(score[came], score[~came], method="asymp").statistic,
                "log loss": log_loss(came, share),
                "Brier score": brier_score_loss(came, share),
                "accuracy": accuracy_score(came, score > 0),
            },
            abs=5e-6,  # rows that score alike may be tied in one arithmetic and not in another
        )

    assert not said


def test_columns_come_back_as_often_as_they_have_lines(example: SignedExample) -> None:
    own = [column for column, _ in list_bounds(example.hand)]
    others = [[column for column, _ in list_bounds(one)] for one in example.refits]
    found = []
    for column in example.hand.columns:
        counts = [one.count(column) for one in others]
        if own.count(column) or any(counts):
            found.append(
                (column, own.count(column), np.mean(np.array(counts) > 0), np.mean(counts))
            )
    found.sort(key=lambda one: (-one[2], -one[3]))
    said = example.validation["refit_columns"]
    assert [tuple(one.values()) for one in said] == found


def test_lines_come_back_where_the_nearest_one_begins(example: SignedExample) -> None:
    said = example.validation["refit_conditions"]
    for i, (one, (column, bound)) in enumerate(
        zip(said, list_bounds(example.hand), strict=True), 1
    ):
        at = example.hand.names.index(column)
        values = example.coordinates[example.places["test"], at]

        def measure_gap(other: float) -> tuple[float, float]:
            low, high = sorted((bound, other))  # noqa: B023
            return ((values >= low) & (values < high)).mean(), high - low  # noqa: B023

        every = [[b for c, b in list_bounds(refit) if c == column] for refit in example.refits]
        nearest = [min(bounds, key=measure_gap) for bounds in every if bounds]
        near = sum(measure_gap(other)[0] <= 0.1 for other in nearest) / len(every)
        assert (one["condition"], one["columns"]) == (f"line {i}", column)
        assert one["bound"] == pytest.approx(bound)
        assert (one["same"], one["near"]) == (len(nearest) / len(every), near)
        ends = one["low"], one["middle"], one["high"]
        assert ends == pytest.approx(tuple(np.quantile(nearest, OUTER)))


def test_bands_are_means_of_ends_row_by_row(example: SignedExample, scores: np.ndarray) -> None:
    test = example.places["test"]
    score, share = example.score[test], example.share[test]
    low, high = np.quantile(1 / (1 + np.exp(-scores)), (0.05, 0.95), axis=0)
    others = ((scores > 0) != (score > 0)).mean(axis=0)
    ends = [-np.inf, *cut_score_edges(score), np.inf]
    said = example.validation["refit_bands"]
    assert [one["band"] for one in said] == list(range(1, len(ends)))
    for i, one in enumerate(said):
        rows = (score >= ends[i]) & (score < ends[i + 1])
        means = [float(each[rows].mean()) for each in (share, low, high, others)]
        told = [one[name] for name in ("prediction", "low", "high", "others")]
        assert told == pytest.approx(means, abs=1e-9)
        assert one["rows"] == rows.sum()
        assert read_band(one["label"]) == pytest.approx((ends[i], ends[i + 1]), rel=6e-4)


def test_curves_are_differences_of_scores_of_a_typical_row(example: SignedExample) -> None:
    test = example.table.iloc[example.places["test"]]
    X = example.coordinates[example.places["test"]]
    spread = X.std(axis=0)
    apart = (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1)
    row = test.iloc[[(apart**2).sum(axis=1).argmin()]]
    for column, own in pd.DataFrame(example.validation["refit_curves"]).groupby("column"):
        values = own["number"] if own["number"].notna().all() else own["value"]
        both = pd.concat([row] * (len(own) + 1), ignore_index=True)
        both[column] = [row[column].iloc[0], *values]
        every = [one.add(one.encode(both)) for one in (example.hand, *example.refits)]
        points, *again = [score[1:] - score[0] for score in every]
        assert own["points"].to_numpy() == pytest.approx(points, abs=1e-9)
        found = np.quantile(again, OUTER, axis=0)
        for name, ends in zip(("low", "middle", "high"), found, strict=True):
            assert own[name].to_numpy() == pytest.approx(ends, abs=1e-9)
