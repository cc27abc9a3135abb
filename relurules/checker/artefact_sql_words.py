"""Artefacts: how dialects of SQL read a table."""

from typing import NamedTuple

SQL_NAME = r'"(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_]*'
FIRST_TABLE = "rr_table"


class SqlWords(NamedTuple):
    """How a dialect reads the table. type: of numbers; number: column C as one; strict: the same,
    NULL where it holds none; missing: whether it lacks its number; all_rows: what may stand behind
    a table and leaves all rows.
    """

    type: str
    number: str
    strict: str
    missing: str
    all_rows: str


SQL_WORDS = {
    "sqlite": SqlWords(
        "DOUBLE",
        "CAST(C AS DOUBLE)",
        "CASE WHEN CAST(C AS DOUBLE) = C OR typeof(C) = 'integer' THEN CAST(C AS DOUBLE) END",
        "C IS NULL",
        "LIMIT 9223372036854775807",
    ),
    "duckdb": SqlWords(
        "DOUBLE",
        "TRY_CAST(C AS DOUBLE)",
        "TRY_CAST(C AS DOUBLE)",
        "(C IS NULL OR isnan(TRY_CAST(C AS DOUBLE)))",
        "",
    ),
    "postgres": SqlWords(
        "DOUBLE PRECISION",
        "CAST(C AS DOUBLE PRECISION)",
        "CAST(C AS DOUBLE PRECISION)",
        "(C IS NULL OR CAST(C AS DOUBLE PRECISION) = CAST('NaN' AS DOUBLE PRECISION))",
        "OFFSET 0",
    ),
}


def quote_sql(name: str) -> str:
    """A name of SQL."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(word: str) -> str:
    """A text of SQL."""
    return "'" + word.replace("'", "''") + "'"
