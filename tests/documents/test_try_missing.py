"""The page of rules in which a missing number has points of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from browsers import TriedPage, open_chromium

import relurules as rr
from relurules.documents.try_page.columns import describe_columns
from relurules.documents.try_page.csv_format import describe_csv

pytestmark = pytest.mark.xdist_group("chromium")

ROWS = 300


def make_loans() -> pd.DataFrame:
    """Debts are late, and so are those of whom no income is known; -999 stands for no age."""
    random = np.random.default_rng(5)
    income, debt = random.uniform(10, 90, ROWS).round(1), random.uniform(0, 40, ROWS).round(1)
    lacks = random.random(ROWS) < 0.2
    score = np.where(lacks, 2.5, -0.08 * np.minimum(income - 50, 10)) + 0.15 * (debt - 20)
    return pd.DataFrame(
        {
            "income": np.where(lacks, np.nan, income),
            "debt": debt,
            "age": np.where(random.random(ROWS) < 0.1, -999, random.integers(18, 80, ROWS)),
            "ending": np.where(score + random.logistic(0, 0.4, ROWS) > 0, "late", "paid"),
        }
    )


@pytest.fixture(scope="module")
def fitted() -> Any:
    options: dict[str, Any] = {"form": "additive", "max_rules": 3, "na": {"age": -999}}
    return rr.fit(make_loans(), "ending", positive="late", **options)


@pytest.fixture
def page(fitted: Any, tmp_path: Path) -> Iterator[TriedPage]:
    rr.emit(fitted.rules, "html").write(tmp_path)
    with open_chromium() as browser:
        opened = TriedPage(browser, tmp_path / "rules.html")
        yield opened
        opened.close()


def test_a_number_and_whether_it_is_missing_are_one_column(fitted: Any) -> None:
    columns = {column["name"]: column for column in describe_columns(fitted.rules)}
    gap, number = columns["income is missing"], columns["income"]
    assert (gap["table"], gap["read"], number["read"]) == ("income", False, True)
    names = list(columns)
    assert (names[gap["of"]], names[number["gap"]]) == ("income", "income is missing")
    assert [choice["label"] for choice in gap["choices"]] == ["yes", "no"]
    assert columns["debt"]["gap"] is columns["debt"]["of"] is None
    assert dict(describe_csv(fitted.rules)["missing"])["age"] == ("", "-999")


def test_files_with_empty_fields_are_scored_as_the_rules_do(fitted: Any, page: TriedPage) -> None:
    frame, raw = fitted.frame, make_loans().drop(columns="ending")
    found = pd.DataFrame(page.score(raw, extended=True))
    expected, contributions = fitted.rules.predict(frame), fitted.rules.contributions(frame)
    assert found["p_late"].astype(float).to_numpy() == pytest.approx(expected[:, 0], rel=1e-10)
    assert found["class"].tolist() == fitted.rules.classify(frame).tolist()
    assert "income is missing" in set(contributions)

    for name in ("income is missing", "age is missing"):
        shown = found[f"contribution_{name}"].astype(float).to_numpy()
        lacks = frame[name.removesuffix(" is missing")].isna().to_numpy()
        points = fitted.rules.points[name][:, 0]
        assert len(set(shown[lacks].round(9))) == len(set(shown[~lacks].round(9))) == 1
        assert shown[lacks][0] - shown[~lacks][0] == pytest.approx(points[0] - points[1])


def fill_row(page: TriedPage, fitted: Any, row: dict[str, float]) -> None:
    names = [column["name"] for column in describe_columns(fitted.rules)]
    for name, value in row.items():
        page.fill(names.index(name), "" if np.isnan(value) else repr(value))
    page.page.wait_for_timeout(400)


def test_an_empty_field_is_a_missing_number(fitted: Any, page: TriedPage) -> None:
    for income in (np.nan, 30.0):
        row = {"income": income, "debt": 18.5, "age": 40.0}
        fill_row(page, fitted, row)
        expected = fitted.rules.predict(pd.DataFrame([row]))[0, 0]
        shown = page.page.locator(".try-outputs dd").first
        assert float(str(shown.get_attribute("title"))) == pytest.approx(expected, rel=1e-12)


def list_changes(page: TriedPage) -> list[list[str]]:
    rows = page.page.locator("#try-changes table tbody tr").all()
    return [row.locator("th, td").all_inner_texts()[:5] for row in rows]


@pytest.mark.parametrize("income", [np.nan, 50.0])
def test_changes_to_and_from_missing(fitted: Any, page: TriedPage, income: float) -> None:
    """By brute force: the nearest known number, and none."""
    row = {"income": income, "debt": 12.0, "age": 40.0}
    fill_row(page, fitted, row)
    label = fitted.rules.classify(pd.DataFrame([row]))[0]
    place = fitted.rules.domain.names.index("income")
    low, high = fitted.rules.domain.lower[place], fitted.rules.domain.upper[place]
    tried = pd.DataFrame([row] * 400).assign(income=[*np.linspace(low, high, 399), np.nan])
    turns = fitted.rules.classify(tried) != label

    changes = [each for each in list_changes(page) if each[0] == "income"]
    assert bool(changes) == bool(turns.any())
    assert ("missing" in [each[2] for each in changes]) == bool(turns[-1])
    for _, now, value, then, distance in changes:
        assert now.startswith("missing") == np.isnan(income)
        changed = np.nan if value == "missing" else float(value)
        assert fitted.rules.classify(pd.DataFrame([{**row, "income": changed}]))[0] == then
        assert np.isnan(changed) == np.isnan(income) or float(distance) >= 1
