"""The tree and the rules of a file <-> plain JSON values.

What the tree, or the network, tells isn't written.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from relurules.domain.domain_json import to_dense, to_sparse
from relurules.ir.network import AffineMap, Array, Network, make_read_only
from relurules.ir.partition import Side, Tree
from relurules.ir.rule_table import RuleTable, Sides, pack_sides
from relurules.ir.ruleset import RuleSet
from relurules.ir.tree_routing import UNEXPLORED


def splits_to_json(tree: Tree, names: Sequence[str]) -> list[dict[str, Any]]:
    """Every split: its test, and where its sides lead."""
    rows = zip(
        tree.normals,
        tree.offsets.tolist(),
        tree.neurons.tolist(),
        tree.children.tolist(),
        strict=True,
    )

    return [
        {
            "coefficients": to_sparse(normal, names),
            "at_least": -offset,
            **({"neuron": neuron} if neuron >= 0 else {}),
            "otherwise": _child_to_json(no),
            "then": _child_to_json(yes),
        }
        for normal, offset, neuron, (no, yes) in rows
    ]


def rules_to_json(rules: RuleSet) -> list[dict[str, Any]]:
    """Every rule.

    Conditions are left out where they are the whole branch, a pattern where its point shows it.
    """
    table = tabulate_rules(rules)
    names, scores = rules.features, rules.scores
    weights, constants = table.maps
    known = np.zeros(len(table), dtype=np.bool_)
    if table.given is not None:
        known = (table.given != table.told).any(axis=1)

    rows: Sequence[int | None] = [None] * len(table) if table.rows is None else table.rows.tolist()
    points, parts = table.points.tolist(), constants.tolist()
    return [
        {
            **(
                {} if table.bounds.whole[i] else {"conditions": _conditions_to_json(table.sides(i))}
            ),
            "outputs": {
                score: {"constant": constant, "coefficients": to_sparse(own, names)}
                for score, constant, own in zip(scores, parts[i], weights[i], strict=True)
            },
            **(
                {"pattern": "".join("+" if sign > 0 else "-" for sign in table.patterns[i])}
                if known[i]
                else {}
            ),
            "point": points[i],
            "rows": rows[i],
        }
        for i in range(len(table))
    ]


def tabulate_rules(rules: RuleSet) -> RuleTable:
    """The rules as arrays."""
    if isinstance(rules.rules, RuleTable):
        return rules.rules

    K, rows = len(rules.network), [rule.rows for rule in rules]
    return RuleTable(
        tree=rules.tree,
        network=rules.network,
        bounds=pack_sides(
            [
                tuple(Side(c.half_space.split, int(c.holds)) for c in rule.conditions)
                for rule in rules
            ]
        ),
        maps=rules.maps,
        points=np.array([rule.point for rule in rules]),
        rows=None if None in rows else np.array(rows, dtype=np.intp),
        given=np.array([rule.pattern for rule in rules], dtype=np.int8).reshape(len(rules), K),
    )


def _conditions_to_json(sides: Sides) -> list[dict[str, Any]]:
    return [{"split": split, "holds": bool(side)} for split, side in sides]


def _child_to_json(child: int) -> dict[str, int]:
    """Where a split leads: {"split": i}, {"rule": number}, or {} where the search stopped."""
    return {"split": child} if child >= 0 else {} if child == UNEXPLORED else {"rule": -child}


def tree_from_json(splits: Sequence[Mapping[str, Any]], rules: int, names: Sequence[str]) -> Tree:
    """The tree of a validated file with so many rules; ValueError where it leads elsewhere than to
    a later split.
    """
    children = []
    for split, item in enumerate(splits):
        pair = []
        for child in (item["otherwise"], item["then"]):
            if "rule" in child and not 1 <= child["rule"] <= rules:
                raise ValueError(f"splits[{split}] leads to rule {child['rule']} of {rules}")
            if "split" in child and not split < child["split"] < len(splits):
                raise ValueError(
                    f"splits[{split}] leads to split {child['split']}, not to a later one"
                )
            pair.append(
                child["split"]
                if "split" in child
                else -child["rule"]
                if "rule" in child
                else UNEXPLORED
            )
        children.append(pair)

    place = {name: j for j, name in enumerate(names)}
    return Tree(
        np.array([item.get("neuron", -1) for item in splits], dtype=np.intp),
        np.array([to_dense(item["coefficients"], place) for item in splits]).reshape(
            -1, len(names)
        ),
        np.array([-item["at_least"] for item in splits], dtype=np.float64),
        np.array(children, dtype=np.int32).reshape(-1, 2),
    )


def rules_from_json(
    found: Sequence[Mapping[str, Any]],
    tree: Tree,
    network: Network,
    names: Sequence[str],
    scores: Sequence[str],
) -> RuleTable:
    """The rules of a validated file. ValueError where parts don't fit together."""
    place = {name: j for j, name in enumerate(names)}
    weights = np.zeros((len(found), len(scores), len(names)))
    constants = np.empty((len(found), len(scores)))

    for i, item in enumerate(found):
        if missing := [name for name in scores if name not in item["outputs"]]:
            raise ValueError(f"rules[{i}].outputs lacks {missing[0]!r}")
        for k, score in enumerate(scores):
            own = item["outputs"][score]
            weights[i, k] = to_dense(own["coefficients"], place)
            constants[i, k] = own["constant"]

    _check_branches(found, tree)
    rows = [item["rows"] for item in found]
    table = RuleTable(
        tree=tree,
        network=network,
        bounds=pack_sides([_read_sides(item) for item in found]),
        maps=AffineMap(make_read_only(weights), make_read_only(constants)),
        points=make_read_only(_read_points(found, len(names))),
        rows=None if None in rows else np.array(rows, dtype=np.intp),
    )

    return _add_patterns(table, [item.get("pattern") for item in found])


def _read_points(found: Sequence[Mapping[str, Any]], d: int) -> Array:
    return np.array([item["point"] for item in found], dtype=np.float64).reshape(len(found), d)


def _read_sides(item: Mapping[str, Any]) -> Sides | None:
    if "conditions" not in item:
        return None
    return tuple(
        Side(condition["split"], int(condition["holds"])) for condition in item["conditions"]
    )


def _check_branches(found: Sequence[Mapping[str, Any]], tree: Tree) -> None:
    """ValueError for a rule that leaves its conditions to a branch where just one leads to it, and
    none or many do.
    """
    branches = np.bincount(
        ~tree.children[(tree.children < 0) & (tree.children != UNEXPLORED)], minlength=len(found)
    )
    for i, item in enumerate(found):
        if "conditions" not in item and len(tree.children) and branches[i] != 1:
            raise ValueError(
                f"rules[{i}] has no conditions, and {branches[i]} branches of the tree lead to it"
            )


def _add_patterns(table: RuleTable, written: Sequence[str | None]) -> RuleTable:
    """With the patterns that were written; the others are told by the points."""
    if all(one is None for one in written):
        return table
    if any(one is None for one in written):
        given = table.told.copy()
    else:
        given = np.empty((len(table), len(table.network)), dtype=np.int8)

    for i, one in enumerate(written):
        if one is not None:
            given[i] = np.where(
                np.frombuffer(one.encode("ascii"), dtype=np.uint8) == ord("+"), 1, -1
            )

    given.flags.writeable = False
    return RuleTable(
        tree=table.tree,
        network=table.network,
        bounds=table.bounds,
        maps=table.maps,
        points=table.points,
        rows=table.rows,
        given=given,
    )
