"""One row of a user's table."""

from typing import Any

import numpy as np

from relurules.errors import DataError
from relurules.ir.network import Array
from relurules.ir.scorer import Scorer
from relurules.tables.table import read_single_row


def read_row(rules: Scorer, row: Any) -> Array:
    """A mapping, Series, frame of one row, or d numbers, as coordinates (d,); else DataError."""
    if row is None:
        raise DataError(
            "say which row: a mapping of columns to values, a frame of one row, or numbers"
        )

    X = rules.domain.rows(read_single_row(row))
    if len(X) != 1:
        raise DataError(f"expected one row, found {len(X)}; choose one, such as frame.iloc[[0]]")
    return np.asarray(X[0])
