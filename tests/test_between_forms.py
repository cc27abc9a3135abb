"""Each form of rules can be had from the other one, over the same domain."""

from typing import Any

import numpy as np
import pandas
import pytest
from handmade import graph, layered, random_network, rows_in
from sklearn.compose import make_column_transformer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import relurules as rr
from relurules.errors import DomainError, UnsupportedError
from relurules.ir import AdditiveRules, RuleSet

BOX = rr.Domain.box([-2, -1], [1, 3], ["a", "b"]).where("a + b <= 3")


def agree(one: Any, other: Any, X: Any) -> bool:
    size = one.network.magnitude(one.domain.rows(X)).max()
    return bool(np.abs(one.predict_scores(X) - other.predict_scores(X)).max() <= 1e-12 * size)


@pytest.mark.parametrize("seed", range(6))
def test_there_and_back(seed: int) -> None:
    net = layered(seed, 2, (5,), 2, slope=0.25) if seed % 2 else random_network(seed)
    X = rows_in(BOX, 200, seed)
    lines = rr.extract(graph(net), domain=BOX, form="additive", guard_unread=True)
    rules = lines.to_partition()
    assert isinstance(rules, RuleSet)
    assert len(rules) == len(rr.extract(graph(net), domain=BOX))
    assert agree(lines, rules, X)
    assert rules.domain is lines.domain
    assert rules.provenance.digest == lines.provenance.digest
    assert rr.verify(rules, graph(net), X)

    again = rr.extract(rules, form="additive")
    assert isinstance(again, AdditiveRules)
    assert agree(lines, again, X)
    assert len(again) == len(lines)
    assert again.traced is rules.traced


def test_labels_reference_and_schema_stay(tmp_path: Any) -> None:
    chance = np.random.default_rng(0)
    table = pandas.DataFrame({"kind": chance.choice(["a", "b"], 120), "x": chance.normal(size=120)})
    y = np.where((table["kind"] == "a") ^ (table["x"] > 0), "yes", "no")
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough"),
        MLPClassifier((4,), solver="lbfgs", max_iter=2000, random_state=0),
    ).fit(table, y)
    lines = rr.extract(model, data=table, y=y, form="additive", reference="best")
    rules = lines.to_partition()
    assert rules.labels == lines.labels
    assert np.array_equal(rules.reference.values, lines.reference.values)
    assert rules.evidence is None
    assert rules.classify(table).tolist() == model.predict(table).tolist()

    counted = lines.to_partition(data=table, y=y)
    assert counted.evidence is not None
    assert lines.evidence is not None
    assert counted.evidence.metrics == pytest.approx(dict(lines.evidence.metrics))
    back = rr.extract(counted, form="additive")
    assert back.evidence is not None
    assert back.evidence.metrics == counted.evidence.metrics
    back.save(tmp_path / "lines.json")
    assert rr.load(tmp_path / "lines.json").classify(table).tolist() == y.tolist()


def test_limits_hold() -> None:
    lines = rr.extract(graph(layered(0, 2, (8,), 1)), domain=BOX, form="additive")
    rules = lines.to_partition(max_regions=4)
    assert not rules.complete
    assert len(rules) <= 4


def test_a_bound_is_carried_over() -> None:
    net = layered(0, 2, (4,), 1, slope=0.9999)
    lines = rr.extract(graph(net), domain=BOX, form="additive")
    assert lines.score_error > 0
    assert lines.to_partition().score_error >= lines.score_error


def test_lines_are_a_model() -> None:
    net = layered(3, 2, (5,), 1)
    lines = rr.extract(graph(net), domain=BOX, form="additive")
    assert rr.count(lines).regions == rr.count(graph(net), BOX).regions
    assert len(rr.partition(lines, BOX)) == len(rr.partition(graph(net), BOX))
    assert len(rr.trace(lines).network) == len(lines)


def test_simplified_rules_say_why_not() -> None:
    net = graph(layered(3, 2, (5,), 1))
    few = rr.extract(net, domain=BOX, max_rules=3)
    with pytest.raises(UnsupportedError, match="these rules were simplified, so their network"):
        rr.extract(few, form="additive")
    decided = rr.extract(net, domain=BOX, decision=0.0)
    with pytest.raises(UnsupportedError, match="these rules decide a class"):
        rr.extract(decided, form="additive")


def test_rules_say_nothing_beyond_their_domain() -> None:
    lines = rr.extract(graph(layered(3, 2, (5,), 1)), domain=BOX, form="additive")
    part = BOX.bounded({"a": (0.0, 1.0)})
    assert rr.extract(lines, domain=part).domain is part
    with pytest.raises(DomainError, match="goes beyond that of the rules in a"):
        rr.extract(lines, domain=BOX.bounded({"a": (-9.0, 1.0)}))
    with pytest.raises(DomainError, match="goes beyond that of the rules, where"):
        rr.extract(lines, domain=rr.Domain.box([-2, -1], [1, 3], ["a", "b"]))
    with pytest.raises(DomainError, match="both must be the same, in the same order"):
        rr.extract(lines, domain=rr.Domain.box([-2, -1], [1, 3], ["b", "a"]))
