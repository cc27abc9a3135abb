"""The columns of a user's table, and the coordinates that they become: numbers as they are,
categories as indicators.

A category column with the categories a, b, c becomes three coordinates, `column = 'a'` and so on,
exactly one of which is 1. What an encoder or an imputer does to its values is then an affine map of
these.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain.derivation import Derivation, name_bins
from relurules.errors import DataError, DomainError
from relurules.tables.names import find_free_name, find_text_flaw, quote_name
from relurules.tables.table import DataColumn, DataTable, read_table
from relurules.tables.values import Value

Array = NDArray[np.float64]


class CoordinateRows(np.ndarray[Any, np.dtype[np.float64]]):
    """Rows in coordinates of which some are derived, as `encode_table` makes them; a bare array
    could as well hold the columns that they are made of.
    """


#: So many values of a category are named in its coordinate; the others are counted.
_MOST_LISTED = 4


class Category(NamedTuple):
    """Values of a column that count as one, and whether a missing value or any other value counts
    as it too. word: what people call it, in place of its values.
    """

    values: tuple[str | float, ...] = ()
    missing: bool = False
    other: bool = False
    word: str = ""

    @property
    def members(self) -> list[str]:
        """The values as text, and the words for a missing and for any other value."""
        if self.word:
            return [self.word]
        words = ["missing"] * self.missing + ["any other value"] * self.other

        return [*map(format_value, self.values), *words]


class Column(NamedTuple):
    """A column of the table. categories: none for a number; fill: the number that a missing one
    counts as, if any; source: the column of the table that it is read of, where that has another
    name, see `make_missing_column`; derivation: what it is made of, where no column of the table
    holds it, see `make_derived_column`.
    """

    name: str
    categories: tuple[Category, ...] = ()
    fill: float | None = None
    source: str = ""
    derivation: Derivation | None = None

    @property
    def table_name(self) -> str:
        """The column of the user's table that holds its values."""
        return self.source or self.name

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the coordinates that the column becomes."""
        return tuple(_name_coordinate(self, category) for category in self.categories) or (
            self.name,
        )

    @property
    def lookup(self) -> Mapping[Value, int]:
        """Known value (None: missing) -> its category."""
        known: dict[Value, int] = {}
        for i, category in enumerate(self.categories):
            known |= dict.fromkeys(category.values, i)
            if category.missing:
                known[None] = i

        return known

    @property
    def width(self) -> int:
        """How many coordinates the column becomes."""
        return len(self.categories) or 1

    def known(self, category: int) -> set[Value]:
        """The values of a category, None for a missing one, and its word if it has one."""
        own = self.categories[category]
        return {*own.values, *([None] if own.missing else []), *([own.word] if own.word else [])}

    @property
    def other(self) -> int | None:
        """The category of values that aren't known."""
        return next((i for i, category in enumerate(self.categories) if category.other), None)


def make_number_columns(names: Sequence[str]) -> tuple[Column, ...]:
    """One number per name."""
    return tuple(Column(name) for name in names)


def make_missing_column(source: str) -> Column:
    """Whether a column of numbers lacks its value, as a column of its own: `income is missing`, yes
    or no.
    """
    name = f"{source} is missing"
    yes, no = Category(missing=True, word="yes"), Category(other=True, word="no")

    return Column(name, (yes, no), None, source)


def make_derived_column(derivation: Derivation, missing: int | None = None) -> Column:
    """A column that is a function of others. missing: of bins, the one that a missing value counts
    as; their number for a bin of its own, None for none.
    """
    if derivation.function != "bins":
        return Column(derivation.name, derivation=derivation)

    words = name_bins(derivation.edges)
    bins = [
        Category((float(i),), missing == i, word=f"{word} or missing" if missing == i else word)
        for i, word in enumerate(words)
    ]
    own = [Category(missing=True)] if missing == len(words) else []

    return Column(derivation.name, (*bins, *own), derivation=derivation)


def list_derived_columns(columns: Sequence[Column]) -> list[Column]:
    """Those that are made of others."""
    return [column for column in columns if column.derivation is not None]


def list_table_columns(columns: Sequence[Column]) -> dict[str, Column]:
    """The columns of the user's table that are read, each once, by name; of those that several are
    read of, the one that has its name.
    """
    found: dict[str, Column] = {}
    for column in columns:
        if column.derivation is not None:
            for argument in column.derivation.arguments:
                found.setdefault(argument.column, Column(argument.column, source=argument.column))
        elif column.table_name not in found or not column.source:
            found[column.table_name] = column

    return found


