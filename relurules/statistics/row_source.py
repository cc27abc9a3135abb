"""Where evidence takes its rows from: a table in memory, or a file that is read again for every
pass over its rows, in pieces.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from relurules.domain import Domain
from relurules.domain.table_reading import encode_tables, make_column_read_options
from relurules.errors import DataError
from relurules.ir.local_models import LocalModels
from relurules.ir.network import Array
from relurules.statistics.response import Response, judge_by_values, read_response
from relurules.statistics.response_values import collect_values
from relurules.tables.column_types import TableSchema
from relurules.tables.file_batches import read_file_batches
from relurules.tables.names import quote_name
from relurules.tables.read_options import ReadOptions
from relurules.tables.table import DataColumn, read_column, read_table

#: Rows of a file that are read at once.
_PIECE_ROWS = 2**17
#: Numbers that are kept of all rows at once beyond a few of each: of a table in memory about what
#: the machine's cache holds, of a file as many as spare it being read again.
_MEMORY_NUMBERS, _FILE_NUMBERS = 2**23, 2**26


@dataclass(frozen=True, kw_only=True)
class TableFile:
    """A CSV or Parquet file of rows, which is read in pieces. options: None is by the rules'
    schema.
    """

    path: Path
    options: ReadOptions | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class RowSource:
    """Rows in coordinates, in order, as often as they are asked for.

    read: the pieces (n, d) of all rows from the first; count: how many rows there are; response: of
    all rows; numbers: how many numbers may be kept of all rows at once; whole: (N, d) where the
    rows are in memory.
    """

    read: Callable[[], Iterator[Array]]
    count: Callable[[], int]
    response: Response | None
    numbers: int
    whole: Array | None = None


def open_rows(
    models: LocalModels, data: Any, y: Any = None, schema: TableSchema | None = None
) -> RowSource:
    """A table, a `TableFile` or the path of one, and the true values y of its rows: (N,) values, or
    the name of their column, which a file needs.

    schema: of the rules. DataError for what can't be read, and for a y that isn't there.
    """
    if isinstance(data, str | Path):
        data = TableFile(path=Path(data))
    if isinstance(data, TableFile):
        return _open_file(models, data, y, schema)

    if isinstance(y, str):
        table = read_table(data)
        if y not in table.names or not table.named:
            raise DataError(f"y names the column {y!r}, which the table lacks")
        data, y = table, table.select([y])[0]
        y = _name_values(y)
    X = models.domain.rows(data)
    return RowSource(
        read=lambda: (X[at : at + _PIECE_ROWS] for at in range(0, len(X), _PIECE_ROWS)),
        count=lambda: len(X),
        response=None if y is None else read_response(models, y, len(X)),
        numbers=_MEMORY_NUMBERS,
        whole=X,
    )


def _open_file(
    models: LocalModels, file: TableFile, y: Any, schema: TableSchema | None
) -> RowSource:
    if not (y is None or isinstance(y, str)):
        raise DataError(
            f"{file.path}: the true values of a file's rows are a column of it; give y as its name"
        )
    state = _describe_state(file.path)
    domain = models.domain
    options = file.options or make_column_read_options(domain.columns, schema)
    response = None
    if y is not None:
        values = collect_values(_read_file_column(file.path, options, y), y)
        response = judge_by_values(models, values, y)

    def read() -> Iterator[Array]:
        for X in _read_file_rows(file.path, options, domain):
            if _describe_state(file.path) != state:
                raise DataError(
                    f"{file.path}: was changed while it was read; give a file that stays as it is"
                )
            yield X

    return RowSource(
        read=read,
        count=lambda: _count_file_rows(file.path, options) if response is None else len(values),
        response=response,
        numbers=_FILE_NUMBERS,
    )


def _describe_state(path: Path) -> tuple[int, int]:
    """What changes where a file is written; nothing of one that isn't there, which its reader
    tells.
    """
    if not path.exists():
        return (0, 0)
    found = path.stat()
    return (found.st_size, found.st_mtime_ns)


def _read_file_rows(path: Path, options: ReadOptions, domain: Domain) -> Iterator[Array]:
    tables = read_file_batches(path, options, _PIECE_ROWS)
    return encode_tables(domain, (table.frame for table in tables))


def _read_file_column(path: Path, options: ReadOptions, name: str) -> Iterator[DataColumn]:
    """One column of a file, in parts."""
    alone = replace(options, needed={name}, expected={})
    for table in read_file_batches(path, alone, _PIECE_ROWS):
        if name not in table.frame.columns:
            shown = ", ".join(map(quote_name, list(table.schema.columns)[:12]))
            raise DataError(f"{path}: no column {name!r} with the true values; it has {shown}")
        yield read_column(table.frame[name], name)


def _count_file_rows(path: Path, options: ReadOptions) -> int:
    if path.suffix == ".parquet":
        from pyarrow.parquet import ParquetFile

        with ParquetFile(path) as file:
            return int(file.metadata.num_rows)
    return sum(len(table.frame) for table in read_file_batches(path, options, _PIECE_ROWS))


def _name_values(column: DataColumn) -> Any:
    """A column's values, which bear its name."""
    import pandas

    return pandas.Series(np.asarray(column.values), name=column.name)
