"""Questions about rules in which a missing number has a column of its own."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import relurules as rr
from relurules.analysis.conditions import hold_missing_numbers, restrict_domain

ROWS = 400
GIVEN = "`income is missing` = yes"


def make_loans() -> pd.DataFrame:
    """What income does turns where debt is above 8, and missing incomes are late."""
    random = np.random.default_rng(3)
    income, debt = random.uniform(10, 80, ROWS).round(), random.uniform(0, 16, ROWS).round(1)
    score = np.where(debt > 8, 0.2 * (48 - income), 0.2 * (income - 40))
    lacks = random.random(ROWS) < 0.2
    income[lacks] = np.nan
    score = np.where(lacks, 1.0, score) + random.logistic(0, 0.2, ROWS)
    late = random.integers(0, 5, ROWS)
    ending = np.where(score + 0.3 * late > 0.5, "late", "paid")
    return pd.DataFrame({"income": income, "debt": debt, "calls": late, "ending": ending})


@pytest.fixture(scope="module", params=["tree", "additive"])
def rules(request: pytest.FixtureRequest) -> Any:
    tree = {"form": "partition", "method": "tree", "max_rules": 3}
    options: dict[str, Any] = (
        tree if request.param == "tree" else {"form": "additive", "max_rules": 4}
    )
    return rr.fit(make_loans(), "ending", missing="line", positive="late", **options).rules


def draw_rows(rules: Any, count: int = 20_000) -> pd.DataFrame:
    random, domain = np.random.default_rng(1), rules.domain
    places = {name: domain.names.index(name) for name in ("income", "debt", "calls")}
    drawn = {n: random.uniform(domain.lower[i], domain.upper[i], count) for n, i in places.items()}
    return pd.DataFrame(drawn).round({"calls": 0})


def test_the_range_of_rows_without_the_number(rules: Any) -> None:
    """By brute force: no sampled row is beyond the rows shown, which attain the bounds."""
    answer = rr.ask(rules, "range", output="p_late", given=GIVEN)
    sampled = rules.predict(draw_rows(rules).assign(income=np.nan))[:, 0]
    shown = [witness.outputs["p_late"] for witness in answer.witnesses]
    assert answer.exact
    assert min(shown) <= sampled.min() + 1e-9
    assert max(shown) >= sampled.max() - 1e-9
    for witness in answer.witnesses:
        assert witness.row["income"] is None
        again = rules.predict(pd.DataFrame([witness.row]).astype(float))[0, 0]
        assert again == pytest.approx(witness.outputs["p_late"], abs=1e-9)


@pytest.mark.parametrize("target", ["late", "paid"])
def test_classes_that_rows_without_the_number_reach(rules: Any, target: str) -> None:
    for given in ([GIVEN, "debt >= 10"], [GIVEN, "debt <= 3"]):
        frame = draw_rows(rules).assign(income=np.nan)
        frame = frame[frame.debt >= 10] if "debt >= 10" in given else frame[frame.debt <= 3]
        answer = rr.ask(rules, "reach", target=target, given=given)
        assert answer.holds is bool((rules.classify(frame) == target).any())


def test_what_a_missing_number_does_alone(rules: Any) -> None:
    """Both rows shown differ by that alone: the number is what a missing one counts as."""
    answer = rr.ask(rules, "effect", feature="income is missing", values=("yes", "no"))
    first, second = answer.witnesses
    fill = next(c.fill for c in rules.domain.columns if c.name == "income")
    assert (first.row["income"], second.row["income"]) == (None, fill)

    frame = draw_rows(rules)
    scores = rules.predict_scores(frame.assign(income=fill))[:, 0]
    moved = np.abs(scores - rules.predict_scores(frame.assign(income=np.nan))[:, 0]).max()
    shown = abs(
        np.diff([np.log(w.outputs["p_late"] / w.outputs["p_paid"]) for w in answer.witnesses])
    )
    assert shown[0] == pytest.approx(moved, abs=1e-6)


def test_a_number_that_can_only_be_missing_is_held(rules: Any) -> None:
    domain = rules.domain
    held = hold_missing_numbers(restrict_domain(domain, [GIVEN, "debt <= 3"]))
    at = domain.names.index("income")
    assert held.lower[at] == held.upper[at] == domain.columns[0].fill
    assert held.texts == ("debt <= 3",)
    assert hold_missing_numbers(domain) is domain

    other = hold_missing_numbers(restrict_domain(domain, [GIVEN, "income = 20"]))
    assert len(other.texts) == len(domain.texts)  # no row, as these say


def test_the_nearest_row_of_one_without_the_number() -> None:
    """Where debt alone gets there, the income needn't become known, which would count as 1."""
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"income": random.lognormal(3.5, 0.5, ROWS), "debt": random.lognormal(2, 0.8, ROWS)}
    ).round(1)
    lacks = random.random(ROWS) < 0.1
    score = 0.3 * frame.debt - 0.1 * frame.income + lacks + random.logistic(0, 0.5, ROWS)
    frame = frame.mask(pd.DataFrame({"income": lacks, "debt": False}))
    table = frame.assign(ending=np.where(score > 0, "late", "paid"))
    linear = rr.fit(
        table, "ending", form="additive", max_rules=1, missing="line", positive="late"
    ).rules

    width = frame.debt.max() - frame.debt.min()
    lacking = frame[frame.income.isna()][:12]
    one = lacking.assign(debt=lacking.debt + 1.0)
    slope = (linear.predict_scores(one) - linear.predict_scores(lacking))[:, 0].mean()
    far = linear.predict_scores(lacking)[:, 0] / slope  # of a linear score

    asked = 0
    for row, step in zip(lacking.to_dict("records"), far, strict=True):
        if frame.debt.min() < row["debt"] - step < frame.debt.max():
            answer = rr.ask(linear, "counterfactual", row=row)
            assert answer.values["distance"]["reached"] == pytest.approx(
                abs(step) / width, rel=1e-4
            )
            assert answer.witnesses[1].row["income"] is None
            asked += 1
    assert len(linear) == 0
    assert asked > 6
