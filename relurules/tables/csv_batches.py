"""CSV files in pieces, all of which have one schema: that of the whole file.

pyarrow reads them where it is installed; pandas does without it, and reads what pyarrow doesn't
take: pipes, archives, and headers in which names are missing or doubled. Both take the same texts
for missing values.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.tables.table import ColumnKind, DataColumn, DataTable

Kinds = Mapping[str, ColumnKind]

#: Texts that are a missing value, as pandas takes them.
_MISSING = (
    *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"),
    *("<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
)
#: Texts of booleans, as pandas takes them.
_BOOLEANS = {
    **dict.fromkeys(("True", "TRUE", "true"), True),
    **dict.fromkeys(("False", "FALSE", "false"), False),
}
#: Endings of compressed files that pyarrow doesn't open.
_ARCHIVES = (".xz", ".zip", ".tar", ".zst")
#: Bytes of a file that are parsed together.
_BLOCK = 2**24


def read_csv_batches(path: Path, kinds: Kinds, rows: int) -> Iterator[Any]:
    """The rows of a CSV file, in tables of at most so many.

    kinds: what columns are where that is known. If the file has all of these, nothing reads the
    others; if not, a first pass over the file decides what its other columns are. A text in a
    column of numbers stays what it is, so that whoever asks for its numbers can name its row.
    ValueError for what isn't a table.
    """
    with path.open("rb"):  # the system's own error where it can't be read
        pass
    header = None if path.suffix in _ARCHIVES or not path.is_file() else _read_header(path)
    if header is None:
        yield from _read_by_pandas(path, kinds, rows)
        return

    if not kinds or not kinds.keys() <= set(header):
        kinds = {**_scan_kinds(path, header), **kinds}
    for columns in _iterate_texts(path, header, at_least_one=True):
        table = {name: _convert(texts, kinds.get(name, "text")) for name, texts in columns.items()}
        count = len(next(iter(table.values())))
        for start in range(0, max(count, 1), rows):
            yield _make_table(table, kinds, slice(start, start + rows))


def _make_table(arrays: Mapping[str, NDArray[Any]], kinds: Kinds, rows: slice) -> DataTable:
    columns = tuple(
        DataColumn(name, _confirm_kind(kinds.get(name, "text"), values), values[rows])
        for name, values in arrays.items()
    )
    return DataTable(columns=columns, shape=(len(columns[0].source), len(columns)), named=True)


def _confirm_kind(kind: ColumnKind, values: NDArray[Any]) -> ColumnKind:
    """The kind, or "any" where not every value is of it."""
    return "any" if kind != "text" and values.dtype.kind not in "bf" else kind


def _read_header(path: Path) -> tuple[str, ...] | None:
    """The names of a file's columns; None where they aren't names, or without pyarrow."""
    try:
        import pyarrow.csv
    except ImportError:
        return None
    with pyarrow.csv.open_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(use_threads=False),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
    ) as reader:
        names = tuple(reader.schema.names)
    return names if all(names) and len(set(names)) == len(names) else None


def _iterate_texts(
    path: Path, header: tuple[str, ...], *, at_least_one: bool = False
) -> Iterator[dict[str, Any]]:
    """Blocks of a file, every column as an arrow array of texts, missing ones as null.

    at_least_one: of a file without rows, a block without rows.
    """
    import pyarrow.csv

    csv = pyarrow.csv

    done = 0
    with csv.open_csv(
        path,
        # one thread, so that a row that doesn't fit the header is refused by its number
        read_options=csv.ReadOptions(block_size=_BLOCK, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(header, pyarrow.string()),
            null_values=_MISSING,
            strings_can_be_null=True,
        ),
    ) as reader:
        for batch in reader:
            done += len(batch)
            yield dict(zip(header, batch.columns, strict=True))
    if at_least_one and not done:
        yield {name: pyarrow.array([], pyarrow.string()) for name in header}


def _scan_kinds(path: Path, header: tuple[str, ...]) -> dict[str, ColumnKind]:
    """What every column of a file is, by all of its values."""
    numbers, booleans = set(header), set(header)
    for columns in _iterate_texts(path, header):
        numbers = {name for name in numbers if _cast_numbers(columns[name]) is not None}
        booleans = {name for name in booleans if _cast_booleans(columns[name]) is not None}
    return {
        name: "number" if name in numbers else "boolean" if name in booleans else "text"
        for name in header
    }


def _convert(texts: Any, kind: ColumnKind) -> NDArray[Any]:
    """An arrow array of texts as what it is: floats, booleans, or objects where a text is among
    them.
    """
    if kind == "text":
        return np.asarray(texts.to_numpy(zero_copy_only=False), dtype=object)
    numbers = _cast_numbers(texts)
    if numbers is not None:
        return numbers
    booleans = _cast_booleans(texts)
    return booleans if booleans is not None else _cast_each(texts)


def _cast_numbers(texts: Any) -> NDArray[np.float64] | None:
    """Texts as (N,) numbers, NaN where they are null; None where one isn't a number."""
    import pyarrow
    from pyarrow import compute

    try:
        found = compute.cast(compute.utf8_trim_whitespace(texts), pyarrow.float64())
    except pyarrow.ArrowInvalid:
        return None
    return np.array(found.to_numpy(zero_copy_only=False), dtype=np.float64)


def _cast_booleans(texts: Any) -> NDArray[Any] | None:
    """Texts as (N,) booleans, or floats where one is null; None where one isn't a boolean."""
    from pyarrow import compute

    if not {text for text in compute.unique(texts).to_pylist() if text} <= _BOOLEANS.keys():
        return None
    values = [_BOOLEANS.get(text) for text in texts.to_pylist()]
    return np.array(values, dtype=np.float64 if None in values else np.bool_)


def _cast_each(texts: Any) -> NDArray[Any]:
    """Texts as (N,) objects: numbers, None, and what isn't either as it is."""
    values = []
    for i, text in enumerate(texts.to_pylist()):
        number = None if text is None else _cast_numbers(texts[i : i + 1])
        values.append(text if number is None else float(number[0]))
    return np.fromiter(values, dtype=object, count=len(values))


def _read_by_pandas(path: Path, kinds: Kinds, rows: int) -> Iterator[Any]:
    """Pieces as pandas reads them, text where any piece of a file that can be read twice holds
    text.
    """
    text = {name for name, kind in kinds.items() if kind == "text"}
    if path.is_file():
        with _open_by_pandas(path, text, rows) as pieces:
            found = {
                str(name)
                for piece in pieces
                for name in piece.columns
                if str(name) not in kinds and _holds_text(piece[name])
            }
        text |= found
    with _open_by_pandas(path, text, rows) as pieces:
        yield from pieces


@contextmanager
def _open_by_pandas(path: Path, text: set[str], rows: int) -> Iterator[Any]:
    import pandas

    with pandas.read_csv(path, chunksize=rows, dtype=dict.fromkeys(text, str)) as pieces:
        yield pieces


def _holds_text(column: Any) -> bool:
    return column.dtype.kind not in "biuf" and any(isinstance(value, str) for value in column)
