"""The only linear programming of the package: by HiGHS, and compiled.

What is here is HiGHS' (`highs`). `polytope` answers questions about one polytope by compiled
simplex dictionaries (`dictionary`, `chebyshev`), with HiGHS where these give up; importing it loads
numba. All of these propose. What they propose is checked by `certified`, in floats whose rounding
is bounded or in whole numbers (`rational`): bounds (`maxima`), bounds over whole numbers (`whole`),
rows that follow from others (`redundancy`).

Rows have unit length and points are in normalised coordinates (a bounded domain is about [-1,
1]^d), so that every tolerance in `tolerances` is a length in those coordinates. Raw units never
reach this package.
"""

from relurules.lp.half_spaces import Polytope
from relurules.lp.highs import Ball, find_facet_ball, find_inscribed_ball, minimise_form
from relurules.lp.tolerances import LARGEST_RADIUS, RADIUS, ROUNDING

__all__ = [
    "LARGEST_RADIUS",
    "RADIUS",
    "ROUNDING",
    "Ball",
    "Polytope",
    "find_facet_ball",
    "find_inscribed_ball",
    "minimise_form",
]
