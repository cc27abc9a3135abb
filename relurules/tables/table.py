"""A user's table, read once: typed columns of any library's frame or of an array.

`read_table` is the door. What stands behind it takes the `DataTable`; public functions call it on
whatever they are given, and a DataTable passes through it as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import narwhals.stable.v2 as narwhals
import numpy as np
from numpy.typing import NDArray

from relurules.errors import DataError
from relurules.tables.names import make_default_names, quote_name
from relurules.tables.values import Value, list_numbers, read_entry, read_number

Array = NDArray[np.float64]
#: What the type of a column says of its values. "any": nothing, so each value tells for itself.
ColumnKind = Literal["number", "boolean", "text", "category", "any"]
#: Letter of numpy for types -> what they say.
_PLAIN_KINDS: Mapping[str, ColumnKind] = {"b": "boolean", "i": "number", "u": "number", "O": "any"}


@dataclass(frozen=True, eq=False)
class DataColumn:
    """One column of a table.

    name: its own, or that of its position.
    kind: what its type says; "number" and "boolean" hold for every value that isn't missing.
    source: (N,) the column as its library keeps it, which is read when its values are asked for.
    """

    name: str
    kind: ColumnKind
    source: Any

    @cached_property
    def values(self) -> NDArray[Any]:
        """(N,) numbers or booleans of one type, or Python objects."""
        return _read_source(self.source, self.kind)

    @property
    def numbers(self) -> Array:
        """(N,) values as numbers, missing ones as NaN.

        DataError naming the first value that isn't a number.
        """
        if self.values.dtype.kind in "biuf":
            return self.values.astype(np.float64)
        return np.array(
            [read_number(value, self.name, row) for row, value in enumerate(self.values)],
            dtype=np.float64,
        )

    @cached_property
    def entries(self) -> list[Value]:
        """The N values as text and numbers, missing ones as None; DataError for anything else."""
        if self.values.dtype.kind in "biuf":
            return list_numbers(self.numbers)
        return [
            value if type(value) is str else read_entry(value, self.name, row)
            for row, value in enumerate(self.values)
        ]

    @property
    def numeric(self) -> bool:
        """Whether the type alone says that every value is a number or missing."""
        return self.kind in ("number", "boolean")


@dataclass(frozen=True, eq=False, kw_only=True)
class DataTable:
    """The rows and columns that a user gave; see `read_table`.

    columns: in the table's order; what each means is decided in `_find_kind` alone.
    shape: (N, number of columns); of an array that is no table, whatever it is, without columns.
    named: whether the names are the table's own, so that columns are found by them.
    encodings: columns as a domain knows them -> (N, d) coordinates, kept by `domain.columns`, so
    that a table is encoded once.
    """

    columns: tuple[DataColumn, ...]
    shape: tuple[int, ...]
    named: bool
    encodings: dict[Any, Array] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Number of rows N."""
        return self.shape[0] if self.shape else 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def holds_text(self) -> bool:
        """Whether any value is text."""
        return any(
            isinstance(value, str)
            for column in self.columns
            if not column.numeric
            for value in column.values
        )

    def select(self, names: Sequence[str]) -> list[DataColumn]:
        """The columns `names`, in that order; of a table without names of its own, by position.

        DataError for a column that is missing or there twice, or for a wrong width.
        """
        if not self.named:
            if len(self.shape) != 2 or self.shape[1] != len(names):
                raise DataError(
                    f"expected an array of shape (rows, {len(names)}), found shape {self.shape}"
                )
            return [
                DataColumn(name, column.kind, column.values)
                for name, column in zip(names, self.columns, strict=True)
            ]

        found = self.names
        if missing := [name for name in names if name not in found]:
            raise DataError(
                f"the table lacks {len(missing)} of {len(names)} columns: "
                f"{', '.join(map(quote_name, missing[:5]))}"
                f"{' ...' if len(missing) > 5 else ''}; "
                f"it has {', '.join(map(quote_name, found[:8]))}"
            )
        if doubled := [name for name in names if found.count(name) > 1]:
            raise DataError(
                f"the table has more than one column {doubled[0]!r}; give each its own name"
            )

        return [self.columns[found.index(name)] for name in names]


def read_table(data: Any) -> DataTable:
    """What users have as a DataTable: a frame of any library that narwhals knows, anything else
    with named columns, an array, or nested lists.

    Columns are converted when they are asked for, so one that nobody reads costs nothing. DataError
    for a lazy frame, and for rows of several lengths.
    """
    if isinstance(data, DataTable):
        return data
    names = read_column_names(data)
    if names is None:
        return _read_array(data)

    columns = tuple(
        read_column(part, name) for name, part in zip(names, _split_frame(data), strict=True)
    )
    return DataTable(columns=columns, shape=(len(data), len(columns)), named=True)


def make_array_table(arrays: Mapping[str, NDArray[Any]]) -> DataTable:
    """Columns by name, (N,) numbers or booleans, or Python objects, as a table."""
    columns = tuple(read_column(values, name) for name, values in arrays.items())
    rows = len(columns[0].source) if columns else 0
    return DataTable(columns=columns, shape=(rows, len(columns)), named=True)


def take_row(table: Any, number: int) -> DataTable:
    """One row of a table, by its number from 0."""
    known = read_table(table)
    columns = tuple(
        DataColumn(column.name, column.kind, column.values[number : number + 1])
        for column in known.columns
    )
    return DataTable(columns=columns, shape=(1, len(columns)), named=known.named)


