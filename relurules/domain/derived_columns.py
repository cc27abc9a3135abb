"""Columns that are functions of others: how they are made, and what they are in a table's rows."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import Category, Column
from relurules.domain.derivation import Derivation, name_bins
from relurules.tables.table import DataColumn
from relurules.tables.values import Value

Array = NDArray[np.float64]


def make_derived_column(derivation: Derivation, missing: int | None = None) -> Column:
    """A column that is a function of others. missing: of bins, the one that a missing value counts
    as; their number for a bin of its own, None for none.
    """
    if derivation.function != "bins":
        return Column(derivation.name, derivation=derivation)

    words = name_bins(derivation.edges)
    bins = [
        Category((float(i),), missing == i, word=f"{word} or missing" if missing == i else word)
        for i, word in enumerate(words)
    ]
    own = [Category(missing=True)] if missing == len(words) else []

    return Column(derivation.name, (*bins, *own), derivation=derivation)


def derive_value(raw: Mapping[str, Value], column: Column, derivation: Derivation) -> Value:
    """What a derived column is in a row of the table: a number, the word of a bin, or None."""
    if column.name in raw:  # of a row that was given in coordinates
        return raw[column.name]
    numbers = [raw[argument.column] for argument in derivation.arguments]
    given = [np.array([np.nan if x is None else x], dtype=np.float64) for x in numbers]
    value = float(derivation.evaluate(given)[0])
    if not column.categories:
        return None if np.isnan(value) else value
    at = column.lookup.get(None if np.isnan(value) else value)

    return None if at is None else column.categories[at].word or None


def derive_numbers(table: Mapping[str, DataColumn], column: Column) -> Array | None:
    """(N,) what a derived column is; None for any other."""
    derivation = column.derivation
    if derivation is None:
        return None

    return derivation.evaluate(
        [table[argument.column].numbers for argument in derivation.arguments]
    )


def encode_derived(numbers: Array, column: Column) -> Array:
    """(N, width) the coordinates of a derived column; numbers: (N,) what it is."""
    if not column.categories:
        return numbers[:, None]
    missing = np.isnan(numbers)[:, None]
    values = np.array([(c.values or (np.nan,))[0] for c in column.categories])
    marked = np.array([c.missing for c in column.categories])

    return np.asarray(np.where(missing, marked, numbers[:, None] == values), dtype=np.float64)


def name_derived(part: Array, column: Column) -> list[Value]:
    """What a derived column holds in rows in coordinates, (N, width)."""
    if not column.categories:
        return [None if np.isnan(v) else v for v in part[:, 0].tolist()]
    return [column.categories[i].word or None for i in part.argmax(axis=1).tolist()]
