"""A CSV or Parquet file -> typed columns, and the schema that it was read by.

One value means missing: NaN. What a column is comes from the schema, from whoever knows what is
expected (a model, rules), or from the column's own values, in this order.
"""

import lzma
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from relurules.errors import DataError, summarise_error
from relurules.tables.column_scan import ColumnFlaw, ColumnScan
from relurules.tables.column_types import ColumnType, TableSchema
from relurules.tables.csv_text import CsvFile
from relurules.tables.file_columns import FileColumns, FileTable, gather_columns, make_frame
from relurules.tables.file_size import check_file_size
from relurules.tables.names import quote_name
from relurules.tables.parquet_columns import Values, read_arrow_columns, read_parquet_columns
from relurules.tables.read_options import ReadOptions
from relurules.tables.table import read_column_names
from relurules.tables.text_values import (
    MisfitError,
    are_booleans,
    drop_missing,
    parse_booleans,
    parse_column,
)


def read_file(path: Path, options: ReadOptions | None = None) -> FileTable:
    """The file as a frame; DataError naming the line and the column where it can't be read."""
    return make_frame(read_file_columns(path, options))


def read_file_columns(path: Path, options: ReadOptions | None = None) -> FileColumns:
    """The same as arrays, for which pandas, slow to start, isn't imported."""
    options = options or ReadOptions()
    with explain_read_errors(path):
        check_file_size(path)
        if path.suffix == ".parquet":
            return read_typed_columns(path, read_parquet_columns(path, options), options)
        return _read_csv(path, options)


def read_frame(frame: Any, options: ReadOptions | None = None) -> FileTable:
    """A frame of any library that narwhals knows, as a file of it would be read: its columns have
    the types that they have there, dates give columns of their own.

    DataError for a column of mixed values, and for what is no frame.
    """
    import narwhals.stable.v2 as narwhals

    options = options or ReadOptions()
    names = read_column_names(frame) or ()
    if twice := [name for name in names if names.count(name) > 1]:
        raise DataError(
            f"two columns are called {quote_name(twice[0])}; give each a name of its own"
        )
    try:
        known = narwhals.from_native(frame, eager_only=True)
    except TypeError as error:
        raise DataError(
            f"the table is a {type(frame).__name__}; supported: a frame of pandas, polars or "
            "pyarrow, or the path of a CSV or Parquet file"
        ) from error

    wide = [
        name
        for name, kind in known.schema.items()
        if isinstance(kind, narwhals.Int128 | narwhals.UInt128)
    ]  # which arrow hasn't got
    known = known.with_columns(narwhals.col(*wide).cast(narwhals.Float64)) if wide else known
    table = _make_arrow_table(known)
    return make_frame(read_typed_columns("the table", read_arrow_columns(table, options), options))


def _make_arrow_table(frame: Any) -> Any:
    """A frame of narwhals as an arrow table; DataError naming a column that can't be one of it."""
    try:
        return frame.to_arrow()
    except (TypeError, ValueError, OverflowError, NotImplementedError) as error:  # pyarrow's too
        several = len(frame.columns) > 1
        for name in frame.columns if several else ():
            _make_arrow_table(frame.select(name))
        where = "the table" if several else f"column {frame.columns[0]!r}"
        reason = str(error).replace("\n", " ")[:200]
        raise DataError(
            f"{where} holds several kinds of values, or such as aren't supported; make it text or "
            f"numbers: {reason}"
        ) from error


def infer_file_schema(
    path: Path, schema: TableSchema
) -> tuple[TableSchema, Mapping[str, ColumnFlaw]]:
    """The types of all columns, by their values where the schema doesn't tell, and what speaks
    against them.
    """
    if path.suffix == ".parquet":
        return read_file(path, ReadOptions(schema=schema)).schema, {}

    with explain_read_errors(path):
        check_file_size(path)
        file = CsvFile(path, schema.format)
        columns, flaws = scan_types(file, schema)
        lines = {
            name: ColumnFlaw(file.find_line(flaw.row), flaw.reason) for name, flaw in flaws.items()
        }
        return replace(schema, columns=columns), lines


def scan_types(
    file: CsvFile, schema: TableSchema
) -> tuple[Mapping[str, ColumnType], Mapping[str, ColumnFlaw]]:
    """What every column of a file is, by all of its values where the schema doesn't tell, and what
    speaks against it.
    """
    scans = {
        name: ColumnScan(name, schema.format) for name in file.names if name not in schema.columns
    }
    for block in file.iterate_texts():
        for name, scan in scans.items():
            scan.add(drop_missing(block[name], schema.get_missing(name)))

    found = {name: scan.decide() for name, scan in scans.items()}
    columns = {
        name: found[name][0] if name in found else schema.columns[name] for name in file.names
    }
    return columns, {name: flaw for name, (_, flaw) in found.items() if flaw is not None}