def read_single_row(row: Any) -> Any:
    """A mapping or a pandas Series of names to values as a table of one row; a bare row of numbers
    as an array of one; anything else as it is.
    """
    if narwhals.dependencies.is_pandas_series(row):
        row = row.to_dict()
    if isinstance(row, Mapping):
        arrays = {str(name): np.empty(1, dtype=object) for name in row}
        for name, value in row.items():
            arrays[str(name)][0] = value

        return make_array_table(arrays)
    if read_column_names(row) is not None or np.ndim(row) == 2:
        return row
    array = np.asarray([row])
    return array if array.dtype.kind in "biuf" else np.array([row], dtype=object)


def read_column(values: Any, name: str) -> DataColumn:
    """A column of any library's frame, an array, or a list."""
    plain = _find_plain_kind(values)
    if plain is not None:
        return DataColumn(name, plain, values)
    series = _wrap_series(values)
    if series is None:
        array = _convert_array(values)
        kind = array.dtype.kind
        return DataColumn(
            name, "boolean" if kind == "b" else "number" if kind in "iuf" else "any", array
        )

    return DataColumn(name, _find_kind(series), values)


def read_column_names(table: Any) -> tuple[str, ...] | None:
    """Names of a frame's columns, or None for a bare array."""
    if isinstance(table, DataTable):
        return table.names if table.named else None
    if hasattr(table, "collect_schema") and hasattr(table, "collect"):
        raise DataError(
            "the table is a lazy frame, whose rows aren't there yet; pass what its collect() gives"
        )
    if narwhals.dependencies.is_pyarrow_table(table):
        return tuple(table.column_names)
    columns = getattr(table, "columns", None)
    return None if columns is None else tuple(str(name) for name in columns)


def read_shape(table: Any) -> tuple[int, ...]:
    """Shape of an array or of nested lists; DataError where their lengths differ."""
    if isinstance(table, DataTable):
        return table.shape
    try:
        return np.shape(table)
    except ValueError as error:
        raise DataError(
            f"expected an array of shape (rows, columns), found rows of several lengths: {error}"
        ) from error


def _read_array(data: Any) -> DataTable:
    shape = read_shape(data)
    if len(shape) != 2:
        return DataTable(columns=(), shape=shape, named=False)

    array = _convert_array(data)
    names = make_default_names(shape[1])
    columns = tuple(read_column(part, name) for name, part in zip(names, array.T, strict=True))
    return DataTable(columns=columns, shape=shape, named=False)


def _fill_masked_values(array: Any) -> Any:
    """A masked array of numbers as a plain one, with NaN where it is masked; anything else as it
    is.
    """
    if isinstance(array, np.ma.MaskedArray) and array.dtype.kind in "biuf":
        return np.where(np.ma.getmaskarray(array), np.nan, np.ma.getdata(array))
    return array


def _split_frame(frame: Any) -> list[Any]:
    """The columns of a frame, as its library keeps them; two may have one name."""
    if narwhals.dependencies.is_pandas_like_dataframe(frame):
        return [column for _, column in frame.items()]
    try:
        known = narwhals.from_native(frame, eager_only=True)
    except TypeError:  # something with named columns that narwhals doesn't know
        return [frame[key] for key in frame.columns]
    return [series.to_native() for series in known.iter_columns()]


def _convert_array(values: Any) -> NDArray[Any]:
    """An array of numbers or booleans of one type, or of Python objects."""
    array = np.asarray(_fill_masked_values(values))
    if array.dtype.kind in "biuf":
        return array
    return np.asarray(values, dtype=object)  # as objects, numbers beside text stay numbers


def _find_plain_kind(values: Any) -> ColumnKind | None:
    """The kind of a Series of pandas of its usual types: numbers or booleans of numpy's usual
    sizes, objects, texts. Narwhals says the same ten times as slowly. None for anything else.
    """
    if not narwhals.dependencies.is_pandas_series(values):
        return None
    kind = values.dtype
    if isinstance(kind, np.dtype):
        if kind.kind == "f":
            return "number" if kind.itemsize in (4, 8) else None
        return _PLAIN_KINDS.get(kind.kind)
    return "text" if isinstance(kind, narwhals.dependencies.get_pandas().StringDtype) else None


def _wrap_series(values: Any) -> "narwhals.Series[Any] | None":
    """A column of a library that narwhals knows; None for anything else."""
    if isinstance(values, list | tuple | np.ndarray):
        return None
    try:
        series: narwhals.Series[Any] = narwhals.from_native(values, series_only=True)
    except TypeError:
        return None
    return series


def _find_kind(series: "narwhals.Series[Any]") -> ColumnKind:
    """What the type of a column says; a pandas column of objects says nothing."""
    kind = series.dtype
    if str(getattr(series.to_native(), "dtype", "")) == "object":
        return "any"
    if kind.is_numeric():
        return "number"
    if isinstance(kind, narwhals.Boolean):
        return "boolean"
    if isinstance(kind, narwhals.String):
        return "text"

    return "category" if isinstance(kind, narwhals.Categorical | narwhals.Enum) else "any"


def _read_source(source: Any, kind: ColumnKind) -> NDArray[Any]:
    plain = _find_plain_kind(source)
    if plain is not None:
        return np.asarray(source, dtype=None if plain in ("number", "boolean") else object)
    series = _wrap_series(source)
    if series is None:
        return _convert_array(source)

    if isinstance(series.dtype, narwhals.Int128 | narwhals.UInt128):  # which numpy hasn't got
        return np.array([np.nan if value is None else float(value) for value in series.to_list()])
    if kind in ("number", "boolean") or isinstance(series.dtype, narwhals.Unknown):
        array = series.to_numpy()
        if array.dtype.kind in "biuf":
            return array
    if narwhals.dependencies.is_pyarrow_chunked_array(source):
        # a dictionary's own conversion to numpy puts a category where a value is missing
        return np.fromiter(source.to_pylist(), dtype=object, count=len(source))
    return np.asarray(source, dtype=object)
