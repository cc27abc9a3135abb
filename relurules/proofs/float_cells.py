"""A cell of a certificate in floats: its rows, its coordinates and where its programs start."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.checker import MOST_MULTIPLIER, DomainSpace
from relurules.lp.duals import PolytopeVertex, find_vertex, refute_polytope
from relurules.lp.lengths import row_lengths
from relurules.proofs.float_model import (
    NOISE,
    CategoryGroups,
    CellCoordinates,
    make_coordinates,
    maximise_forms,
)

Array = NDArray[np.float64]
ProofNode = list[Any]

#: A cell that nothing is known of is widened by so much, so that programs have an answer.
_WIDER = (1e-9, 1e-6)


@dataclass(frozen=True)
class FloatCell:
    """A cell in floats. rows: (w, n + 1), not negative in it; active: (K, n + 2) phi(z) where
    `known`, (K,) signs.
    """

    space: DomainSpace
    rows: Array
    allowed: CategoryGroups
    active: Array
    known: NDArray[np.int8]
    charts: dict[CategoryGroups, CellCoordinates] = field(repr=False)

    @cached_property
    def chart(self) -> CellCoordinates:
        """The coordinates of its linear programs."""
        if self.allowed not in self.charts:
            self.charts[self.allowed] = make_coordinates(self.space, self.allowed)
        return self.charts[self.allowed]

    @cached_property
    def walls(self) -> tuple[Array, Array, NDArray[np.intp]]:
        """Its rows in the chart, of unit length, those lengths, and which rows they are, those
        without a slope not.
        """
        rows = self.rows @ self.chart.basis
        lengths = row_lengths(rows[:, :-1])
        kept = np.flatnonzero(lengths > NOISE * np.abs(self.rows).sum(axis=1))
        return rows[kept] / lengths[kept, None], lengths[kept], kept

    def vertex(self, wider: float = 0.0) -> PolytopeVertex:
        """Where its linear programs start."""
        walls = np.vstack([self.chart.walls, self.walls[0]])
        walls[:, -1] += wider
        return find_vertex(self.chart.low, self.chart.width, walls)

    def cut(self, k: int, form: Array, side: int) -> "FloatCell":
        """The part where a form (n + 1,), that of neuron k, has this sign."""
        known = self.known.copy()
        known[k] = side
        return replace(self, rows=np.vstack([self.rows, side * form]), known=known)

    def by_row(self, multipliers: Array) -> Array:
        """(n, walls) multipliers of a program as those of the rows, (n, w)."""
        found = np.zeros((len(multipliers), len(self.rows)))
        _, lengths, kept = self.walls
        found[:, kept] = multipliers[:, len(self.chart.walls) :] / lengths
        return found

    def at_most(self, forms: Array, multipliers: Array) -> Array:
        """(n,) what forms (n, size + 1) are at most, by multipliers (n, w)."""
        return maximise_forms(forms + multipliers @ self.rows, self.space, self.allowed)


def make_first_cell(
    space: DomainSpace, rows: Array, K: int, charts: dict[CategoryGroups, CellCoordinates]
) -> FloatCell:
    """A cell of which nothing is known but its rows."""
    known = np.zeros(K, dtype=np.int8)
    return FloatCell(space, rows, space.allowed, np.zeros((K, space.size + 2)), known, charts)


def find_broken_row(part: FloatCell) -> list[Any] | None:
    """Multipliers of a row that shows by itself that nothing is left of a cell: programs have none
    without a slope, and may overlook one of a small slope.
    """
    most = maximise_forms(part.rows, part.space, part.allowed)
    broken = np.flatnonzero(most < -NOISE * np.abs(part.rows).sum(axis=1))
    return [int(broken[0]), 1.0] if len(broken) else None


def find_cell_start(part: FloatCell) -> tuple[PolytopeVertex, list[Any] | None]:
    """Where programs of a cell start, and multipliers where nothing is left of it."""
    at = part.vertex()
    if (broken := find_broken_row(part)) is not None:
        return at, broken
    if at.dictionary is not None or not len(at.low):
        return at, None

    found = part.by_row(refute_polytope(at)[None, :])
    value = part.at_most(np.zeros((1, part.space.size + 1)), found)[0]
    if value < -NOISE * float(np.abs(found @ np.abs(part.rows)).sum()):
        return at, list_multipliers(found[0])

    for wider in _WIDER:
        if (widened := part.vertex(wider)).dictionary is not None:
            return widened, None

    return at, None


def cut_by_category(part: FloatCell, j: int, member: bool) -> FloatCell:
    groups = [
        tuple(i for i in group if (i == j) is member) if j in group else group
        for group in part.allowed
    ]
    return replace(part, allowed=tuple(groups))


def find_undecided_category(part: FloatCell, point: Array, least: float = 1e-6) -> int | None:
    """The category whose share at a point is largest, of those not within `least` of 0 or 1."""
    shares = [(float(point[j]), j) for group in part.allowed if len(group) > 1 for j in group]
    between = [(share, j) for share, j in shares if least < share < 1.0 - least]
    return max(between)[1] if between else None


def list_multipliers(multipliers: Array) -> list[Any]:
    """Row and multiplier of those that tell, one after the other; none at all where a certificate
    can't hold one: what they show then is rough.
    """
    if not (multipliers < MOST_MULTIPLIER).all():
        return []
    least = 1e-15 * float(multipliers.max(initial=0.0))
    return [
        value
        for i in np.flatnonzero(multipliers > least).tolist()
        for value in (i, float(multipliers[i]))
    ]
