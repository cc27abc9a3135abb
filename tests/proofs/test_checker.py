"""The checker on tiny networks, with certificates written by hand: y = |x1| = 2 relu(x1) - x1 on
[-1, 1] x [0, 2].
"""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from file_copies import copy_content

from relurules import checker
from relurules.checker.script import make_check_script

MODEL: dict[str, Any] = {
    "format": "relurules.model",
    "version": 2,
    "read": "stored weights",
    "features": ["x1", "x2"],
    "outputs": ["y"],
    "named": {"columns": True, "outputs": True},
    "layers": [
        {
            "kind": "canonical",
            "A": [[1.0, 0.0]],
            "L": [[0.0]],
            "b": [0.0],
            "C": [[-1.0, 0.0]],
            "U": [[2.0]],
            "c": [0.0],
            "slope": [0.0],
        },
    ],
}


def score(x1: float, constant: float = 0.0) -> dict[str, Any]:
    return {"y": {"constant": constant, "coefficients": {"x1": x1}}}


RULES: dict[str, Any] = {
    "outputs": ["y"],
    "complete": True,
    "max_error": 0.0,
    "features": [
        {"name": "x1", "lower": -1.0, "upper": 1.0},
        {"name": "x2", "lower": 0.0, "upper": 2.0},
    ],
    "constraints": [],
    "splits": [
        {
            "coefficients": {"x1": 1.0},
            "at_least": 0.0,
            "otherwise": {"rule": 2},
            "then": {"rule": 1},
        }
    ],
    "rules": [
        {"conditions": [{"split": 0, "holds": True}], "outputs": score(1.0), "point": [0.5, 1.0]},
        {
            "conditions": [{"split": 0, "holds": False}],
            "outputs": score(-1.0),
            "point": [-0.5, 1.0],
        },
    ],
}
#: Rule 1: z = x1 >= 0 is its condition, row 0, once. Rule 2: -z likewise.
TREES: list[Any] = [[[[1, 0, 1.0]], "leaf"], [[[-1, 0, 1.0]], "leaf"]]
#: One rule y = 1/2 everywhere, off by 1/2: cut along the neuron, then say each side.
FLAT: dict[str, Any] = RULES | {
    "splits": [],
    "rules": [{"conditions": [], "outputs": score(0.0, 0.5), "point": [0.0, 1.0]}],
}
CUT: list[Any] = [[[], "split", 0, [[], "leaf", [], [0, 1.0]], [[], "leaf", [], [0, 1.0]]]]


def certificate(trees: Any, rules: Any, model: Any = MODEL, paths: Any = ()) -> dict[str, Any]:
    """A whole certificate around trees that hold."""
    found = {
        "format": checker.FORMAT,
        "version": checker.VERSION,
        "digests": checker.hash_rules_and_model(rules, model),
    }
    found |= {"rules": trees, "paths": list(paths)}
    verdict = checker.check_trees(found, rules, model)
    found |= {"bound": verdict.bound, "bounds": [list(own) for own in verdict.bounds]}
    return {**found, "digest": checker.hash_json(found)}


def bound(trees: Any, rules: Any, model: Any = MODEL, paths: Any = ()) -> float:
    verdict = checker.check(certificate(trees, rules, model, paths), rules, model)
    assert verdict, verdict.why
    return verdict.bound


def changed(value: Any, change: Any) -> Any:
    value = copy_content(value)
    change(value)
    return value


def test_exact_rules_are_proven_to_the_last_digit() -> None:
    assert bound(TREES, RULES) < 1e-50


def test_a_rule_that_is_off_is_off_by_just_that() -> None:
    assert bound(CUT, FLAT) == pytest.approx(0.5, abs=1e-15)
    careless = [[[], "split", 0, [[], "leaf"], [[], "leaf"]]]
    assert bound(careless, FLAT) == pytest.approx(1.5, abs=1e-15)


def test_without_multipliers_a_neuron_may_be_anything() -> None:
    """Taken as positive on all of [-1, 1], relu(x1) is off by up to 1, which counts twice."""
    assert bound([[[1], "leaf"]], FLAT) == pytest.approx(0.5 + 1.0 + 2.0, abs=1e-12)