def number_table_columns(columns: Sequence[Column]) -> list[int]:
    """The place of every column among those of the user's table that are read; columns that are
    made of these come after them.
    """
    own = list(list_table_columns(columns))
    derived = [column.name for column in list_derived_columns(columns)]
    places = {name: place for place, name in enumerate(own)}

    return [
        len(own) + derived.index(column.name) if column.derivation else places[column.table_name]
        for column in columns
    ]


def get_value(raw: Mapping[str, Value], column: Column) -> Value:
    """What a column is in a row of the table: its value, None for a missing one; yes or no of one
    that says whether another one is missing; the value of a derived one.
    """
    if column.derivation is not None:
        return _derive_value(raw, column, column.derivation)
    value = raw[column.table_name]
    if not column.source:
        return value

    return column.categories[int(value is not None)].word


def _derive_value(raw: Mapping[str, Value], column: Column, derivation: Derivation) -> Value:
    if column.name in raw:  # of a row that was given in coordinates
        return raw[column.name]
    numbers = [raw[argument.column] for argument in derivation.arguments]
    given = [np.array([np.nan if x is None else x], dtype=np.float64) for x in numbers]
    value = float(derivation.evaluate(given)[0])
    if not column.categories:
        return None if np.isnan(value) else value
    at = column.lookup.get(None if np.isnan(value) else value)

    return None if at is None else column.categories[at].word or None


def is_plain(columns: Sequence[Column]) -> bool:
    """Whether every column is a number that is used as it is, so that the coordinates are the
    columns.
    """
    return all(
        not column.categories and column.fill is None and column.derivation is None
        for column in columns
    )


def check_texts(columns: Sequence[Column]) -> None:
    """DomainError for names and categories that no file, code or database could hold."""
    for column in columns:
        if flaw := find_text_flaw(column.name):
            raise DomainError(
                f"the column name {quote_name(column.name)} holds {flaw}; rename the column"
            )
        for value in (value for category in column.categories for value in category.values):
            if isinstance(value, str) and (flaw := find_text_flaw(value)):
                where = f"column {quote_name(column.name)}: the category {quote_name(value)}"
                raise DomainError(f"{where} holds {flaw}; write it otherwise")


def is_text_column(column: Column) -> bool:
    """Whether a column holds text; one of categories may hold numbers."""
    return (
        bool(column.categories)
        and not column.source
        and column.derivation is None
        and not all(isinstance(value, float) for value in column.lookup if value is not None)
    )


def name_coordinates(columns: Sequence[Column]) -> tuple[str, ...]:
    """The d coordinates of all columns, in order.

    DomainError where a column's categories don't fit together.
    """
    for column in columns:
        values = [value for category in column.categories for value in category.values]
        twice = [value for value in values if values.count(value) > 1]
        if (
            twice
            or sum(c.missing for c in column.categories) > 1
            or sum(c.other for c in column.categories) > 1
        ):
            raise DomainError(
                f"column {column.name!r}: {twice[0] if twice else 'a value'!r} is in two categories"
            )
        if any(not category.members for category in column.categories):
            raise DomainError(f"column {column.name!r} has a category without any value")
        if column.categories and column.fill is not None:
            raise DomainError(
                f"column {column.name!r} has categories, so a missing value can't count as a number"
            )

    return tuple(name for column in columns for name in column.coordinates)


def place_columns(columns: Sequence[Column]) -> tuple[range, ...]:
    """The indices of every column's coordinates."""
    ends = tuple(accumulate((column.width for column in columns), initial=0))
    return tuple(map(range, ends, ends[1:]))


def find_groups(columns: Sequence[Column]) -> tuple[tuple[int, ...], ...]:
    """Indices of the coordinates of every category column: of each group exactly one is 1."""
    places = zip(columns, place_columns(columns), strict=True)
    return tuple(tuple(at) for column, at in places if column.categories)


