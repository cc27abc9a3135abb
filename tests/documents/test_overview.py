"""The parts before the cards, each number against the rules."""

from dataclasses import replace

import numpy as np
import pytest
from documents.stand_ins import people, sums
from handmade import network, random_network, rules_of

import relurules as rr
from relurules.documents.context import build_context
from relurules.documents.document import Bullets, Facts, Paragraph, Sums, Table
from relurules.documents.overview import (
    build_glance,
    build_outputs,
    build_rule_overview,
    build_sums,
    describe_bound,
    list_used_columns,
    write_summary,
)
from relurules.ir import RuleSet
from relurules.wording.phrases import write_ascii


def glance(rules: RuleSet) -> dict[str, str]:
    (facts,) = build_glance(build_context(rules)).blocks
    assert isinstance(facts, Facts)
    return {label: write_ascii(phrase) for label, phrase in facts.items}


def test_at_a_glance() -> None:
    rules = people()
    assert rules.evidence is not None
    found, left = glance(rules), rules.reduction
    assert found["Outputs"] == "pays and defaults"
    assert found["Rules"] == f"{len(rules)}, of {left.regions} linear regions of the network"
    assert found["Neurons"].startswith(f"{left.neurons_left} of {left.neurons_traced} are left")
    assert found["Columns"] == "3 of 3 are used: age, job and debt"
    assert found["Data"] == f"200 rows, {rules.evidence.outside} of them outside the domain"
    assert (found["Model"], found["Made by"]) == ("model.onnx", "relurules 9.9.9")
    assert "Data" not in glance(sums())
    counted = replace(sums(), reduction=sums().reduction._replace(rows=7))
    assert glance(counted)["Data"] == "7 rows"


def test_columns_are_used_where_a_row_can_tell() -> None:
    net = network([[1, 0, 0]], [0], [[1]], C=[[0, 0, 2.0]])
    rules = rules_of(net, rr.Domain.box([-1] * 3, [1] * 3, ["a", "b", "c"]))
    assert list_used_columns(build_context(rules)) == ["a", "c"]
    assert glance(rules)["Columns"] == "2 of 3 are used: a and c"
    constant = rules_of(network([[1, 0, 0]], [9], [[0]], c=[2.0]), rules.domain)
    assert glance(constant)["Columns"] == "none is used"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (0.0, "0: over the domain, the rules are the network itself"),
        (0.00123456, "at most 0.00124, anywhere in the domain"),
        (np.inf, "no bound is known"),
    ],
)
def test_the_largest_error(error: float, said: str) -> None:
    assert describe_bound(replace(sums(), score_error=error)) == said


def test_rules_by_their_rows() -> None:
    rules = people()
    assert rules.evidence is not None
    (table, note) = build_rule_overview(build_context(rules)).blocks
    assert isinstance(table, Table)
    assert isinstance(note, Paragraph)
    assert table.header == (
        "Rule",
        "If",
        "Rows",
        "Observed default = 1, share",
        "Possible defaults",
    )
    counts = [facts.rows for facts in rules.evidence.rules]
    order = [int(row[0][0].text) for row in table.rows]
    assert sorted(order) == list(range(1, len(rules) + 1))
    assert [counts[n - 1] for n in order] == sorted(counts, reverse=True)
    inside = rules.evidence.rows - rules.evidence.outside
    for n, row in zip(order, table.rows, strict=True):
        facts = rules.evidence.rules[n - 1]
        assert write_ascii(row[2]) == f"{100 * facts.rows / inside:.1f}\u00a0%"
        mean = write_ascii(row[3])
        assert (
            mean == "none"
            if facts.mean is None
            else float(mean) == pytest.approx(facts.mean, abs=5e-4)
        )
        shown = write_ascii(row[1])
        tests = len(build_context(rules).reading.rules[n - 1].tests)
        assert shown.count(" and ") >= min(tests, 4) - 1
    assert write_ascii(note.phrase).startswith(
        f"{rules.evidence.outside} rows of the data lie outside"
    )


def test_sums_name_the_rules_that_speak_of_them() -> None:
    rules = sums()
    section = build_sums(build_context(rules))
    assert section is not None
    table = section.blocks[1]
    assert isinstance(table, Sums)
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (500, 3))
    for name, phrase, remark in table.items:
        text = write_ascii(phrase)
        values = np.array([eval(text, {}, dict(zip("abc", x, strict=True))) for x in X.tolist()])
        low, high = (float(v) for v in write_ascii(remark).split(" in the domain")[0].split(" to "))
        assert low <= values.min()
        assert values.max() <= high
        assert [low, high] == pytest.approx([values.min(), values.max()], rel=0.4)
        users = {int(piece.text) for piece in remark if piece.kind == "rule"}
        told = {
            read.number
            for read in build_context(rules).reading.rules
            if any(name in write_ascii(test.symbols).split() for test in read.tests)
        }
        assert users == told
    one_column = rules_of(network([[1, 0]], [0], [[1]]), rr.Domain.box([-1, -1], [1, 1]))
    assert build_sums(build_context(one_column)) is None


def test_outputs_of_a_few_scores() -> None:
    section = build_outputs(build_context(people()))
    assert section is not None
    _, bullets, table = section.blocks
    assert isinstance(bullets, Bullets)
    assert isinstance(table, Table)
    assert [write_ascii(item) for item in bullets.items[:2]] == [
        "pays = 1 - sigmoid(score)",
        "defaults = sigmoid(score)",
    ]
    scores = np.array([float(text.replace("\u2212", "-")) for text in table.header[1:]])
    wanted = 1 / (1 + np.exp(-scores))
    for row, values in zip(table.rows, (1 - wanted, wanted), strict=True):
        assert [float(write_ascii(cell)) for cell in row[1:]] == pytest.approx(values, abs=5.1e-4)
    assert build_outputs(build_context(sums())) is None


def test_the_summary_counts() -> None:
    first, second = (write_ascii(part) for part in write_summary(build_context(people())))
    assert first.startswith(f"{len(people())} rules say what a trained neural network answers")
    assert "one rule applies" in second
    box = rr.Domain.box([-1, -1], [2, 2])
    decided = rules_of(random_network(2, 2, 4, 2), box, ["x", "y"], decision="argmax")
    assert "the answer is its class" in write_ascii(write_summary(build_context(decided))[1])
    added = decided.reduction._replace(neurons_left=9, neurons_traced=4)
    assert glance(replace(decided, reduction=added))["Neurons"] == (
        "4 in the network, 9 with those that compare outputs"
    )