def test_the_slope_that_is_almost_1_costs_what_it_costs() -> None:
    layer = MODEL["layers"][0] | {"slope": [0.9996], "C": [[0.0, 0.0]], "U": [[1.0]]}
    rules = FLAT | {"rules": [FLAT["rules"][0] | {"outputs": score(1.0)}]}
    found = bound([[[1], "leaf"]], rules, MODEL | {"layers": [layer]})
    assert found == pytest.approx(float(1 - Fraction(0.9996)), rel=1e-12)


def test_scaling_is_exact() -> None:
    """(x - 1/10) / 3 and back, in decimal fractions that no float64 holds."""
    scale = {"kind": "scale", "minus": [0.1, 0.0], "over": [3.0, 1.0]}
    back = {"kind": "affine", "weights": [[3.0, 0.0]], "constants": [0.1]}
    rules = FLAT | {"rules": [FLAT["rules"][0] | {"outputs": score(1.0)}]}
    assert bound([[[], "leaf"]], rules, MODEL | {"layers": [scale, back]}) < 1e-50


def test_an_empty_part_needs_a_reason() -> None:
    rules = RULES | {"constraints": [{"coefficients": {"x1": 1.0}, "at_most": -0.25}]}
    rules = changed(rules, lambda r: r["rules"].pop(0))
    rules["splits"] = []
    rules["rules"][0]["conditions"] = []
    good = [[[], "split", 0, [[], "leaf"], [[], "empty", [0, 1.0, 1, 1.0]]]]
    assert bound(good, rules) < 1e-50
    for reason in ([], [0, 1.0], [1, 1.0], [0, 1.0, 1, 0.5], [0, 1.0, 1, 2.0]):
        with pytest.raises(checker.RefusedError, match="empty"):
            bound([[[], "split", 0, [[], "leaf"], [[], "empty", reason]]], rules)


def test_categories_hold_one_member() -> None:
    """y = relu(a - b) of a one-hot pair is a; halves of both, where it isn't, are no rows."""
    features = [{"name": name, "lower": 0.0, "upper": 1.0, "integer": True} for name in "ab"]
    layer = {
        "kind": "canonical",
        "A": [[1.0, -1.0]],
        "L": [[0.0]],
        "b": [0.0],
        "C": [[0.0, 0.0]],
        "U": [[1.0]],
        "c": [0.0],
        "slope": [0.0],
    }
    model = MODEL | {"features": ["a", "b"], "layers": [layer]}
    own = {"y": {"constant": 0.0, "coefficients": {"a": 1.0}}}
    rules = FLAT | {"features": features, "groups": [["a", "b"]],
                    "rules": [{"conditions": [], "outputs": own, "point": [1.0, 0.0]}]}  # fmt: skip
    assert bound([[[], "category", 0, [[1], "leaf"], [[-1], "leaf"]]], rules, model) < 1e-50
    assert bound([[[1], "leaf"]], rules, model) == pytest.approx(2.0)


def test_a_way_that_misses_conditions_has_its_own_proof() -> None:
    """Rule 1 said to hold where x1 >= 0.25 only, while the tree sends all x1 >= 0 there."""
    split = {
        "coefficients": {"x1": 1.0},
        "at_least": 0.25,
        "otherwise": {"rule": 2},
        "then": {"rule": 1},
    }
    rules = changed(RULES, lambda r: r["splits"].append(split))
    rules["rules"][0]["conditions"][0]["split"] = 1
    rules["rules"][0]["point"] = [0.5, 1.0]
    with pytest.raises(checker.RefusedError, match="to rule 1 isn't proven"):
        bound(TREES, rules)

    assert bound(TREES, rules, paths=[TREES[0]]) < 1e-50


def _decides(rules: Any) -> Any:
    rules = changed(
        rules, lambda r: [item["outputs"].update(score(0.0, 0.0)) for item in r["rules"]]
    )
    for item, value in zip(rules["rules"], (1.0, -1.0), strict=True):
        item["outputs"] = {"score": {"constant": value, "coefficients": {}}}
    heads = [{"link": "step", "scores": [0], "component": 0}]
    decision = {"classes": ["y < 0.5", "y >= 0.5"], "threshold": 0.5}
    return rules | {"outputs": ["class"], "decision": decision, "heads": heads}


