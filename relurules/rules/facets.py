"""Which sides of the splits above a leaf bound it, for all leaves of a tree."""

from collections.abc import Sequence

from relurules.ir import UNEXPLORED, Tree
from relurules.ir.limits import NEVER, Deadline
from relurules.ir.partition import Side
from relurules.ir.rule_table import Sides
from relurules.rules.convex_unions import drop_implied_sides
from relurules.rules.pieces import PiecewiseFunction

#: A list of sides is cut down on the way to the leaves once it has grown by so much, or by as much
#: again.
_GROWN = 8


def find_bounding_sides(
    ground: PiecewiseFunction,
    tree: Tree,
    splits: Sequence[int],
    leaves: int,
    deadline: Deadline = NEVER,
) -> list[Sides | None]:
    """For every leaf the sides that bound it, irredundant; None where there was no
    time to tell.

    tree: each leaf is met once; splits: which of the partition's its splits are, as which they are
    given. What doesn't bound a node bounds none of the leaves below, so that deep trees cost no
    more than broad ones.
    """
    found: list[Sides | None] = [None] * leaves
    start: list[Side] = []
    stack = [(0 if len(tree.neurons) else -1, start, 0)]

    while stack and not deadline.is_over():
        at, sides, before = stack.pop()
        if at == UNEXPLORED:
            continue
        if at < 0:
            found[~at] = drop_implied_sides(ground, sides)
            continue
        if len(sides) >= 2 * before + _GROWN:
            sides = list(drop_implied_sides(ground, sides))
            before = len(sides)
        below = tree.children[at].tolist()
        stack += [(below[side], [*sides, Side(splits[at], side)], before) for side in (1, 0)]

    return found
