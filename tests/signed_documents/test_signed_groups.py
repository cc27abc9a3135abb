"""Groups of the signed documents, by scipy and scikit-learn."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binomtest
from scipy.stats.contingency import relative_risk
from signed_example import PARTS, SignedExample, bound_area, cut_edges, read_band
from sklearn.metrics import mean_absolute_error, roc_auc_score

GROUPS = {"cards": ("sex", "education", "age"), "adult": ("sex", "race", "age")}


def list_groups(example: SignedExample, column: str) -> dict[str, np.ndarray]:
    """Group -> its rows of all; numbers in four bands of as many rows."""
    values = example.table[column]
    if column != "age":
        return {name: (values == name).to_numpy() for name in sorted(values.unique())}
    ends = [-np.inf, *cut_edges(values.to_numpy(dtype=float), 4), np.inf]
    labels = {one["group"] for one in example.validation["groups"] if one["column"] == column}
    limits = {read_band(label): label for label in labels}
    assert sorted(limits) == list(pairwise(ends))
    return {
        limits[low, high]: ((values >= low) & (values < high)).to_numpy()
        for low, high in pairwise(ends)
    }


def test_groups_are_figures_of_their_rows(example: SignedExample) -> None:
    said = {(one["column"], one["part"], one["group"]): one for one in example.validation["groups"]}
    for column in GROUPS[example.name]:
        groups = list_groups(example, column)
        for part in PARTS:
            rows = example.places[part]
            told = {name: said.pop((column, part, name)) for name in groups}
            for name, mask in groups.items():
                check_group(example, rows[mask[rows]], told[name])
            check_ratios({n: (g["rows"], g["favourable"]) for n, g in told.items()}, told)
    assert not said


def check_group(example: SignedExample, own: np.ndarray, said: dict[str, object]) -> None:
    came, share, score = example.outcome[own], example.share[own], example.score[own]
    ends = binomtest(int(came.sum()), len(own)).proportion_ci(method="wilson")
    lower_is_adverse = example.name == "adult"
    area = bound_area(score, came)
    assert said["rows"] == len(own)
    assert said["few"] == (len(own) < 50)
    assert said["outcome"] == pytest.approx(came.mean())
    assert (said["outcome_low"], said["outcome_high"]) == pytest.approx(tuple(ends))
    assert said["prediction"] == pytest.approx(share.mean())
    assert said["favourable"] == pytest.approx(((share > 0.5) == lower_is_adverse).mean())
    assert said["error"] == pytest.approx(mean_absolute_error(came, share))
    assert area[0] == pytest.approx(roc_auc_score(came, score))
    bounded = area[0], max(0.0, area[1]), min(1.0, area[2])
    assert (said["auc"], said["auc_low"], said["auc_high"]) == pytest.approx(bounded, abs=1e-9)


def check_ratios(shares: dict[str, tuple[int, float]], told: dict[str, dict[str, object]]) -> None:
    """Beside the group of the highest share among those that aren't few, by Katz's interval."""
    best = max((n for n in shares if shares[n][0] >= 50), key=lambda name: shares[name][1])
    base, high = shares[best]
    for name, (count, share) in shares.items():
        ends = told[name]["ratio_low"], told[name]["ratio_high"]
        assert told[name]["impact_ratio"] == pytest.approx(share / high)
        if name == best:
            assert ends == (None, None)
            continue
        found = relative_risk(round(share * count), count, round(high * base), base)
        assert ends == pytest.approx(tuple(found.confidence_interval(0.95)))
