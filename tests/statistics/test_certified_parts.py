"""Directions and effects in exact arithmetic, beside many points; data that say otherwise."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from handmade import additive_of, network

import relurules as rr
from relurules.errors import CheckError, UnsupportedError
from relurules.ir import AffineMap
from relurules.statistics.certified_parts import (
    bound_slope,
    certify_direction,
    certify_effect,
    hold_direction,
)
from relurules.training.held_constraints import hold_constraints

BOUNDS = {"x": (-0.7, 0.8), "kind": (-1.0, 1.0)}


@pytest.fixture(scope="module")
def fitted() -> Any:
    """x moves the target by far more than it may; z and w fall, alone and together, and must
    rise.
    """
    rng = np.random.default_rng(0)
    x, (z, w) = rng.uniform(0, 10, 250), rng.normal(size=(2, 250))
    kind = rng.choice(list("abc"), 250)
    y = 2 * np.sin(x) - np.maximum(z + w, 0) + np.abs(z) + (kind == "a") * 4.0
    frame = pd.DataFrame({"x": x, "z": z, "w": w, "kind": kind, "y": y})
    frame.loc[rng.random(250) < 0.1, "w"] = np.nan
    return rr.fit(frame, "y", form="additive", max_rules=2, monotone={"z": 1}, effect_bounds=BOUNDS)


def test_effects_are_within_bounds_and_use_them(fitted: Any) -> None:
    rules = fitted.rules
    for name, (low, high) in BOUNDS.items():
        found = certify_effect(rules, name)
        assert found.exact
        assert found.low is not None
        assert found.high is not None
        assert Fraction(low) <= found.low
        assert found.high <= Fraction(high)
        assert found.low < 0.9 * Fraction(low) or found.high > 0.9 * Fraction(high)
        moved = rules.contributions(fitted.frame)[name]
        assert moved.min() >= float(found.low) - 1e-9
        assert moved.max() <= float(found.high) + 1e-9
    assert len([line for line in rules.lines if line.columns == ("x",)]) > 0


def test_no_pair_of_rows_goes_against_a_trend(fitted: Any) -> None:
    """Whatever the other columns, missing ones among them, also far outside."""
    rules, rng = fitted.rules, np.random.default_rng(1)
    rows = rules.domain.rows(fitted.frame)
    less = rows[rng.integers(0, len(rows), 20_000)]
    place = rules.domain.names.index("z") if "z" in rules.domain.names else None
    assert certify_direction(rules, "z") in (0, 1) or place is None
    if place is None:
        return
    less[:, place] += rng.normal(size=len(less)) * 10.0 ** rng.uniform(-3, 3, len(less))
    more = less.copy()
    more[:, place] += 10.0 ** rng.uniform(-12, 3, len(less))
    change = rules.network.evaluate(more) - rules.network.evaluate(less)
    size = np.abs(less).max(axis=1, keepdims=True) + 1
    assert (change >= -1e-12 * size).all()
    assert rr.ask(rules, "monotone", feature="z").values["direction"] in ("rises", "doesn't matter")


def test_the_document_and_provenance_say_so(fitted: Any) -> None:
    text = rr.emit(fitted.rules, "markdown").files["rules.md"]
    assert "Effect of x: it adds -0." in text.replace("\\", "").replace("\N{MINUS SIGN}", "-")
    assert fitted.rules.provenance.settings["effect_bounds"] == str(BOUNDS)
    assert "effect_bounds" in text.replace("\\", "")


def test_a_direction_that_rounding_broke_is_mended(fitted: Any) -> None:
    """By units in the last place, and no more than these."""
    rules = fitted.rules
    column = next(c.name for c in rules.domain.columns if not c.categories and c.name != "z")
    place = rules.domain.names.index(column)
    steps = rules.slopes[:, 0] * rules.normals[:, place]
    weights = rules.base.weights.copy()
    least = bound_slope(rules, column, 1)
    assert least is not None
    weights[0, place] -= float(least) + np.spacing(np.abs(steps).max(initial=1e-3))
    broken = replace(rules, base=AffineMap(weights, rules.base.constants))
    held = hold_direction(broken, column, 1)
    after = bound_slope(held, column, 1)
    assert after is not None
    assert 0 <= after < 1e-12
    assert held.base.weights[0, place] == pytest.approx(weights[0, place], abs=1e-12)
    weights[0, place] -= 1.0
    with pytest.raises(CheckError, match=f"goes against monotone=.*{column}"):
        hold_constraints(broken, {column: 1}, None, {})


def test_bounds_that_rules_break_are_refused(fitted: Any) -> None:
    with pytest.raises(CheckError, match=r"'x' adds .* and effect_bounds allows -0.1 to 0.1"):
        hold_constraints(fitted.rules, {}, {"x": (-0.1, 0.1)}, {})


def test_pairs_have_sound_bounds() -> None:
    """Lines that read several columns count each by itself."""
    domain = rr.Domain.box([-1.0, -1.0], [2.0, 3.0], ["a", "b"])
    pair = network([[1.0, 1.0], [1.0, -1.0], [1.0, 0.0]], [0.0, 0.5, 0.0], [[1.0, -2.0, 3.0]])
    rules = additive_of(pair, domain)
    found = certify_effect(rules, "a")
    assert not found.exact
    rows = np.random.default_rng(0).uniform(domain.lower, domain.upper, (2000, 2))
    parts = rules.evaluate_parts(rows)[:, :, 0] - rules.reference_parts[:, 0]
    reads = ["a" in part.name for part in rules.parts]
    moved = parts[:, reads].sum(axis=1)
    assert found.low is not None
    assert found.high is not None
    assert float(found.low) <= moved.min()
    assert moved.max() <= float(found.high)
    open_domain = rr.Domain.box([-np.inf, -1.0], [np.inf, 3.0], ["a", "b"])
    assert certify_effect(additive_of(pair, open_domain), "a").high is None


def test_partition_rules_refuse_trends(fitted: Any) -> None:
    with pytest.raises(UnsupportedError, match="monotone"):
        rr.fit(fitted.frame.assign(y=0.0), "y", form="partition", monotone={"z": 1})
