"""Rows at which something is as large as a search from many starts can make it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Steps are halved so often, from the width of the box, and so many are taken of each size.
_HALVINGS, _STEPS = 40, 3


def climb(
    height: Callable[[Array], Array],
    lower: Array,
    upper: Array,
    starts: Array,
    random: np.random.Generator,
) -> Array:
    """(N, d) starts -> (N, d) rows of the box, by steps along columns and in random directions.

    height: (n, d) rows -> (n,) what to make large. The best step is taken, and steps get shorter.
    """
    at, (N, d) = starts.copy(), starts.shape
    best, width = height(at), upper - lower
    for move in range(_HALVINGS * _STEPS):
        step = width * 0.5 ** (move // _STEPS)
        ways = np.vstack([np.eye(d), -np.eye(d), random.uniform(-1, 1, (d + 2, d))]) * step
        tried = np.clip(at[:, None, :] + ways, lower, upper)
        heights = height(tried.reshape(-1, d)).reshape(N, len(ways))
        way = heights.argmax(axis=1)
        rows = np.arange(N)
        better = heights[rows, way] > best
        at[better], best[better] = tried[rows, way][better], heights[rows, way][better]
    return at
