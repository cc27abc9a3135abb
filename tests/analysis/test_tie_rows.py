"""Rows at a boundary that are there however they are computed."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from handmade import additive_of, network

import relurules as rr
from relurules.analysis.tie_rows import is_met_alike, pass_tie
from relurules.ir import Head
from relurules.ir.class_labels import SECOND, ClassLabels
from relurules.ir.network import Array

LABELS = ClassLabels(values=("no", "yes"), positive=1, origin=SECOND)


def everywhere(rows: Array) -> Any:
    return np.ones(len(rows), dtype=np.bool_)


def test_a_row_that_is_there_stays() -> None:
    row = np.array([1.0, 2.0])
    assert pass_tie(everywhere, everywhere, np.zeros(2), row, np.ones(2, dtype=np.bool_)) is row


def test_a_row_that_tables_take_back_moves_on() -> None:
    """In a table of several rows the boundary lies one unit in the last place farther."""
    edge = 1.0

    def met(rows: Array) -> Any:
        limit = edge if len(rows) == 1 else np.nextafter(edge, 2.0)
        return rows[:, 0] >= limit

    start, row = np.zeros(2), np.array([edge, 0.5])
    assert not is_met_alike(met, row)
    moved = pass_tie(met, everywhere, start, row, np.ones(2, dtype=np.bool_))
    assert moved is not None
    assert edge < moved[0] < edge + 1e-14
    assert pass_tie(met, everywhere, start, row, np.zeros(2, dtype=np.bool_)) is None


@pytest.mark.parametrize("seed", range(12))
def test_counterfactual_rows_are_classed_so(seed: int) -> None:
    rng = np.random.default_rng(seed)
    net = network(rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=(1, 4)))
    domain = rr.Domain.box([-2.0] * 3, [2.0] * 3, ["a", "b", "c"])
    heads = [Head("complement", (0,)), Head("sigmoid", (0,))]
    rules = replace(additive_of(net, domain, ["p_no", "p_yes"], heads), labels=LABELS)
    row = rng.uniform(-1, 1, 3)
    start = rules.classify(row[None])[0]
    answer = rr.ask(rules, "counterfactual", row=row)
    if answer.holds is not True:
        return
    frame = pd.DataFrame([answer.witnesses[1].row])
    for count in (1, 2, 5, 64):
        told = rules.classify(pd.concat([frame] * count))
        assert (told != start).all()
