"""What docs/certificates.md specifies is what the checker does: its examples hold as they stand."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from relurules import checker

PAGE = Path(__file__).parents[2] / "docs" / "certificates.md"
#: Examples of the page: the certificate, its rules, its model; by number of the block of JSON.
EXAMPLES = {"rules": (2, 1, 0), "a decision": (4, 3, 0), "lines and a group": (7, 6, 5)}


def read_example(kind: str) -> tuple[Any, Any, Any]:
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    found, rules, model = (json.loads(blocks[i]) for i in EXAMPLES[kind])
    return found, rules, model


@pytest.mark.parametrize("kind", EXAMPLES)
def test_an_example_of_the_page_holds(kind: str) -> None:
    found, rules, model = read_example(kind)
    verdict = checker.check(found, rules, model)
    assert verdict, verdict.why
    assert verdict.bound == found["bound"]


def test_the_answers_of_the_page_hold() -> None:
    blocks = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    rules, found, rising = (json.loads(blocks[i]) for i in (1, -5, -4))
    verdict = checker.check_answer(found, rules)
    assert verdict, verdict.why
    assert (verdict.low, verdict.high, verdict.reached) == (0.5, 2.0, (0.5, 2.0))

    verdict = checker.check_answer(rising, rules)
    assert verdict, verdict.why
    assert (verdict.low, verdict.high) == (0.0, None)

    rules, found, rising = (json.loads(block) for block in blocks[-3:])
    verdict = checker.check_answer(found, rules)
    assert verdict, verdict.why
    assert (verdict.low, verdict.high, verdict.reached) == (0.0, 4.0, (0.0, 4.0))
    verdict = checker.check_answer(rising, rules)
    assert verdict, verdict.why
    assert (verdict.low, verdict.high) == (0.0, None)


def stamp(found: Any, rules: Any, model: Any) -> Any:
    said = {name: value for name, value in found.items() if name != "digest"}
    said["digests"] = checker.hash_rules_and_model(rules, model)
    return {**said, "digest": checker.hash_json(said)}


CANONICAL = {
    "numbers": ([-0.0, 0.0001, 1e-05, 1.0, 1e16, 1234567890123456.0, 1.5e300, -5e-324, 10**20],
                "[-0.0,0.0001,1e-05,1.0,1e+16,1234567890123456.0,1.5e+300,-5e-324,"
                "100000000000000000000]"),
    "texts": ('"\\/\n\r\t\f\b\x01\x7fé\U0001f600\ud800',
              r'"\"\\/\n\r\t\f\b\u0001\u007f\u00e9\ud83d\ude00\ud800"'),
    "keys": ({"\U0001f600": 1, "\uff5e": None, "a": True},
             r'{"a":true,"\uff5e":null,"\ud83d\ude00":1}'),
}  # fmt: skip


@pytest.mark.parametrize("kind", CANONICAL)
def test_canonical_json_is_as_the_page_says(kind: str) -> None:
    import hashlib

    value, text = CANONICAL[kind]
    assert checker.hash_json(value) == hashlib.sha256(text.encode("ascii")).hexdigest()


def put(path: str, value: Any) -> Any:
    """A change of the rules' example: the value at a path of keys and numbers."""

    def change(parts: dict[str, Any]) -> None:
        *places, last = (int(part) if part.isdigit() else part for part in path.split("/"))
        at: Any = parts
        for place in places:
            at = at[place]
        if value is ...:
            del at[last]
        else:
            at[last] = value

    return change


