"""How far rules are from the function they stand for, over the whole domain: a bound, by linear
programs.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from relurules.ir import Tree
from relurules.ir.network import Array
from relurules.lp import RADIUS, Polytope
from relurules.rules.pieces import PiecewiseFunction, bound_row_rounding, make_unit_rows


class _RegionPath(NamedTuple):
    """A region's way through a tree: the splits that it met, their rows, and how far off the rules
    are on it.
    """

    splits: list[int]
    rows: Array
    error: float


@dataclass(frozen=True)
class Certifier:
    """Bounds |function - rules| for trees whose leaf i gives forms[i], (n, m, f + 1), whatever
    their splits are.

    What regions have shown is kept: where they lie of a hyperplane, how far off a leaf is on them,
    and what became of them in the tree that was kept last.
    """

    ground: PiecewiseFunction
    forms: Array
    _sides: dict[bytes, Array] = field(default_factory=dict)
    _gaps: dict[tuple[int, int], float] = field(default_factory=dict)
    _kept: dict[int, "_RegionPath"] = field(default_factory=dict)
    _now: dict[int, "_RegionPath"] = field(default_factory=dict)

    def bound(self, tree: Tree, limit: float = np.inf) -> float:
        """The bound; some number above `limit` once it is known to exceed that.

        Every region is cut by the tree; on each part both are affine. A part thinner than RADIUS is
        widened to that, which can only raise the bound.
        """
        partition = self.ground.partition
        rows = make_unit_rows(self.ground.frame, tree.normals, tree.offsets)
        room = bound_row_rounding(partition, tree.normals, tree.offsets)
        extents = [self._extents(row) for row in rows]
        worst = 0.0

        for region in range(len(self.ground.cells)):
            self.ground.deadline.check("moving boundaries of rules")
            before = self._kept.get(region)
            if before is None or not np.array_equal(rows[before.splits], before.rows):
                before = self._of_region(region, tree, rows, room, extents)
            self._now[region] = before
            worst = max(worst, before.error)
            if worst > limit:
                break

        return worst

    def keep(self) -> None:
        """The tree that was bounded last, in full, is the one that others will be like."""
        self._kept.update(self._now)

    def _of_region(
        self, region: int, tree: Tree, rows: Array, room: Array, extents: list[Array]
    ) -> "_RegionPath":
        cell, worst = self.ground.cells[region], 0.0
        met = list[int]()
        stack = [(0 if len(tree.children) else -1, cell.polytope)]

        while stack:
            at, part = stack.pop()
            if at < 0:
                worst = max(worst, self._gap(region, ~at, part))
                continue
            met.append(at)
            whole = part is cell.polytope
            low, high = extents[at][region] if whole else _bound_form(part, rows[at])
            no, yes = tree.children[at].tolist()
            wide = float(room[at])
            if low >= wide or high < -wide:
                stack.append((yes if low >= wide else no, part))
                continue
            row, constant = rows[at, :-1], rows[at, -1]
            above = np.array([constant - min(-wide, high - RADIUS)])
            below = np.array([-constant - min(-wide, -low - RADIUS)])
            stack.append((yes, part.cut(-row[None], above)))
            stack.append((no, part.cut(row[None], below)))

        return _RegionPath(met, rows[met], worst)

    def _gap(self, region: int, leaf: int, part: Polytope) -> float:
        """How far off a leaf is on the region, or a part of it."""
        gap = self.ground.forms[region] - self.forms[leaf]
        if part is not self.ground.cells[region].polytope:
            return _bound_gap(part, gap) + self._rounding[leaf]
        if (region, leaf) not in self._gaps:
            self._gaps[region, leaf] = _bound_gap(part, gap) + self._rounding[leaf]
        return self._gaps[region, leaf]

    @cached_property
    def _rounding(self) -> list[float]:
        """What rounding may make of a leaf's difference from the function, for every leaf."""
        return [
            max(self.ground.rounding(i, form) for i, form in enumerate(forms))
            for forms in self.forms
        ]

    def _extents(self, row: Array) -> Array:
        """(R, 2) between which values a form (f + 1,) lies on every region."""
        if row.tobytes() not in self._sides:
            self._sides[row.tobytes()] = np.array(
                [_bound_form(cell.polytope, row) for cell in self.ground.cells]
            )
        return self._sides[row.tobytes()]


def _bound_form(part: Polytope, row: Array) -> Array:
    return np.asarray(part.extent(row[None])[0])


def _bound_gap(part: Polytope, gap: Array) -> float:
    """The largest absolute value of forms (m, f + 1)."""
    return float(np.abs(part.extent(gap)).max()) if len(gap) else 0.0
