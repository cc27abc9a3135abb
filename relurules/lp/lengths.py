"""Euclidean lengths of numbers of any magnitude."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def row_lengths(rows: Array) -> Array:
    """(n,) Euclidean lengths of rows (n, f) of any magnitude: squares of 1e-170 vanish, and those
    of 1e170 overflow. Scales are powers of two, so that nothing else is rounded.
    """
    _, powers = np.frexp(np.abs(rows).max(axis=1, initial=0.0))
    return np.asarray(np.ldexp(np.linalg.norm(np.ldexp(rows, -powers[:, None]), axis=1), powers))


def vector_length(vector: Array) -> float:
    """The same of one vector (f,)."""
    return float(row_lengths(vector[None])[0])