def test_decisions_have_a_margin() -> None:
    """|x1| >= 1/2 is decided by x1 >= 0: wrong by 1/2 at most on either side."""
    trees = [[[[1, 0, 1.0]], "leaf", [0, 1.0]], TREES[1]]
    assert bound(trees, _decides(RULES)) == pytest.approx(0.5, abs=1e-12)


WRONG: dict[str, tuple[Any, Any, Any]] = {
    "a neuron isn't told": ([[[], "leaf"], TREES[1]], RULES, MODEL),
    "a tree is missing": (TREES[:1], RULES, MODEL),
    "a row doesn't exist": ([[[[1, 5, 1.0]], "leaf"], TREES[1]], RULES, MODEL),
    "a row before the first": ([[[[1, -1, 1.0]], "leaf"], TREES[1]], RULES, MODEL),
    "a multiplier is negative": ([[[[1, 0, -1.0]], "leaf"], TREES[1]], RULES, MODEL),
    "a multiplier is no number": ([[[[1, 0, float("nan")]], "leaf"], TREES[1]], RULES, MODEL),
    "a kind of node": ([[[[1, 0, 1.0]], "root"], TREES[1]], RULES, MODEL),
    "a number in place of a tree": ([7, TREES[1]], RULES, MODEL),
    "a model with other columns": (TREES, RULES, MODEL | {"features": ["x1"]}),
    "a model with links": (
        TREES,
        RULES,
        MODEL | {"heads": [{"link": "exp", "scores": [0], "component": 0}]},
    ),
    "a model with a number that is none": (
        TREES,
        RULES,
        MODEL | {"layers": [MODEL["layers"][0] | {"c": [1e999]}]},
    ),
    "a layer of another kind": (TREES, RULES, MODEL | {"layers": [{"kind": "tanh"}]}),
    "a score under another name": (
        TREES,
        changed(RULES, lambda r: r["rules"][0].update(outputs={"z": 0})),
        MODEL,
    ),
    "a tree that runs in a circle": (
        TREES,
        changed(RULES, lambda r: r["splits"][0].update(then={"split": 0})),
        MODEL,
    ),
    "a rule that isn't there": (
        TREES,
        changed(RULES, lambda r: r["splits"][0].update(then={"rule": 3})),
        MODEL,
    ),
    "no rule for a part": (TREES, changed(RULES, lambda r: r["splits"][0].update(then={})), MODEL),
    "crossed bounds": (TREES, changed(RULES, lambda r: r["features"][0].update(lower=2.0)), MODEL),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_refused(kind: str) -> None:
    trees, rules, model = WRONG[kind]
    found = {
        "format": checker.FORMAT,
        "version": checker.VERSION,
        "digests": checker.hash_rules_and_model(rules, model),
    }
    found |= {"rules": trees, "paths": [], "bound": 0.0, "bounds": [[0.0, 0.0]] * 2}
    verdict = checker.check({**found, "digest": checker.hash_json(found)}, rules, model)
    assert not verdict
    assert "it says" not in verdict.why, "refused for its bound only"


def test_an_incomplete_tree_is_told() -> None:
    rules = changed(RULES, lambda r: r["splits"][0].update(then={})) | {"complete": False}
    verdict = checker.check(certificate(TREES, rules), rules, MODEL)
    assert verdict
    assert not verdict.covers
    assert "not all of the domain" in checker.describe_verdict(verdict)


def test_the_script_needs_nothing_but_python(tmp_path: Path) -> None:
    files = {
        "certificate.json": certificate(TREES, RULES),
        "rules.json": RULES,
        "model.json": MODEL,
    }
    for name, value in files.items():
        (tmp_path / name).write_text(json.dumps(value))
    (tmp_path / "check.py").write_text(make_check_script())

    def run() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", "check.py", *files]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    done = run()
    assert (done.returncode, done.stdout[:6]) == (0, "proven"), done
    (tmp_path / "model.json").write_text(json.dumps(MODEL | {"read": "dreams"}))
    done = run()
    assert (done.returncode, done.stdout) == (1, "refused: it is about another model\n")
