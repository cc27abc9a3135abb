"""Scores of additive rules, in blocks of rows that stay in a core's cache.

A block's lines stand one below the other, (K, rows), so that one matrix product gives all of them
and what follows runs along rows that lie side by side. No array of all rows and all lines is made.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.domain.columns import is_plain
from relurules.ir.network import AffineMap, Array

#: Numbers in a block, of its rows and of their lines: a megabyte, what a core's second cache holds.
#: Of fewer rows than _FEWEST, calls take longer than what they compute.
_NUMBERS = 2**17
_FEWEST = 2**8


@dataclass(frozen=True, kw_only=True)
class LineSum:
    """What adds up to the scores of K lines.

    base: weights (m, d), constants (m,); normals (K, d), bounds (K,) and slopes (K, m) of lines;
    groups: each (n, d) rows of the domain -> (n, m) what it adds.
    """

    base: AffineMap
    normals: Array
    bounds: Array
    slopes: Array
    groups: Sequence[Callable[[Array], Array]]


def iterate_blocks(rows: int, numbers: int) -> Iterator[slice]:
    """So many rows in order, in blocks that fit the cache; numbers: of one row."""
    step = max(_FEWEST, _NUMBERS // max(1, numbers))
    return (slice(start, start + step) for start in range(0, rows, step))


def read_coordinates(domain: Domain, table: Any) -> NDArray[Any]:
    """The rows of a table in coordinates, (N, d), of any type of number.

    An array that holds them already is given as it is, without a copy; don't change it.
    """
    width = len(domain.names)
    as_it_is = (
        type(table) is np.ndarray
        and table.dtype.kind in "biuf"
        and table.shape[1:] == (width,)
        and domain.table_places is None
        and is_plain(domain.columns)
    )
    return table if as_it_is else domain.rows(table)


@np.errstate(over="ignore", invalid="ignore")
def add_up_lines(lines: LineSum, domain: Domain, X: NDArray[Any]) -> Array:
    """(N, d) rows in coordinates -> (N, m) scores, NaN for a row outside the domain.

    The order in which a row's terms are added is that of a matrix product, and may depend on how
    many rows there are: scores of one row differ by rounding alone.
    """
    count = len(lines.bounds)
    forms = np.vstack([lines.normals, lines.base.weights])
    bounds, constants = lines.bounds[:, None], lines.base.constants[:, None]
    scores = np.full((len(X), len(constants)), np.nan)

    for at in iterate_blocks(len(X), sum(forms.shape)):
        rows = np.asarray(X[at], dtype=np.float64)
        inside = domain.contains(rows)
        whole = bool(inside.all())
        rows = rows if whole else rows[inside]

        values = forms @ rows.T
        beyond, found = values[:count], values[count:]
        beyond -= bounds
        np.maximum(beyond, 0.0, out=beyond)
        found += constants
        found += lines.slopes.T @ beyond
        for evaluate in lines.groups:
            found += evaluate(rows).T

        scores[at][slice(None) if whole else inside] = found.T

    return scores
