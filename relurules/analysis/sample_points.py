"""Points of a domain with categories, drawn at random: a part that holds one needs no program that
looks for one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from relurules.analysis.restricted import QuestionSpace
from relurules.domain import Domain
from relurules.ir.network import Array
from relurules.lp import Polytope

#: So many are drawn.
_DRAWN = 4000
#: From the best of so many of them climbs start, so many, and end after so many steps.
_NEAR, _STARTS, _STEPS = 1000, 4, 60
#: A wall that is farther than this counts no more than one that is as far.
_FAR = 1e-3
#: Places in a number column's range that a step may go to.
_PLACES = np.linspace(0.02, 0.98, 25)
#: Rounding of a point of one category, which lies on the walls of its indicators.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class SamplePoints:
    """Points of a domain, as v of a space."""

    domain: Domain
    space: QuestionSpace

    @cached_property
    def points(self) -> Array:
        """(N, n), of one category in every group and whole numbers where columns hold these; none
        where there are no groups, or where a column is open. Of a domain always the same ones.
        """
        domain, n = self.domain, self.space.spread.shape[1]
        if not domain.groups or not domain.is_bounded or n == 0:
            return np.empty((0, n))

        random = np.random.default_rng(0)
        X = random.uniform(domain.lower, domain.upper, (_DRAWN, len(domain)))
        whole = domain.integer
        X[:, whole] = np.clip(np.round(X[:, whole]), domain.lower[whole], domain.upper[whole])
        for group in domain.groups:
            X[:, list(group)] = _draw_categories(domain, group, random)
        points = (X - self.space.base) @ self.to_points.T
        return np.asarray(points[is_inside(self.space.walls, points)])

    @cached_property
    def to_points(self) -> Array:
        """(n, d) what makes points of rows less the space's base."""
        return np.asarray(np.linalg.pinv(self.space.spread))

    @property
    def rows(self) -> Array:
        """(N, d) of the domain."""
        return np.asarray(self.points @ self.space.spread.T + self.space.base)

    def climb_into(self, polytope: Polytope) -> Array | None:
        """A point (n,) of a part that none of the points is in: from the nearest ones, one column
        after another is changed as it helps most. None where that ends elsewhere.
        """
        walls = polytope.G @ self.to_points
        limits = polytope.h + walls @ self.space.base
        for start in self._list_starts(polytope):
            x = start
            room = np.minimum(limits - walls @ x, _FAR).sum()
            for _ in range(_STEPS):
                moved = np.vstack([x[None], *_list_moves(self.domain, x)])
                gains = np.minimum(limits - moved @ walls.T, _FAR).sum(axis=1)
                best = int(np.argmax(gains))
                if gains[best] <= room:
                    break
                x, room = moved[best], gains[best]

            point = self.to_points @ (x - self.space.base)
            if is_inside(polytope, point[None])[0]:
                return np.asarray(point)

        return None

    def _list_starts(self, polytope: Polytope) -> Iterator[Array]:
        """Rows (d,) of the points that miss a part by the least."""
        points = self.points[:_NEAR]
        missed = np.minimum(polytope.h - points @ polytope.G.T, _FAR).sum(axis=1)
        for start in np.argsort(-missed, kind="stable")[:_STARTS].tolist():
            yield self.space.rows(points[start])


def is_inside(polytope: Polytope, points: Array) -> NDArray[np.bool_]:
    """(N,) whether points (N, n) lie in a polytope, but for rounding."""
    return np.asarray((points @ polytope.G.T <= polytope.h + _ROUNDING).all(axis=1))


def find_clearest_point(
    polytope: Polytope, points: Array, of_category: NDArray[np.bool_]
) -> tuple[float, Array] | None:
    """How far the point that is farthest from a part's walls is from these, and it, (n,); None
    without points. of_category: (n,) coordinates of categories, whose own walls don't count.
    """
    if not len(points):
        return None
    counts = (polytope.G[:, ~of_category] != 0).any(axis=1)
    room = (polytope.h[counts] - points @ polytope.G[counts].T).min(axis=1, initial=1.0)
    best = int(np.argmax(room))
    return float(room[best]), points[best]


def _list_admitted(domain: Domain, group: Sequence[int]) -> NDArray[np.intp]:
    """Places in a group of the categories that a row may have."""
    at = list(group)
    held = np.flatnonzero(domain.lower[at] > 0)
    return held if len(held) else np.flatnonzero(domain.upper[at] > 0)


def _draw_categories(domain: Domain, group: Sequence[int], random: np.random.Generator) -> Array:
    """(N, k) indicators of one admitted category each."""
    return np.asarray(np.eye(len(group))[random.choice(_list_admitted(domain, group), _DRAWN)])


def _list_moves(domain: Domain, x: Array) -> Iterator[Array]:
    """Rows (M, d) of the box that differ from a row in one column, for every column."""
    own = {j for group in domain.groups for j in group}
    for j in np.flatnonzero(domain.lower < domain.upper).tolist():
        if j not in own:
            rows = np.tile(x, (len(_PLACES), 1))
            rows[:, j] = domain.lower[j] + _PLACES * (domain.upper[j] - domain.lower[j])
            yield rows

    for group in domain.groups:
        admitted = _list_admitted(domain, group)
        rows = np.tile(x, (len(admitted), 1))
        rows[:, list(group)] = np.eye(len(group))[admitted]
        yield rows
