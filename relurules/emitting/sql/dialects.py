"""SQL dialects: one row of `_ROWS` each, which states only its difference from its parent's.

What is measured or known of an engine stands in its row: how it reads numbers and names, what
aborts a query, how a subquery is kept from being inlined, and the sizes at which it gives up.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from relurules.emitting.sql.dialect import LINE, Dialect, NameLimit, TypeNames


def _cast_numbers_only(column: str) -> str:
    """SQLite columns hold values of any type, and CAST('12 apples' AS DOUBLE) is 12.

    A comparison with a number makes a number of a text only where all of it spells one; it is
    exact, so that large integers are told by their type. DuckDB can run this too.
    """
    number = f"CAST({column} AS DOUBLE)"
    return f"CASE WHEN {number} = {column} OR typeof({column}) = 'integer' THEN {number} END"


def _test_spelt_numbers(column: str, low: str, high: str) -> str:
    """What lies between these; a range without ends needs one side, as its other one is looked at
    once it is a number.
    """
    if low == f"-{high}":
        return f"{column} <= CAST({high} AS DOUBLE)"
    return f"{column} BETWEEN CAST({low} AS DOUBLE) AND CAST({high} AS DOUBLE)"


def _cast_spelt_numbers(column: str) -> str:
    """MySQL reads '12 apples' as 12; the character set of a number is `binary`. What is added makes
    a DOUBLE of any of them.
    """
    spelt = "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$"
    return (
        f"CASE WHEN charset({column}) = 'binary' OR {column} REGEXP{LINE}"
        f"  '{spelt}' THEN {column} + 0E0 END"
    )


def _test_missing_or_nan(nan: str, double: str) -> Callable[[str], str]:
    return lambda c: f"({c} IS NULL OR {nan.format(f'CAST({c} AS {double})')})"


def _format_test(test: str) -> Callable[[str], str]:
    return test.format


def _format_cast(text: str) -> Callable[[str], str]:
    return text.format


def _bound_exp(above: str) -> Callable[[str], str]:
    """Exp for engines that abort the query where it overflows; `above` is what it is then."""
    over = f" ELSE {above}" if above else ""
    return lambda s: f"CASE WHEN {s} <= 7.09E2 THEN exp({s}){over} END"


def _call_concat(parts: Sequence[str]) -> str:
    return f"concat({', '.join(parts)})" if len(parts) > 1 else parts[0]


def _raise_message(function: str) -> Callable[[str, str], str]:
    """An error with a message: a function that raises it."""
    return lambda c, message: f"CASE WHEN {c} THEN {function.format(message)} END"


def _fail_cast(double: str) -> Callable[[str, str], str]:
    """An error with a message: text that is cast to a number, and no constant, which could be
    folded too early.
    """
    return lambda c, message: f"CAST(CASE WHEN {c} THEN {message} ELSE '0' END AS {double})"


_POSTGRES_NAN = "{} = CAST('NaN' AS DOUBLE PRECISION)"
_POSTGRES_INFINITY = "CAST('Infinity' AS DOUBLE PRECISION)"

_SQLITE_TYPES = TypeNames("typeof({})", (), ("integer",), ("real",))
_DUCKDB_TYPES = TypeNames(
    "split_part(typeof({}), '(', 1)",
    ("BOOLEAN",),
    ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    ("FLOAT", "DOUBLE", "DECIMAL"),
)
_POSTGRES_TYPES = TypeNames(
    "CAST(pg_typeof({}) AS TEXT)",
    ("boolean",),
    ("smallint", "integer", "bigint"),
    ("real", "double precision", "numeric"),
)
_CLICKHOUSE_TYPES = TypeNames(
    "toTypeName(assumeNotNull({}))",
    ("Bool",),
    ("Int8", "Int16", "Int32", "Int64"),
    ("Float32", "Float64"),
)
_SPARK_TYPES = TypeNames(
    "typeof({})",
    ("boolean",),
    ("tinyint", "smallint", "int", "bigint"),
    ("float", "double"),
)

#: Name -> parent and what differs. Limits: SQLite's parser overflows at 19 to 24 nested CASE; SQL
#: Server nests CASE 10 deep; ClickHouse reads 256 KiB by default, and takes minutes beyond some 1
#: MB, as Spark does beyond 300 kB.
_ROWS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "sqlite": (
        "",
        {
            "type_names": _SQLITE_TYPES,
            "rounds_decimals_twice": True,
            "booleans": ("0", "1"),
            "cast": _cast_numbers_only,
            # A text that spells no number is larger than any; its type makes numbers of the others.
            "spelt": _test_spelt_numbers,
            "greatest": "max",
            "fence": " LIMIT 9223372036854775807",
            "depth": 10,
            "columns": 1900,
            "statement": 1_000_000_000,
            "abort": lambda c, message: f"CASE WHEN {c} THEN json_extract('{{}}', {message}) END",
            "executed": "SQLite",
            "view": "DROP VIEW IF EXISTS {name};\nCREATE VIEW {name} AS",
            "string": "TEXT",
        },
    ),
    "duckdb": (
        "",
        {
            "type_names": _DUCKDB_TYPES,
            "cast": _format_cast("TRY_CAST({} AS DOUBLE)"),
            "missing": lambda c: f"({c} IS NULL OR isnan(TRY_CAST({c} AS DOUBLE)))",
            "nan": _format_test("isnan({})"),
            "greatest": "",  # slower than a choice
            "inner_product": "list_inner_product",
            "choice": "if({}, {}, {})",
            "abort": _raise_message("error({})"),
            "executed": "DuckDB",
            "function": "CREATE OR REPLACE MACRO {name}({names}) AS ({body})",
            "columns": 100_000,
        },
    ),
    "postgres": (
        "",
        {
            "type_names": _POSTGRES_TYPES,
            "fold": str,
            "name_limit": NameLimit(63, "bytes"),
            "double": "DOUBLE PRECISION",
            "typed": True,
            "cast": _format_cast("CAST({} AS DOUBLE PRECISION)"),
            "missing": _test_missing_or_nan(_POSTGRES_NAN, "DOUBLE PRECISION"),
            "nan": _format_test(_POSTGRES_NAN),
            "exp": lambda s: (
                f"CASE WHEN {s} > 7.09E2 THEN {_POSTGRES_INFINITY} WHEN {s} < -7E2 THEN 0E0 ELSE "
                f"exp({s}) END"
            ),
            "shrink": lambda s: f"CASE WHEN {s} < -7E2 THEN 0E0 ELSE exp({s}) END",
            "largest": 1e100,
            "tiny": 1e-100,
            "fence": " OFFSET 0",
            "columns": 1600,
            "statement": 1_000_000_000,
            "abort": _fail_cast("DOUBLE PRECISION"),
            "executed": "PostgreSQL",
            "function": (
                "CREATE OR REPLACE FUNCTION {name}({typed}) RETURNS {type}\n"
                "LANGUAGE SQL IMMUTABLE PARALLEL SAFE\nRETURN {body}"
            ),
            "string": "TEXT",
        },
    ),
    "mysql": (
        "",
        {
            "booleans": ("0", "1"),
            "concat": _call_concat,
            "infinities": False,
            "quote": ("`", "`"),
            "backslashes": (False, True),
            "name_limit": NameLimit(64, "characters", "(?!\\s)[\x01-\uffff]*(?<!\\s)"),
            "cast": _cast_spelt_numbers,
            "text": lambda c: f"CAST(CONVERT({c} USING utf8mb4) AS BINARY)",
            "exp": _bound_exp(""),
            "largest": 1e100,
            "fence": " LIMIT 9223372036854775807",
            "columns": 4000,
            "easy": 16_000_000,
            "raised": "SET GLOBAL max_allowed_packet",
            # Its message quotes the expression that overflows.
            "abort": lambda c, message: (
                f"exp(CASE WHEN {c} THEN 1E3 * length({message}) ELSE 0E0 END)"
            ),
            "literal_messages": True,
            "executed": "MariaDB",
            "function": (
                "DROP FUNCTION IF EXISTS {name};\nCREATE FUNCTION {name}({typed}) "
                "RETURNS {type}\nDETERMINISTIC NO SQL\nRETURN {body}"
            ),
            "string": "TEXT CHARACTER SET utf8mb4",
        },
    ),
    "mariadb": (
        "mysql",
        {
            "function": (
                "CREATE OR REPLACE FUNCTION {name}({typed}) RETURNS {type}\nDETERMINISTIC NO "
                "SQL\nRETURN {body}"
            ),
        },
    ),
    "clickhouse": (
        "",
        {
            "type_names": _CLICKHOUSE_TYPES,
            "backslashes": (True, True),
            "fold": str,
            "double": "Nullable(Float64)",
            "cast": _format_cast("CAST({} AS Nullable(Float64))"),
            "missing": _test_missing_or_nan("isNaN({})", "Nullable(Float64)"),
            "nan": _format_test("isNaN({})"),
            "text": _format_cast("CAST({} AS Nullable(String))"),
            "concat": _call_concat,
            "statement": 1_000_000,
            "easy": 262_144,
            "raised": "SET max_query_size",
            "abort": lambda c, message: f"throwIf({c}, {message})",
            "literal_messages": True,
            "executed": "ClickHouse",
            "function": "CREATE OR REPLACE FUNCTION {name} AS ({names}) -> {body}",
            "integer": "Int32",
            "string": "Nullable(String)",
        },
    ),
    "spark": (
        "",
        {
            "type_names": _SPARK_TYPES,
            "concat": _call_concat,
            "quote": ("`", "`"),
            "backslashes": (False, True),
            "apostrophe": "\\'",
            "missing": _test_missing_or_nan("isnan({})", "DOUBLE"),
            "nan": _format_test("isnan({})"),
            "text": _format_cast("CAST({} AS STRING)"),
            "abort": _raise_message("raise_error({})"),
            # A BIGINT, which is wrong where a number is beyond it; from 2^53 on all are whole.
            "floor": lambda s: (
                f"CASE WHEN abs({s}) < 9007199254740992E0 THEN CAST(floor({s}) AS DOUBLE) "
                f"ELSE {s} END"
            ),
            "dollar_brace": True,
            "depth": 20,
            "statement": 300_000,
            "executed": "Spark",
            "function": (
                "CREATE OR REPLACE TEMPORARY FUNCTION {name}({typed}) RETURNS {type}\nRETURN {body}"
            ),
            "string": "STRING",
        },
    ),
    "databricks": (
        "spark",
        {
            "executed": "",
            "function": "CREATE OR REPLACE FUNCTION {name}({typed}) RETURNS {type}\nRETURN {body}",
        },
    ),
    "bigquery": (
        "",
        {
            "boolean": "BOOL",
            "quote": ("`", "`"),
            "backslashes": (True, True),
            "apostrophe": "\\'",
            "name_limit": NameLimit(300, "characters", "[A-Za-z_][A-Za-z0-9_]*"),
            # Projects have hyphens.
            "path_limit": NameLimit(1024, "characters", r"[^\s`\\.][^`\\.]*"),
            "double": "FLOAT64",
            "cast": _format_cast("CAST({} AS FLOAT64)"),
            "missing": _test_missing_or_nan("IS_NAN({})", "FLOAT64"),
            "nan": _format_test("IS_NAN({})"),
            "text": _format_cast("CAST({} AS STRING)"),
            "exp": _bound_exp("CAST('inf' AS FLOAT64)"),
            "largest": 1e100,
            "statement": 1_000_000,
            "abort": _raise_message("ERROR({})"),
            "function": "CREATE OR REPLACE FUNCTION {name}({typed}) RETURNS {type} AS (\n{body}\n)",
            "integer": "INT64",
            "string": "STRING",
        },
    ),
    "snowflake": (
        "",
        {
            "fold": str,
            "name_limit": NameLimit(255),
            "double": "FLOAT",
            "typed": True,
            "cast": _format_cast("CAST({} AS FLOAT)"),
            "missing": _test_missing_or_nan("{} = CAST('NaN' AS FLOAT)", "FLOAT"),
            "nan": _format_test("{} = CAST('NaN' AS FLOAT)"),
            "text": _format_cast("CAST({} AS VARCHAR)"),
            "backslashes": (False, True),
            "exp": _bound_exp("CAST('inf' AS FLOAT)"),
            "largest": 1e100,
            "statement": 1_000_000,
            "abort": _fail_cast("FLOAT"),
            "function": (
                "CREATE OR REPLACE FUNCTION {name}({typed}) RETURNS {type} AS $$\n{body}\n$$"
            ),
        },
    ),
    "redshift": (
        "postgres",
        {
            "type_names": None,
            "fold": str.lower,
            "name_limit": NameLimit(127, "bytes"),
            "text": _format_cast("CAST({} AS VARCHAR(65535))"),
            "backslashes": (False, True),
            "fence": "",
            "statement": 16_000_000,
            "executed": "",
            "function": "",
        },
    ),
    "trino": (
        "",
        {
            "missing": _test_missing_or_nan("is_nan({})", "DOUBLE"),
            "nan": _format_test("is_nan({})"),
            "text": _format_cast("CAST({} AS VARCHAR)"),
            "statement": 1_000_000,
            "abort": _fail_cast("DOUBLE"),
        },
    ),
    "tsql": (
        "",
        {
            "booleans": ("CAST(0 AS BIT)", "CAST(1 AS BIT)"),
            "infinities": False,
            "view": "CREATE OR ALTER VIEW {name} AS",
            "quote": ("[", "]"),
            "name_limit": NameLimit(128),
            "double": "FLOAT",  # of 53 bits
            "cast": _format_cast("CAST({} AS FLOAT)"),
            "text": _format_cast("CAST({} AS NVARCHAR(4000)) COLLATE Latin1_General_100_BIN2"),
            "prefix": "N",
            "exp": _bound_exp(""),
            "ln": "LOG",
            "concat": _call_concat,
            "rest": lambda s: f"substring({s}, 2, 8000)",
            "greatest": "",
            "choice": "IIF({}, {}, {})",
            "largest": 1e100,
            "depth": 8,
            "statement": 256_000_000,
            "abort": _fail_cast("FLOAT(53)"),
        },
    ),
    "oracle": (
        "",
        {
            "booleans": ("0", "1"),
            "fold": str,
            "name_limit": NameLimit(128, "bytes", '[^"]*'),
            "double": "BINARY_DOUBLE",
            "typed": True,
            "largest": 1e100,
            "cast": _format_cast("CAST({} AS BINARY_DOUBLE)"),
            "missing": lambda c: f"({c} IS NULL OR CAST({c} AS BINARY_DOUBLE) IS NAN)",
            "nan": _format_test("{} IS NAN"),
            "text": _format_cast("CAST({} AS VARCHAR2(4000))"),
            "alias": " ",
            "columns": 1000,
            "abort": _fail_cast("NUMBER"),
            "empty_is_null": True,
            "no_table": " FROM dual",  # required before 23ai
        },
    ),
    "teradata": (
        "",
        {
            "booleans": ("0", "1"),
            "infinities": False,
            "view": "REPLACE VIEW {name} AS",
            "name_limit": NameLimit(128),
            "double": "FLOAT",
            "cast": _format_cast("CAST({} AS FLOAT)"),
            "text": _format_cast("{} (CASESPECIFIC)"),
            "exp": _bound_exp(""),
            "largest": 1e100,
            "statement": 1_000_000,
            "abort": _fail_cast("FLOAT"),
        },
    ),
}


def _build_dialects(rows: Mapping[str, tuple[str, Mapping[str, Any]]]) -> dict[str, Dialect]:
    found: dict[str, Dialect] = {}
    for name, (parent, own) in rows.items():
        found[name] = replace(found[parent] if parent else Dialect(), **own)
    return found


DIALECTS: Mapping[str, Dialect] = _build_dialects(_ROWS)
