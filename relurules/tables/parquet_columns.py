"""The columns of a Parquet file: of the types that they have there, unless a schema says
otherwise.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from relurules.errors import DataError
from relurules.tables.arrow_values import read_flags, read_floats
from relurules.tables.column_scan import ColumnScan
from relurules.tables.column_types import ColumnType, TypeKind
from relurules.tables.read_options import ReadOptions
from relurules.tables.table_format import TableFormat
from relurules.tables.text_values import drop_missing, parse_column

#: Kind of column -> the checks of pyarrow that its types pass; of null, no row has a value.
_ARROW_KINDS: Mapping[TypeKind, tuple[str, ...]] = {
    "boolean": ("is_boolean",),
    "number": ("is_integer", "is_floating", "is_decimal", "is_null"),
    "date": ("is_date", "is_timestamp"),
}

Values = Callable[[], dict[str, Any]]


def read_parquet_columns(
    path: Path, options: ReadOptions
) -> Iterator[tuple[str, ColumnType, Values]]:
    """Name, type and values of every column, which are converted when they are asked for."""
    from pyarrow import parquet

    return read_arrow_columns(parquet.read_table(path), options)


def read_arrow_columns(
    table: Any, options: ReadOptions
) -> Iterator[tuple[str, ColumnType, Values]]:
    """The same of an arrow table."""
    import pyarrow

    names = table.column_names
    if twice := [name for name in names if names.count(name) > 1]:
        raise DataError(f"two columns are called {twice[0]!r}; give each a name of its own")
    for name, chunks in zip(names, table.columns, strict=True):
        array = chunks.combine_chunks()
        if isinstance(array, pyarrow.ChunkedArray):  # of no rows
            array = pyarrow.concat_arrays(array.chunks or [pyarrow.nulls(0, chunks.type)])
        if pyarrow.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if name.startswith("__index_level_"):  # what pandas keeps of a frame's row numbers
            continue
        column = options.schema.columns.get(name) or find_arrow_type(array, name, options)
        yield name, column, _defer(array, name, column, options)


def find_arrow_type(array: Any, name: str, options: ReadOptions) -> ColumnType:
    """What the type of an arrow array says."""
    from pyarrow import types

    kind = array.type
    for said, checks in _ARROW_KINDS.items():
        if any(getattr(types, check)(kind) for check in checks):
            return ColumnType(kind=said)
    if not _is_text(kind):
        return ColumnType(kind="ignore", note=f"values of the type {kind} aren't read")

    scan = ColumnScan(name, options.schema.format)
    scan.add(array.cast("string"))
    named = name not in options.expected and scan.is_identifier
    return ColumnType(kind="identifier" if named else "category")


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _defer(array: Any, name: str, column: ColumnType, options: ReadOptions) -> Values:
    def convert() -> dict[str, Any]:
        return _convert_array(array, name, column, options)

    return convert


def _convert_array(
    array: Any, name: str, column: ColumnType, options: ReadOptions
) -> dict[str, Any]:
    text = _is_text(array.type)
    if column.kind in ("number", "boolean") and not text:
        return {name: _convert_native(array)}
    if not text and not column.is_used:
        return {}

    declared = options.schema.columns.get(name)
    missing = options.schema.format.na if declared is None or declared.na is None else declared.na
    texts = drop_missing(array.cast("string"), missing) if missing else array.cast("string")
    if text:
        return parse_column(texts, name, column, options.schema.format)
    plain = replace(column, form="") if column.kind == "date" else column
    return parse_column(texts, name, plain, TableFormat())


def _convert_native(array: Any) -> NDArray[Any]:
    """(N,) numbers or booleans; a missing one makes booleans numbers too."""
    from pyarrow import types

    if types.is_boolean(array.type):
        if not array.null_count:
            return read_flags(array)
        array = array.cast("int8")
    return read_floats(array.cast("float64", safe=False))
