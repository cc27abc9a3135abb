"""What additive rules add up to, for a block of rows as columns (d, n).

Equal rows get equal sums, bit for bit, see `domain.linear_forms`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from time import thread_time
from typing import NamedTuple

import numpy as np

from relurules.domain.linear_forms import (
    Term,
    add_weighted,
    evaluate_forms,
    iterate_forms,
    list_terms,
    write_form,
)
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
    def terms(self) -> list[list[Term]]:
        """Of each line the coordinates that it reads, with their weights."""
        return [list_terms(row) for row in self.normals]

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


class PartTerms(NamedTuple):
    """What adds up to what a part adds to m scores.

    base: of each score the coordinates that are read, with their weights; lines: each with its m
    slopes; groups: their numbers.
    """

    base: list[list[Term]]
    lines: list[tuple[int, list[float]]]
    groups: tuple[int, ...]


def list_part_terms(lines: LineSum, parts: Sequence[ScorePart], which: slice) -> list[PartTerms]:
    """What adds up to what every part adds to some of the scores."""
    slopes = lines.slopes[:, which]
    return [
        PartTerms(
            base=[list_terms(row, part.coordinates) for row in part.weights[which]],
            lines=[(line, slopes[line].tolist()) for line in part.lines.tolist()],
            groups=part.groups,
        )
        for part in parts
    ]


def add_up_parts(
    lines: LineSum, parts: Sequence[PartTerms], columns: Array, which: slice, found: Array
) -> None:
    """Write what every part adds to some of the scores, (P, m, n)."""
    beyond = list(_activate_lines(lines, columns))
    term = np.empty(columns.shape[1])

    for added, part in zip(found, parts, strict=True):
        for own, terms in zip(added, part.base, strict=True):
            write_form(columns, terms, own, term)
            np.add(own, 0.0, out=own)  # of a zero, the sign too is to be one
        for line, slopes in part.lines:
            for own, slope in zip(added, slopes, strict=True):
                np.multiply(beyond[line], slope, out=term)
                np.add(own, term, out=own)
        for group in part.groups:
            np.add(added, lines.groups[group](columns.T).T[which], out=added)


def _activate_lines(lines: LineSum, columns: Array) -> Iterator[Array]:
    """(n,) of every line: how far each row lies beyond its bound, 0 where it doesn't."""
    forms = iterate_forms(columns, lines.normals, lines.terms)
    for form, bound in zip(forms, lines.bounds, strict=True):
        beyond = np.subtract(form, bound, out=form)
        yield np.maximum(beyond, 0.0, out=beyond)
