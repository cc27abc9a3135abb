"""Where scores bend or break: half-spaces between which they are affine."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.network import Array


def list_cuts(rules: RuleSet | AdditiveRules) -> list[dict[str, Any]]:
    """Every one once: at: the coordinates that it reads; by: what they are multiplied with; bound:
    where their sum bends the scores.
    """
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for normal, bound in _iterate_half_spaces(rules):
        at = np.flatnonzero(normal)
        by = normal[at].tolist()
        if len(at):
            cut = {"at": at.tolist(), "by": by, "bound": float(bound)}
            found.setdefault((*cut["at"], *by, cut["bound"]), cut)

    return list(found.values())


def _iterate_half_spaces(rules: RuleSet | AdditiveRules) -> Iterator[tuple[Array, float]]:
    """Normals and bounds of lines, of splits of trees, and of the domain's inequalities."""
    members = [rules] if isinstance(rules, RuleSet) else [group.rules for group in rules.groups]
    if isinstance(rules, AdditiveRules):
        yield from zip(rules.normals, rules.bounds.tolist(), strict=True)
    for tree in (own.tree for own in members):
        yield from zip(tree.normals, (-tree.offsets).tolist(), strict=True)
    yield from zip(rules.domain.normals, rules.domain.bounds.tolist(), strict=True)
