"""Which half-spaces of a polytope follow from the others: proposed by the simplex method, then
certified.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from relurules.lp import certified, polytope
from relurules.lp.lengths import vector_length
from relurules.lp.maxima import bound_maxima
from relurules.lp.program_starts import find_program_start
from relurules.lp.rational_simplex import scale_to_whole

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class RationalRows(Protocol):
    """The same rows G u <= h without rounding, each in a scale of its own."""

    @property
    def G(self) -> NDArray[Any]:  # noqa: N802  # as everywhere
        """(c, f)."""

    @property
    def h(self) -> NDArray[Any]:
        """(c,)."""


class _RowSelection(NamedTuple):
    G: NDArray[Any]
    h: NDArray[Any]


def certify_needed_rows(
    G: Array, h: Array, first: int, room: Array, exact: Callable[[], RationalRows]
) -> Mask:
    """Which rows are needed to describe {u : G u <= h}: (c,) bool; the rows before `first` stay in
    any case.

    G: (c, f), unit rows; room: (c - first,) by how much a row may be exceeded where the others
    hold: what rounding may make of its own test. A row goes only where that is certified, in floats
    or, where these don't tell, in rational numbers: `exact` gives the same rows as these, those
    before `first` in any number and order.
    """
    keep = np.ones(len(h), dtype=np.bool_)
    if first < len(h):
        keep = polytope.find_needed_rows(G, h, np.arange(first, len(h)))

    gone = np.flatnonzero(~keep)

    def both() -> tuple[RationalRows, RationalRows]:
        rows = exact()
        walls = len(rows.h) - (len(h) - first)
        stay = np.append(np.ones(walls, dtype=np.bool_), keep[first:])
        return _select_rows(rows, stay), _select_rows(rows, gone - first + walls)

    holds = find_implied_rows(G[keep], h[keep], G[gone], h[gone], room[gone - first], both)
    keep[gone[~holds]] = True
    return keep


def find_exactly_implied(
    exact: Callable[[], RationalRows], count: int, keep: Mask, asked: NDArray[np.intp], room: Array
) -> Mask:
    """Which of the last `count` rows, those asked about, the rows kept imply, by rational numbers;
    no in doubt.

    keep: (count,); exact: the same rows behind others, which stay; room: (count,).
    """
    rows = exact()
    walls = len(rows.h) - count
    whole = _scale_rows(_select_rows(rows, np.append(np.ones(walls, dtype=np.bool_), keep)))
    own = _select_rows(rows, asked + walls)
    return np.array(
        [_is_below_exactly(whole, own, i, float(room[k])) for i, k in enumerate(asked.tolist())],
        dtype=np.bool_,
    )


def find_implied_rows(
    G: Array,
    h: Array,
    rows: Array,
    limits: Array,
    room: Array,
    exact: Callable[[], tuple[RationalRows, RationalRows]],
) -> Mask:
    """Which rows (n, f), u -> rows u - limits, are at most `room` (n,) all over {u : G u <= h}; no
    in doubt.

    exact: the polytope and the rows in rational numbers.
    """
    if not len(rows):
        return np.zeros(0, dtype=np.bool_)

    holds, near = np.zeros(len(rows), dtype=np.bool_), np.arange(len(rows))
    box, _ = find_program_start(G, h)
    if not box.cone:  # where a coordinate has no end, no rounding of G is small
        bounds = bound_maxima(G, h, np.column_stack([rows, -limits])).bounds
        holds = bounds <= room
        near = np.flatnonzero(~holds & (bounds <= certified.NEAR))

    if len(near):
        whole, asked = exact()
        whole = _scale_rows(whole)
        for i in near:
            holds[i] = _is_below_exactly(whole, asked, int(i), float(room[i]))

    return holds


def _is_below_exactly(whole: RationalRows, asked: RationalRows, i: int, room: float) -> bool:
    """Whether a row is at most so much, in its length, all over a polytope; False in doubt."""
    length = vector_length(asked.G[i].astype(np.float64)) or 1.0
    value = certified.maximise_exactly(whole.G, whole.h, np.append(asked.G[i], -asked.h[i]))
    return value is not None and value <= room * length


def _scale_rows(rows: RationalRows) -> RationalRows:
    """The same half-spaces in whole numbers, so that not every question has to scale them."""
    table = np.empty((len(rows.h), rows.G.shape[1] + 1), dtype=object)
    for i, row in enumerate(np.column_stack([rows.G, rows.h]).tolist()):
        table[i] = scale_to_whole(row)
    return _RowSelection(table[:, :-1], table[:, -1])


def _select_rows(rows: RationalRows, which: NDArray[Any]) -> RationalRows:
    return _RowSelection(rows.G[which], rows.h[which])
