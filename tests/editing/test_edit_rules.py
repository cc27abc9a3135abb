"""What an edit leaves behind: a model of its own, a certified difference, a signed record."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from additive_models import make_additive

import relurules as rr
from relurules.errors import CheckError, UnsupportedError
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.provenance import hash_network
from relurules.statistics.additive_statistics import add_additive_evidence

SIGNED = {"author": "A. Name", "reason": "policy 12", "date": "2026-11-28"}


@pytest.fixture(scope="module")
def made() -> tuple[AdditiveRules, pd.DataFrame]:
    return make_additive("two")


@pytest.fixture(scope="module")
def edited(made: Any) -> Any:
    rules, frame = made
    return rr.edit(rules, "curve age at 35 = -1.5", **SIGNED, data=frame)


def draw_rows(rules: Any, count: int = 4000) -> np.ndarray:
    random, domain = np.random.default_rng(1), rules.domain
    X = random.uniform(domain.lower, domain.upper, (count, len(domain)))
    for group in domain.groups:
        X[:, group] = np.eye(len(group))[random.integers(len(group), size=count)]
    return X


def test_the_difference_bounds_all_rows(made: Any, edited: Any) -> None:
    rules, _ = made
    X = draw_rows(rules)
    X[0, rules.domain.names.index("age")] = 35.0
    moved = np.abs(edited.rules.predict_scores(X) - rules.predict_scores(X))
    bound = edited.record.differences["score"]
    assert moved.max() <= bound
    assert moved.max() == pytest.approx(bound, rel=1e-9)
    assert edited.record.from_model["score"] == pytest.approx(bound)


def test_rows_that_get_another_class(made: Any, edited: Any) -> None:
    rules, frame = made
    before, after = rules.classify(frame), edited.rules.classify(frame)
    rows = np.flatnonzero(before != after).tolist()
    assert rows
    assert [one.row for one in edited.changes.changed] == rows
    assert [(one.old, one.new) for one in edited.changes.changed] == [
        (before[i], after[i]) for i in rows
    ]
    assert sum(move.rows for move in edited.changes.moves) == len(frame)
    assert (edited.record.rows, edited.record.changed_rows) == (len(frame), len(rows))


def test_the_record_and_the_chain(made: Any, edited: Any, tmp_path: Path) -> None:
    rules, _ = made
    rules.save(tmp_path / "rules.json")
    text = (tmp_path / "rules.json").read_bytes()
    assert edited.record.file_before == hashlib.sha256(text).hexdigest()
    assert edited.record.network_before == hash_network(rules.network)
    again = rr.edit(edited.rules, "drop line 2", **SIGNED)
    first, second = again.rules.provenance.edits
    assert first == edited.record
    assert second.network_before == first.network_after
    assert second.network_after == again.rules.provenance.digest
    total = first.differences["score"] + second.differences["score"]
    assert total <= second.from_model["score"] <= total * (1 + 1e-12)
    X = draw_rows(rules, 500)
    moved = np.abs(again.rules.predict_scores(X) - rules.predict_scores(X))
    assert moved.max() <= second.from_model["score"]

    path = tmp_path / "edited.json"
    again.rules.save(path)
    loaded = rr.load(path)
    assert loaded.provenance == again.rules.provenance
    np.testing.assert_array_equal(loaded.predict_scores(X), again.rules.predict_scores(X))
    assert rr.edit(path, "base = 1", **SIGNED).record.file_before == (
        hashlib.sha256(path.read_bytes()).hexdigest()
    )


def test_it_is_a_model_of_its_own(made: Any, edited: Any) -> None:
    """Code and proofs are of the edited rules; no proof of the network before goes through."""
    rules, frame = made
    assert rr.prove(edited.rules, edited.rules).bound == 0.0
    assert rr.verify(rr.emit(edited.rules, "python"), edited.rules, frame)
    assert not rr.verify(rr.emit(edited.rules, "python"), rules, frame)
    assert edited.rules.max_error == 0.0
    assert edited.rules.traced.has_same_arrays(edited.rules.network)
    assert edited.rules.evidence.metrics == {}
    exact = rr.emit(edited.rules, "python", outside="exact")
    assert rr.verify(exact, edited.rules, frame)


def test_no_document_or_code_says_that_it_is_the_network(edited: Any) -> None:
    texts = [
        "".join(str(text) for text in rr.emit(edited.rules, target).texts.values())
        for target in ("text", "markdown", "html", "latex", "python", "c", "javascript")
    ]
    for text in texts:
        plain = " ".join(text.replace("--", " ").replace("//", " ").replace("#", " ").split())
        assert "are the network itself" not in plain
        assert "the network's" not in plain
        assert "edited by hand" in plain
    html = texts[2]
    for said in ("A. Name", "policy 12", "2026-11-28", "curve age at 35.0 = -1.5"):
        assert said in html
    assert edited.record.file_before in html


def test_the_same_table_says_of_the_new_rules_what_it_says(made: Any) -> None:
    rules, frame = made
    y = pd.Series(rules.classify(frame), name="paid")
    known = add_additive_evidence(rules, frame, y)
    after = rr.edit(known, "curve age at 35 = -1.5", **SIGNED, data=frame, y=y).rules
    assert after.evidence.metrics["accuracy"] < known.evidence.metrics["accuracy"] == 1.0
    assert rr.edit(known, "drop line 2", **SIGNED).rules.evidence.metrics == {}
    other = frame.iloc[:50]
    half = rr.edit(known, "drop line 2", **SIGNED, data=other, y=y[:50]).rules
    assert half.evidence.metrics == {}
    assert rr.edit(known, "drop line 2", **SIGNED).rules.reference.values.tolist() == (
        known.reference.values.tolist()
    )


def promise(rules: Any, **settings: str) -> Any:
    return replace(rules, provenance=replace(rules.provenance, settings=settings))


def make_plain() -> AdditiveRules:
    """Lines of one column each."""
    return make_additive("two", reads=1)[0]


def test_a_broken_trend_is_refused(made: Any) -> None:
    rules = promise(make_plain(), monotone="{'debt': 1, 'age': -1}", signs="data")
    ways = {
        name: rr.ask(rules, "monotone", feature=name).values["direction"]
        for name in ("debt", "age")
    }
    signs = {"rises": 1, "falls": -1}
    rules = promise(rules, monotone=str({name: signs[way] for name, way in ways.items()}))
    low, high = (float(rules.curves["debt"].evaluate(np.array([x]))[0, 0]) for x in (-5.0, 5.0))
    text = f"curve debt at 0 = {10 * max(low, high)!r}"
    with pytest.raises(CheckError, match=r"only (rises|falls) with debt"):
        rr.edit(rules, text, **SIGNED)

    after = rr.edit(rules, text, **SIGNED, allow_broken=True).rules
    assert after.provenance.settings == {"monotone": str({"age": signs[ways["age"]]})}
    assert "debt" in after.provenance.edits[-1].broken[0]
    kept = rr.edit(rules, "start = 1", **SIGNED).rules
    assert kept.provenance.settings == rules.provenance.settings
    assert "taken back" in "".join(rr.emit(after, "markdown").texts.values())


def test_scores_of_the_other_class_go_the_other_way() -> None:
    rules = make_plain()
    way = rr.ask(rules, "monotone", feature="debt").values["direction"]
    turned = promise(rules, monotone=str({"debt": -1 if way == "rises" else 1}))
    rr.edit(turned, "start = 1", **SIGNED)


def test_a_limit_of_what_a_column_adds(made: Any) -> None:
    rules = promise(make_plain(), effect_bounds="{'purpose': (-9, 9), 'debt': (-50, 50)}")
    with pytest.raises(CheckError, match="purpose adds -9 to 9, and after this edit"):
        rr.edit(rules, "points purpose at car = 10", **SIGNED)
    after = rr.edit(rules, "points purpose at car = 10", **SIGNED, allow_broken=True).rules
    assert after.provenance.settings == {"effect_bounds": "{'debt': (-50, 50)}"}


def test_partition_rules_have_other_formulas(made: Any, tmp_path: Path) -> None:
    rules, frame = made
    parts = rr.extract(rules, form="partition", data=frame)
    numbers = parts.apply(frame)
    number = int(numbers[0])
    result = rr.edit(
        parts, [f"rule {number} constant = 0.25", f"rule {number} coefficient age = 0.5"],
        **SIGNED, data=frame,
    )  # fmt: skip
    after = result.rules
    assert isinstance(after, RuleSet)
    assert after.is_own_model
    X = parts.domain.rows(frame)
    own = numbers == number
    weights = parts.maps.weights[number - 1, 0].copy()
    weights[parts.domain.names.index("age")] = 0.5
    np.testing.assert_allclose(after.predict_scores(frame)[own, 0], X[own] @ weights + 0.25)
    np.testing.assert_array_equal(
        after.predict_scores(frame)[~own], parts.predict_scores(frame)[~own]
    )
    np.testing.assert_array_equal(after.apply(frame), numbers)
    moved = np.abs(after.predict_scores(X) - parts.predict_scores(X)).max()
    assert moved <= result.difference.bound

    after.save(tmp_path / "edited.json")
    loaded = rr.load(tmp_path / "edited.json")
    assert loaded.provenance == after.provenance
    np.testing.assert_array_equal(loaded.predict_scores(X), after.predict_scores(X))
    assert rr.verify(rr.emit(loaded, "sql"), loaded, frame)
    assert "edited by hand once" in "".join(rr.emit(loaded, "html").texts.values())
    with pytest.raises(UnsupportedError, match="no network to prove"):
        rr.prove(loaded, rules)
    with pytest.raises(UnsupportedError, match="of lines that add up"):
        rr.edit(parts, "curve age at 35 = 0.2", **SIGNED)


def test_rules_that_decide_have_nothing_to_edit(made: Any) -> None:
    rules, frame = made
    model = replace(rules, heads=(), outputs=("y",), labels=None, chosen_reference=rules.reference)
    decides = rr.extract(model, form="partition", decision=0.0, data=frame)
    with pytest.raises(UnsupportedError, match="by conditions alone"):
        rr.edit(decides, "rule 1 constant = 1", **SIGNED)


def test_edits_as_tables(made: Any, tmp_path: Path) -> None:
    rules, _ = made
    path = tmp_path / "edits.toml"
    path.write_text(
        'author = "A. Name"\nreason = "policy 12"\ndate = 2026-11-28\n'
        '[[edit]]\ncurve = "age"\nat = 35\nvalue = 0.2\n'
        '[[edit]]\npoints = "purpose"\nat = "car"\nvalue = 0.1\n'
        "[[edit]]\nline = 4\nslope = 0.5\n[[edit]]\nline = 5\nthreshold = -5\n"
        '[[edit]]\ndrop_line = 2\n[[edit]]\nbase = 0.01\ncolumn = "debt"\n[[edit]]\nstart = 1\n'
    )
    one = rr.edit(rules, path)
    other = rr.edit(
        rules,
        [
            "curve age at 35 = 0.2", "points purpose at car = 0.1", "line 4 slope = 0.5",
            "line 5 threshold = -5", "drop line 2", "base debt = 0.01", "start = 1",
        ],
        **SIGNED,
    )  # fmt: skip
    assert one.record == other.record
    # what is noted can be asked for again
    again = rr.edit(rules, [step.text for step in one.record.steps], **SIGNED)
    assert again.record == one.record
    assert "was" in str(one)
    assert one.to_json()["edits"][0]["text"] == "curve age at 35.0 = 0.2"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"curve": "age", "at": 3}, "lacks 'value'"),
        ({"curve": "age", "drop_line": 3}, "just one of"),
        ({"bend": 3}, "just one of"),
        ({"line": 1.5, "slope": 3}, "no whole number"),
        ({"line": 1, "slope": 3, "threshold": 2}, "just one of slope, threshold"),
        ({"line": 1, "slope": 3, "size": 2}, "no entry 'size'"),
        ({"line": 1, "slope": 3, "score": "other"}, "no score 'other'"),
        ({"rule": 1, "constant": 3, "column": "age"}, "has no column"),
    ],
)
def test_tables_that_say_nothing(made: Any, table: Any, said: str) -> None:
    from relurules.errors import InputError

    with pytest.raises(InputError, match=said):
        rr.edit(made[0], [table], **SIGNED)
