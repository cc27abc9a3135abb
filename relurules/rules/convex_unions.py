"""Which two pieces make a convex one.

A. Bemporad, K. Fukuda, F. Torrisi, "Convexity recognition of the union of polyhedra", 2001, for two
polytopes on both sides of a hyperplane.
"""

from collections.abc import Callable, Container, Sequence

import numpy as np
from numpy.typing import NDArray

from relurules.domain import ExactRows
from relurules.ir.network import Array
from relurules.ir.partition import Side
from relurules.ir.rule_table import Sides
from relurules.rules.pieces import PiecewiseFunction


def find_convex_union(ground: PiecewiseFunction, one: Sides, other: Sides) -> Sides | None:
    """The sides that bound the union of two parts of the domain; None where it isn't convex, or
    they don't touch.

    Their envelope is bounded by the walls of each that the other one keeps. It is their union if,
    on its two sides of a hyperplane between them, all walls that it lacks are redundant.
    """
    sides = [list(one), list(other)]
    kept = [ground.holds(sides[1 - i], sides[i]) for i in range(2)]
    between = _find_common_hyperplane(
        ground, list(_choose_sides(one, ~kept[0])), list(_choose_sides(other, ~kept[1]))
    )

    if between is None:
        return None

    envelope = list(
        dict.fromkeys(
            side for part, ok in zip(sides, kept, strict=True) for side in _choose_sides(part, ok)
        )
    )

    for i in range(2):
        lacking = [side for side in _choose_sides(sides[i], ~kept[i]) if side != between[i]]
        if not ground.holds([*envelope, between[i]], lacking).all():
            return None

    return drop_implied_sides(ground, envelope)


def find_convex_whole(
    ground: PiecewiseFunction, parts: Sequence[Sides], regions: Container[int]
) -> Sides | None:
    """The sides that bound the union of parts, None where it isn't convex; regions: those that the
    parts consist of.

    Their envelope, bounded by the walls that all of them keep, is their union unless it reaches
    another region.
    """
    walls = list(dict.fromkeys(side for part in parts for side in part))
    for part in parts:
        walls = list(_choose_sides(walls, ground.holds(part, walls)))
    return drop_implied_sides(ground, walls) if ground.lies_in(walls, regions) else None


def drop_implied_sides(ground: PiecewiseFunction, sides: Sequence[Side]) -> Sides:
    """Without the sides that the others, and the domain, imply."""
    room = ground.split_room[[split for split, _ in sides]]
    return _choose_sides(
        sides, find_needed_rows(ground, ground.sides(sides), room, lambda: ground.exact(sides))
    )


def find_needed_rows(
    ground: PiecewiseFunction, rows: Array, room: Array, exact: Callable[[], ExactRows]
) -> NDArray[np.bool_]:
    """Which of the rows (n, f + 1), (G, h), the others, and the domain, don't imply; see
    `redundant.Enclosure`.
    """
    return ground.enclosure.needed(rows, room, exact)


def _choose_sides(sides: Sequence[Side], which: NDArray[np.bool_]) -> Sides:
    return tuple(side for side, chosen in zip(sides, which, strict=True) if chosen)


def _find_common_hyperplane(
    ground: PiecewiseFunction, one: Sequence[Side], other: Sequence[Side]
) -> tuple[Side, Side] | None:
    """A side of each, of those given, that are the two sides of one hyperplane."""
    others = np.array([split for split, _ in other], dtype=np.intp)
    for split, side in one:
        for mate, turned in zip(other, ground.same_plane(split, others).tolist(), strict=True):
            if turned and (mate.positive != side) == (turned > 0):
                return Side(split, side), mate

    return None
