"""Decisions checked in arithmetic that cannot err: solvers propose, and what is here decides.

A bound is weak duality: whatever multipliers y >= 0 of the walls a solver proposes, form + y walls
is no less than the form inside a polytope, and over a box its largest value is a sum. That sum is
taken in float64 with a bound on all of its rounding; where floats don't decide, the same program is
solved in whole numbers (`rational`); where that would take too long nothing is decided, and whoever
asked keeps what it wanted to drop. So no wrong optimum, status or multiplier of a solver can do
more than widen a bound.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from relurules.lp import rational_simplex
from relurules.lp.tolerances import UNIT

Array = NDArray[np.float64]
#: A number, or one for each of several sums.
Number = TypeVar("Number", float, Array)

#: Below normal numbers, rounding to nearest is off by half the smallest one.
_SMALLEST = 5e-324
#: Programs in whole numbers are solved up to so many rows times squared columns: about a second.
_MOST_EXACT = 30_000
#: Multipliers of a solver below this share of the largest are noise of its arithmetic.
_NOUGHT = 1e-9
#: What floats put so near to a limit, in normalised coordinates, may meet it exactly, and is looked
#: at again.
NEAR = 1e-9


@dataclass
class DecisionTally:
    """How many decisions went to which arithmetic.

    rounded: floats, every rounding bounded.
    exact: whole numbers, where floats didn't tell.
    kept: neither told, so that the cautious answer was taken.
    """

    rounded: int = 0
    exact: int = 0
    kept: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.rounded + self.exact + self.kept

    def add(self, other: "DecisionTally") -> None:
        """Count those of another process, or of a part, too."""
        self.rounded += other.rounded
        self.exact += other.exact
        self.kept += other.kept


_COUNTED: ContextVar[tuple[DecisionTally, ...]] = ContextVar("_COUNTED", default=())


@contextmanager
def collect_decisions() -> Iterator[DecisionTally]:
    """Count the decisions that are taken inside; one count may stand inside another."""
    counted = DecisionTally()
    token = _COUNTED.set((*_COUNTED.get(), counted))
    try:
        yield counted
    finally:
        _COUNTED.reset(token)


def record_decisions(*, rounded: int = 0, exact: int = 0, kept: int = 0) -> None:
    """So many more decisions of each kind."""
    for counted in _COUNTED.get():
        counted.add(DecisionTally(rounded, exact, kept))


def compute_gamma(roundings: Number) -> Number:
    """gamma_n = n u / (1 - n u) of N. Higham, Accuracy and Stability of Numerical Algorithms, 2002,
    lemma 3.1.
    """
    share = roundings * UNIT
    return share / (1.0 - share)


def rounding_gamma(roundings: Number) -> Number:
    """Share of the sum of absolute terms that so many roundings, in any order, can be off by.

    Higham's gamma of twice as many: so it covers those of the absolute terms and of itself too.
    """
    return compute_gamma(2.0 * (roundings + 2.0))


def round_up(value: Fraction) -> float:
    """The least float that is no less."""
    try:
        near = float(value)
    except OverflowError:
        return np.inf if value > 0 else float(-np.finfo(np.float64).max)
    return near if Fraction(near) >= value else float(np.nextafter(near, np.inf))


def clean_multipliers(multipliers: Array) -> Array:
    """What can serve as multipliers: what isn't a number above 0 counts as 0."""
    return np.where(np.isfinite(multipliers) & (multipliers > 0.0), multipliers, 0.0)


