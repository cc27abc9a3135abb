"""Which activation patterns the rows of a table reach, and how often (Network, rows -> Reached).

Rows are read once, in pieces, and a pattern is kept as one bit per neuron; what is held at any time
depends on the number of patterns, not of rows. The idea of reading a network by the patterns of its
data: A. Sudjianto et al., "Unwrapping The Black Box of Deep ReLU Networks: Interpretability,
Diagnostics, and Simplification", 2020.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.ir import Network, Reached
from relurules.ir.network import Array, validate_rows
from relurules.ir.signs import SignReader
from relurules.partitioning.distinct_patterns import PatternCounter

#: Rows are taken in pieces of at most so many numbers, but never fewer than _FEWEST rows.
_PIECE = 2**21
_FEWEST = 2**8


def collect_patterns(
    network: Network,
    data: Array | Iterable[Array],
    *,
    domain: Domain | None = None,
    progress: Callable[[int], None] | None = None,
) -> Reached:
    """The patterns of all rows, with counts.

    data: (N, d) float64 in the network's coordinates, or an iterable of such chunks, of any number
    of rows each. Rows with a NaN or an infinite value, or outside `domain`, are left out and
    counted. `progress` is called with the number of rows done. A pattern is the sign of
    `network.preactivations`, +1 for z >= 0; where z is so near 0 that it depends on the order of a
    sum, the one that holds is that of the row evaluated alone. So chunks make no difference.
    """
    signs = SignReader.of(network)
    d = network.A.shape[1]
    found = PatternCounter(signs.words, d)
    limits = None if domain is None or _is_open(domain) else domain
    rows = outside = 0

    for piece in _iterate_pieces(data, d, len(network)):
        inside = _find_inside(piece, limits)
        kept = piece if inside.all() else piece[inside]
        found.add(signs.packed(kept), rows + np.flatnonzero(inside), kept)
        rows, outside = rows + len(piece), outside + len(piece) - len(kept)
        if progress is not None:
            progress(rows)

    words, counts, first, points = found.table()
    return Reached(network, signs.unpacked(words), counts, first, points, rows, outside, domain)


def _iterate_pieces(data: Array | Iterable[Array], d: int, K: int) -> Iterator[Array]:
    """The rows in order, in pieces of bounded size; DataError for a chunk that hasn't d columns."""
    step = max(_FEWEST, _PIECE // (d + K + 1))
    for chunk in [data] if isinstance(data, np.ndarray) else data:
        chunk = validate_rows(chunk, d)  # noqa: PLW2901
        for start in range(0, len(chunk), step):
            yield chunk[start : start + step]


def _is_open(domain: Domain) -> bool:
    """Whether every row of finite values lies inside."""
    sides = np.isfinite(domain.lower) | np.isfinite(domain.upper)
    return not (sides.any() or domain.groups or len(domain.normals))


def _find_inside(piece: Array, domain: Domain | None) -> NDArray[np.bool_]:
    if domain is not None:
        return domain.contains(piece)
    finite = np.isfinite(piece)
    return np.ones(len(piece), dtype=np.bool_) if finite.all() else np.asarray(finite.all(axis=1))
