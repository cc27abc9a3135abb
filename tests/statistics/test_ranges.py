"""Extremes of outputs on regions: no row passes them, and some row comes near."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from handmade import network, random_network, rows_in, rules_of
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.ir import Head

BOX = rr.Domain.box([-1, -1], [1, 1])


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_rows_stay_within_and_come_near(seed: int) -> None:
    rules = rules_of(random_network(seed, 2, 4, 2), BOX.where("x0 + x1 <= 1.5"))
    X = rows_in(rules.domain, 4000, seed)
    number, y, found = rules.apply(X), rules.predict(X), rules.ranges()
    size = np.abs(y).max()
    for i in range(len(rules)):
        mine = y[number == i + 1]
        if not len(mine):
            continue
        assert (mine >= found[i, :, 0] - 1e-7 * size).all()
        assert (mine <= found[i, :, 1] + 1e-7 * size).all()
        if len(mine) > 1500:
            assert (mine.min(axis=0) <= found[i, :, 0] + 0.15 * np.ptp(found[i], axis=1)).all()
            assert (mine.max(axis=0) >= found[i, :, 1] - 0.15 * np.ptp(found[i], axis=1)).all()


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        ([Head("sigmoid", (0,)), Head("complement", (0,))], [[0.0, 3.0], [-3.0, 0.0]]),
        ([Head("exp", (0,)), Head("expm1", (0,))], None),
        ([Head("softmax", (0, 1), 0), Head("softmax", (0, 1), 1)], [[-2.0, 3.0], [-3.0, 2.0]]),
    ],
)
def test_through_links(heads: list[Head], expected: Any) -> None:
    # scores x in [0, 3] and 2 on [0, 3]; x - 2 in [-2, 1]
    rules = rules_of(
        network([[1.0]], [0.0], [[1.0], [0.0]], c=[0.0, 0.0]), rr.Domain.box([0], [3]), heads=heads
    )
    found = rules.ranges()[0]
    if expected is None:
        assert found == pytest.approx(np.array([[1.0, np.exp(3)], [0.0, np.expm1(3)]]))
    elif heads[0].link == "softmax":
        assert found[0] == pytest.approx(1 / (1 + np.exp([0.0, -3.0])))
        assert found[1] == pytest.approx(1 / (1 + np.exp([3.0, 0.0])))
    else:
        assert found == pytest.approx(1 / (1 + np.exp(-np.array(expected))))


@pytest.mark.parametrize("link", ["softmax", "log_softmax", "argmax"])
def test_bounds_of_joint_links(link: str) -> None:
    heads = (
        [Head("argmax", (0, 1, 2))]
        if link == "argmax"
        else [Head(link, (0, 1, 2), i) for i in range(3)]
    )
    rules = rules_of(random_network(5, 2, 3, 3), BOX, heads=heads)
    X = rows_in(BOX, 3000)
    number, y, found = rules.apply(X), rules.predict(X), rules.ranges()
    for i in range(len(rules)):
        mine = y[number == i + 1]
        assert (mine >= found[i, :, 0] - 1e-9).all()
        assert (mine <= found[i, :, 1] + 1e-9).all()
    if link == "softmax":
        assert found.min() >= 0.0
        assert found.max() <= 1.0


def test_open_sides_are_infinite() -> None:
    rules = rules_of(network([[1.0]], [0.0], [[1.0]]))
    found = sorted(tuple(row[0]) for row in rules.ranges().tolist())
    assert found == [(0.0, 0.0), (0.0, np.inf)]


def test_categories_hold_one_value_each() -> None:
    """y = |2 a - 1| over a one-hot column: the relaxed group would reach 0, no row does."""
    frame = pd.DataFrame({"kind": list("ab") * 10, "x": np.repeat(np.linspace(0, 1, 10), 2)})
    domain = rr.Domain.from_data(frame)
    net = network([[2.0, 0.0, 0.0]], [-1.0], [[2.0]], C=[[-2.0, 0.0, 0.5]], c=[1.0])
    rules = rules_of(net, domain)
    X = domain.rows(frame)
    number, y = rules.apply(frame), rules.predict(frame)[:, 0]
    for i, (low, high) in enumerate(rules.ranges()[:, 0].tolist()):
        mine = y[number == i + 1]
        assert (low, high) == pytest.approx((mine.min(), mine.max()))
    assert len(X) == 20
