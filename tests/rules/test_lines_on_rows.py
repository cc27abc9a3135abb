"""The closest lines on rows: what is chosen, and the bound that holds anywhere in the domain."""

from itertools import combinations, pairwise

import numpy as np
import pytest
import torch

import relurules as rr
from relurules.errors import DataError, OutOfTimeError, UnsupportedError
from relurules.ir.limits import NEVER
from relurules.rules.line_choice import CandidateLines, LineTargets, choose_lines, fit_lines


def make_model(*sizes: int, seed: int = 0) -> torch.nn.Module:
    torch.manual_seed(seed)
    layers: list[torch.nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1]).double()


def evaluate(model: torch.nn.Module, X: np.ndarray) -> np.ndarray:
    return model(torch.tensor(X)).detach().numpy()


@pytest.mark.parametrize("sizes", [(2, 10, 1), (2, 6, 2), (2, 4, 4, 1)])
def test_the_bound_holds_anywhere(sizes: tuple[int, ...]) -> None:
    model, rng = make_model(*sizes), np.random.default_rng(0)
    data = rng.normal(size=(400, sizes[0]))
    rules = rr.extract(model, data=data, form="additive", max_rules=4, fidelity="rows")
    assert 0 < len(rules) <= 4
    assert not rules.groups
    X = rng.uniform(rules.domain.lower, rules.domain.upper, size=(20_000, sizes[0]))
    X[:400] = np.where(rng.random((400, sizes[0])) < 0.5, rules.domain.lower, rules.domain.upper)
    off = np.abs(evaluate(model, X) - rules.predict(X)).max()
    assert off <= rules.max_error <= 2.5 * off
    expected = evaluate(model, data)
    left = ((rules.predict(data) - expected) ** 2).sum() / (
        (expected - expected.mean(0)) ** 2
    ).sum()
    assert left < 0.1
    assert rules.tradeoffs[-1] == (len(rules), rules.max_error)


def test_lines_that_are_there_are_found() -> None:
    """Scores of three of the candidates: these, with their slopes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3))
    candidates = CandidateLines(rng.normal(size=(40, 3)), rng.normal(size=40) / 2)
    own = np.array([5, 17, 30])
    slopes = np.array([[1.0, 0.0], [-2.0, 1.0], [0.5, 0.5]])
    scores = candidates.activate(X, own) @ slopes + X @ rng.normal(size=(3, 2)) + 7.0
    targets = LineTargets(X, scores, np.ones(3, dtype=bool))
    found = choose_lines(targets, candidates, 3, NEVER)
    assert np.array_equal(found.chosen, own)
    assert np.allclose(found.slopes, slopes)
    assert found.difference.max() < 1e-9


def test_the_choice_is_near_the_best_one() -> None:
    """Of all sets of two the best, or one that is hardly worse."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(200, 2))
        candidates = CandidateLines(rng.normal(size=(12, 2)), rng.normal(size=12) / 2)
        scores = candidates.activate(X, np.arange(12)) @ rng.normal(size=(12, 1))
        targets = LineTargets(X, scores, np.ones(2, dtype=bool))
        given = choose_lines(targets, candidates, 2, NEVER).difference[0]
        best = min(
            fit_lines(targets, candidates, np.array(pair)).difference[0]
            for pair in combinations(range(12), 2)
        )
        assert best <= given <= 1.15 * best


def test_few_enough_lines_stay_as_they_are() -> None:
    model, data = make_model(3, 5, 1), np.random.default_rng(0).normal(size=(100, 3))
    rules = rr.extract(model, data=data, form="additive", max_rules=5, fidelity="rows")
    assert rules.max_error == 0.0
    assert not rules.simplified


def test_columns_that_nothing_reads_have_no_weight() -> None:
    model = make_model(3, 8, 1)
    with torch.no_grad():
        model[0].weight[:, 1] = 0.0
    data = np.random.default_rng(0).normal(size=(200, 3))
    rules = rr.extract(
        model, data=data, form="additive", max_rules=3, fidelity="rows", guard_unread=True
    )
    assert not rules.base.weights[:, 1].any()
    assert not rules.normals[:, 1].any()


def test_categories_are_no_numbers() -> None:
    """A deep network of a number and three categories: lines within a category are candidates."""
    rng = np.random.default_rng(0)
    kinds = np.eye(3)[rng.integers(0, 3, size=300)]
    data = np.column_stack([rng.normal(size=300), kinds])
    model = make_model(4, 5, 4, 1)
    domain = rr.Domain.from_data(data)
    assert domain.groups
    rules = rr.extract(
        model, domain=domain, data=data, form="additive", max_rules=4, fidelity="rows"
    )
    X = np.array([[x, *kind] for x in np.linspace(*np.quantile(data[:, 0], [0, 1]), 200)
                  for kind in np.eye(3)])  # fmt: skip
    off = np.abs(evaluate(model, X) - rules.predict(X))
    assert off.max() <= rules.max_error


def test_what_it_needs_is_said() -> None:
    model, data = make_model(2, 6, 1), np.random.default_rng(0).normal(size=(50, 2))
    with pytest.raises(DataError, match="needs data"):
        rr.extract(
            model, domain=rr.Domain.box([-1, -1], [1, 1]), form="additive", max_rules=2,
            fidelity="rows",
        )  # fmt: skip
    open_ = rr.Domain.unbounded(["x0", "x1"])
    with pytest.raises(UnsupportedError, match="'x0' is open"):
        rr.extract(model, domain=open_, data=data, form="additive", max_rules=2, fidelity="rows")
    with pytest.raises(OutOfTimeError, match="choosing 2 lines on rows"):
        rr.extract(model, data=data, form="additive", max_rules=2, fidelity="rows", time_limit=0.0)