def encode_table(table: Any, columns: Sequence[Column]) -> Array:
    """The rows of a table in coordinates, (N, d).

    A frame is read by column name, an array by position: one of d columns of numbers holds
    coordinates, any other one the raw columns. A DataTable keeps its coordinates, so that they are
    made once; don't change them. A missing number that isn't filled is NaN; a value
    of no category leaves its group 0, and either lies outside every domain. DataError for a missing
    column, a wrong width or a text where a number is due.
    """
    own = type(table) in (np.ndarray, CoordinateRows)  # others may be masked
    if own and _are_coordinates(table, columns):
        copied = np.array(table, dtype=np.float64, order="C", subok=True)
        return _fill_coordinates(copied, columns)

    table, columns = read_table(table), tuple(columns)
    if columns not in table.encodings:
        found = _encode_columns(table, columns)
        derived = bool(list_derived_columns(columns))
        table.encodings[columns] = found.view(CoordinateRows) if derived else found
    known: Array = table.encodings[columns]

    return known


def _encode_columns(table: DataTable, columns: Sequence[Column]) -> Array:
    if _holds_coordinates(table, columns):
        found = table.select([name for column in columns for name in column.coordinates])
        X = (
            np.column_stack([part.numbers for part in found])
            if found
            else np.empty((len(table), 0))
        )
        return _fill_coordinates(X, columns)

    names = list(list_table_columns(columns))
    found = table.select(names)
    derived = [_derive_numbers(dict(zip(names, found, strict=True)), c) for c in columns]
    parts = [
        _encode_column(found[place], column)
        if numbers is None
        else _encode_derived(numbers, column)
        for place, column, numbers in zip(
            number_table_columns(columns), columns, derived, strict=True
        )
    ]

    return np.hstack(parts) if parts else np.empty((len(table), 0))


def _derive_numbers(table: Mapping[str, DataColumn], column: Column) -> Array | None:
    """(N,) what a derived column is; None for any other."""
    derivation = column.derivation
    if derivation is None:
        return None

    return derivation.evaluate(
        [table[argument.column].numbers for argument in derivation.arguments]
    )


def _encode_derived(numbers: Array, column: Column) -> Array:
    if not column.categories:
        return numbers[:, None]
    missing = np.isnan(numbers)[:, None]
    values = np.array([(c.values or (np.nan,))[0] for c in column.categories])
    marked = np.array([c.missing for c in column.categories])

    return np.asarray(np.where(missing, marked, numbers[:, None] == values), dtype=np.float64)


def _fill_coordinates(X: Array, columns: Sequence[Column]) -> Array:
    """X (N, d) with the columns' own numbers where a value is missing, written in place."""
    first = 0
    for column in columns:
        if column.fill is not None:
            X[np.isnan(X[:, first]), first] = column.fill
        first += column.width

    return X


def _are_coordinates(X: NDArray[Any], columns: Sequence[Column]) -> bool:
    """Whether X holds numbers, and as many columns of them as there are coordinates."""
    return X.dtype.kind in "biuf" and X.shape[1:] == (sum(column.width for column in columns),)


def _holds_coordinates(table: DataTable, columns: Sequence[Column]) -> bool:
    """Whether an array holds coordinates: as many columns as there are, and no text in it."""
    if table.named or table.shape[1:] != (sum(column.width for column in columns),):
        return False
    return is_plain(columns) or not table.holds_text


def _encode_column(values: DataColumn, column: Column) -> Array:
    """(N, width) the coordinates of one column."""
    if not column.categories:
        found = values.numbers
        filled = found if column.fill is None else np.where(np.isnan(found), column.fill, found)
        return filled[:, None]

    lookup, other = column.lookup, -1 if column.other is None else column.other
    unknown = (lookup.get(None, -1), other)
    codes = np.array([lookup.get(v, unknown[v is not None]) for v in values.entries], dtype=np.intp)
    _check_unknown(values, column, np.flatnonzero(codes == other).tolist())

    return np.asarray(codes[:, None] == np.arange(len(column.categories)), dtype=np.float64)


def _check_unknown(values: DataColumn, column: Column, rows: Sequence[int]) -> None:
    """DataError for a number where every known category is a text: it may have been a code, whose
    text is lost. rows: those of other values, among which a number is then.
    """
    texts = [value for value in column.lookup if value is not None]
    if not texts or not all(isinstance(value, str) for value in texts):
        return

    for row in rows:
        if isinstance(value := values.entries[row], float):
            raise DataError(
                f"column {values.name!r}, row {row}: found the number {value!r}, expected a text "
                f"such as {texts[0]!r}; read the column as text, as with "
                f"pandas.read_csv(..., dtype={{{values.name!r}: str}})"
            )


