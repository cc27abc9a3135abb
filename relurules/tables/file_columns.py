"""The typed columns of a file that was read, as arrays and as a frame."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import DataError
from relurules.tables.column_types import ColumnType, TableSchema, list_date_columns
from relurules.tables.names import quote_name
from relurules.tables.read_options import ReadOptions

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, kw_only=True)
class FileColumns:
    """A file that was read.

    arrays: its typed columns, (N,) each: numbers, booleans, or texts, of which NaN is missing.
    schema: of all of them, those that were left out included.
    """

    arrays: Mapping[str, NDArray[Any]]
    schema: TableSchema


@dataclass(frozen=True, kw_only=True)
class FileTable:
    """A file that was read, as a frame.

    frame: its typed columns.
    schema: of all of them, those that were left out included.
    """

    frame: "pandas.DataFrame"
    schema: TableSchema


def gather_columns(
    arrays: Mapping[str, Any], types: Mapping[str, ColumnType], options: ReadOptions
) -> FileColumns:
    """The values that were read, with the schema that they were read by."""
    derived = [
        name
        for source, column in types.items()
        for name in list_date_columns(source, column)
        if name in types and types[name].kind != "ignore"
    ]
    if derived and set(derived) & set(arrays):
        raise DataError(
            f"column {quote_name(derived[0])} is in the file, and made of a date as well; rename "
            "it, or choose other parts of the date"
        )
    found = {name: _mark_missing(values) for name, values in arrays.items()}
    schema = replace(options.schema, columns=dict(types))
    if schema.sentinels:
        found, schema = _mark_sentinels(found, schema)
    return FileColumns(arrays=found, schema=schema)


def _mark_sentinels(
    arrays: Mapping[str, NDArray[Any]], schema: TableSchema
) -> tuple[dict[str, NDArray[Any]], TableSchema]:
    """The columns without the values that stand for missing ones, and the schema whose types tell
    them; a number is one whatever way it is written.

    Raises DataError for a value that no row has: it may be a slip of the pen.
    """
    found, types = dict(arrays), dict(schema.columns)
    for name, values in schema.sentinels.items():
        if name not in arrays:
            continue  # which its reader tells
        types[name] = replace(types[name], na=schema.get_missing(name)[1:])
        column = arrays[name]
        if column.dtype.kind in "iuf":
            numbers = [_parse_sentinel(name, value) for value in values]
            found[name] = np.where(np.isin(column, numbers), np.nan, column)
        else:
            marked = np.fromiter((value in values for value in column), bool, len(column))
            found[name] = np.where(marked, np.nan, column) if marked.any() else column

    return found, replace(schema, columns=types)


def _parse_sentinel(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise DataError(
            f"na has {value!r} for the column {name!r}, which holds numbers; expected a number "
            "such as -999"
        ) from error


def _mark_missing(values: Any) -> Any:
    """A column in which NaN alone is a missing value."""
    if values.dtype != object:
        return values
    return np.where([value is None for value in values], np.nan, values)


def make_frame(columns: FileColumns) -> FileTable:
    """Columns that were read as a frame."""
    import pandas

    frame = pandas.DataFrame(dict(columns.arrays), copy=False)
    return FileTable(frame=frame, schema=columns.schema)
