"""What rounding does to emitted code: text -> expressions in its own order -> a bound that holds
for every row of the domain.
"""

from relurules.rounding.bound import READ_TARGETS, bound_rounding, bound_score_rounding
from relurules.rounding.link_errors import ASSUMPTION
from relurules.rounding.rounding_bound import RoundingBound, format_bound

__all__ = [
    "ASSUMPTION",
    "READ_TARGETS",
    "RoundingBound",
    "bound_rounding",
    "bound_score_rounding",
    "format_bound",
]
