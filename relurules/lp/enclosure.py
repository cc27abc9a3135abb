"""Which of many half-spaces parts of one polytope need, where most of its walls are bounds of
single coordinates.

These stay implicit: as rows they would be a square matrix of the coordinates for every part.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from relurules.lp import certified
from relurules.lp.dictionary import STUCK
from relurules.lp.half_spaces import Polytope
from relurules.lp.maxima import _propose_multipliers
from relurules.lp.polytope import Box, _is_needed, find_dictionary, make_box
from relurules.lp.redundancy import RationalRows, certify_needed_rows, find_exactly_implied

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Enclosure:
    """A polytope that others are parts of. Rows have unit length."""

    def __init__(self, walls: Polytope) -> None:
        self.walls = walls
        self.box: Box = make_box(*walls)

    def needed(self, rows: Array, room: Array, exact: Callable[[], RationalRows]) -> Mask:
        """Which of rows (n, f + 1), (g, limit) for g u <= limit, the others and this polytope don't
        imply.

        room (n,) and exact are those of `redundancy.irredundant`, which decides where coordinates
        are open or the simplex method gives up; here as there a row goes only where that is
        certified.
        """
        keep = self._proposed(rows)
        if keep is None:
            part, first = self.walls.cut_by_rows(rows), len(self.walls.h)
            return np.asarray(certify_needed_rows(*part, first, room, exact)[first:])

        gone = np.flatnonzero(~keep)
        if len(gone):
            bounds = self._bounds(rows[keep], rows[gone])
            holds = bounds <= room[gone]
            near = np.flatnonzero(~holds & (bounds <= certified.NEAR))
            if len(near):
                holds[near] = find_exactly_implied(exact, len(rows), keep, gone[near], room)
            keep[gone[~holds]] = True

        return keep

    def _proposed(self, rows: Array) -> Mask | None:
        """What the simplex method says; None where it gives up."""
        if self.box.cone:
            return None
        D = find_dictionary(self._with(rows))
        if D is None:
            return None
        first = len(self.box.low) + len(self.box.walls)
        found = [_is_needed(D, first + i) for i in range(len(rows))]
        return None if STUCK in found else np.array(found, dtype=np.int64) == 1

    def _bounds(self, kept: Array, asked: Array) -> Array:
        """(n,) by how much rows may be exceeded at most where others hold; infinite where nothing
        is certified.
        """
        box = self._with(kept)
        forms = np.column_stack([asked[:, :-1], -asked[:, -1]])
        _, multipliers, done = _propose_multipliers(box, find_dictionary(box), forms)
        bounds = certified.compute_upper_bounds(box.low, box.width, box.walls, forms, multipliers)
        certified.record_decisions(rounded=int(done.sum()))
        return np.where(done, bounds, np.inf)

    def _with(self, rows: Array) -> Box:
        """The part where these rows hold."""
        return replace(
            self.box,
            walls=np.vstack([self.box.walls, np.column_stack([-rows[:, :-1], rows[:, -1]])]),
        )


__all__ = ["Enclosure"]
