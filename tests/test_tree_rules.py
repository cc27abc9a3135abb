"""Rules that are a tree of linear models: what takes rules takes them, or says why not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from executed_targets import require_target
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import relurules as rr
from relurules.errors import RulesError, UnsupportedError


def make_table(rows: int = 1500) -> tuple[pd.DataFrame, pd.Series]:
    """Numbers, a text column, missing values; the target jumps at hour 12 and for one colour."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({
        "hour": rng.integers(0, 24, rows),
        "heat": rng.normal(20, 5, rows).round(1),
        "colour": rng.choice(["red", "green", "blue"], rows),
    })  # fmt: skip
    late = frame.hour >= 12
    y = np.where(late, 50 - 2 * frame.hour, frame.heat) + 8 * (frame.colour == "red") * ~late
    frame.loc[::40, "heat"] = np.nan
    return frame, pd.Series(y, name="load")


@pytest.fixture(scope="module")
def table() -> tuple[pd.DataFrame, pd.Series]:
    return make_table()


def fit_pipeline(frame: pd.DataFrame, y: Any, kind: Any) -> Pipeline:
    """A tree behind an imputer, a scaler and an encoder."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    columns = ColumnTransformer([
        ("numbers", numbers, ["hour", "heat"]),
        ("texts", OneHotEncoder(sparse_output=False), ["colour"]),
    ])  # fmt: skip
    last = kind(linearization="tree", max_rules=6, random_state=0)
    return Pipeline([("columns", columns), ("rules", last)]).fit(frame, y)


@pytest.fixture(scope="module", params=["numbers", "classes"])
def model(request: Any, table: tuple[pd.DataFrame, pd.Series]) -> Pipeline:
    frame, y = table
    if request.param == "numbers":
        return fit_pipeline(frame, y, rr.ReLURulesRegressor)
    told = np.where(y + np.random.default_rng(1).normal(0, 4, len(y)) > 25, "high", "low")
    return fit_pipeline(frame, told, rr.ReLURulesClassifier)


@pytest.fixture(scope="module")
def rules(model: Pipeline, table: tuple[pd.DataFrame, pd.Series]) -> rr.RuleSet:
    return rr.extract(model, data=table[0])


def predict(model: Pipeline, frame: pd.DataFrame) -> Any:
    """What scikit-learn says."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(frame)
    return model.predict(frame)[:, None]


def test_rules_are_the_model(
    rules: rr.RuleSet, model: Pipeline, table: tuple[pd.DataFrame, pd.Series]
) -> None:
    frame = table[0]
    assert 1 < len(rules) <= 6
    assert rules.complete
    assert rules.max_error == 0.0
    assert rules.is_own_model
    np.testing.assert_allclose(rules.predict(frame), predict(model, frame), atol=1e-9)
    for rule in rules:
        assert all(
            (c.half_space.normal @ rule.point >= c.half_space.bound) == c.holds
            for c in rule.conditions
        )
        assert (rules.apply(rule.point[None]) == rule.number).all()


def test_conditions_tell_each_row_its_rule(
    rules: rr.RuleSet, table: tuple[pd.DataFrame, pd.Series]
) -> None:
    """Conditions alone, without the tree: just one rule's hold for each row."""
    X = rules.domain.rows(table[0])
    number = rules.apply(table[0])
    for rule in rules:
        holds = np.ones(len(X), dtype=bool)
        for space, wanted in rule.conditions:
            holds &= (X @ space.normal >= space.bound) == wanted
        np.testing.assert_array_equal(holds, number == rule.number)


@pytest.mark.parametrize("target", ["sql", "python", "c", "numpy", "javascript"])
@pytest.mark.parametrize("form", [None, "tree"])
def test_code_is_the_model(
    rules: rr.RuleSet,
    model: Pipeline,
    table: tuple[pd.DataFrame, pd.Series],
    target: str,
    form: str | None,
) -> None:
    require_target(target)
    report = rr.verify(rr.emit(rules, target, form=form), model, table[0])
    assert report.passed, report


@pytest.mark.parametrize("target", ["text", "html", "markdown", "latex"])
def test_documents_speak_of_no_network(rules: rr.RuleSet, target: str) -> None:
    text = "\n".join(rr.emit(rules, target).files.values())
    assert "tree of linear models" in text
    assert "trained neural network" not in text
    assert "the network itself" not in text
    assert "0 neurons" not in text


def test_files_keep_the_model(
    rules: rr.RuleSet, table: tuple[pd.DataFrame, pd.Series], tmp_path: Path
) -> None:
    """As version 3, which older releases refuse: they would take the file for a network."""
    path = tmp_path / "rules.json"
    rules.save(path)
    assert '"version": 3' in path.read_text()
    again = rr.RuleSet.load(path)
    assert again.is_own_model
    np.testing.assert_array_equal(again.predict(table[0]), rules.predict(table[0]))
    again.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_text() == path.read_text()
    path.write_text(path.read_text().replace('"version": 3', '"version": 4'))
    with pytest.raises(RulesError, match="versions 1, 2 and 3"):
        rr.RuleSet.load(path)


def test_a_narrower_domain_drops_rules(
    rules: rr.RuleSet, model: Pipeline, table: tuple[pd.DataFrame, pd.Series]
) -> None:
    late = table[0][table[0].hour >= 14]
    some = rr.extract(model, data=late)
    assert len(some) < len(rules)
    np.testing.assert_allclose(some.predict(late), predict(model, late), atol=1e-9)


def test_questions_know_that_rules_jump(rules: rr.RuleSet) -> None:
    answer = rr.ask(rules, "monotone", feature="heat")
    assert any("tree of linear models" in note for note in answer.notes)


@pytest.mark.parametrize(
    "call",
    [
        lambda rules, model, X: rr.prove(rules, model),
        lambda rules, model, X: rr.partition(model, rules.domain),
        lambda rules, model, X: rr.extract(model, data=X, form="additive"),
        lambda rules, model, X: rr.extract(model, data=X, max_rules=2),
        lambda rules, model, X: rr.extract(model, data=X, max_error=0.1),
        lambda rules, model, X: rr.emit(rules, "sql", form="network"),
        lambda rules, model, X: rr.emit(rules, "sql", outside="exact"),
        lambda rules, model, X: rr.extract(rules),
    ],
)
def test_what_needs_a_network_is_refused(
    rules: rr.RuleSet,
    model: Pipeline,
    table: tuple[pd.DataFrame, pd.Series],
    call: Callable[..., Any],
) -> None:
    with pytest.raises(UnsupportedError) as refusal:
        call(rules, model, table[0])
    assert "\n" not in str(refusal.value)


def test_fit_takes_a_tree_of_partition_rules_unless_a_network_is_asked_for(
    table: tuple[pd.DataFrame, pd.Series], tmp_path: Path
) -> None:
    frame, y = table
    fitted = rr.fit(frame.assign(load=y), "load", form="partition", max_rules=4)
    assert fitted.rules.is_own_model
    assert fitted.report.loc["the rules", "test"] > 0.9
    names = {path.name for path in fitted.save(tmp_path)}
    assert {"rules.json", "model.joblib", "front.csv"} <= names
    assert not {"model.json", "model.pt2"} & names
    with pytest.raises(UnsupportedError, match="hidden with method='tree'"):
        rr.fit(frame.assign(load=y), "load", method="tree", hidden=(8,))
    with pytest.raises(UnsupportedError, match="method='network'"):
        rr.fit(frame.assign(load=frame.colour), "load", method="tree")
