"""Polytopes as data: half-spaces, and what is done to them."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.lp.highs import Ball

if TYPE_CHECKING:
    from relurules.lp.maxima import Maxima

Array = NDArray[np.float64]

#: The limit of a row 0 u <= limit that no point meets.
_NEVER = -1.0


class Polytope(NamedTuple):
    """{u : G u <= h}. What is asked of it takes rows of about unit length.

    The methods that solve linear programs import their solvers when called: those load numba.
    """

    #: (c, f) normals, pointing outward.
    G: Array
    #: (c,) limits.
    h: Array

    @classmethod
    def make_empty(cls, f: int) -> "Polytope":
        """No point at all, in f coordinates."""
        return cls(np.zeros((1, f)), np.array([_NEVER]))

    @property
    def is_marked_empty(self) -> bool:
        """Whether `make_empty` made it; others may be empty too."""
        return len(self.h) == 1 and self.h[0] == _NEVER and not self.G.any()

    def cut(self, normals: Array, limits: Array) -> "Polytope":
        """The part where normals u <= limits too, (n, f) and (n,); these rows come last."""
        return Polytope(np.vstack([self.G, normals]), np.concatenate([self.h, limits]))

    def cut_by_rows(self, rows: Array) -> "Polytope":
        """The part where rows (g, limit), (n, f + 1), hold too: g u <= limit."""
        return self.cut(rows[:, :-1], rows[:, -1])

    def widen(self, count: int) -> "Polytope":
        """The same polytope with further coordinates, which it doesn't bound."""
        return Polytope(np.column_stack([self.G, np.zeros((len(self.G), count))]), self.h)

    def ball(self) -> Ball:
        """The largest ball inside; see `lp.polytope.find_largest_ball`."""
        from relurules.lp.polytope import find_largest_ball

        return find_largest_ball(*self)

    def maxima(self, forms: Array) -> "Maxima":
        """Certified largest values of forms (n, f + 1), constants last; see
        `lp.maxima.bound_maxima`.
        """
        from relurules.lp.maxima import bound_maxima

        return bound_maxima(*self, forms)

    def extent(self, forms: Array) -> Array:
        """(n, 2) between which values forms (n, f + 1), constants last, lie."""
        from relurules.lp.maxima import bound_extents

        return bound_extents(*self, forms)
