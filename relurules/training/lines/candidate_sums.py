"""What the gain of every candidate line is computed from, over all rows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.training.lines.candidates import DirectionTable
from relurules.training.lines.kernels.candidate_rows import fill_reaches
from relurules.training.lines.row_views import are_many

#: Candidates that are computed at once.
_BLOCK = 64

Singles = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class ScorerRows:
    """X: (d, N). root: (N,) of the loss's curvature. frame: (F, N) what a model can do already, of
    length 1 and at right angles to one another. residual: (N,), or (N, m) of m scores.
    """

    X: Singles
    root: Singles
    frame: Singles
    residual: Singles


@dataclass(frozen=True, kw_only=True)
class CandidateSums:
    """Of z, root times how far each row is beyond a candidate's threshold: counts: (n,) of rows
    that are beyond it; sizes, known: (n,) the squares of z, and of what of it the frame can do;
    cross: (n,) or (n, m) what z explains of the residual.
    """

    counts: NDArray[np.intp]
    sizes: Singles
    known: Singles
    cross: Singles


def sum_candidates(rows: ScorerRows, table: DirectionTable) -> CandidateSums:
    """The sums of every candidate."""
    n = len(table.bounds)
    counts, sizes, known = np.empty(n, np.intp), np.empty(n, np.float32), np.empty(n, np.float32)
    cross = np.empty((n, *rows.residual.shape[1:]), np.float32)
    across = np.ascontiguousarray(rows.frame.T)

    for some, reaches in _reach_candidates(rows, table, counts):
        explained = reaches @ across
        sizes[some] = np.einsum("ij,ij->i", reaches, reaches)
        known[some] = np.einsum("ij,ij->i", explained, explained)
        cross[some] = reaches @ rows.residual

    return CandidateSums(counts=counts, sizes=sizes, known=known, cross=cross)


def _reach_candidates(
    rows: ScorerRows, table: DirectionTable, counts: NDArray[np.intp]
) -> Iterator[tuple[slice, Singles]]:
    """Some candidates and their z, (n, N), until all have been; their counts are filled in."""
    many, n = are_many(len(rows.root)), len(table.bounds)
    work = np.empty((min(n, _BLOCK), len(rows.root)), dtype=np.float32)
    for start in range(0, n, _BLOCK):
        some = slice(start, min(n, start + _BLOCK))
        own, places = np.unique(table.numbers[some], return_inverse=True)
        projections = table.matrix[own].astype(np.float32) @ rows.X
        bounds, reaches = table.bounds[some].astype(np.float32), work[: some.stop - start]

        if many:
            fill_reaches(projections, places, bounds, rows.root, reaches, counts[some])
        else:
            np.add(projections[places], bounds[:, None], out=reaches)
            np.maximum(reaches, 0.0, out=reaches)
            counts[some] = np.count_nonzero(reaches, axis=1)
            reaches *= rows.root
        yield some, reaches
