"""Where two rule sets decide differently."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from relurules.analysis.goals import list_class_names, make_goal
from relurules.analysis.reachability import maximise_least_form
from relurules.analysis.restricted import QuestionSpace
from relurules.analysis.rule_cells import RestrictedRules, RuleCell
from relurules.analysis.tree_walk import LeafPart
from relurules.errors import UnsupportedError
from relurules.ir.network import Array

#: Classes up to so many are compared pair by pair in every part.
CLASSES = 4


@dataclass(frozen=True)
class DecisionComparer:
    """Where two sets decide differently, by more than `least` of their scores.

    margins: of either side, per class, weights (R, k, d) and constants (R, k) of scores that aren't
    negative there.
    """

    sides: tuple[RestrictedRules, RestrictedRules]
    space: QuestionSpace
    least: float
    classes: tuple[str, ...]
    margins: tuple[list[tuple[Array, Array]], list[tuple[Array, Array]]]

    @classmethod
    def of(
        cls, old: RestrictedRules, new: RestrictedRules, space: QuestionSpace, least: float
    ) -> "DecisionComparer":
        """Of outputs that are classes; else without classes."""
        classes = list_class_names(old)
        try:
            goals = [[make_goal(g, None, name, None, None) for name in classes] for g in (old, new)]
        except UnsupportedError:
            return cls((old, new), space, least, (), ([], []))
        one, other = ([(goal.weights, goal.constants) for goal in side] for side in goals)
        return cls((old, new), space, least, classes, (one, other))

    def find_point(self, cell: RuleCell, part: LeafPart, points: Array) -> Array | None:
        """A point of a part that is decided differently, None where there is none. points: (k, n)
        some of the part's, at least one.
        """
        (old, new), space = self.sides, self.space
        if old.rules.decision is not None:
            pair = old.constants[cell.leaf], new.constants[part.leaf]
            return None if np.array_equal(*pair) else points[0]

        rows = points @ space.spread.T + space.base
        one, other = (
            np.array([(rows @ w[leaf].T + c[leaf]).min(axis=1) for w, c in side])
            for side, leaf in zip(self.margins, (cell.leaf, part.leaf), strict=True)
        )
        apart = (one.argmax(axis=0) != other.argmax(axis=0)) & (
            np.minimum(one.max(axis=0), other.max(axis=0)) > 0
        )
        if apart.any():
            return np.asarray(points[int(np.argmax(apart))])
        if len(self.classes) > CLASSES:
            return None
        return self.find_somewhere(cell, part, integers=False)

    def find_somewhere(self, cell: RuleCell, part: LeafPart, *, integers: bool) -> Array | None:
        """A point of a part that is decided differently by more than `least`, of whole numbers with
        `integers`; None where none was found.
        """
        space = self.space
        whole = self.sides[0].whole(space, integers=integers)
        for i, j in self._pairs():
            forms = np.vstack(
                [space.forms(w[leaf], c[leaf]) for (w, c), leaf in (
                    (self.margins[0][i], cell.leaf), (self.margins[1][j], part.leaf)
                )]
            )  # fmt: skip
            best = maximise_least_form(part.polytope, forms, whole, self.least, 2.0 * self.least)
            if best.point is not None and best.bound > self.least:
                return best.point

        return None

    def _pairs(self) -> Iterator[tuple[int, int]]:
        count = len(self.classes)
        yield from ((i, j) for i in range(count) for j in range(count) if i != j)
