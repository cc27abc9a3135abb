"""What holds and what was measured, each number against the rules and their evidence."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from documents.stand_ins import people, sums
from handmade import random_network, rules_of

import relurules as rr
from relurules.documents.context import build_context
from relurules.documents.document import Bullets, Facts, Paragraph, Table
from relurules.documents.guarantees import build_domain, build_performance, build_proofs
from relurules.ir import Head, RuleSet, Tradeoff
from relurules.wording.phrases import write_ascii


@pytest.fixture(scope="module")
def fitted() -> tuple[rr.AdditiveRules, pd.DataFrame]:
    """Lines that were asked to fall with income, and the table that they were fitted to."""
    random = np.random.default_rng(0)
    table = pd.DataFrame({"income": random.uniform(0, 90, 300), "age": random.uniform(18, 80, 300)})
    odds = 2 - 0.06 * table["income"] + 0.02 * table["age"]
    table["bad"] = (random.uniform(size=300) < 1 / (1 + np.exp(-odds))).astype(int)
    found = rr.fit(table, "bad", form="additive", max_rules=2, monotone={"income": -1})
    return found.rules, table


def test_rows_that_were_given_later_are_not_said_to_be_those_of_the_fit(
    fitted: tuple[rr.AdditiveRules, pd.DataFrame],
) -> None:
    rules, table = fitted
    assert "These are all rows of the fit's table" in str(rr.emit(rules, "markdown"))
    rows = table.iloc[:100]
    again = rr.extract(rules, data=rows[["income", "age"]], y=rows["bad"], form="additive")
    said = str(rr.emit(again, "markdown"))
    assert "the fit's table" not in said
    assert "Whether these rows were trained on isn't known here." in said
    assert "relurules extract rules.json --data ROWS --target bad --form additive" in said


def test_directions_are_those_of_the_class_that_scores_speak_of(
    fitted: tuple[rr.AdditiveRules, pd.DataFrame],
) -> None:
    rules, _ = fitted
    assert "never rises where income" in str(rr.emit(rules, "markdown"))
    turned = str(rr.emit(rr.extract(rules, form="additive", positive=0), "markdown"))
    assert "never falls where income" in turned


def proofs(rules: RuleSet) -> list[str]:
    bullets = build_proofs(build_context(rules)).blocks[0]
    assert isinstance(bullets, Bullets)
    return [write_ascii(item) for item in bullets.items]


@pytest.mark.parametrize("error", [1e-12, 0.00123456, 0.1, 1.0000000000000002, 12345.678])
def test_the_bound_that_is_told_is_one(error: float) -> None:
    said = proofs(replace(sums(), score_error=error))[0]
    assert said.startswith("Fidelity: anywhere in the domain, the outputs of the rules differ")
    shown = float(said.split("by at most ")[1].split(". This")[0].replace(",", ""))
    assert error <= shown <= 1.0101 * error


def test_what_is_said_of_fidelity_and_cover() -> None:
    assert "are those of the network as traced" in proofs(sums())[0]
    assert "no bound is known" in proofs(replace(sums(), score_error=np.inf))[0]
    assert "every row of the domain has a rule" in proofs(sums())[1]
    part = proofs(replace(sums(), complete=False))
    assert part[0].startswith("Fidelity: wherever there is a rule")
    assert part[1].startswith("Not covered: The search for linear regions was ended early")
    assert "1e-16" in part[-1]


def test_ranges_that_may_not_be_reached_are_said_to_be_so() -> None:
    box = rr.Domain.box([-1, -1], [2, 2])
    for m in (2, 3):
        heads = [Head("softmax", tuple(range(m)), i) for i in range(m)]
        rules = rules_of(random_network(2, 2, 3, m), box, ["x", "y", "z"][:m], heads)
        assert ("may not come as far" in proofs(rules)[2]) == (m == 3)
    decided = rules_of(random_network(2, 2, 3, 2), box, ["x", "y"], decision="argmax")
    assert len(proofs(decided)) == len(proofs(sums())) - 1


@pytest.mark.parametrize("count", [1, 5, 20, 100])
def test_steps_of_a_simplification(count: int) -> None:
    steps = tuple(Tradeoff(2000 - i, 0.0012345 * i) for i in range(count))
    table = build_proofs(build_context(replace(sums(), tradeoffs=steps))).blocks[1]
    assert isinstance(table, Table)
    rows = [tuple(write_ascii(cell).replace(",", "") for cell in row) for row in table.rows]
    assert len(rows) == min(count, 20)
    errors = {step.rules: step.error for step in steps}
    assert [int(rows[0][0]), int(rows[-1][0])] == [steps[0].rules, steps[-1].rules]
    for number, bound in rows:
        assert errors[int(number)] <= float(bound) <= 1.0101 * errors[int(number)]


def test_metrics_are_those_of_the_evidence() -> None:
    rules = people()
    evidence = rules.evidence
    assert evidence is not None
    section = build_performance(build_context(rules))
    assert section is not None
    said, facts, table = section.blocks
    assert isinstance(said, Paragraph)
    assert isinstance(facts, Facts)
    assert isinstance(table, Table)
    inside = evidence.rows - evidence.outside
    assert write_ascii(said.phrase).startswith(f"Measured on {inside} rows with a rule.")
    assert {name: float(write_ascii(value)) for name, value in facts.items} == evidence.metrics
    assert table.header == ("Rule", "Rows", "AUC", "AUC, its formula on all rows")
    for row, own in zip(table.rows, evidence.rules, strict=True):
        cells = [write_ascii(cell) for cell in row[1:]]
        wanted = [own.local.get("AUC"), own.whole.get("AUC")]
        assert int(cells[0]) == own.rows
        assert cells[1:] == ["none" if value is None else f"{value:g}" for value in wanted]
    bare = tuple(facts._replace(local={}, whole={}) for facts in evidence.rules)
    without = replace(rules, evidence=replace(evidence, rules=bare))
    left = build_performance(build_context(without))
    assert left is not None
    assert not any(isinstance(block, Table) for block in left.blocks)
    assert build_performance(build_context(sums())) is None
    unmeasured = replace(rules, evidence=replace(evidence, response=None, metrics={}))
    assert build_performance(build_context(unmeasured)) is None


def test_the_domain_is_that_of_the_rules() -> None:
    rules = people()
    said, table = build_domain(build_context(rules)).blocks[:2]
    assert isinstance(said, Paragraph)
    assert isinstance(table, Table)
    assert "a missing value that doesn't count as anything" in write_ascii(said.phrase)
    assert [tuple(write_ascii(cell) for cell in row) for row in table.rows] == [
        ("age", "18 to 80", "whole numbers in the data"),
        ("job", "'clerk'; 'cook' or 'smith'; missing", ""),
        ("debt", "0 to 10", "a missing value counts as 3.5"),
    ]
    cut = replace(rules, domain=rules.domain.where("age + debt <= 85"))
    bullets = build_domain(build_context(cut)).blocks[2]
    assert isinstance(bullets, Bullets)
    assert [write_ascii(item) for item in bullets.items] == [f"Also: {cut.domain.texts[0]}"]


def test_groups_of_plain_columns_and_columns_that_no_rule_reads() -> None:
    box = rr.Domain.box([0, 0, -1], [1, 1, 1e7 + 0.25], ["x", "y", "z"])
    net = random_network(1, 3, 2, 1)
    unread = replace(net, A=net.A * [1, 1, 0], C=net.C * [1, 1, 0])
    rules = rules_of(unread, replace(box, groups=((0, 1),)))
    _, table, bullets = build_domain(build_context(rules)).blocks
    assert isinstance(table, Table)
    assert isinstance(bullets, Bullets)
    assert [write_ascii(cell) for cell in table.rows[-1]] == [
        "z",
        "-1 to 10,000,000.25",
        "the network doesn't read it",
    ]
    assert [write_ascii(item) for item in bullets.items] == [
        "Exactly one of these is 1, the others are 0: x and y"
    ]
