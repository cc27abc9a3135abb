"""Rows that come later beside a reference."""

import numpy as np
import pandas as pd
import pytest
from additive_models import make_additive, make_frame

from relurules.errors import DataError
from relurules.validation import MonitorLimits, monitor_rules
from relurules.validation.monitoring import MonitorReport

RULES, DATA = make_additive("two", hidden=(5,))


def test_the_same_rows_have_not_moved() -> None:
    report = monitor_rules(RULES, DATA, DATA)
    assert report
    assert report.breaches == ()
    assert all(one.psi == pytest.approx(0.0, abs=1e-15) for one in report.movements)
    assert report.mean_scores[0] == report.mean_scores[1]


def test_what_has_moved_is_named() -> None:
    older = DATA.assign(age=np.minimum(DATA.age + 25, DATA.age.max()))
    report = monitor_rules(RULES, older, DATA)
    assert not report
    moved = {one.name: one.psi for one in report.movements if one.kind == "column"}
    assert moved["age"] > 0.25
    assert moved["income"] == pytest.approx(0.0, abs=1e-15)
    assert any(said.startswith("age: PSI ") for said in report.breaches)
    assert not any(said.startswith("income") for said in report.breaches)
    assert monitor_rules(RULES, older, DATA, limits=MonitorLimits(psi=100.0))


def test_rows_outside_and_missing_values_are_counted() -> None:
    new = DATA.astype({"income": float, "debt": float}).copy()
    new.loc[:19, "income"] = np.nan
    new.loc[20:39, "debt"] = 1e6
    report = monitor_rules(RULES, new, DATA)
    rates = {(one.kind, one.name): (one.reference, one.data) for one in report.rates}
    read = {column.name for column in RULES.domain.columns}
    assert {"income", "debt"} <= read
    assert rates["outside", "rows"] == (0.0, pytest.approx(0.2))
    assert rates["missing", "income"] == (0.0, pytest.approx(0.1))
    assert "20.0\u00a0% of the rows are outside the domain, above 5.0\u00a0%" in report.breaches
    assert any(said.startswith("income: 10.0\u00a0% missing") for said in report.breaches)


def list_at_limits() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A reference and rows of which just 5 % more lack a value, and so are outside."""
    rows = DATA[:100].astype({"income": float}).reset_index(drop=True)
    number = np.arange(len(rows))
    return rows.assign(income=rows.income.where(number >= 50)), rows.assign(
        income=rows.income.where(number >= 55)
    )


def test_a_share_that_is_just_its_limit_is_no_breach() -> None:
    base, new = list_at_limits()
    at = MonitorLimits(psi=100.0, outside=0.55, missing=0.05)
    assert monitor_rules(RULES, new, base, limits=at).breaches == ()
    few = DATA[:20].astype({"debt": float}).reset_index(drop=True)
    few.loc[3, "debt"] = 1e6
    assert monitor_rules(RULES, few, few, limits=MonitorLimits(psi=100.0)).breaches == ()
    one_more = new.assign(income=new.income.where(np.arange(len(new)) != 55))
    assert len(monitor_rules(RULES, one_more, base, limits=at).breaches) == 2


def monitor_months() -> MonitorReport:
    new = make_frame(200, 4)
    inside = ~np.isnan(RULES.predict_scores(new)[:, 0])
    new = new[inside].reset_index(drop=True)
    new["day"] = np.where(np.arange(len(new)) < 100, "2025-12-31", "2026-01-01")
    return monitor_rules(RULES, new, DATA, by="day")


def test_months_have_their_mean_scores() -> None:
    report = monitor_months()
    new = make_frame(200, 4)
    scores = RULES.predict_scores(new)[:, 0]
    scores = scores[~np.isnan(scores)]
    assert [one.period for one in report.periods] == ["2025-12", "2026-01"]
    assert report.periods[0].mean_score == pytest.approx(scores[:100].mean())
    assert report.periods[1].mean_score == pytest.approx(scores[100:].mean())
    assert report.periods[0].class_share == pytest.approx((scores[:100] > 0).mean())


@pytest.mark.parametrize("texts", [("2025-Q4", "2026-Q1"), ("2025/12/31", "2026/01/01")])
def test_periods_may_be_texts_in_the_order_of_time(texts: tuple[str, str]) -> None:
    new = make_frame(40, 4)
    new["period"] = np.where(np.arange(len(new)) < 20, *texts)
    periods = [one.period for one in monitor_rules(RULES, new, DATA, by="period").periods]
    assert len(periods) == 2
    assert periods == sorted(periods)


def test_texts_without_an_order_in_time_are_no_periods() -> None:
    new = make_frame(40, 4)
    new["branch"] = np.where(np.arange(len(new)) < 20, "north", "south")
    with pytest.raises(DataError, match="'branch' holds texts such as 'north', 'south'"):
        monitor_rules(RULES, new, DATA, by="branch")


def test_json_holds_it_all() -> None:
    said = monitor_months().to_json()
    assert {"passed", "breaches", "limits", "movements", "rates", "periods", "shares"} <= set(said)
    assert said["rows"]["reference"] == len(DATA)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(DataError, match=r"limit of psi is -1\.0"):
        MonitorLimits(psi=-1.0)
    with pytest.raises(DataError, match="none of the 200 rows of the data lies in the domain"):
        monitor_rules(RULES, DATA.assign(income=1e9), DATA)
    assert isinstance(monitor_rules(RULES, pd.DataFrame(DATA), DATA), MonitorReport)
