"""The page in a real Chromium: its answers beside those of the rules, and how it is used."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from additive_models import make_additive, make_frame
from browsers import TriedPage, open_chromium
from documents.stand_ins import people
from handmade import graph, network

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.class_labels import make_labels
from relurules.reasons.part_contributions import build_part_table
from relurules.reasons.ranking import choose_reasons
from relurules.reasons.score_choice import list_forms
from relurules.statistics.additive_statistics import describe_scores
from relurules.tables.column_types import ColumnType, TableSchema, list_date_columns
from relurules.tables.table_format import TableFormat

AnyRules = AdditiveRules | RuleSet
ROWS = 10_000
#: What `rr.fit` makes of the hours of bike sharing (UCI 275), target cnt, form "additive",
#: max_rules 16, without instant, dteday, casual and registered: 16 lines of two columns each. The
#: statistics of the rows are left out.
SIXTEEN = Path(__file__).resolve().parents[1] / "data" / "sixteen_lines.json"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_chromium() as found:
        yield found


@pytest.fixture
def try_rules(browser: Any, tmp_path: Path) -> Iterator[Callable[..., TriedPage]]:
    """Emits rules, and opens their document; closes it in the end, without a complaint."""
    opened = []

    def open_page(rules: AnyRules, emit: dict[str, Any] | None = None, **options: Any) -> TriedPage:
        rr.emit(rules, "html", **(emit or {})).write(tmp_path)
        opened.append(TriedPage(browser, tmp_path / "rules.html", **options))
        return opened[-1]

    yield open_page
    for page in opened:
        page.close()


def make_rows(rows: int = ROWS, seed: int = 5) -> pd.DataFrame:
    """Rows in the domain of `make_additive`, a few outside, of unknown categories or incomplete."""
    frame = make_frame(rows, seed=seed)
    narrow = make_frame(200, seed=0)
    for name in ("income", "age", "debt"):
        frame[name] = frame[name].clip(narrow[name].min(), narrow[name].max())
    frame["debt"] += np.where(np.arange(rows) % 97 == 0, 1000.0, 0.0)
    frame.loc[np.arange(rows) % 89 == 1, "income"] = np.nan
    frame.loc[np.arange(rows) % 83 == 2, "purpose"] = "boat"
    return frame


def read_numbers(found: list[dict[str, str]], name: str) -> np.ndarray[Any, Any]:
    return np.array([float(row[name]) if row[name] else np.nan for row in found])


def people_rows(rows: int = ROWS) -> pd.DataFrame:
    random = np.random.default_rng(3)
    jobs = np.array(["clerk", "cook", "smith", None, "pilot"], dtype=object)
    debt = random.uniform(-0.2, 10.2, rows)
    return pd.DataFrame(
        {
            "age": random.integers(16, 83, rows),
            "job": jobs[random.integers(0, 5, rows)],
            "debt": np.where(random.random(rows) < 0.1, np.nan, debt),
        }
    )


def make_pair(link: str, **options: Any) -> tuple[AnyRules, pd.DataFrame]:
    rules, _ = make_additive(link, seed=1, **options)
    return rules, make_rows()


RULES: dict[str, Callable[[], tuple[AnyRules, pd.DataFrame]]] = {
    "two": lambda: make_pair("two"),
    "softmax": lambda: make_pair("softmax"),
    "score": lambda: make_pair("score", data=False),
    "groups": lambda: make_pair("two", hidden=(4, 2)),
    "partition": lambda: (people(), people_rows()),
}


@pytest.mark.parametrize("name", RULES)
def test_answers_are_those_of_the_rules(name: str, try_rules: Callable[..., TriedPage]) -> None:
    rules, frame = RULES[name]()
    found = try_rules(rules).score(frame, extended=True)
    assert len(found) == len(frame) == ROWS

    expected = rules.predict(frame)
    assert 100 < np.isnan(expected[:, 0]).sum() < ROWS / 2
    for i, output in enumerate(rules.outputs):
        np.testing.assert_allclose(read_numbers(found, output), expected[:, i], 1e-10, 1e-12)
    outside = np.isnan(expected[:, 0])
    assert [bool(row["why_not"]) for row in found] == outside.tolist()

    if rules.class_test is not None:
        told = [None if label is None else str(label) for label in rules.classify(frame)]
        assert [row["class"] or None for row in found] == told
    if isinstance(rules, AdditiveRules):
        check_parts(rules, frame, found)
        applying = rules.find_applying_lines(frame)
        lines = [",".join(str(k + 1) for k in np.flatnonzero(row)) for row in applying]
        assert [row["lines"] for row in found] == lines
    else:
        assert [row["rule"] or "0" for row in found] == list(map(str, rules.apply(frame).tolist()))
        check_columns(rules, frame, found)


def check_columns(rules: RuleSet, frame: pd.DataFrame, found: list[dict[str, str]]) -> None:
    """What every column moves in the rule that applies, coefficient by coefficient, and the reasons
    that follow from it.
    """
    numbers, X = rules.apply(frame), rules.domain.rows(frame)
    moved = rules.maps.weights[numbers - 1, 0] * (X - rules.reference.values)
    moved[numbers == 0] = np.nan
    own = {
        column.name: moved[:, place.start : place.stop].sum(axis=1)
        for column, place in zip(rules.domain.columns, rules.domain.places, strict=True)
        if rules.maps.weights[:, 0, place.start : place.stop].any()
    }
    shown = [name for name in found[0] if name.startswith("contribution_")]
    assert shown == [f"contribution_{name}" for name in own]
    for name, expected in own.items():
        given = read_numbers(found, f"contribution_{name}")
        np.testing.assert_allclose(given, expected, 1e-9, 1e-9)

    values, names = np.column_stack(list(own.values())), list(own)
    inside, count = numbers > 0, min(4, len(own))
    ranks = choose_reasons(values[inside], "higher", count)
    said = [
        [row[f"reason_{k + 1}"] for k in range(count)]
        for row, here in zip(found, inside, strict=True)
        if here
    ]
    assert said == [[names[i] if i >= 0 else "" for i in row] for row in ranks.tolist()]
    adverse = [[value > 0 for value in row] for row in values[inside].tolist()]
    assert max(map(sum, adverse)) > 1


def check_parts(rules: AdditiveRules, frame: pd.DataFrame, found: list[dict[str, str]]) -> None:
    """Contributions to every score that is taken apart, and the reasons that follow from them."""
    forms = list_forms(describe_scores(rules))
    table = build_part_table(rules, forms, rules.reference)
    X = rules.domain.rows(frame)
    inside = rules.domain.contains(X)
    values = table.evaluate(X)
    names = [part.name for part in table.parts]
    for v, output in enumerate(forms):
        own = "" if len(forms) == 1 else f"{output}_"
        for i, name in enumerate(names):
            given = read_numbers(found, f"contribution_{own}{name}")
            expected = np.where(inside, values[:, v, i], np.nan)
            np.testing.assert_allclose(given, expected, 1e-9, 1e-9)

        count = min(4, len(names))
        chosen = choose_reasons(values[inside, v], "higher", count, float(table.floors[v]))
        said = [
            [row[f"reason_{own}{k + 1}"] for k in range(count)]
            for row, here in zip(found, inside, strict=True)
            if here
        ]
        assert said == [[names[i] if i >= 0 else "" for i in row] for row in chosen.tolist()]


def fill_row(page: TriedPage, row: dict[str, Any]) -> None:
    for i, value in enumerate(row.values()):
        page.fill(i, str(value))
    page.settle()


def read_changes(page: TriedPage) -> list[list[str]]:
    return [
        [cell.inner_text() for cell in row.locator("th, td").all()[:5]]
        for row in page.page.locator("#try-changes tbody tr").all()
    ]


def read_shown(text: str) -> float:
    return float(text.replace(",", "").replace("\u2212", "-"))


ROW = {"income": 31.5, "age": 44, "purpose": "house", "debt": 1.25}


def list_single_changes(rules: AnyRules, row: dict[str, Any]) -> dict[tuple[str, int], Any]:
    """By brute force: (column, side) -> the nearest value of a fine grid that changes the class."""
    label = rules.classify(pd.DataFrame([row]))[0]
    found: dict[tuple[str, int], Any] = {}
    for column, place in zip(rules.domain.columns, rules.domain.places, strict=True):
        if column.categories:
            grid = [value for value in column.lookup if value is not None]
        else:
            low, high = rules.domain.lower[place.start], rules.domain.upper[place.start]
            whole = rules.domain.integer[place.start]
            grid = np.arange(low, high + 1) if whole else np.linspace(low, high, 20001)
        table = pd.DataFrame([row] * len(grid)).assign(**{column.name: list(grid)})
        others = [v for v, own in zip(grid, rules.classify(table), strict=True) if own != label]
        if column.categories:
            found |= {(column.name, k): value for k, value in enumerate(others)}
            continue
        above = [v for v in others if v > row[column.name]]
        below = [v for v in others if v < row[column.name]]
        found |= {(column.name, 1): min(above)} if above else {}
        found |= {(column.name, -1): max(below)} if below else {}
    return found


@pytest.mark.parametrize("link", ["two", "softmax"])
def test_changes_of_one_column_are_the_nearest(
    link: str, try_rules: Callable[..., TriedPage]
) -> None:
    rules, _ = make_additive(link, seed=1)
    page = try_rules(rules)
    frame, told = make_rows(40, seed=9).dropna(), 0
    frame = frame[(frame["debt"] < 500) & (frame["purpose"] != "boat")].head(12)
    for row in frame.to_dict("records"):
        fill_row(page, row)
        changes, expected = read_changes(page), list_single_changes(rules, row)
        assert len(changes) == len(expected)
        told += len(changes)
        for name, now, value, then, _ in changes:
            changed = value if name == "purpose" else read_shown(value)
            assert rules.classify(pd.DataFrame([{**row, name: changed}]))[0] == then
            if name == "purpose":
                assert value in [v for (own, _), v in expected.items() if own == name]
                continue
            nearest = expected[name, int(np.sign(changed - row[name]))]
            step = 0 if name == "age" else 1e-4 * abs(nearest) + 0.01
            assert abs(changed - row[name]) <= 1.021 * abs(nearest - row[name]) + step
            assert now.split(",")[0]
    assert told > 5


def measure_pair(rules: AnyRules, row: dict[str, Any], other: dict[str, Any]) -> float:
    """In standard deviations; another category counts as 1."""
    total = 0.0
    for column, place in zip(rules.domain.columns, rules.domain.places, strict=True):
        if column.categories:
            total += float(row[column.name] != other[column.name])
        else:
            assert rules.evidence is not None
            spread = rules.evidence.deviations[place.start]
            total += abs(row[column.name] - other[column.name]) / spread
    return total


def find_pair_distance(rules: AdditiveRules, row: dict[str, Any]) -> float:
    """By brute force on grids of every two columns: the least distance that changes the class."""
    label, best = rules.classify(pd.DataFrame([row]))[0], np.inf
    grids: dict[str, list[Any]] = {"purpose": ["car", "house", "travel"]}
    for name, count in (("income", 121), ("debt", 121)):
        at = list(rules.domain.names).index(name)
        low, high = rules.domain.lower[at], rules.domain.upper[at]
        grids[name] = sorted({*np.linspace(low, high, count).tolist(), row[name]})
    at = list(rules.domain.names).index("age")
    grids["age"] = list(range(int(rules.domain.lower[at]), int(rules.domain.upper[at]) + 1))
    for first, second in combinations(grids, 2):
        rows = [{**row, first: a, second: b} for a in grids[first] for b in grids[second]]
        told = rules.classify(pd.DataFrame(rows))
        distances = [
            measure_pair(rules, row, other)
            for other, own in zip(rows, told, strict=True)
            if own != label
        ]
        best = min([best, *distances])
    return best


def test_a_change_of_two_columns_is_the_nearest(try_rules: Callable[..., TriedPage]) -> None:
    rules, _ = make_additive("two", seed=1)
    page = try_rules(rules)
    frame, pairs = make_rows(60, seed=11).dropna(), 0
    frame = frame[(frame["debt"] < 500) & (frame["purpose"] != "boat")].head(6)
    for row in frame.to_dict("records"):
        fill_row(page, row)
        words = page.page.locator("#try-changes > p").last.inner_text()
        single = [read_shown(change[4]) for change in read_changes(page)]
        brute = find_pair_distance(rules, row)
        if not words.startswith("Two columns"):
            assert not np.isfinite(brute) or min(single) <= 1.01 * brute + 0.05
            continue
        pairs += 1
        distance = read_shown(words.partition("distance ")[2].partition(")")[0])
        assert distance <= 1.02 * brute + 0.05 * brute
        page.page.locator("#try-changes > p button").click()
        page.settle()
        label = page.page.locator(".try-class").inner_text()
        assert label != str(rules.classify(pd.DataFrame([row]))[0])
    assert pairs > 0


def test_the_typical_row_is_where_it_starts(try_rules: Callable[..., TriedPage]) -> None:
    rules, _ = make_additive("two", seed=1)
    page = try_rules(rules)
    assert rules.evidence is not None
    assert rules.evidence.typical is not None
    expected = rules.predict_row(rules.evidence.typical)["p_yes"]
    shown = page.page.locator(".try-outputs dd").first
    assert float(str(shown.get_attribute("title"))) == pytest.approx(expected, rel=1e-12)
    rows = page.page.locator("#try-bars tbody tr")
    amounts = [read_shown(row.locator("td.number").inner_text()) for row in rows.all()]
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=0.05)


def test_what_is_wrong_with_a_row_is_said(try_rules: Callable[..., TriedPage]) -> None:
    page = try_rules(make_additive("two", seed=1)[0])
    page.fill(0, "1e9")
    assert "income is outside" in page.page.locator("#try-headline").inner_text()
    page.fill(0, "")
    assert "income is missing" in page.page.locator("#try-headline").inner_text()
    page.fill(0, "ten")
    assert page.page.locator("#try-value-0").get_attribute("aria-invalid") == "true"
    page.page.get_by_role("button", name="Back to the typical row").click()
    assert page.page.locator("#try-value-0").get_attribute("aria-invalid") is None
    assert "No answer" not in page.page.locator("#try-headline").inner_text()


def test_another_cut_off(try_rules: Callable[..., TriedPage]) -> None:
    rules, _ = make_additive("two", seed=1)
    page = try_rules(rules)
    fill_row(page, ROW)
    probability = float(rules.predict(pd.DataFrame([ROW]))[0, 0])
    page.page.fill("#try-cutoff-value", repr(probability / 2))
    page.settle()
    assert "above the cut-off" in page.page.locator("#try-changes-said").inner_text()
    cut = probability + 0.01 * (1 - probability)
    page.page.fill("#try-cutoff-value", repr(cut))
    page.settle()
    assert read_changes(page)
    for name, _, value, then, _ in read_changes(page):
        changed = {**ROW, name: value if name == "purpose" else read_shown(value)}
        assert then == "above the cut-off"
        assert rules.predict(pd.DataFrame([changed]))[0, 0] > cut


def test_columns_that_stay_as_they_are(try_rules: Callable[..., TriedPage]) -> None:
    rules, _ = make_additive("two", seed=1)
    page = try_rules(rules)
    probability = float(rules.predict(pd.DataFrame([ROW]))[0, 0])
    page.page.fill("#try-cutoff-value", repr(0.99 * probability))
    fill_row(page, ROW)
    names = {change[0] for change in read_changes(page)}
    assert names
    page.page.locator("summary", has_text="Columns that may change").click()
    for name in names:
        page.page.locator("#try-free").get_by_label(name).uncheck()
    page.settle()
    assert read_changes(page) == []


HOSTILE = [
    "</script><img src=x onerror=alert(1)>", "<!--<script>", "__proto__",
    "'\"`${alert(2)}\\ \u2028&amp;",
]  # fmt: skip


def make_hostile() -> AdditiveRules:
    net = network(
        np.array([[1.0, 0.0, 0.0, 1.0], [0.5, 1.0, 1.0, 0.0]]), np.array([-0.2, 0.1]),
        np.array([[1.0, 2.0]]), C=np.array([[0.1, 0.3, 0.2, 0.4]]),
    )  # fmt: skip
    domain = rr.Domain.box([-1.0] * 4, [1.0] * 4, HOSTILE)
    data = np.random.default_rng(0).uniform(-1, 1, (50, 4))
    traced = replace(graph(net, ["<script>alert(3)</script>"]), features=HOSTILE)
    traced = replace(traced, columns=domain.columns)
    rules = rr.extract(traced, domain=domain, data=data, form="additive")
    assert isinstance(rules, AdditiveRules)
    return rules


def test_names_never_become_markup(try_rules: Callable[..., TriedPage]) -> None:
    rules = make_hostile()
    texts = {name: {"text": f"{i} </script><b>"} for i, name in enumerate(HOSTILE)}
    page = try_rules(rules, {"reasons": texts})
    labels = [label.inner_text() for label in page.page.locator(".try-field label").all()]
    assert [" ".join(label.split()) for label in labels] == [
        " ".join(name.replace("\u2028", " ").split()) for name in HOSTILE
    ]
    assert page.page.locator("img, #try-section b b").count() == 0
    frame = pd.DataFrame(np.random.default_rng(1).uniform(-1, 1, (30, 4)), columns=HOSTILE)
    found = page.score(frame, extended=True)
    expected = rules.predict(frame)[:, 0]
    np.testing.assert_allclose(read_numbers(found, "<script>alert(3)</script>"), expected, 1e-12)
    assert any("</script><b>" in row["reason_1"] for row in found)


def test_what_is_downloaded_holds_no_formulas(try_rules: Callable[..., TriedPage]) -> None:
    rules, frame = make_additive("two", seed=1)
    labels = make_labels(("=1+1", "@yes"))
    found = try_rules(replace(rules, outputs=("=p",), labels=labels)).score(frame.head(60))
    told = {f"'{label}" for label in labels.names}
    assert {row["class"] for row in found} == told
    expected = rules.predict(frame.head(60))[:, 0]
    np.testing.assert_allclose(read_numbers(found, "'=p"), expected)


def test_of_several_classes_the_one_that_is_told_is_shown(
    try_rules: Callable[..., TriedPage],
) -> None:
    rules, frame = make_additive("softmax", seed=1)
    page = try_rules(rules)
    columns = [column.name for column in rules.domain.columns]
    assert rules.labels is not None
    classes = rules.predict(frame).argmax(axis=1)
    assert len(np.unique(classes)) > 1
    for number in np.unique(classes):
        row, output = np.flatnonzero(classes == number)[0], rules.outputs[number]
        for place, name in enumerate(columns):
            page.fill(place, str(frame[name].iloc[row]))
        said = page.page.locator("#try-bar").inner_text()
        assert said.startswith(f"{rules.labels.names[number]} \u00b7 {output} ")
        caption = page.page.locator("#try-bars caption").inner_text()
        assert f"score of {output}, minus" in caption
    page.page.locator("#try-view").select_option(value="0")
    assert f"score of {rules.outputs[0]}," in page.page.locator("#try-bars caption").inner_text()
    page.score(frame)
    said = page.page.locator("#try-histogram").inner_text()
    assert "Rows by the output of the class that is told" in said


def test_outputs_with_names_of_results(try_rules: Callable[..., TriedPage]) -> None:
    rules, frame = make_additive("two", seed=1)
    for name in ("class", "lines", "scores", "why_not"):
        own = replace(rules, outputs=(name,), labels=make_labels(("no", "yes")))
        found = try_rules(own).score(frame.head(9))
        np.testing.assert_allclose(read_numbers(found, name), own.predict(frame.head(9))[:, 0])


def test_nothing_else_runs_in_it(try_rules: Callable[..., TriedPage]) -> None:
    page = try_rules(make_additive("two", seed=1)[0])
    assert page.page.evaluate("fetch('https://example.org').catch(() => 'no')") == "no"
    blocked = page.page.evaluate(
        """() => { const script = document.createElement('script');
        try { script.textContent = 'window.ran = true'; document.body.append(script); } catch {}
        return window.ran === undefined; }"""
    )
    assert blocked
    assert page.page.evaluate(
        "() => { try { document.body.innerHTML = '<p>'; return false } catch { return true } }"
    )
    page.complaints.clear()  # the browser tells of what it blocked
    page.requests.clear()


def test_it_is_used_by_keyboard(try_rules: Callable[..., TriedPage]) -> None:
    page = try_rules(make_additive("two", seed=1)[0])
    keyboard = page.page.keyboard
    page.page.get_by_role("link", name="Try it").focus()
    keyboard.press("Enter")
    keyboard.press("Tab")
    slider = page.page.get_by_role("slider", name="income")
    assert slider.evaluate("slider => slider === document.activeElement")
    before = page.page.locator("#try-headline").inner_text()
    keyboard.press("End")
    assert page.page.locator("#try-headline").inner_text() != before
    keyboard.press("Tab")
    field = page.page.get_by_role("textbox", name="income")
    assert field.evaluate("field => field === document.activeElement")
    assert field.input_value() == slider.get_attribute("max")
    assert page.page.locator("#try-headline").get_attribute("role") == "status"

    link = page.page.locator("#try-bars a").first
    link.focus()
    tip = page.page.get_by_role("tooltip")
    assert len(tip.inner_text()) > 10
    assert link.get_attribute("aria-describedby") == tip.get_attribute("id")
    keyboard.press("Escape")
    assert page.page.locator("#try-hint").is_hidden()


def test_terms_are_explained_in_place(try_rules: Callable[..., TriedPage]) -> None:
    """By the keyboard alone: a score, where it starts, a part without a card, a heading."""
    page = try_rules(make_additive("two", seed=1)[0])
    tip = page.page.get_by_role("tooltip")
    said = {}
    places = {
        "score": "#try-headline a",
        "start": "#try-bars a >> nth=0",
        "purpose": '#try-bars a[data-part="purpose"]',
        "points": "section[aria-labelledby=score] .try-sort >> nth=2",
    }
    for name, place in places.items():
        page.page.locator(place).focus()
        said[name] = tip.inner_text()
        page.page.keyboard.press("Escape")
        assert page.page.locator("#try-hint").is_hidden()
    assert said["score"].startswith("Score: where it starts")
    assert said["start"].startswith("Reference: the row that")
    assert said["points"].startswith("Points: what a column adds")
    assert all(word in said["purpose"] for word in ("car", "house", "travel"))


def test_all_lines_are_listed_and_filtered(try_rules: Callable[..., TriedPage]) -> None:
    rules, _ = make_additive("two", seed=1, hidden=(12,))
    page = try_rules(rules)
    fill_row(page, ROW)
    place = page.page.locator("#try-lines")
    place.locator("summary").focus()
    page.page.keyboard.press("Enter")
    rows = place.locator("tbody tr")
    assert rows.count() == len(rules)
    applies = rules.find_applying_lines(pd.DataFrame([ROW]))[0]
    told = [row.locator("td").last.inner_text() for row in rows.all()]
    assert told == ["yes" if one else "no" for one in applies]
    place.get_by_role("checkbox").focus()
    page.page.keyboard.press("Space")
    shown = [row.locator("th").inner_text() for row in rows.all() if row.is_visible()]
    assert shown == [str(i + 1) for i in np.flatnonzero(applies)]
    page.page.keyboard.press("Space")
    place.get_by_role("searchbox").fill("income")
    words = [row.inner_text() for row in rows.all() if row.is_visible()]
    assert 0 < len(words) < len(rules)
    assert all("income" in text for text in words)
    place.get_by_role("searchbox").fill("")
    place.get_by_role("button", name="Applies").click()
    assert [row.locator("td").last.inner_text() for row in rows.all()] == sorted(told)


def test_tables_are_sorted_and_searched(try_rules: Callable[..., TriedPage]) -> None:
    page = try_rules(make_additive("two", seed=1, hidden=(12,), reads=1)[0])
    table = page.page.locator("section[aria-labelledby=score] table")
    names = table.locator("tbody tr > :first-child").all_inner_texts()
    table.get_by_role("button", name="Points").click()
    head = table.locator("th", has_text="Points")
    assert head.get_attribute("aria-sort") == "ascending"
    sorted_names = table.locator("tbody tr > :first-child").all_inner_texts()
    assert sorted_names[0].strip()
    assert sorted(sorted_names) == sorted(names)
    place = table.locator("thead th").all_inner_texts().index(head.inner_text())
    cells = table.locator("tbody tr:has(> th)").all()
    points = [row.locator("> *").nth(place).inner_text() for row in cells]
    told = [float(each.replace("\u2212", "-").split()[0]) for each in points if each.strip()]
    assert len(told) > 2
    assert told == sorted(told)
    page.page.emulate_media(media="print")
    page.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert table.locator("tbody tr > :first-child").all_inner_texts() == names
    page.page.emulate_media(media="screen")

    search = page.page.locator("section[aria-labelledby=score] .try-search input")
    search.fill("purpose")
    shown = [row for row in table.locator("tbody tr").all() if row.is_visible()]
    assert 0 < len(shown) < len(names)
    page.page.emulate_media(media="print")
    assert all(row.is_visible() for row in table.locator("tbody tr").all())


def test_paper_has_no_tool(try_rules: Callable[..., TriedPage]) -> None:
    page = try_rules(make_additive("two", seed=1)[0])
    assert page.page.locator("#try").is_visible()
    page.page.emulate_media(media="print")
    for place in ("#try-section", "#try-link", ".try-search"):
        assert not any(each.is_visible() for each in page.page.locator(place).all())
    assert page.page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_the_screen(width: int, try_rules: Callable[..., TriedPage]) -> None:
    for rules in (make_additive("softmax", seed=1)[0], people()):
        page = try_rules(rules, viewport={"width": width, "height": 800})
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.page.evaluate(wide) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("link", ["two", "softmax"])
def test_axe_finds_no_serious_fault(
    scheme: str, link: str, axe: str, try_rules: Callable[..., TriedPage]
) -> None:
    rules, frame = make_additive(link, seed=1, hidden=(12,))
    page = try_rules(rules, color_scheme=scheme, bypass_csp=True)
    page.load(frame.to_csv(index=False))
    for summary in page.page.locator("summary").all():
        summary.click()
    page.page.evaluate(axe)
    found = page.page.evaluate("axe.run().then((found) => found.violations)")
    serious = [(each["id"], [node["html"] for node in each["nodes"]]) for each in found
               if each["impact"] in ("serious", "critical")]  # fmt: skip
    assert serious == []


def make_european() -> AdditiveRules:
    """Rules of a table with semicolons, decimal commas, missing texts, dates and booleans."""
    columns = {
        "income": ColumnType(kind="number"),
        "job": ColumnType(kind="category"),
        "since": ColumnType(kind="date", form="%d.%m.%Y", parts=("days", "month")),
        "seen": ColumnType(kind="date", parts=("weekday", "hour")),
        "owner": ColumnType(kind="boolean"),
    }
    form = TableFormat(sep=";", decimal=",", thousands=".", na=("k.A.",))
    dates = [name for own in ("since", "seen") for name in list_date_columns(own, columns[own])]
    kinds = (Category(("a;b", 'the "best"')), Category(("x\ny",)), Category(missing=True))
    names = (
        Column("income", fill=1500.25), Column("job", kinds), *map(Column, dates), Column("owner"),
    )  # fmt: skip
    domain = rr.Domain.over(names)
    d = len(domain.names)
    random = np.random.default_rng(4)
    sizes = np.array([1e-3, 1, 1, 1, 1e-3, 0.2, 0.3, 0.1, 1.0])
    net = network(
        random.normal(size=(3, d)) * sizes, np.zeros(3), np.ones((1, 3)),
        C=random.normal(size=(1, d)) * sizes,
    )  # fmt: skip
    traced = replace(graph(net, ["cost"]), features=domain.names, columns=names)
    rules = rr.extract(traced, domain=domain, form="additive")
    assert isinstance(rules, AdditiveRules)
    return replace(rules, schema=TableSchema(format=form, columns=columns))


EUROPEAN = '''\ufeff"income";job;since;seen;owner;note
1.500,5;a;31.01.2024;2024-02-29 23:59:59;True;"a;b"
1500,5;"a;b";31.01.2024;2024-02-29 23:59:59;True;"says ""yes"";\r\nand more"
k.A.;"the ""best""";1.2.2024;2024-03-01T00:00:00+02:00;false;
-2,5e2;"x\ny";29.02.2023;2024-01-01;False;
12;;29.02.2024;2024-01-01;False;
1.50,5;"a;b";31.01.2024;2024-01-01;True;
12;"a;b";31.01.2024;2024-01-01;True
'''


def test_files_are_read_as_the_rules_were_made(try_rules: Callable[..., TriedPage]) -> None:
    rules = make_european()
    page = try_rules(rules)
    said = page.load(EUROPEAN)
    for part in (
        "3 rows of 7 scored", "job has a value that isn't known; row 1",
        "isn't a date; row 4", "income isn't a number; row 6",
        "5 fields, where the header has 6; row 7",
    ):  # fmt: skip
        assert part in said
    with page.page.expect_download() as waiting:
        page.page.click("#try-download")
    text = Path(waiting.value.path()).read_bytes().decode()
    found = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    assert found[1]["note"] == 'says "yes";\r\nand more'
    days = (pd.Timestamp("2024-01-31") - pd.Timestamp("2000-01-01")).days
    numbers = [  # income, job, days, month, weekday and hour, owner
        [1500.5, "a;b", days, 1, 4, 23, 1],
        [1500.25, 'the "best"', days + 1, 2, 4, 22, 0],
        [12.0, None, days + 29, 2, 1, 0, 0],
    ]
    table = pd.DataFrame(numbers, columns=rules_columns(rules))
    shown = [float(found[i]["cost"].replace(",", ".")) for i in (1, 2, 4)]
    np.testing.assert_allclose(shown, rules.predict(table)[:, 0], 1e-12)


def rules_columns(rules: AnyRules) -> list[str]:
    return [column.name for column in rules.domain.columns]


def test_what_is_no_such_file_is_said(try_rules: Callable[..., TriedPage]) -> None:
    page = try_rules(make_additive("two", seed=1)[0])
    assert "the file is empty" in page.load("")
    assert "no column income, age, purpose, debt; it has a;b" in page.load("a;b\n1;2\n")
    assert "never closed" in page.load('income,age,purpose,debt\n1,2,"car,3\n')
    assert "can't be scored" in page.load(b"income,age,purpose,debt\n1,2,\xff,3\n")
    assert page.page.locator("#try-download").is_disabled()


def test_unknown_categories_and_rows_outside_are_named(
    try_rules: Callable[..., TriedPage],
) -> None:
    rules, _ = make_additive("two", seed=1)
    said = try_rules(rules).load(make_rows(200).to_csv(index=False))
    assert "without an answer (policy null): debt is outside" in said
    assert "income is missing" in said
    assert "purpose has a value that isn't known; row 3, 86" in said
    assert "histogram" not in said


def test_a_page_of_sixteen_fitted_lines_is_small_and_asks_for_nothing(
    try_rules: Callable[..., TriedPage], tmp_path: Path
) -> None:
    rules: Any = rr.load(SIXTEEN)
    assert (len(rules), rules.evidence) == (16, None)
    page = try_rules(rules)
    page.settle()
    assert (tmp_path / "rules.html").stat().st_size < 400_000
    assert page.requests == [(tmp_path / "rules.html").as_uri()]
    page.load("no columns\n1\n")
    assert {url.partition(":")[0] for url in page.requests} <= {"file", "blob"}
