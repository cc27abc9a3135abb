"""The fit of the cards' document, and the first of its refits, once more."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from signed_example import DATA, FILES, HandScorer, SignedExample, read_cards

import relurules as rr
from relurules.codec.any_rules import digest_rules
from relurules.training.refit_rows import refit_rules
from relurules.validation.fit_record import read_fit_record

LEFT_OUT = ["ID", "sex", "education", "EDUCATION", "MARRIAGE", "age", "default.payment.next.month"]


@pytest.fixture(scope="module")
def cards() -> SignedExample:
    path = DATA / FILES["cards"]
    if not path.is_file():
        pytest.skip(f"{path} isn't there")
    return SignedExample("cards", *read_cards(path))


def score_rows(rules: Any, table: pd.DataFrame) -> np.ndarray:
    return np.asarray(rules.predict_scores(table)[:, 0])


def test_the_fit_and_a_refit_come_out_again(cards: SignedExample, tmp_path: Path) -> None:
    table = cards.table.drop(columns=LEFT_OUT)
    table["default"] = np.where(cards.outcome, "yes", "no")
    table.to_csv(tmp_path / "cards.csv", index=False)
    fitted = rr.fit(
        tmp_path / "cards.csv", "default", form="additive", max_rules=12, max_condition_columns=1
    )
    assert score_rows(fitted.rules, table) == pytest.approx(cards.score, abs=1e-6)
    front = [one["value"] for one in cards.validation["front"]]
    assert fitted.estimator.front_["validation"].tolist() == pytest.approx(front, abs=1e-9)

    fitted.save(tmp_path / "model")
    parts = pd.read_csv(tmp_path / "model" / "parts.csv")["part"]
    names = {"training": "train", "validation": "validation", "test": "test"}
    for part, rows in cards.places.items():
        assert np.flatnonzero(parts == names[part]).tolist() == rows.tolist()
    record = read_fit_record(tmp_path / "model", digest_rules(fitted.rules))
    (refit,) = refit_rules(record, tmp_path / "model", tmp_path / "cards.csv", 1, 0, lambda _: None)
    first: HandScorer = cards.refits[0]
    assert score_rows(refit, table) == pytest.approx(first.add(first.encode(table)), abs=1e-6)
