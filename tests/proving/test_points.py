"""Nothing is proven of a domain without a point: that of every rule shows one, in exact arithmetic."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from instances import files
from tampering import stamped
from torch import nn

import relurules as rr
from relurules import checker
from relurules.errors import ModelError
from relurules.ir.rules_json import from_json


def given(domain: rr.Domain, data: Any = None) -> tuple[Any, Any, Any, Any]:
    """A model, and certificate, rules and model as they are in files."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(len(domain), 4), nn.ReLU(), nn.Linear(4, 1))
    rules = rr.extract(model, domain=domain, data=data)
    return model, *files(model, rules, rr.prove(rules, model))


def why(triple: tuple[Any, Any, Any]) -> str:
    return checker.check(*stamped(triple)).why


def test_numbers_tied_as_a_group_prove_nothing() -> None:
    """Of income and age one would be 1 and the other 0: no row is, and any formula would be right."""
    model, certificate, rules, numbers = given(rr.Domain.box([20, 18], [90, 99], names=["income", "age"]))
    rules["groups"] = [["income", "age"]]
    for rule in rules["rules"]:
        rule["outputs"]["y"] = {"constant": 1e6, "coefficients": {}}
    forged = certificate | {
        "rules": [[[], "leaf"] for _ in rules["rules"]],
        "bounds": [[0.0, 0.0]] * len(rules["rules"]),
    }
    assert "'income', which is no indicator" in why((forged | {"bound": 0.0, "paths": []}, rules, numbers))
    with pytest.raises(ModelError, match="'income', which is no indicator"):
        rr.prove(from_json(rules), model)


def test_columns_of_0_and_1_that_a_table_showed_are_tied_and_that_is_told() -> None:
    X = np.hstack([np.linspace(0, 1, 12)[:, None], np.eye(2)[np.arange(12) % 2]])
    _, *triple = given(rr.Domain.from_data(X))
    verdict = checker.check(*triple)
    assert verdict
    assert verdict.notes[0] == "of the columns 'x1', 'x2' exactly one is 1 in the domain"


@pytest.mark.parametrize("point", [[0.5, 0.5, 0.5], [0.5, 1.0, 1.0], [0.5, 0.0, 0.0], [0.5, 1.0 - 1e-16, 1e-16]])
def test_a_point_holds_one_category(point: list[float]) -> None:
    X = np.hstack([np.linspace(0, 1, 12)[:, None], np.eye(2)[np.arange(12) % 2]])
    _, certificate, rules, numbers = given(rr.Domain.from_data(X))
    rules["rules"][0]["point"] = point
    assert "not just one of 'x1', 'x2' is 1" in why((certificate, rules, numbers))


def test_bounds_and_inequalities_are_those_of_the_point_exactly() -> None:
    """A last digit outside is outside."""
    domain = rr.Domain.box([0.0, 0.0], [1.0, 1.0]).where("x0 + x1 <= 1.5")
    _, certificate, rules, numbers = given(domain)
    point = rules["rules"][0]["point"]
    rules["features"][0]["upper"] = math.nextafter(point[0], -math.inf)
    assert "'x0' is" in why((certificate, rules, numbers))
    rules["features"][0]["upper"] = 1.0
    total = point[0] + point[1]
    rules["constraints"][0]["at_most"] = math.nextafter(total, -math.inf) - 1e-15
    assert "constraint 1 doesn't hold" in why((certificate, rules, numbers))


def test_a_point_on_a_boundary_of_its_rule_isnt_inside() -> None:
    _, certificate, rules, numbers = given(rr.Domain.box([-1.0, -1.0], [1.0, 1.0]))
    rule = next(rule for rule in rules["rules"] if rule["conditions"])
    split = rules["splits"][rule["conditions"][0]["split"]]
    split["coefficients"], split["at_least"] = {"x0": 1.0}, rule["point"][0]
    assert "isn't inside it" in why((certificate, rules, numbers))


def test_as_much_is_proven_as_membership_forgives() -> None:
    """Rows may be over an inequality by 1e-12 of its terms: a bound that forgets them would be too small."""
    _, certificate, rules, _ = given(rr.Domain.box([0.0, 0.0], [1e3, 1e3]).where("x0 + x1 <= 500"))
    read = from_json(rules)
    ground = checker.Ground(rules, files_model(rules))
    over = float(read.domain.limits[0] - 500.0)
    x = np.array([[250.0 + over, 250.0]])
    assert read.domain.contains(x).all()
    u = [round((float(x[0, j]) - 500.0) / 500.0 * checker.ONE) for j in ground.space.columns]
    wall = ground.walls[0]
    value = sum(a * b for a, b in zip(wall[:-1], u, strict=True)) + wall[-1] * checker.ONE
    assert value > 0
    assert certificate["bound"] < 1e-8


def files_model(rules: Any) -> Any:
    """Some numbers of a model with the rules' columns."""
    layer = {"kind": "affine", "weights": [[1.0] * len(rules["features"])], "constants": [0.0]}
    names = [feature["name"] for feature in rules["features"]]
    return {"features": names, "outputs": ["y"], "layers": [layer]}
