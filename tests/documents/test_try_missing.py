"""The page of rules in which a missing number has points of its own."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from browsers import TriedPage, open_chromium

import relurules as rr
from relurules.documents.try_page.columns import describe_columns
from relurules.documents.try_page.csv_format import describe_csv

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
    page.settle()


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


def measure_move(rules: Any, name: str, now: float, then: np.ndarray) -> np.ndarray:
    """In standard deviations, a missing number where what it counts as is; to be missing, or known,
    is 1 more.
    """
    j = rules.domain.names.index(name)
    column = rules.domain.columns[[each.name for each in rules.domain.columns].index(name)]
    fill = np.nan if column.fill is None else column.fill
    filled, start = np.where(np.isnan(then), fill, then), fill if np.isnan(now) else now
    turned = (np.isnan(then) != np.isnan(now)).astype(float)
    return np.asarray(turned + np.abs(filled - start) / rules.evidence.deviations[j])


def find_nearest(rules: Any, row: dict[str, float], most: int) -> float:
    """By brute force on grids of as many columns as may change: the least distance."""
    label, best = rules.classify(pd.DataFrame([row]))[0], np.inf
    grids = {}
    for name, value in row.items():
        j = rules.domain.names.index(name)
        low, high = rules.domain.lower[j], rules.domain.upper[j]
        grid = np.arange(low, high + 1) if rules.domain.integer[j] else np.linspace(low, high, 161)
        lacks = [np.nan] if f"{name} is missing" in rules.domain.names or name != "debt" else []
        grids[name] = np.array([*grid, value, *lacks])
    pairs = combinations(row, 2) if most == 2 else ((name, name) for name in row)
    for first, second in pairs:
        a, b = (part.ravel() for part in np.meshgrid(grids[first], grids[second]))
        if first == second:
            a = b = grids[first]
        table = pd.DataFrame([row] * len(a)).assign(**{first: a, second: b})
        turned = rules.classify(table)
        moved = measure_move(rules, first, row[first], a)
        moved = moved + (0 if first == second else measure_move(rules, second, row[second], b))
        other = (turned != label) & np.array([one is not None for one in turned])
        best = min(best, float(moved[other].min(initial=np.inf)))
    return best


def test_two_columns_of_which_a_number_may_be_missing(fitted: Any, page: TriedPage) -> None:
    """The page finds no pair that is further than the best of a grid, and what it finds decides
    otherwise.
    """
    rules, pairs = fitted.rules, 0
    for row in (
        {"income": np.nan, "debt": 6.0, "age": 40.0},
        {"income": 30.0, "debt": 2.0, "age": np.nan},
        {"income": 80.0, "debt": 3.0, "age": 60.0},
        {"income": np.nan, "debt": 38.0, "age": np.nan},
    ):
        fill_row(page, fitted, row)
        words = page.page.locator("#try-changes > p").last.inner_text()
        single, brute = (find_nearest(rules, row, most) for most in (1, 2))
        if not words.startswith("Two columns"):
            assert not brute < 0.97 * single, (row, words)
            continue
        pairs += 1
        distance = float(words.partition("distance ")[2].partition(")")[0])
        assert distance <= 1.02 * brute, (row, words)
        before = rules.classify(pd.DataFrame([row]))[0]
        page.page.locator("#try-changes > p button").click()
        page.settle()
        assert page.page.locator(".try-class").inner_text() != str(before)
    assert pairs > 0
