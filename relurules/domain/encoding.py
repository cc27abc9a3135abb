"""The rows of a table in coordinates, and rows in coordinates as values of its columns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import (
    Category,
    Column,
    is_plain,
    list_derived_columns,
    list_table_columns,
    number_table_columns,
    place_columns,
)
from relurules.domain.derived_columns import (
    derive_numbers,
    derive_value,
    encode_derived,
    name_derived,
)
from relurules.errors import DataError
from relurules.tables.names import find_free_name
from relurules.tables.table import DataColumn, DataTable, read_table
from relurules.tables.values import Value, list_numbers, read_spelled

Array = NDArray[np.float64]
#: Values of a column: numbers, NaN where one is missing, or any, None where one is.
RawColumn = Array | list[Value]
#: Rows that are joined at once.
_BLOCK = 2**11


class CoordinateRows(np.ndarray[Any, np.dtype[np.float64]]):
    """Rows in coordinates of which some are derived, as `encode_table` makes them; a bare array
    could as well hold the columns that they are made of.
    """


def get_value(raw: Mapping[str, Value], column: Column) -> Value:
    """What a column is in a row of the table: its value, None for a missing one; yes or no of one
    that says whether another one is missing; the value of a derived one.
    """
    if column.derivation is not None:
        return derive_value(raw, column, column.derivation)
    value = raw[column.table_name]
    if not column.source:
        return value

    return column.categories[int(value is not None)].word


def encode_table(table: Any, columns: Sequence[Column]) -> Array:
    """The rows of a table in coordinates, (N, d).

    A frame is read by column name, an array by position: one of d columns of numbers holds
    coordinates, any other one the raw columns. A DataTable keeps its coordinates, so that they are
    made once; don't change them. A missing number that isn't filled is NaN; a value
    of no category leaves its group 0, and either lies outside every domain. DataError for a missing
    column, a wrong width or a text where a number is due.
    """
    own = type(table) in (np.ndarray, CoordinateRows)  # others may be masked
    if own and _are_coordinates(table, columns):
        copied = np.array(table, dtype=np.float64, order="C", subok=True)
        return _fill_coordinates(copied, columns)

    table, columns = read_table(table), tuple(columns)
    if columns not in table.encodings:
        found = _encode_columns(table, columns)
        derived = bool(list_derived_columns(columns))
        table.encodings[columns] = found.view(CoordinateRows) if derived else found
    known: Array = table.encodings[columns]

    return known


def _encode_columns(table: DataTable, columns: Sequence[Column]) -> Array:
    if _holds_coordinates(table, columns):
        found = table.select([name for column in columns for name in column.coordinates])
        X = _join_parts([_read_numbers(part)[:, None] for part in found], len(table))
        return _fill_coordinates(X, columns)

    names = list(list_table_columns(columns))
    found = table.select(names)
    derived = [derive_numbers(dict(zip(names, found, strict=True)), c) for c in columns]
    parts = [
        _encode_column(found[place], column) if numbers is None else encode_derived(numbers, column)
        for place, column, numbers in zip(
            number_table_columns(columns), columns, derived, strict=True
        )
    ]

    return _join_parts(parts, len(table))


def _join_parts(parts: Sequence[Array], rows: int) -> Array:
    """Parts (N, ...) side by side, in a new array, by blocks that stay in the cache."""
    X = np.empty((rows, sum(part.shape[1] for part in parts)))
    for start in range(0, rows if parts else 0, _BLOCK):
        at = slice(start, start + _BLOCK)
        np.concatenate([part[at] for part in parts], axis=1, out=X[at])

    return X


def _read_numbers(values: DataColumn) -> Array:
    """(N,) as `values.numbers`, which may be the table's own memory: don't change it."""
    known: Array = values.values
    return known if known.dtype == np.float64 else values.numbers


def _fill_coordinates(X: Array, columns: Sequence[Column]) -> Array:
    """X (N, d) with the columns' own numbers where a value is missing, written in place."""
    first = 0
    for column in columns:
        if column.fill is not None:
            X[np.isnan(X[:, first]), first] = column.fill
        first += column.width

    return X


def _are_coordinates(X: NDArray[Any], columns: Sequence[Column]) -> bool:
    """Whether X holds numbers, and as many columns of them as there are coordinates."""
    return X.dtype.kind in "biuf" and X.shape[1:] == (sum(column.width for column in columns),)


def _holds_coordinates(table: DataTable, columns: Sequence[Column]) -> bool:
    """Whether an array holds coordinates: as many columns as there are, and no text in it."""
    if table.named or table.shape[1:] != (sum(column.width for column in columns),):
        return False
    return is_plain(columns) or not table.holds_text


def _encode_column(values: DataColumn, column: Column) -> Array:
    """(N, width) the coordinates of one column."""
    if not column.categories:
        found = _read_numbers(values)
        filled = found if column.fill is None else np.where(np.isnan(found), column.fill, found)
        return filled[:, None]

    lookup, other = column.lookup, -1 if column.other is None else column.other
    unknown = (lookup.get(None, -1), other)
    codes = np.array([lookup.get(v, unknown[v is not None]) for v in values.entries], dtype=np.intp)
    _check_unknown(values, column, np.flatnonzero(codes == other).tolist())

    return np.asarray(codes[:, None] == np.arange(len(column.categories)), dtype=np.float64)


