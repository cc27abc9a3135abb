"""A schema as TOML and as plain values, and what is refused of either."""

from datetime import date
from pathlib import Path

import pytest

from relurules.errors import DataError
from relurules.tables.column_types import (
    ColumnType,
    TableSchema,
    compute_date_part,
    parse_date,
)
from relurules.tables.schema_values import (
    read_schema,
    schema_from_plain,
    schema_to_plain,
    write_schema,
)
from relurules.tables.table_format import TableFormat

SCHEMA = TableSchema(
    format=TableFormat(na=("NA", "-"), sep=";", decimal=",", thousands="."),
    columns={
        "a": ColumnType(kind="number"),
        'the "b".\n': ColumnType(kind="code", na=(), note="two\nlines"),
        "grade": ColumnType(kind="ordered", levels=("low", "hëgh")),
        "day": ColumnType(kind="date", parts=("days", "hour"), origin=date(1999, 5, 4)),
    },
)


def test_toml_and_plain_values_come_back(tmp_path: Path) -> None:
    path = tmp_path / "columns.toml"
    path.write_text(write_schema(SCHEMA, "rows.csv"), encoding="utf-8")
    assert read_schema(path) == SCHEMA
    assert schema_from_plain(schema_to_plain(SCHEMA)) == SCHEMA
    path.write_text('[columns]\na = "number"\n[columns.day]\nkind = "date"\norigin = 2001-02-03\n')
    assert read_schema(path).columns["day"].origin == date(2001, 2, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a =", "can't be read as TOML"),
        ("[other]", "expected the tables `format` and `columns`"),
        ("[format]\nsep = ';;'", "sep ';;'; expected one character"),
        ("[format]\ndecimal = 'x'", "decimal 'x'; expected a mark"),
        ("[format]\nthousands = '.'", "are both '.'"),
        ("[format]\nencoding = 'klingon'", "encoding 'klingon' isn't known"),
        ("[format]\nna = 'NA'", "expected a list of texts"),
        ("[columns.a]\nkind = 'float'", "columns.a: kind 'float'; supported: number"),
        ("[columns.a]\nkind = 'ordered'", "levels, the lowest first"),
        ("[columns.a]\nkind = 'ordered'\nlevels = ['x', 'x']", "name one of them twice"),
        ("[columns.a]\nkind = 'number'\nparts = ['days']", "only a date has these"),
        ("[columns.a]\nkind = 'date'\nparts = ['week']", "date part 'week'"),
        ("[columns.a]\nkind = 'date'\norigin = 'May'", "expected a day"),
        ("[columns.a]\nkind = 'number'\nunit = 'kg'", "unknown entry 'unit'"),
        ("[columns.a]\nlevels = ['x']", "expected a kind"),
    ],
)
def test_what_is_no_schema(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "columns.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=r"columns\.toml: ") as raised:
        read_schema(path)
    assert said in str(raised.value)


def test_what_rules_keep_of_a_schema() -> None:
    kept = SCHEMA.restrict(["a", "day_hour"])
    assert list(kept.columns) == ["a", "day"]
    assert kept.definitions == {
        "day_days_since_1999_05_04": "days from 1999-05-04 to day",
        "day_hour": "hour of day, from 0 to 23",
    }
    assert SCHEMA.get_missing("a") == ("", "NA", "-")
    assert SCHEMA.get_missing('the "b".\n') == ("",)


@pytest.mark.parametrize(
    ("text", "form", "days", "weekday"),
    [
        ("2000-01-02", "", 1.0, 7.0),
        ("1999-12-31T12:00", "", -0.5, 5.0),
        ("2000-01-01 01:00:00+01:00", "", 0.0, 6.0),
        ("31.12.2000", "%d.%m.%Y", 365.0, 7.0),
    ],
)
def test_parts_of_dates(text: str, form: str, days: float, weekday: float) -> None:
    moment = parse_date(text, form)
    assert compute_date_part(moment, "days", date(2000, 1, 1)) == days
    assert compute_date_part(moment, "weekday", date(2000, 1, 1)) == weekday


@pytest.mark.parametrize("text", ["20000101", "2000-W01-1", "2000-13-01", "1.1.2000", "", "x"])
def test_texts_that_are_no_dates(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_date(text, "")
