"""Noise on inputs of the signed documents, drawn anew as docs/validation.md says."""

import numpy as np
import pytest
from signed_example import SignedExample
from sklearn.metrics import roc_auc_score

ALL = "all columns of numbers"


def add_noise(example: SignedExample, columns: list[str], size: float) -> np.ndarray:
    """The test rows, with noise on some columns, drawn one after the other."""
    random = np.random.default_rng(0)
    X = example.coordinates[example.places["test"]]
    moved = X.copy()
    for column in columns:
        at = example.hand.names.index(column)
        feature = example.hand.said["features"][at]
        values = X[:, at] + size * X[:, at].std() * random.standard_normal(len(X))
        if feature.get("integer"):
            values = np.floor(values + random.random(len(X)))
        moved[:, at] = np.clip(values, feature["lower"], feature["upper"])
    return moved


def test_noise_changes_scores_by_as_much(example: SignedExample) -> None:
    test = example.places["test"]
    before, came = example.score[test], example.outcome[test]
    numbers = [column for column, places in example.hand.columns.items() if len(places) == 1]
    wanted = [(ALL, numbers, size) for size in (0.01, 0.05, 0.1)]
    wanted += [(column, [column], 0.1) for column in numbers]
    said = example.validation["noise"]
    assert [(one["columns"], one["size"]) for one in said] == [(a, c) for a, _, c in wanted]
    for one, (_, columns, size) in zip(said, wanted, strict=True):
        after = example.hand.add(add_noise(example, columns, size))
        change = np.abs(after - before)
        assert one["mean_change"] == pytest.approx(change.mean(), abs=1e-9)
        assert one["largest_change"] == pytest.approx(change.max(), abs=1e-9)
        assert one["class_changes"] == pytest.approx(((after > 0) != (before > 0)).mean(), abs=1e-9)
        areas = roc_auc_score(came, before), roc_auc_score(came, after)
        # Rows that score alike may be tied in one arithmetic and not in another.
        assert (one["before"], one["after"]) == pytest.approx(areas, abs=1e-6)
        assert (one["part"], one["metric"]) == ("test", "AUC")