def decode_rows(X: Array, columns: Sequence[Column]) -> dict[str, list[Value]]:
    """Coordinates (N, d) -> raw columns that `encode` turns into them; a missing number and no
    category are None. A derived column is given by its own name.

    A category without values of its own gives a text that is none of the others. DataError where a
    row can't be decoded, since it has no category in a column where a missing value is one.
    """
    own = [column for column in columns if column.derivation is None]
    raw: dict[str, list[Value]] = {name: [] for name in list_table_columns(own)}
    first, gaps = 0, dict[str, Any]()
    for column in columns:
        part = X[:, first : first + column.width]
        first += part.shape[1]
        if column.source:
            gaps[column.source] = part[:, 0] == 1
            continue
        if column.derivation is not None:  # which tells the columns that it is made of no more
            raw[column.name] = _name_derived(part, column)
            continue
        if not column.categories:
            raw[column.name] = [None if np.isnan(v) else v for v in part[:, 0].tolist()]
            continue
        shown = [_pick_example(column, category) for category in column.categories]
        none = None if None not in column.lookup else _make_unknown_value(column)
        if column.other is not None and not (part.max(axis=1) == 1).all():
            raise DataError(
                f"rows without any category of {column.name!r}, where every value has one"
            )
        at = np.where(part.max(axis=1, initial=0.0) == 1, part.argmax(axis=1), -1)
        raw[column.name] = [none if i < 0 else shown[i] for i in at.tolist()]

    for name, gap in gaps.items():  # a number that nothing else reads may be any
        known = raw[name] or [0.0] * len(X)
        raw[name] = [None if lacks else v for v, lacks in zip(known, gap.tolist(), strict=True)]

    return raw


def _name_derived(part: Array, column: Column) -> list[Value]:
    """What a derived column holds in rows in coordinates, (N, width)."""
    if not column.categories:
        return [None if np.isnan(v) else v for v in part[:, 0].tolist()]
    return [column.categories[i].word or None for i in part.argmax(axis=1).tolist()]


def fill_gaps(X: Array, columns: Sequence[Column]) -> None:
    """Make rows in coordinates (N, d) such as tables give them, in place: a number that is missing
    is what a missing one counts as.
    """
    places = place_columns(columns)
    own = {column.name: (at.start, column.fill) for column, at in zip(columns, places, strict=True)}
    for column, at in zip(columns, places, strict=True):
        place, fill = own.get(column.source, (0, None))
        if column.source and fill is not None:
            X[X[:, at.start] == 1.0, place] = fill


def read_raw_columns(table: Any, columns: Sequence[Column]) -> dict[str, list[Value]]:
    """The table's own values of `columns`, missing ones as None; for an array of coordinates,
    `decode`.
    """
    table = read_table(table)
    if _holds_coordinates(table, columns):
        if derived := list_derived_columns(columns):
            raise DataError(
                f"rows in coordinates don't tell what {derived[0].name!r} is made of; pass a frame "
                "with the columns of the table"
            )
        return decode_rows(
            encode_table(table, [column._replace(fill=None) for column in columns]), columns
        )

    own = list_table_columns(columns)

    return {
        column.table_name: part.entries
        if column.categories and not column.source
        else [None if np.isnan(v) else v for v in part.numbers.tolist()]
        for part, column in zip(table.select(list(own)), own.values(), strict=True)
    }


def _pick_example(column: Column, category: Category) -> Value:
    if category.values:
        return category.values[0]
    return None if category.missing else _make_unknown_value(column)


def _make_unknown_value(column: Column) -> str | float:
    """A value that is in no category."""
    known = [value for category in column.categories for value in category.values]
    if known and all(isinstance(value, float) for value in known):
        return 1.0 + max(float(value) for value in known)

    return find_free_name("some other value", set(map(str, known)))


def format_value(value: str | float) -> str:
    """A value as rules write it: text in quotes, a number plain."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(int(value)) if value == int(value) else repr(value)


def _name_coordinate(column: Column, category: Category) -> str:
    """`sex = 'Male'`, `job in ('a', 'b', missing)`, `job is missing`, `age in bins is below 30`."""
    if column.source:
        return f"{column.source} is {'' if category.missing else 'not '}missing"
    members = category.members
    if len(members) == 1:
        return (
            f"{column.name} {'=' if category.values and not category.word else 'is'} {members[0]}"
        )
    hidden = len(members) - _MOST_LISTED
    listed = members if hidden <= 1 else [*members[:_MOST_LISTED], f"{hidden} more"]

    return f"{column.name} in ({', '.join(listed)})"
