"""Constraints on the parameters of lines: slopes that mustn't change their sign in any piece of a
column, and other sums of parameters that mustn't be smaller than a number.

Slopes become constraints once they are broken, and then remain so: there are far fewer of them
than ways in which lines hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.training.lines.quadratic import bend_to_cone, solve_free

#: A sum that is less than this below its least breaks it; one within this of it leaves no room.
_BROKEN, _TIGHT = 1e-8, 1e-6
#: Problems with more and more constraints.
_ROUNDS = 60


@dataclass(frozen=True, kw_only=True)
class LineSet:
    """Lines that hold together in few ways.

    lines: (m,) their numbers; holds: (M, ways, m) for every piece of the column.
    """

    lines: NDArray[np.intp]
    holds: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class TrendPieces:
    """One column with a trend, in pieces.

    base: (P,) derivatives of the base's slope along the column, times the trend, by every
    parameter; steps: (K, P) those of what each line adds to it. middles: (M,) a place in every
    piece. sets: the lines that read the column.
    """

    base: Array
    steps: Array
    middles: Array
    sets: Sequence[LineSet]

    def find_least(self, values: Array) -> tuple[Array, NDArray[np.bool_]]:
        """The least slope times the trend of every piece, (M,), and which lines hold there,
        (M, K).
        """
        slopes, count = self.steps @ values, len(self.middles)
        least = np.full(count, float(self.base @ values))
        holds = np.zeros((count, len(self.steps)), dtype=np.bool_)
        pieces = np.arange(count)

        for each in self.sets:
            sums = each.holds @ slopes[each.lines]
            worst = sums.argmin(axis=1)
            least += sums[pieces, worst]
            holds[:, each.lines] = each.holds[pieces, worst]

        return least, holds

    def extend(self) -> "TrendPieces":
        """With one line and one parameter more, a line that doesn't read the column."""
        return replace(self, base=np.append(self.base, 0.0), steps=np.pad(self.steps, (0, 1)))


@dataclass(frozen=True, kw_only=True)
class Walls:
    """Sums of parameters, rows (G, P), that mustn't be smaller than floors, (G,)."""

    rows: Array
    floors: Array

    def extend(self) -> "Walls":
        """With one parameter more, which is in none of the sums."""
        return replace(self, rows=np.pad(self.rows, ((0, 0), (0, 1))))


def join_walls(walls: Sequence[Walls], width: int) -> Walls:
    """All of them; width: the number of parameters P."""
    return Walls(
        rows=np.concatenate([np.zeros((0, width)), *(each.rows for each in walls)]),
        floors=np.concatenate([np.zeros(0), *(each.floors for each in walls)]),
    )


class TrendGuard:
    """The constraints of a model whose conditions stay as they are, or nearly so."""

    def __init__(self, pieces: Sequence[TrendPieces], walls: Walls) -> None:
        self._pieces, self._walls = pieces, walls
        self._known: dict[bytes, tuple[Array, float]] = {}

    def through(self, basis: Array) -> "TrendGuard":
        """The same constraints by fewer parameters; basis: (P, F) of these by the fewer."""
        pieces = [
            replace(each, base=each.base @ basis, steps=each.steps @ basis) for each in self._pieces
        ]
        return TrendGuard(pieces, replace(self._walls, rows=self._walls.rows @ basis))

    def expect(self, walls: Walls) -> None:
        """Constraints that will be broken, most likely; they must hold anyway."""
        for row, floor in zip(walls.rows, walls.floors.tolist(), strict=True):
            self._known[row.tobytes()] = row, floor

    def is_kept(self, values: Array) -> bool:
        """Whether all constraints are."""
        walls = self._walls
        return bool((walls.rows @ values >= walls.floors - _BROKEN).all()) and all(
            column.find_least(values)[0].min() >= -_BROKEN for column in self._pieces
        )

    def find_tight(self, values: Array) -> Array:
        """(G, P): the sums that have no room left."""
        found = self._find_rows(values, _TIGHT)
        return np.array([row for row, _ in found.values()]).reshape(len(found), len(values))

    def find_binding(self, values: Array) -> Walls:
        """All that has no room left, with its floors."""
        found = list(self._find_rows(values, _TIGHT).values())
        return Walls(
            rows=np.array([row for row, _ in found]).reshape(len(found), len(values)),
            floors=np.array([floor for _, floor in found]),
        )

    def minimize(self, hessian: Array, gradient: Array, start: Array) -> Array:
        """The v of least (v - start)' hessian (v - start) / 2 + gradient' (v - start) that keeps
        the constraints; (P, P), (P,), (P,).
        """
        lower, free = solve_free(hessian, gradient, start)
        found = self._bend(lower, free) if self._known else free

        for _ in range(_ROUNDS):
            broken = self._find_rows(found, -_BROKEN)
            if self._known.keys() >= broken.keys():
                break
            self._known |= broken
            found = self._bend(lower, free)

        return found

    def _bend(self, lower: Array, free: Array) -> Array:
        rows = np.array([row for row, _ in self._known.values()])
        floors = np.array([floor for _, floor in self._known.values()])
        return bend_to_cone(lower, free, rows, floors)

    def _find_rows(self, values: Array, below: float) -> dict[bytes, tuple[Array, float]]:
        walls, rows = self._walls, dict[bytes, tuple[Array, float]]()
        for place in np.flatnonzero(walls.rows @ values < walls.floors + below).tolist():
            row = walls.rows[place]
            rows[row.tobytes()] = row, float(walls.floors[place])

        for column in self._pieces:
            least, holds = column.find_least(values)
            for some in holds[least < below]:
                row = column.base + some @ column.steps
                rows[row.tobytes()] = row, 0.0

        return rows
