"""One row of a user's table."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from relurules.errors import DataError
from relurules.ir.network import Array
from relurules.ir.scorer import Scorer
from relurules.tables.table import read_column_names


def read_row(rules: Scorer, row: Any) -> Array:
    """A mapping, Series, frame of one row, or d numbers, as coordinates (d,); else DataError."""
    import pandas

    if row is None:
        raise DataError(
            "say which row: a mapping of columns to values, a frame of one row, or numbers"
        )

    if isinstance(row, pandas.Series):
        row = row.to_dict()
    if isinstance(row, Mapping):
        row = pandas.DataFrame({str(name): [value] for name, value in row.items()}, dtype=object)

    table = row if read_column_names(row) is not None or np.ndim(row) == 2 else np.asarray([row])
    X = rules.domain.rows(table)
    if len(X) != 1:
        raise DataError(f"expected one row, found {len(X)}; choose one, such as frame.iloc[[0]]")
    return np.asarray(X[0])
