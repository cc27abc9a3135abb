"""The row that contributions are measured from: how it is chosen, kept, and told."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from explained_models import kinds, line
from handmade import graph, network

import relurules as rr
from relurules.errors import DataError, InputError
from relurules.explaining import choose_reference
from relurules.ir import RuleSet


def slope() -> tuple[RuleSet, np.ndarray]:
    """y = 3 a - b, exactly, on five rows."""
    X = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 4.0], [3.0, 1.0], [4.0, 9.0]])
    net = network(np.empty((0, 2)), [], np.empty((1, 0)), C=[[3.0, -1.0]])
    return rr.extract(graph(net, ["y"]), domain=rr.Domain.box([0, 0], [4, 9], ["a", "b"])), X


@pytest.mark.parametrize(
    ("policy", "row"),
    [
        ("mean", [2.0, 3.0]),
        ("population", [2.0, 3.0]),
        ("neutral", [1.0, 0.0]),  # scores -1, 3, 2, 8, 3 have the mean 3; the first of two
        ("best", [0.0, 1.0]),
        ("highest", [3.0, 1.0]),
        ("middle", [2.0, 4.5]),
    ],
)
def test_policies(policy: str, row: list[float]) -> None:
    rules, X = slope()
    found = choose_reference(rules, policy, X)
    assert (found.values.tolist(), found.origin) == (row, policy)
    kept = rr.extract(graph(rules.network, ["y"]), domain=rules.domain, data=X, reference=policy)
    assert kept.reference.values.tolist() == row
    assert kept.provenance.settings["reference"] == policy
    explained = rr.explain(kept, [4.0, 9.0])
    terms = {part.column: part.contribution for part in explained.contributions}
    assert terms == {"a": 3 * (4 - row[0]), "b": -(9 - row[1])}


def test_defaults_and_rows_that_are_given() -> None:
    rules, X = slope()
    assert rules.chosen_reference is None
    assert rules.reference.origin == "middle"
    with_data = rr.extract(graph(rules.network, ["y"]), domain=rules.domain, data=X)
    assert (with_data.reference.origin, with_data.reference.values.tolist()) == ("mean", [2, 3])
    given = rr.explain(rules, [4.0, 9.0], reference={"a": 4.0, "b": 0.0})
    assert [(p.column, p.contribution) for p in given.contributions] == [("b", -9.0), ("a", 0.0)]
    assert "against the row given as reference" in str(given)
    assert given.reasons == ()
    assert "REASONS for a higher score than the reference's: none" in str(given)
    lower = rr.explain(rules, [4.0, 9.0], reference={"a": 4.0, "b": 0.0}, direction="lower")
    assert [reason.column for reason in lower.reasons] == ["b"]


def test_categories_in_the_middle_count_the_same() -> None:
    rules, frame = kinds()
    assert rules.reference.values.tolist() == pytest.approx([1 / 3] * 3 + [2.0])
    narrow = rules.domain.admitting({"kind": ["u", "w"]})
    assert replace(rules, domain=narrow).reference.values.tolist() == [0.5, 0.0, 0.5, 2.0]
    means = rr.explain(rules, frame.iloc[[0]], data=frame)
    assert means.contributions[0].contribution == pytest.approx(-2.0)


def test_a_constant_column_contributes_nothing() -> None:
    """The mean of many times 0.1 is another number."""
    X = np.column_stack([np.full(10_000, 0.1), np.arange(10_000.0)])
    net = network(np.empty((0, 2)), [], np.empty((1, 0)), C=[[3.0, -1.0]])
    rules = rr.extract(graph(net, ["y"]), data=X)
    found = rr.explain(rules, X[7], direction="higher")
    assert {part.column: part.contribution for part in found.contributions}["x0"] == 0.0
    assert [reason.column for reason in found.reasons] == ["x1"]


def test_equal_categories_contribute_nothing() -> None:
    frame = pd.DataFrame({"kind": list("uvw") * 7 + ["u"], "x": np.linspace(0, 1, 22)})
    net = network(np.empty((0, 4)), [], np.empty((1, 0)), C=[[0.1, 0.1, 0.1, 1.0]])
    rules = rr.extract(graph(net, ["y"]), domain=rr.Domain.from_data(frame), data=frame)
    found = rr.explain(rules, frame.iloc[[21]])
    assert [reason.column for reason in found.reasons] == ["x"]


def test_open_columns_are_measured_from_zero_or_their_bound() -> None:
    net = network(np.empty((0, 3)), [], np.empty((1, 0)), C=[[3.0, -1.0, 1.0]])
    domain = rr.Domain.box([-np.inf, 5, -2], [np.inf, np.inf, 4], ["a", "b", "c"])
    rules = rr.extract(graph(net, ["y"]), domain=domain)
    assert rules.reference.values.tolist() == [0.0, 5.0, 1.0]


@pytest.mark.parametrize("reference", [None, "best", {"a": 1.5, "b": 0.25}])
def test_files_keep_it(reference: Any, tmp_path: Path) -> None:
    rules, X, y = line()
    model = graph(rules.network, ["cost"])
    kept = rr.extract(model, domain=rules.domain, data=X, y=y, reference=reference)
    kept.save(tmp_path / "rules.json")
    found = RuleSet.load(tmp_path / "rules.json").reference
    assert found.values.tolist() == kept.reference.values.tolist()
    assert found.origin == kept.reference.origin

    # A file of an older version has none.
    old = json.loads((tmp_path / "rules.json").read_text())
    del old["reference"]
    (tmp_path / "old.json").write_text(json.dumps(old))
    assert RuleSet.load(tmp_path / "old.json").reference.origin == "mean"
    del old["evidence"]
    (tmp_path / "old.json").write_text(json.dumps(old))
    assert RuleSet.load(tmp_path / "old.json").reference.origin == "middle"


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        ("worst", InputError, "reference='worst': no such policy; supported: mean"),
        ("neutral", DataError, "chosen from rows of data"),
        ({"kind": "q", "x": 1.0}, DataError, "no category that the rules know"),
        ({"kind": "u", "x": None}, DataError, "'x' is nan; expected a finite number"),
        ({"kind": "u"}, DataError, "lacks 1 of 2 columns"),
    ],
)
def test_what_cannot_be_one(wanted: Any, error: type[Exception], said: str) -> None:
    rules, _ = kinds()
    with pytest.raises(error, match=said):
        rr.explain(rules, {"kind": "u", "x": 1.0}, reference=wanted)


@pytest.mark.parametrize("target", ["markdown", "html", "latex"])
def test_documents_tell_it(target: str) -> None:
    rules, X, _ = line()
    assert "the middle of the domain" in str(rr.emit(rules, target))
    assert "Nobody chose another one" in str(rr.emit(rules, target))
    given = str(rr.emit(rules, target, reference={"a": 1.5, "b": 0.25}))
    assert "the row given as reference" in given
    assert "0.25" in given[given.index("The reference") :]
    kept = rr.extract(graph(rules.network, ["cost"]), domain=rules.domain, data=X)
    assert "measured from the mean of the rows" in str(rr.emit(kept, target))
