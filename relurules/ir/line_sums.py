"""What additive rules add up to, for a block of rows as columns (d, n).

Equal rows get equal sums, bit for bit, see `domain.linear_forms`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from time import thread_time

import numpy as np

from relurules.domain.linear_forms import add_weighted, evaluate_forms, iterate_forms
from relurules.ir.kernels.line_rows import SparseForms, SparseLines, add_line_rows
from relurules.ir.network import AffineMap, Array
from relurules.ir.score_parts import ScorePart
from relurules.lp.compilation import StandInPatience

#: Rows of a block that machine code is called for: of fewer, numpy takes about as long.
_MANY = 256
_PATIENCE = StandInPatience("line_rows.add_line_rows")


@dataclass(frozen=True, kw_only=True)
class LineSum:
    """What adds up to the scores of K lines.

    base: weights (m, d), constants (m,).
    normals, bounds, slopes: (K, d), (K,) and (K, m) of the lines.
    groups: each (n, d) rows of the domain -> (n, m) what it adds.
    """

    base: AffineMap
    normals: Array
    bounds: Array
    slopes: Array
    groups: Sequence[Callable[[Array], Array]]

    @cached_property
    def rows(self) -> SparseLines:
        """The base and the lines, as machine code takes them."""
        return SparseLines(
            bases=_pack_forms(self.base.weights),
            constants=self.base.constants + 0.0,
            lines=_pack_forms(self.normals),
            bounds=np.array(self.bounds, dtype=np.float64),
            slopes=np.array(self.slopes, order="C"),
        )


def add_up_lines(lines: LineSum, columns: Array) -> Array:
    """(m, n) scores of rows of the domain: the base, then every line, then every group.

    Many rows are left to machine code, once numpy has taken as long as that takes to come by; the
    sums are the same bits.
    """
    if columns.shape[1] < _MANY:
        scores = _add_up_by_numpy(lines, columns)
    elif _PATIENCE.is_over:
        scores = _add_up_by_machine(lines, columns)
    else:
        began = thread_time()
        scores = _add_up_by_numpy(lines, columns)
        _PATIENCE.add(thread_time() - began)

    for evaluate in lines.groups:
        scores += evaluate(columns.T).T

    return scores


def _add_up_by_numpy(lines: LineSum, columns: Array) -> Array:
    scores = evaluate_forms(columns, lines.base.weights)
    scores += lines.base.constants[:, None] + 0.0  # of a zero, the sign too is to be one
    add_weighted(scores, _activate_lines(lines, columns), lines.slopes)
    return scores


def _add_up_by_machine(lines: LineSum, columns: Array) -> Array:
    scores = np.empty((len(lines.base.constants), columns.shape[1]))
    add_line_rows(np.ascontiguousarray(columns), lines.rows, np.empty(columns.shape[1]), scores)
    return scores


def _pack_forms(weights: Array) -> SparseForms:
    """(K, d) forms, without the columns that they don't read."""
    which, places = np.nonzero(weights)
    starts = np.searchsorted(which, np.arange(len(weights) + 1))
    return SparseForms(
        starts=starts.astype(np.intp),
        places=np.ascontiguousarray(places, dtype=np.intp),
        weights=np.ascontiguousarray(weights[which, places]),
    )


def add_up_parts(
    lines: LineSum, parts: Sequence[ScorePart], columns: Array, which: slice, found: Array
) -> None:
    """Write what every part adds to some of the scores, (P, m, n)."""
    beyond = list(_activate_lines(lines, columns))
    slopes = lines.slopes[:, which]

    for added, part in zip(found, parts, strict=True):
        weights = part.weights[which]
        added[...] = evaluate_forms(columns[part.coordinates], weights) if weights.any() else 0.0
        add_weighted(added, [beyond[line] for line in part.lines], slopes[part.lines])
        for group in part.groups:
            np.add(added, lines.groups[group](columns.T).T[which], out=added)


def _activate_lines(lines: LineSum, columns: Array) -> Iterator[Array]:
    """(n,) of every line: how far each row lies beyond its bound, 0 where it doesn't."""
    for form, bound in zip(iterate_forms(columns, lines.normals), lines.bounds, strict=True):
        beyond = np.subtract(form, bound, out=form)
        yield np.maximum(beyond, 0.0, out=beyond)
