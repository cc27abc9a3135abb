"""Artefacts are read back: honest ones are the rules, and whatever was changed in one is told."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from executed_targets import TARGETS, require_target
from handmade import graph, layered
from line_models import grouped, mixed, plain
from mutated_artifacts import draw_table, execute, mutate_artifact

import relurules as rr
from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.proofs.read_back import read_operations

_BOX = rr.Domain.box([-1, -1, -1], [1, 2, 5])


@cache
def make_rules(widths: tuple[int, ...]) -> RuleSet:
    made = rr.extract(graph(layered(1, 3, list(widths), 1)), domain=_BOX)
    assert isinstance(made, RuleSet)
    return made


def bounded() -> AdditiveRules:
    """Categories, a missing number that counts as another, two scores."""
    rules = mixed()
    domain = replace(rules.domain, lower=np.maximum(rules.domain.lower, -7.0),
                     upper=np.minimum(rules.domain.upper, 93.0))  # fmt: skip
    return replace(rules, domain=domain, heads=(), outputs=("a", "b"), traced=None)


@pytest.mark.parametrize(("target", "given"), TARGETS)
@pytest.mark.parametrize("make", [plain, bounded])
def test_operations_of_lines_are_read(
    make: Callable[[], AdditiveRules], target: str, given: dict[str, Any], tmp_path: Path
) -> None:
    rules = make()
    read = rr.check_artifact(rr.emit(rules, target, **given).write(tmp_path)[-1], rules)
    assert read
    assert not read.unread


@pytest.mark.parametrize(("target", "given"), TARGETS)
@pytest.mark.parametrize("form", ["rules", "tree", "network"])
def test_operations_of_rules_are_read(target: str, given: dict[str, Any], form: str) -> None:
    rules = make_rules((3, 2))
    read = rr.check_artifact(rr.emit(rules, target, form=form, **given), rules)
    assert read
    assert not read.unread


@pytest.mark.parametrize(
    ("target", "given"),
    [
        ("c", {"number": "float"}),
        ("numpy", {}),
        ("python", {"columns": ["outputs", "contributions", "reasons", "lines"]}),
        ("python", {"outside": "clamp"}),
        ("sql", {"dialect": "postgres"}),
        ("sql", {"dialect": "mariadb"}),
        ("sql", {"dialect": "duckdb", "shape": "view", "name": "scored"}),
        ("sql", {"dialect": "sqlite", "columns": ["outputs", "reasons"], "direction": "lower"}),
    ],
)
def test_code_is_asked_for_again_as_it_was(target: str, given: dict[str, Any]) -> None:
    rules = bounded()
    read = rr.check_artifact(rr.emit(rules, target, **given), rules)
    assert read, read.why


def test_groups_are_judged_by_their_text() -> None:
    rules = grouped()
    artifact = rr.emit(rules, "python")
    read = rr.check_artifact(artifact, rules)
    assert read
    assert "groups" in read.unread
    assert not rr.check_artifact(change(artifact, "max(", "min("), rules)


def change(artifact: Artifact, old: str, new: str) -> Artifact:
    """The artefact with one text of its main file replaced by another, where it first stands."""
    name, text = list(artifact.files)[-1], str(artifact)
    assert old in text
    return replace(artifact, files={**artifact.files, name: text.replace(old, new, 1)})


@pytest.mark.parametrize(
    ("target", "given", "old", "new", "why"),
    [
        ("python", {}, "0.0 <= age", "-1.0 <= age", "column 'age': a row where it is"),
        ("python", {}, "0.0 <= age", "0.0 < age", "column 'age': a row where it is 0.0"),
        ("c", {}, "x_debt <= 1.0", "x_debt < 1.0", "column 'debt': a row where it is 1.0"),
        ("javascript", {}, "x_late <= 12.0", "x_late <= 12.5", "column 'late': a row where it is"),
        ("sql", {"dialect": "duckdb"}, 'abs("debt") <= 1E0', 'abs("debt") <= 2E0', "column 'debt'"),
        ("sql", {"dialect": "duckdb"}, "12.000000000026E0", "12.1E0", "inequalities"),
        ("python", {}, "max(0.0, age - ", "max(0.0, age + ", "score 0"),
    ],
)
def test_what_is_read_is_told(
    target: str, given: dict[str, Any], old: str, new: str, why: str
) -> None:
    rules = plain()
    artifact = rr.emit(rules, target, **given)
    if old not in str(artifact):
        old, new = old.replace("age - ", "4.0 - age"), new.replace("age + ", "4.0 + age")
    found, unread = read_operations(change(artifact, old, new), rules)
    assert not unread
    assert why in found


@pytest.mark.parametrize(
    ("target", "given", "old", "new", "why"),
    [
        ("python", {"form": "rules"}, "_result(1,", "_result(2,", "rule 2 of the text"),
        ("javascript", {"form": "tree"}, ">=", "<", "the scores of rule"),
        ("c", {"form": "tree"}, "return 3;", "return 4;", "the scores of rule 3"),
        ("sql", {"dialect": "sqlite", "form": "tree"}, "THEN 8", "THEN 7", "the scores of rule"),
    ],
)
def test_changed_ways_to_rules_are_told(
    target: str, given: dict[str, Any], old: str, new: str, why: str
) -> None:
    rules = make_rules((3,))
    artifact = rr.emit(rules, target, **given)
    name, text = list(artifact.files)[-1], str(artifact)
    before, mark, body = text.partition(
        "rr_ruled AS" if target == "sql" else "score(" if target == "javascript" else "score"
    )
    assert old in body
    if old == ">=":
        at = body.index(") >= " if ") >= " in body else " >= ", body.index("sum_"))
        at = body.index(">=", body.index("if (", at))
        body = body[:at] + new + body[at + 2 :]
    else:
        body = body.replace(old, new, 1)
    changed = replace(artifact, files={**artifact.files, name: before + mark + body})
    found, unread = read_operations(changed, rules)
    assert not unread
    assert why in found


def show_change(one: Artifact, other: Artifact) -> list[tuple[str, str]]:
    """The lines that differ."""
    pairs = zip(str(one).split("\n"), str(other).split("\n"), strict=False)
    return [(old, new) for old, new in pairs if old != new][:2]


def test_rows_that_a_query_leaves_out_are_told() -> None:
    rules = plain()
    artifact = rr.emit(rules, "sql", dialect="sqlite")
    _, unread = read_operations(change(artifact, "LIMIT 9223372036854775807", "LIMIT 9"), rules)
    assert "limit 9" in unread


def test_line_ends_are_part_of_the_text() -> None:
    rules = plain()
    artifact = rr.emit(rules, "c")
    name, text = list(artifact.files)[-1], str(artifact)
    for other in (text.replace("\n", "\f", 1), text + "\n"):
        assert not rr.check_artifact(
            replace(artifact, files={**artifact.files, name: other}), rules
        )


@pytest.mark.parametrize(("target", "given"), [TARGETS[0], TARGETS[1], TARGETS[3]])
@pytest.mark.parametrize("make", [plain, lambda: make_rules((3,))], ids=["lines", "rules"])
def test_a_changed_character_that_shows_is_rejected(
    make: Callable[[], Any], target: str, given: dict[str, Any]
) -> None:
    """Also by what is read alone, where code that scores was changed in SQL."""
    require_target(target)
    rules = make()
    form = {"form": "tree"} if isinstance(rules, RuleSet) else {}
    artifact, rng = rr.emit(rules, target, **given, **form), np.random.default_rng(5)
    table = draw_table(rules.domain, str(artifact), rng, 200)
    due, shown = execute(artifact, table), 0
    assert not isinstance(due, str)
    for _ in range(25):
        other = mutate_artifact(artifact, rng)
        if execute(other, table) != due:
            shown += 1
            assert not rr.check_artifact(other, rules), show_change(artifact, other)
            if target == "sql":
                assert any(read_operations(other, rules)), show_change(artifact, other)
    assert shown >= 3
