"""Limits of use, words, commands and neurons: true of the rules that they are told of."""

import shlex
from dataclasses import replace

import numpy as np
import pytest
from documents.stand_ins import people, sums, with_evidence
from handmade import random_network, rows_in, rules_of

import relurules as rr
from relurules.cli.main import app
from relurules.documents.closing_sections import (
    build_appendix,
    build_glossary,
    build_limits,
    build_reproduction,
)
from relurules.documents.context import build_context
from relurules.documents.document import Bullets, Code, Table
from relurules.ir import RuleSet
from relurules.wording.phrases import write_ascii


def limits(rules: RuleSet) -> list[str]:
    (bullets,) = build_limits(build_context(rules)).blocks
    assert isinstance(bullets, Bullets)
    return [write_ascii(item) for item in bullets.items]


@pytest.mark.parametrize("seed", range(6))
def test_working_with_the_numbers_of_the_page_is_off_by_no_more(seed: int) -> None:
    """The formulas as printed, computed by Python at rows and corners of the domain."""
    box = rr.Domain.box([-1, -1000, 0], [2, 5000, 1e-3], ["a", "b", "c"])
    rules = rules_of(random_network(seed, 3, 4, 1), box)
    (said,) = (text for text in limits(rules) if "Working with the numbers" in text)
    bound = float(
        said.split("changes an output by at most ")[1].split(" in the")[0].replace(",", "")
    )
    corners = np.array(np.meshgrid(*zip(box.lower, box.upper, strict=True))).reshape(3, -1).T
    X, worst = np.vstack([rows_in(box, 200, seed), corners]), 0.0
    for read, rule in zip(build_context(rules).reading.rules, rules, strict=True):
        (formula,) = read.formulas
        text = write_ascii(formula.phrase).replace(",", "")
        shown = np.array([eval(text, {}, dict(zip("abc", x, strict=True))) for x in X.tolist()])
        exact = X @ rule.map.weights[0] + rule.map.constants[0]
        worst = max(worst, float(np.abs(shown - exact).max()))
    assert 0 < worst <= bound * (1 + 1e-9)
    assert bound <= 20 * worst


def test_few_rows_and_rows_outside() -> None:
    rules = people()
    evidence = rules.evidence
    assert evidence is not None
    said = " ".join(limits(rules))
    few = [number for number, facts in enumerate(evidence.rules, start=1) if facts.rows < 30]
    assert few
    (bullets,) = build_limits(build_context(rules)).blocks
    assert isinstance(bullets, Bullets)
    (item,) = (item for item in bullets.items if "fewer than 30 rows" in write_ascii(item))
    assert [int(piece.text) for piece in item if piece.kind == "rule"] == few
    assert evidence.outside > 1
    assert f"Of the {evidence.rows:,} rows of the data, {evidence.outside:,} lie outside" in said
    box = rr.Domain.box([-1, -1], [1, 1])
    plain = rules_of(random_network(0, 2, 1, 1), box)
    all_inside = " ".join(limits(with_evidence(plain, rows_in(box, 400), np.ones(400))))
    assert "lie outside" not in all_inside


def test_words_are_those_that_are_used() -> None:
    (table,) = build_glossary(build_context(people())).blocks
    assert isinstance(table, Table)
    words = {write_ascii(row[0]) for row in table.rows}
    assert {
        "Score",
        "[column is value]",
        "Moved",
        "Observed",
        "AUC",
        "log loss",
        "SHA-256",
    } <= words
    assert "MSE" not in words
    (plain,) = build_glossary(build_context(sums())).blocks
    assert isinstance(plain, Table)
    assert [write_ascii(row[0]) for row in plain.rows] == [
        "Domain",
        "Rule",
        "S1, S2, ...",
        "Reference",
        "Largest error",
        "SHA-256",
    ]


def read_commands(rules: RuleSet, title: str | None) -> list[str]:
    blocks = build_reproduction(build_context(rules), "html", title).blocks
    (code,) = (block for block in blocks if isinstance(block, Code))
    return code.text.splitlines()


def test_commands_are_ones_that_the_command_line_takes() -> None:
    import typer.main

    base = people()
    settings = {"max_error": 0.25, "max_rules": 12, "decision": "argmax", "time_limit": 60.0}
    made = replace(base.provenance, model="my model's.onnx", settings=settings)
    title = "Who pays; 'late'?"
    for line in read_commands(replace(base, provenance=made), title):
        program, name, *words = shlex.split(line)
        assert program == "relurules"
        command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
        with command.make_context(
            name, [w.replace("DATA", "/dev/null") for w in words], resilient_parsing=True
        ) as context:
            given = context.params
        if name == "extract":
            assert given["model"] is not None
            assert str(given["model"]) == "my model's.onnx"
            assert {key: given[key] for key in ("max_error", "max_rules", "time_limit")} == {
                key: settings[key] for key in ("max_error", "max_rules", "time_limit")
            }
            assert str(given["decision"]) == "argmax"
            assert given["target"] == "default"
        else:
            assert given["title"] == title


def test_settings_are_listed() -> None:
    table = build_reproduction(build_context(people()), "html", None).blocks[1]
    assert isinstance(table, Table)
    assert [[write_ascii(cell) for cell in row] for row in table.rows] == [["time_limit", "60.0"]]
    (_, emitted) = read_commands(sums(), None)
    assert emitted == "relurules emit rules.json --to html --out ."


def test_neurons_of_every_rule() -> None:
    rules = sums()
    section = build_appendix(build_context(rules))
    assert section is not None
    table = section.blocks[1]
    assert isinstance(table, Table)
    for (link, said), rule in zip(table.rows, rules, strict=True):
        assert int(link[0].text) == rule.number
        own = {str(condition.half_space.neuron) for condition in rule.conditions}
        assert set(write_ascii(said).split("; ")) == own
    one = rules_of(random_network(0, 2, 0, 1), rr.Domain.box([-1, -1], [1, 1]))
    assert build_appendix(build_context(one)) is None
