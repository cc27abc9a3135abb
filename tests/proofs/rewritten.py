"""Other certificates, rules and models that say the same or something near it, so that parts of the
format are met that few honest ones have.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from tampering_names import InapplicableError

Rewrite = Callable[[Any, Any, Any, np.random.Generator], object]


def _need(condition: object) -> None:
    if not condition:
        raise InapplicableError


def _claim_most(found: Any, _: Any, __: Any, ___: Any) -> None:
    """So that what is shown is compared, whatever it is."""
    for row in found["bounds"]:
        row[:] = [None if own is None else 1e300 for own in row]
    found["bound"] = None if found["bound"] is None else 1e300
    if found.get("share") is not None:
        found["share"] = 1e300


def _omit_conditions(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    for rule in rules.get("rules", []):
        if rng.random() < 0.7:
            rule.pop("conditions", None)


def _leave_gap(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    _need(rules.get("splits"))
    rules["complete"] = False
    split = rules["splits"][int(rng.integers(len(rules["splits"])))]
    split[str(rng.choice(["then", "otherwise"]))] = {}


def _cut_by_category(found: Any, rules: Any, _: Any, rng: np.random.Generator) -> None:
    _need(rules.get("groups") and found.get("rules"))
    tied = sum(map(len, rules["groups"]))
    names = {name for group in rules["groups"] for name in group}
    plain = sum(f["name"] not in names and f["lower"] < f["upper"] for f in rules["features"])
    at = int(rng.integers(len(found["rules"])))
    for _ in range(int(rng.integers(1, 4))):
        j = plain + int(rng.integers(-1, tied))
        found["rules"][at] = [[], "category", j, found["rules"][at], found["rules"][at]]


def _add_scale(_: Any, __: Any, model: Any, rng: np.random.Generator) -> None:
    d, over = len(model["features"]), float(rng.choice([2.0, 3.0, 0.7, -1.3]))
    layer: dict[str, Any] = {"kind": "scale", "over": [over] * d, "times": [over] * d}
    if rng.random() < 0.5:
        layer["minus"] = rng.normal(size=d).tolist()
        layer["plus"] = [value if rng.random() < 0.5 else 0.1 for value in layer["minus"]]
    model["layers"].insert(0, layer)


def _decide_otherwise(_: Any, rules: Any, model: Any, rng: np.random.Generator) -> None:
    _need(rules.get("decision"))
    last = model["layers"][-1]
    count = len(last.get("constants", last.get("c", [])))
    link = str(rng.choice(["identity", "sigmoid", "complement", "exp", "expm1", "softmax", "log"]))
    several = [{"link": link, "scores": list(range(count)), "component": i} for i in range(count)]
    single = [{"link": link, "scores": [i], "component": 0} for i in range(count)]
    argmax = [{"link": "argmax", "scores": list(range(count)), "component": 0}]
    model["heads"] = [several, single, argmax][int(rng.integers(3))]
    model["outputs"] = [f"p_{i}" for i in range(len(model["heads"]))]
    threshold = [None, 0.5, 0.3, 2, 1234565, 1e-7, 0.1 + 0.2][int(rng.integers(7))]
    rules["decision"]["threshold"] = threshold
    if threshold is not None:
        name = model["outputs"][-1]
        rules["decision"]["classes"] = [f"{name} {sign} {threshold:g}" for sign in ("<", ">=")]
    elif rng.random() < 0.5:
        rules["decision"]["classes"] = [str(i) for i in range(count)]


def _exchange_links(_: Any, rules: Any, model: Any, __: Any) -> None:
    _need(rules.get("heads") and not rules.get("decision"))
    other = {"sigmoid": "complement", "complement": "sigmoid"}
    model["heads"] = [
        {"link": link, "scores": [0], "component": 0} for link in ("complement", "sigmoid")
    ]
    model["outputs"] = rules["outputs"] = ["one", "two"]
    rules["heads"] = [{**head, "link": other[head["link"]]} for head in model["heads"]]


def _rename_all(_: Any, rules: Any, model: Any, rng: np.random.Generator) -> None:
    _need(not rules.get("decision") and "heads" not in rules)
    names = ["\U0001f600", "\ue000 é", "raw", 'q"\\\n\x7f\ud800', "SCORE", "\uffff"]
    new = [names[int(rng.integers(len(names)))] + str(i) for i in range(len(rules["outputs"]))]
    old = dict(zip(rules["outputs"], new, strict=True))
    for rule in rules.get("rules", []):
        rule["outputs"] = {old.get(k, k): v for k, v in rule["outputs"].items()}
    rules["outputs"] = new


def _shift_group(found: Any, rules: Any, _: Any, rng: np.random.Generator) -> None:
    _need(found.get("groups"))
    for group in found["groups"]:
        for shift in group["shift"]:
            shift += [int(rng.integers(len(rules["features"]))), float(rng.normal())]


def _narrow_members(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    _need(rules.get("groups"))
    names = [name for group in rules["groups"] for name in group]
    for feature in rules["features"]:
        if feature["name"] in names and rng.random() < 0.2:
            feature["upper"] = 0


def _open_columns(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    _need(rules.get("format") == "relurules.additive")
    for feature in rules["features"]:
        for side in ("lower", "upper"):
            if rng.random() < 0.3:
                feature[side] = None


REWRITES: tuple[Rewrite, ...] = (
    _omit_conditions, _leave_gap, _cut_by_category, _add_scale, _decide_otherwise, _exchange_links,
    _rename_all, _shift_group, _narrow_members, _open_columns,
)  # fmt: skip


def rewrite(triple: Any, rng: np.random.Generator) -> None:
    """Rewrite certificate, rules and model where they are, and mostly claim as much as any."""
    if rng.random() < 0.8:
        _claim_most(*triple, rng)
    for _ in range(int(rng.integers(0, 3))):
        try:
            REWRITES[int(rng.integers(len(REWRITES)))](*triple, rng)
        except InapplicableError:
            continue
