"""Files of tables in pieces of a bounded number of rows, each as `read_file` would give it.

What a column is depends on the whole file, not on a piece: types come from the schema, from what is
expected, from a Parquet file's own types, or from a first pass over a CSV file.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.errors import DataError
from relurules.tables.column_scan import ColumnScan
from relurules.tables.column_types import ColumnType, list_date_columns
from relurules.tables.csv_text import CsvFile
from relurules.tables.file_columns import FileTable, gather_columns, make_frame
from relurules.tables.parquet_columns import read_arrow_columns
from relurules.tables.read_file import (
    explain_read_errors,
    parse_file_texts,
    raise_misfit,
    read_typed_columns,
)
from relurules.tables.read_options import ReadOptions
from relurules.tables.row_draw import Places
from relurules.tables.text_values import are_booleans, drop_missing

if TYPE_CHECKING:
    import pandas


def read_file_batches(path: Path, options: ReadOptions, rows: int) -> Iterator[FileTable]:
    """The rows of a CSV or Parquet file in order, at most so many at once.

    Columns of a Parquet file that nothing needs aren't read. At least one piece, which has no rows
    where the file has none. DataError as of `read_file`, with numbers of the whole file's rows.
    """
    with explain_read_errors(path):
        if path.suffix == ".parquet":
            yield from _read_parquet_batches(path, options, rows)
        else:
            yield from _read_csv_tables(path, options, rows)


def count_file_rows(path: Path, options: ReadOptions) -> int:
    """How many rows a CSV or Parquet file has; DataError where it can't be read."""
    with explain_read_errors(path):
        if path.suffix == ".parquet":
            from pyarrow.parquet import ParquetFile

            with ParquetFile(path, pre_buffer=False) as file:
                return int(file.metadata.num_rows)
        file = CsvFile(path, options.schema.format)
        return sum(len(next(iter(texts.values()))) for texts in file.iterate_texts())


def read_drawn_rows(path: Path, options: ReadOptions, places: Places, rows: int) -> FileTable:
    """The rows of these numbers, ascending, typed by their own values; at most `rows` others are
    in memory beside them. What a CSV file's columns are is told by all of its rows.
    """
    with explain_read_errors(path):
        if path.suffix == ".parquet":
            return _read_drawn_parquet(path, options, places, rows)
        pieces, schema, done = [], options.schema, 0
        for piece in _read_csv_tables(path, options, rows):
            own, schema = piece.frame, piece.schema
            at = np.searchsorted(places, [done, done + len(own)])
            pieces.append(own.iloc[places[at[0] : at[1]] - done])
            done += len(own)
        return FileTable(frame=join_frames(pieces, 0), schema=schema)


def _read_drawn_parquet(path: Path, options: ReadOptions, places: Places, rows: int) -> FileTable:
    import pyarrow
    from pyarrow.parquet import ParquetFile

    drawn, done = [], 0
    with ParquetFile(path, pre_buffer=False) as file:
        schema = file.schema_arrow
        for batch in file.iter_batches(batch_size=rows, use_threads=False):
            at = np.searchsorted(places, [done, done + len(batch)])
            drawn.append(batch.take(pyarrow.array(places[at[0] : at[1]] - done)))
            done += len(batch)

    table = pyarrow.Table.from_batches(drawn, schema=schema)
    columns = read_arrow_columns(table, options)
    return make_frame(read_typed_columns(f"{path}, among the rows drawn", columns, options))


def join_frames(frames: "Sequence[pandas.DataFrame]", first: int) -> "pandas.DataFrame":
    """One frame of pieces of a table, whose rows are numbered from `first`: a column that has no
    missing value in some pieces has the type that it has in the others.
    """
    import pandas

    mixed = {
        name: float
        for name in frames[0].columns
        if {frame[name].dtype.kind for frame in frames} == {"b", "f"}
    }
    whole = (
        pandas.concat([frame.astype(mixed) for frame in frames], ignore_index=True)
        if len(frames) > 1
        else frames[0]
    )
    whole.index = pandas.RangeIndex(first, first + len(whole))
    return whole


