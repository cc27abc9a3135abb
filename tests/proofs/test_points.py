"""Nothing is proven of a domain without a point: every rule shows one, in exact arithmetic."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from file_copies import copy_content
from instances import files
from tampering import stamped
from test_checker import CUT, FLAT, MODEL, RULES, TREES
from torch import nn

import relurules as rr
from relurules import checker
from relurules.codec.rules_json import from_json
from relurules.errors import ModelError


def given(domain: rr.Domain, data: Any = None) -> tuple[Any, Any, Any, Any]:
    """A model, and certificate, rules and model as they are in files."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(len(domain), 4), nn.ReLU(), nn.Linear(4, 1))
    rules = rr.extract(model, domain=domain, data=data)
    return model, *files(model, rules, rr.prove(rules, model))


def why(triple: tuple[Any, Any, Any]) -> str:
    return checker.check(*stamped(triple)).why


def test_numbers_tied_as_a_group_prove_nothing() -> None:
    """Income or age would be 1, the other 0: no row is, and any formula would be right."""
    model, certificate, rules, numbers = given(
        rr.Domain.box([20, 18], [90, 99], names=["income", "age"])
    )
    rules["groups"] = [["income", "age"]]
    for rule in rules["rules"]:
        rule["outputs"]["y"] = {"constant": 1e6, "coefficients": {}}
    forged = certificate | {
        "rules": [[[], "leaf"] for _ in rules["rules"]],
        "bounds": [[0.0, 0.0]] * len(rules["rules"]),
    }
    assert "'income', which is no indicator" in why(
        (forged | {"bound": 0.0, "paths": []}, rules, numbers)
    )
    with pytest.raises(ModelError, match="'income', which is no indicator"):
        rr.prove(from_json(rules), model)


def test_columns_of_0_and_1_that_a_table_showed_are_tied_and_that_is_told() -> None:
    X = np.hstack([np.linspace(0, 1, 12)[:, None], np.eye(2)[np.arange(12) % 2]])
    _, *triple = given(rr.Domain.from_data(X))
    verdict = checker.check(*triple)
    assert verdict
    assert verdict.notes[0] == "of the columns 'x1', 'x2' exactly one is 1 in the domain"


@pytest.mark.parametrize(
    "point", [[0.5, 0.5, 0.5], [0.5, 1.0, 1.0], [0.5, 0.0, 0.0], [0.5, 1.0 - 1e-16, 1e-16]]
)
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
    rules["constraints"][0]["at_most"] = total - 1e-9
    assert "constraint 1 doesn't hold" in why((certificate, rules, numbers))


def wall_at(excess: float) -> dict[str, Any]:
    """Rules of one piece, whose point misses an inequality by so much."""
    rules = copy_content(FLAT)
    point = rules["rules"][0]["point"]
    rules["constraints"] = [{"coefficients": {"x2": 1.0}, "at_most": point[1] - excess}]
    return rules


def test_what_membership_forgives_shows_no_point_of_the_domain() -> None:
    """The proof covers rows that are over an inequality by rounding, but they don't show that there
    are others.
    """
    checker.check_trees({"rules": CUT, "paths": []}, wall_at(0.0), MODEL)
    with pytest.raises(
        checker.RefusedError, match="no rule has a point that is inside it and in the domain"
    ):
        checker.check_trees({"rules": CUT, "paths": []}, wall_at(2.0**-50), MODEL)

    with pytest.raises(checker.RefusedError, match="constraint 1 doesn't hold there"):
        checker.check_trees({"rules": CUT, "paths": []}, wall_at(1e-9), MODEL)


def test_a_rule_whose_point_is_on_its_boundary_isnt_shown_to_hold_anywhere() -> None:
    rules = copy_content(RULES)
    rules["rules"][1]["point"] = [0.0, 1.0]
    verdict = checker.check_trees({"rules": TREES, "paths": []}, rules, MODEL)
    assert verdict.notes == (
        "rules not shown to hold anywhere, as their points are on a boundary or beyond: 2",
    )
    rules["rules"][0]["point"] = [0.0, 1.0]
    with pytest.raises(checker.RefusedError, match="no rule has a point"):
        checker.check_trees({"rules": TREES, "paths": []}, rules, MODEL)


def test_conditions_that_a_file_leaves_out_are_those_of_the_only_way() -> None:
    rules = copy_content(RULES)
    for rule in rules["rules"]:
        del rule["conditions"]

    assert checker.read_conditions(rules) == [[(0, True)], [(0, False)]]
    assert (
        checker.check_trees({"rules": TREES, "paths": []}, rules | {"version": 2}, MODEL).bound
        < 1e-50
    )
    rules["splits"][0]["otherwise"] = {"rule": 1}
    with pytest.raises(
        checker.RefusedError, match="rule 1 has no conditions, and not just one way"
    ):
        checker.read_conditions(rules)

    with pytest.raises(checker.RefusedError, match="the rules' file is of version 3"):
        checker.check_trees({"rules": TREES, "paths": []}, rules | {"version": 3}, MODEL)


def test_as_much_is_proven_as_membership_forgives() -> None:
    """Rows may be over an inequality by 1e-12 of its terms: a bound that forgets them would be too
    small.
    """
    _, certificate, rules, _ = given(rr.Domain.box([0.0, 0.0], [1e3, 1e3]).where("x0 + x1 <= 500"))
    read = from_json(rules)
    ground = checker.ProofContext(rules, files_model(rules))
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
