"""Rows of additive rules in blocks that stay in a core's cache: no array of all rows and all lines
is made.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.domain.columns import is_plain

#: Numbers in a block, of its rows and of their lines: a megabyte, what a core's second cache holds.
#: Of fewer rows than _FEWEST, calls take longer than what they compute.
_NUMBERS = 2**17
_FEWEST = 2**8


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
