"""How far the spread of values over bands has moved from that of a base: the population stability
index.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.statistics.score_ties import lower_edges, tie_scores

#: From here on values have moved a little, and much: what is customary, no test.
SOME_MOVE, LARGE_MOVE = 0.1, 0.25
#: Bands of a number, where it has so many distinct values.
BANDS = 10


class NumberBands(NamedTuple):
    """Bands of a number.

    edges: (b - 1,) between them; band i holds values from edge i - 1 on, below edge i.
    """

    edges: Array

    def __len__(self) -> int:
        """Number of bands."""
        return len(self.edges) + 1

    def place(self, values: Array) -> NDArray[np.intp]:
        """(N,) values -> (N,) their bands."""
        return np.searchsorted(self.edges, values, side="right")

    def limits(self, band: int) -> tuple[float, float]:
        """From where to where, with infinite ends."""
        ends = [-np.inf, *self.edges.tolist(), np.inf]
        return ends[band], ends[band + 1]


def cut_bands(values: Array, bands: int = BANDS) -> NumberBands:
    """Bands of about as many rows each; a value that more rows have is a band of its own, and so
    is every value where there are no more of them than bands.
    """
    distinct = np.unique(values)
    if len(distinct) <= bands:
        return NumberBands(distinct[1:])

    shares = np.arange(1, bands) / bands
    found, counts = np.unique(
        np.quantile(values, shares, method="inverted_cdf"), return_counts=True
    )
    common = found[(counts > 1) | (found == distinct[0])]
    above = np.searchsorted(distinct, common, side="right")
    edges = np.union1d(found, distinct[above[above < len(distinct)]])

    return NumberBands(edges[edges > distinct[0]])


def cut_score_bands(scores: Array) -> NumberBands:
    """`cut_bands` of scores, which rounding doesn't part: those that it alone tells apart are in
    one band, and edges lie as much below the scores that they are taken from.
    """
    return NumberBands(lower_edges(cut_bands(tie_scores(scores)).edges, scores))


def measure_psi(base: Sequence[int] | NDArray[Any], other: Sequence[int] | NDArray[Any]) -> float:
    """Population stability index of counts in the same bands: the sum of (q - p) ln(q / p).

    A band without rows on one side counts as half a row there. NaN where a side has no rows.
    """
    old, new = np.asarray(base, dtype=float), np.asarray(other, dtype=float)
    if old.sum() <= 0 or new.sum() <= 0:
        return np.nan

    some = (old > 0) | (new > 0)
    p = np.maximum(old[some], 0.5) / old.sum()
    q = np.maximum(new[some], 0.5) / new.sum()

    return float(((q - p) * np.log(q / p)).sum())


def name_move(psi: float) -> str:
    """`stable`, `some move` or `large move`, by what is customary."""
    if not np.isfinite(psi):
        return "unknown"
    return "stable" if psi < SOME_MOVE else "some move" if psi < LARGE_MOVE else "large move"
