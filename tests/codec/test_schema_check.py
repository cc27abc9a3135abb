"""The quick check of rules files never says yes where jsonschema says no, and seldom no where it
says yes.
"""

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from relurules.codec.rules_json import read_schema_text
from relurules.codec.schema_check import compile_check

OLD = Path(__file__).parents[1] / "data" / "rules_v1.json"
SCHEMA = json.loads(read_schema_text())
CHECK = compile_check(SCHEMA)
VALIDATOR = Draft202012Validator(SCHEMA)

#: What is put in place of something.
OTHERS: list[Any] = [
    None, True, False, 0, 1, -1, 2.5, "", "x", "+-", [], [1], {}, {"a": 1}, {"0": 1.5}, {"01": 1.0},
    {"split": 1}, {"rule": 1}, {"rule": 0}, {"split": 1, "rule": 1}, [[1.0], {}], ["a", "a"],
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, part in items:
        found += places(part, (*path, key))
    return found


def changed(found: Any, chance: random.Random) -> Any:
    found = copy.deepcopy(found)
    path = chance.choice(places(found))
    at = found
    for key in path[:-1]:
        at = at[key]
    kind = chance.random()
    if kind < 0.2:
        del at[path[-1]]
    elif kind < 0.3 and isinstance(at, dict):
        at["unheard of"] = chance.choice(OTHERS)
    else:
        at[path[-1]] = chance.choice(OTHERS)
    return found


def small() -> Any:
    found = json.loads(OLD.read_text(encoding="utf-8"))
    found["rules"], found["splits"] = found["rules"][:2], found["splits"][:2]
    found["evidence"]["rules"] = found["evidence"]["rules"][:1]
    found["version"] = 2
    found["estimate"] = {
        "regions": 9.0,
        "error": 1.0,
        "volume": 0.5,
        "volume_error": 0.1,
        "data": None,
    }
    del found["rules"][0]["pattern"], found["rules"][1]["conditions"]
    found["network"]["L"][1] = {"0": 1.5}
    return found


def test_a_good_file_is_good() -> None:
    assert CHECK(small())
    assert CHECK(json.loads(OLD.read_text(encoding="utf-8")))


@pytest.mark.parametrize("seed", range(12))
def test_yes_is_jsonschemas_yes(seed: int) -> None:
    chance, found = random.Random(seed), small()
    refused = 0
    for _ in range(60):
        other = changed(found, chance)
        valid = VALIDATOR.is_valid(other)
        refused += not valid
        assert CHECK(other) == valid, other
    assert refused > 10


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": ["string", "null"]}, [None, "a"], [1, True, []]),
        ({"type": "integer", "minimum": 2}, [2, 7], [1, True, "2"]),
        ({"enum": [1, "a"]}, [1, "a"], [True, 2, 1.5]),
        (
            {"type": "array", "items": {"type": "number"}, "minItems": 1},
            [[1, 2.0]],
            [[], [True], {}],
        ),
        ({"type": "string", "pattern": "^[+-]*$", "minLength": 1}, ["+-"], ["", "0"]),
        ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, [1.5], [1, "x"]),
    ],
)
def test_keywords(schema: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    check = compile_check(schema)
    assert all(check(value) for value in good)
    assert not any(check(value) for value in bad)


def test_a_keyword_that_it_does_not_know_is_an_error() -> None:
    with pytest.raises(KeyError):
        compile_check({"type": "string", "maxLength": 3})
