"""RuleSet <-> JSON.

The format is declared in `rules_file.py`, version 2, and 3 where the rules are no network; numbers
are written by shortest round-trip repr.

Files of version 1, which held every rule's pattern and all zeros of the network, are read as well.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from relurules.codec.evidence_json import evidence_from_json, evidence_to_json
from relurules.codec.network_json import network_from_json, network_to_json
from relurules.codec.origin_json import (
    decision_from_json,
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
from relurules.codec.scorer_json import (
    OWN_MODEL_VERSION,
    PARTITION_FORMAT,
    check_format,
    errors_from_json,
    errors_to_json,
    format_block,
    heads_from_json,
    heads_to_json,
)
from relurules.domain.domain_json import domain_from_json, domain_to_json
from relurules.errors import DataError, DomainError, ModelError, RulesError
from relurules.files.writing import read_json, write_text
from relurules.ir.local_tree import LocalTree
from relurules.ir.network import Network
from relurules.ir.ruleset import CollapseStats, RuleSet
from relurules.links.heads import check_heads, name_scores
from relurules.tables.schema_values import schema_from_plain, schema_to_plain


def save_rules(rules: RuleSet, path: Path) -> None:
    """Write the rules as JSON, whole or not at all."""
    write_text(path, format_rules(rules))


def format_rules(rules: RuleSet) -> str:
    """The rules file's text: a line for every part, rule, split and row of a matrix."""
    return format_block(to_json(rules), 2) + "\n"


def load_rules(path: Path) -> RuleSet:
    """Read and check a rules file; RulesError names the place that doesn't follow the schema."""
    return read_rules(read_json(path), path)


def read_rules(found: Any, path: Path) -> RuleSet:
    """As `load_rules`, of what the file at `path` holds."""
    # what only writes files needs no msgspec
    from relurules.codec.rules_file import check_rules_file

    found = check_format(found, path, PARTITION_FORMAT, check_rules_file)
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
        "format": PARTITION_FORMAT.name,
        "version": OWN_MODEL_VERSION if rules.is_own_model else PARTITION_FORMAT.version,
        "outputs": list(rules.outputs),
        **heads_to_json(rules),
        **errors_to_json(rules),
        "complete": rules.complete,
        **({} if rules.estimate is None else {"estimate": estimate_to_json(rules.estimate)}),
        "reduction": {**rules.reduction._asdict(), "removed": dict(rules.reduction.removed)},
        **origin_to_json(rules),
        **evidence_to_json(rules.evidence),
        **reference_to_json(rules.chosen_reference),
        **domain_to_json(domain),
        "splits": splits_to_json(tree, names),
        "rules": rules_to_json(rules),
        "network": network_to_json(_blank_network(rules) if rules.is_own_model else network),
        **({} if rules.schema is None else {"schema": schema_to_plain(rules.schema)}),
        **({} if rules.traced is None else {"traced": network_to_json(rules.traced)}),
    }


def from_json(found: Mapping[str, Any]) -> RuleSet:
    """The rules of a validated file."""
    domain = domain_from_json(found)
    names, outputs = domain.names, tuple(found["outputs"])
    heads, count = heads_from_json(found, len(found["network"]["c"]))
    check_heads(heads, len(outputs), count)
    scores = name_scores(outputs, heads, count, names)
    network = network_from_json(found["network"], len(names), count)
    tree = tree_from_json(found["splits"], len(found["rules"]), names)
    rules = rules_from_json(found["rules"], tree, network, names, scores)
    if found["version"] == OWN_MODEL_VERSION:
        rules = replace(rules, network=LocalTree.make(tree, rules.maps))
    reduction = CollapseStats(**found["reduction"])

    return RuleSet(
        outputs=outputs,
        domain=domain,
        rules=rules,
        tree=tree,
        network=rules.network,
        complete=found["complete"],
        reduction=reduction,
        heads=heads,
        **errors_from_json(found),
        evidence=evidence_from_json(found, len(rules), len(names)),
        chosen_reference=reference_from_json(found, len(names)),
        traced=network_from_json(found["traced"], len(names), count) if "traced" in found else None,
        estimate=estimate_from_json(found["estimate"]) if "estimate" in found else None,
        schema=schema_from_plain(found["schema"]) if "schema" in found else None,
        decision=decision_from_json(found),
        **origin_from_json(found),
    )


def _blank_network(rules: RuleSet) -> Network:
    """What stands in the place of the network in a file of rules that are the model themselves."""
    d, m = len(rules.domain), rules.score_count
    none = np.zeros(0)

    return Network(
        A=np.zeros((0, d)),
        L=np.zeros((0, 0)),
        b=none,
        C=np.zeros((m, d)),
        U=np.zeros((m, 0)),
        c=np.zeros(m),
        slope=none,
        neurons=(),
    )
