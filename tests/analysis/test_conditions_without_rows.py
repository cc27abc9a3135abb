"""Conditions that no row meets: every question and every proof says so, of either kind of rules."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from documents.stand_ins import people
from handmade import graph, layered

import relurules as rr
from relurules.errors import DataError, DomainError

BOX = rr.Domain.box([-1, -1], [1, 2]).where("x0 + x1 >= 0")
#: Each may be met, and all together not; the second pair by inequalities alone.
NEVER = (["x0 <= 0.25", "x0 >= 0.5"], ["x0 - x1 >= 0.5", "x1 - x0 >= 0"])
QUESTIONS: dict[str, dict[str, Any]] = {
    "range": {},
    "bounded": {"at_most": 1000.0},
    "monotone": {"feature": "x1"},
    "effect": {"feature": "x1"},
    "reach": {"at_least": -1000.0},
    "lipschitz": {},
    "counterfactual": {"row": [0.0, 0.5], "at_least": 0.5},
}
FORMS = ("partition", "additive")


@pytest.fixture(scope="module")
def rules() -> dict[str, Any]:
    model = graph(layered(3, 2, [3], 1))
    return {form: rr.extract(model, domain=BOX, form=form) for form in FORMS}


@pytest.mark.parametrize("given", NEVER, ids=["bounds", "inequalities"])
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("form", FORMS)
def test_every_question_says_that_no_row_meets_the_conditions(
    rules: dict[str, Any], form: str, question: str, given: list[str]
) -> None:
    with pytest.raises((DataError, DomainError), match="no row of the domain meets these cond"):
        rr.ask(rules[form], question, given=given, **QUESTIONS[question])


@pytest.mark.parametrize("form", FORMS)
def test_all_columns_together_are_no_exception(rules: dict[str, Any], form: str) -> None:
    with pytest.raises(DataError, match="no row of the domain meets these conditions: x0 - x1"):
        rr.ask(rules[form], "monotone", given=NEVER[1])


@pytest.mark.parametrize("given", NEVER, ids=["bounds", "inequalities"])
@pytest.mark.parametrize("question", ["range", "monotone", "difference"])
@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_proven_of_no_row(
    rules: dict[str, Any], form: str, question: str, given: list[str]
) -> None:
    options = {"monotone": {"feature": "x1"}, "difference": {"old": rules[form]}}
    said = "have no row in common where x" if question == "difference" else "no row of the domain"
    with pytest.raises((DataError, DomainError), match=said):
        rr.prove_answer(rules[form], question, given=given, **options.get(question, {}))


@pytest.mark.parametrize("form", FORMS)
def test_no_difference_is_proven_of_domains_without_a_row_in_common(form: str) -> None:
    model = graph(layered(3, 2, [3], 1))
    square = rr.Domain.box([-1, -1], [1, 2])
    halves = [square.where(text) for text in ("x0 + x1 >= 0.5", "x0 + x1 <= 0.25")]
    old, new = (rr.extract(model, domain=half, form=form) for half in halves)
    with pytest.raises(DomainError, match=r"two rule sets have no row in common$"):
        rr.prove_answer(new, "difference", old=old)


@pytest.mark.parametrize("form", FORMS)
def test_a_single_row_is_enough(rules: dict[str, Any], form: str) -> None:
    given = ["x0 = 0.5", "x1 = 0.25"]
    answer = rr.ask(rules[form], "range", given=given)
    assert answer.values["low"] == pytest.approx(answer.values["high"])


def test_whole_numbers_count_where_they_are_asked_for() -> None:
    box = rr.Domain.box([0, 0], [3, 1])
    model = graph(layered(3, 2, [3], 1))
    found = rr.extract(model, domain=replace(box, integer=np.array([True, False])))
    given = ["x0 >= 0.25", "x0 <= 0.75"]
    assert rr.ask(found, "range", given=given).values["low"] is not None
    with pytest.raises(DataError, match=r"meets these conditions: x0 >= 0\.25"):
        rr.ask(found, "range", given=given, whole=True)


#: Columns that keep holds at a row's own numbers, and conditions that ask for others.
KEPT = (("x0 = 0.25", ["x0"]), ("x0 >= 0.5", ["x0"]), ("x0 - x1 >= 0.5", ["x0", "x1"]))


@pytest.mark.parametrize(("given", "keep"), KEPT, ids=["value", "bound", "inequality"])
@pytest.mark.parametrize("form", FORMS)
def test_kept_columns_that_conditions_deny_are_refused(
    rules: dict[str, Any], form: str, given: str, keep: list[str]
) -> None:
    said = f"no row of the domain meets these conditions, with {' and '.join(keep)} as it is: x0"
    with pytest.raises(DataError, match=said):
        rr.ask(rules[form], "counterfactual", given=given, keep=keep, row=[0, 0.5], at_least=0.5)


def test_a_kept_category_that_conditions_deny_is_refused() -> None:
    rules, row = people(), {"age": 40.0, "job": "clerk", "debt": 5.0}
    asked: dict[str, Any] = {"row": row, "keep": "job", "output": "defaults", "at_least": 0.0001}
    with pytest.raises(DataError, match="with job as it is: job = cook"):
        rr.ask(rules, "counterfactual", given="job = cook", **asked)
