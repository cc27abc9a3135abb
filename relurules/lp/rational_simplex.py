"""Linear programs in whole numbers: the least bound that weak duality gives, without any rounding.

The largest value of c u over {u : A u <= b} is the least b y over {y >= 0 : y A = c}. That program
has an equation per coordinate and a variable per row, so it needs neither bounds nor a vertex: open
polytopes are as good as boxes. It is solved by the simplex method on a tableau of whole numbers
over one denominator, all divisions being exact (J. Edmonds, "Systems of distinct representatives
and linear algebra", 1967; E. Bareiss, 1968).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

#: Python's whole numbers, whatever their size; of few of them lists are quicker than arrays.
Whole = list[int]

#: After so many steps the first variable that helps is taken (Bland), which ends; after so many
#: more nobody waits.
_BLAND_AFTER, _MOST_STEPS = 100, 2000


@dataclass(frozen=True)
class Supremum:
    """Of a form over a polytope: exact, or why there is none.

    value: None where the polytope is empty, the form is unbounded, or the method was stopped.
    rows: those that meet in a point where it is reached.
    """

    value: Fraction | None
    rows: tuple[int, ...] = ()
    empty: bool = False
    bounded: bool = True


@dataclass
class _Tableau:
    """Equations T[:-1, :-1] y = T[:-1, -1], all over `denominator`; the last row holds what a unit
    of y costs.

    basis: the variable of every equation, -1 for an artificial one.
    """

    T: list[Whole]
    basis: list[int]
    denominator: int = 1

    def pivot(self, row: int, column: int) -> None:
        """Make `column` the variable of `row`; its entry must be positive."""
        own, q = self.T[row], self.denominator
        p = own[column]
        for i, other in enumerate(self.T):
            if i == row:
                continue
            factor = other[column]
            if factor:
                self.T[i] = [(x * p - factor * y) // q for x, y in zip(other, own, strict=True)]
            elif p != q:
                self.T[i] = [x * p // q for x in other]
        self.denominator, self.basis[row] = p, column

    def leaving(self, column: int) -> int | None:
        """The equation whose variable first comes down to 0 where that of `column` grows; None
        where none does.
        """
        best = None
        for i, variable in enumerate(self.basis):
            a, b = self.T[i][column], self.T[i][-1]
            if a <= 0:
                continue
            if best is None:
                best = i
                continue
            mine, other = b * self.T[best][column], self.T[best][-1] * a
            if mine < other or (mine == other and variable < self.basis[best]):
                best = i

        return best


def scale_to_whole(numbers: Iterable[Fraction | float]) -> list[int]:
    """Numbers as the whole ones that are their common positive multiple; whole ones as they are."""
    given = list(numbers)
    if all(type(x) is int for x in given):
        return given  # type: ignore[return-value]
    exact = _to_ratios(given)
    scale = lcm(*[bottom for _, bottom in exact])
    return [top * (scale // bottom) for top, bottom in exact]


def _to_ratios(numbers: Sequence[Any]) -> list[tuple[int, int]]:
    """Numbers as pairs of whole ones."""
    return [
        (x if isinstance(x, int | float | Fraction) else Fraction(x)).as_integer_ratio()
        for x in numbers
    ]


def solve_supremum(A: Sequence[Any], b: Sequence[Any], form: Sequence[Any]) -> Supremum:
    """Largest value of a form (f + 1,), constant last, over {u : A u <= b}.

    Numbers may be whole, fractions or floats, which count as the rational numbers that they are.
    """
    # As lists, whose floats are Python's, not numpy's.
    A, b = (each.tolist() if isinstance(each, np.ndarray) else each for each in (A, b))
    rows = [scale_to_whole([*a, bound]) for a, bound in zip(A, b, strict=True)]
    f = len(form) - 1
    *goal, constant = _to_ratios(form)
    scale = lcm(*[bottom for _, bottom in goal])
    equations = list(zip(*rows, strict=True)) or [()] * (f + 1)
    ends = [top * (scale // bottom) for top, bottom in goal]
    T = [[*row, end] for row, end in zip(equations, [*ends, 0], strict=True)]
    for i in range(f):
        if T[i][-1] < 0:
            T[i] = [-x for x in T[i]]

    tableau = _Tableau(T, [-1] * f)
    feasible = _find_feasible_basis(tableau)
    if feasible is None:
        return Supremum(None)
    if not feasible:
        return Supremum(None, bounded=False)

    least = _minimise_cost(tableau)
    if least is None:
        return Supremum(None)
    if not least:
        return Supremum(None, empty=True)

    value = Fraction(-tableau.T[-1][-1], tableau.denominator * scale)
    return Supremum(value + Fraction(*constant), tuple(tableau.basis))


def is_empty(A: Sequence[Any], b: Sequence[Any]) -> bool | None:
    """Whether {u : A u <= b} has no point; None where the method was stopped."""
    f = len(A[0]) if len(A) else 0
    found = solve_supremum(A, b, [0] * (f + 1))
    return found.empty if found.empty or found.value is not None else None


def _find_feasible_basis(tableau: _Tableau) -> bool | None:
    """Find multipliers that meet all equations; False where there are none, None where that took
    too long.
    """
    for step in range(_MOST_STEPS):
        open_ = [i for i, variable in enumerate(tableau.basis) if variable < 0]
        if not any(tableau.T[i][-1] for i in open_):
            _drive_out_artificials(tableau, open_)
            return True
        column = _choose_column(_add_rows([tableau.T[i] for i in open_]), step)
        if column is None:
            return False
        row = tableau.leaving(column)
        if row is None:  # cannot be: the sum of the open equations is bounded below
            return None
        tableau.pivot(row, column)

    return None


def _drive_out_artificials(tableau: _Tableau, open_: list[int]) -> None:
    """Give equations that say 0 = 0 so far a variable; those that say nothing go."""
    for i in open_:
        column = next((j for j, entry in enumerate(tableau.T[i][:-1]) if entry), None)
        if column is None:
            continue
        if tableau.T[i][column] < 0:
            tableau.T[i] = [-x for x in tableau.T[i]]
        tableau.pivot(i, column)

    left = [i for i, variable in enumerate(tableau.basis) if variable >= 0]
    tableau.T = [tableau.T[i] for i in (*left, len(tableau.basis))]
    tableau.basis = [tableau.basis[i] for i in left]


def _add_rows(rows: Sequence[Whole]) -> Whole:
    """Of some equations the sum, without their ends."""
    return [sum(entries) for entries in zip(*rows, strict=True)][:-1]


def _minimise_cost(tableau: _Tableau) -> bool | None:
    """Make the sum of costs least; False where it has no end, None where that took too long."""
    for step in range(_MOST_STEPS):
        column = _choose_column([-cost for cost in tableau.T[-1][:-1]], step)
        if column is None:
            return True
        row = tableau.leaving(column)
        if row is None:
            return False
        tableau.pivot(row, column)

    return None


def _choose_column(gain: Whole, step: int) -> int | None:
    """The variable that gains most, after many steps the first one that gains at all."""
    if not len(gain):
        return None
    if step >= _BLAND_AFTER:
        return next((j for j, value in enumerate(gain) if value > 0), None)
    best = int(max(range(len(gain)), key=gain.__getitem__))
    return best if gain[best] > 0 else None
