"""Tables as they come in (arrays, pandas, polars, anything with named columns) -> float64 matrices."""

import bz2
import gzip
import lzma
import os
import stat
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import DataError, UnsupportedError

Array = NDArray[np.float64]
#: What a table may hold: text, a number, or nothing.
Value = str | float | None

#: Rows of a file or a table that are looked at together where it is read in pieces.
_ROWS = 2**16
#: Characters of a name that messages show.
_NAME_LENGTH = 60
#: Ending of a compressed file -> what opens it; pandas reads these by their endings too.
_COMPRESSED: Mapping[str, Callable[[Path], Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}


def make_default_names(count: int, prefix: str = "x") -> tuple[str, ...]:
    """x0, x1, ...: what a column is called when nobody named it."""
    return tuple(f"{prefix}{i}" for i in range(count))


def find_text_flaw(text: str) -> str | None:
    """What keeps a text out of files, code and databases: a NUL, or half of a surrogate pair; None
    where nothing does.

    UTF-8 has no code for the half of a pair; Python puts one where bytes of a name aren't UTF-8.
    """
    if "\0" in text:
        return "a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"{text[error.start]!r}, the half of a surrogate pair, which UTF-8 can't write"
    return None


def quote_name(name: str) -> str:
    """A name in quotes, for messages: of a file that is no table, it may be the whole file."""
    return repr(name if len(name) <= _NAME_LENGTH else f"{name[:_NAME_LENGTH]}...")


def check_finite(**numbers: float | None) -> None:
    """UnsupportedError for an argument, by its name, that is NaN or infinite; None is left alone."""
    for name, value in numbers.items():
        if value is not None and not np.isfinite(value):
            raise UnsupportedError(f"{name}={value!r}; supported: a finite number")


def read_column_names(table: Any) -> tuple[str, ...] | None:
    """Names of a frame's columns, or None for a bare array."""
    if hasattr(table, "collect_schema") and hasattr(table, "collect"):
        raise DataError(
            "the table is a lazy frame, whose rows aren't there yet; pass what its collect() gives"
        )
    columns = getattr(table, "columns", None)
    return None if columns is None else tuple(str(name) for name in columns)


def read_shape(table: Any) -> tuple[int, ...]:
    """Shape of an array or of nested lists; DataError where their lengths differ."""
    try:
        return np.shape(table)
    except ValueError as error:
        raise DataError(
            f"expected an array of shape (rows, columns), found rows of several lengths: {error}"
        ) from error


def fill_masked_values(table: Any) -> Any:
    """A masked array of numbers as a plain one, with NaN where it is masked; anything else as it
    is.
    """
    if isinstance(table, np.ma.MaskedArray) and table.dtype.kind in "biuf":
        return np.where(np.ma.getmaskarray(table), np.nan, np.ma.getdata(table))
    return table


def read_matrix(table: Any, names: Sequence[str]) -> Array:
    """Return the columns `names` of a table, in that order, as an (N, d) float64 matrix; missing
    values are NaN.

    A frame is read by column name (further columns are ignored), a bare array by position.
    Raises DataError for a missing column, a wrong width, or a value that isn't a number.
    """
    if read_column_names(table) is None:
        return _read_array(table, names)
    columns = [
        read_numbers(column, name)
        for column, name in zip(select_columns(table, names), names, strict=True)
    ]
    return np.column_stack(columns) if columns else np.empty((len(table), 0))


def select_columns(table: Any, names: Sequence[str]) -> list[Any]:
    """The columns `names` of a frame, as they are; of a bare array the columns by position."""
    found = read_column_names(table)
    if found is None:
        read_shape(table)
        return list(_check_two_dimensional(np.asarray(fill_masked_values(table)), names).T)

    missing = [name for name in names if name not in found]
    if missing:
        raise DataError(
            f"the table lacks {len(missing)} of {len(names)} columns: "
            f"{', '.join(map(quote_name, missing[:5]))}"
            f"{' ...' if len(missing) > 5 else ''}; it has {', '.join(map(quote_name, found[:8]))}"
        )

    doubled = [name for name in names if found.count(name) > 1]
    if doubled:
        raise DataError(
            f"the table has more than one column {doubled[0]!r}; give each its own name"
        )

    by_name = dict(zip(found, table.columns, strict=True))
    return [table[by_name[name]] for name in names]


def read_numbers(column: Any, name: str) -> Array:
    """One column as (N,) float64, missing values as NaN; DataError naming the first value that
    isn't a number.
    """
    if hasattr(column, "to_numpy"):
        column = column.to_numpy()
    values = np.asarray(fill_masked_values(column))
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    return np.array(
        [_read_number(value, name, row) for row, value in enumerate(values)], dtype=np.float64
    )


def read_entries(column: Any, name: str) -> list[Value]:
    """One column as text and numbers, missing values as None; DataError for anything else."""
    return [
        _read_entry(value, name, row) for row, value in enumerate(np.asarray(column, dtype=object))
    ]


def check_file_size(path: Path) -> None:
    """DataError for a file of a table that has no end, or that can't fit into memory, before it is
    read whole.

    A compressed file, and a Parquet file, may hold far more than its own bytes.
    """
    if path.is_char_device() or path.is_block_device():
        raise DataError(f"{path}: is a device; expected a CSV or Parquet file")
    if not stat.S_ISREG(path.stat().st_mode):  # pipes may be read, and folders of Parquet files
        return

    size, memory = _measure_file_size(path), _measure_memory()
    if size > memory:
        raise DataError(
            f"{path}: its table takes {size / 2**30:.1f} GB or more, and there are "
            f"{memory / 2**30:.1f} GB of "
            "memory; give fewer rows or columns"
        )


def _measure_file_size(path: Path) -> int:
    """Bytes that the table of a file takes at least; of a compressed one, counted as far as
    matters.
    """
    if path.suffix == ".parquet":
        from pyarrow.parquet import ParquetFile

        with ParquetFile(path) as file:
            return int(
                file.metadata.num_rows * file.metadata.num_columns * np.dtype(np.float64).itemsize
            )

    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return sum(member.file_size for member in archive.infolist())
    if path.suffix not in _COMPRESSED:
        return path.stat().st_size

    size, memory = 0, _measure_memory()
    with _COMPRESSED[path.suffix](path) as stream:
        while size <= memory and (part := stream.read(2**20)):
            size += len(part)

    return size


def _measure_memory() -> int:
    """Bytes of memory that this process may use; as many as can be where the system doesn't tell."""
    try:
        import resource
    except ImportError:
        return sys.maxsize
    limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    installed = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([installed, *(limit for limit in limits if limit != resource.RLIM_INFINITY)])


def is_table(data: Any) -> bool:
    """Whether data is one array, a list of rows or a frame, rather than a file or an iterable of
    tables.
    """
    if isinstance(data, list | tuple):
        return bool(data) and read_column_names(data[0]) is None and np.ndim(data[0]) < 2
    return not isinstance(data, str | Path) and (
        hasattr(data, "__array__") or read_column_names(data) is not None
    )


def iterate_batches(data: Any, text: Sequence[str] = ()) -> Iterator[Any]:
    """A table in pieces of a bounded number of rows, in order.

    data: a table, an iterable of tables, or the path of a CSV or Parquet file. Columns of a CSV
    file named in `text` are read as text, also where a piece of the file shows numbers alone.
    DataError for a file that can't be read.
    """
    if isinstance(data, str | Path):
        tables: Iterable[Any] = _read_file_batches(Path(data), dict.fromkeys(text, str))
    elif is_table(data) or not isinstance(data, Iterable):
        tables = [data if read_column_names(data) is not None else np.asarray(data)]
    else:
        tables = data

    for table in tables:
        rows = getattr(table, "iloc", table)
        if np.ndim(table) == 0 or len(table) <= _ROWS:
            yield table
        else:
            yield from (rows[start : start + _ROWS] for start in range(0, len(table), _ROWS))


def _read_file_batches(path: Path, types: Mapping[str, type]) -> Iterator[Any]:
    import pandas

    try:
        if path.suffix == ".parquet":
            from pyarrow.parquet import ParquetFile

            with ParquetFile(path) as file:
                yield from (batch.to_pandas() for batch in file.iter_batches(batch_size=_ROWS))
        else:
            with pandas.read_csv(path, chunksize=_ROWS, dtype=dict(types)) as pieces:
                yield from pieces
    except ImportError as error:
        raise DataError(
            f"{path}: Parquet files are read by pyarrow, which isn't installed: {error}"
        ) from error
    except ValueError as error:
        raise DataError(f"{path}: can't be read as a table: {error}") from error


def _read_entry(value: Any, name: str, row: int) -> Value:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        raise DataError(
            f"column {name!r}, row {row}: found the bytes {value!r}, expected text or a number"
        )
    number = _read_number(value, name, row)
    return None if np.isnan(number) else number


def _read_number(value: Any, name: str, row: int) -> float:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return np.nan
    if isinstance(value, str | bytes):
        raise DataError(
            f"column {name!r}, row {row}: found {value!r}, expected a number; encode text "
            "columns "
            "before the network"
        )

    try:
        return float(value)
    except OverflowError as error:
        raise DataError(
            f"column {name!r}, row {row}: found an integer too large for float64"
        ) from error
    except (TypeError, ValueError) as error:
        raise DataError(f"column {name!r}, row {row}: {value!r} is no number") from error


def _read_array(table: Any, names: Sequence[str]) -> Array:
    try:
        values = np.asarray(fill_masked_values(table), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"expected an array of numbers with {len(names)} columns: {error}"
        ) from error
    return _check_two_dimensional(values, names)


def _check_two_dimensional(values: NDArray[Any], names: Sequence[str]) -> NDArray[Any]:
    if values.ndim != 2 or values.shape[1] != len(names):
        raise DataError(
            f"expected an array of shape (rows, {len(names)}), found shape {values.shape}"
        )
    return values
