"""AdditiveRules <-> JSON.

The format is declared in `additive_file.py`, version 1; numbers are written by shortest round-trip
repr.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from relurules.codec.evidence_json import evidence_from_json, evidence_to_json
from relurules.codec.group_check import find_group_conflict
from relurules.codec.network_json import network_from_json, network_to_json
from relurules.codec.origin_json import origin_from_json, origin_to_json
from relurules.codec.reference_json import reference_from_json, reference_to_json
from relurules.codec.rule_list_json import (
    rules_from_json,
    rules_to_json,
    splits_to_json,
    tree_from_json,
)
from relurules.codec.rules_check import find_additive_inconsistency, find_stray_rule
from relurules.codec.scorer_json import (
    ADDITIVE_FORMAT,
    check_format,
    errors_from_json,
    errors_to_json,
    format_block,
    heads_from_json,
    heads_to_json,
)
from relurules.domain import Domain
from relurules.domain.domain_json import domain_from_json, domain_to_json, to_dense, to_sparse
from relurules.errors import DataError, DomainError, ModelError, RulesError
from relurules.files.writing import read_json, write_text
from relurules.ir.additive import AdditiveRules, Adjustment, RuleGroup
from relurules.ir.network import AffineMap, Neuron, make_read_only
from relurules.ir.rule import Condition, HalfSpace
from relurules.ir.ruleset import CollapseStats, RuleSet
from relurules.ir.score_parts import find_columns
from relurules.ir.tree_routing import UNEXPLORED
from relurules.links.heads import check_heads, name_scores
from relurules.tables.schema_values import schema_from_plain, schema_to_plain


def save_additive_rules(rules: AdditiveRules, path: Path) -> None:
    """Write the rules as JSON, whole or not at all."""
    write_text(path, format_additive_rules(rules))


def format_additive_rules(rules: AdditiveRules) -> str:
    """The file's text: a line for every part, line of the rules and row of a matrix."""
    return format_block(additive_to_json(rules), 2, deep=("neuron_groups",)) + "\n"


def load_additive_rules(path: Path) -> AdditiveRules:
    """Read and check a file of additive rules; RulesError names the place that doesn't follow the
    schema.
    """
    return read_additive_rules(read_json(path), path)


def read_additive_rules(found: Any, path: Path) -> AdditiveRules:
    """As `load_additive_rules`, of what the file at `path` holds."""
    # what only writes files needs no msgspec
    from relurules.codec.additive_file import check_additive_file

    found = check_format(found, path, ADDITIVE_FORMAT, check_additive_file)
    if (why := find_additive_inconsistency(found)) is not None:
        raise RulesError(f"{path}: parts of the file don't fit together: {why}")

    try:
        rules = additive_from_json(found)
    except (KeyError, IndexError, ValueError, DomainError, DataError, ModelError) as error:
        raise RulesError(f"{path}: parts of the file don't fit together: {error}") from error

    for group in rules.groups:
        if (number := find_stray_rule(group.rules)) is not None:
            raise RulesError(
                f"{path}: parts of the file don't fit together: the point of rule {number} of "
                f"group {group.number} isn't in the domain, of which every rule must hold a part"
            )
        if (why := find_group_conflict(group.rules)) is not None:
            raise RulesError(
                f"{path}: parts of the file don't fit together: neuron_groups[{group.number - 1}]: "
                f"{why}; extract the rules again, or load a file that wasn't changed"
            )

    return rules


def additive_to_json(rules: AdditiveRules) -> dict[str, Any]:
    """The rules as plain JSON values."""
    names = rules.features
    return {
        "format": ADDITIVE_FORMAT.name,
        "version": ADDITIVE_FORMAT.version,
        "outputs": list(rules.outputs),
        **heads_to_json(rules),
        **errors_to_json(rules),
        "reduction": _reduction_to_json(rules.reduction),
        **origin_to_json(rules),
        **evidence_to_json(rules.evidence),
        **reference_to_json(rules.chosen_reference),
        **domain_to_json(rules.domain),
        "base": {
            score: {"constant": constant, "coefficients": to_sparse(weights, names)}
            for score, constant, weights in zip(
                rules.scores, rules.base.constants.tolist(), rules.base.weights, strict=True
            )
        },
        "lines": [_line_to_json(line, names, rules.scores) for line in rules],
        "neuron_groups": [_group_to_json(group, rules.scores) for group in rules.groups],
        **({} if rules.schema is None else {"schema": schema_to_plain(rules.schema)}),
        **({} if rules.traced is None else {"traced": network_to_json(rules.traced)}),
    }


def _reduction_to_json(reduction: CollapseStats) -> dict[str, Any]:
    return {**reduction._asdict(), "removed": dict(reduction.removed)}


def _line_to_json(line: Adjustment, names: Sequence[str], scores: Sequence[str]) -> dict[str, Any]:
    space = line.condition.half_space
    return {
        "coefficients": to_sparse(space.normal, names),
        "above": float(space.bound),
        "slopes": dict(zip(scores, line.slopes.tolist(), strict=True)),
        **({} if space.neuron is None else {"neuron": space.neuron._asdict()}),
        "rows": line.rows,
    }


