"""CSV files in pieces, all of which have one schema: that of the whole file."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from relurules.tables.column_types import ColumnType, TableSchema
from relurules.tables.csv_text import CsvFile
from relurules.tables.read_file import describe_misfit, parse_texts_as, raise_misfit, scan_types
from relurules.tables.read_options import ReadOptions
from relurules.tables.table import ColumnKind, DataColumn, DataTable
from relurules.tables.table_format import TableFormat
from relurules.tables.text_values import MisfitError

Kinds = Mapping[str, ColumnKind]
Types = Mapping[str, ColumnType]


def read_csv_batches(path: Path, kinds: Kinds, rows: int) -> Iterator[DataTable]:
    """The rows of a CSV file, in tables of at most so many.

    kinds: what columns are where that is known. If the file has all of these, nothing reads the
    others; if not, a first pass over the file decides what its other columns are. DataError for
    what isn't a table, and naming the line of a text that isn't what its column is.
    """
    file = CsvFile(path, TableFormat())
    types: dict[str, ColumnType] = {}
    if not kinds or not kinds.keys() <= set(file.names):
        types |= _decide_types(path, file, needed=not kinds)
    types |= {
        name: ColumnType(kind="category" if kind in ("text", "category") else "number")
        for name, kind in kinds.items()
    }

    done = 0
    for texts in file.iterate_texts():
        table = {
            name: _parse_block(path, file, name, part, types, done) for name, part in texts.items()
        }
        count = len(next(iter(table.values())))
        done += count
        for start in range(0, max(count, 1), rows):
            yield _make_table(table, slice(start, start + rows))


def _decide_types(path: Path, file: CsvFile, *, needed: bool) -> Types:
    """What every column of a file is, by all of its values.

    needed: whether all must be told; else a column that can't be is text.
    """
    types, flaws = scan_types(file, TableSchema(format=file.form))
    for name, flaw in flaws.items() if needed else ():
        raise_misfit(path, name, f"line {file.find_line(flaw.row)}", flaw.reason)
    return types


def _parse_block(
    path: Path, file: CsvFile, name: str, texts: Any, types: Types, done: int
) -> NDArray[Any]:
    column = types.get(name, ColumnType(kind="category"))
    if column.kind == "date":
        column = ColumnType(kind="category")  # what becomes of it is for a schema to say
    try:
        return next(iter(parse_texts_as(texts, name, column, ReadOptions()).values()))
    except MisfitError as error:
        row, text, expected = error.misfit
        place = f"line {file.find_line(done + row)}"
        raise_misfit(path, name, place, describe_misfit(text, expected), error)


def _make_table(arrays: Mapping[str, NDArray[Any]], rows: slice) -> DataTable:
    columns = tuple(
        DataColumn(name, _find_kind(values), values[rows]) for name, values in arrays.items()
    )
    return DataTable(columns=columns, shape=(len(columns[0].source), len(columns)), named=True)


def _find_kind(values: NDArray[Any]) -> ColumnKind:
    if values.dtype == object:
        return "text"
    return "boolean" if values.dtype.kind == "b" else "number"
