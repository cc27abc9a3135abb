"""Lines of three classes, from a table with text and missing values to everything made of them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import relurules as rr
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules

COLUMNS = ["outputs", "class", "contributions", "reasons", "lines"]


@pytest.fixture(scope="module")
def fitted() -> Any:
    rng = np.random.default_rng(0)
    n = 400
    frame = pd.DataFrame({
        "age": rng.integers(18, 80, n).astype(float),
        "income": rng.lognormal(3, 1, n).round(2),
        "city": rng.choice(["Ulm", "Bonn", 'O\'Hara "x"'], n),
    })  # fmt: skip
    score = np.maximum(frame.age - 40, 0) / 3 + (frame.city == "Ulm") + np.log(frame.income) / 3
    frame["grade"] = np.array(["low", "mid", "it's top"])[np.digitize(score, [1.5, 6])]
    frame.loc[rng.random(n) < 0.1, "income"] = np.nan
    frame.loc[rng.random(n) < 0.05, "city"] = None
    return rr.fit(frame, "grade", max_rules=2, max_condition_columns=1)


@pytest.fixture(scope="module")
def rules(fitted: Any) -> AdditiveRules:
    assert isinstance(fitted.rules, AdditiveRules)
    return fitted.rules


def test_three_classes_have_lines(fitted: Any, rules: AdditiveRules) -> None:
    assert 1 <= len(rules) <= 2
    assert rules.outputs == ("p_it's top", "p_low", "p_mid")
    assert fitted.measure == "accuracy"
    assert fitted.report.loc["the rules", "test"] > 0.8
    scores = rules.predict_scores(fitted.frame)
    assert np.abs(scores.sum(axis=1)).max() < 1e-9
    told = fitted.pipeline.predict_proba(fitted.frame)
    assert rules.predict(fitted.frame) == pytest.approx(told, abs=1e-9)


def test_parts_add_up_to_the_score_of_every_class(fitted: Any, rules: AdditiveRules) -> None:
    scores = rules.predict_scores(fitted.frame)
    for place, score in enumerate(("score_1", "score_2", "score_3")):
        parts = rules.contributions(fitted.frame, score=score)
        assert parts.sum(axis=1).to_numpy() == pytest.approx(scores[:, place], abs=1e-9)


@pytest.mark.parametrize("target", ["sql", "python", "numpy"])
def test_code_gives_the_same_classes(fitted: Any, rules: AdditiveRules, target: str) -> None:
    columns = COLUMNS if target != "numpy" else ["outputs", "class"]
    report = rr.verify(rr.emit(rules, target, columns=columns), fitted.pipeline, fitted.frame)
    assert report, report


def test_a_select_gives_all_outputs_whichever_is_named(fitted: Any, rules: AdditiveRules) -> None:
    """Only one expression is of one output."""
    artifact = rr.emit(rules, "sql", output="p_low")
    assert artifact.outputs == rules.outputs
    assert rr.verify(artifact, rules, fitted.frame.head(20))


def test_documents_speak_of_every_score(rules: AdditiveRules) -> None:
    text = str(rr.emit(rules, "text"))
    assert "p_low = softmax(score_2 among score_1, score_2, score_3)" in text
    assert "to score_3" in text
    assert "p_mid" in str(rr.emit(rules, "html"))


def test_questions_about_classes(fitted: Any, rules: AdditiveRules) -> None:
    for label in ("low", "mid", "it's top"):
        assert rr.ask(rules, "reach", target=label).holds
    row = fitted.frame.iloc[[0]]
    other = next(name for name in ("low", "mid") if name != fitted.pipeline.predict(row)[0])
    assert rr.ask(rules, "counterfactual", target=other, row=row.iloc[0].to_dict()).holds
    assert rr.ask(rules, "range", output="score_2").exact
    with pytest.raises(UnsupportedError, match="no function of one score"):
        rr.ask(rules, "monotone", output="p_low")


def test_lines_of_classes_are_proven(fitted: Any, rules: AdditiveRules) -> None:
    certificate = rr.prove(rules, fitted.pipeline)
    assert rr.check(certificate, rules, fitted.pipeline).holds


def test_classes_have_no_scorecard(rules: AdditiveRules) -> None:
    with pytest.raises(UnsupportedError, match="odds of two classes"):
        rr.scorecard(rules)


def test_they_are_partition_rules_too(fitted: Any, rules: AdditiveRules) -> None:
    one, other = rules.to_partition(), rules
    assert one.predict(fitted.frame) == pytest.approx(other.predict(fitted.frame), abs=1e-9)


def test_they_are_judged(fitted: Any, rules: AdditiveRules) -> None:
    labels = fitted.pipeline.predict(fitted.frame)
    report = rr.validate(rules, {"test": fitted.frame.assign(grade=labels)}, "grade")
    assert report.task == "multiclass"
