"""Rows of additive rules in blocks that stay in a core's cache: no array of all rows and all lines
is made.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.domain.columns import is_plain
from relurules.ir.network import Array

#: Numbers in a block, of its rows and of their lines: two megabytes, what a core's second cache
#: holds. Of fewer rows than _FEWEST, calls take longer than what they compute; a column of _MOST
#: rows is what the first cache holds.
_NUMBERS = 2**18
_FEWEST, _MOST = 2**8, 2**13


def iterate_blocks(X: NDArray[Any], numbers: int) -> Iterator[tuple[slice, Array]]:
    """Rows (N, d) of any type of number in order, in blocks that fit the cache: which they are, and
    the rows as columns (d, n), each in one piece of memory, where the next block will be.

    numbers: of one row, and of what is computed of it.
    """
    rows, d = X.shape
    step = min(_MOST, max(_FEWEST, _NUMBERS // max(1, numbers)))
    kept = np.empty(d * min(step, rows))

    for start in range(0, rows, step):
        at = slice(start, min(start + step, rows))
        columns = kept[: d * (at.stop - start)].reshape(d, at.stop - start)
        columns[...] = X[at].T
        yield at, columns


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
