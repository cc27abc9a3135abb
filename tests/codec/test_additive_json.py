"""Files of additive rules: numbers come back exactly, and a file that isn't right is refused with
the place.
"""

import json
import pickle
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from handmade import graph, network, random_network, rows_in, rules_of
from jsonschema import Draft202012Validator
from sklearn.compose import make_column_transformer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import relurules as rr
from relurules.cli.main import run
from relurules.codec.additive_file import make_additive_schema_text
from relurules.codec.additive_json import additive_to_json
from relurules.errors import RulesError
from relurules.ir import AdditiveRules, Head
from relurules.ir.rule_table import RuleTable
from relurules.ir.ruleset import Tradeoff

BOX = rr.Domain.box([-2, -1], [1, 3], ["mean radius", "größe"])


def extract_lines(net: Any, domain: Any = None, heads: Any = (), **options: Any) -> AdditiveRules:
    rules = rr.extract(graph(net, heads=heads), domain=domain, form="additive", **options)
    assert isinstance(rules, AdditiveRules)
    return rules


def assert_same(one: Any, other: Any, where: str = "") -> None:
    """Field by field; arrays bit by bit."""
    if isinstance(one, np.ndarray):
        assert one.shape == other.shape, where
        assert np.array_equal(one, other), where
        assert np.array_equal(np.signbit(one), np.signbit(other)), where
    elif isinstance(one, tuple | list):
        assert len(one) == len(other), where
        for i, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{where}[{i}]")
    elif isinstance(one, RuleTable):
        assert_same(list(one), list(other), where)
    elif hasattr(one, "__dataclass_fields__"):
        for field in fields(one):
            if field.name != "lifting":
                name = f"{where}.{field.name}"
                assert_same(getattr(one, field.name), getattr(other, field.name), name)
    else:
        assert one == other, where


def assert_round_trip(rules: AdditiveRules, folder: Path) -> None:
    rules.save(folder / "a.json")
    again = AdditiveRules.load(folder / "a.json")
    again.save(folder / "b.json")
    assert_same(rules, again)
    assert (folder / "a.json").read_bytes() == (folder / "b.json").read_bytes()
    Draft202012Validator(json.loads(make_additive_schema_text())).validate(
        json.loads((folder / "a.json").read_text())
    )
    assert_same(rules, pickle.loads(pickle.dumps(rules)))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("domain", [None, BOX.where("`mean radius` + 2*größe <= 4")])
def test_round_trip_is_exact(seed: int, domain: Any, tmp_path: Path) -> None:
    data = None if domain is None else rows_in(domain, 50, seed)
    rules = extract_lines(random_network(seed), domain, data=data)
    assert_round_trip(rules, tmp_path)
    X = rows_in(domain or BOX, 200)
    assert np.array_equal(rr.load(tmp_path / "a.json").predict(X), rules.predict(X))


def test_round_trip_of_heads_and_evidence(tmp_path: Path) -> None:
    heads = [Head("softmax", (0, 1, 2), i) for i in range(3)]
    data = rows_in(BOX, 80)
    net = random_network(1, m=3)
    y = np.argmax(net.evaluate(data), axis=1)
    rules = extract_lines(net, BOX, heads, data=data, y=y, reference="best")
    assert rules.evidence is not None
    assert rules.evidence.part_deviations is not None
    assert rules.evidence.histograms
    assert_round_trip(rules, tmp_path)


def test_round_trip_of_categories(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    table = pandas.DataFrame(
        {"kind": chance.choice(["a", "b", "ü"], 120), "x": chance.normal(size=120)}
    )
    y = np.where((table["kind"] == "a") ^ (table["x"] > 0), "yes", "no")
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough"),
        MLPClassifier((6,), solver="lbfgs", max_iter=2000, random_state=0),
    ).fit(table, y)
    rules = rr.extract(model, data=table, y=y, form="additive")
    assert_round_trip(rules, tmp_path)
    again = rr.load(tmp_path / "a.json")
    assert again.classify(table).tolist() == rules.classify(table).tolist()


def test_round_trip_of_tradeoffs_and_bounds(tmp_path: Path) -> None:
    rules = extract_lines(random_network(2), BOX)
    steps = (Tradeoff(5, 0.0), Tradeoff(0, np.inf))
    rules = replace(rules, tradeoffs=steps, score_error=np.inf)
    assert_round_trip(rules, tmp_path)
    assert AdditiveRules.load(tmp_path / "a.json").simplified


def test_no_lines_and_odd_numbers(tmp_path: Path) -> None:
    net = network(np.empty((0, 2)), [], np.empty((1, 0)), C=[[5e-324, -1e150]], c=[-0.0])
    assert_round_trip(extract_lines(net, BOX), tmp_path)


def test_each_loader_says_what_the_other_file_is(tmp_path: Path) -> None:
    net = random_network(0)
    extract_lines(net, BOX).save(tmp_path / "lines.json")
    rules_of(net, BOX).save(tmp_path / "rules.json")
    with pytest.raises(RulesError, match=r"additive rules, not partition rules; AdditiveRules\."):
        rr.RuleSet.load(tmp_path / "lines.json")
    with pytest.raises(RulesError, match=r"partition rules, not additive rules; RuleSet\.load"):
        AdditiveRules.load(tmp_path / "rules.json")
    assert isinstance(rr.load(tmp_path / "lines.json"), AdditiveRules)
    assert isinstance(rr.load(tmp_path / "rules.json"), rr.RuleSet)


