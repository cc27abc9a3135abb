"""Rows outside the domain: by the whole network, as it was traced, in every form and engine."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from handmade import graph, network, random_network, rows_in
from sqls import FORMS, QUICK, need
from torch import nn

import relurules as rr
from relurules.errors import UnsupportedError
from relurules.ir import Head, RuleSet
from relurules.verifying.engines import run_artifact

NAN, INF = float("nan"), float("inf")
BOX = rr.Domain.box([0.4, -0.5], [1, 0.5], ["a", "b"]).where("a + b <= 1.2")
WIDE = np.vstack(
    [
        np.random.default_rng(0).uniform(-3, 3, (40, 2)),
        rows_in(BOX, 20),
        [[NAN, 0], [INF, 0], [1e9, -1e9], [-0.0, 0.0]],
    ]
)


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    """Neurons that never change sign in the domain, and do outside."""
    made = rr.extract(
        graph(random_network(7, K=6), ["p", "q"], [Head("softmax", (0, 1)), Head("sigmoid", (1,))]),
        domain=BOX,
    )
    assert len(made.network) < 6
    return made


@pytest.mark.parametrize("engine", QUICK)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("columns", [["outputs", "rule"]])
def test_exact(columns: list[str], form: str, engine: str, rules: RuleSet) -> None:
    need(engine)
    artifact = rr.emit(
        rules, "sql", dialect=engine, form=form, key=["id"], outside="exact", columns=columns
    )
    report = rr.verify(artifact, rules, WIDE)
    assert report
    assert report.outside == 2
    other = rr.extract(graph(random_network(8, K=6), ["p", "q"], rules.heads), domain=BOX)
    assert not rr.verify(artifact, other, WIDE)


@pytest.mark.parametrize("target", ["sql", "python", "numpy", "c", "javascript"])
def test_what_is_not_asked_for_suits_the_form(target: str, rules: RuleSet) -> None:
    """A network knows what it gives outside; rules, which are there to be read, say that they
    don't.
    """
    assert rr.emit(rules, target, form="network").outside == "exact"
    assert rr.emit(rules, target, form="tree").outside == "null"
    assert str(rr.emit(rules, target, form="network")) == str(
        rr.emit(rules, target, form="network", outside="exact")
    )
    kept = replace(rules, traced=None)
    assert rr.emit(kept, target, form="network").outside == "null"


def test_what_was_simplified_is_what_is_emitted() -> None:
    """By default no target falls back to the network that the rules stand for."""
    simpler = rr.extract(graph(random_network(7, K=6)), domain=BOX, max_rules=2)
    X = rows_in(BOX, 50)
    for target in ("sql", "python", "numpy", "c", "javascript"):
        artifact = rr.emit(simpler, target, **({"key": ["id"]} if target == "sql" else {}))
        _, ran = run_artifact(artifact, X)
        assert ran.outputs == pytest.approx(simpler.predict(X), rel=1e-12)


def test_a_neuron_that_the_domain_settles_counts_outside() -> None:
    net = network([[1, 0], [0, 1]], [5, 5], [[1, 1]])
    rules = rr.extract(graph(net), domain=rr.Domain.box([-1, -1], [1, 1]))
    assert len(rules.network) == 0
    for form in FORMS:
        artifact = rr.emit(rules, "sql", form=form, outside="exact")
        assert rr.verify(artifact, graph(net), np.array([[0.5, 0.5], [-9, 2], [-9, -9]]))
        assert not rr.verify(
            artifact,
            graph(network([[1, 0], [0, 1]], [5, 5], [[1, 1]], slope=1)),
            np.array([[-9.0, 2]]),
        )


def test_rows_that_the_search_did_not_reach_are_exact(rules: RuleSet) -> None:
    part = rr.extract(
        graph(random_network(7, K=6), ["p", "q"], rules.heads), domain=BOX, max_regions=1
    )
    assert not part.complete
    for form in FORMS:
        report = rr.verify(rr.emit(part, "sql", form=form, outside="exact"), rules, WIDE)
        assert report
        assert report.outside == 2


def test_the_network_alone(rules: RuleSet) -> None:
    text = str(rr.emit(rules, "sql", form="network", outside="exact", columns=["outputs"]))
    assert "rr_rule" not in text
    assert "rr_inside" not in text
    assert "BETWEEN 0.4E0" not in text


def test_against_torch_and_a_rules_file(tmp_path: Any) -> None:
    model = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 1), nn.Sigmoid())
    rules = rr.extract(model, domain=rr.Domain.box([0, 0], [0.1, 0.1]))
    rules.save(tmp_path / "rules.json")
    again = RuleSet.load(tmp_path / "rules.json")
    assert again.traced is not None
    artifact = rr.emit(again, "sql", outside="exact")
    assert artifact.files == rr.emit(rules, "sql", outside="exact").files
    assert rr.verify(artifact, model, WIDE)
    assert rr.verify(artifact, again, WIDE)


def test_rules_that_keep_no_network() -> None:
    decided = rr.extract(
        graph(random_network(1, m=2)), domain=rr.Domain.box([-1, -1], [1, 1]), decision="argmax"
    )
    with pytest.raises(UnsupportedError, match="needs the network as traced"):
        rr.emit(decided, "sql", outside="exact")
