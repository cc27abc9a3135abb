"""The search for a tree that bounds a sum of lines from above: branch and bound.

A cell is bounded by a linear program, in which a line whose sign isn't known there is replaced by a
chord (R. Ehlers, "Formal Verification of Piece-Wise Linear Feed-Forward Neural Networks", 2017), or
by what it may be more than a line like it; it is cut along the line that this is farthest from.
Nothing here has to be right: the checker finds out what the tree shows.
"""

import heapq
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.checker import ProofContext
from relurules.ir.limits import Deadline
from relurules.lp.duals import PolytopeVertex, find_vertex, solve_duals
from relurules.lp.lengths import row_lengths
from relurules.proofs.float_cells import (
    FloatCell,
    ProofNode,
    cut_by_category,
    find_broken_row,
    find_cell_start,
    find_undecided_category,
    list_multipliers,
    make_first_cell,
)
from relurules.proofs.float_model import (
    CategoryGroups,
    convert_rows,
    make_float_model,
    maximise_forms,
)
from relurules.proofs.line_relaxation import LineBounds, Relaxation, find_known_signs, relax_lines

Array = NDArray[np.float64]

#: A bound within this share of what all terms come to is as good as the best.
_GOAL = 1e-13
#: Shares of categories nearer to 0 or 1 are these: a line may weigh a category by millions.
_INTEGRAL = 1e-14


@dataclass(frozen=True)
class _CutCell:
    """A part of the domain; cuts: the lines that it is cut along, in the order of its last rows."""

    part: FloatCell
    cuts: tuple[int, ...] = ()

    def cut(self, k: int, form: Array, side: int) -> "_CutCell":
        """The part where line k, a form (n + 1,), has this sign."""
        return _CutCell(self.part.cut(k, form, side), (*self.cuts, k))


@dataclass(frozen=True)
class _BoundedCell:
    """A cell, what its score is at most, and the node that shows it.

    point: (n,) where the linear program is largest; gaps: (K,) by how much what stands for each
    line is too large there.
    """

    cell: _CutCell
    bound: float
    leaf: ProofNode
    point: Array
    gaps: Array


