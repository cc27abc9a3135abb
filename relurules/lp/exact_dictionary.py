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
    + i is the slack of row i. table: rows of f + 1 integers over `denominator`, the constant first,
    then a coefficient per nonbasic variable; lists, which are quicker than arrays of so few. basic:
    the variable of each row; nonbasic: that of each column; place: of each coordinate, its row, or
    -1 - its column.
    """

    def __init__(self, f: int) -> None:
        self.f = f
        self.table: list[list[int]] = []
        self.denominator = 1
        self.basic: list[int] = []
        self.nonbasic = list(range(f))
        self.place = [-1 - j for j in range(f)]
        self.flipped = [False] * f
        self.count = 0

    def copy(self) -> "ExactPolytope":
        """The same polytope at the same vertex, to go on with independently."""
        twin = ExactPolytope(self.f)
        twin.table = [row[:] for row in self.table]
        twin.denominator, twin.count = self.denominator, self.count
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
            self.table.pop()
            return False
        self.basic.append(self.f + self.count)
        self.count += 1
        return True

    def supremum(self, row: Integers) -> VertexOptimum:
        """The largest value of row·s, (f + 1,) integers."""
        return self._find_vertex(self._climb_form(row, None))

    def rises_above_zero(self, row: Integers) -> VertexOptimum | None:
        """A vertex where row·s > 0; None where there is no such point."""
        value = self._climb_form(row, 0)
        return self._find_vertex(value) if value > 0 else None

    def _climb_form(self, row: Integers, enough: int | None) -> int:
        """The numerator of the largest value of row·s, or of one above `enough`, at the vertex that
        is moved to.
        """
        self._append(row)
        value = self._climb(enough)
        self.table.pop()
        return value

    def _find_vertex(self, value: int) -> VertexOptimum:
        return VertexOptimum(Fraction(value, self.denominator), self.vertex())

    def vertex(self) -> tuple[Fraction, ...]:
        """The current vertex, (f,)."""
        values = []
        for j, at in enumerate(self.place):
            value = Fraction(self.table[at][0], self.denominator) if at >= 0 else Fraction(0)
            values.append(1 - value if self.flipped[j] else value)
        return tuple(values)

    def _append(self, row: Integers) -> None:
        """Add the form as the table's last row, in the nonbasic variables."""
        *weights, constant = map(int, row)
        form = [constant * self.denominator, *[0] * self.f]
        for j, weight in enumerate(weights):
            if not weight:
                continue
            own, at = -weight if self.flipped[j] else weight, self.place[j]
            if self.flipped[j]:
                form[0] += weight * self.denominator
            if at < 0:
                form[-at] += own * self.denominator
            else:
                form = [x + own * y for x, y in zip(form, self.table[at], strict=True)]

        self.table.append(form)

    def _climb(self, enough: int | None) -> int:
        """Move to vertices where the last row is larger, until it is above `enough` or maximal; its
        numerator.
        """
        steps = 0
        while True:
            value = self.table[-1][0]
            if enough is not None and value > enough * self.denominator:
                return value
            column = self._entering(bland=steps >= _LARGEST_STEPS)
            if column < 0:
                return value
            row = self._leaving(column)
            if row < 0:
                self._flip_column(column)
            else:
                if self.table[row][1 + column] > 0:
                    self._flip_row(row)
                self._pivot(row, column)
            steps += 1

    def _entering(self, *, bland: bool) -> int:
        slopes = self.table[-1][1:]
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

        for i, variable in enumerate(self.basic):
            slope = self.table[i][1 + column]
            if not slope:
                continue
            if slope < 0:
                room, pace = self.table[i][0], -slope
            elif variable < self.f:
                room, pace = self.denominator - self.table[i][0], slope
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
        for row in self.table:
            row[0] += row[1 + column]
            row[1 + column] = -row[1 + column]

    def _flip_row(self, row: int) -> None:
        variable = self.basic[row]
        self.flipped[variable] = not self.flipped[variable]
        self.table[row] = [-x for x in self.table[row]]
        self.table[row][0] += self.denominator

    def _pivot(self, row: int, column: int) -> None:
        """Exchange the variable of the row, which goes to 0, with that of the column; the entry
        there is negative.
        """
        table, denominator = self.table, self.denominator
        leaving = table[row]
        pivot = -leaving[1 + column]
        for i, own in enumerate(table):
            slope = own[1 + column]
            if i == row or (not slope and pivot == denominator):
                continue
            if slope:
                pairs = zip(own, leaving, strict=True)
                table[i] = [(x * pivot + slope * y) // denominator for x, y in pairs]
                table[i][1 + column] = -slope
            else:
                table[i] = [x * pivot // denominator for x in own]

        leaving[1 + column] = -denominator
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
