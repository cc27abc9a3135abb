"""Networks whose rules were wrong under a claim that they are right, with other numbers."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from handmade import network
from numpy.typing import ArrayLike, NDArray
from torch import nn

import relurules as rr
from exact.arrangement import ExactNetwork
from exact.draws import Draw
from exact.judging import RIGHT, assert_holds, judge_partition, judge_rules, judge_values
from exact.judging_claims import judge_bound, judge_decision
from relurules.ir import Network


def kinks(places: ArrayLike, weights: Sequence[float], steep: float = 1.0) -> Network:
    """Neurons over one column that bend at these places."""
    places = np.array(places, dtype=float)
    return network(np.full((len(places), 1), steep), -steep * places, [weights])


def apart(first: float, gap: float) -> list[float]:
    """Three places at equal distances."""
    return [first, first + gap, first + 2 * gap]


def of_one_column(name: str, seed: int, net: Network, lower: float, upper: float) -> Draw:
    return Draw(name, seed, net, rr.Domain.box([lower], [upper]))


CASES = [
    of_one_column("live neurons far from 0", 1, kinks([0.25, 0.5, 0.75], [-1, 4, -3]), 0, 1e6),
    of_one_column("live neurons in 10^7.5", 2, kinks([0.2, 0.3, 0.8], [2, -5, 3]), 0, 10**7.5),
    of_one_column("live neurons, both sides", 3, kinks([-0.7, 0.1, 0.9], [1, 1, -2]), -4e6, 4e6),
    of_one_column("sentinel 999999999", 4, kinks([0.25, 0.45, 0.65], [1, -3, 2]), 0, 999999999),
    of_one_column("sentinel -2e9", 5, kinks([0.35, 0.55], [-1, 3]), -2e9, 1),
    of_one_column("spike 3e-10 wide", 6, kinks(apart(0.4, 3e-10), [3e9, -6e9, 3e9]), 0, 1),
    of_one_column("spike 1e-13 wide", 7, kinks(apart(0.3, 1e-13), [1e13, -2e13, 1e13]), 0, 1),
    of_one_column("steep neurons 2e-9 apart", 8, kinks(apart(0.6, 2e-9), [1, -2, 1], 2e6), 0, 1),
    Draw(
        "whole weights in +-2e9",
        9,
        network([[1, 2], [2, -3], [-3, 1], [1, 2]], [1, -2, 0, -5], [[1, -1, 2, -1]]),
        rr.Domain.box([-2e9, -2e9], [2e9, 2e9]),
    ),
    Draw(
        "columns of 1e6, 1e-1, 1e4",
        10,
        network(
            [[2e4, -3e-3, 1e-1], [1e-2, 2, -3e-1], [0, 0, 0], [0, 0, 0]],
            [-3e2, 1e-1, -2, 1],
            [[1, -1, 3, 1e-4]],
            L=[[0, 0, 0, 0], [0, 0, 0, 0], [1e-8, -1, 0, 0], [-2e-4, 3, 0, 0]],
        ),
        rr.Domain.box([0, 0, 0], [1e6, 1e-1, 1e4]),
    ),
]

cases = pytest.mark.parametrize("draw", CASES, ids=[draw.kind for draw in CASES])


@cases
def test_regions(draw: Draw) -> None:
    assert_holds([draw], judge_partition)


@cases
def test_values(draw: Draw) -> None:
    assert_holds([draw], judge_rules)


@cases
def test_a_claimed_bound(draw: Draw) -> None:
    assert_holds([draw], lambda draw: judge_bound(draw, 0.03))


@cases
def test_a_decision(draw: Draw) -> None:
    assert_holds([draw], judge_decision)


def torch_kinks() -> nn.Sequential:
    model = nn.Sequential(nn.Linear(1, 3), nn.ReLU(), nn.Linear(3, 1))
    with torch.no_grad():
        model[0].weight.fill_(1.0)
        model[0].bias[:] = torch.tensor([-0.25, -0.5, -0.75])
        model[2].weight[:] = torch.tensor([[2.0, -5.0, 3.0]])
        model[2].bias.fill_(0.0)
    return model


def of_torch(model: nn.Module, domain: rr.Domain) -> Draw:
    return Draw("a torch model", 0, rr.trace(model).network, domain)


ROWS = np.array([[0.1], [0.3], [0.6], [0.9], [12.0], [5e5], [3e6]])


def test_a_torch_model_over_a_wide_box() -> None:
    model, domain = torch_kinks(), rr.Domain.box([0], [3e6])
    rules = rr.extract(model, domain=domain)
    assert judge_values(of_torch(model, domain), rules, ROWS) == (RIGHT, "", "")
    assert rules.max_error <= 1e-9


def test_a_decision_of_a_torch_model_over_a_wide_box() -> None:
    model, domain = torch_kinks(), rr.Domain.box([0], [3e6])
    exact = ExactNetwork.of(rr.trace(model).network)
    rules = rr.extract(model, domain=domain, decision=0.15)
    reached = [exact.evaluate(x)[0] >= 0.15 for x in ROWS.tolist()]
    assert rules.predict(ROWS)[:, 0].tolist() == reached


def test_a_bound_of_a_torch_model_over_a_wide_box() -> None:
    model, domain = torch_kinks(), rr.Domain.box([0], [3e6])
    rules = rr.extract(model, domain=domain, max_error=0.04)
    assert rules.max_error <= 0.04
    assert largest_error(model, rules, ROWS) <= rules.max_error + 1e-9


def test_ordinary_rows_beside_a_sentinel_in_the_data() -> None:
    model = torch_kinks()
    X = np.append(np.linspace(0, 1, 21), 3e9)[:, None]
    rules = rr.extract(model, data=X)
    assert judge_values(of_torch(model, rules.domain), rules, X) == (RIGHT, "", "")


def largest_error(model: nn.Module, rules: rr.RuleSet, X: NDArray[np.float64]) -> float:
    exact = ExactNetwork.of(rr.trace(model).network)
    pairs = zip(X.tolist(), rules.predict(X)[:, 0].tolist(), strict=True)
    return max(abs(float(exact.evaluate(x)[0]) - value) for x, value in pairs)
