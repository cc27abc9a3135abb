"""Ranges of rules of very small and very large numbers are as narrow as those of ordinary ones."""

import warnings
from typing import Any

import numpy as np
import pytest
from handmade import graph, network
from take_cases import COLUMNS, make_line_rules

import relurules as rr
from relurules.checker import AnsweredScore
from relurules.proofs.answer_rows import FloatScore

A = np.array([[1.0, 0.5, 0.0], [0.0, -0.7, 1.0], [0.3, 0.0, 0.9], [1.0, 0.5, -0.25]])
b, U = np.array([0.1, -0.2, 0.3, 0.0]), np.array([[1.0, -2.0, 0.5, 1.5]])
FORMS = ("additive", "partition")


def _scale_weights(scale: float, form: str) -> Any:
    net = network(A * scale, b * scale, U)
    return rr.extract(graph(net), domain=rr.Domain.box([-1] * 3, [1] * 3), form=form)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scale", [1e155, 1e198, 1e200])
def test_squares_of_weights_may_overflow(scale: float, form: str) -> None:
    plain = rr.prove_answer(_scale_weights(1.0, form))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = rr.prove_answer(_scale_weights(scale, form))
    assert None not in (plain.low, plain.high, found.low, found.high)
    if form == "partition" and scale == 1e200:  # whose multipliers are too large for a certificate
        assert found.low <= plain.low * scale
        assert found.high >= plain.high * scale
        return
    assert found.low / scale == pytest.approx(plain.low, rel=1e-12)
    assert found.high / scale == pytest.approx(plain.high, rel=1e-12)


@pytest.mark.parametrize("scale", [1e155, 1e200])
def test_squares_of_columns_may_overflow(scale: float) -> None:
    box = rr.Domain.box([-scale] * 3, [scale] * 3)
    plain = rr.prove_answer(
        rr.extract(graph(network(A, b / scale, U)), domain=rr.Domain.box([-1] * 3, [1] * 3),
                   form="additive")
    )  # fmt: skip
    wide = rr.prove_answer(
        rr.extract(graph(network(A / scale, b / scale, U)), domain=box, form="additive")
    )
    assert wide.low == pytest.approx(plain.low, rel=1e-12)
    assert wide.high == pytest.approx(plain.high, rel=1e-12)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scale", [1e-300, 1e-305])
def test_weights_whose_squares_vanish_warn_of_nothing(scale: float, form: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = rr.prove_answer(_scale_weights(scale, form))
    assert None not in (found.low, found.high)
    assert found.low <= 0.0 <= found.high
    assert found.high - found.low < 1e-50  # the checker computes in 192 bits behind the point


def test_moves_to_kinks_beyond_all_numbers_warn_of_nothing() -> None:
    rules = make_line_rules([
        {"coefficients": {"x0": 1e-300, "x1": 1.0}, "above": 1e10, "slopes": {"y": 1.0}},
        {"coefficients": {"x0": 2.0}, "above": 1.0, "slopes": {"y": 1.0}},
    ])  # fmt: skip
    tied = {"coefficients": {"x0": 1e300, "x1": 1e-10}, "at_most": 3e300}
    begun = {
        "format": "relurules.answer", "version": 1, "question": "range", "weights": [1.0],
        "given": {"bounds": {}, "constraints": []}, "lowest": None, "highest": None,
    }  # fmt: skip
    floats = FloatScore(AnsweredScore(begun, {**rules, "constraints": [tied]}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = np.vstack(list(floats.list_moves(np.zeros(COLUMNS))))
    assert 0.5 in rows[:, 0]
    assert np.isfinite(rows).all()
    assert (np.abs(rows) <= 1.0).all()
