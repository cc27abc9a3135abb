"""What a table tells about its columns: which are text, their ranges, and which are a one-hot
encoding; and which categories ranges leave open.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import Category, Column
from relurules.domain.derivation import ROUNDED_FUNCTIONS
from relurules.errors import DomainError
from relurules.tables.table import DataColumn, read_table

Array = NDArray[np.float64]

#: Fewer rows than this don't show that some columns are a one-hot encoding.
_ROWS = 10
#: Room for the last digits of a function, as a share of it; and as multiples of 1.
_ROUNDING, _LAST_DIGITS = 1e-12, 2.0**-49


def infer_columns(table: Any) -> tuple[Column, ...]:
    """The columns of a frame, those that hold text as categories; of an array, numbers named x0,
    x1, ...
    """
    table = read_table(table)
    if not table.named and len(table.shape) != 2:
        raise DomainError(f"expected a table of shape (rows, columns), found shape {table.shape}")
    return tuple(map(_infer_column, table.columns))


def _infer_column(column: DataColumn) -> Column:
    if column.numeric:
        return Column(column.name)

    found = column.entries
    texts = sorted({value for value in found if isinstance(value, str)})
    if not texts:
        return Column(column.name)

    mixed = next((value for value in found if isinstance(value, float)), None)
    if mixed is not None:
        raise DomainError(
            f"column {column.name!r} holds text such as {texts[0]!r} and numbers such as "
            f"{mixed!r}; make it one or the other"
        )

    missing = [Category(missing=True)] if None in found else []
    return Column(column.name, (*(Category((text,)) for text in texts), *missing))


def compute_ranges(
    X: Array, names: Sequence[str], groups: Sequence[Sequence[int]]
) -> tuple[Array, Array]:
    """Least and largest value of every coordinate of X (N, d); 0 and 1 in groups of indicators."""
    if not X.shape[1]:
        raise DomainError("the table has no columns")
    if not len(X):
        raise DomainError("the table has no rows, so its columns have no range")

    for j, name in enumerate(names):
        if np.isnan(X[:, j]).all():
            raise DomainError(
                f"column {name!r} holds no value at all; drop it or give its bounds with Domain.box"
            )
        if np.isinf(X[:, j]).any():
            raise DomainError(
                f"column {name!r}, row {int(np.argmax(np.isinf(X[:, j])))}: infinite value"
            )

    lower, upper = np.nanmin(X, axis=0), np.nanmax(X, axis=0)
    for group in groups:
        lower[list(group)], upper[list(group)] = 0.0, 1.0

    return lower, upper


def list_open_members(
    groups: Sequence[Sequence[int]], lower: Array, upper: Array
) -> list[list[int]]:
    """Of every one-hot group the coordinates that may be its 1, by the sides (d,) of a box."""
    return [
        [j for j in group if upper[j] >= 1.0 and all(lower[i] < 1.0 for i in group if i != j)]
        for group in groups
    ]


def widen_derived_ranges(
    lower: Array, upper: Array, columns: Sequence[Column]
) -> tuple[Array, Array]:
    """Ranges (d,) of rows, with room for what other languages make of the same rows: their
    logarithms and powers differ in the last digits. A column of one value stays so.
    """
    room, first = np.zeros(len(lower)), 0
    for column in columns:
        if column.derivation is not None and column.derivation.function in ROUNDED_FUNCTIONS:
            room[first] = _ROUNDING * max(abs(lower[first]), abs(upper[first]))
            if column.derivation.function == "yeo_johnson":  # which takes 1 from a power
                power = column.derivation.constants[0]
                room[first] += _LAST_DIGITS / min(abs(power), abs(2.0 - power))
        first += column.width

    room[lower == upper] = 0.0
    return lower - room, upper + room


def find_whole_numbers(X: Array) -> NDArray[np.bool_]:
    """(d,): which coordinates are whole numbers wherever they are known."""
    return np.array([bool(np.all(np.isnan(c) | (c == np.round(c)))) for c in X.T], dtype=bool)


def find_indicator_groups(X: Array) -> list[tuple[int, ...]]:
    """Runs of neighbouring columns that hold 0 and 1, both in each, and sum to 1 in every row."""
    if len(X) < _ROWS:
        return []

    binary = ((X == 0) | (X == 1)).all(axis=0) & (X == 1).any(axis=0) & (X == 0).any(axis=0)
    groups, first = [], 0
    while first < X.shape[1]:
        total, end = np.zeros(len(X)), first
        while end < X.shape[1] and binary[end] and total.max() <= 1 and not total.all():
            total, end = total + X[:, end], end + 1
        found = end > first and bool((total == 1).all())
        if found:
            groups.append(tuple(range(first, end)))
        first = end if found else first + 1

    return groups
