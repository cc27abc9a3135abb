"""The only linear programming of the package: by HiGHS (`highs`), and compiled (`dictionary`, `chebyshev`).

Rows have unit length and points are in normalised coordinates (a bounded domain is about [-1, 1]^d), so that every
tolerance in `tolerances` is a length in those coordinates. Raw units never reach this package.
"""

from relurules.lp.dictionary import Dictionary
from relurules.lp.highs import Ball, Highest, highest_slack, inscribed_ball, irredundant, minimum
from relurules.lp.tolerances import LARGEST_RADIUS, RADIUS, ROUNDING

__all__ = [
    "LARGEST_RADIUS",
    "RADIUS",
    "ROUNDING",
    "Ball",
    "Dictionary",
    "Highest",
    "highest_slack",
    "inscribed_ball",
    "irredundant",
    "minimum",
]
