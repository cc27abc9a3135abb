"""The committed documents with a validation: their figures beside scikit-learn's and scipy's."""

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
    area = roc_auc_score(outcome, score)
    expected = {
        "AUC": area,
        "Gini": 2 * area - 1,
        "KS": ks_2samp(score[outcome], score[~outcome]).statistic,
        "log loss": log_loss(outcome, share),
        "Brier score": brier_score_loss(outcome, share),
        "accuracy": accuracy_score(outcome, share > 0.5),
    }
    assert {metric: found[metric] for metric in expected} == pytest.approx(expected, abs=1e-9)

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
        assert told["auc"] == pytest.approx(roc_auc_score(outcome[at], score[at]))
        assert told["favourable"] == pytest.approx((share[at] <= 0.5).mean())


@pytest.mark.parametrize("name", TABLES)
def test_a_validator_finds_the_command_and_who_signs(name: str) -> None:
    text = (FOLDER / f"{name}_signed" / "rules.md").read_text()
    assert f"relurules document model/rules.json --fit model --data {name}.csv" in text
    assert f"relurules fit {name}.csv" in text
    assert "Nobody: this is an example" in text
    assert "the lowest ratio is that of group" in text
    assert (FOLDER / f"{name}_signed" / "annex_iv.md").read_text().count("MISSING") > 10
