"""What a validator does with a signed document alone: works out a score from the printed text, and
finds the command, the worst group and who signs.
"""

import re
from typing import Any

import pandas as pd
import pytest
from signed_example import SignedExample


def read_number(text: str) -> float:
    return float(text.replace("\u2212", "-").replace(",", "").replace("+", ""))


def read_point_tables(text: str) -> dict[str, list[list[str]]]:
    """Column -> its rows in the table of the score: where, points, per unit."""
    found: dict[str, list[list[str]]] = {}
    column = ""
    (part, *_) = text.split("\n## The score as a sum\n")[1].split("\n## ")
    for line in part.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) > 1 and cells[1] not in ("Where", "---"):
            column = cells[0].replace("\\", "") or column
            found.setdefault(column, []).append(cells[1:])
    return found


def look_up(rows: list[list[str]], value: Any) -> float:
    """The points of a value, by the table alone."""
    text = isinstance(value, str)
    for where, points, unit, *_ in rows:
        if where.startswith("\u201c") and text and f"\u201c{value}\u201d" in where:
            return read_number(points)
        if where.startswith("missing") and (text or pd.isna(value)):
            return read_number(points)  # the last row, "missing or any other value"
        if text or " to " not in where:
            continue
        spans, _, count = where.partition(", for every ")
        low, high = map(read_number, spans.split(" to "))
        if low <= value <= high:
            per = read_number(unit) / (read_number(count) if count else 1)
            return read_number(points.split(" to ")[0]) + per * (value - low)
    raise AssertionError((rows, value))


def test_scores_are_worked_out_from_the_document_alone(example: SignedExample) -> None:
    rows = example.table.sample(100, random_state=1)
    text = (example.folder / "rules.md").read_text(encoding="utf-8")
    start = re.search(r"score starts at ([^ ]+), what", text)
    bound = re.search(r"their sum is within ([^ ]+) of the score", text)
    assert start is not None
    assert bound is not None
    tables = read_point_tables(text)
    for (_, row), score in zip(rows.iterrows(), example.score[rows.index], strict=True):
        found = read_number(start[1]) + sum(look_up(own, row[c]) for c, own in tables.items())
        assert found == pytest.approx(score, abs=read_number(bound[1]))


def test_a_validator_finds_the_command_and_who_signs(example: SignedExample) -> None:
    text = (example.folder / "rules.md").read_text(encoding="utf-8")
    name = example.name
    assert f"relurules document model/rules.json --fit model --data {name}.csv" in text
    assert f"relurules fit {name}.csv" in text
    assert "Nobody: this is an example" in text
    assert (example.folder / "annex_iv.md").read_text(encoding="utf-8").count("MISSING") > 10


def test_the_worst_group_is_named(example: SignedExample) -> None:
    text = (example.folder / "rules.md").read_text(encoding="utf-8")
    groups = [one for one in example.validation["groups"] if one["part"] == "test"]
    worst = min((one for one in groups if not one["few"]), key=lambda one: one["impact_ratio"])
    said = re.search(r"Of all groups, test rows: the lowest ratio is that of (.*)\.", text)
    assert said is not None
    shown = f"{worst['column']}, group \u201c{worst['group']}\u201d, {worst['impact_ratio']:.3g}"
    assert said[1].replace("\\", "").startswith(shown)


def test_no_network_is_claimed_where_lines_were_fitted(example: SignedExample) -> None:
    for file in ("rules.md", "model_card.md", "annex_iv.md"):
        text = (example.folder / file).read_text(encoding="utf-8")
        text = text.replace("no neural network was trained", "").replace("files, or networks", "")
        assert "network" not in text, file
