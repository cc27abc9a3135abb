"""Which columns are the reasons of a score: those that move it to its adverse side, the largest
first.

Two contributions that differ by rounding alone must come in the same order in every engine, so they
are compared by their first thirty bits, about nine digits; equal ones come in the order of columns.
This takes products and sums of doubles only, which IEEE 754 fixes to the last bit.
"""

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array

#: c * SPLIT - (c * SPLIT - c) is c rounded to 53 - 23 bits (Veltkamp, 1968), of any size below
#: 2^1000.
SPLIT = float(2**23 + 1)
#: A column is that much larger than the next one: far below a difference of thirty bits, far above
#: what a product, or a decimal that is read inexactly, is off.
_STEP = 2.0**-46
#: What is smaller than this share of the largest contribution is rounding, and no reason.
SMALLEST = 2.0**-30
#: Which sign of a contribution is adverse.
SIGNS = {"higher": 1.0, "lower": -1.0}


def list_scales(count: int, direction: str) -> list[float]:
    """What rounded contributions of so many columns are multiplied with, to be compared: no two of
    them are equal then, and adverse ones are above 0.
    """
    return [SIGNS[direction] * (1.0 + (count - i) * _STEP) for i in range(count)]


def choose_reasons(
    contributions: Array, direction: str, count: int, floor: float = 0.0
) -> NDArray[np.intp]:
    """(..., n) contributions -> (..., min(count, n)) indices of columns, -1 for no further one.

    floor: what a contribution must be above.
    """
    n = contributions.shape[-1]
    with np.errstate(over="ignore", invalid="ignore"):
        product = contributions * SPLIT
        keys = (product - (product - contributions)) * np.array(list_scales(n, direction))

    order = np.argsort(-keys, axis=-1, kind="stable")[..., :count]
    sizes = np.take_along_axis(keys, order, axis=-1)
    least = sizes[..., :1] * SMALLEST
    return np.where((sizes > floor) & (sizes > least), order, -1)
