"""Which rows have scores, in queries of networks that give the number of the rule too."""

from dataclasses import replace

import pytest
from handmade import random_network, rules_of

import relurules as rr
from relurules.ir import Artifact

RULES = rules_of(random_network(5), rr.Domain.box([-1, -1], [1, 1]))


def emit(dialect: str) -> Artifact:
    options = {"dialect": dialect, "form": "network", "outside": "null"}
    return rr.emit(RULES, "sql", columns=["outputs", "rule"], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_scores_of_rows_that_have_a_rule_are_those_of_the_domain(dialect: str) -> None:
    artifact = emit(dialect)
    assert "_rule > 0" in str(artifact)
    verdict = rr.check_artifact(artifact, RULES)
    assert (verdict.why, verdict.unread) == ("", "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('abs("x0") <= 1E0', 'abs("x0") <= 2E0'),
        ('abs("x1") <= 1E0 THEN 1', 'abs("x1") <= 1E0 OR 1 = 1 THEN 1'),
        ("_rule > 0", "_rule >= 0"),
        ("_rule > 0", "_rule > 1"),
        ("WHEN 1 THEN CASE", "WHEN 0 THEN CASE"),
    ],
)
def test_other_rows_are_told(before: str, after: str) -> None:
    artifact = emit("sqlite")
    text = str(artifact)
    assert before in text
    files = {name: text.replace(before, after) for name in artifact.files}
    changed = replace(artifact, files=files)
    verdict = rr.check_artifact(changed, RULES)
    assert verdict.why or verdict.unread
