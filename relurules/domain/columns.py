"""The columns of a user's table, and the coordinates that they become: numbers as they are,
categories as indicators.

A category column with the categories a, b, c becomes three coordinates, `column = 'a'` and so on,
exactly one of which is 1. What an encoder or an imputer does to its values is then an affine map of
these.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain.derivation import Derivation
from relurules.errors import DomainError
from relurules.tables.names import find_text_flaw, quote_name
from relurules.tables.values import Value

Array = NDArray[np.float64]


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


def list_required_columns(columns: Sequence[Column]) -> list[str]:
    """The columns of the user's table in which a missing value counts as nothing for a column that
    is read of them.
    """
    found = set[str]()
    for column in columns:
        if None in column.lookup:
            continue
        if column.derivation is not None:
            found |= {each.column for each in column.derivation.arguments if each.fill is None}
        elif column.fill is None:
            found.add(column.table_name)

    return [name for name in list_table_columns(columns) if name in found]


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
