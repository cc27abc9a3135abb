"""One row explained: its rule, its conditions and margins, and contributions that add up to the
score.
"""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from explained_models import kinds, line
from handmade import graph, network, random_network, rules_of
from hypothesis import given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.errors import DataError
from relurules.statistics.evidence_statistics import add_evidence


def test_conditions_with_their_margins() -> None:
    rules, _, _ = line()
    found = rr.explain(rules, {"a": 3.5, "b": 0.5})
    (test,) = found.conditions
    assert (test.text, test.value, test.margin) == ("a >= 1", 3.5, 2.5)
    assert (test.column, test.way, test.room) == ("a", "fall", 2.5)
    assert found.outputs == {"cost": 8.5}
    (other,) = rr.explain(rules, {"a": 0.25, "b": 0.5}).conditions
    assert (other.text, other.margin, other.way, other.room) == ("a < 1", 0.75, "rise", 0.75)


def test_contributions_against_zero_and_against_means() -> None:
    rules, X, _ = line()
    plain = rr.explain(rules, [3.5, 0.5], centred=False)
    assert not plain.centred
    assert (plain.base, plain.score) == (1.0, 8.5)
    assert [(c.column, c.coefficient, c.contribution) for c in plain.contributions] == [
        ("a", 2, 7),
        ("b", 1, 0.5),
    ]
    centred = rr.explain(rules, [3.5, 0.5], data=X)
    assert centred.centred
    assert centred.contributions[0].contribution == pytest.approx(2 * (3.5 - X[:, 0].mean()))
    kept = rr.explain(add_evidence(rules, X), [3.5, 0.5])
    assert kept.base == pytest.approx(centred.base)
    assert not rr.explain(add_evidence(rules, X), [3.5, 0.5], centred=False).centred


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_parts_sum_to_the_score_that_predict_gives(seed: int) -> None:
    domain = rr.Domain.box([-1] * 3, [1] * 3)
    rules = rules_of(random_network(seed, 3, 5, 2), domain)
    X = np.random.default_rng(seed).uniform(-1, 1, (20, 3))
    found = rr.explain(rules, X[0], data=X, output="y1")
    total = found.base + sum(part.contribution for part in found.contributions)
    assert total == pytest.approx(found.score, abs=1e-9)
    assert found.score == pytest.approx(rules.predict(X[:1])[0, 1], abs=1e-9)
    assert found.rule == rules.apply(X[:1])[0]
    assert all(test.margin is not None and test.margin >= 0 for test in found.conditions)
    emitted = str(rr.emit(rules, "text"))
    assert all(test.text in emitted for test in found.conditions)
    assert all(f"{name} = {formula[:30]}" in emitted for name, formula in found.sums.items())


@pytest.mark.parametrize("kind", [dict, pd.Series, pd.DataFrame])
def test_categories_by_name_in_any_kind_of_row(kind: Any) -> None:
    rules, frame = kinds()
    values = {"kind": "w", "x": 2.0}
    row = pd.DataFrame([values]) if kind is pd.DataFrame else kind(values)
    found = rr.explain(rules, row, data=frame)
    parts = {part.column: part for part in found.contributions}
    assert (parts["kind"].value, parts["kind"].coefficient) == ("w", 3.0)
    assert parts["kind"].contribution == pytest.approx(3.0 - 0.8)
    assert found.label == "log odds of p_1"
    assert found.score == 5.5
    assert found.outputs["p_1"] == pytest.approx(1 / (1 + np.exp(-5.5)))


def test_raw_values_and_coordinates_in_order() -> None:
    rules, _ = kinds()
    assert rr.explain(rules, ["w", 2.0]).score == 5.5
    assert rr.explain(rules, [0.0, 0.0, 1.0, 2.0]).score == 5.5


def test_conditions_on_categories_and_on_both_sides() -> None:
    frame = pd.DataFrame({"kind": list("uvw") * 4, "n": np.arange(12.0) / 2})
    net = network(
        [[5.0, 0.0, 0.0, 0.0], [0, 0, 0, 1.0], [0, 0, 0, 1.0]],
        [-2.0, -2.25, -4.25],
        [[1.0, 1.0, 1.0]],
    )
    rules = rules_of(net, rr.Domain.from_data(frame))
    found = rr.explain(rules, {"kind": "v", "n": 3.25})
    choice, between = found.conditions
    assert (choice.value, choice.margin, choice.column) == ("v", None, "kind")
    assert "'v' or 'w'" in choice.text or "'u'" in choice.text
    assert between.text == "2.25 <= n < 4.25"
    assert (between.margin, between.room) == (1.0, 1.0)
    assert rr.explain(rules, {"kind": "v", "n": 4.0}).conditions[1].way == "rise"
    assert "it is v" in str(found)


def test_text_and_json_say_the_same() -> None:
    rules, frame = kinds()
    found = rr.explain(rules, {"kind": "w", "x": 2.0}, data=frame)
    text = str(found)
    for part in (
        "RULE 1",
        "CONDITIONS: none",
        "log odds of p_1",
        "against the mean of the rows",
        "+2.2",
        "5.5",
    ):
        assert part in text
    assert json.loads(json.dumps(found.to_json()))["contributions"][0]["column"] == "kind"


def test_a_decision_is_told_by_its_conditions_alone() -> None:
    net = network([[1.0, 0.0]], [-1.0], [[2.0]], C=[[0.0, 1.0]], c=[3.0])
    traced = graph(net, ["cost"])
    X = np.random.default_rng(0).uniform([0, 0], [4, 1], (100, 2))
    rules = rr.extract(traced, data=X, y=net.evaluate(X)[:, 0], decision=5.0)
    assert rules.evidence is not None
    assert rules.evidence.metrics == {"accuracy": 1.0}
    found = rr.explain(rules, [3.5, 0.5])
    assert (found.decided, found.contributions, found.score) == ("cost >= 5", (), 1.0)
    assert found.conditions
    assert "CONTRIBUTIONS" not in str(found)
    assert "cost >= 5" in str(found)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"kind": "w", "x": 99.0}, "'x' is 99, and the rules hold for 0 to 4"),
        ({"kind": "z", "x": 1.0}, "'kind' has a value that the rules don't know"),
        ({"kind": "w", "x": None}, "'x' has no value"),
        ({"kind": "w"}, "lacks 1 of 2 columns: 'x'"),
        (pd.DataFrame({"kind": ["u", "v"], "x": [1.0, 2.0]}), "expected one row, found 2"),
    ],
)
def test_rows_that_cannot_be_explained(row: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        rr.explain(kinds()[0], row)


def test_a_limit_that_the_row_breaks_is_named() -> None:
    rules = rules_of(
        random_network(0, 2, 2, 1), rr.Domain.box([0, 0], [1, 1]).where("x0 + x1 <= 1")
    )
    with pytest.raises(DataError, match=r"outside the limit 'x0 \+ x1 <= 1'"):
        rr.explain(rules, [0.9, 0.9])
