"""Which two pieces make a convex one.

A. Bemporad, K. Fukuda, F. Torrisi, "Convexity recognition of the union of polyhedra", 2001, for two polytopes on both
sides of a hyperplane.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.lp import RADIUS
from relurules.lp.maxima import maxima
from relurules.lp.polytope import inscribed_ball, irredundant
from relurules.rules.pieces import Ground, Sides


def convex_union(ground: Ground, one: Sides, other: Sides) -> Sides | None:
    """The sides that bound the union of two parts of the domain; None where it isn't convex, or they don't touch.

    Their envelope is bounded by the walls of each that the other one keeps. It is their union if, on its two sides of a
    hyperplane between them, all walls that it lacks are redundant.
    """
    sides = [list(one), list(other)]
    rows = [ground.sides(part) for part in sides]
    kept = [_holds(ground, sides[1 - i], rows[i]) for i in range(2)]
    between = _common(rows[0], ~kept[0], rows[1], ~kept[1])
    if between is None:
        return None
    envelope = list(dict.fromkeys(side for part, ok in zip(sides, kept, strict=True) for side in _chosen(part, ok)))
    for i in range(2):
        lacking = ~kept[i]
        lacking[between[i]] = False
        if lacking.any() and not _holds(ground, [*envelope, sides[i][between[i]]], rows[i][lacking]).all():
            return None
    return needed(ground, envelope)


def convex_whole(ground: Ground, parts: list[Sides], beside: Iterable[Sides]) -> Sides | None:
    """The sides that bound the union of connected parts, None where it isn't convex; beside: the parts around them.

    Their envelope, bounded by the walls that all of them keep, is their union unless one of those around reaches in.
    """
    walls = list(dict.fromkeys(side for part in parts for side in part))
    rows = ground.sides(walls)
    kept = np.ones(len(walls), dtype=np.bool_)
    for part in parts:
        kept[kept] = _holds(ground, list(part), rows[kept])
    envelope = list(_chosen(walls, kept))
    for other in beside:
        if inscribed_ball(*ground.polytope([*envelope, *other])).radius > RADIUS:
            return None
    return needed(ground, envelope)


def needed(ground: Ground, sides: list[tuple[int, int]]) -> Sides:
    """Without the sides that the others, and the domain, imply."""
    return tuple(_chosen(sides, needed_rows(ground, ground.sides(sides))))


def needed_rows(ground: Ground, rows: Array) -> NDArray[np.bool_]:
    """Which of the rows (n, f + 1), (G, h), the others, and the domain, don't imply."""
    G, h = ground.within(rows)
    first = len(h) - len(rows)
    return irredundant(G, h, np.arange(first, len(h)))[first:]


def _chosen(sides: list[tuple[int, int]], which: NDArray[np.bool_]) -> Sides:
    return tuple(side for side, chosen in zip(sides, which, strict=True) if chosen)


def _holds(ground: Ground, sides: list[tuple[int, int]], rows: Array) -> NDArray[np.bool_]:
    """Which half-spaces, rows (G, h), hold everywhere on the part of the domain that `sides` bound."""
    G, h = ground.polytope(sides)
    return np.asarray(maxima(G, h, np.column_stack([rows[:, :-1], -rows[:, -1]])).bounds <= RADIUS)


def _common(
    one: Array,
    of_one: NDArray[np.bool_],
    other: Array,
    of_other: NDArray[np.bool_],
) -> tuple[int, int] | None:
    """A row of each, of those asked for, that are the two sides of one hyperplane."""
    for i in np.flatnonzero(of_one).tolist():
        for j in np.flatnonzero(of_other).tolist():
            if np.abs(one[i] + other[j]).max() <= RADIUS:
                return i, j
    return None
