"""One row by additive rules: contributions that sum to the score, lines that apply, reasons."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from additive_models import make_additive

import relurules as rr
from relurules.errors import DataError, InputError
from relurules.explaining import choose_reference
from relurules.ir import Head
from relurules.ir.class_turn import speak_of_class


@pytest.mark.parametrize("hidden", [(12,), (5, 3)])
@pytest.mark.parametrize("link", ["score", "two", "softmax"])
@pytest.mark.parametrize("reference", [None, "middle", "neutral", "best", "highest", 7, "plain"])
def test_contributions_sum_to_the_score(
    link: str, hidden: tuple[int, ...], reference: object
) -> None:
    rules, frame = make_additive(link, hidden=hidden)
    centred = reference != "plain"
    given = frame.iloc[[reference]] if isinstance(reference, int) else reference
    for output in rules.outputs:
        found = rr.explain(
            rules,
            frame.iloc[[3]],
            data=frame,
            output=output,
            centred=centred,
            reference=given if centred else None,
        )
        total = found.base + sum(part.contribution for part in found.contributions)
        assert total == pytest.approx(found.score, abs=1e-12)
        if link != "softmax":
            assert found.score == rules.predict_scores(frame.iloc[[3]])[0, 0]
            odds = found.outputs[output]
            assert link == "score" or odds == pytest.approx(1 / (1 + np.exp(-found.score)))
        if reference == 7:
            assert found.base == pytest.approx(
                rr.explain(rules, frame.iloc[[7]], output=output).score, abs=1e-12
            )
            assert found.reference == "the row given as reference"


def test_references_by_policy_are_those_of_all_rows() -> None:
    rules, frame = make_additive("two")
    scores = rules.predict_scores(frame)[:, 0]
    X = rules.domain.rows(frame)
    for policy, place in [
        ("best", scores.argmin()),
        ("highest", scores.argmax()),
        ("neutral", np.abs(scores - scores.mean()).argmin()),
    ]:
        assert np.array_equal(choose_reference(rules, policy, frame).values, X[place])


def test_lines_that_apply() -> None:
    rules, frame = make_additive("two", hidden=(14,))
    applying = rules.find_applying_lines(frame)
    x = rules.domain.rows(frame)[3]
    found = rr.explain(rules, frame.iloc[[3]], centred=False)
    assert [line.number for line in found.lines] == (applying[3].nonzero()[0] + 1).tolist()
    assert found.line_count == len(rules)

    for line in found.lines:
        own = rules.lines[line.number - 1]
        assert line.addition == pytest.approx(line.beyond * line.slope)
        assert line.addition == pytest.approx(
            float(own.addition.weights[0] @ x + own.addition.constants[0])
        )
    (place,) = [i for i, part in enumerate(rules.parts) if part.name == "income & age"]
    pair = next(part for part in found.contributions if part.part == "income & age")
    own = [line.addition for line in found.lines if line.columns == ("income", "age")]
    assert pair.contribution == pytest.approx(sum(own))
    assert pair.values == (frame["income"][3], frame["age"][3])
    assert len(rules.parts[place].lines) >= len(own) > 0


def test_conditions_read_as_they_hold() -> None:
    rules, frame = make_additive("two", hidden=(40,), reads=1)
    found = rr.explain(rules, frame.iloc[[5]])
    shown = 0
    for line in found.lines:
        name, side, bound = line.text.rsplit(" ", 2)
        value = frame[name][5]
        assert line.beyond == pytest.approx(abs(value - float(bound.replace(",", ""))), abs=1e-3)
        assert (value > float(bound.replace(",", ""))) == (side == "above")
        shown += 1
    assert shown > 3


def test_text_and_json() -> None:
    rules, frame = make_additive("two", hidden=(5, 3))
    found = rr.explain(rules, frame.iloc[0])
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["groups"][0]["rule"] >= 1
    text = str(found)
    for said in (
        "CONTRIBUTIONS to the log odds of p_yes, against the mean of the rows",
        "GROUPS",
        "REASONS for a higher score than the reference's",
        "in all",
    ):
        assert said in text
    assert repr(found).startswith("<AdditiveExplanation: log odds of p_yes = ")
    assert "LINES that apply" in str(rr.explain(make_additive("two")[0], frame.iloc[0]))


def test_scores_that_speak_of_the_other_class() -> None:
    rules, frame = make_additive("two", hidden=(7, 3))
    turned = speak_of_class(rules, "no")
    assert np.array_equal(turned.predict_scores(frame), -rules.predict_scores(frame))
    assert np.array_equal(turned.predict(frame), rules.predict(frame))
    assert np.array_equal(turned.classify(frame), rules.classify(frame))
    x = rules.domain.rows(frame)
    assert np.allclose(turned.network.evaluate(x), -rules.network.evaluate(x))
    assert turned.labels is not None
    assert turned.labels.positive_label == "no"
    assert speak_of_class(rules, "yes").labels.positive_label == "yes"
    assert np.array_equal(speak_of_class(turned, "yes").predict(frame), rules.predict(frame))

    both = replace(
        rules, outputs=("p_no", "p_yes"), heads=(Head("complement", (0,)), Head("sigmoid", (0,)))
    )
    one = rr.explain(both, frame.iloc[[2]], positive="no")
    other = rr.explain(both, frame.iloc[[2]])
    assert (one.label, other.label) == ("log odds of p_no", "log odds of p_yes")
    assert one.score == -other.score
    own = {part.part: part.contribution for part in one.contributions}
    assert own == {part.part: -part.contribution for part in other.contributions}
    with pytest.raises(DataError, match="no class 'perhaps'"):
        rr.explain(rules, frame.iloc[[2]], positive="perhaps")


def test_reasons_in_words() -> None:
    rules, frame = make_additive("two", hidden=(20,))
    texts = {name: {"text": f"words of {name}"} for name in frame.columns}
    found = rr.explain(rules, frame.iloc[[3]], reasons=texts, direction="lower")
    sorted_parts = sorted(found.contributions, key=lambda part: part.contribution)
    adverse = [part for part in sorted_parts if part.contribution < 0][:4]
    assert [reason.column for reason in found.reasons] == [part.part for part in adverse]
    assert [reason.text for reason in found.reasons] == [
        " & ".join(f"words of {name}" for name in part.part.split(" & ")) for part in adverse
    ]
    with pytest.raises(InputError, match="which scores are adverse"):
        rr.explain(rules, frame.iloc[[3]], direction="up")


def test_rows_without_a_score() -> None:
    rules, frame = make_additive("two")
    for change, said in [
        ({"income": 1e6}, "'income' is 1e"),
        ({"income": np.nan}, "'income' has no value"),
        ({"purpose": "boat"}, "'purpose' has a value that the rules don't know"),
    ]:
        row = pd.DataFrame([{**frame.iloc[0].to_dict(), **change}])
        with pytest.raises(DataError, match=said):
            rr.explain(rules, row)


def test_a_decision_is_told_with_its_lines() -> None:
    rules, frame = make_additive("two")
    step = replace(rules, heads=(Head("step", (0,)),), outputs=("class",))
    found = rr.explain(step, frame.iloc[[0]])
    assert found.decided == f"class {rules.classify(frame)[0]}"
    assert found.contributions == ()
    assert str(found).startswith(found.decided + "\n")
    json.dumps(found.to_json(), allow_nan=False)