@contextmanager
def explain_read_errors(path: Path) -> Iterator[None]:
    """DataError that names the file for what fails inside."""
    try:
        yield
    except MemoryError:
        raise
    except DataError as error:
        if str(error).startswith(str(path)):
            raise
        raise DataError(f"{path}: can't be read as a table: {error}") from error
    except OSError as error:
        if error.filename is not None:
            raise
        raise DataError(
            f"{path}: can't be read as a table: {error.strerror or summarise_error(error)}"
        ) from error
    except (ValueError, ImportError, EOFError, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: can't be read as a table: {error}") from error


def _read_csv(path: Path, options: ReadOptions) -> FileColumns:
    import pyarrow

    file = CsvFile(path, options.schema.format)
    blocks = list(file.iterate_texts())
    arrays: dict[str, Any] = {}
    types: dict[str, ColumnType] = {}
    for name in file.names:
        texts = pyarrow.concat_arrays([block.pop(name) for block in blocks])
        if name in options.dropped:
            types[name] = ColumnType(kind="ignore", note="dropped")
            continue
        types[name] = _decide_type(path, file, name, texts, options)
        if name not in options.schema.columns or types[name].is_used:
            arrays |= parse_file_texts(file, name, texts, types[name], options)
    return gather_columns(arrays, types, options)


def _decide_type(
    path: Path, file: CsvFile, name: str, texts: Any, options: ReadOptions
) -> ColumnType:
    schema = options.schema
    if name in schema.columns:
        return schema.columns[name]
    expected = options.expected.get(name)
    if expected in ("text", "category"):
        return ColumnType(kind="category")
    if expected is not None:
        number = ColumnType(kind="number")
        known = drop_missing(texts, options.get_missing(name, number))
        return ColumnType(kind="boolean") if are_booleans(known) else number
    scan = ColumnScan(name, schema.format)
    scan.add(drop_missing(texts, schema.get_missing(name)))
    column, flaw = scan.decide()
    if flaw is not None and (options.needed is None or name in options.needed):
        raise_misfit(path, name, f"line {file.find_line(flaw.row)}", flaw.reason)

    return column


def parse_file_texts(
    file: CsvFile, name: str, texts: Any, column: ColumnType, options: ReadOptions, first: int = 0
) -> dict[str, Any]:
    """The values of a column's texts, or of some that begin with the row `first`; DataError with
    the line of one that doesn't fit.
    """
    try:
        known = drop_missing(texts, options.get_missing(name, column))
        return parse_texts_as(known, name, column, options)
    except MisfitError as error:
        row, text, expected = error.misfit
        place = f"line {file.find_line(first + row)}"
        raise_misfit(file.path, name, place, describe_misfit(text, expected), error)


def parse_texts_as(
    texts: Any, name: str, column: ColumnType, options: ReadOptions
) -> dict[str, Any]:
    """The values of texts; those of booleans too, where somebody expects a number."""
    try:
        return parse_column(texts, name, column, options.schema.format)
    except MisfitError:
        if name in options.schema.columns or column.kind != "number":
            raise
        try:
            return {name: parse_booleans(texts)}
        except MisfitError:
            pass
        raise


def describe_misfit(text: str, expected: str) -> str:
    """What is said of a text that isn't of its column's type."""
    return (
        f"found {quote_name(text)}, expected {expected}; if it is a missing value, give --na "
        f"{quote_name(text)}; if the column is something else, say its kind in a file for --types"
    )


def raise_misfit(
    source: Path | str, name: str, place: str, reason: str, cause: Exception | None = None
) -> NoReturn:
    """DataError for a cell, by the file, its line or row, and its column."""
    raise DataError(f"{source}, {place}: column {quote_name(name)}: {reason}") from cause


def read_typed_columns(
    source: Path | str,
    columns: Iterable[tuple[str, ColumnType, Values]],
    options: ReadOptions,
    first: int = 0,
) -> FileColumns:
    """Of a Parquet file or a frame, whose columns have types of their own; first: number of the
    first row.
    """
    arrays: dict[str, Any] = {}
    types: dict[str, ColumnType] = {}
    schema = options.schema
    for name, column, values in columns:
        types[name] = column
        declared = name in schema.columns
        if name in options.dropped or (declared and not column.is_used):
            continue
        try:
            arrays |= values()
        except MisfitError as error:
            row, text, expected = error.misfit
            raise_misfit(source, name, f"row {first + row}", describe_misfit(text, expected), error)

    return gather_columns(arrays, types, options)
