"""A tree of many rules as tables in C."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from relurules.emitting.c_numbers import Real, Table, real_table, whole_table
from relurules.emitting.walk import planned_walk
from relurules.ir import RuleSet


class Tables(NamedTuple):
    """tables: what the walk reads. by_sign: it tests the signs of neurons' arguments; else half-spaces of `width`."""

    tables: list[Table]
    by_sign: bool
    width: int


def walk_tables(rules: RuleSet, real: Real, place: Mapping[int, int] | None) -> Tables | None:
    """The tree, None where all is rule 1; see `walk.planned_walk`."""
    walk, tree = planned_walk(rules, place), rules.tree
    if walk is None:
        return None
    if walk.signs is not None:
        said = (
            "The tests: argument, what comes next where it is below 0, next elsewhere: a test, minus a rule, 0: none."
        )
        return Tables([whole_table("tests", walk.signs, said)], True, 0)
    tables = [
        real_table(real, "normals", tree.normals, "The tests: the sum of these times the values, at least"),
        real_table(real, "bounds", -tree.offsets, "this? Then the second entry of `next` follows, else the first:"),
        whole_table("next", walk.next, "another test, or minus a rule, or 0: none."),
    ]
    return Tables(tables, False, tree.normals.shape[1])


def rule_maps(rules: RuleSet, real: Real) -> list[Table]:
    """The affine map of every rule, one row of weights for every score."""
    weights = np.vstack([rule.map.weights for rule in rules])
    constants = np.array([rule.map.constants for rule in rules])
    return [
        real_table(real, "weights", weights, "Rule by rule, and score by score: what values are multiplied with."),
        real_table(real, "constants", constants, "Rule by rule: constants of the scores."),
    ]