def compute_upper_bounds(
    low: Array, width: Array, walls: Array, forms: Array, multipliers: Array
) -> Array:
    """(n,) what forms (n, f + 1), constants last, don't exceed where low <= u <= low + width and
    walls u >= 0.

    walls: (w, f + 1); multipliers: (n, w) of the walls, any: see the module. All numbers count as
    what they are; a bound that overflows is infinite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        y = clean_multipliers(multipliers)
        total = forms + y @ walls
        terms = np.abs(forms) + y @ np.abs(walls)
        gradient, reach = total[:, :-1], np.abs(low) + width
        value = total[:, -1] + gradient @ low + np.maximum(gradient * width, 0.0).sum(axis=1)
        size = terms[:, :-1] @ reach + terms[:, -1]
        # a product with 0 is exact, and so is adding it
        roundings = np.count_nonzero(y, axis=1) + 3.0 * forms.shape[1] + 4.0
        least = _SMALLEST * roundings * (1.0 + reach.sum() + y.sum(axis=1))
        bound = value + (rounding_gamma(roundings) * size + least)

    return np.where(np.isnan(bound), np.inf, bound)


def is_refutation(low: Array, width: Array, walls: Array, multipliers: Array) -> bool:
    """Whether multipliers (w,) show that nothing meets all walls in the box: Farkas' lemma, rounded
    outward.
    """
    nothing = np.zeros((1, walls.shape[1]))
    return bool(compute_upper_bounds(low, width, walls, nothing, multipliers[None])[0] < 0.0)


def is_exactly_solvable(rows: int, columns: int) -> bool:
    """Whether a program of this size is solved in whole numbers."""
    return rows * max(columns, 1) ** 2 <= _MOST_EXACT


def bound_open_form(A: Array, b: Array, form: Array, multipliers: Array) -> float:
    """What a form (f + 1,) doesn't exceed over {u : A u <= b} but for rounding of its terms at u;
    inf in doubt.

    Where a coordinate is open, forms that would cancel in real numbers leave something of their
    last digits, which grows with u just as the rounding of their terms does. So multipliers y will
    do with |form - y A| within that. multipliers: (c,), a solver's; they are solved for anew from
    those of the rows that it names.
    """
    named = np.flatnonzero(
        clean_multipliers(multipliers) > _NOUGHT * clean_multipliers(multipliers).max(initial=0.0)
    )
    if not _are_finite(A, b, form):
        return np.inf

    y = np.zeros(len(named))
    if len(named):
        y = clean_multipliers(
            np.asarray(np.linalg.lstsq(A[named].T, form[:-1], rcond=None)[0], dtype=np.float64)
        )

    terms = np.abs(form[:-1]) + y @ np.abs(A[named])
    share = rounding_gamma(4 * (len(named) + len(form)))
    if (np.abs(form[:-1] - y @ A[named]) > share * terms).any():
        return np.inf

    size = float(y @ np.abs(b[named]) + abs(form[-1]))
    return float(y @ b[named] + form[-1] + share * size)


@dataclass(frozen=True)
class ExactBound:
    """What a form doesn't exceed, and the rows that meet in a point where it comes so far."""

    value: float
    rows: tuple[int, ...] = ()


def bound_exactly(A: NDArray[Any], b: NDArray[Any], form: NDArray[Any]) -> ExactBound | None:
    """The largest value of a form (f + 1,) over {u : A u <= b}, rounded up; -inf where it is empty,
    inf without end.

    A: (c, f), b: (c,): all numbers count as the rationals that they are. None where the program is
    too large, or holds what is no number.
    """
    if not is_exactly_solvable(*A.shape) or not _are_finite(A, b, form):
        return None

    rows, limits = A.tolist(), b.tolist()
    found = rational_simplex.solve_supremum(rows, limits, form.tolist())
    if found.value is not None:
        return ExactBound(round_up(found.value), found.rows)
    if found.empty:
        return ExactBound(-np.inf)
    if found.bounded:
        return None

    empty = rational_simplex.is_empty(rows, limits)
    return None if empty is None else ExactBound(-np.inf if empty else np.inf)


def maximise_exactly(A: NDArray[Any], b: NDArray[Any], form: NDArray[Any]) -> float | None:
    """The value of an `exact_bound`, None where nothing is known; counted among the decisions."""
    found = bound_exactly(A, b, form)
    record_decisions(exact=found is not None, kept=found is None)
    return None if found is None else found.value


def _are_finite(*arrays: NDArray[Any]) -> bool:
    """Whether no entry is infinite or NaN; arrays of objects hold fractions."""
    return all(array.dtype == object or bool(np.isfinite(array).all()) for array in arrays)
