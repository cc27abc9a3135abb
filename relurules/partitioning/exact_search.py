"""What the compiled search can't tell in floating point, told in exact arithmetic."""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain, Normalisation
from relurules.ir import Network
from relurules.ir.exact_forms import ExactForms, Integers
from relurules.ir.network import Array, Pattern
from relurules.lp.exact_dictionary import ExactPolytope
from relurules.partitioning import state_layout
from relurules.partitioning.exact_space import ExactSpace, find_interior_point

#: Signs of earlier levels for which rows are kept.
_MOST_KEPT = 256
#: Nodes after which a branch and bound over categories keeps a side in doubt.
_MOST_NODES = 2000


@dataclass
class _PathCell:
    """A cell on the way to the current one: the cut that made it, and what it is."""

    cut: int
    row: Integers
    polytope: ExactPolytope


@dataclass
class ExactSearch:
    """Sides of neurons in cells of a search, by the signs that were decided and the cuts above, all
    exactly.

    order: the network's neurons in the order of the search. Cells of a depth-first search share
    most of their cuts, so the cells on the way to the last one asked about are kept.
    """

    network: Network
    domain: Domain
    frame: Normalisation
    order: NDArray[np.intp]
    _steps: list[_PathCell] = field(default_factory=list)
    #: For signs of earlier levels: forms of neurons, and rows.
    _rows: dict[bytes, tuple[dict[int, Integers], dict[int, Integers]]] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        self.space = ExactSpace(self.domain, self.frame)
        self.lifting = self.network.source_lifting
        self.forms = ExactForms(self.lifting.source)
        self.root = self.space.polytope()
        self._level_of = np.zeros(len(self.lifting.source), dtype=np.intp)
        for i, level in enumerate(self.lifting.source.levels):
            self._level_of[level] = i

    def sides(self, pattern: Pattern, cuts: NDArray[np.int64], k: int) -> int:
        """Which sides of neuron k the cell reaches into, NEITHER where z is 0 in all of it; k in
        the search's order.

        pattern: (K,) signs decided so far, cuts: neurons + 1 of the splits above, negative on the
        negative side, both in the search's order.
        """
        signs = self._signs(pattern)
        polytope = self._cell(signs, cuts)
        row = self._row(signs, k)
        found = state_layout.NEITHER
        if self._admissible_vertex(polytope, row) is not None:
            found |= state_layout.POSITIVE
        if self._admissible_vertex(polytope, -row) is not None:
            found |= state_layout.NEGATIVE
        return int(found)

    def _admissible_vertex(
        self, polytope: ExactPolytope, row: Integers
    ) -> tuple[Fraction, ...] | None:
        """A point where row·s > 0 and every group has one indicator at 1; None where there is none.

        By branch and bound over the groups; after many nodes the point may be a mixture of
        categories: in doubt a side is kept.
        """
        space, nodes = self.space, 0
        waiting: list[tuple[ExactPolytope, frozenset[int]]] = [(polytope, frozenset())]
        while waiting:
            part, picked = waiting.pop()
            found = part.rises_above_zero(row)
            nodes += 1
            if found is None:
                continue
            group = space.find_open_group(found.vertex, picked)
            if group is None or nodes > _MOST_NODES:
                return space.leave_infinity(part, found.vertex, row)
            waiting += [(each, picked | {group}) for each in space.pick(part, group)]

        return None

    def point(self, pattern: Pattern, cuts: NDArray[np.int64]) -> Array | None:
        """(d,) a point strictly inside the cell, in the user's units, rounded; None where the cell
        has no interior.

        Over categories: an admissible one in the cell, clear of the last cut.
        """
        polytope = self._cell(self._signs(pattern), cuts)
        if self.space.groups:
            anything = np.zeros(self.space.coordinates + 1, dtype=object)
            anything[-1] = 1
            corner = self._admissible_vertex(
                polytope, self._steps[-1].row if self._steps else anything
            )
            return None if corner is None else self.space.point(corner)

        inside = find_interior_point(
            polytope, [*self.space.walls, *(step.row for step in self._steps)]
        )
        return None if inside is None else self.space.point(inside)

    def _signs(self, pattern: Pattern) -> Pattern:
        """(K0,) signs of the source's neurons."""
        own = np.zeros(len(pattern), dtype=np.int8)
        own[self.order] = pattern
        return np.asarray(self.lifting.lift_patterns(own[None])[0])

    def _row(self, signs: Pattern, k: int) -> Integers:
        neuron = int(self.lifting.origin[self.order[k]])
        before = signs * (self._level_of < self._level_of[neuron])
        known = self._rows.setdefault(before.tobytes(), ({}, {}))
        if neuron not in known[1]:
            known[1][neuron] = self.space.row(self.forms.form(neuron, signs, known[0]))
            if len(self._rows) > _MOST_KEPT:
                self._rows.pop(next(iter(self._rows)))
        return known[1][neuron]

    def _cell(self, signs: Pattern, cuts: NDArray[np.int64]) -> ExactPolytope:
        same = 0
        while same < min(len(self._steps), len(cuts)) and self._steps[same].cut == cuts[same]:
            same += 1

        del self._steps[same:]
        polytope = self._steps[-1].polytope if same else self.root
        assert polytope is not None  # noqa: S101

        for cut in cuts[same:].tolist():
            polytope = polytope.copy()
            row = self._row(signs, abs(cut) - 1)
            row = row if cut > 0 else -row
            polytope.cut(row)
            self._steps.append(_PathCell(cut, row, polytope))

        return polytope
