"""What additive rules add up to, for a block of rows as columns (d, n).

Equal rows get equal sums, bit for bit, see `domain.linear_forms`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from relurules.domain.linear_forms import add_weighted, evaluate_forms, iterate_forms
from relurules.ir.network import AffineMap, Array
from relurules.ir.score_parts import ScorePart


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


def add_up_lines(lines: LineSum, columns: Array) -> Array:
    """(m, n) scores of rows of the domain: the base, then every line, then every group."""
    scores = evaluate_forms(columns, lines.base.weights)
    scores += lines.base.constants[:, None] + 0.0  # of a zero, the sign too is to be one
    add_weighted(scores, _activate_lines(lines, columns), lines.slopes)

    for evaluate in lines.groups:
        scores += evaluate(columns.T).T

    return scores


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
