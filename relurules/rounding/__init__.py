"""What rounding does to emitted code: text -> expressions in its own order -> a bound that holds
for every row of the domain.
"""

from relurules.rounding.bound import bound_rounding
from relurules.rounding.rounding_bound import RoundingBound

__all__ = ["RoundingBound", "bound_rounding"]
