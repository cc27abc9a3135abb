"""What a JSON Schema can't say of a rules file: that its parts name and number one another well,
and hold a point.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from relurules.checker import RefusedError, find_indicator_groups
from relurules.ir.rule_table import collect_points
from relurules.ir.ruleset import RuleSet


def find_inconsistency(found: Mapping[str, Any]) -> str | None:
    """The first place of a rules file that follows the schema where parts don't fit together, and
    why; None if they do.
    """
    return next(_find_inconsistencies(found), None)


def find_additive_inconsistency(found: Mapping[str, Any]) -> str | None:
    """The same of a file of additive rules."""
    return next(_find_additive_inconsistencies(found), None)


def _find_inconsistencies(found: Mapping[str, Any]) -> Iterator[str]:
    yield from _check_names(found)
    yield from _check_rule_list(found, _list_features(found), "$")


def _find_additive_inconsistencies(found: Mapping[str, Any]) -> Iterator[str]:
    yield from _check_names(found)
    known = _list_features(found)
    for name, score in found["base"].items():
        yield from _check_known(score["coefficients"], known, f"$.base[{name!r}].coefficients")

    for i, line in enumerate(found["lines"]):
        where = f"$.lines[{i}].coefficients"
        yield from _check_known(line["coefficients"], known, where)
        if not any(line["coefficients"].values()):
            yield f"at {where}: all are 0; a line reads a feature at least"

    for i, group in enumerate(found["neuron_groups"]):
        yield from _check_rule_list(group, known, f"$.neuron_groups[{i}]")


def _list_features(found: Mapping[str, Any]) -> dict[str, None]:
    return dict.fromkeys(feature["name"] for feature in found["features"])


def _check_names(found: Mapping[str, Any]) -> Iterator[str]:
    """Of features, outputs, the domain's inequalities and groups of indicators."""
    yield from _check_unique([feature["name"] for feature in found["features"]], "$.features")
    yield from _check_unique(found["outputs"], "$.outputs")

    known = _list_features(found)
    for i, constraint in enumerate(found["constraints"]):
        yield from _check_known(
            constraint["coefficients"], known, f"$.constraints[{i}].coefficients"
        )

    for i, group in enumerate(found.get("groups", ())):
        yield from _check_known(group, known, f"$.groups[{i}]")

    yield from _check_groups(found)


def _check_rule_list(
    found: Mapping[str, Any], known: Mapping[str, Any], where: str
) -> Iterator[str]:
    """Network, splits and rules, which stand at `where`."""
    neurons = len(found["network"]["neurons"])
    yield from _check_arrays(found["network"], len(known), f"{where}.network")
    for i, split in enumerate(found["splits"]):
        at = f"{where}.splits[{i}]"
        yield from _check_known(split["coefficients"], known, f"{at}.coefficients")
        yield from _check_index(split.get("neuron"), neurons, f"{at}.neuron", "neurons")

    for i, rule in enumerate(found["rules"]):
        yield from _check_rule(rule, f"{where}.rules[{i}]", found, known)


def _check_rule(
    rule: Mapping[str, Any], where: str, found: Mapping[str, Any], features: Mapping[str, Any]
) -> Iterator[str]:
    for i, condition in enumerate(rule.get("conditions", ())):
        yield from _check_index(
            condition["split"], len(found["splits"]), f"{where}.conditions[{i}].split", "splits"
        )

    for name, score in rule["outputs"].items():
        yield from _check_known(
            score["coefficients"], features, f"{where}.outputs[{name!r}].coefficients"
        )

    if "pattern" in rule:
        yield from _check_length(
            rule["pattern"], len(found["network"]["neurons"]), f"{where}.pattern", "signs"
        )

    yield from _check_length(rule["point"], len(features), f"{where}.point", "numbers")


def _check_arrays(network: Mapping[str, Any], d: int, where: str) -> Iterator[str]:
    """Rows and columns of every array; an array without any rows may be written in either way."""
    K, m = len(network["neurons"]), len(network["c"])
    for name, rows in {"A": K, "L": K, "b": K, "C": m, "U": m, "slope": K}.items():
        yield from _check_length(
            network[name], rows, f"{where}.{name}", "rows" if name in "ALCU" else "numbers"
        )

    for name, columns in {"A": d, "L": K, "C": d, "U": K}.items():
        for i, row in enumerate(network[name]):
            at = f"{where}.{name}[{i}]"
            if isinstance(row, dict):
                yield from _check_index(max(map(int, row), default=None), columns, at, "columns")
            else:
                yield from _check_length(row, columns, at, "numbers")


def find_stray_rule(rules: RuleSet) -> int | None:
    """The first rule whose point isn't in the domain, which might be empty there; None for none."""
    inside = rules.domain.contains(collect_points(rules.rules))
    return None if inside.all() else 1 + int(np.argmin(inside))


def _check_groups(found: Mapping[str, Any]) -> Iterator[str]:
    try:
        find_indicator_groups(found)
    except RefusedError as error:
        yield f"at $.groups: {error}"


def _check_unique(names: Sequence[str], where: str) -> Iterator[str]:
    seen = set[str]()
    for i, name in enumerate(names):
        if name in seen:
            yield f"at {where}[{i}]: the name {name!r} is there before"
        seen.add(name)


def _check_known(names: Iterable[str], features: Mapping[str, Any], where: str) -> Iterator[str]:
    for name in names:
        if name not in features:
            yield (
                f"at {where}: {name!r} is no feature; there are "
                f"{', '.join(map(repr, list(features)[:8]))}"
            )


def _check_index(index: int | None, count: int, where: str, what: str) -> Iterator[str]:
    if index is not None and index >= count:
        yield f"at {where}: {index}, but there are {count} {what}, counted from 0"


def _check_length(found: Sequence[Any], count: int, where: str, what: str) -> Iterator[str]:
    if len(found) != count:
        yield f"at {where}: {len(found)} {what}, expected {count}"
