"""What questions are asked of: a rule set's pieces as polytopes, in coordinates that fit the
question.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.analysis.restricted import (
    QuestionSpace,
    RestrictedScorer,
    measure_column_units,
    round_up_to_powers,
)
from relurules.domain import row_lengths
from relurules.ir import UNEXPLORED, RuleSet
from relurules.ir.network import Array
from relurules.ir.partition import Side
from relurules.lp import Polytope

#: A form that moves by less than this share of its constant doesn't change its sign in a bounded
#: domain.
_STILL = 1e-12


class SplitForms(NamedTuple):
    """The tree's splits in a space. rows: (S, n + 1) forms that are >= 0 on side 1, scaled to about
    unit length.

    room: (S,) what rounding may make of the test of a row there; moving: (S,) whether they depend
    on v at all. Scales are powers of two: dividing by them rounds nothing, which counts where a
    column is open.
    """

    rows: Array
    room: Array
    moving: NDArray[np.bool_]


class RuleCell(NamedTuple):
    """A part of what rule number leaf + 1 holds for, as a polytope of v. path: the
    sides of its branch.
    """

    leaf: int
    polytope: Polytope
    path: list[Side]


@dataclass(frozen=True)
class RestrictedRules(RestrictedScorer):
    """Partition rules over a domain. weights: (R, m, d), constants: (R, m)."""

    rules: RuleSet

    @cached_property
    def weights(self) -> Array:
        """(R, m, d) coefficients of every rule."""
        return self.rules.maps.weights

    @cached_property
    def constants(self) -> Array:
        """(R, m) constants of every rule."""
        return self.rules.maps.constants

    @property
    def paths(self) -> Iterator[tuple[int, list[Side]]]:
        """Every branch of the tree: its leaf, and its sides."""
        return self.rules.tree.branches()

    @property
    def continuous(self) -> bool:
        """Whether the rules are one continuous function: the collapsed network itself."""
        return not self.rules.simplified

    @property
    def column_units(self) -> Array:
        """(d,) see `RestrictedScorer`."""
        return measure_column_units(self.rules.tree.normals)

    @cached_property
    def score_bounds(self) -> dict[tuple[int, bytes], Any]:
        """What `changes` worked out of scores in spaces, for the next pair of rows."""
        return {}

    def splits(self, space: QuestionSpace) -> SplitForms:
        """The splits of the rules' tree in a space; those of the last space are kept."""
        if not self._splits or self._splits[0][0] is not space:
            self._splits[:] = [(space, self._worked_out(space))]
        return self._splits[0][1]

    @cached_property
    def _splits(self) -> list[tuple[QuestionSpace, SplitForms]]:
        return []

    def _worked_out(self, space: QuestionSpace) -> SplitForms:
        tree = self.rules.tree
        forms = space.forms(tree.normals, tree.offsets)
        lengths = row_lengths(forms[:, :-1])
        still = _STILL * np.abs(forms[:, -1]) if self.domain.is_bounded else 0.0
        moving = lengths > still
        scales = round_up_to_powers(np.where(moving, lengths, 1.0))
        room = self.domain.rounding(tree.normals, tree.offsets)
        return SplitForms(forms / scales[:, None], room / scales, moving)

    def cells(self, space: QuestionSpace, *, strict: bool = True) -> Iterator[RuleCell]:
        """Every branch in this space; those that its fixed columns rule out are left out.

        strict: OutOfTimeError at the deadline, saying how many there were time for; else there are
        no more then.
        """
        for done, (leaf, path) in enumerate(self.paths):
            if self.deadline.is_over():
                if not strict:
                    return
                self.deadline.check(
                    f"looking at part {done + 1} of the {self.branches} that the rules' tree has"
                )
            found = self.cell(space, leaf, path)
            if found is not None:
                yield found

    def cell(self, space: QuestionSpace, leaf: int, path: list[Side]) -> RuleCell | None:
        """A branch in this space, None where its fixed columns rule it out."""
        found = cut_by_path(space.walls, self.splits(space), path)
        return None if found is None else RuleCell(leaf, found, path)

    @cached_property
    def branches(self) -> int:
        """Number of branches of the tree."""
        children = self.rules.tree.children
        return int(((children < 0) & (children != UNEXPLORED)).sum()) if len(children) else 1

    def in_box(self, weights: Array, constants: Array) -> Array:
        """(R,) what forms of x are at most over the domain's box, whatever else it says; infinite
        where it is open.
        """
        with np.errstate(invalid="ignore", over="ignore"):
            ends = np.where(weights > 0, weights * self.domain.upper, weights * self.domain.lower)
            terms = np.where(weights == 0, 0.0, ends)
            sizes = np.abs(terms).sum(axis=1) + np.abs(constants)
            found = (
                terms.sum(axis=1)
                + constants
                + (len(self.domain) + 4) * np.finfo(np.float64).eps * sizes
            )

        return np.where(np.isnan(found), np.inf, found)


def cut_by_path(polytope: Polytope, splits: SplitForms, path: list[Side]) -> Polytope | None:
    """The part on these sides of these splits, rounding included; None where a split that doesn't
    move rules it out.
    """
    if polytope.is_marked_empty:
        return None
    if not path:
        return polytope

    at, side = np.array(path, dtype=np.intp).T
    sign = 2.0 * side - 1.0
    rows, room, moving = splits.rows[at] * sign[:, None], splits.room[at], splits.moving[at]
    if (rows[~moving, -1] < -room[~moving]).any():
        return None

    rows, room = rows[moving], room[moving]
    return polytope.cut(-rows[:, :-1], rows[:, -1] + room)


def split_polytope(
    polytope: Polytope, splits: SplitForms, at: int, points: Array | None = None
) -> list[Polytope | None]:
    """The parts on the negative and on the other side of a split, None where there is none.

    Where no more than rounding makes of its test is left of a side, it counts as none: the other
    one's values, continued, are off by no more than rounding moves the split. points: (N, n) some
    of the polytope; where one is on a side, that side is known to be there.
    """
    row, room = splits.rows[at], float(splits.room[at])
    if not splits.moving[at]:
        return [polytope if row[-1] <= room else None, polytope if row[-1] >= -room else None]

    high, minus_low = _find_extremes(polytope, row, 2.0 * room, points)
    if high == -np.inf or minus_low == -np.inf:
        return [None, None]
    # the polytope's own rows have been moved by their rounding, so that one that is this split's is
    # exceeded by it
    if minus_low <= 2.0 * room < high:
        return [None, polytope]
    if high <= 2.0 * room < minus_low:
        return [polytope, None]

    normals, limits = np.array([row[:-1], -row[:-1]]), np.array([-row[-1] + room, row[-1] + room])
    return [polytope.cut(normals[[side]], limits[[side]]) for side in (0, 1)]


def _find_extremes(
    polytope: Polytope, row: Array, enough: float, points: Array | None
) -> tuple[float, float]:
    """The largest values of a form and of its negative over a polytope; what points reach instead,
    where that is more than `enough`.
    """
    forms, ends = np.array([row, -row]), np.full(2, -np.inf)
    if points is not None and len(points):
        values = points @ row[:-1] + row[-1]
        ends = np.array([values.max(), -values.min()])
    unknown = ends <= enough
    if unknown.any():
        ends[unknown] = polytope.maxima(forms[unknown]).bounds
    return float(ends[0]), float(ends[1])
