"""Which cells hold a point that a domain admits, where groups of indicators allow only corners.

A cell of the search is a polytope in which indicators may be fractions. The points that count have
one indicator of every group at 1; whether a cell has one is a mixed-integer program, unless a point
met before shows it. Most cells are shown by one of some thousand random points, or by changes of a
point that a program found. That there is none rests on bounds over the categories, by branch and
bound, each of which is certified (`lp.whole`).
"""

import numpy as np
from numpy.typing import NDArray

from relurules import lp
from relurules.domain import Normalisation
from relurules.ir.network import Array
from relurules.lp.branch_and_bound import maximise_over_integers

#: Random points to begin with, changes tried of a point that a program found, and the most of those
#: kept beside.
_RANDOM, _CHANGES, _MOST = 2000, 200, 20_000
#: The share of groups, and of numbers, that a change draws anew.
_SHARE = 0.2
#: A point this far from every row serves as a region's, with no program asked for a better one.
_ROOMY = 1e-5


class AdmissiblePoints:
    """Admissible points met so far, for a domain with these walls in this frame."""

    def __init__(self, frame: Normalisation, walls: lp.Polytope) -> None:
        place = {int(column): i for i, column in enumerate(frame.free)}
        #: Coordinates of every group; its last indicator is tied to them, and has none.
        self.groups = [
            np.array([place[int(j)] for j in tie[:-1]], dtype=np.intp) for tie in frame.ties
        ]
        self.whole = np.concatenate([np.empty(0, dtype=np.intp), *self.groups])
        #: The indicators as forms of u, which must be whole.
        self.forms = np.eye(len(frame.free) + 1)[self.whole]
        self.walls = walls
        self.needed = any(len(tie) > 1 for tie in frame.ties)
        self.random = np.random.default_rng(0)
        self.points = np.empty((0, len(frame.free)))
        #: For the rows of the cell asked about last, which points fit each: cells share most of
        #: their rows.
        self.fitting: list[tuple[bytes, NDArray[np.bool_]]] = []

        if self.needed:
            self.points = self._drawn(np.zeros((_RANDOM, len(frame.free))), 1.0)

        self.first = len(self.points)

    def admits(self, G: Array, h: Array, w: Array, g: float) -> bool:
        """Whether w·u + g > RADIUS at an admissible u with G u <= h, where every row may be
        exceeded by RADIUS.

        G: (c, f) holds the walls of the domain first. In doubt the answer is yes.
        """
        if not self.needed or (self.points[self._inside(G, h)] @ w + g > lp.RADIUS).any():
            return True

        found = maximise_over_integers(
            *self._bounded(lp.Polytope(G, h + lp.RADIUS)),
            np.append(w, g),
            self.forms,
            lp.RADIUS,
            2.0 * lp.RADIUS,
        )

        if found.point is not None:
            point = self._placed(found.point)
            self._keep(np.vstack([point, self._drawn(np.tile(point, (_CHANGES, 1)), _SHARE)]))

        return found.bound > lp.RADIUS

    def inside(self, G: Array, h: Array, otherwise: Array) -> Array:
        """An admissible point with G u <= h, clear of the rows past the walls, as far as there is
        one; (f,).

        It doesn't depend on what was asked before: of the points met so far only the first ones
        count.
        """
        first = len(self.walls.h)
        if not self.needed:
            return otherwise

        fits = self._inside(G, h)
        points = self.points[fits[fits < self.first]]
        room = (h[first:] - points @ G[first:].T).min(axis=1, initial=np.inf)
        if len(points) and room.max() > _ROOMY:
            return np.asarray(points[room.argmax()])
        return self._clearest(G[first:], h[first:], otherwise)

    def _clearest(self, G: Array, h: Array, otherwise: Array) -> Array:
        """An admissible point clear of rows G u <= h, within a factor of two of the farthest. Where
        a row passes through all of them, as a kink that lies on a category does, one on that row;
        else another one.
        """
        f = G.shape[1]
        walls, limits = self._bounded(self.walls)
        clear = np.zeros((2, f + 1))
        clear[:, f] = 1.0, -1.0
        rows = np.vstack([np.insert(walls, f, 0.0, axis=1), np.insert(G, f, 1.0, axis=1), clear])
        ends = np.concatenate([limits, h, [lp.LARGEST_RADIUS, lp.LARGEST_RADIUS]])
        form = np.append(clear[0], 0.0)
        found = maximise_over_integers(
            rows, ends, form, np.insert(self.forms, f, 0.0, axis=1), -2.0 * lp.RADIUS, gap=1.0
        )

        if found.point is None:
            return otherwise

        point = self._placed(found.point[:f])
        return (
            point
            if (G @ point < h + 2.0 * lp.RADIUS).all()
            and (self.walls.G @ point <= self.walls.h + lp.ROUNDING).all()
            else otherwise
        )

    def _bounded(self, cell: lp.Polytope) -> lp.Polytope:
        """With upper bounds of indicators, which follow from their sum."""
        return cell.cut(self.forms[:, :-1], np.ones(len(self.whole)))

    def _placed(self, point: Array) -> Array:
        """A point with its indicators at 0 or 1."""
        point = point.copy()
        point[self.whole] = np.round(point[self.whole])
        return point

    def _inside(self, G: Array, h: Array) -> NDArray[np.intp]:
        """Indices of the points with G u <= h, every row of which may be exceeded by RADIUS."""
        known = len(self.walls.h)  # all points are within these
        for i in range(known, len(h)):
            key = G[i].tobytes() + h[i].tobytes()
            at = i - known
            if at < len(self.fitting) and self.fitting[at][0] == key:
                continue
            before = self.fitting[at - 1][1] if at else np.ones(len(self.points), dtype=np.bool_)
            fits = before.copy()
            fits[before] = self.points[before] @ G[i] <= h[i] + lp.RADIUS
            self.fitting[at:] = [(key, fits)]

        rows = len(h) - known
        return np.flatnonzero(self.fitting[rows - 1][1]) if rows else np.arange(len(self.points))

    def _drawn(self, points: Array, share: float) -> Array:
        """The points with a share of their groups and numbers drawn anew; those left that lie
        within the walls.
        """
        numbers = np.setdiff1d(np.arange(points.shape[1]), self.whole)
        drawn = points.copy()
        anew = self.random.random((len(points), len(numbers))) < share
        values = self.random.uniform(-1.0, 1.0, size=anew.shape)
        drawn[:, numbers] = np.where(anew, values, drawn[:, numbers])

        for group in self.groups:
            rows = np.flatnonzero(self.random.random(len(points)) < share)
            picked = np.eye(len(group) + 1)[self.random.integers(len(group) + 1, size=len(rows))]
            drawn[rows[:, None], group] = picked[:, :-1]

        return drawn[(drawn @ self.walls.G.T <= self.walls.h).all(axis=1)]

    def _keep(self, points: Array) -> None:
        later = np.vstack([self.points[self.first :], points])[-_MOST:]
        self.points, self.fitting = np.vstack([self.points[: self.first], later]), []
