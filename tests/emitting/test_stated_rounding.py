"""Heads of partition rules that state a certified bound of rounding, where that is asked for."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from handmade import graph, layered
from typer.testing import CliRunner

import relurules as rr
from relurules.cli.main import app
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, RuleSet

_STATED = re.compile(r"every score is within ([\d.e-]+) of these")


@cache
def make_rules(form: str = "partition", **asked: Any) -> RuleSet | AdditiveRules:
    box = rr.Domain.box([-1, -1, -1], [1, 2, 5])
    return rr.extract(graph(layered(1, 3, [3], 1)), domain=box, form=form, **asked)


@pytest.mark.parametrize(
    ("target", "options"),
    [
        ("python", {}),
        ("c", {"number": "float"}),
        ("javascript", {"form": "tree"}),
        ("numpy", {}),
        ("sql", {"dialect": "duckdb"}),
        ("sql", {"dialect": "postgres", "form": "network"}),
        ("dbt", {}),
    ],
)
def test_the_head_states_the_bound_of_the_text(target: str, options: dict[str, Any]) -> None:
    rules = make_rules()
    plain = rr.emit(rules, target, **options)
    assert not any(map(_STATED.search, plain.texts.values()))

    stated = rr.emit(rules, target, state_rounding=True, **options)
    found = {said for text in stated.texts.values() for said in _STATED.findall(text)}
    read = rr.emit(rules, "sql", dialect="duckdb") if target == "dbt" else stated
    assert found == {rr.bound_rounding(read, rules).text}


@pytest.mark.parametrize(
    ("target", "asked", "options", "why"),
    [
        ("onnx", {}, {}, "'onnx' states no bound of rounding; supported: python, c"),
        ("java", {"form": "additive"}, {}, "'java' states no bound of rounding"),
        ("markdown", {}, {}, "'markdown' is a document"),
        ("python", {}, {"outside": "clamp"}, "moved into it first; emit it without state_rounding"),
        ("c", {"max_error": 0.2}, {"form": "network"}, "simplified rules are only near it"),
    ],
)
def test_what_has_none_is_refused(
    target: str, asked: dict[str, Any], options: dict[str, Any], why: str
) -> None:
    with pytest.raises(UnsupportedError, match=re.escape(why)):
        rr.emit(make_rules(**asked), target, state_rounding=True, **options)


def test_the_command_states_it(tmp_path: Path) -> None:
    make_rules().save(tmp_path / "rules.json")
    asked = ["emit", str(tmp_path / "rules.json"), "--to", "python", "--state-rounding"]
    ran = CliRunner().invoke(app, asked)
    assert ran.exit_code == 0, ran.output
    assert _STATED.search(ran.output)
