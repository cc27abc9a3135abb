"""The search for a certificate of one cell: signs of neurons there, multipliers that show them, and
what is left.

Nothing here has to be right: the checker finds out what the multipliers show. It has to be short,
and not to miss what could be shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.checker import DomainSpace
from relurules.ir.limits import NEVER, Deadline
from relurules.lp.duals import Duals, PolytopeVertex, solve_duals
from relurules.proofs.float_cells import (
    FloatCell,
    ProofNode,
    cut_by_category,
    find_cell_start,
    find_undecided_category,
    list_multipliers,
)
from relurules.proofs.float_model import NOISE, FloatModel, maximise_forms

Array = NDArray[np.float64]


#: A neuron may pass 0 by this share of its size before a cell is cut along it.
_THIN = 1e-12
#: PReLUs with slopes this near to 1 aren't cut along, if the rules may be off at all and if more
#: than so many are.
_NEAR = 5.1e-4
_MOST_NEAR = 8


@dataclass
class CertificateSearch:
    """What a rule's cells have in common. allowance: what the rules are said to be off; goal: what
    no one minds.

    doing: what an error at the deadline says.
    """

    floats: FloatModel
    signs: Array
    gaps: Array
    allowance: float
    deadline: Deadline = NEVER
    doing: str = "proving a rule"
    worst: float = 0.0

    def __post_init__(self) -> None:
        floats = self.floats
        self.goal = max(1e-13 * floats.magnitude, 0.02 * self.allowance)
        kink = np.abs(1.0 - floats.slope)
        count = max(1, sum(len(level) for level in floats.levels))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            share = 0.5 * self.goal / count / (kink * floats.gains)
        self.room = np.fmax(share, _THIN * floats.sizes)
        self.near = (kink < _NEAR) & (self.allowance > 0.0)

    def tree(self, part: FloatCell, point: Array | None) -> ProofNode:
        """The tree of a rule.

        Nearly linear PReLUs aren't cut along, unless that costs more than the rules say.
        """
        before, self.worst = self.worst, 0.0
        found = self.node(part, point)
        costly = self.near & (
            np.abs(1.0 - self.floats.slope) * self.floats.sizes * self.floats.gains > self.goal
        )

        if self.worst > 1.02 * self.allowance and 0 < costly.sum() <= _MOST_NEAR:
            self.near &= ~costly
            self.worst = 0.0
            found = self.node(part, point)

        self.worst = max(before, self.worst)
        return found

    def node(self, part: FloatCell, point: Array | None) -> ProofNode:
        """The tree of a cell; point: (n,) inside it, if one is known."""
        self.deadline.check(self.doing)
        if not all(part.allowed):
            return [[], "empty", []]

        at, empty = find_cell_start(part)
        if empty is not None:
            return [[], "empty", empty]

        takes: list[Any] = []
        for level in self.floats.levels:
            open_ = level[part.known[level] == 0]
            if len(open_):
                part, point, crossing = self._settle(part, at, open_, point, takes)
                if crossing is not None:
                    return [
                        takes,
                        "split",
                        int(crossing[0]),
                        *(self._side(part, *crossing, side) for side in (-1, 1)),
                    ]

        return self._leaf(part, at, takes)

    def _settle(
        self,
        part: FloatCell,
        at: PolytopeVertex,
        neurons: NDArray[np.intp],
        point: Array | None,
        takes: list[Any],
    ) -> tuple[FloatCell, Array, tuple[int, Array] | None]:
        """Take all neurons that don't cross the cell; also one that does, if any, and a point."""
        forms = self.floats.own[neurons] + self.floats.L[neurons] @ part.active
        forms[:, -1] = (
            self.floats.own[neurons, -1] + np.abs(self.floats.L[neurons]) @ part.active[:, -1]
        )
        low, high = (
            maximise_forms(sign * forms[:, :-1], part.space, part.allowed) + forms[:, -1]
            for sign in (-1.0, 1.0)
        )
        sides = np.where(low <= high, 1, -1).astype(np.int8)
        excess, pairs = np.minimum(low, high), np.zeros((len(neurons), len(part.rows)))
        asked = np.flatnonzero(excess > 0.0)

        if point is not None and len(asked):
            sides[asked] = np.where(forms[asked, :-1] @ np.append(point, 1.0) >= 0, 1, -1)
            self._ask(part, at, forms, sides, asked, excess, pairs)
            asked = asked[excess[asked] > self.room[neurons[asked]]]

        near = asked[self.near[neurons[asked]]]
        if len(near):
            sides[near] = 1
            self._ask(part, at, forms, sides, near, excess, pairs)
            asked = np.setdiff1d(asked, near)

        if len(asked):
            point = self._both(part, at, forms, sides, asked, excess, pairs)

        taken = excess <= self.room[neurons]
        taken[near] = True
        active, known = part.active.copy(), part.known.copy()

        for i in np.flatnonzero(taken).tolist():
            k, side = int(neurons[i]), int(sides[i])
            said = _shorten_multipliers(part, -side * forms[i, :-1], forms[i, -1], pairs[i])
            takes.append([side * (k + 1), *said] if said else side * (k + 1))
            active[k], known[k] = (
                _apply_prelu(forms[i], self.floats.slope[k], side, max(0.0, excess[i])),
                side,
            )

        part = replace(part, active=active, known=known)
        left = np.flatnonzero(~taken)
        return part, point, (int(neurons[left[0]]), forms[left[0]]) if len(left) else None  # type: ignore[return-value]

    def _ask(
        self,
        part: FloatCell,
        at: PolytopeVertex,
        forms: Array,
        sides: NDArray[np.int8],
        asked: NDArray[np.intp],
        excess: Array,
        pairs: Array,
    ) -> Duals:
        """How far neurons are beyond the sides given."""
        wanted = -sides[asked, None] * forms[asked, :-1]
        found = solve_duals(at, wanted @ part.chart.basis)
        pairs[asked] = part.by_row(found.multipliers)
        excess[asked] = part.at_most(wanted, pairs[asked]) + forms[asked, -1]
        return found

    def _both(
        self,
        part: FloatCell,
        at: PolytopeVertex,
        forms: Array,
        sides: NDArray[np.int8],
        asked: NDArray[np.intp],
        excess: Array,
        pairs: Array,
    ) -> Array:
        """The better side of each neuron; returns a point of the cell."""
        points = []
        first = np.where(sides[asked] > 0, 1, -1).astype(np.int8)
        best = np.full(len(excess), np.inf)
        best_sides, best_pairs = sides.copy(), pairs.copy()

        for sign in (1, -1):
            sides[asked] = sign * first
            points.append(self._ask(part, at, forms, sides, asked, excess, pairs).points)
            better = asked[excess[asked] < best[asked]]
            best[better], best_sides[better], best_pairs[better] = (
                excess[better],
                sides[better],
                pairs[better],
            )

        excess[asked], sides[asked], pairs[asked] = (
            best[asked],
            best_sides[asked],
            best_pairs[asked],
        )

        return part.chart.to_space(np.vstack(points).mean(axis=0))

    def _side(self, part: FloatCell, k: int, form: Array, side: int) -> ProofNode:
        active, known = part.active.copy(), part.known.copy()
        active[k], known[k] = _apply_prelu(form, self.floats.slope[k], side, 0.0), side
        row = side * form[:-1]
        row[-1] += form[-1]
        return self.node(
            replace(part, rows=np.vstack([part.rows, row]), active=active, known=known), None
        )

    def _leaf(self, part: FloatCell, at: PolytopeVertex, takes: list[Any]) -> ProofNode:
        scores = self.floats.scores + self.floats.U @ part.active
        scores[:, -1] = self.floats.scores[:, -1] + np.abs(self.floats.U) @ part.active[:, -1]
        forms = self.signs @ scores - self.gaps
        forms[:, -1] = np.abs(self.signs) @ scores[:, -1] + self.gaps[:, -1]
        off = maximise_forms(forms[:, :-1], part.space, part.allowed) + forms[:, -1]
        said: list[list[Any]] = [[] for _ in forms]
        asked = np.flatnonzero(off > max(self.goal, self.worst))

        if len(asked):
            found = solve_duals(at, forms[asked, :-1] @ part.chart.basis)
            pairs = part.by_row(found.multipliers)
            off[asked] = part.at_most(forms[asked, :-1], pairs) + forms[asked, -1]
            worst = int(asked[off[asked].argmax()])
            if off[worst] > 1.5 * self.allowance + 1e-9 * self.floats.magnitude:
                j = find_undecided_category(
                    part, part.chart.to_space(found.points[asked.tolist().index(worst)])
                )
                if j is not None:
                    return [
                        takes,
                        "category",
                        j,
                        *(self.node(cut_by_category(part, j, is_), None) for is_ in (True, False)),
                    ]
            for i, own in zip(asked, pairs, strict=True):
                said[i] = list_multipliers(own)

        self.worst = max(self.worst, float(off.max()))
        while said and not said[-1]:
            said.pop()

        return [takes, "leaf", *said]


def _apply_prelu(form: Array, slope: float, side: int, beyond: float) -> Array:
    """PReLU of a form on one side of 0, or beyond by so much."""
    found = form * (1.0 if side > 0 else slope)
    found[-1] = abs(found[-1]) + abs(1.0 - slope) * beyond
    return found


def _shorten_multipliers(
    part: FloatCell, form: Array, radius: float, multipliers: Array
) -> list[Any]:
    """Multipliers of a take, with few digits where there is room."""
    if not multipliers.any():
        return []
    guard = NOISE * float(np.abs(form).sum() + np.abs(multipliers @ np.abs(part.rows)).sum())
    for digits in (2, 4, 8):
        short = _round_significant(multipliers, digits)
        if part.at_most(form[None, :], short[None, :])[0] + radius < -guard:
            return list_multipliers(short)
    return list_multipliers(multipliers)


def _round_significant(values: Array, digits: int) -> Array:
    return np.array([float(f"{value:.{digits - 1}e}") for value in values])


def map_point_to_space(space: DomainSpace, point: Sequence[float]) -> Array:
    """(d,) columns -> (n,) coordinates."""
    return np.array(
        [(point[j] - float(space.middle[j])) / float(space.half[j]) for j in space.columns],
        dtype=np.float64,
    )
