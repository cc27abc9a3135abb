"""The lines that are written down, in the user's units, and their least slope along a column."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from relurules.ir.network import Array
from relurules.statistics.exact_slopes import LineArrays, find_least_slope


@dataclass(frozen=True, kw_only=True)
class PlainLines:
    """score = constant + base x + the sum of slopes max(0, normals x - thresholds), in the user's
    units; base: (d,), normals: (K, d), thresholds, slopes: (K,).
    """

    constant: float
    base: Array
    normals: Array
    thresholds: Array
    slopes: Array

    @property
    def maps(self) -> tuple[Array, Array, Array]:
        """The base, (1, d), the slopes, (1, K), and the constant, (1,)."""
        return self.base[None], self.slopes[None], np.array([self.constant])


def compute_least_slope(plain: PlainLines, place: int, trend: int) -> Fraction:
    """A lower bound of the trend times the score's slope along one coordinate, everywhere, exact;
    see `find_least_slope`.
    """
    lines = LineArrays(
        base=plain.base,
        normals=plain.normals,
        thresholds=plain.thresholds,
        slopes=plain.slopes,
    )
    return find_least_slope(lines, place, trend)
