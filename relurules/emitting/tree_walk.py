"""A tree as a table of tests that a loop walks down, for more rules than a person reads."""

from collections.abc import Mapping
from typing import NamedTuple

from relurules.emitting.plan import find_sign_above
from relurules.ir import UNEXPLORED, RuleSet


class TreeWalk(NamedTuple):
    """A table of tests.

    signs: (place of a neuron's argument, next where it is below 0, next elsewhere) of every test,
    None where tests are half-spaces; next: the two for these, first where the sum is below the
    bound. A next one is a test where it is positive, else minus a rule, 0 for none.
    """

    signs: list[list[int]] | None
    next: list[list[int]]


def plan_tree_walk(rules: RuleSet, place: Mapping[int, int] | None) -> TreeWalk | None:
    """The walk, None where all is rule 1. place: neuron -> where its argument is; None: half-spaces
    are tested.
    """
    tree = rules.tree
    if not len(tree.neurons):
        return None

    following = [
        [0 if child == UNEXPLORED else child for child in pair] for pair in tree.children.tolist()
    ]
    if place is None or (tree.neurons < 0).any():
        return TreeWalk(None, following)

    ahead = [
        pair if find_sign_above(rules, split) > 0 else pair[::-1]
        for split, pair in enumerate(following)
    ]
    return TreeWalk(
        [[place[int(k)], *pair] for k, pair in zip(tree.neurons, ahead, strict=True)], following
    )
