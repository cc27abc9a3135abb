"""A proof is about the model's own columns, outputs, classes, links and thresholds, or says what it
isn't about.
"""

import json
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from file_copies import copy_content
from handmade import graph, network
from instances import NAMED, files, instance, named_instance
from tampering import stamped
from tampering_names import renamed
from torch import nn

import relurules as rr
from relurules import checker
from relurules.codec.rules_json import from_json
from relurules.errors import ModelError
from relurules.proofs import certify
from relurules.proofs.proving import read_model_numbers

VERSION1 = Path(__file__).parent / "version1"


@cache
def _proven(kind: str) -> tuple[Any, Any]:
    model, rules = named_instance(kind)
    return model, files(model, rules, rr.prove(rules, model))


def proven(kind: str) -> tuple[Any, Any, Any, Any]:
    model, triple = _proven(kind)
    return model, *copy_content(triple)


def swapped(rules: Any, one: str, other: str) -> Any:
    return renamed(rules, {one: other, other: one})


@pytest.fixture(scope="module")
def _all_proven() -> None:
    for kind in NAMED:
        _proven(kind)


@pytest.fixture
def unsearched(_all_proven: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is refused is refused before anything is searched for."""

    def fail(*_: Any) -> None:
        raise AssertionError("a search began")

    monkeypatch.setattr(certify, "CertificateSearch", fail)


SWAPS = {
    "columns": (
        "scores",
        ("income", "age"),
        "column 1 of the rules is 'age', column 1 of the model 'income'",
    ),
    "outputs": (
        "scores",
        ("p_no", "p_yes"),
        "output 1 of the rules is 'p_yes', output 1 of the model 'p_no'",
    ),
    "classes": (
        "argmax",
        ("no", "yes"),
        "class 1 of the rules is 'yes', class 1 of the model 'no'",
    ),
    "classes of a threshold": (
        "threshold",
        ("p_yes < 0.3", "p_yes >= 0.3"),
        "class 1 of the rules is 'p_yes >= 0.3'",
    ),
}


@pytest.mark.parametrize("what", SWAPS)
@pytest.mark.usefixtures("unsearched")
def test_what_is_swapped_is_neither_accepted_nor_proven(what: str) -> None:
    kind, names, why = SWAPS[what]
    model, certificate, rules, numbers = proven(kind)
    other = swapped(rules, *names)
    assert why in checker.check(*stamped((certificate, other, numbers))).why
    with pytest.raises(ModelError, match=why):
        rr.prove(from_json(other), model)


def test_a_name_of_ones_own_is_another_column() -> None:
    model, certificate, rules, numbers = proven("scores")
    other = renamed(rules, {"income": "wealth"})
    assert "'wealth'" in checker.check(*stamped((certificate, other, numbers))).why
    with pytest.raises(
        ModelError, match="column 1 of the rules is 'wealth', column 1 of the model 'income'"
    ):
        rr.prove(from_json(other), model)


def test_kinds_of_columns_are_the_models() -> None:
    _, certificate, rules, numbers = proven("categories")
    plain = {name: value for name, value in rules.items() if name != "columns"}
    assert (
        "kinds or categories differ" in checker.check(*stamped((certificate, plain, numbers))).why
    )


def notes(model: Any, rules: rr.RuleSet) -> str:
    verdict = rr.check(rr.prove(rules, model), rules, model)
    assert verdict, verdict.why
    return "; ".join(verdict.notes)


def test_a_model_without_names_is_compared_by_position_and_that_is_told() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), columns=["age", "debt"])
    rules = rr.extract(model, data=frame)
    told = notes(model, rules)
    assert "columns are compared by position only, as the model has no names of its own" in told
    assert "outputs are compared by position only" in told
    assert told in checker.describe_verdict(rr.check(rr.prove(rules, model), rules, model))


def test_columns_counted_from_one_arent_swapped_ones() -> None:
    """x1 is the first column here, and the second one of a model that nobody named."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    assert "position" in notes(
        model, rr.extract(model, domain=rr.Domain.box([0, 0], [1, 1], names=["x1", "x2"]))
    )
    turned = rr.extract(model, domain=rr.Domain.box([0, 0], [1, 1], names=["x1", "x0"]))
    with pytest.raises(
        ModelError, match="column 1 of the rules is 'x1', column 1 of the model 'x0'"
    ):
        rr.prove(turned, model)


def test_rules_without_names_of_a_model_that_has_some_are_compared_by_position() -> None:
    model, _ = named_instance("scores")
    rules = rr.extract(model, domain=rr.Domain.box([0, -1], [1, 1]))
    assert notes(model, rules) == "columns are compared by position only, as the rules name none"


def test_text_columns_of_a_model_without_names_are_the_rules_word() -> None:
    torch.manual_seed(1)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "c": rng.choice(list("pqr"), 60)})
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))
    told = notes(model, rr.extract(model, data=frame))
    assert "how a table becomes columns of numbers is the rules' word alone" in told


def test_all_that_a_model_names_leaves_nothing_open() -> None:
    for kind in NAMED:
        _, *triple = proven(kind)
        verdict = checker.check(*triple)
        assert verdict
        assert verdict.notes == ()


# Links and thresholds


@pytest.mark.usefixtures("unsearched")
def test_a_threshold_of_shares_is_refused() -> None:
    model, certificate, rules, numbers = proven("three classes")
    rules["decision"] = {"classes": ["p_yes < 0.5", "p_yes >= 0.5"], "threshold": 0.5}
    assert (
        "through softmax, which is made of several scores"
        in checker.check(*stamped((certificate, rules, numbers))).why
    )
    with pytest.raises(ModelError, match="through a softmax the largest decides"):
        rr.prove(from_json(rules), model)


