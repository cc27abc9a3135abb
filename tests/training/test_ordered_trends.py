"""Trends of columns whose categories have an order, some of them missing: fitted, and edited."""

import numpy as np
import pandas as pd
import pytest

import relurules as rr
from relurules.errors import CheckError
from relurules.tables.column_types import ColumnType

SIGNED = {"author": "A. Name", "reason": "policy 12", "date": "2026-11-28"}


def test_a_missing_level_has_no_place_among_the_others() -> None:
    random = np.random.default_rng(1)
    grade, other = random.integers(3, size=200), random.normal(size=200)
    y = (0.8 * grade + other + random.normal(0, 0.5, 200) > 0.8).astype(int)
    names = np.where(random.random(200) < 0.1, None, np.array(["low", "mid", "top"])[grade])
    frame = pd.DataFrame({"grade": names, "other": other, "y": y})
    rules = rr.fit(
        frame, "y", max_rules=1, max_condition_columns=1, monotone={"grade": 1},
        types={"grade": ColumnType(kind="ordered", levels=("low", "mid", "top"))},
    ).rules  # fmt: skip
    low, mid, top, missing = rules.points["grade"][:, 0]
    assert low < mid < top
    assert missing < top

    kept = rr.edit(rules, "start = 1", **SIGNED).rules
    assert kept.provenance.settings == rules.provenance.settings
    with pytest.raises(CheckError, match="only rises with grade"):
        rr.edit(rules, f"points grade at mid = {float(top) + 1:g}", **SIGNED)
