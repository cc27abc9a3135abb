"""The table of rules: its columns, and that it says what the evidence does."""

import numpy as np
import pandas as pd
import pytest
from handmade import network, random_network, rows_in, rules_of

import relurules as rr
from relurules.errors import DataError
from relurules.statistics.evidence_statistics import add_evidence

BOX = rr.Domain.box([-1, -1], [1, 1])


def test_columns_with_and_without_data() -> None:
    rules = rules_of(random_network(3, 2, 4, 1), BOX)
    X = rows_in(BOX, 60)
    y = np.random.default_rng(0).normal(size=60)
    ranges = ["min y0", "max y0"]
    assert list(rules.summary()) == ["rule", *ranges]
    counted = rules.summary(X)
    assert list(counted) == ["rule", "count", "share", *ranges, "typical x0", "typical x1"]
    full = rules.summary(X, y)
    judged = ["response mean", "response std", "local R2", "local MSE", "global R2", "global MSE"]
    assert list(full) == ["rule", "count", "share", *judged, *ranges, "typical x0", "typical x1"]
    pd.testing.assert_frame_equal(add_evidence(rules, X, y).summary(), full)
    assert full["count"].sum() == 60
    assert full[ranges].to_numpy() == pytest.approx(rules.ranges()[:, 0])
    with pytest.raises(DataError, match="a response was given without data"):
        rules.summary(y=y)


def test_typical_rows_are_in_the_users_columns() -> None:
    frame = pd.DataFrame({"kind": list("aabbb"), "x": [0.0, 1.0, 1.0, 2.0, 3.0]})
    net = network([[2.0, 0.0, 0.0]], [-1.0], [[1.0]])  # splits by kind
    found = rules_of(net, rr.Domain.from_data(frame)).summary(frame).sort_values("count")
    assert found["typical kind"].tolist() == ["a", "b"]
    assert found["typical x"].tolist() == [0.0, 2.0]
