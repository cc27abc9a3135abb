"""Artefacts of rules whose outputs are behind links: scores are bounded, and outputs that are made
of them in another way are refused.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from executed_targets import TARGETS, require_target
from handmade import network
from line_models import make_lines
from mutated_artifacts import draw_table, judge_changes
from test_executions import bound, read_rules

import relurules as rr
from relurules.checker import RefusedError
from relurules.ir import AdditiveRules, Artifact, Head

_TARGETS = [*TARGETS, ("sql", {"dialect": "postgres"})]
_SINGLE = ("exp", "expm1", "softplus", "tanh", "logit", "step", "complement", "sigmoid")


@cache
def make_linked(heads: tuple[Head, ...], count: int) -> AdditiveRules:
    """So many scores of lines that they share."""
    rng = np.random.default_rng(1)
    U, C = rng.normal(size=(count, 3)), rng.normal(size=(count, 2))
    A = [[1.0, 0.0], [1.0, 0.5], [0.0, 2.0]]
    net = network(A, [-2, -3, -1], U, C=C / 9, c=rng.normal(size=count))
    return make_lines(net, rr.Domain.box([0, 0], [10, 10], ("a", "b")), heads)


def make_shares(count: int) -> AdditiveRules:
    return make_linked(tuple(Head("softmax", tuple(range(count)), i) for i in range(count)), count)


def make_single() -> AdditiveRules:
    return make_linked(tuple(Head(link, (0,)) for link in _SINGLE), 1)


def make_several() -> AdditiveRules:
    heads = (Head("log_softmax", (0, 1, 2), 2), Head("identity", (0,)), Head("exp", (1,)))
    return make_linked((*heads, Head("log_softmax", (1, 2), 0), Head("sigmoid", (2,))), 3)


def make_classes() -> AdditiveRules:
    return make_linked((Head("argmax", (2, 0, 1)),), 3)


_MODELS: Sequence[Callable[[], AdditiveRules]] = (
    lambda: make_shares(3), lambda: make_shares(10), make_single, make_several, make_classes
)  # fmt: skip


@pytest.mark.parametrize(("target", "given"), _TARGETS)
@pytest.mark.parametrize("make", _MODELS)
def test_scores_behind_links_are_bounded(
    make: Callable[[], AdditiveRules], target: str, given: dict[str, Any], tmp_path: Path
) -> None:
    rules = make()
    said = read_rules(rules, tmp_path)
    due = rr.bound_rounding(rr.emit(rules, "c"), rules).scores
    shown = bound(rr.emit(rules, target, **given), said)
    assert len(shown) == len(due)
    for mine, other in zip(shown, due, strict=True):
        assert 0.25 * other <= mine <= 4 * other


@pytest.mark.parametrize(("target", "given"), TARGETS)
@pytest.mark.parametrize("make", [make_single, make_several])
def test_changed_texts_that_give_something_else_are_refused(
    make: Callable[[], AdditiveRules], target: str, given: dict[str, Any], tmp_path: Path
) -> None:
    require_target(target)
    rules, rng = make(), np.random.default_rng(len(target))
    code, said = rr.emit(rules, target, **given), read_rules(make(), tmp_path)
    table = draw_table(rules.domain, str(code), rng, 60)
    count = 12 if target in ("c", "javascript") else 60
    judge_changes(code, lambda changed: bound(changed, said), table, count, rng)


_TOP, _POWER = "rr_softmax_1_top0_0", "rr_softmax_1_power0"
_GUARD = 'rr_inside = 1 THEN rr_checked."a"'
#: What runs otherwise, by language or dialect, of shares of three scores.
_CHANGES = {
    "python": [("softmax_1[0]", "softmax_1[1]"), ("_softmax(_s0, _s1, ", "_softmax(_s1, _s0, "),
               ("math.exp(s - top)", "math.exp(s)"), ("max(scores)", "min(scores)"),
               ("_softmax(_s0, _s1, _s2)", "_softmax(_s0, _s1)")],
    "c": [("{s[0], s[1], s[2]}", "{s[0], s[2], s[1]}"), ("(softmax_1, 3)", "(softmax_1, 2)"),
          ("y[1] = softmax_1[1]", "y[1] = softmax_1[2]"), ("total += s[i]", "total = s[i]"),
          ("s[i] /= total", "s[i] *= total"), ("(i = 1; i < n", "(i = 2; i < n")],
    "javascript": [('"y1": softmax_1[1]', '"y1": softmax_1[2]'),
                   ("softmax(_s0, _s1", "softmax(_s1, _s0"),
                   ("=> sum + power", "=> sum - power"),
                   ("Math.exp(s - top)", "Math.exp(top - s)")],
    "sqlite": [(f"exp(rr_s0 - {_TOP}) AS", f"exp(rr_s1 - {_TOP}) AS"),
               ("THEN rr_s1 ELSE rr_s2\n", "THEN rr_s0 ELSE rr_s2\n"),
               ("power0 + rr_softmax_1_power1", "power0 + rr_softmax_1_power0"),
               ("power0 / rr_softmax_1_total AS", "power1 / rr_softmax_1_total AS"),
               ("SELECT\n    exp(rr_s0 - ", f"SELECT 1E0 AS {_POWER},\n    exp(rr_s0 - "),
               (f"SELECT {_POWER}, ", f"SELECT 1E0 AS {_POWER}, "),
               ("SELECT rr_s0, rr_s1, rr_s2,", "SELECT rr_s1 AS rr_s0, rr_s1, rr_s2,")],
    "duckdb": [("SELECT rr_s0, rr_s1, rr_s2,", "SELECT rr_s0, rr_s2 AS rr_s1, rr_s2,")],
    "postgres": [(_GUARD, _GUARD.replace('"a"', '"b"')), (_GUARD, _GUARD.replace("= 1", "= 0")),
                 ('abs(rr_checked."a") < 1E-100', 'abs(rr_checked."b") < 1E-100'),
                 ('abs(rr_checked."a") < 1E-100', 'abs(rr_checked."a") < 1E-10'),
                 ("< 1E-100 THEN 0E0", "< 1E-100 THEN 1E0"), ("rr_checked.", "rr_input."),
                 (f"rr_s0 - {_TOP} < -7E2", f"rr_s0 - {_TOP} < -7E0")],
}  # fmt: skip


def emit_for(name: str, rules: AdditiveRules) -> Artifact:
    is_dialect = name in ("sqlite", "duckdb", "postgres")
    return rr.emit(rules, "sql", dialect=name) if is_dialect else rr.emit(rules, name)


@pytest.mark.parametrize("name", [*_CHANGES])
def test_a_change_of_meaning_is_refused(name: str, tmp_path: Path) -> None:
    rules = make_shares(3)
    code, said = emit_for(name, rules), read_rules(rules, tmp_path)
    bound(code, said)
    for old, new in _CHANGES[name]:
        text = str(code)
        assert old in text, old
        files = {**code.files, [*code.files][-1]: text.replace(old, new, 1)}
        with pytest.raises(RefusedError):
            bound(replace(code, files=files), said)


def test_a_guard_asks_for_the_domain(tmp_path: Path) -> None:
    """Rows of the domain that other conditions take the numbers from have other scores."""
    rules = make_shares(3)
    code, said = rr.emit(rules, "sql", dialect="postgres"), read_rules(rules, tmp_path)
    inside = " THEN 1 ELSE 0 END AS rr_inside\n"
    ranges = 'WHEN "a" BETWEEN 0E0 AND 1E0 AND "b" BETWEEN 0E0 AND 10E0'
    narrow = inside.replace("\n", f",\n    CASE {ranges} THEN 1 ELSE 0 END AS rr_narrow\n")
    for changes in ([(_GUARD, _GUARD.replace("inside", "narrow"))], []):
        text = str(code)
        for old, new in [(inside, narrow), *changes]:
            assert old in text
            text = text.replace(old, new, 1)
        changed = replace(code, files={**code.files, [*code.files][-1]: text})
        if not changes:
            bound(changed, said)
            continue
        with pytest.raises(RefusedError, match="other rows"):
            bound(changed, said)


@pytest.mark.parametrize(
    ("heads", "why"),
    [
        ([{"link": "softmax", "scores": [0, 1, 3], "component": 0}] * 3, "that there aren't"),
        ([{"link": "softmax", "scores": [0, 1, -1], "component": 0}] * 3, "that there aren't"),
        ([{"link": "softmax", "scores": [0, 1, True], "component": 0}] * 3, "that there aren't"),
        ([{"link": "softmax", "scores": [0, 1, 2], "component": 3}] * 3, "that there aren't"),
        ([{"link": "exp", "scores": [0, 1]}] * 3, "behind the link 'exp'"),
        ([{"link": "probit", "scores": [0]}] * 3, "behind the link 'probit'"),
        ([{"link": "softmax", "scores": [0, 1, 2], "component": 0}] * 2, "more or fewer"),
    ],
)
@pytest.mark.parametrize("target", ["python", "sql"])
def test_outputs_of_other_scores_are_refused(
    target: str, heads: Any, why: str, tmp_path: Path
) -> None:
    rules = make_shares(3)
    said = json.loads(json.dumps(read_rules(rules, tmp_path))) | {"heads": heads}
    with pytest.raises(RefusedError, match=why):
        bound(rr.emit(rules, target), said)
