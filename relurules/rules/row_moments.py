"""What joining pieces costs on the rows of a table: the mean squared difference, with least squares
maps.

The function is affine on a region, so that its rows enter by their second moments alone. What
joining two pieces adds to the sum of squares is the distance of J. H. Ward, "Hierarchical grouping
to optimize an objective function", 1963.
"""

import heapq
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from relurules.errors import DataError, UnsupportedError
from relurules.ir.network import Array
from relurules.rules.fit import MergeCost
from relurules.rules.pieces import AffineFit, AffinePiece, PiecewiseFunction

#: What a region counts as beside its rows, so that every map is defined and none far off for want
#: of rows: so many at its center, so many spread like all rows around it, and that much along every
#: column.
_CENTER, _AROUND, _LEAST = 0.1, 1e-2, 1e-7
#: What one map leaves of a score counts as so many times its rounding at least: a score may be
#: affine itself.
_ROUNDED = 1e6
#: Moments of all regions are at most so many numbers.
_MOST = 50_000_000


class _MomentSums(NamedTuple):
    """Of a part of the domain.

    G: (f + 1, f + 1) second moments of (u, 1); g: (m, f + 1), c: (m,) with the scores'.
    """

    G: Array
    g: Array
    c: Array


class RowMoments(NamedTuple):
    """What is known of rows. sums: by regions, of the scores less `middle`, (m, f + 1), in units of
    `spread`, (m,).

    Costs, and pieces' errors, are shares of the squares that one map for all would leave, added up
    over scores: middle is that map, spread what it leaves of each score, root mean square.
    """

    ground: PiecewiseFunction
    sums: dict[tuple[int, ...], _MomentSums]
    middle: Array
    spread: Array


def summarise_rows(ground: PiecewiseFunction, rows: Array) -> RowMoments:
    """What is to be known of rows (N, d) in the user's coordinates.

    Raises DataError where no row lies in the domain, UnsupportedError where there are too many
    regions.
    """
    G = _compute_moments(ground, rows)
    middle = np.linalg.solve(
        G.sum(axis=0), np.einsum("rij,rmj->im", G, ground.forms)
    ).T  # so rounding matters less
    rest = ground.forms - middle
    floor = np.maximum(_ROUNDED * ground.least, np.sqrt(np.finfo(np.float64).tiny))
    spread = np.sqrt(np.maximum(np.einsum("rmi,rij,rmj->m", rest, G, rest), floor**2))
    rest = rest / spread[:, None]
    sums: dict[tuple[int, ...], _MomentSums] = {
        (i,): _MomentSums(G[i], own @ G[i], ((own @ G[i]) * own).sum(axis=1))
        for i, own in enumerate(rest)
    }

    return RowMoments(ground, sums, middle, spread)


def make_row_cost(table: RowMoments) -> MergeCost:
    """What joining costs, and the least squares map."""

    def fit(one: AffinePiece, other: AffinePiece) -> tuple[float, AffineFit]:
        if one.error == 0.0 == other.error and table.ground.same(one.forms, other.forms):
            return 0.0, AffineFit(one.forms, 0.0)
        G, g, c = _pool_sums(table, one, other)
        form = np.linalg.solve(G, g.T).T
        apart = one.error + other.error
        error = max(apart, float((c - (form * g).sum(axis=1)).sum()))
        return error - apart, AffineFit(form * table.spread[:, None] + table.middle, error)

    return MergeCost(lambda one, other: fit(one, other)[0], fit)


def _pool_sums(table: RowMoments, *pieces: AffinePiece) -> _MomentSums:
    """Of pieces together, from those of each, or of its regions, where they aren't known."""
    regions = tuple(region for piece in pieces for region in piece.regions)
    if regions not in table.sums:
        parts = (
            [_pool_sums(table, piece) for piece in pieces]
            if len(pieces) > 1
            else [table.sums[(i,)] for i in regions]
        )
        table.sums[regions] = _MomentSums(
            *(np.sum(own, axis=0) for own in zip(*parts, strict=True))
        )

    return table.sums[regions]


def drop_light_terms(
    table: RowMoments, pieces: Sequence[AffinePiece], rise: float
) -> list[AffinePiece]:
    """Without the terms that matter least on the rows, while that adds no more than `rise` to the
    pieces' errors.

    The other terms of a score on a piece are fitted anew each time.
    """
    found = list(pieces)
    heap = [
        (_find_lightest_term(table, piece, m), i, m)
        for i, piece in enumerate(found)
        for m in range(len(piece.forms))
    ]
    heapq.heapify(heap)

    while heap and heap[0][0].rise <= rise:
        step, i, m = heapq.heappop(heap)
        rise -= step.rise
        forms = found[i].forms.copy()
        forms[m] = step.form
        found[i] = found[i]._replace(forms=forms, error=found[i].error + step.rise)
        heapq.heappush(heap, (_find_lightest_term(table, found[i], m), i, m))

    return found


class _TermRemoval(NamedTuple):
    """A score's form (f + 1,) without one term more, and what that adds to the piece's error."""

    rise: float
    form: tuple[float, ...]


def _find_lightest_term(table: RowMoments, piece: AffinePiece, m: int) -> _TermRemoval:
    """The term of a score that costs least; infinite where there is none."""
    G, g, c = _pool_sums(table, piece)
    middle, spread = table.middle[m], float(table.spread[m])
    used, goal = np.flatnonzero(piece.forms[m, :-1]), g[m] * spread + G @ middle

    def left(form: Array) -> float:
        rest = (form - middle) / spread
        return float(c[m] - 2 * rest @ g[m] + rest @ G @ rest)

    best = _TermRemoval(np.inf, ())
    before = left(piece.forms[m])
    for j in used:
        kept = np.append(used[used != j], len(middle) - 1)
        form = np.zeros(len(middle))
        form[kept] = np.linalg.solve(G[np.ix_(kept, kept)], goal[kept])
        rise = max(0.0, left(form) - before)
        if rise < best.rise:
            best = _TermRemoval(rise, tuple(form.tolist()))

    return best


def _compute_moments(ground: PiecewiseFunction, rows: Array) -> Array:
    """(R, f + 1, f + 1) second moments of (u, 1) over the rows of every region, as shares of all
    rows.
    """
    partition = ground.partition
    R, f = ground.centers.shape
    if R * (f + 1) ** 2 > _MOST:
        raise UnsupportedError(
            f"{R} regions of {f} columns are too many for fidelity='rows'; train to fewer rules"
        )

    rows = rows[partition.domain.contains(rows)]
    if not len(rows):
        raise DataError("fidelity='rows': no row of the data lies in the domain")

    region = partition.tree.route(rows)
    U = np.column_stack([ground.frame.from_user(rows), np.ones(len(rows))])
    centers = np.column_stack([ground.centers, np.ones(R)])
    G = _CENTER * centers[:, :, None] * centers[:, None, :]
    G[:, :-1, :-1] += _AROUND * (
        np.cov(U[:, :-1], rowvar=False).reshape(f, f) if len(rows) > 1 else 0.0
    )
    G[:, :-1, :-1] += _LEAST * np.eye(f)
    order = np.argsort(region, kind="stable")

    for part in np.split(order, np.flatnonzero(np.diff(region[order])) + 1):
        G[region[part[0]]] += U[part].T @ U[part]

    return np.asarray(G / len(rows))
