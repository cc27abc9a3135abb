"""Additive rules give what the network gives, and their parts add up to it."""

from itertools import pairwise

import numpy as np
import pytest
import torch

import relurules as rr
from relurules.errors import DataError, UnsupportedError
from relurules.ir import AdditiveRules


def make_model(*sizes: int, seed: int = 0, slope: float | None = None) -> torch.nn.Module:
    torch.manual_seed(seed)
    layers: list[torch.nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [torch.nn.Linear(before, after)]
        layers += [torch.nn.ReLU() if slope is None else torch.nn.PReLU(after, slope)]
    return torch.nn.Sequential(*layers[:-1]).double()


def evaluate(model: torch.nn.Module, X: np.ndarray) -> np.ndarray:
    return model(torch.tensor(X)).detach().numpy()


@pytest.mark.parametrize("slope", [None, 0.25, -0.5, 1.5])
@pytest.mark.parametrize("sizes", [(5, 12, 1), (5, 12, 3), (3, 6, 4, 2)])
def test_lines_give_what_the_network_gives(sizes: tuple[int, ...], slope: float | None) -> None:
    model = make_model(*sizes, slope=slope)
    rng = np.random.default_rng(1)
    X = rng.normal(size=(400, sizes[0])) * 10.0 ** rng.integers(-3, 6, size=(400, 1))
    rules = rr.extract(model, form="additive")
    assert isinstance(rules, AdditiveRules)
    size = np.maximum(1.0, np.abs(X).sum(axis=1, keepdims=True))
    assert np.all(np.abs(rules.predict(X) - evaluate(model, X)) <= 1e-12 * size)
    assert np.all(np.abs(rules.network.evaluate(X) - rules.predict_scores(X)) <= 1e-12 * size)


def test_contributions_sum_to_the_score() -> None:
    rules = rr.extract(
        make_model(4, 9, 2), data=np.random.default_rng(0).normal(size=(50, 4)), form="additive"
    )
    X = np.clip(np.random.default_rng(1).normal(size=(30, 4)), -1, 1)
    for i, score in enumerate(rules.scores):
        found = rules.contributions(X, score)
        assert np.allclose(found.sum(axis=1), rules.predict_scores(X)[:, i], atol=1e-13)
    with pytest.raises(DataError, match="several; give one of y0, y1"):
        rules.contributions(X)


def test_lines_speak_of_the_rarer_side() -> None:
    X = np.random.default_rng(0).normal(size=(300, 4))
    rules = rr.extract(make_model(4, 30, 1), data=X, form="additive")
    assert all(line.rows is not None and line.rows <= 150 for line in rules)
    assert np.array_equal(rules.find_applying_lines(X).sum(axis=0), [line.rows for line in rules])


def test_decisions_are_for_partition_rules() -> None:
    with pytest.raises(UnsupportedError, match="decision with form='additive': lines give scores"):
        rr.extract(make_model(2, 3, 2), form="additive", decision="argmax")
