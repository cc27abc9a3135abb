"""How score.py reads a CSV file: as the file was read that the rules were made with."""

from dataclasses import dataclass
from typing import NamedTuple

from relurules.domain.columns import is_text_column, list_table_columns
from relurules.ir import Scorer
from relurules.tables.column_types import (
    BOOLEANS,
    ORIGIN,
    ColumnType,
    TableSchema,
    list_date_columns,
)


class DateColumn(NamedTuple):
    """A column that a date gives, as text of Python: the date's column, how it is written, and the
    number that a `moment` is.
    """

    name: str
    source: str
    form: str
    number: str


@dataclass(frozen=True, kw_only=True)
class CsvReading:
    """What the template of score.py is told of files, as text of Python.

    known: whether the rules have a schema; without one a number is what Python takes for one,
    1_000 and digits of other scripts apart.
    missing: column -> texts that are missing values in it, beside the empty one.
    booleans: columns in which `truths`, texts of booleans, are numbers.
    plain: columns of the file that are read as they are; dates: those that a date gives.
    """

    known: bool
    sep: str
    decimal: str
    thousands: str
    encoding: str
    pattern: str
    missing: str
    texts: list[str]
    booleans: list[str]
    truths: str
    plain: list[str]
    dates: list[DateColumn]

    @property
    def sources(self) -> list[str]:
        """Columns that a file must have."""
        return list(dict.fromkeys((*self.plain, *(date.source for date in self.dates))))


def plan_reading(rules: Scorer) -> CsvReading:
    """What the template is told; of rules without a schema, that a file is as by default."""
    schema = rules.schema or TableSchema()
    form, columns = schema.format, rules.domain.columns
    dates = {
        derived: (source, column, part)
        for source, column in schema.columns.items()
        for derived, part in list_date_columns(source, column).items()
    }
    names = list(list_table_columns(columns))
    plain = [name for name in names if name not in dates]
    sources = [*plain, *(dates[name][0] for name in names if name in dates)]
    missing = {name: schema.get_missing(name)[1:] for name in dict.fromkeys(sources)}
    numbers = [
        name
        for name, column in list_table_columns(columns).items()
        if (not column.categories or column.source) and name not in dates
    ]

    return CsvReading(
        known=rules.schema is not None,
        sep=ascii(form.sep),
        decimal=ascii(form.decimal),
        thousands=ascii(form.thousands),
        encoding=ascii("utf-8-sig" if form.is_utf8 else form.encoding),
        pattern=ascii(form.number_pattern),
        missing=ascii({name: texts for name, texts in missing.items() if texts}),
        texts=[ascii(column.name) for column in columns if is_text_column(column)],
        booleans=[ascii(name) for name in numbers if _holds_booleans(rules, name)],
        truths=ascii({text: float(value) for text, value in BOOLEANS.items()}),
        plain=list(map(ascii, plain)),
        dates=[_plan_date(name, *dates[name]) for name in names if name in dates],
    )


def _holds_booleans(rules: Scorer, name: str) -> bool:
    """Whether a column of numbers may be written as True and False: nobody knows without a
    schema.
    """
    if rules.schema is None or name not in rules.schema.columns:
        return True
    return rules.schema.columns[name].kind == "boolean"


def _plan_date(name: str, source: str, column: ColumnType, part: str) -> DateColumn:
    origin = column.origin or ORIGIN
    day = f"datetime.datetime({origin.year}, {origin.month}, {origin.day})"
    numbers = {"days": f"_days(moment - {day})", "weekday": "float(moment.isoweekday())"}
    number = numbers.get(part, f"float(moment.{part})")
    return DateColumn(ascii(name), ascii(source), ascii(column.form), number)