LEAF = "found/rules/0"
#: Changes that the page says are refused, with digests that fit.
REFUSED = {
    "an index that is a float": put(f"{LEAF}/0/0/1", 0.0),
    "an index that is true": put(f"{LEAF}/0/0/1", False),
    "a multiplier that is true": put(f"{LEAF}/0/0/2", True),
    "a multiplier that is text": put(f"{LEAF}/0/0/2", "1.0"),
    "a multiplier of 1e200": put(f"{LEAF}/0/0/2", 1e200),
    "a row without a multiplier": put(f"{LEAF}/0/0/2", ...),
    "multipliers that are null": put("found/rules/1/4", [[], "leaf", None]),
    "takes that are null": put(f"{LEAF}/0", None),
    "takes that are an object": put(f"{LEAF}/0", {}),
    "a neuron that is true": put(f"{LEAF}/0/0", True),
    "no paths": put("found/paths", {}),
    "a tree too many": put("found/paths", [[[], "leaf"]]),
    "a claim that is true": put("found/bound", True),
    "a claim that is null": put("found/bound", None),
    "a claim of too many targets": put("found/bounds/0", [1.0, 1.0, 1.0]),
    "a claim that is too small": put("found/bounds/1/0", 0.49999999999999994),
    "a weight that is text": put("model/layers/0/weights/0/0", "1.0"),
    "a weight that is null": put("model/layers/0/weights/0/0", None),
    "a slope that is true": put("model/layers/1/slopes/0", True),
    "a bound that is text": put("rules/features/0/upper", "4.0"),
    "no list of constraints": put("rules/constraints", {}),
    "constraints that are null": put("rules/constraints", None),
    "columns that are null": put("rules/columns", None),
    "links that are null": put("model/heads", None),
    "rules that don't say whether they are complete": put("rules/complete", 1),
    "a way to a rule that is a float": put("rules/splits/0/then", {"rule": 1.0}),
    "a way to no rule": put("rules/splits/0/then", {}),
    "a way that is text": put("rules/splits/0/then", "rule"),
    "a condition that is 1": put("rules/rules/0/conditions/0/holds", 1),
    "a condition on a float": put("rules/rules/0/conditions/0/split", 0.0),
    "a coefficient that is text": put("rules/rules/0/outputs/y/coefficients/x", "1.0"),
    "a point that is an object": put("rules/rules/0/point", {"3.0": 1}),
    "a point that is text": put("rules/rules/0/point/0", "3"),
    "labels that are a list": put("rules/labels", []),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_the_page_says_is_refused(kind: str) -> None:
    found, rules, model = read_example("rules")
    REFUSED[kind]({"found": found, "rules": rules, "model": model})
    verdict = checker.check(stamp(found, rules, model), rules, model)
    assert not verdict
    assert verdict.why


#: Changes that the page says are no matter.
HARMLESS = {
    "an integer for a float": put("model/layers/0/weights/0/0", 1),
    "a larger claim": put("found/bound", 7),
    "an integer as a multiplier": put(f"{LEAF}/0/0/2", 1),
    "multipliers of further targets": put(f"{LEAF}", [[[1, 0, 1.0]], "leaf", [], [], ["?"]]),
    "an entry that isn't named": put("found/note", "?"),
    "a form": put("found/form", "partition"),
    "a version that is a float": put("rules/version", 2.0),
    "labels that are null": put("rules/labels", None),
    "no conditions": put("rules/rules/0/conditions", ...),
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_the_page_says_is_no_matter(kind: str) -> None:
    found, rules, model = read_example("rules")
    HARMLESS[kind]({"found": found, "rules": rules, "model": model})
    verdict = checker.check(stamp(found, rules, model), rules, model)
    assert verdict, verdict.why


LINES = {
    "a line that isn't there": put("found/neurons/0", ["line", 1, 1]),
    "a line's side that is 0": put("found/neurons/0", ["line", 0, 0]),
    "a line and more": put("found/neurons/0", ["line", 0, 1, []]),
    "a kind that is unknown": put("found/neurons/0", ["lines", 0, 1]),
    "a group that isn't there": put("found/neurons/3", ["group", 1]),
    "a group that is a float": put("found/neurons/3", ["group", 0.0]),
    "a group's neuron read by a line": put("found/neurons/4", ["line", 0, 1]),
    "nothing told of a neuron that is read": put("found/neurons/2", ["unread"]),
    "points that aren't of a category": put("found/neurons/2", ["points"]),
    "a neuron too few": put("found/neurons/4", ...),
    "a share where there is a bound": put("found/share", 0.0),
    "no share": put("found/share", ...),
    "a shift along a column twice": put("found/groups/0/shift/0", [0.0, 0, 0.0, 0, 0.0]),
    "a shift along no column": put("found/groups/0/shift/0", [0.0, 2, 0.0]),
    "no shift": put("found/groups/0/shift", []),
    "a point outside": put("found/point/0", 4.5),
    "a multiplier of an inequality that isn't there":
        put("found/neurons/2", ["fixed", 1.0, [], [0, 1.0]]),
    "a multiplier of a neuron's own triangle":
        put("found/neurons/2", ["fixed", 1.0, [], [-7, 1.0]]),
    "ranges of a neuron twice": put("found/ranges", [[0, [], []], [0, [], []]]),
    "a virtual neuron that reads others": put("found/virtual", [4]),
    "a decision": put("rules/decision", {"classes": ["a", "b"], "threshold": None}),
    "a version of the future": put("rules/version", 2),
}  # fmt: skip


@pytest.mark.parametrize("kind", LINES)
def test_what_the_page_says_of_lines_is_refused(kind: str) -> None:
    found, rules, model = read_example("lines and a group")
    LINES[kind]({"found": found, "rules": rules, "model": model})
    verdict = checker.check(stamp(found, rules, model), rules, model)
    assert not verdict
    assert verdict.why


def test_links_that_have_no_opposite_arent_turned() -> None:
    found, rules, model = read_example("rules")
    model["heads"] = [{"link": "exp", "scores": [0], "component": 0}]
    rules["heads"] = [{"link": None, "scores": [0], "component": 0}]
    for rule in rules["rules"]:
        rule["outputs"] = {"score": rule["outputs"]["y"]}
    verdict = checker.check(stamp(found, rules, model), rules, model)
    assert "aren't made of their scores" in verdict.why
