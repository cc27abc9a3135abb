"""Which cells hold a point that a domain admits, where groups of indicators allow only corners.

A cell of the search is a polytope in which indicators may be fractions. The points that count have one indicator of
every group at 1; whether a cell has one is a mixed-integer program, unless a point met before shows it.
"""

import numpy as np

from relurules import lp
from relurules.domain import Frame
from relurules.ir.network import Array


class Witnesses:
    """Admissible points met so far, for a domain with these walls in this frame."""

    def __init__(self, frame: Frame, walls: tuple[Array, Array]) -> None:
        tied = np.array([tie[-1] for tie in frame.ties], dtype=np.intp)
        indicators = np.setdiff1d([i for tie in frame.ties for i in tie], tied)
        self.whole = np.flatnonzero(np.isin(frame.free, indicators))
        self.walls = walls
        self.needed = any(len(tie) > 1 for tie in frame.ties)
        self.points = np.empty((0, len(frame.free)))

    def admits(self, G: Array, h: Array, w: Array, g: float) -> bool:
        """Whether w·u + g > RADIUS at an admissible u with G u <= h, where every row may be exceeded by RADIUS.

        G: (c, f) holds the walls of the domain first. In doubt the answer is yes.
        """
        if not self.needed:
            return True
        fits = (self.points @ w + g > lp.RADIUS) & (self.points @ G.T <= h + lp.RADIUS).all(axis=1)
        if fits.any():
            return True
        found = lp.highest_slack(-w[None, :], np.array([g]), G, h + lp.RADIUS, self.whole)
        self._keep(found.point)
        return found.bound > lp.RADIUS

    def inside(self, G: Array, h: Array, otherwise: Array) -> Array:
        """An admissible point with G u <= h, as far from the rows past the walls as there is one; (f,)."""
        first = len(self.walls[1])
        if not self.needed:
            return otherwise
        found = lp.highest_slack(G[first:], h[first:], *self.walls, self.whole)
        return otherwise if found.point is None else found.point

    def _keep(self, point: Array | None) -> None:
        if point is not None:
            self.points = np.vstack([self.points, point])
