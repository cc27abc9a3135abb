"""Ways to tamper with a certificate, its rules or its model, each at a place drawn by chance."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tampering_names
from file_copies import copy_content
from tampering_names import InapplicableError, Tamper, pick

from relurules import checker

__all__ = ["SURE", "TAMPERINGS", "InapplicableError", "stamped", "tampered"]

Triple = tuple[Any, Any, Any]


def _nodes(found: Any) -> Iterator[list[Any]]:
    stack = [*found["rules"], *found["paths"]]
    while stack:
        node = stack.pop()
        yield node
        stack += [
            part
            for part in node[2:]
            if isinstance(part, list) and len(part) > 1 and isinstance(part[1], str)
        ]


def _multipliers(found: Any) -> list[tuple[list[Any], int]]:
    """(list, place of a multiplier in it)."""
    places = []
    for node in _nodes(found):
        lists = [(take, 1) for take in node[0] if isinstance(take, list)]
        lists += [
            (part, 0)
            for part in node[2:]
            if node[1] in ("leaf", "empty") and isinstance(part, list)
        ]
        places += [(own, i + 1) for own, first in lists for i in range(first, len(own) - 1, 2)]

    return places


def _moved(value: float, rng: np.random.Generator) -> float:
    return float(value) * float(rng.choice([1.25, -1.0, 0.5])) + float(rng.choice([0.0, 0.1]))


def _coefficient(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    outputs = pick(pick(rules["rules"], rng)["outputs"].values(), rng)
    name = pick(outputs["coefficients"], rng)
    outputs["coefficients"][name] = _moved(outputs["coefficients"][name], rng)


def _constant(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    pick(pick(rules["rules"], rng)["outputs"].values(), rng)["constant"] += 0.25


def _lost_coefficient(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    outputs = pick(pick(rules["rules"], rng)["outputs"].values(), rng)
    del outputs["coefficients"][pick(outputs["coefficients"], rng)]


def _condition_sign(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    condition = pick([c for rule in rules["rules"] for c in rule["conditions"]], rng)
    condition["holds"] = not condition["holds"]


def _lost_condition(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    conditions = pick([rule["conditions"] for rule in rules["rules"] if rule["conditions"]], rng)
    conditions.pop(int(rng.integers(len(conditions))))


def _split_bound(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    pick(rules["splits"], rng)["at_least"] += 0.37


def _split_coefficient(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    coefficients = pick(rules["splits"], rng)["coefficients"]
    name = pick(coefficients, rng)
    coefficients[name] = _moved(coefficients[name], rng)


def _swapped_children(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    split = pick(rules["splits"], rng)
    split["then"], split["otherwise"] = split["otherwise"], split["then"]


def _other_rule(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    leaves = [
        (s, side) for s in rules["splits"] for side in ("then", "otherwise") if "rule" in s[side]
    ]
    split, side = pick(leaves, rng)
    split[side] = {"rule": split[side]["rule"] % len(rules["rules"]) + 1}


def _dropped_rule(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    rules["rules"].pop(int(rng.integers(len(rules["rules"]))))


def _dropped_with_tree(found: Any, rules: Any, _: Any, rng: np.random.Generator) -> None:
    i = int(rng.integers(len(rules["rules"])))
    rules["rules"].pop(i)
    found["rules"].pop(i)
    found["bounds"].pop(i)


def _swapped_rules(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    i = int(rng.integers(len(rules["rules"])))
    j = pick([k for k in range(len(rules["rules"])) if k != i], rng)
    rules["rules"][i]["outputs"], rules["rules"][j]["outputs"] = (
        rules["rules"][j]["outputs"],
        rules["rules"][i]["outputs"],
    )


def _swapped_trees(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    i = int(rng.integers(len(found["rules"])))
    j = pick([k for k in range(len(found["rules"])) if k != i], rng)
    found["rules"][i], found["rules"][j] = found["rules"][j], found["rules"][i]


def _dropped_tree(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    found["rules"].pop(int(rng.integers(len(found["rules"]))))


def _multiplier(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    own, i = pick(_multipliers(found), rng)
    own[i] = own[i] * 3.0 + 1.0


def _negative_multiplier(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    own, i = pick(_multipliers(found), rng)
    own[i] = -own[i]


def _infinite_multiplier(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    own, i = pick(_multipliers(found), rng)
    own[i] = float(rng.choice([np.inf, np.nan, 1e300]))


def _other_row(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    own, i = pick(_multipliers(found), rng)
    own[i - 1] = int(rng.choice([-1, own[i - 1] + 1, 10_000]))


def _lost_multipliers(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    own, i = pick(_multipliers(found), rng)
    del own[i - 1 : i + 1]


def _take_side(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    takes, i = pick([(node[0], i) for node in _nodes(found) for i in range(len(node[0]))], rng)
    if isinstance(takes[i], list):
        takes[i][0] = -takes[i][0]
    else:
        takes[i] = -takes[i]


def _lost_take(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    takes, i = pick([(node[0], i) for node in _nodes(found) for i in range(len(node[0]))], rng)
    takes.pop(i)


def _emptied(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    node = pick([node for node in _nodes(found) if node[1] == "leaf"], rng)
    node[1:] = ["empty", [0, 1.0]]


def _swapped_sides(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    node = pick([node for node in _nodes(found) if node[1] == "split"], rng)
    node[3], node[4] = node[4], node[3]


def _cut_elsewhere(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    node = pick([node for node in _nodes(found) if node[1] == "split"], rng)
    node[2] += 1


def _smaller_bound(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    found["bound"] = found["bound"] * 0.5 - 1e-300


def _smaller_bound_of_a_rule(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    found["bounds"][int(rng.integers(len(found["bounds"])))] = [-1.0]


def _weight(_: Any, __: Any, model: Any, rng: np.random.Generator) -> None:
    layer = pick(model["layers"], rng)
    table = pick([layer[name] for name in ("weights", "A", "C") if layer.get(name)], rng)
    row = pick(table, rng)
    row[int(rng.integers(len(row)))] += 0.5


def _bias(_: Any, __: Any, model: Any, rng: np.random.Generator) -> None:
    layer = model["layers"][-1]
    row = layer.get("constants", layer.get("c"))
    row[int(rng.integers(len(row)))] += 0.125


def _slope(_: Any, __: Any, model: Any, rng: np.random.Generator) -> None:
    slopes = pick(
        [
            layer[name]
            for layer in model["layers"]
            for name in ("slopes", "slope")
            if layer.get(name)
        ],
        rng,
    )
    slopes[int(rng.integers(len(slopes)))] += 0.5


def _links(_: Any, __: Any, model: Any, rng: np.random.Generator) -> None:
    model["heads"] = [
        {"link": "exp", "scores": [i], "component": 0} for i in range(len(model["outputs"]))
    ]


def _wider_domain(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    feature = pick(rules["features"], rng)
    feature["upper"] += 2.0 * (feature["upper"] - feature["lower"]) + 1.0


def _open_domain(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    pick(rules["features"], rng)["lower"] = None


def _lost_constraint(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    if not rules["constraints"]:
        raise InapplicableError
    rules["constraints"].pop()


def _point(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    pick(rules["rules"], rng)["point"] = [feature["upper"] + 1.0 for feature in rules["features"]]


def _version(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    found["version"] = checker.VERSION - 1


def _network_weight(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    row = pick(rules["network"]["C"], rng)
    row[int(rng.integers(len(row)))] += 0.5


def _stated_error(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    rules["max_error"] = 0.5 * rules["max_error"] + float(rng.random())


def _digest(name: str) -> Tamper:
    def changed(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
        found["digests"][name] = found["digests"][name][::-1]

    return changed


#: What is tampered with -> how. Those of SURE are refused whatever digests say; others may leave a
#: proof a proof.
TAMPERINGS: Mapping[str, Tamper] = {
    "a coefficient": _coefficient,
    "a constant": _constant,
    "a term dropped": _lost_coefficient,
    "a condition's sign": _condition_sign,
    ("a condition dropped"): _lost_condition,
    "a split's bound": _split_bound,
    "a split's coefficient": _split_coefficient,
    "a split's children swapped": _swapped_children,
    "a way to another rule": _other_rule,
    "a rule dropped": _dropped_rule,
    "a rule dropped with its proof": _dropped_with_tree,
    "two rules' maps swapped": _swapped_rules,
    "two rules' proofs swapped": _swapped_trees,
    ("a rule's proof dropped"): _dropped_tree,
    "a multiplier": _multiplier,
    "a negative multiplier": _negative_multiplier,
    "an infinite multiplier": _infinite_multiplier,
    "a multiplier of another row": _other_row,
    "a multiplier dropped": _lost_multipliers,
    "a neuron's side": _take_side,
    "a neuron not told": _lost_take,
    ("a leaf said to be empty"): _emptied,
    "a cut's sides swapped": _swapped_sides,
    "a cut along another neuron": _cut_elsewhere,
    "the bound": _smaller_bound,
    "a rule's bound": _smaller_bound_of_a_rule,
    ("a weight of the model"): _weight,
    "a bias of the model": _bias,
    "a slope of the model": _slope,
    "the model's links": _links,
    "a wider domain": _wider_domain,
    "an open domain": _open_domain,
    ("an inequality dropped"): _lost_constraint,
    "a rule's point": _point,
    "the version": _version,
    "the model's digest": _digest("model"),
    "the rules' digest": _digest("rules"),
    "the domain's digest": _digest("domain"),
    "a weight of the rules' network": _network_weight,
    ("what the rules say they are off"): _stated_error,
    **tampering_names.TAMPERINGS,
}
SURE = (
    "a constant",
    "a rule dropped",
    "a rule's proof dropped",
    ("a negative multiplier"),
    ("an infinite multiplier"),
    "a leaf said to be empty",
    "the bound",
    "a rule's bound",
    ("a bias of the model"),
    ("the model's links"),
    "an open domain",
    "a rule's point",
    "the version",
    *tampering_names.SURE,
)


def tampered(kind: str, given: Triple, rng: np.random.Generator) -> Triple:
    """A changed copy of certificate, rules and model; InapplicableError where there is nothing to
    change.
    """
    found, rules, model = copy_content(given)
    TAMPERINGS[kind](found, rules, model, rng)
    if (found, rules, model) == given:
        raise InapplicableError
    return found, rules, model


def stamped(changed: Triple) -> Triple:
    """With the digests that a forger would put in."""
    found, rules, model = changed
    found["digests"] = checker.hash_rules_and_model(rules, model)
    found["digest"] = checker.hash_json(
        {name: value for name, value in found.items() if name != "digest"}
    )
    return found, rules, model
