"""The texts of a CSV file, as pyarrow reads them, once its header and its rows are known to fit.

Every refusal names the line of the file, also where line breaks are quoted or lines are empty.
"""

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from relurules.errors import DataError
from relurules.tables.file_size import COMPRESSED
from relurules.tables.names import quote_name
from relurules.tables.table_format import TableFormat

#: Bytes of a file that are parsed together.
_BLOCK = 2**24
#: The longest cell that a message about a file that is no table is looked for in.
_LONGEST_CELL = 2**28


class CsvFile:
    """A CSV file whose header is read: its texts can be read as often as needed.

    names: of its columns, in order.
    """

    def __init__(self, path: Path, form: TableFormat) -> None:
        self.path, self.form = path, form
        with path.open("rb") as file:  # the system's own error where it can't be read
            # what can be read but once, such as a pipe, is kept
            self._kept = None if path.is_file() else file.read()
        self.names = self._read_header()

    def iterate_texts(self) -> Iterator[dict[str, Any]]:
        """Blocks of rows: every column as an arrow array of texts, an empty cell as null.

        At least one block, which has no rows where the file has none.
        """
        import pyarrow
        from pyarrow import csv as arrow_csv

        done = 0
        with self._open_bytes() as file:
            counter = _QuoteCounter(file)
            try:
                with arrow_csv.open_csv(
                    pyarrow.PythonFile(counter, mode="r"),
                    # one thread, so that rows come in order
                    read_options=arrow_csv.ReadOptions(block_size=_BLOCK, use_threads=False),
                    parse_options=arrow_csv.ParseOptions(
                        delimiter=self.form.sep, newlines_in_values=True
                    ),
                    convert_options=arrow_csv.ConvertOptions(
                        column_types=dict.fromkeys(self.names, pyarrow.string()),
                        null_values=[""],
                        strings_can_be_null=True,
                    ),
                ) as reader:
                    self._check_names(reader.schema.names)
                    for batch in reader:
                        done += len(batch)
                        yield dict(zip(self.names, batch.columns, strict=True))
            except pyarrow.ArrowInvalid as error:
                raise self._explain(error) from error
        if counter.quotes % 2:
            self._check_rows()
        if not done:
            yield {name: pyarrow.nulls(0, pyarrow.string()) for name in self.names}

    def find_line(self, row: int) -> int:
        """The line of the file, from 1, on which a row, from 0 after the header, begins."""
        for number, (line, _) in enumerate(self._iterate_records()):
            if number == row + 1:
                return line
        raise IndexError(row)

    def _read_header(self) -> tuple[str, ...]:
        line, names = next(self._iterate_records(), (1, []))
        if not names:
            raise DataError("it is empty; expected a header with the names of the columns")
        if not all(name.strip() for name in names):
            at = next(i for i, name in enumerate(names, 1) if not name.strip())
            raise DataError(
                f"line {line}: column {at} has no name in the header; name it, or remove it if it "
                "only counts the rows"
            )
        if twice := [name for name in names if names.count(name) > 1]:
            raise DataError(
                f"line {line}: the header names {quote_name(twice[0])} twice; give each column a "
                "name of its own"
            )
        numbered = names == [str(i) for i in range(len(names))]  # as pandas numbers columns
        if not numbered and all(map(self.form.is_number, names)):
            raise DataError(
                f"line {line}: the header holds numbers, {', '.join(names[:3])}; expected names of "
                "columns: put a header above the rows"
            )

        return tuple(names)

    def _check_names(self, names: list[str]) -> None:
        if tuple(names) != self.names:
            raise DataError(f"line 1: the header can't be read: {', '.join(names[:5])}")

    def _explain(self, error: Exception) -> DataError:
        """What is wrong with a file that pyarrow refused."""
        try:
            self._check_rows()
        except DataError as known:
            return known
        return DataError(str(error).splitlines()[0])

    def _check_rows(self) -> None:
        """DataError for the first row that doesn't fit the header, or a quote that isn't closed."""
        width, line = len(self.names), 1
        try:
            for line, record in self._iterate_records(strict=True):
                if len(record) != width:
                    raise DataError(
                        f"line {line}: the row has {len(record)} fields, the header {width}; is "
                        f"the separator {self.form.sep!r} (--sep), or a quote missing?"
                    )
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise DataError(
                    f"the row after line {line}: a quote is opened and never closed"
                ) from error

    def _iterate_records(self, *, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
        """The line on which each row begins, and its fields; lines without a character aren't
        rows.
        """
        limit = csv.field_size_limit(_LONGEST_CELL)
        try:
            with self._open_text() as file:
                reader = csv.reader(file, delimiter=self.form.sep, strict=strict)
                before = 0
                for record in reader:
                    if record:
                        yield before + 1, record
                    before = reader.line_num
        except UnicodeDecodeError as error:
            raise DataError(
                f"line {before + 1} or later: {error.object[error.start : error.start + 4]!r} "
                f"isn't {self.form.encoding}; say what it is, such as --encoding latin-1"
            ) from error
        finally:
            csv.field_size_limit(limit)

    @contextmanager
    def _open_text(self) -> Iterator[IO[str]]:
        encoding = "utf-8-sig" if self.form.is_utf8 else self.form.encoding
        with self._open_raw() as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
            yield text

    @contextmanager
    def _open_bytes(self) -> Iterator[Any]:
        """The file as UTF-8."""
        if self.form.is_utf8:
            with self._open_raw() as raw:
                yield raw
            return
        with self._open_text() as text:
            yield _Utf8Stream(text)

    @contextmanager
    def _open_raw(self) -> Iterator[Any]:
        if self._kept is not None:
            yield io.BytesIO(self._kept)
        elif self.path.suffix == ".zip":
            with zipfile.ZipFile(self.path) as archive:
                names = archive.namelist()
                if len(names) != 1:
                    raise DataError(f"the archive holds {len(names)} files; expected one")
                with archive.open(names[0]) as file:
                    yield file
        else:
            opener = COMPRESSED.get(self.path.suffix, _open_plain)
            with opener(self.path) as file:
                yield file


def _open_plain(path: Path) -> IO[bytes]:
    return path.open("rb")


class _QuoteCounter:
    """A stream that counts the quotes that it gives out: an odd number of them is looked into."""

    def __init__(self, stream: Any) -> None:
        self._stream, self.quotes, self.closed = stream, 0, False

    def read(self, size: int = -1) -> bytes:
        part: bytes = self._stream.read(size)
        self.quotes += part.count(b'"')
        return part

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True


class _Utf8Stream:
    """A stream of text as one of bytes."""

    def __init__(self, text: IO[str]) -> None:
        self._text, self._rest = text, b""

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            more = self._text.read(2**20)
            if not more:
                break
            self._rest += more.encode()
        size = len(self._rest) if size < 0 else size
        part, self._rest = self._rest[:size], self._rest[size:]
        return part
