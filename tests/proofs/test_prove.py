"""Certificates of whole rule sets: they hold, and say what is so."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from handmade import graph, network, rules_of
from instances import instance
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from torch import nn

import relurules as rr
from relurules.errors import DomainError, ModelError, RulesError
from relurules.networks.inputs import narrow_graph
from relurules.proofs.proving import read_model_numbers

#: Random instances here; benchmarks/proofs.py takes 300.
SEEDS = range(200, 224)


def proven(rules: rr.RuleSet, model: Any) -> rr.Certificate:
    certificate = rr.prove(rules, model)
    verdict = rr.check(certificate, rules, model)
    assert verdict, verdict.why
    assert verdict.bound == certificate.bound == max(certificate.bounds)
    return certificate


def inside(rules: rr.RuleSet, count: int, seed: int = 0) -> Any:
    X = np.random.default_rng(seed).uniform(
        rules.domain.lower, rules.domain.upper, size=(count, len(rules.domain))
    )
    return X[rules.domain.contains(X)]


def trace_read(rules: rr.RuleSet, model: Any) -> Any:
    """The traced network of the columns that the rules have."""
    graph, places = rr.trace(model), rules.domain.table_places
    if places is None:
        return graph.network
    return narrow_graph(graph, graph.columns, places.coordinates).network


@pytest.mark.parametrize("seed", SEEDS)
def test_random_networks_of_all_kinds(seed: int) -> None:
    model, rules = instance(seed)
    bound = proven(rules, model).bound
    net = trace_read(rules, model)
    X = inside(rules, 500, seed)
    reach = np.maximum(abs(rules.domain.lower), abs(rules.domain.upper))[None, :]
    rounding = 1e-11 * float(net.magnitude(reach).max()) + 1e-50
    if rules.decision is None:
        assert (
            float(np.abs(rules.predict_scores(X) - net.evaluate(X)).max(initial=0.0))
            <= bound + rounding
        )
        assert bound <= 1.1 * rules.score_error + rounding
    else:
        assert bound <= rounding


def trained(*steps: Any) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3)) * [1.0, 100.0, 1e-3] + [0.1, 1e4, 3.0]
    model = make_pipeline(
        *steps, MLPRegressor(hidden_layer_sizes=(4, 3), max_iter=30, random_state=0)
    )
    return model.fit(X, X[:, 0] - np.abs(X[:, 1] - 1e4) / 50), X


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(), RobustScaler()])
def test_scalers_are_multiplied_exactly(scaler: Any) -> None:
    model, X = trained(scaler)
    rules = rr.extract(model, data=X)
    assert read_model_numbers(model)["read"] == "stored weights"
    assert [layer["kind"] for layer in read_model_numbers(model)["layers"]][:2] == [
        "scale",
        "affine",
    ]
    assert 0.0 < proven(rules, model).bound < 1e-10


def test_slopes_taken_as_1_are_in_the_bound() -> None:
    net = network([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.1], [[1.0, 2.0]], slope=[0.9996, 0.0])
    rules = rules_of(net, rr.Domain.box([-1, -1], [1, 1]))
    assert len(rules) == 2
    bound = proven(rules, graph(net)).bound
    assert bound == pytest.approx(0.0004, rel=1e-6)
    assert bound <= rules.score_error * 1.001


def test_identities_between_layers_are_multiplied_exactly() -> None:
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(2, 3), nn.PReLU(3), nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    model[1].weight.data[:] = torch.tensor([1.0, 0.25, 1.0])  # type: ignore[operator,union-attr,index]
    found = read_model_numbers(model)
    assert found["read"] == "stored weights"
    assert [layer["kind"] for layer in found["layers"]] == [
        "affine",
        "prelu",
        "affine",
        "prelu",
        "affine",
    ]
    assert proven(rr.extract(model, domain=rr.Domain.box([-1, -1], [1, 1])), model).bound < 1e-14


def test_decisions_are_the_models_but_for_ties() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 3), nn.Softmax(dim=1))
    rules = rr.extract(model, domain=rr.Domain.box([-2, -2], [2, 2]), decision="argmax")
    assert proven(rules, model).bound < 1e-13


def test_another_model_is_refused_and_other_rules_are() -> None:
    model, rules = instance(203)
    other, others = instance(204)
    certificate = rr.prove(rules, model)
    assert "another model" in rr.check(certificate, rules, other).why
    assert "another domain" in rr.check(certificate, others, model).why


def test_an_open_domain_is_refused_with_its_column() -> None:
    net = network([[1.0]], [0.0], [[1.0]])
    with pytest.raises(DomainError, match=r"column 'x.?' has no two bounds.*data= or domain="):
        rr.prove(rules_of(net), graph(net))


def test_rules_of_a_model_with_other_columns_are_refused() -> None:
    net = network([[1.0, 1.0]], [0.0], [[1.0]])
    rules = rules_of(net, rr.Domain.box([-1, -1], [1, 1]))
    with pytest.raises(ModelError, match="other columns"):
        rr.prove(rules, graph(network([[1.0]], [0.0], [[1.0]])))


def test_files_come_back(tmp_path: Path) -> None:
    model, rules = instance(203)
    certificate = rr.prove(rules, model)
    rules.save(tmp_path / "rules.json")
    names = {path.name for path in certificate.write(tmp_path)}
    assert names == {"certificate.json", "model.json", "check.py"}
    certificate.save(tmp_path / "other.json")
    assert rr.Certificate.load(tmp_path / "other.json").found == json.loads(
        json.dumps(certificate.found)
    )
    assert rr.check(tmp_path / "certificate.json", tmp_path / "rules.json", tmp_path / "model.json")
    assert rr.check(tmp_path / "certificate.json", rr.RuleSet.load(tmp_path / "rules.json"), model)
    with pytest.raises(RulesError, match="is no certificate"):
        rr.Certificate.load(tmp_path / "rules.json")


ARTEFACTS = [
    ("python", None, "rules"),
    ("python", None, "tree"),
    ("numpy", None, "tree"),
    ("c", None, "rules"),
    ("c", None, "tree"),
    ("sql", "sqlite", "rules"),
    ("sql", "duckdb", "tree"),
    ("sql", "postgres", "rules"),
]


@pytest.mark.parametrize(("target", "dialect", "form"), ARTEFACTS)
def test_code_is_the_rules_or_is_told_not_to_be(
    target: str, dialect: Any, form: str, tmp_path: Path
) -> None:
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    rules = rr.extract(model, domain=rr.Domain.box([-1, -1], [1, 1]))
    certificate = rr.prove(rules, model)
    code = rr.emit(rules, target, form=form, dialect=dialect)
    path = code.write(tmp_path)[-1]
    verdict = rr.check(certificate, rules, model, artifact=path)
    assert verdict, verdict.why
    whole, rng = path.read_text(), np.random.default_rng(0)
    numbers = sorted(
        {repr(float(abs(w))) for rule in rules for w in rule.map.weights.ravel()}
        & long_numbers(whole)
    )
    assert numbers
    for _ in range(5):
        number = numbers[int(rng.integers(len(numbers)))]
        digit = number[3]
        path.write_text(
            whole.replace(number, number[:3] + str((int(digit) + 1) % 10) + number[4:], 1)
        )
        refused = rr.check(certificate, rules, model, artifact=path)
        assert not refused
        assert "number" in refused.why
    path.write_text(
        whole.replace(" < ", " > ", 1) if " < " in whole else whole.replace(">=", "<", 1)
    )
    refused = rr.check(certificate, rules, model, artifact=path)
    assert not refused
    assert "isn't what the rules give" in refused.why


def long_numbers(text: str) -> set[str]:
    return {found for found in re.findall(r"\d+\.\d+", text) if len(found) > 8}


def test_code_of_the_network_isnt_what_is_proven() -> None:
    model, rules = instance(203)
    certificate = rr.prove(rules, model)
    verdict = rr.check(certificate, rules, model, artifact=rr.emit(rules, "python", form="network"))
    assert not verdict
    assert "form network" in verdict.why
