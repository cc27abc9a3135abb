"""Rows that score alike but for rounding are in the same band in every table."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

import relurules as rr
from relurules.validation import ValidationOptions, validate_rules
from relurules.validation.report import FitFindings


def test_all_tables_of_score_bands_count_the_same_rows() -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.integers(0, 9, (900, 5)), columns=list("abcde")).astype(float)
    bad = np.where(random.uniform(size=900) < 0.5, "yes", "no")
    model = LogisticRegression().fit(table, bad)
    # Sums of tenths, which are alike in many orders and not in the last bit.
    model.coef_, model.intercept_ = np.array([[0.1, 0.2, 0.3, 0.7, -0.6]]), np.array([-0.7])
    rules = rr.extract(model, domain=rr.Domain.from_data(table), form="additive")
    table = table.assign(bad=bad)

    known = FitFindings(refits=(rules,))
    options = ValidationOptions(target="bad", rounds=0)
    report = validate_rules(rules, {"training": table[:600], "test": table[600:]}, options, known)
    bands = [one.rows for one in report.bands if one.part == "test"]
    assert bands == [one.rows for one in report.shares if one.kind == "score"]

    tenths = (table[list("abcde")].to_numpy() @ [1, 2, 3, 7, -6]).astype(int) - 7
    own = pd.Series(tenths[:600])
    at = np.unique(np.sort(own)[-(-np.arange(1, 10) * 600 // 10) - 1])
    assert bands == np.bincount(np.searchsorted(at, tenths[600:], "right")).tolist()
    alone = validate_rules(rules, {"test": table[600:]}, options, known)
    counts = [one.rows for one in alone.refit_bands]
    assert counts == [one.rows for one in alone.bands]
