"""What the columns of a table are, decided once: `TableSchema` goes with the rules that came of it.

What a date becomes, numbers in columns of their own, is defined here as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Literal, get_args

from relurules.errors import DataError
from relurules.tables.table_format import TableFormat

#: number: as it is. boolean: 1 where it holds, else 0. category, ordered, code: texts, as they are
#: written. date: numbers, see `DATE_PARTS`. identifier, ignore: no part in anything.
TypeKind = Literal[
    "number", "category", "ordered", "code", "boolean", "date", "identifier", "ignore"
]
KINDS: tuple[str, ...] = get_args(TypeKind)
#: Kinds whose values are texts.
TEXT_KINDS = ("category", "ordered", "code", "identifier")
#: What may be made of a date: part -> how a sentence defines it.
DATE_PARTS: Mapping[str, str] = {
    "days": "days from {origin} to {name}",
    "year": "year of {name}",
    "month": "month of {name}, from 1 to 12",
    "day": "day of the month of {name}, from 1 to 31",
    "weekday": "day of the week of {name}, Monday = 1 to Sunday = 7",
    "hour": "hour of {name}, from 0 to 23",
}
#: A day that dates are counted from where nobody says otherwise; any would do, but not one that
#: depends on the rows.
ORIGIN = date(2000, 1, 1)
#: Texts of booleans.
BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("True", "TRUE", "true"), True),
    **dict.fromkeys(("False", "FALSE", "false"), False),
}


@dataclass(frozen=True, kw_only=True)
class ColumnType:
    """What a column is.

    kind: see `TypeKind`.
    levels: of an ordered column, its values, the lowest first.
    parts: of a date, what is made of it, of `DATE_PARTS`.
    origin: of a date, the day that its days are counted from.
    form: of a date, how it is written, as for `datetime.strptime`; "": as ISO 8601 does.
    na: texts that are missing values in this column, in place of the format's; None: the format's.
    note: why the column is what it is, where that isn't plain; no part of the type.
    """

    kind: TypeKind
    levels: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    origin: date | None = None
    form: str = ""
    na: tuple[str, ...] | None = None
    note: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise DataError(f"kind {self.kind!r}; supported: {', '.join(KINDS)}")
        if (self.kind == "ordered") != bool(self.levels):
            raise DataError(
                "levels, the lowest first, are what an ordered column has, and no other; found "
                f"kind {self.kind!r} with {len(self.levels)} levels"
            )
        if len(set(self.levels)) < len(self.levels):
            raise DataError(f"levels {list(self.levels)!r} name one of them twice")
        if self.kind != "date" and (self.parts or self.origin or self.form):
            raise DataError(f"kind {self.kind!r} has parts, origin or form; only a date has these")
        if self.kind == "date":
            self._check_date()

    def _check_date(self) -> None:
        object.__setattr__(self, "parts", self.parts or ("days",))
        object.__setattr__(self, "origin", self.origin or ORIGIN)
        if unknown := [part for part in self.parts if part not in DATE_PARTS]:
            raise DataError(f"date part {unknown[0]!r}; supported: {', '.join(DATE_PARTS)}")

    @property
    def is_text(self) -> bool:
        """Whether the column's values are texts."""
        return self.kind in TEXT_KINDS

    @property
    def is_used(self) -> bool:
        """Whether the column has a part in anything."""
        return self.kind not in ("identifier", "ignore")


@dataclass(frozen=True, kw_only=True)
class TableSchema:
    """How a table is read.

    format: how the text of a file is.
    columns: name -> type; a file's other columns are typed by their values.
    sentinels: name -> texts and numbers that stand for a missing value in this column, beside those
    of its type; once the table is read, they are among its type's `na`.
    """

    format: TableFormat = field(default_factory=TableFormat)
    columns: Mapping[str, ColumnType] = field(default_factory=dict)
    sentinels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def get_missing(self, name: str) -> tuple[str, ...]:
        """Texts that are missing values in a column, the empty one first."""
        own = self.columns[name].na if name in self.columns else None
        known = (*(self.format.na if own is None else own), *self.sentinels.get(name, ()))
        return ("", *dict.fromkeys(text for text in known if text))

    def restrict(self, names: Sequence[str]) -> "TableSchema":
        """The types of what `names` are read from alone: of columns, and of dates that give
        them.
        """
        kept = {
            name: replace(column, note="")
            for name, column in self.columns.items()
            if name in names or set(names) & set(list_date_columns(name, column))
        }
        return replace(self, columns=kept)

    @property
    def definitions(self) -> dict[str, str]:
        """Column that a date gives -> the sentence that defines it."""
        return {
            derived: said
            for name in self.columns
            for derived, said in self.define_date_columns(name).items()
        }

    def define_date_columns(self, name: str) -> dict[str, str]:
        """The same for the columns that one column gives: none, unless it is a date."""
        column = self.columns[name]
        return {
            derived: DATE_PARTS[part].format(name=name, origin=column.origin)
            for derived, part in list_date_columns(name, column).items()
        }


def list_date_columns(name: str, column: ColumnType) -> dict[str, str]:
    """Columns that a date gives -> their part of it; none of any other column.

    The name of its days says what they are counted from, so that no other count is taken for it.
    """
    since = f"since_{(column.origin or ORIGIN).isoformat().replace('-', '_')}"
    return {
        f"{name}_{part}_{since}" if part == "days" else f"{name}_{part}": part
        for part in column.parts
    }


def parse_date(text: str, form: str) -> datetime:
    """A date, with its time if it has one, in UTC where it names a zone; ValueError for a text that
    is none.
    """
    if form:
        moment = datetime.strptime(text, form)
    elif len(text) < 10 or text[4] != "-" or text[7] != "-":  # ISO has more ways to write one
        raise ValueError(f"{text!r} isn't written as 2026-01-31")
    else:
        moment = datetime.fromisoformat(text)

    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def compute_date_part(moment: datetime, part: str, origin: date) -> float:
    """One number of a date."""
    if part == "days":
        gone = moment - datetime.combine(origin, datetime.min.time())
        return gone.days + (gone.seconds + gone.microseconds / 1e6) / 86400
    if part == "weekday":
        return float(moment.isoweekday())
    return float(getattr(moment, part))
