"""RuleSet <-> JSON. The format is `rules.schema.json`, version 1; numbers are written by shortest round-trip repr."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from relurules.errors import DomainError, RulesError
from relurules.files import read_text, write_text
from relurules.ir.domain_json import dense, domain_from_json, domain_to_json, sparse
from relurules.ir.evidence_json import evidence_from_json, evidence_to_json
from relurules.ir.link import Head, check_heads, identity_heads, is_identity, score_names
from relurules.ir.network import AffineMap, Network, Neuron, read_only
from relurules.ir.origin_json import origin_from_json, origin_to_json
from relurules.ir.partition import UNEXPLORED, Tree
from relurules.ir.rules_check import misfit
from relurules.ir.ruleset import Condition, HalfSpace, Reduction, Rule, RuleSet

FORMAT, VERSION = "relurules.rules", 1


def save(rules: RuleSet, path: Path) -> None:
    """Write the rules as JSON, whole or not at all."""
    write_text(path, json.dumps(to_json(rules), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def load(path: Path) -> RuleSet:
    """Read and check a rules file; RulesError names the place that doesn't follow the schema."""
    try:
        found = json.loads(read_text(path), parse_constant=_refuse, parse_float=_float, parse_int=_int)
    except OSError as error:
        raise RulesError(f"{path}: can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise RulesError(f"{path}: is no JSON of finite numbers: {error}") from error
    _validate(found, path)
    if (why := misfit(found)) is not None:
        raise RulesError(f"{path}: parts of the file don't fit together: {why}")
    try:
        return from_json(found)
    except (KeyError, IndexError, ValueError, DomainError) as error:
        raise RulesError(f"{path}: parts of the file don't fit together: {error}") from error


def to_json(rules: RuleSet) -> dict[str, Any]:
    """The rules as plain JSON values."""
    names, domain, tree, network = rules.features, rules.domain, rules.tree, rules.network
    return {
        "format": FORMAT,
        "version": VERSION,
        "outputs": list(rules.outputs),
        **_heads_json(rules),
        "max_error": rules.max_error if np.isfinite(rules.max_error) else None,
        **({} if rules.output_error is None else {"score_error": rules.score_error}),
        "complete": rules.complete,
        "reduction": {**rules.reduction._asdict(), "removed": dict(rules.reduction.removed)},
        **origin_to_json(rules),
        **evidence_to_json(rules.evidence),
        **domain_to_json(domain),
        "splits": [
            {
                "coefficients": sparse(normal, names),
                "at_least": float(-offset),
                **({"neuron": int(neuron)} if neuron >= 0 else {}),
                "otherwise": _child(no),
                "then": _child(yes),
            }
            for normal, offset, neuron, (no, yes) in zip(
                tree.normals, tree.offsets, tree.neurons, tree.children.tolist(), strict=True
            )
        ],
        "rules": [_rule_json(rule, names, rules.scores) for rule in rules],
        "network": _network_json(network),
        **({} if rules.traced is None else {"traced": _network_json(rules.traced)}),
    }


def _network_json(network: Network) -> dict[str, Any]:
    return {
        **{name: getattr(network, name).tolist() for name in ("A", "L", "b", "C", "U", "c", "slope")},
        "neurons": [{"layer": neuron.layer, "unit": neuron.unit} for neuron in network.neurons],
    }


def from_json(found: Mapping[str, Any]) -> RuleSet:
    """The rules of a validated file."""
    domain = domain_from_json(found)
    names, outputs = domain.names, tuple(found["outputs"])
    heads, count = _heads(found)
    check_heads(heads, len(outputs), count)
    scores = score_names(outputs, heads, count, names)
    network = _network(found["network"], len(names), count)
    tree = _tree(found["splits"], len(found["rules"]), names)
    spaces = [
        HalfSpace(normal, float(-offset), network.neurons[neuron] if neuron >= 0 else None, split)
        for split, (normal, offset, neuron) in enumerate(zip(tree.normals, tree.offsets, tree.neurons, strict=True))
    ]
    rules = tuple(_rule(number, item, spaces, names, scores) for number, item in enumerate(found["rules"], start=1))
    reduction = Reduction(**found["reduction"])
    bound = np.inf if found["max_error"] is None else float(found["max_error"])
    return RuleSet(
        outputs, domain, rules, tree, network, found.get("score_error", bound), found["complete"], reduction, heads,
        output_error=bound if "score_error" in found else None,
        evidence=evidence_from_json(found, len(rules), len(names)),
        traced=_network(found["traced"], len(names), count) if "traced" in found else None,
        **origin_from_json(found),
    )  # fmt: skip


def _heads_json(rules: RuleSet) -> dict[str, Any]:
    """Nothing where the outputs are the scores."""
    if is_identity(rules.heads, len(rules.network.c)):
        return {}
    return {"heads": [{"link": h.link, "scores": list(h.scores), "component": h.component} for h in rules.heads]}


def _heads(found: Mapping[str, Any]) -> tuple[tuple[Head, ...], int]:
    """The heads and the number of scores."""
    if "heads" not in found:
        return identity_heads(len(found["outputs"])), len(found["outputs"])
    heads = tuple(Head(item["link"], tuple(item["scores"]), item["component"]) for item in found["heads"])
    return heads, len(found["network"]["c"])


def _rule_json(rule: Rule, names: Sequence[str], scores: Sequence[str]) -> dict[str, Any]:
    return {
        "conditions": [{"split": c.half_space.split, "holds": c.holds} for c in rule.conditions],
        "outputs": {
            name: {"constant": float(constant), "coefficients": sparse(weights, names)}
            for name, weights, constant in zip(scores, rule.map.weights, rule.map.constants, strict=True)
        },
        "pattern": "".join("+" if sign > 0 else "-" for sign in rule.pattern),
        "point": rule.point.tolist(),
        "rows": rule.rows,
    }


def _network(found: Mapping[str, Any], d: int, m: int) -> Network:
    K = len(found["neurons"])
    shapes = {"A": (K, d), "L": (K, K), "b": (K,), "C": (m, d), "U": (m, K), "c": (m,), "slope": (K,)}
    arrays = {}
    for name, shape in shapes.items():
        array = np.array(found[name], dtype=np.float64).reshape(shape if 0 in shape else np.shape(found[name]))
        if array.shape != shape:
            raise ValueError(f"network.{name} has shape {array.shape}, expected {shape}")
        arrays[name] = array
    if np.triu(arrays["L"]).any():
        raise ValueError("network.L isn't strictly lower triangular")
    return Network(
        **arrays, lifting=None, neurons=tuple(Neuron(item["layer"], item["unit"]) for item in found["neurons"])
    )


def _tree(splits: Sequence[Mapping[str, Any]], rules: int, names: Sequence[str]) -> Tree:
    children = []
    for split, item in enumerate(splits):
        pair = []
        for child in (item["otherwise"], item["then"]):
            if "rule" in child and not 1 <= child["rule"] <= rules:
                raise ValueError(f"splits[{split}] leads to rule {child['rule']} of {rules}")
            if "split" in child and not split < child["split"] < len(splits):
                raise ValueError(f"splits[{split}] leads to split {child['split']}, not to a later one")
            pair.append(child["split"] if "split" in child else -child["rule"] if "rule" in child else UNEXPLORED)
        children.append(pair)
    return Tree(
        np.array([item.get("neuron", -1) for item in splits], dtype=np.intp),
        np.array([dense(item["coefficients"], names) for item in splits]).reshape(-1, len(names)),
        np.array([-item["at_least"] for item in splits], dtype=np.float64),
        np.array(children, dtype=np.int32).reshape(-1, 2),
    )


def _rule(
    number: int, found: Mapping[str, Any], spaces: Sequence[HalfSpace], names: Sequence[str], scores: Sequence[str]
) -> Rule:
    if missing := [name for name in scores if name not in found["outputs"]]:
        raise ValueError(f"rules[{number - 1}].outputs lacks {missing[0]!r}")
    maps = [found["outputs"][name] for name in scores]
    weights = np.array([dense(item["coefficients"], names) for item in maps]).reshape(-1, len(names))
    return Rule(
        number=number,
        conditions=tuple(Condition(spaces[c["split"]], c["holds"]) for c in found["conditions"]),
        map=AffineMap(read_only(weights), read_only(np.array([item["constant"] for item in maps]))),
        pattern=np.array([1 if sign == "+" else -1 for sign in found["pattern"]], dtype=np.int8),
        point=read_only(np.array(found["point"], dtype=np.float64)),
        rows=found["rows"],
    )


def _child(child: int) -> dict[str, int]:
    """Where a split leads: {"split": i}, {"rule": number}, or {} where the search stopped."""
    return {"split": child} if child >= 0 else {} if child == UNEXPLORED else {"rule": -child}


def schema_text() -> str:
    """The JSON Schema of the format."""
    return files("relurules.ir").joinpath("rules.schema.json").read_text(encoding="utf-8")


@cache
def _schema() -> Any:
    return json.loads(schema_text())


def _refuse(text: str) -> float:
    raise ValueError(f"{text} is no number that rules can hold")


def _float(text: str) -> float:
    value = float(text)
    return value if np.isfinite(value) else _refuse(text)


def _int(text: str) -> int:
    return int(text) if len(text) < 300 else int(_refuse(text[:20] + "..."))


def _validate(found: Any, path: Path) -> None:
    from jsonschema import Draft202012Validator  # only when a file is read

    if isinstance(found, dict) and found.get("format") == FORMAT and found.get("version") != VERSION:
        raise RulesError(
            f"{path}: version {found.get('version')!r} of the format; this release reads version {VERSION}"
        )
    error = next(iter(Draft202012Validator(_schema()).iter_errors(found)), None)
    if error is not None:
        raise RulesError(f"{path}: at {error.json_path}: {error.message[:200]}; expected {FORMAT} version {VERSION}")