def _check_unknown(values: DataColumn, column: Column, rows: Sequence[int]) -> None:
    """DataError for a number where every known category is a text: it may have been a code, whose
    text is lost; and for a text that spells a category that is a number: databases take it for
    that. rows: those of other values, among which such values are then.
    """
    _check_spelled_numbers(values, column, rows)
    texts = [value for value in column.lookup if value is not None]
    if not texts or not all(isinstance(value, str) for value in texts):
        return

    for row in rows:
        if isinstance(value := values.entries[row], float):
            raise DataError(
                f"column {values.name!r}, row {row}: found the number {value!r}, expected a text "
                f"such as {texts[0]!r}; read the column as text, as with "
                f"pandas.read_csv(..., dtype={{{values.name!r}: str}})"
            )


def _check_spelled_numbers(values: DataColumn, column: Column, rows: Sequence[int]) -> None:
    """DataError for a text that spells a category that is a number."""
    numbers = {value for value in column.lookup if isinstance(value, float)}
    if not numbers:
        return

    for row in rows:
        if isinstance(value := values.entries[row], str) and read_spelled(value) in numbers:
            raise DataError(
                f"column {values.name!r}, row {row}: found the text {value!r}, expected a number "
                f"such as {min(numbers)!r}; make numbers of the column, as by pandas.to_numeric"
            )


def decode_rows(X: Array, columns: Sequence[Column]) -> dict[str, list[Value]]:
    """Coordinates (N, d) -> raw columns that `encode` turns into them; a missing number and no
    category are None. A derived column is given by its own name.

    A category without values of its own gives a text that is none of the others. DataError where a
    row can't be decoded, since it has no category in a column where a missing value is one.
    """
    return _list_values(_decode_columns(X, columns))


def _decode_columns(X: Array, columns: Sequence[Column]) -> dict[str, RawColumn]:
    """The same, with numbers as arrays."""
    own = [column for column in columns if column.derivation is None]
    raw: dict[str, RawColumn] = {name: [] for name in list_table_columns(own)}
    first, gaps = 0, dict[str, Any]()
    for column in columns:
        part = X[:, first : first + column.width]
        first += part.shape[1]
        if column.source:
            gaps[column.source] = part[:, 0] == 1
        elif column.derivation is not None:  # which tells the columns that it is made of no more
            raw[column.name] = name_derived(part, column)
        else:
            raw[column.name] = _decode_categories(part, column) if column.categories else part[:, 0]

    for name, gap in gaps.items():
        raw[name] = _mask_gaps(raw[name], gap)

    return raw


def _decode_categories(part: Array, column: Column) -> list[Value]:
    shown = [_pick_example(column, category) for category in column.categories]
    none = None if None not in column.lookup else _make_unknown_value(column)
    if column.other is not None and not (part.max(axis=1) == 1).all():
        raise DataError(f"rows without any category of {column.name!r}, where every value has one")
    at = np.where(part.max(axis=1, initial=0.0) == 1, part.argmax(axis=1), -1)
    return [none if i < 0 else shown[i] for i in at.tolist()]


def _mask_gaps(known: RawColumn, gap: NDArray[np.bool_]) -> RawColumn:
    """The values, missing where there is a gap; a number that nothing else reads may be any."""
    if isinstance(known, list) and known:
        return [None if lacks else v for v, lacks in zip(known, gap.tolist(), strict=True)]
    return np.where(gap, np.nan, 0.0 if isinstance(known, list) else known)


def _list_values(raw: Mapping[str, RawColumn]) -> dict[str, list[Value]]:
    return {
        name: values if isinstance(values, list) else list_numbers(values)
        for name, values in raw.items()
    }


def fill_gaps(X: Array, columns: Sequence[Column]) -> None:
    """Make rows in coordinates (N, d) such as tables give them, in place: a number that is missing
    is what a missing one counts as.
    """
    places = place_columns(columns)
    own = {column.name: (at.start, column.fill) for column, at in zip(columns, places, strict=True)}
    for column, at in zip(columns, places, strict=True):
        place, fill = own.get(column.source, (0, None))
        if column.source and fill is not None:
            X[X[:, at.start] == 1.0, place] = fill


def read_raw_columns(table: Any, columns: Sequence[Column]) -> dict[str, list[Value]]:
    """The table's own values of `columns`, missing ones as None; for an array of coordinates,
    `decode`.
    """
    return _list_values(read_raw_arrays(table, columns))


def read_raw_arrays(table: Any, columns: Sequence[Column]) -> dict[str, RawColumn]:
    """The same, with columns of numbers as arrays, missing ones as NaN."""
    table = read_table(table)
    if _holds_coordinates(table, columns):
        if derived := list_derived_columns(columns):
            raise DataError(
                f"rows in coordinates don't tell what {derived[0].name!r} is made of; pass a frame "
                "with the columns of the table"
            )
        return _decode_columns(
            encode_table(table, [column._replace(fill=None) for column in columns]), columns
        )

    own = list_table_columns(columns)
    return {
        column.table_name: part.entries if column.categories and not column.source else part.numbers
        for part, column in zip(table.select(list(own)), own.values(), strict=True)
    }


def _pick_example(column: Column, category: Category) -> Value:
    if category.values:
        return category.values[0]
    return None if category.missing else _make_unknown_value(column)


def _make_unknown_value(column: Column) -> str | float:
    """A value that is in no category."""
    known = [value for category in column.categories for value in category.values]
    if known and all(isinstance(value, float) for value in known):
        return 1.0 + max(float(value) for value in known)

    return find_free_name("some other value", set(map(str, known)))