def _group_to_json(group: RuleGroup, scores: Sequence[str]) -> dict[str, Any]:
    """Its scores are those of all rules, which may have got other names since."""
    rules = replace(group.rules, outputs=tuple(scores))
    return {
        **({"score_error": rules.score_error} if rules.score_error else {}),
        "reduction": _reduction_to_json(rules.reduction),
        "splits": splits_to_json(rules.tree, rules.features),
        "rules": rules_to_json(rules),
        "network": network_to_json(rules.network),
    }


def additive_from_json(found: Mapping[str, Any]) -> AdditiveRules:
    """The rules of a validated file."""
    domain, outputs = domain_from_json(found), tuple(found["outputs"])
    d = len(domain.names)
    heads, count = heads_from_json(found, len(found["base"]))
    check_heads(heads, len(outputs), count)
    scores = name_scores(outputs, heads, count, domain.names)

    rules = AdditiveRules(
        outputs=outputs,
        domain=domain,
        base=_read_base(found["base"], domain, scores),
        lines=_read_lines(found["lines"], domain, scores),
        groups=tuple(
            _read_group(item, number, domain, scores)
            for number, item in enumerate(found["neuron_groups"], 1)
        ),
        reduction=CollapseStats(**found["reduction"]),
        heads=heads,
        **errors_from_json(found),
        evidence=evidence_from_json(found, 0, d),
        chosen_reference=reference_from_json(found, d),
        traced=network_from_json(found["traced"], d, count) if "traced" in found else None,
        schema=schema_from_plain(found["schema"]) if "schema" in found else None,
        **origin_from_json(found),
    )
    _check_part_deviations(rules)
    return rules


def _read_base(found: Mapping[str, Any], domain: Domain, scores: Sequence[str]) -> AffineMap:
    _check_scores(found, scores, "base")
    place = {name: j for j, name in enumerate(domain.names)}
    weights = [to_dense(found[score]["coefficients"], place) for score in scores]
    return AffineMap(
        make_read_only(np.array(weights)),
        make_read_only(np.array([found[score]["constant"] for score in scores])),
    )


def _read_lines(
    found: Sequence[Mapping[str, Any]], domain: Domain, scores: Sequence[str]
) -> tuple[Adjustment, ...]:
    place = {name: j for j, name in enumerate(domain.names)}
    lines = []
    for number, item in enumerate(found, 1):
        _check_scores(item["slopes"], scores, f"lines[{number - 1}].slopes")
        normal = to_dense(item["coefficients"], place)
        space = HalfSpace(
            normal=make_read_only(normal),
            bound=float(item["above"]),
            neuron=Neuron(**item["neuron"]) if "neuron" in item else None,
            split=-1,
        )
        lines.append(
            Adjustment(
                number=number,
                condition=Condition(space, holds=True),
                slopes=make_read_only(np.array([item["slopes"][score] for score in scores])),
                columns=tuple(domain.columns[i].name for i in find_columns(domain, normal != 0)),
                rows=item["rows"],
            )
        )

    return tuple(lines)


def _read_group(
    found: Mapping[str, Any], number: int, domain: Domain, scores: Sequence[str]
) -> RuleGroup:
    names = domain.names
    network = network_from_json(found["network"], len(names), len(scores))
    tree = tree_from_json(found["splits"], len(found["rules"]), names)
    if (tree.children == UNEXPLORED).any():
        raise ValueError(f"neuron_groups[{number - 1}].splits lead nowhere in part of the domain")

    rules = RuleSet(
        outputs=tuple(scores),
        domain=domain,
        rules=rules_from_json(found["rules"], tree, network, names, scores),
        tree=tree,
        network=network,
        score_error=float(found.get("score_error", 0.0)),
        complete=True,
        reduction=CollapseStats(**found["reduction"]),
    )
    read = find_columns(domain, rules.read_coordinates)
    return RuleGroup(
        number=number, rules=rules, columns=tuple(domain.columns[i].name for i in read)
    )


def _check_scores(found: Mapping[str, Any], scores: Sequence[str], where: str) -> None:
    """ValueError where what is said of scores isn't said of these."""
    if missing := [name for name in scores if name not in found]:
        raise ValueError(f"{where} lacks {missing[0]!r}")
    if strange := [name for name in found if name not in scores]:
        raise ValueError(f"{where} names {strange[0]!r}; there are {', '.join(map(repr, scores))}")


def _check_part_deviations(rules: AdditiveRules) -> None:
    """ValueError where the evidence speaks of other parts than the rules have."""
    found = None if rules.evidence is None else rules.evidence.part_deviations
    if found is not None and found.shape != (len(rules.parts), rules.score_count):
        raise ValueError(
            f"evidence.part_deviations has shape {found.shape}, expected "
            f"({len(rules.parts)}, {rules.score_count}): columns, pairs and larger sets, and scores"
        )