class BoundSearch:
    """The search for the largest value of the one score of a context, times a sign.

    best: a value that is reached, or -inf.
    """

    def __init__(self, ground: ProofContext, sign: int, best: float, deadline: Deadline) -> None:
        floats = make_float_model(ground)
        self.space, self.best, self.deadline = ground.space, best, deadline
        self.forms = floats.own[:, :-1]
        self.weights, self.base = sign * floats.U[0], sign * floats.scores[0, :-1]
        self.goal = _GOAL * floats.magnitude
        rows = convert_rows(ground.rows([]), ground.space.size)
        self.root = _CutCell(make_first_cell(ground.space, rows, len(self.forms), {}))
        self.bounds: dict[CategoryGroups, LineBounds] = {}

    @np.errstate(over="ignore", invalid="ignore")
    def search(self) -> ProofNode:
        """A tree that shows as low a bound as there is, but for rounding; where sums pass float64,
        some bound.
        """
        tree, ticket = ProofNode(), count()
        heap: list[tuple[float, int, ProofNode, _BoundedCell]] = []
        new = [(self.root, tree)]
        while True:
            for cell, node in new:
                found = self._bound(cell)
                if isinstance(found, _BoundedCell):
                    heapq.heappush(heap, (-found.bound, next(ticket), node, found))
                else:
                    node.extend(found)
            if not heap or -heap[0][0] <= self.best + self.goal:
                break

            self.deadline.check("searching for the answer's proof")
            _, _, node, found = heapq.heappop(heap)
            kind, place, parts = self._cut(found)
            below = [ProofNode() for _ in parts]
            node.extend([[], kind, place, *below] if parts else found.leaf)
            new = list(zip(parts, below, strict=True))

        for _, _, node, found in heap:
            node.extend(found.leaf)

        return tree

    def _bound(self, cell: _CutCell) -> "_BoundedCell | ProofNode":
        """A cell with its bound, or the node that shows that it is empty."""
        part = cell.part
        if not all(part.allowed):
            return [[], "empty", []]
        if part.allowed not in self.bounds:
            self.bounds[part.allowed] = LineBounds(self.forms, self.space, part.allowed)
        if (broken := find_broken_row(part)) is not None:
            return [[], "empty", broken]
        bounds = self.bounds[part.allowed]

        first = len(part.rows) - len(cell.cuts)
        rows = {k: first + i for i, k in enumerate(cell.cuts)}
        signs, takes = find_known_signs(bounds, part.known, rows)
        found = self._solve(cell, relax_lines(bounds, self.weights, signs, False), takes)
        if isinstance(found, _BoundedCell) and found.bound > self.best + self.goal:
            beside = relax_lines(bounds, self.weights, signs, True)
            other = self._solve(cell, beside, takes) if beside.changes else found
            if isinstance(other, _BoundedCell) and other.bound < found.bound:
                found = other

        return found

    def _solve(
        self, cell: _CutCell, relaxed: Relaxation, takes: list[Any]
    ) -> "_BoundedCell | ProofNode":
        """The bound by a linear program, in which lines that are kept have a variable each."""
        part, chart = cell.part, cell.part.chart
        total, kept = self.base + relaxed.total, self.forms[relaxed.kept]
        wide = self.bounds[part.allowed].over[relaxed.kept]
        at, by_row, by_line = _make_program(part, kept, wide)
        if at.dictionary is None:
            _, empty = find_cell_start(part)
            if empty is not None:
                return [[], "empty", empty]

        goal = np.concatenate([(total @ chart.basis)[:-1], relaxed.weights * wide, [0.0]])
        found = solve_duals(at, goal[None])
        point = chart.to_space(found.points[0, : len(chart.low)])
        self._try_point(point)
        proposed = np.nan_to_num(found.multipliers[0], posinf=0.0)
        multipliers = by_row @ proposed
        shares = np.clip(by_line @ proposed / -relaxed.weights, 0.0, 1.0)
        total = total + (relaxed.weights * shares) @ kept + multipliers @ part.rows
        bound = maximise_forms(total[None], self.space, part.allowed)

        return _BoundedCell(
            cell,
            float(bound[0]),
            [[*takes, *relaxed.list_takes(shares)], "leaf", list_multipliers(multipliers)],
            point,
            relaxed.measure_gaps(point, self.forms),
        )

    def _try_point(self, point: Array) -> None:
        """Keep the score at a point with one category of each group, if it is the largest."""
        members = point[self.space.plain :]
        if np.isin(np.abs(members).round(9), (0.0, 1.0)).all():
            u = np.append(point, 1.0)
            score = self.base @ u + self.weights @ np.maximum(0.0, self.forms @ u)
            self.best = max(self.best, float(score))

    def _cut(self, found: _BoundedCell) -> tuple[str, int, list[_CutCell]]:
        """The kind of a node, along what it cuts, and its parts; none where nothing is left."""
        cell, part = found.cell, found.cell.part
        gaps = np.where(part.known == 0, found.gaps, 0.0)
        j = find_undecided_category(part, found.point, _INTEGRAL)
        k = int(gaps.argmax()) if len(gaps) else 0
        if len(gaps) and gaps[k] > 0.5 * self.goal:
            return "split", k, [cell.cut(k, self.forms[k], side) for side in (-1, 1)]
        if j is not None:
            parts = [cut_by_category(part, j, is_) for is_ in (True, False)]
            return "category", j, [replace(cell, part=one) for one in parts]
        return "leaf", 0, []


def _make_program(cell: FloatCell, kept: Array, wide: Array) -> tuple[PolytopeVertex, Array, Array]:
    """The polytope of a cell with a variable for each of lines (c, n + 1), from 0 to 1 of what they
    are at most, (c,), and no less than their arguments; matrices from multipliers to those of the
    cell's rows, and to those of lines.
    """
    rows, lengths, numbers = cell.walls
    chart, c = cell.chart, len(kept)
    width = rows.shape[1] - 1
    lines = -kept @ chart.basis
    walls = np.zeros((len(chart.walls) + len(rows) + c, width + c + 1))
    first, last = len(chart.walls), len(chart.walls) + len(rows)
    for at, some in (
        (slice(first), chart.walls),
        (slice(first, last), rows),
        (slice(last, None), lines),
    ):
        walls[at, :width], walls[at, -1] = some[:, :-1], some[:, -1]
    walls[last:, width:-1] = np.diag(wide)

    sizes = row_lengths(walls[last:, :-1])
    walls[last:] /= sizes[:, None]
    vertex = find_vertex(
        np.append(chart.low, np.zeros(c)), np.append(chart.width, np.ones(c)), walls
    )
    by_row = np.zeros((len(cell.rows), len(walls)))
    by_row[numbers, np.arange(first, last)] = 1.0 / lengths
    by_line = np.zeros((c, len(walls)))
    by_line[range(c), np.arange(last, last + c)] = 1.0 / sizes

    return vertex, by_row, by_line
