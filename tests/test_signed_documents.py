"""The committed documents with a validation: their figures beside scikit-learn's and scipy's."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

import relurules as rr
from relurules.files.writing import read_json

DATA = Path(__file__).parents[2] / "shared" / "data"
FOLDER = Path(__file__).parents[1] / "examples" / "documents"
MONTHS = ("Sept", "Aug", "July", "June", "May", "April")


def read_cards() -> tuple[pd.DataFrame, Any]:
    table = pd.read_csv(DATA / "TaiwanCredit_UCI.csv")
    names = {"LIMIT_BAL": "credit limit (NT$)", "SEX": "sex", "AGE": "age"}
    for i, month in enumerate(MONTHS):
        names[f"PAY_{i + (i > 0)}"] = f"months late in {month}"
        names[f"BILL_AMT{i + 1}"] = f"bill of {month} (NT$)"
        names[f"PAY_AMT{i + 1}"] = f"paid in {month} (NT$)"
    table = table.rename(columns=names)
    table["sex"] = table["sex"].map({1: "male", 2: "female"})
    return table, table["default.payment.next.month"] == 1


def read_adult() -> tuple[pd.DataFrame, Any]:
    table = pd.read_csv(DATA / "adult.csv.gz", na_values="?", skipinitialspace=True)
    return table, table["income"] == ">50K"


TABLES = {
    "cards": ("TaiwanCredit_UCI.csv", read_cards),
    "adult": ("adult.csv.gz", read_adult),
}


@pytest.mark.parametrize("name", TABLES)
def test_figures_of_the_test_rows_are_scikit_learn_s(name: str) -> None:
    file, read = TABLES[name]
    if not (DATA / file).is_file():
        pytest.skip(f"{DATA / file} isn't there")
    table, came = read()
    _, test = train_test_split(
        np.arange(len(came)), test_size=0.2, random_state=0, stratify=came.map({False: 0, True: 1})
    )
    test = np.sort(test)
    rules: Any = rr.load(FOLDER / f"{name}_signed" / "rules.json")
    share = rules.predict(table.iloc[test])[:, -1]
    score = rules.predict_scores(table.iloc[test])[:, 0]  # log odds, apart where shares are 1.0
    inside = ~np.isnan(share)
    share, score, outcome = share[inside], score[inside], came.to_numpy()[test][inside]

    said = read_json(FOLDER / f"{name}_signed" / "validation.json")
    found = {
        one["metric"]: one["value"]
        for one in said["figures"]
        if (one["model"], one["part"]) == ("the rules", "test")
    }
    score = np.round(score, 10)  # rows that score alike are tied, whatever rounding does
    area = roc_auc_score(outcome, score)
    expected = {
        "AUC": area,
        "Gini": 2 * area - 1,
        "KS": ks_2samp(score[outcome], score[~outcome]).statistic,
        "log loss": log_loss(outcome, share),
        "Brier score": brier_score_loss(outcome, share),
        "accuracy": accuracy_score(outcome, share > 0.5),
    }
    # AUC and Gini of examples that are older than this: ties were in the order that rounding gave
    for metric, value in expected.items():
        room = 1e-6 if metric in ("AUC", "Gini") else 1e-9
        assert found[metric] == pytest.approx(value, abs=room), metric

    own = table.iloc[test][inside]
    for group, rows in own.groupby("sex"):
        (told,) = [
            one
            for one in said["groups"]
            if (one["part"], one["column"], one["group"]) == ("test", "sex", group)
        ]
        at = own.index.isin(rows.index)
        assert told["rows"] == at.sum()
        assert told["outcome"] == pytest.approx(outcome[at].mean())
        assert told["auc"] == pytest.approx(roc_auc_score(outcome[at], score[at]), abs=1e-5)
        lower_is_adverse = name == "adult"
        assert told["favourable"] == pytest.approx(((share[at] > 0.5) == lower_is_adverse).mean())


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


@pytest.mark.parametrize("name", TABLES)
def test_scores_are_worked_out_from_the_document_alone(name: str) -> None:
    file, read = TABLES[name]
    if not (DATA / file).is_file():
        pytest.skip(f"{DATA / file} isn't there")
    table, _ = read()
    rows = table.sample(100, random_state=1)
    folder = FOLDER / f"{name}_signed"
    rules: Any = rr.load(folder / "rules.json")
    text = (folder / "rules.md").read_text(encoding="utf-8")
    start = re.search(r"score starts at ([^ ]+), what", text)
    bound = re.search(r"their sum is within ([^ ]+) of the score", text)
    assert start is not None
    assert bound is not None
    tables = read_point_tables(text)
    expected = rules.predict_scores(rows)[:, 0]
    for (_, row), score in zip(rows.iterrows(), expected, strict=True):
        found = read_number(start[1]) + sum(look_up(own, row[c]) for c, own in tables.items())
        assert found == pytest.approx(score, abs=read_number(bound[1]))


@pytest.mark.parametrize("name", TABLES)
def test_a_validator_finds_the_command_and_who_signs(name: str) -> None:
    text = (FOLDER / f"{name}_signed" / "rules.md").read_text()
    assert f"relurules document model/rules.json --fit model --data {name}.csv" in text
    assert f"relurules fit {name}.csv" in text
    assert "Nobody: this is an example" in text
    assert "Of all groups, test rows: the lowest ratio is that of " in text
    assert (FOLDER / f"{name}_signed" / "annex_iv.md").read_text().count("MISSING") > 10
