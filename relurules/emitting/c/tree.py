"""A tree of many rules as tables in C."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from relurules.emitting.c.numbers import CTable, Real, print_integer_table, print_real_table
from relurules.emitting.tree_walk import plan_tree_walk
from relurules.ir import RuleSet


class CTreeWalk(NamedTuple):
    """tables: what the walk reads. by_sign: it tests the signs of neurons' arguments; else
    half-spaces of `width`.
    """

    tables: list[CTable]
    by_sign: bool
    width: int


def tabulate_tree_walk(
    rules: RuleSet, real: Real, place: Mapping[int, int] | None
) -> CTreeWalk | None:
    """The tree, None where all is rule 1; see `walk.planned_walk`."""
    walk, tree = plan_tree_walk(rules, place), rules.tree
    if walk is None:
        return None
    if walk.signs is not None:
        said = (
            "The tests: argument, what comes next where it is below 0, next elsewhere: a test, "
            "minus a rule, 0: none."
        )
        return CTreeWalk([print_integer_table("tests", walk.signs, said)], True, 0)

    tables = [
        print_real_table(
            real, "normals", tree.normals, "The tests: the sum of these times the values, at least"
        ),
        print_real_table(
            real,
            "bounds",
            -tree.offsets,
            "this? Then the second entry of `next` follows, else the first:",
        ),
        print_integer_table("next", walk.next, "another test, or minus a rule, or 0: none."),
    ]

    return CTreeWalk(tables, False, tree.normals.shape[1])


def tabulate_rule_maps(rules: RuleSet, real: Real) -> list[CTable]:
    """The affine map of every rule, one row of weights for every score."""
    weights = np.vstack([rule.map.weights for rule in rules])
    constants = np.array([rule.map.constants for rule in rules])
    return [
        print_real_table(
            real,
            "weights",
            weights,
            "Rule by rule, and score by score: what values are multiplied with.",
        ),
        print_real_table(real, "constants", constants, "Rule by rule: constants of the scores."),
    ]
