"""A traced network -> rules: what can't be rules of float64, and arguments that mean nothing."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from handmade import graph, network, random_network
from sklearn.compose import ColumnTransformer
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import relurules as rr
from relurules.errors import ModelError, UnsupportedError

BOX = rr.Domain.box([-1, -1], [1, 1])


def test_sums_beyond_float64_in_the_domain() -> None:
    for net in (
        network([[1e200, 1], [1, 1]], [0, 0.5], [[1e200, 1]]),
        network([[1, 1]], [0], [[1]], C=[[1e308, 1e308]], c=[1e308]),
        network([[1e300, 1]], [0], [[1e20]]),
    ):
        with pytest.raises(
            ModelError,
            match=(
                r"sums in the domain, or the products of its weights, pass 1.8e\+308, the "
                r"largest number"
            ),
        ):
            rr.extract(graph(net), domain=BOX)


def test_coefficients_beyond_float64() -> None:
    """On so narrow a domain outputs are ordinary numbers, but the rules' coefficients aren't."""
    net = network([[1e200, 1], [1, 1]], [0.1, 0.5], [[1e200, 1]])
    with pytest.raises(ModelError, match=r"the products of its weights, pass 1.8e\+308"):
        rr.extract(graph(net), domain=rr.Domain.box([-1e-200, -1], [1e-200, 1]))
    assert len(rr.extract(graph(network([[1e100, 1]], [0], [[1e100]])), domain=BOX)) == 2


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_arguments_that_are_no_numbers(value: float) -> None:
    net, rules = (
        graph(random_network(0, m=1)),
        rr.extract(graph(random_network(0, m=1)), domain=BOX),
    )
    with pytest.raises(UnsupportedError, match=r"max_error="):
        rr.extract(net, domain=BOX, max_error=value)
    with pytest.raises(UnsupportedError, match=r"decision=(nan|-?inf); supported: a finite number"):
        rr.extract(net, domain=BOX, decision=value)
    for limit in ("at_least", "at_most"):
        with pytest.raises(
            UnsupportedError, match=rf"{limit}=(nan|-?inf); supported: a finite number"
        ):
            rr.ask(rules, "bounded", **{limit: value})
    with pytest.raises(
        UnsupportedError, match=r"tolerance=(nan|-?inf); supported: a finite number"
    ):
        rr.diff(rules, rules, tolerance=value)


@pytest.mark.parametrize("wanted", [{"max_rules": 2}, {"max_error": 0.3}, {}])
def test_simplified_rules_over_categories_are_saved_and_loaded(
    wanted: dict[str, float], tmp_path: Path
) -> None:
    """The point of a rule is a row of the domain, also once boundaries have moved."""
    random = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "income": random.uniform(10, 90, 400).round(1),
            "area": random.choice(["north", "south", "west"], 400),
            "plan": random.choice(["a", "b"], 400),
        }
    )
    y = table["income"] * np.where(table["area"] == "north", 0.05, 0.02) + (table["plan"] == "a")
    steps = ColumnTransformer(
        [("n", StandardScaler(), ["income"]), ("c", OneHotEncoder(), ["area", "plan"])]
    )
    mlp = MLPRegressor(hidden_layer_sizes=(5,), max_iter=3000, random_state=1)
    model = make_pipeline(steps, mlp).fit(table, y)
    rules = rr.extract(model, data=table, **wanted)  # type: ignore[arg-type]
    points = np.array([rule.point for rule in rules])
    assert rules.domain.contains(points).all()
    assert rules.apply(points).tolist() == list(range(1, len(rules) + 1))
    rules.save(tmp_path / "rules.json")
    assert np.array_equal(
        rr.RuleSet.load(tmp_path / "rules.json").predict(table), rules.predict(table)
    )
