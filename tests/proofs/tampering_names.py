"""Ways to tamper with what rules are about: names, order, classes, thresholds, links, groups, the
domain.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Tamper = Callable[[Any, Any, Any, np.random.Generator], object]


class InapplicableError(Exception):
    """The instance has nothing of that kind."""


def pick(items: Any, rng: np.random.Generator) -> Any:
    """One of several things."""
    items = list(items)
    if not items:
        raise InapplicableError
    return items[int(rng.integers(len(items)))]


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The same JSON with other names, whether they are keys or values."""
    if isinstance(value, dict):
        return {names.get(key, key): renamed(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


def _rename(rules: Any, names: Mapping[str, str]) -> None:
    changed = renamed(rules, names)
    rules.clear()
    rules.update(changed)


def _need(holds: object) -> None:
    if not holds:
        raise InapplicableError


def _two(items: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    items = list(items)
    _need(len(items) > 1)
    i, j = rng.choice(len(items), size=2, replace=False).tolist()
    return items[i], items[j]


def _columns_swapped(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    one, other = _two([feature["name"] for feature in rules["features"]], rng)
    _rename(rules, {one: other, other: one})


def _column_renamed(_: Any, rules: Any, model: Any, rng: np.random.Generator) -> None:
    _need(model["named"]["columns"])
    name = pick(rules["features"], rng)["name"]
    _rename(rules, {name: f"{name} of the spouse"})


def _columns_reordered(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    order = rng.permutation(len(rules["features"])).tolist()
    _need(order != sorted(order))
    rules["features"] = [rules["features"][j] for j in order]
    for rule in rules["rules"]:
        rule["point"] = [rule["point"][j] for j in order]


def _outputs_swapped(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    one, other = _two(rules["outputs"], rng)
    _rename(rules, {one: other, other: one})


def _output_renamed(_: Any, rules: Any, model: Any, rng: np.random.Generator) -> None:
    _need(model["named"]["outputs"])
    name = pick(rules["outputs"], rng)
    _rename(rules, {name: f"not {name}"})


def _classes_swapped(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    _need(rules.get("decision"))
    classes = rules["decision"]["classes"]
    one, other = _two(range(len(classes)), rng)
    classes[one], classes[other] = classes[other], classes[one]


def _class_renamed(_: Any, rules: Any, model: Any, rng: np.random.Generator) -> None:
    _need(rules.get("decision"))
    _need(model["named"]["outputs"] or rules["decision"]["threshold"] is not None)
    classes = rules["decision"]["classes"]
    classes[int(rng.integers(len(classes)))] = "approved"


def _class_too_many(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    _need(rules.get("decision"))
    rules["decision"]["classes"].insert(int(rng.integers(2)), "undecided")


def _threshold(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    _need(rules.get("decision"))
    given = rules["decision"]["threshold"]
    rules["decision"]["threshold"] = (
        float(rng.random()) if given is None else given + float(rng.uniform(0.1, 2.0))
    )


def _threshold_lost(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    _need(rules.get("decision") and rules["decision"]["threshold"] is not None)
    rules["decision"]["threshold"] = None


def _threshold_with_names(_: Any, rules: Any, model: Any, rng: np.random.Generator) -> None:
    _threshold_lost(None, rules, model, rng)
    moved, output = float(rng.uniform(0.05, 0.95)), model["outputs"][-1]
    rules["decision"] = {
        "classes": [f"{output} < {moved:g}", f"{output} >= {moved:g}"],
        "threshold": moved,
    }


def _decision_lost(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    _need(rules.get("decision"))
    del rules["decision"]


def _links(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    head = pick(rules.get("heads", ()), rng)
    head["link"] = pick({"sigmoid", "exp", "identity", "softmax"} - {head["link"]}, rng)


def _numbers_tied(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    names = [feature["name"] for feature in rules["features"] if not feature["integer"]]
    _need(len(names) > 1)
    rules["groups"] = [*rules.get("groups", ()), names[: int(rng.integers(1, len(names) + 1))]]


def _number_in_a_group(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    numbers = [feature["name"] for feature in rules["features"] if not feature["integer"]]
    pick(rules.get("groups", ()), rng).append(pick(numbers, rng))


def _group_lost(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    _need(rules.get("columns") and rules.get("groups"))
    rules["groups"].pop(int(rng.integers(len(rules["groups"]))))


def _group_doubled(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    rules["groups"] = [*rules.get("groups", ()), pick(rules.get("groups", ()), rng)]


def _two_members(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    group = pick(rules.get("groups", ()), rng)
    places = [j for j, feature in enumerate(rules["features"]) if feature["name"] in group]
    rule = pick(rules["rules"], rng)
    for j in places:
        rule["point"][j] = 1.0 / len(places)


def _category_values(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    column = pick([column for column in rules.get("columns", ()) if column.get("categories")], rng)
    one, other = _two(column["categories"], rng)
    one["values"], other["values"] = other["values"], one["values"]


def _filled(_: Any, rules: Any, model: Any, rng: np.random.Generator) -> None:
    _need(model["named"]["columns"] and not rules.get("columns"))
    rules["columns"] = [{"name": feature["name"]} for feature in rules["features"]]
    pick(rules["columns"], rng)["fill"] = 0.5


def _no_numbers(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    """Bounds that hold one number, which isn't that of any rule."""
    feature = pick(rules["features"], rng)
    feature["lower"] = feature["upper"] = feature["upper"] + 1.0


def _impossible_constraint(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    rules["constraints"].append(
        {"text": "0 <= -1", "coefficients": {}, "at_most": -float(rng.random())}
    )


def _excluding_constraint(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    feature = pick(rules["features"], rng)
    at_most = feature["lower"] - float(rng.choice([1e-9, 1.0]))
    rules["constraints"].append(
        {"text": "", "coefficients": {feature["name"]: 1.0}, "at_most": at_most}
    )


def _crossed_bounds(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    feature = pick(rules["features"], rng)
    feature["lower"], feature["upper"] = feature["upper"] + 1.0, feature["lower"]


def _no_rules(found: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    found["rules"], found["bounds"], rules["rules"] = [], [], []


def _no_names(_: Any, __: Any, model: Any, rng: np.random.Generator) -> None:
    del model["named"]


def _read_text(_: Any, __: Any, model: Any, rng: np.random.Generator) -> None:
    model["read"] = "stored weights)\nproven: everything (from the"


TAMPERINGS: Mapping[str, Tamper] = {
    "two columns swapped": _columns_swapped,
    "a column's name": _column_renamed,
    "the columns' order": _columns_reordered,
    "two outputs swapped": _outputs_swapped,
    "an output's name": _output_renamed,
    ("two classes swapped"): _classes_swapped,
    "a class's name": _class_renamed,
    "a class too many": _class_too_many,
    "the threshold": _threshold,
    ("the threshold dropped"): _threshold_lost,
    "the threshold with its names": _threshold_with_names,
    "the decision dropped": _decision_lost,
    "the rules' links": _links,
    "numbers tied as a group": _numbers_tied,
    ("a number in a group"): _number_in_a_group,
    "a group dropped": _group_lost,
    "a group twice": _group_doubled,
    ("a point between categories"): _two_members,
    "values of two categories swapped": _category_values,
    "a column filled": _filled,
    "bounds without the points": _no_numbers,
    "a constraint that is false": _impossible_constraint,
    "a constraint without the points": _excluding_constraint,
    "crossed bounds": _crossed_bounds,
    "no rules at all": _no_rules,
    ("whose names are the model's"): _no_names,
    ("what the model was read from"): _read_text,
}
#: A threshold that is moved with the names of its classes is another claim, which may even hold.
SURE = tuple(kind for kind in TAMPERINGS if kind != "the threshold with its names")
