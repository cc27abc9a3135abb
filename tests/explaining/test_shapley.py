"""Shapley values are those of brute force over all columns, and shap gets them."""

import sys
from itertools import permutations
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from additive_models import make_additive

from relurules.errors import DataError, UnsupportedError
from relurules.explaining.shapley import compute_shapley
from relurules.ir.reference import find_middle


def average_orders(rules, x: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """(columns, m): what each column changes, on average over all orders of columns."""
    columns = len(rules.domain.columns)
    total = np.zeros((columns, rules.score_count))
    orders = list(permutations(range(columns)))
    for order in orders:
        row = reference.copy()
        before = rules.network.evaluate(row[None])[0]
        for column in order:
            at = list(rules.domain.places[column])
            row[at] = x[at]
            after = rules.network.evaluate(row[None])[0]
            total[column] += after - before
            before = after
    return total / len(orders)


@pytest.mark.parametrize("hidden", [(16,), (6, 4)])
@pytest.mark.parametrize("link", ["two", "softmax"])
def test_values_are_averages_over_orders(link: str, hidden: tuple[int, ...]) -> None:
    rules, frame = make_additive(link, hidden=hidden, reads=4)
    X = rules.domain.rows(frame)[:12]
    for reference in (rules.reference, find_middle(rules.domain)):
        for i in range(rules.score_count):
            weights = np.eye(rules.score_count)[i]
            values, base = compute_shapley(rules, X, weights, reference)
            wanted = [average_orders(rules, x, reference.values)[:, i] for x in X]
            assert np.allclose(values, wanted, atol=1e-11)
            assert np.allclose(values.sum(axis=1) + base, rules.predict_scores(X)[:, i])


def test_shap_gets_values_and_raw_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    rules, frame = make_additive("two", hidden=(16,))
    stand_in = ModuleType("shap")
    stand_in.Explanation = SimpleNamespace
    monkeypatch.setitem(sys.modules, "shap", stand_in)
    found = rules.to_shap(frame)
    assert found.values.shape == (len(frame), 4)
    assert np.allclose(
        found.values.sum(axis=1) + found.base_values, rules.predict_scores(frame)[:, 0]
    )
    assert found.feature_names == list(frame.columns)
    assert found.display_data[3].tolist() == frame.iloc[3].tolist()
    assert found.data[:, 2].tolist() == [
        ["car", "house", "travel"].index(value) for value in frame["purpose"]
    ]
    assert found.output_names == "log odds of p_yes"
    best = rules.to_shap(frame, reference="best")
    assert best.base_values[0] == pytest.approx(rules.predict_scores(frame).min())
    with pytest.raises(DataError, match=r"1 of 200 rows lie outside the domain, .* row 4"):
        rules.to_shap(frame.assign(income=[1e9 if i == 4 else 1e2 for i in range(200)]))


def test_lines_of_many_columns_are_refused() -> None:
    import relurules as rr

    model = torch.nn.Sequential(torch.nn.Linear(13, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    rules = rr.extract(model.double(), domain=rr.Domain.box([-1] * 13, [1] * 13), form="additive")
    with pytest.raises(UnsupportedError, match=r"reads 13 columns together, which takes 2\^13"):
        compute_shapley(rules, np.zeros((1, 13)), np.ones(1), rules.reference)


def test_without_shap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shap", None)
    rules, frame = make_additive("two")
    with pytest.raises(
        UnsupportedError, match=r"needs the package shap: pip install 'relurules\[s"
    ):
        rules.to_shap(frame)
