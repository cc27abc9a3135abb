"""Rules that hold on a kink at a category, and nowhere else, have a point of the domain too."""

from pathlib import Path

import numpy as np
from additive_models import make_additive

import relurules as rr


def test_rules_that_hold_on_a_kink_alone_can_be_loaded(tmp_path: Path) -> None:
    """Kinks pass exactly through rows, so that some cells hold a category on their edge alone."""
    rules, frame = make_additive("two", hidden=(4, 2), seed=0)
    rules.save(tmp_path / "additive.json")
    assert len(rr.AdditiveRules.load(tmp_path / "additive.json")) == len(rules)

    partition = rules.to_partition()
    assert rules.domain.contains(np.array([rule.point for rule in partition])).all()
    partition.save(tmp_path / "rules.json")
    loaded = rr.RuleSet.load(tmp_path / "rules.json")
    given, expected = (np.asarray(each.predict_numbers(frame)) for each in (loaded, rules))
    np.testing.assert_allclose(given, expected, atol=1e-12)
