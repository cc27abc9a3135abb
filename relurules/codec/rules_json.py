"""RuleSet <-> JSON.

The format is declared in `rules_file.py`, version 2; numbers are written by shortest round-trip
repr.

Files of version 1, which held every rule's pattern and all zeros of the network, are read as well.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from relurules.codec.evidence_json import evidence_from_json, evidence_to_json
from relurules.codec.network_json import network_from_json, network_to_json
from relurules.codec.origin_json import (
    estimate_from_json,
    estimate_to_json,
    origin_from_json,
    origin_to_json,
)
from relurules.codec.reference_json import reference_from_json, reference_to_json
from relurules.codec.rule_list_json import (
    rules_from_json,
    rules_to_json,
    splits_to_json,
    tree_from_json,
)
from relurules.codec.rules_check import find_inconsistency, find_stray_rule
from relurules.domain.domain_json import domain_from_json, domain_to_json
from relurules.errors import DataError, DomainError, ModelError, RulesError
from relurules.files.writing import read_json, write_text
from relurules.ir.ruleset import CollapseStats, RuleSet
from relurules.links.heads import Head, check_heads, is_identity, make_identity_heads, name_scores
from relurules.tables.schema_values import schema_from_plain, schema_to_plain

FORMAT, VERSION, READABLE_VERSIONS = "relurules.rules", 2, (1, 2)


def save_rules(rules: RuleSet, path: Path) -> None:
    """Write the rules as JSON, whole or not at all."""
    write_text(path, format_rules(rules))


def format_rules(rules: RuleSet) -> str:
    """The rules file's text: a line for every part, rule, split and row of a matrix."""
    return _format_block(to_json(rules), 2) + "\n"


def _format_block(value: Any, levels: int) -> str:
    """Objects and lists of objects or lists on several lines, so many levels deep."""
    if levels and isinstance(value, Mapping) and value:
        items = (
            f"{_line(name)}: {_format_block(part, levels - 1)}" for name, part in value.items()
        )
        return "{\n" + ",\n".join(items) + "\n}"
    if isinstance(value, list) and value and isinstance(value[0], dict | list):
        return "[\n" + ",\n".join(map(_line, value)) + "\n]"
    return _line(value)


_line = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def load_rules(path: Path) -> RuleSet:
    """Read and check a rules file; RulesError names the place that doesn't follow the schema."""
    found = _check_format(read_json(path), path)
    if (why := find_inconsistency(found)) is not None:
        raise RulesError(f"{path}: parts of the file don't fit together: {why}")

    try:
        rules = from_json(found)
    except (KeyError, IndexError, ValueError, DomainError, DataError, ModelError) as error:
        raise RulesError(f"{path}: parts of the file don't fit together: {error}") from error

    if (number := find_stray_rule(rules)) is not None:
        raise RulesError(
            f"{path}: parts of the file don't fit together: the point of rule {number} isn't in "
            "the domain, of which every rule must hold a part"
        )

    return rules


def to_json(rules: RuleSet) -> dict[str, Any]:
    """The rules as plain JSON values."""
    names, domain, tree, network = rules.features, rules.domain, rules.tree, rules.network
    return {
        "format": FORMAT,
        "version": VERSION,
        "outputs": list(rules.outputs),
        **_heads_to_json(rules),
        "max_error": rules.max_error if np.isfinite(rules.max_error) else None,
        **({} if rules.output_error is None else {"score_error": rules.score_error}),
        "complete": rules.complete,
        **({} if rules.estimate is None else {"estimate": estimate_to_json(rules.estimate)}),
        "reduction": {**rules.reduction._asdict(), "removed": dict(rules.reduction.removed)},
        **origin_to_json(rules),
        **evidence_to_json(rules.evidence),
        **reference_to_json(rules.chosen_reference),
        **domain_to_json(domain),
        "splits": splits_to_json(tree, names),
        "rules": rules_to_json(rules),
        "network": network_to_json(network),
        **({} if rules.schema is None else {"schema": schema_to_plain(rules.schema)}),
        **({} if rules.traced is None else {"traced": network_to_json(rules.traced)}),
    }


def from_json(found: Mapping[str, Any]) -> RuleSet:
    """The rules of a validated file."""
    domain = domain_from_json(found)
    names, outputs = domain.names, tuple(found["outputs"])
    heads, count = _heads_from_json(found)
    check_heads(heads, len(outputs), count)
    scores = name_scores(outputs, heads, count, names)
    network = network_from_json(found["network"], len(names), count)
    tree = tree_from_json(found["splits"], len(found["rules"]), names)
    rules = rules_from_json(found["rules"], tree, network, names, scores)
    reduction = CollapseStats(**found["reduction"])
    bound = np.inf if found["max_error"] is None else float(found["max_error"])

    return RuleSet(
        outputs,
        domain,
        rules,
        tree,
        network,
        found.get("score_error", bound),
        found["complete"],
        reduction,
        heads,
        output_error=bound if "score_error" in found else None,
        evidence=evidence_from_json(found, len(rules), len(names)),
        chosen_reference=reference_from_json(found, len(names)),
        traced=network_from_json(found["traced"], len(names), count) if "traced" in found else None,
        estimate=estimate_from_json(found["estimate"]) if "estimate" in found else None,
        schema=schema_from_plain(found["schema"]) if "schema" in found else None,
        **origin_from_json(found),
    )  # fmt: skip


def _heads_to_json(rules: RuleSet) -> dict[str, Any]:
    """Nothing where the outputs are the scores."""
    if is_identity(rules.heads, len(rules.network.c)):
        return {}
    return {
        "heads": [
            {"link": h.link, "scores": list(h.scores), "component": h.component}
            for h in rules.heads
        ]
    }


def _heads_from_json(found: Mapping[str, Any]) -> tuple[tuple[Head, ...], int]:
    """The heads and the number of scores."""
    if "heads" not in found:
        return make_identity_heads(len(found["outputs"])), len(found["outputs"])
    heads = tuple(
        Head(item["link"], tuple(item["scores"]), item["component"]) for item in found["heads"]
    )
    return heads, len(found["network"]["c"])


def _check_format(found: Any, path: Path) -> Any:
    """What the file holds, if it follows the declaration; RulesError names the place and why."""
    from relurules.codec.rules_file import (
        check_rules_file,  # what only writes files needs no msgspec
    )

    if (
        isinstance(found, dict)
        and found.get("format") == FORMAT
        and found.get("version") not in READABLE_VERSIONS
    ):
        raise RulesError(
            f"{path}: version {found.get('version')!r} of the format; this release reads versions "
            f"1 and {VERSION}"
        )

    try:
        return check_rules_file(found)
    except ValueError as error:
        raise RulesError(f"{path}: {error}; expected {FORMAT} version {VERSION}") from error