BROKEN: dict[str, tuple[Callable[[Any], Any], str]] = {
    "another version": (lambda f: f.update(version=2), "version 2 of the format; this release"),
    "unknown part": (lambda f: f.update(rules=[]), r"Additional properties .* supported: format"),
    "no lines": (lambda f: f.pop("lines"), "'lines' is a required property"),
    "text for a number": (lambda f: f["lines"][0].update(above="1"), r"\$\.lines\[0\]\.above"),
    "null for a number": (lambda f: f["lines"][0].update(above=None), r"\$\.lines\[0\]\.above"),
    "negative rows": (lambda f: f["lines"][0].update(rows=-1), r"\$\.lines\[0\]\.rows"),
    "unknown feature": (
        lambda f: f["lines"][0]["coefficients"].update(weight=1.0),
        r"\$\.lines\[0\]\.coefficients: 'weight' is no feature; there are",
    ),
    "no coefficients": (
        lambda f: f["lines"][0].update(coefficients={}), r"\$\.lines\[0\]\.coefficients"
    ),
    "nothing read": (
        lambda f: f["lines"][0].update(coefficients={"x0": 0.0}), "a line reads a feature at least"
    ),
    "a slope missing": (lambda f: f["lines"][0]["slopes"].pop("y1"), r"lines\[0\].slopes lacks"),
    "a slope too many": (
        lambda f: f["lines"][0]["slopes"].update(z=1.0), r"lines\[0\].slopes names 'z'"
    ),
    "a score missing": (lambda f: f["base"].pop("y1"), "base lacks 'y1'"),
    "a score too many": (
        lambda f: f["base"].update(z=f["base"]["y0"]), "base names 'z'"
    ),
    "unknown in the base": (
        lambda f: f["base"]["y0"]["coefficients"].update(weight=1.0), r"\$\.base\['y0'\]"
    ),
    "a group without rules": (
        lambda f: f["neuron_groups"][0].update(rules=[]), r"\$\.neuron_groups\[0\]\.rules"
    ),
    "a group that ends early": (
        lambda f: f["neuron_groups"][0]["splits"][0].update(then={}), "lead nowhere in part"
    ),
    "a split to itself": (
        lambda f: f["neuron_groups"][0]["splits"][0].update(then={"split": 0}), "not to a later"
    ),
    "unknown in a group": (
        lambda f: f["neuron_groups"][0]["splits"][0]["coefficients"].update(q=1.0),
        r"\$\.neuron_groups\[0\]\.splits\[0\]",
    ),
    "a group's network": (
        lambda f: f["neuron_groups"][0]["network"]["b"].pop(), r"neuron_groups\[0\]\.network\.b"
    ),
    "a point elsewhere": (
        lambda f: f["neuron_groups"][0]["rules"][0].update(point=[9.0, 9.0]),
        "the point of rule 1 of group 1 isn't in the domain",
    ),
    "fewer parts": (
        lambda f: f["evidence"]["part_deviations"].pop(), "evidence.part_deviations has shape"
    ),
    "ragged parts": (
        lambda f: f["evidence"]["part_deviations"][0].pop(), "evidence.part_deviations"
    ),
    "fewer histograms": (lambda f: f["evidence"]["histograms"].pop(), "holds 1 entries for 2"),
    "fewer bins": (
        lambda f: f["evidence"]["histograms"][1]["counts"].pop(), r"histograms\[1\] holds"
    ),
    "bins that fall": (
        lambda f: f["evidence"]["histograms"][1]["edges"].reverse(), r"edges fall"
    ),
    "evidence of rules": (lambda f: f["evidence"]["rules"].append({}), r"evidence\.rules"),
}  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> Any:
    net = network(
        [[1, 0.5], [0, 2], [1, 1]], [0.5, -1, 0.25], [[1, 2, 0], [0, 1, -1]],
        L=[[0, 0, 0], [0, 0, 0], [0, 0.5, 0]],
    )  # fmt: skip
    domain = rr.Domain.box([-2, -1], [1, 3])
    rules = extract_lines(net, domain, data=rows_in(domain, 30))
    assert (len(rules), len(rules.groups)) == (1, 1)
    return json.dumps(additive_to_json(rules))


@pytest.mark.parametrize("name", BROKEN)
def test_refuses_what_is_wrong(name: str, whole: str, tmp_path: Path) -> None:
    change, said = BROKEN[name]
    found = json.loads(whole)
    change(found)
    (tmp_path / "lines.json").write_text(json.dumps(found))
    with pytest.raises(RulesError, match=said):
        rr.load(tmp_path / "lines.json")


def test_schema_is_printed(capsys: Any) -> None:
    assert run(["schema", "--form", "additive"]) == 0
    assert capsys.readouterr().out == make_additive_schema_text()
    assert run(["schema", "--form", "other"]) == 2
    assert "supported: partition, additive" in capsys.readouterr().err
