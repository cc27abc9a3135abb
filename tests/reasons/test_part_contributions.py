"""What parts of additive rules add, which of them are reasons, and in which words."""

import numpy as np
import pytest
from additive_models import make_additive

from relurules.errors import DataError, UnsupportedError
from relurules.ir.reference import find_middle
from relurules.reasons.part_contributions import build_part_table, find_part_side
from relurules.reasons.ranking import choose_reasons
from relurules.reasons.reason_texts import make_reason_options, plan_part_phrases
from relurules.reasons.score_choice import list_forms
from relurules.statistics.additive_statistics import describe_scores


def table_of(rules, reference="kept"):
    chosen = rules.reference if reference == "kept" else reference
    return build_part_table(rules, list_forms(describe_scores(rules)), chosen)


@pytest.mark.parametrize("hidden", [(12,), (6, 4)])
@pytest.mark.parametrize("link", ["score", "two", "softmax"])
def test_parts_sum_to_every_score(link: str, hidden: tuple[int, ...]) -> None:
    rules, frame = make_additive(link, hidden=hidden)
    X = rules.domain.rows(frame)
    for reference in (rules.reference, find_middle(rules.domain), None):
        table = table_of(rules, reference)
        found = table.evaluate(X)
        scores = rules.predict_scores(X) @ table.forms.T
        assert np.allclose(found.sum(axis=2) + table.bases, scores, atol=1e-11)
        if reference is not None:
            base = rules.network.evaluate(reference.values[None])[0] @ table.forms.T
            assert np.allclose(table.bases, base, atol=1e-11)
    assert table_of(rules).forms.shape == (3 if link == "softmax" else 1, rules.score_count)


def test_reasons_are_those_of_brute_force() -> None:
    rules, frame = make_additive("two", hidden=(20,))
    table = table_of(rules)
    found = table.evaluate(rules.domain.rows(frame))[:, 0]
    for direction, sign in (("higher", 1.0), ("lower", -1.0)):
        chosen = choose_reasons(found, direction, 3, float(table.floors[0]))
        for own, places in zip(found * sign, chosen, strict=True):
            adverse = sorted(
                (i for i in range(len(own)) if own[i] > 1e-9 * own.max()), key=lambda i: -own[i]
            )
            assert [i for i in places.tolist() if i >= 0] == adverse[:3]


def test_the_reference_itself_has_no_reasons() -> None:
    rules, _ = make_additive("softmax", hidden=(30,))
    table = table_of(rules)
    x = rules.reference.values
    noise = 1e-14 * np.abs(x).max() * np.random.default_rng(0).normal(size=(3, len(rules.parts)))
    for view in range(3):
        found = table.evaluate(x[None])[0, view] + noise[view]
        assert (choose_reasons(found, "higher", 4, float(table.floors[view])) == -1).all()
    assert (table.floors < 1e-6).all()


def test_words_of_columns_and_pairs() -> None:
    rules, frame = make_additive("two", hidden=(40,))
    table = table_of(rules)
    names = {part.name for part in table.parts}
    assert {"income", "purpose", "income & age", "purpose & debt"} <= names
    texts = {
        "income": {"low": "earns too little, below {threshold}", "high": "earns a lot"},
        "purpose": {"text": "what for"},
        "income & age": {"text": "income for the age"},
    }
    phrases = plan_part_phrases(table, make_reason_options(texts=texts))
    place = {part.name: part.place for part in table.parts}
    assert phrases.phrase(1, place["income"], 1) == "earns a lot"
    assert phrases.phrase(1, place["income & age"], 0) == "income for the age"
    assert phrases.phrase(1, place["purpose & debt"], 1) == "what for & debt"
    assert phrases.phrase(1, place["purpose"], 0) == "what for"
    low = phrases.phrase(1, place["income"], 0)
    assert float(low.rsplit(" ", 1)[1]) >= frame["income"].mean()

    income = table.parts[place["income"]]
    x = rules.reference.values.copy()
    assert find_part_side(income, x) == 1
    x[income.at] -= 1
    assert find_part_side(income, x) == 0
    assert find_part_side(table.parts[place["purpose & debt"]], x) == 1


def test_several_columns_are_neither_low_nor_high() -> None:
    table = table_of(make_additive("two", hidden=(40,))[0])
    for texts, said in [
        ({"income & age": {"low": "x"}}, "are several columns, which together are neither"),
        ({"purpose": {"high": "x"}}, "holds categories, which are neither"),
        ({"nothing": {"text": "x"}}, "no column 'nothing'"),
    ]:
        with pytest.raises(DataError, match=said):
            plan_part_phrases(table, make_reason_options(texts=texts))


def test_a_decision_has_no_forms() -> None:
    from dataclasses import replace

    from relurules.ir import Head

    rules, _ = make_additive("two")
    with pytest.raises(UnsupportedError, match="number of a class"):
        list_forms(describe_scores(replace(rules, heads=(Head("step", (0,)),))))
