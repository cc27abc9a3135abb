"""Formulas of partition rules changed by hand: which rule applies stays as it was.

Such rules are a tree of affine maps, which is a model of its own: no network stands behind it, and
where one rule ends and another begins it may jump.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from relurules.editing.edit_kinds import Edit, FormulaEdit, write_edit
from relurules.errors import DataError, UnsupportedError
from relurules.ir import AffineMap, RuleSet
from relurules.ir.edit_record import EditStep
from relurules.ir.local_tree import LocalTree
from relurules.ir.network import Array, make_read_only
from relurules.ir.rule_table import RuleTable


def edit_formulas(
    rules: RuleSet, edits: Sequence[Edit]
) -> tuple[RuleSet, tuple[EditStep, ...], frozenset[int]]:
    """The rules with other formulas, what was done, and the numbers of the rules whose formula is
    another. UnsupportedError for rules that decide, and for those that a search left incomplete.
    """
    if rules.decision is not None:
        raise UnsupportedError(
            "these rules tell classes by conditions alone, and have no formula that could be "
            "edited; extract them without decision"
        )
    if not rules.complete:
        raise UnsupportedError(
            "a search ended before these rules were complete, so that nobody knows what they are "
            "elsewhere; extract all of them, then edit"
        )
    if not isinstance(rules.rules, RuleTable):
        raise UnsupportedError("these rules aren't a table of rules; save them, and load the file")

    weights, constants = (array.copy() for array in rules.maps)
    steps = [
        EditStep(write_edit(edit), repr(_apply_edit(rules, weights, constants, edit)))
        for edit in edits
    ]
    maps = AffineMap(make_read_only(weights), make_read_only(constants))
    differs = (weights != rules.maps.weights).any(axis=(1, 2))
    differs = differs | (constants != rules.maps.constants).any(axis=1)
    return (
        _make_tree_rules(rules, maps),
        tuple(steps),
        frozenset((np.flatnonzero(differs) + 1).tolist()),
    )


def _apply_edit(rules: RuleSet, weights: Array, constants: Array, edit: Edit) -> float:
    """Change a number of the maps; what it was."""
    if not isinstance(edit, FormulaEdit):
        raise UnsupportedError(
            f"{write_edit(edit)!r} is of lines that add up, and these are partition rules, whose "
            "conditions stay as they are; supported: rule N constant = V, and rule N coefficient "
            "COLUMN = V"
        )
    if not 1 <= edit.number <= len(rules):
        raise DataError(f"no rule {edit.number}; the rules are 1 to {len(rules)}")
    score, i = _find_score(rules, edit.score), edit.number - 1
    if edit.column is None:
        was, constants[i, score] = float(constants[i, score]), edit.value + 0.0
        return was
    if edit.column not in rules.features:
        names = ", ".join(map(repr, rules.features[:12]))
        raise DataError(f"no coordinate {edit.column!r}; formulas have {names}")
    j = rules.features.index(edit.column)
    was, weights[i, score, j] = float(weights[i, score, j]), edit.value + 0.0

    return was


def _find_score(rules: RuleSet, name: str | None) -> int:
    if name is None and len(rules.scores) == 1:
        return 0
    if name not in rules.scores:
        said = "no score is named" if name is None else f"no score {name!r}"
        raise DataError(f"{said}; say `of SCORE`: there are {', '.join(rules.scores)}")
    return rules.scores.index(name)


def _make_tree_rules(rules: RuleSet, maps: AffineMap) -> RuleSet:
    """The same conditions with other maps, as a tree of affine maps; nothing is said of data."""
    table = rules.rules
    assert isinstance(table, RuleTable)  # noqa: S101  # checked before
    tree = replace(rules.tree, neurons=np.full(len(rules.tree.neurons), -1, dtype=np.intp))
    network = LocalTree.make(tree, maps)
    own = replace(table, tree=tree, network=network, maps=maps, given=None)
    return replace(
        rules, rules=own, tree=tree, network=network, evidence=None, tradeoffs=(), estimate=None
    )
