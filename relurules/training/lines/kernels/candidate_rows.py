"""Candidates along all rows, compiled: the same operations in the same order as numpy's."""

import numpy as np
from numpy.typing import NDArray

from relurules.lp.compilation import compile_at_once

Singles = NDArray[np.float32]


@compile_at_once
def fill_reaches(
    projections: Singles,
    places: NDArray[np.intp],
    bounds: Singles,
    root: Singles,
    reaches: Singles,
    counts: NDArray[np.intp],
) -> None:
    """reaches: (n, N), to be filled with root, (N,), times how far each row is beyond the threshold
    of each candidate, where it is; counts: (n,), with how many are.

    projections: (D, N) of rows by directions; places: (n,) the direction of each candidate; bounds:
    (n,).
    """
    for candidate in range(len(places)):
        place, bound, count = places[candidate], bounds[candidate], 0
        for i in range(len(root)):
            reach = projections[place, i] + bound
            count += reach > 0
            reaches[candidate, i] = root[i] * max(reach, np.float32(0.0))
        counts[candidate] = count
