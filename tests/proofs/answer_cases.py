"""Certificates of answers about rules of both kinds; rules evaluated without the checker."""

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from handmade import graph, network
from instances import instance, named_instance

import relurules as rr
from relurules import checker
from relurules.codec.additive_json import additive_to_json
from relurules.codec.rules_json import to_json

BOX = rr.Domain.box([-1, -2, -1], [1, 1, 3])


def _draw_rules(kind: str) -> tuple[Any, tuple[str, ...]]:
    """Rules, and conditions that they are asked under."""
    if kind == "categories":
        return named_instance("categories")[1], ("job = nurse|cook", "income + age <= 0.9")
    name, seed = kind.split()
    if name == "rules":
        return instance(int(seed))[1], ()
    rng = np.random.default_rng(int(seed))
    slope = rng.choice([0.0, 0.25, -1.0], size=5)
    net = network(rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=(2, 5)), slope=slope)
    domain = BOX.where("x0 + x1 <= 0.5") if int(seed) % 2 else BOX
    rules = rr.extract(graph(net), domain=domain, form="additive")
    return rules, ("x2 >= 0", "x0 - x2 <= 0.25") if int(seed) == 2 else ()


#: Names of cases; seeds of partition rules that don't decide.
CASES = ("categories", "rules 0", "rules 5", "rules 7", "rules 8", "lines 0", "lines 1", "lines 2")


def make_answer(kind: str) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """A certificate and its rules as they are in their files, and the rules."""
    rules, given = _draw_rules(kind)
    found = rr.prove_answer(rules, output=rules.scores[-1], given=given).found
    said = additive_to_json(rules) if isinstance(rules, rr.AdditiveRules) else to_json(rules)
    return json.loads(json.dumps(found)), json.loads(json.dumps(said)), rules


def stamp(found: dict[str, Any], rules: dict[str, Any]) -> dict[str, Any]:
    """A changed certificate with digests as a forger would write them."""
    known = checker.hash_rules_and_model(rules, {})
    said = {name: value for name, value in found.items() if name != "digest"}
    said["digests"] = {name: known[name] for name in ("domain", "rules")}
    return {**said, "digest": checker.hash_json(said)}


def _sum_terms(item: Any, x: dict[str, Fraction]) -> Fraction:
    return sum((Fraction(v) * x[n] for n, v in item["coefficients"].items()), Fraction(0))


def evaluate(rules: dict[str, Any], point: list[float], weights: list[float]) -> Fraction:
    """A sum of scores at a row, as rules are read by people."""
    x = {f["name"]: Fraction(v) for f, v in zip(rules["features"], point, strict=True)}
    if "lines" in rules:
        names = list(rules["base"])
        scores = {n: _sum_terms(o, x) + Fraction(o["constant"]) for n, o in rules["base"].items()}
        for line in rules["lines"]:
            excess = max(Fraction(0), _sum_terms(line, x) - Fraction(line["above"]))
            for name in names:
                scores[name] += Fraction(line["slopes"][name]) * excess
    else:
        at = {"split": 0} if rules["splits"] else {"rule": 1}
        while "split" in at:
            split = rules["splits"][at["split"]]
            at = split[
                "then" if _sum_terms(split, x) >= Fraction(split["at_least"]) else "otherwise"
            ]
        own = rules["rules"][at["rule"] - 1]["outputs"]
        names = list(own)
        scores = {n: _sum_terms(o, x) + Fraction(o["constant"]) for n, o in own.items()}

    return sum(
        (Fraction(w) * scores[n] for w, n in zip(weights, sorted(names), strict=True)), Fraction(0)
    )


def is_within(rules: dict[str, Any], given: Any, point: list[float]) -> bool:
    """Whether a row of the rules' domain meets conditions."""
    x = {f["name"]: Fraction(v) for f, v in zip(rules["features"], point, strict=True)}
    bounded = all(low <= x[name] <= high for name, (low, high) in given["bounds"].items())
    return bounded and all(
        _sum_terms(item, x) <= Fraction(item["at_most"])
        for item in (*given["constraints"], *rules["constraints"])
    )


def draw_points(rules: Any, found: dict[str, Any], count: int) -> list[list[float]]:
    """Rows of the box, with categories, and the rows that a certificate shows."""
    domain, rng = rules.domain, np.random.default_rng(0)
    X = rng.uniform(domain.lower, domain.upper, size=(count, len(domain)))
    for group in domain.groups:
        X[:, group] = np.eye(len(group))[rng.integers(len(group), size=count)]
    shown = [found[end]["point"] for end in ("lowest", "highest") if found[end]]
    return [*X.tolist(), *shown]


def list_numbers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where numbers are, in JSON."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from list_numbers(part, (*path, key))
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from list_numbers(part, (*path, i))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def change_number(found: Any, path: tuple[Any, ...], rng: np.random.Generator) -> None:
    """Another number at a place: far off, or a billionth."""
    at = found
    for key in path[:-1]:
        at = at[key]
    value = at[path[-1]]
    if isinstance(value, int):
        at[path[-1]] = value + int(rng.choice([-2, -1, 1, 2]))
    else:
        step = float(rng.choice([1e-9, 0.1, 1.0]))
        at[path[-1]] = value + float(rng.choice([-1, 1])) * step * max(1.0, abs(value))