def _read_parquet_batches(path: Path, options: ReadOptions, rows: int) -> Iterator[FileTable]:
    import pyarrow
    from pyarrow.parquet import ParquetFile

    done = 0
    with ParquetFile(path, pre_buffer=False) as file:  # else it keeps all that was read
        schema = file.schema_arrow
        kept = _list_needed(schema.names, options)
        if twice := [name for name in kept if schema.names.count(name) > 1]:
            raise DataError(f"two columns are called {twice[0]!r}; give each a name of its own")

        for batch in file.iter_batches(batch_size=rows, columns=kept, use_threads=False):
            table = pyarrow.Table.from_batches([batch])
            columns = read_arrow_columns(table, options)
            yield make_frame(read_typed_columns(path, columns, options, done))
            done += len(batch)
        if not done:
            table = schema.empty_table().select(kept)
            columns = read_arrow_columns(table, options)
            yield make_frame(read_typed_columns(path, columns, options))


def _list_needed(names: Sequence[str], options: ReadOptions) -> list[str]:
    """Columns that matter, or whose dates give one that does.

    All of them where one is lacking, so that whoever misses it can tell what there is.
    """
    if options.needed is None:
        return list(dict.fromkeys(names))

    date = ColumnType(kind="date")
    given = {n: {n, *list_date_columns(n, options.schema.columns.get(n, date))} for n in names}
    if set(options.needed) - set().union(*given.values()):
        return list(given)
    return [name for name, own in given.items() if own & set(options.needed)]


def _read_csv_tables(path: Path, options: ReadOptions, rows: int) -> Iterator[FileTable]:
    file = CsvFile(path, options.schema.format)
    types, done = _decide_types(file, options), 0
    for texts in file.iterate_texts():
        count = len(next(iter(texts.values())))
        for start in range(0, max(count, 1), rows):
            arrays: dict[str, Any] = {}
            for name, column in types.items():
                declared = name in options.schema.columns or name in options.dropped
                if column.is_used or not declared:
                    part = texts[name].slice(start, rows)
                    arrays |= parse_file_texts(file, name, part, column, options, done + start)
            yield make_frame(gather_columns(arrays, types, options))
        done += count


def _decide_types(file: CsvFile, options: ReadOptions) -> Mapping[str, ColumnType]:
    """What the columns that matter are, by all of their values where nothing else tells."""
    schema, expected = options.schema, options.expected
    kept = _list_needed(file.names, options)
    open_names = [name for name in kept if name not in {*schema.columns, *options.dropped}]
    texts_expected = ("text", "category")
    numbers = [n for n in open_names if n in expected and expected[n] not in texts_expected]
    scans = {name: ColumnScan(name, schema.format) for name in open_names if name not in expected}

    known, other = set[str](), set[str]()
    for texts in file.iterate_texts() if numbers or scans else ():
        for name, scan in scans.items():
            scan.add(drop_missing(texts[name], schema.get_missing(name)))
        for name in numbers:
            missing = options.get_missing(name, ColumnType(kind="number"))
            found = drop_missing(texts[name], missing).drop_null()
            if len(found):
                (known if are_booleans(found) else other).add(name)

    types = {name: ColumnType(kind="category") for name in kept}
    types |= {name: ColumnType(kind="number") for name in numbers}
    types |= {name: ColumnType(kind="boolean") for name in known - other}
    types |= {name: column for name, column in schema.columns.items() if name in types}
    types |= {name: ColumnType(kind="ignore", note="dropped") for name in options.dropped}
    for name, scan in scans.items():
        types[name], flaw = scan.decide()
        if flaw is not None and (options.needed is None or name in options.needed):
            raise_misfit(file.path, name, f"line {file.find_line(flaw.row)}", flaw.reason)
    return {name: types[name] for name in kept}
