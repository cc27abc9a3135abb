"""A tree of many rules as tables in C, which a loop walks down."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from relurules.emitting.c_numbers import Real, Table, real_table, whole_table
from relurules.emitting.plan import sign_above
from relurules.ir import UNEXPLORED, RuleSet


class Walk(NamedTuple):
    """tables: what it reads. by_sign: it tests the signs of neurons' arguments; else half-spaces of `width` values."""

    tables: list[Table]
    by_sign: bool
    width: int


def planned_walk(rules: RuleSet, real: Real, place: Mapping[int, int] | None) -> Walk | None:
    """The tree, None where all is rule 1. place: neuron -> where its argument is; None: half-spaces are tested."""
    tree = rules.tree
    if not len(tree.neurons):
        return None
    children = [[_ahead(child) for child in pair] for pair in tree.children.tolist()]
    if place is None or (tree.neurons < 0).any():
        tables = [
            real_table(real, "normals", tree.normals, "The tests: the sum of a row's numbers times the values,"),
            real_table(real, "bounds", -tree.offsets, "which leads to the second entry of `next` where it is at least this,"),
            whole_table("next", children, "and to the first where it isn't: another test, or minus a rule, or 0: none."),
        ]
        return Walk(tables, False, tree.normals.shape[1])
    ahead = [pair if sign_above(rules, split) > 0 else pair[::-1] for split, pair in enumerate(children)]
    rows = [[place[int(k)], *pair] for k, pair in zip(tree.neurons, ahead, strict=True)]
    said = "The tests: {argument, next where it is below 0, next elsewhere}; next: a test, or minus a rule, or 0: none."
    return Walk([whole_table("tests", rows, said)], True, 0)


def rule_maps(rules: RuleSet, real: Real) -> list[Table]:
    """The affine map of every rule, one row of weights for every score."""
    weights = np.vstack([rule.map.weights for rule in rules])
    constants = np.array([rule.map.constants for rule in rules])
    return [
        real_table(real, "weights", weights, f"Rule by rule, a row for every score: weights [{len(rules)}][scores][values]."),
        real_table(real, "constants", constants, "Rule by rule: constants of the scores."),
    ]


def _ahead(child: int) -> int:
    """A child as the tables number it: no test leads back to the first, so 0 is free."""
    return 0 if child == UNEXPLORED else child  # leaf ~child is rule number -child
