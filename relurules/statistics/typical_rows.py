"""Rows that stand for those of a local model: of each, the row nearest to the mean of its rows."""

import numpy as np

from relurules.ir.local_models import Sample
from relurules.ir.network import Array
from relurules.statistics.row_passes import BLOCK_ROWS, Indices, RowBlock

#: Decimals of a distance, beyond which rounding tells rows apart: of equally near ones it is the
#: first.
_DECIMALS = 12


class RowCentres:
    """Sums of the rows of R local models.

    origin: (d,) the first row, which others are counted from, so that columns of large values lose
    nothing; sums: (R, d); counts: (R,).
    """

    def __init__(self, models: int, width: int) -> None:
        """Of no rows yet."""
        self.origin: Array = np.zeros(width)
        self.sums: Array = np.zeros((models, width))
        self.counts = np.zeros(models, dtype=np.int64)

    def add(self, block: RowBlock) -> None:
        """Add a block of rows."""
        R = len(self.counts)
        if not self.counts.any():
            self.origin = block.X[0].copy()
        self.counts += np.bincount(block.of, minlength=R)
        for j, column in enumerate(block.X.T):
            self.sums[:, j] += np.bincount(block.of, column - self.origin[j], minlength=R)

    @property
    def centres(self) -> Array:
        """(R, d) means, counted from the origin."""
        return np.asarray(self.sums / np.maximum(self.counts, 1)[:, None])


class NearestRows:
    """The row of each local model that is nearest to its centre so far.

    rows: (R, d), of a model without rows any; distances in standard deviations of the coordinates.
    """

    def __init__(self, found: RowCentres, deviations: Array) -> None:
        """deviations: (d,) of all rows."""
        self.origin, self.centres = found.origin, found.centres
        self.scale = np.where(deviations > 0, deviations, 1.0)
        self.rows: Array = np.zeros_like(self.centres)
        self.distances = np.full(len(self.centres), np.inf)
        self.known = np.zeros(len(self.centres), dtype=np.bool_)

    def add(self, block: RowBlock) -> None:
        """Look at a block of rows."""
        apart = (((block.X - self.origin) - self.centres[block.of]) / self.scale) ** 2
        distance = apart.sum(axis=1).round(_DECIMALS)
        distance[np.isnan(distance)] = np.inf
        least = np.full(len(self.rows), np.inf)
        np.minimum.at(least, block.of, distance)

        nearest = np.flatnonzero(distance == least[block.of])
        models, places = np.unique(block.of[nearest], return_index=True)
        rows = nearest[places]
        better = (distance[rows] < self.distances[models]) | ~self.known[models]
        models, rows = models[better], rows[better]
        self.rows[models], self.distances[models] = block.X[rows], distance[rows]
        self.known[models] = True


def find_typical_row(sample: Sample, model: int) -> Array:
    """(d,) the row of a local model, which has some, that is nearest to the mean of its rows."""
    rows = sample.X[sample.of == model]
    starts = range(0, len(rows), BLOCK_ROWS)
    blocks = [_make_block(start, rows[start : start + BLOCK_ROWS]) for start in starts]
    centres = RowCentres(1, rows.shape[1])
    for block in blocks:
        centres.add(block)

    nearest = NearestRows(centres, sample.deviations)
    for block in blocks:
        nearest.add(block)
    return np.asarray(nearest.rows[0])


def _make_block(first: int, X: Array) -> RowBlock:
    of: Indices = np.zeros(len(X), dtype=np.intp)
    return RowBlock(first=first, X=X, of=of, values=np.empty(0))