@pytest.mark.parametrize("threshold", [0.0, 1.0, 1.5, -2.0])
def test_a_threshold_that_is_never_reached_is_refused(threshold: float) -> None:
    _, certificate, rules, numbers = proven("threshold")
    classes = [f"p_yes {sign} {threshold:g}" for sign in ("<", ">=")]
    rules["decision"] = {"classes": classes, "threshold": threshold}
    assert (
        "never reaches the threshold" in checker.check(*stamped((certificate, rules, numbers))).why
    )


@pytest.mark.parametrize(
    "value", ["1/2", "2", "1", "3", "1e-300", "1e300", "1.0000000000000002", "0.9999999999", "7/5"]
)
def test_logarithms_are_enclosed(value: str) -> None:
    exact = Fraction(value)
    cut, radius = checker.approximate_logarithm(exact)
    with localcontext() as context:
        context.prec = 120
        true = (Decimal(exact.numerator) / Decimal(exact.denominator)).ln() * Decimal(checker.ONE)
        assert abs(true - cut) <= radius
    assert radius <= 2


def test_a_cut_near_one_half_costs_no_more_than_its_own_rounding() -> None:
    """The score 4e-10 of a share just over 1/2; a logarithm in float64 would be off by 1e-16."""
    threshold = 0.5 + 1e-10
    numbers = read_model_numbers(
        graph(network([[1.0]], [0.0], [[1.0]]), ["p"], [rr.ir.Head("sigmoid", (0,))])
    )
    cut = checker.read_decision(numbers, threshold).cut / checker.ONE
    odds = Fraction(threshold) / (1 - Fraction(threshold)) - 1
    assert cut == pytest.approx(float(odds - odds**2 / 2), rel=1e-15)


def test_links_are_the_models() -> None:
    _, certificate, rules, numbers = proven("scores")
    rules["heads"][0]["link"] = "sigmoid"
    assert (
        "aren't made of their scores as the model's"
        in checker.check(*stamped((certificate, rules, numbers))).why
    )


# What is under a digest


@pytest.mark.parametrize(
    "part", ["network", "traced", "heads", "score_error", "complete", "outputs", "groups", "format"]
)
def test_every_part_of_a_claim_is_under_a_digest(part: str) -> None:
    _, certificate, rules, numbers = proven("categories")
    rules[part] = "another"
    assert (
        "another domain" in (why := checker.check(certificate, rules, numbers).why)
        or "other rules" in why
    )


@pytest.mark.parametrize("part", ["provenance", "evidence", "reference", "tradeoffs", "reduction"])
def test_where_rules_come_from_is_no_part_of_the_claim(part: str) -> None:
    _, certificate, rules, numbers = proven("categories")
    rules[part] = "another"
    assert checker.check(certificate, rules, numbers)


# Other models, and files of before


def _model(seed: int, scale: float = 1.0) -> nn.Sequential:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 6), nn.ReLU(), nn.Linear(6, 1)).double()
    model[0].weight.data *= scale
    return model


@pytest.mark.usefixtures("unsearched")
@pytest.mark.parametrize("decision", [None, 0.1])
def test_the_wrong_model_is_told_before_anything_is_searched_for(
    decision: float | None, tmp_path: Path
) -> None:
    rules = rr.extract(_model(0), domain=rr.Domain.box([-1] * 3, [1] * 3), decision=decision)
    told: list[str] = []
    with pytest.raises(
        ModelError,
        match=r"isn't the network that the rules were extracted from.* in rule \d+, at x0 = ",
    ):
        rr.prove(rules, _model(1), notice=told.append)

    assert len(told) == 1
    assert rules.provenance.digest[:16] in told[0]
    (tmp_path / "model.json").write_text(json.dumps(read_model_numbers(_model(1))))
    with pytest.raises(ModelError, match="isn't the network that the rules were extracted from"):
        rr.prove(rules, tmp_path / "model.json")


def test_a_model_that_was_written_anew_is_proven(tmp_path: Path) -> None:
    """Rounding of its weights to float32 changes the digest, and the bound, no more."""
    rules = rr.extract(_model(0), domain=rr.Domain.box([-1] * 3, [1] * 3))
    told: list[str] = []
    anew = _model(0, scale=1.0 + 1e-8)
    certificate = rr.prove(rules, anew, notice=told.append)
    assert "written anew differs by rounding" in told[0]
    assert 1e-12 < certificate.bound < 1e-7
    assert rr.check(certificate, rules, anew)
    (tmp_path / "model.json").write_text(json.dumps(read_model_numbers(_model(0))))
    assert rr.prove(rules, tmp_path / "model.json", notice=told.append).bound < 1e-14
    assert "no digest" in told[1]


def test_the_same_model_is_told_of_nothing() -> None:
    model, rules = instance(203)
    told: list[str] = []
    rr.prove(rules, model, notice=told.append)
    assert told == []


def test_certificates_of_before_are_refused_with_what_to_do() -> None:
    verdict = rr.check(
        VERSION1 / "certificate.json", VERSION1 / "rules.json", VERSION1 / "model.json"
    )
    assert not verdict
    assert "version 1, and this reads version 2" in verdict.why
    assert "relurules prove" in verdict.why


def test_numbers_of_before_are_refused_with_what_to_do() -> None:
    with pytest.raises(
        ModelError, match=r"version 1; this reads 'relurules.model' version 2, as `relurules prove`"
    ):
        rr.prove(rr.RuleSet.load(VERSION1 / "rules.json"), VERSION1 / "model.json")
