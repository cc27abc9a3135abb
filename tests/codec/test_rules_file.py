"""The check of rules files agrees with jsonschema, and its messages say what is supported."""

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import relurules as rr
from relurules.codec.rules_file import check_rules_file, make_schema_text
from relurules.errors import RulesError
from relurules.links.table import LINKS

OLD = Path(__file__).parents[1] / "data" / "rules_v1.json"
VALIDATOR = Draft202012Validator(json.loads(make_schema_text()))

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


def is_right(found: Any) -> bool:
    try:
        check_rules_file(found)
    except ValueError:
        return False
    return True


def test_a_good_file_is_good() -> None:
    for found in (small(), json.loads(OLD.read_text(encoding="utf-8"))):
        assert check_rules_file(found) is found


@pytest.mark.parametrize("seed", range(12))
def test_yes_is_jsonschemas_yes(seed: int) -> None:
    chance, found = random.Random(seed), small()
    refused = 0
    for _ in range(60):
        other = changed(found, chance)
        valid = VALIDATOR.is_valid(other)
        refused += not valid
        assert is_right(other) == valid, other
    assert refused > 10


def test_names_are_unique() -> None:
    for place in ({"outputs": ["y", "y"]}, {"groups": [["a", "b"], ["c", "c"]]}):
        assert not VALIDATOR.is_valid(small() | place)
        with pytest.raises(ValueError, match="non-unique elements"):
            check_rules_file(small() | place)


def write_floats(value: Any) -> Any:
    """Every integer as a float."""
    if isinstance(value, dict):
        return {name: write_floats(part) for name, part in value.items()}
    if isinstance(value, list):
        return [write_floats(part) for part in value]
    return float(value) if type(value) is int else value


def list_types(value: Any) -> list[Any]:
    return [type(part) for part in walk_values(value)]


def walk_values(value: Any) -> list[Any]:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(one for part in parts for one in walk_values(part))]


def test_whole_floats_are_taken_for_integers() -> None:
    """JSON has one kind of numbers: 2.0 and 2e0 are 2. Where numbers are meant, they stay."""
    found = small()
    found["features"][0]["lower"] = -0.0
    floats = check_rules_file(write_floats(found))
    assert floats == found
    assert list_types(floats) == list_types(found)
    assert str(floats["features"][0]["lower"]) == "-0.0"


def test_a_file_of_whole_floats_loads_as_the_same_rules(tmp_path: Path) -> None:
    found = json.loads(OLD.read_text(encoding="utf-8"))
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(write_floats(found)))
    again, rules = rr.RuleSet.load(path), rr.RuleSet.load(OLD)
    again.save(path)
    rules.save(tmp_path / "expected.json")
    assert path.read_bytes() == (tmp_path / "expected.json").read_bytes()


#: Place, what is put there, what the message says after the place.
WRONG: list[tuple[tuple[Any, ...], Any, str]] = [
    (("heads", 0, "link"), "gelu", f"'gelu' is not one of {sorted(LINKS)}"),
    (("max_error",), -1, "-1 is less than the minimum of 0"),
    (("max_error",), "x", "'x' is not of type 'number', 'null'"),
    (("evidence", "rules", 0, "share"), 1.5, "1.5 is greater than the maximum of 1"),
    (("rules", 0, "rows"), 2.5, "2.5 is not of type 'integer', 'null'"),
    (("rules", 0, "rows"), True, "True is not of type 'integer', 'null'"),
    (("splits", 0, "then"), {"split": 1, "rule": 1},
     "{'split': 1, 'rule': 1} has too many properties"),
    (("splits", 0, "then"), {"leaf": 1},
     "Additional properties are not allowed ('leaf' was unexpected); supported: split, rule"),
    (("network", "A", 0), "x", "'x' is not of type 'array', 'object'"),
    (("network", "A", 0), {"01": 1}, "'01' does not match '^(0|[1-9][0-9]{0,8})$'"),
    (("network", "A", 0, 1), None, "None is not of type 'number'"),
    (("rules", 0, "pattern"), "0", "'0' does not match '^[+-]*$'"),
    (("rules", 0, "outputs", "score_1", "constant"), "x", "'x' is not of type 'number'"),
    (("reduction", "removed"), 5, "5 is not of type 'object'"),
    (("outputs",), [], "[] should be non-empty"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "value", "said"), WRONG)
def test_messages_say_where_what_and_what_is_supported(
    place: tuple[Any, ...], value: Any, said: str, tmp_path: Path
) -> None:
    found = json.loads(OLD.read_text(encoding="utf-8"))
    at = found
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value

    where = "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(found))
    with pytest.raises(RulesError) as error:
        rr.RuleSet.load(path)
    assert str(error.value) == f"{path}: at {where}: {said}; expected relurules.rules version 2"
