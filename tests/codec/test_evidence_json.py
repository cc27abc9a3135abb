"""Evidence in rules files: exact there and back, and refused where it doesn't fit."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade import graph, random_network, rows_in

import relurules as rr
from relurules.errors import RulesError
from relurules.statistics.evidence_statistics import add_evidence


def rules() -> rr.RuleSet:
    domain = rr.Domain.box([-1, -1], [1, 1])
    X = rows_in(domain, 60) / 3
    found = rr.extract(graph(random_network(3, 2, 4, 1)), domain=domain)
    return add_evidence(found, X, np.random.default_rng(0).normal(size=60))


def test_numbers_come_back_exactly(tmp_path: Path) -> None:
    made = rules()
    assert made.evidence is not None
    assert any(facts.typical is None for facts in made.evidence.rules)
    made.save(tmp_path / "rules.json")
    found = rr.RuleSet.load(tmp_path / "rules.json").evidence
    assert found is not None
    assert replace(found, means=0, deviations=0, rules=()) == replace(
        made.evidence, means=0, deviations=0, rules=()
    )
    assert found.means.tolist() == made.evidence.means.tolist()
    assert found.deviations.tolist() == made.evidence.deviations.tolist()
    for one, other in zip(found.rules, made.evidence.rules, strict=True):
        assert one._replace(typical=None) == other._replace(typical=None)
        assert (one.typical is None) == (other.typical is None)
        assert one.typical is None or one.typical.tolist() == other.typical.tolist()


def test_rules_without_evidence_have_none(tmp_path: Path) -> None:
    replace(rules(), evidence=None).save(tmp_path / "rules.json")
    assert "evidence" not in json.loads((tmp_path / "rules.json").read_text())
    assert rr.RuleSet.load(tmp_path / "rules.json").evidence is None


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("rows",), -1, r"\$\.evidence\.rows"),
        (("task",), "ranking", r"\$\.evidence\.task"),
        (("rules", 0, "share"), 2.0, r"\$\.evidence\.rules\[0\]\.share"),
        (("rules", 0, "local"), {"AUC": "high"}, r"\$\.evidence\.rules\[0\]\.local"),
        (("rules",), [], r"evidence\.rules holds 0 entries"),
        (("means",), [1.0], r"evidence\.means holds 1 numbers for 2 features"),
        (("rules", 0, "typical"), [1.0], r"evidence\.rules\[0\]\.typical holds 1 numbers"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_path(
    tmp_path: Path, path: Any, value: Any, message: str
) -> None:
    file = tmp_path / "rules.json"
    rules().save(file)
    found = json.loads(file.read_text())
    place = found["evidence"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    file.write_text(json.dumps(found))
    with pytest.raises(RulesError, match=message):
        rr.RuleSet.load(file)
