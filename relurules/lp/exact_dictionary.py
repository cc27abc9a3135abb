"""Simplex dictionaries in exact integers: what decides where floating point can't.

A polytope in the unit box, {s : 0 <= s <= 1, rows s + constants >= 0}, is kept as in `dictionary`:
a primal-feasible vertex, every other variable an affine form of the nonbasic ones. All numbers are
integers over one common denominator, the determinant of the basis (J. Edmonds, "Systems of distinct
representatives and linear algebra", 1967; D. Avis, "A revised implementation of the reverse search
vertex enumeration algorithm", 2000): nothing is ever rounded. Ties and cycles are broken by Bland's
rule after some steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: An array of Python integers.
Integers = NDArray[Any]

#: Steps with the largest coefficient before Bland's rule takes over.
_LARGEST_STEPS = 60


@dataclass(frozen=True)
class VertexOptimum:
    """Largest value of a form over a polytope, or a value above 0 where that was all that was
    asked; and where.
    """

    value: Fraction
    vertex: tuple[Fraction, ...]


class ExactPolytope:
    """{s in the unit box of f coordinates : row[:f]·s + row[f] >= 0 for every row cut so far},
    closed, not empty.

    Variables 0 to f - 1 are the coordinates, from 0 up or, where `flipped`, from 1 down; variable f
    + i is the slack of row i. table: (rows, f + 1) integers over `denominator`, the constant first,
    then a coefficient per nonbasic variable. basic: the variable of each row; nonbasic: that of
    each column; place: of each coordinate, its row, or -1 - its column.
    """

    def __init__(self, f: int) -> None:
        self.f = f
        self.table: Integers = np.zeros((0, f + 1), dtype=object)
        self.denominator = 1
        self.basic: list[int] = []
        self.nonbasic = list(range(f))
        self.place = [-1 - j for j in range(f)]
        self.flipped = [False] * f
        self.count = 0

    def copy(self) -> "ExactPolytope":
        """The same polytope at the same vertex, to go on with independently."""
        twin = ExactPolytope(self.f)
        twin.table, twin.denominator, twin.count = self.table.copy(), self.denominator, self.count
        twin.basic, twin.nonbasic = self.basic[:], self.nonbasic[:]
        twin.place, twin.flipped = self.place[:], self.flipped[:]
        return twin

    def cut(self, row: Integers) -> bool:
        """Keep the side row·s >= 0; False where nothing of the polytope lies there, and then
        nothing changes.

        row: (f + 1,) integers, the constant last.
        """
        self._append(row)
        value = self._climb(0)
        if value < 0:
            self.table = self.table[:-1]
            return False
        self.basic.append(self.f + self.count)
        self.count += 1
        return True

    def supremum(self, row: Integers, *, enough: int | None = None) -> VertexOptimum:
        """The largest value of row·s, (f + 1,) integers; or a value above `enough`, as soon as
        there is one.
        """
        self._append(row)
        value = self._climb(enough)
        found = VertexOptimum(Fraction(value, self.denominator), self.vertex())
        self.table = self.table[:-1]
        return found

    def rises_above_zero(self, row: Integers) -> VertexOptimum | None:
        """A vertex where row·s > 0; None where there is no such point."""
        found = self.supremum(row, enough=0)
        return found if found.value > 0 else None

    def vertex(self) -> tuple[Fraction, ...]:
        """The current vertex, (f,)."""
        values = []
        for j, at in enumerate(self.place):
            value = Fraction(int(self.table[at, 0]), self.denominator) if at >= 0 else Fraction(0)
            values.append(1 - value if self.flipped[j] else value)
        return tuple(values)

    def _append(self, row: Integers) -> None:
        """Add the form as the table's last row, in the nonbasic variables."""
        form = np.zeros(self.f + 1, dtype=object)
        form[0] = int(row[self.f]) * self.denominator
        for j in np.flatnonzero(row[: self.f] != 0).tolist():
            weight = int(row[j])
            if self.flipped[j]:
                form[0] += weight * self.denominator
                weight = -weight
            at = self.place[j]
            if at < 0:
                form[-at] += weight * self.denominator
            else:
                form = form + weight * self.table[at]

        self.table = np.vstack([self.table, form[None]])

    def _climb(self, enough: int | None) -> int:
        """Move to vertices where the last row is larger, until it is above `enough` or maximal; its
        numerator.
        """
        steps = 0
        while True:
            value = int(self.table[-1, 0])
            if enough is not None and value > enough * self.denominator:
                return value
            column = self._entering(bland=steps >= _LARGEST_STEPS)
            if column < 0:
                return value
            row = self._leaving(column)
            if row < 0:
                self._flip_column(column)
            else:
                if self.table[row, 1 + column] > 0:
                    self._flip_row(row)
                self._pivot(row, column)
            steps += 1

    def _entering(self, *, bland: bool) -> int:
        slopes = self.table[-1, 1:]
        rising = [c for c in range(self.f) if slopes[c] > 0]
        if not rising:
            return -1
        if bland:
            return min(rising, key=lambda c: self.nonbasic[c])
        return max(rising, key=lambda c: slopes[c])

    def _leaving(self, column: int) -> int:
        """The row that stops the column's variable, of several the one with the least variable; -1
        for itself.
        """
        entering = self.nonbasic[column]
        bounded = entering < self.f
        best, top, bottom, least = -1, 1 if bounded else 0, 1 if bounded else 0, entering
        slopes = self.table[: len(self.basic), 1 + column]

        for i in np.flatnonzero(slopes != 0).tolist():
            slope, variable = int(slopes[i]), self.basic[i]
            if slope < 0:
                room, pace = int(self.table[i, 0]), -slope
            elif variable < self.f:
                room, pace = self.denominator - int(self.table[i, 0]), slope
            else:
                continue
            # Room / pace against top / bottom; bottom 0 is no limit yet.
            order = room * bottom - top * pace
            if bottom == 0 or order < 0 or (order == 0 and variable < least):
                best, top, bottom, least = i, room, pace, variable

        return best

    def _flip_column(self, column: int) -> None:
        variable = self.nonbasic[column]
        self.flipped[variable] = not self.flipped[variable]
        self.table[:, 0] = self.table[:, 0] + self.table[:, 1 + column]
        self.table[:, 1 + column] = -self.table[:, 1 + column]

    def _flip_row(self, row: int) -> None:
        variable = self.basic[row]
        self.flipped[variable] = not self.flipped[variable]
        self.table[row] = -self.table[row]
        self.table[row, 0] += self.denominator

    def _pivot(self, row: int, column: int) -> None:
        """Exchange the variable of the row, which goes to 0, with that of the column; the entry
        there is negative.
        """
        table, denominator = self.table, self.denominator
        pivot = -int(table[row, 1 + column])
        slopes = table[:, 1 + column].copy()
        slopes[row] = 0
        moved = np.flatnonzero(slopes != 0)
        leaving_row = table[row].copy()

        if pivot != denominator:
            others = np.arange(len(table)) != row
            table[others] = table[others] * pivot
        else:
            table[moved] = table[moved] * pivot

        table[moved] = table[moved] + slopes[moved, None] * leaving_row[None]
        if denominator != 1:
            changed = np.arange(len(table)) != row if pivot != denominator else moved
            table[changed] = table[changed] // denominator

        table[:, 1 + column] = -slopes
        table[row] = leaving_row
        table[row, 1 + column] = -denominator
        self.denominator = pivot
        self._exchange(row, column)

    def _exchange(self, row: int, column: int) -> None:
        entering, leaving = self.nonbasic[column], self.basic[row]
        self.nonbasic[column], self.basic[row] = leaving, entering
        if entering < self.f:
            self.place[entering] = row
        if leaving < self.f:
            self.place[leaving] = -1 - column


def scale_to_integers(values: Sequence[Fraction]) -> Integers:
    """The smallest integers that are a positive multiple of these numbers, as an array."""
    scale = lcm(*(value.denominator for value in values)) if len(values) else 1
    row = [value.numerator * (scale // value.denominator) for value in values]
    return reduce_row(np.array(row, dtype=object))


def reduce_row(row: Integers) -> Integers:
    """The row divided by its entries' greatest common divisor."""
    common = gcd(*(int(value) for value in row)) if len(row) else 0
    return row // common if common > 1 else row
