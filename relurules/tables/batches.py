"""Tables in pieces of a bounded number of rows, wherever they come from."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from relurules.errors import DataError
from relurules.tables.csv_batches import read_csv_batches
from relurules.tables.table import ColumnKind, DataTable, read_column_names

#: Rows of a file or a table that are looked at together where it is read in pieces.
_ROWS = 2**16


def is_table(data: Any) -> bool:
    """Whether data is one array, a list of rows or a frame, rather than a file or an iterable of
    tables.
    """
    if isinstance(data, list | tuple):
        return bool(data) and read_column_names(data[0]) is None and np.ndim(data[0]) < 2
    return not isinstance(data, str | Path) and (
        hasattr(data, "__array__") or read_column_names(data) is not None
    )


def iterate_batches(data: Any, kinds: Mapping[str, ColumnKind] | None = None) -> Iterator[Any]:
    """A table in pieces of a bounded number of rows, in order.

    data: a table, an iterable of tables, or the path of a CSV or Parquet file. kinds: how columns
    of a CSV file are read, where that is known, "number" or "text"; of other columns the whole file
    decides. An empty cell is missing, and no text is. DataError for a file that can't be read.
    """
    if isinstance(data, str | Path):
        tables: Iterable[Any] = _read_file_batches(Path(data), kinds or {})
    elif is_table(data) or not isinstance(data, Iterable):
        tables = [data if read_column_names(data) is not None else np.asarray(data)]
    else:
        tables = data

    for table in tables:
        is_scalar = read_column_names(table) is None and np.ndim(table) == 0
        if isinstance(table, DataTable) or is_scalar or len(table) <= _ROWS:
            yield table
            continue
        rows = getattr(table, "iloc", table)
        yield from (rows[start : start + _ROWS] for start in range(0, len(table), _ROWS))


def _read_file_batches(path: Path, kinds: Mapping[str, ColumnKind]) -> Iterator[Any]:
    try:
        if path.suffix == ".parquet":
            from pyarrow.parquet import ParquetFile

            with ParquetFile(path, pre_buffer=False) as file:
                yield from (batch.to_pandas() for batch in file.iter_batches(batch_size=_ROWS))
        else:
            yield from read_csv_batches(path, kinds, _ROWS)
    except ImportError as error:
        raise DataError(
            f"{path}: Parquet files are read by pyarrow, which isn't installed: {error}"
        ) from error
    except DataError as error:
        if str(error).startswith(str(path)):
            raise
        raise DataError(f"{path}: can't be read as a table: {error}") from error
    except (ValueError, EOFError) as error:
        raise DataError(f"{path}: can't be read as a table: {error}") from error
