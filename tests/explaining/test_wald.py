"""Intervals against ordinary least squares and the likelihood's curvature, and how often they hold
the truth.
"""

import numpy as np
import pandas as pd
import pytest
from explained_models import kinds, line, request
from handmade import network, rules_of

import relurules as rr
from relurules.errors import DataError, UnsupportedError
from relurules.explaining.wald_intervals import Intervals, compute_intervals
from relurules.ir import Head

BINARY = (Head("sigmoid", (0,)),)


def found(rules: rr.RuleSet, X: object, y: object, model: int = 0) -> Intervals:
    asked = request(rules, X, y)
    return compute_intervals(*asked.judged(), model)


def logistic(d: int) -> rr.RuleSet:
    net = network(np.empty((0, d)), [], np.empty((1, 0)), C=np.ones((1, d)), c=[-0.5])
    return rules_of(net, rr.Domain.box([-9] * d, [9] * d), heads=BINARY)


def test_least_squares_on_the_rows_of_the_rule() -> None:
    rules, X, y = line()
    rows = rules.apply(X) == 2
    Z = np.column_stack([X[rows], np.ones(rows.sum())])
    estimates, (residual,), *_ = np.linalg.lstsq(Z, y[rows], rcond=None)
    errors = np.sqrt(np.diag(np.linalg.inv(Z.T @ Z)) * residual / (rows.sum() - 3))
    one = found(rules, X, y, 1)
    assert (one.model, one.rows, one.names) == ("rule 2", rows.sum(), ("a", "b"))
    assert one.own.tolist() == [2.0, 1.0]
    assert one.estimates == pytest.approx(estimates[:2])
    assert one.errors == pytest.approx(errors[:2])
    assert one.high - one.estimates == pytest.approx(1.959964 * errors[:2], rel=1e-6)


def test_logistic_regression_is_where_the_likelihood_is_largest() -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(400, 2)) * [1.0, 2.0]
    y = (random.random(400) < 1 / (1 + np.exp(0.5 - X @ [1.0, 0.2]))).astype(int)
    one = found(logistic(2), X, y)
    Z = np.column_stack([X, np.ones(400)])
    constant = _constant(X, y, one.estimates)
    q = 1 / (1 + np.exp(-(X @ one.estimates + constant)))
    assert Z.T @ (y - q) == pytest.approx(np.zeros(3), abs=1e-6)
    covariance = np.linalg.inv((Z * (q * (1 - q))[:, None]).T @ Z)
    assert one.errors == pytest.approx(np.sqrt(np.diag(covariance))[:2], rel=1e-6)


def _constant(X: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
    """The constant that makes the mean of the probabilities that of the classes."""
    low, high = -50.0, 50.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (
            (middle, high)
            if (1 / (1 + np.exp(-(X @ w + middle)))).sum() < y.sum()
            else (low, middle)
        )
    return low


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random, rules, held = np.random.default_rng(1), logistic(1), 0
    for _ in range(200):
        X = random.normal(size=(200, 1))
        one = found(rules, X, (random.random(200) < 1 / (1 + np.exp(0.5 - X[:, 0]))).astype(int))
        held += int(one.low[0] <= 1.0 <= one.high[0])
    assert 180 <= held <= 199  # 190 expected, 3 times its standard deviation of 3.1


def test_columns_that_follow_from_others_are_left_out() -> None:
    """Categories against the last one: the rule's own coefficients are compared in the same way."""
    rules, frame = kinds()
    frame = pd.concat([frame] * 30, ignore_index=True)
    y = (np.random.default_rng(0).random(150) < 0.5).astype(int)
    one = found(rules, frame, y)
    assert one.names == ("kind = u", "kind = v", "x")
    assert one.dropped == ("kind = w",)
    assert one.own == pytest.approx([-3.0, -2.0, 1.0])


def test_the_score_that_the_true_values_are_of_is_compared() -> None:
    """Class 1 is the sigmoid's, whichever output is looked at elsewhere; a number is the output
    that bears its name.
    """
    random = np.random.default_rng(0)
    X = random.normal(size=(300, 1))
    net = network(np.empty((0, 1)), [], np.empty((1, 0)), C=[[1.0]])
    heads = (Head("sigmoid", (0,)), Head("complement", (0,)))
    rules = rules_of(net, rr.Domain.box([-9], [9]), ["p_yes", "p_no"], heads)
    y = np.where(random.random(300) < 1 / (1 + np.exp(-X[:, 0])), "yes", "no")
    one = found(rules, X, y)
    assert (one.label, one.own.tolist()) == ("log odds of p_yes", [1.0])
    assert one.low[0] < 1.0 < one.high[0]
    net = network(np.empty((0, 1)), [], np.empty((2, 0)), C=[[1.0], [-3.0]])
    two = rules_of(net, rr.Domain.box([-9], [9]), ["cost", "time"])
    one = found(two, X, pd.Series(-3.0 * X[:, 0] + random.normal(size=300), name="time"))
    assert (one.label, one.own.tolist()) == ("time", [-3.0])
    assert one.low[0] < -3.0 < one.high[0]


def test_what_cannot_be_told() -> None:
    rules, X, _ = line()
    few = X[np.r_[np.flatnonzero(X[:, 0] < 1)[:2], np.flatnonzero(X[:, 0] > 1)]]
    with pytest.raises(
        DataError, match="rule 1 has 2 rows for 3 coefficients; intervals need more"
    ):
        found(rules, few, np.arange(len(few)))
    with pytest.raises(DataError, match="needs the true values"):
        request(rules, few).judged()
    X = np.linspace(-1, 1, 20)[:, None]
    with pytest.raises(DataError, match="separate the classes"):
        found(logistic(1), X, (X[:, 0] > 0).astype(int))
    with pytest.raises(DataError, match="all its rows are of one class"):
        found(logistic(1), X, np.zeros(20))
    heads = [Head("softmax", (0, 1, 2), i) for i in range(3)]
    three = rules_of(
        network([[1.0]], [0.0], np.ones((3, 1))), rr.Domain.box([-1], [1]), heads=heads
    )
    with pytest.raises(UnsupportedError, match="found multiclass by softmax"):
        found(three, X, np.arange(20) % 3)
