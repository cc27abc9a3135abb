"""SQL engines: each opens a database of its own, in memory or in a temporary folder, and takes rows
and statements.

None trusts the SQL that it runs: SQLite and DuckDB are locked once rows are loaded, PostgreSQL and
MariaDB run it as somebody who has no files, ClickHouse and Spark take only what relurules itself
could have written (`statements.py`).

Servers are started once per process, on a socket in a temporary folder, and stopped when it ends.
All engines run on one thread, so that rows come back in the order in which they were loaded.
"""

import re
import sqlite3
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relurules.errors import CheckError
from relurules.ir import Artifact
from relurules.tables.values import Value
from relurules.verifying import servers
from relurules.verifying.sql_allowlist import SqlAllowlist

#: (quoted name, whether it holds text) of every column.
Columns = Sequence[tuple[str, bool]]
Row = Sequence[Value]
_NAN = "'nan'::DOUBLE"


@dataclass(frozen=True, kw_only=True)
class Database:
    """An engine that is open.

    name: with its version. quoted: a name as an identifier. load: (table, columns, rows) -> a table
    of them. execute: a statement -> the rows that it gives. errors: what `load` and `execute`
    raise. names: what the columns of the last rows are called. create_view: how a view of that
    table is made, "" for as it is written. lock: from here on the engine reads the tables that it
    has and nothing else: no files, addresses, programs. check: (statement, artefact); raises
    CheckError for what an engine can't be kept from by locking it.
    """

    name: str
    quoted: Callable[[str], str]
    load: Callable[[str, Columns, Sequence[Row]], None]
    execute: Callable[[str], list[Any]]
    errors: tuple[type[Exception], ...]
    names: Callable[[], list[str]]
    create_view: str = ""
    lock: Callable[[], None] = lambda: None
    check: Callable[[str, Artifact], None] = lambda _statement, _artifact: None


def quote_with_double_quotes(name: str) -> str:
    """As the SQL standard has it."""
    return '"' + name.replace('"', '""') + '"'


def quote_with_backticks(name: str) -> str:
    """As MySQL and Spark have it."""
    return "`" + name.replace("`", "``") + "`"


def _quote_for_clickhouse(name: str) -> str:
    return quote_with_double_quotes(name.replace("\\", "\\\\"))


def _declare_columns(columns: Columns, number: str, text: str) -> str:
    return ", ".join(f"{name} {text if is_text else number}" for name, is_text in columns)


#: What SQLite may be asked for once it is locked: to read, to call functions, to make a view.
_SQLITE_ACTIONS = frozenset(
    [
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
        sqlite3.SQLITE_CREATE_VIEW,
    ]
)
#: Functions that reach beyond the database, in some builds of SQLite.
_SQLITE_FUNCTIONS = frozenset(
    ["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "lsdir"]
)


def _authorise_action(
    action: int, one: str | None, two: str | None, _database: str | None, _view: str | None
) -> int:
    """What SQLite asks before it compiles a statement.

    Making a view writes to the list of tables, in memory.
    """
    catalogue = action in (sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE) and one == "sqlite_master"
    harmful = action == sqlite3.SQLITE_FUNCTION and str(two).lower() in _SQLITE_FUNCTIONS
    fine = (action in _SQLITE_ACTIONS or catalogue) and not harmful
    return sqlite3.SQLITE_OK if fine else sqlite3.SQLITE_DENY


@contextmanager
def open_sqlite() -> Iterator[Database]:
    """A database in memory; needs SQLite 3.24 or newer."""
    connection = sqlite3.connect(":memory:")
    cursor = connection.cursor()

    def load(table: str, columns: Columns, rows: Sequence[Row]) -> None:
        cursor.execute(f"CREATE TABLE {table} ({_declare_columns(columns, 'REAL', 'TEXT')})")
        cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)  # noqa: S608

    try:
        yield Database(
            name=f"SQLite {sqlite3.sqlite_version}",
            quoted=quote_with_double_quotes,
            load=load,
            execute=lambda sql: cursor.execute(sql).fetchall(),
            errors=(sqlite3.Error, sqlite3.Warning),
            names=lambda: _read_column_names(cursor),
            lock=lambda: connection.set_authorizer(_authorise_action),
        )
    finally:
        connection.close()


#: In this order: the last one keeps the others as they are.
_DUCKDB_LOCKS = (
    "SET python_enable_replacements = false",
    "SET temp_directory = ''",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


@contextmanager
def open_duckdb() -> Iterator[Database]:
    """A database in memory."""
    duckdb: Any = servers.import_engine_module("duckdb", "duckdb")
    import pandas

    with duckdb.connect(":memory:") as connection:

        def load(table: str, columns: Columns, rows: Sequence[Row]) -> None:
            parts = zip(list(zip(*rows, strict=True)) or [()] * len(columns), columns, strict=True)
            loaded = {
                f"c{i}": pandas.Series(v, dtype=object if text else float)
                for i, (v, (_, text)) in enumerate(parts)
            }
            connection.register("loaded_rows", pandas.DataFrame(loaded))
            picked = ", ".join(
                f"{f'CAST(c{i} AS VARCHAR)' if text else f'nullif(c{i}, {_NAN})'} AS {name}"
                for i, (name, text) in enumerate(columns)
            )
            connection.execute(f"CREATE TABLE {table} AS SELECT {picked} FROM loaded_rows")  # noqa: S608
            connection.unregister("loaded_rows")

        def lock() -> None:
            for statement in _DUCKDB_LOCKS:
                connection.execute(statement)

        def check(text: str, _artifact: Artifact) -> None:
            kinds = [
                str(statement.type).rpartition(".")[2]
                for statement in connection.extract_statements(text)
            ]
            if len(kinds) != 1 or not {"SELECT", "CREATE", "CREATE_FUNC"}.issuperset(kinds):
                raise CheckError(
                    f"score.sql wasn't run: DuckDB reads {' and '.join(kinds) or 'no statement'} "
                    "in it; verify runs one SELECT, or what makes a view or a function"
                )

        yield Database(
            name=f"DuckDB {duckdb.__version__}",
            quoted=quote_with_double_quotes,
            load=load,
            execute=lambda sql: connection.execute(sql).fetchall(),
            errors=(duckdb.Error,),
            names=lambda: _read_column_names(connection),
            lock=lock,
            check=check,
        )


@contextmanager
def open_postgres() -> Iterator[Database]:
    """A transaction that is rolled back, in a server of its own, by a role that has no files and no
    programs.
    """
    psycopg: Any = servers.import_engine_module("psycopg", "postgres")
    with psycopg.connect(servers.start_postgres()) as connection:
        connection.execute("SET max_parallel_workers_per_gather = 0")
        cursor = connection.cursor()

        def load(table: str, columns: Columns, rows: Sequence[Row]) -> None:
            connection.execute(
                f"CREATE TEMPORARY TABLE {table} "
                f"({_declare_columns(columns, 'double precision', 'text')})"
            )

            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)

        def execute(sql: str) -> list[Any]:
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []

        yield Database(
            name=f"PostgreSQL {connection.info.server_version // 10000}",
            quoted=quote_with_double_quotes,
            load=load,
            execute=execute,
            errors=(psycopg.Error,),
            names=lambda: _read_column_names(cursor),
        )
        connection.rollback()


@contextmanager
def open_mariadb() -> Iterator[Database]:
    """A schema that is dropped, in a server of its own, by a user that has this schema and no
    files.

    It has no infinity, and gets the largest number instead.
    """
    pymysql: Any = servers.import_engine_module("pymysql", "mariadb")
    socket = str(servers.start_mariadb())
    with (
        pymysql.connect(
            unix_socket=socket, user="root", charset="utf8mb4", ssl_disabled=True
        ) as owner,
        owner.cursor() as making,
    ):
        making.execute("DROP DATABASE IF EXISTS relurules")
        making.execute("CREATE DATABASE relurules CHARACTER SET utf8mb4")

    connection = pymysql.connect(
        unix_socket=socket,
        user=servers.READER,
        database="relurules",
        charset="utf8mb4",
        local_infile=False,
        ssl_disabled=True,
    )
    cursor = connection.cursor()

    def load(table: str, columns: Columns, rows: Sequence[Row]) -> None:
        cursor.execute(f"CREATE TABLE {table} ({_declare_columns(columns, 'DOUBLE', 'TEXT')})")
        most = sys.float_info.max
        finite = [
            [max(-most, min(most, v)) if isinstance(v, float) else v for v in row] for row in rows
        ]
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", finite)  # noqa: S608

    def execute(sql: str) -> list[Any]:
        cursor.execute(sql)
        return list(cursor.fetchall())

    try:
        yield Database(
            name=f"MariaDB {connection.get_server_info().split('-')[0]}",
            quoted=quote_with_backticks,
            load=load,
            execute=execute,
            errors=(pymysql.Error,),
            names=lambda: _read_column_names(cursor),
        )
    finally:
        connection.close()


@contextmanager
def open_clickhouse() -> Iterator[Database]:
    """A database that is dropped, in the session of this process, which reads statements of any
    length.

    Locked, the session is left once it was used: read-only, it takes no further table.
    """
    session = servers.start_clickhouse()
    arrow: Any = servers.import_engine_module("pyarrow", "parquet")
    locked: list[bool] = []
    names: list[str] = []

    def load(table: str, columns: Columns, rows: Sequence[Row]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = _write_parquet(folder, columns, rows)
            session.query(
                f"CREATE TABLE {table} "
                f"({_declare_columns(columns, 'Nullable(Float64)', 'Nullable(String)')}) "
                "ENGINE = Memory"
            )
            structure = ", ".join(
                f"c{i} Nullable({'String' if text else 'Float64'})"
                for i, (_, text) in enumerate(columns)
            )
            source = f"file('{path}', Parquet, '{structure}')"
            session.query(f"INSERT INTO {table} SELECT * FROM {source}")  # noqa: S608

    def execute(sql: str) -> list[Any]:
        if locked and not re.match(r"(--[^\n]*\n|\s)*CREATE\b", sql):
            session.query("SET readonly = 1")
        result = session.query(sql, "ArrowStream")
        if not len(result):
            return []
        table = arrow.ipc.open_stream(result.bytes()).read_all()
        names[:] = table.column_names
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    for statement in (
        "DROP DATABASE IF EXISTS relurules",
        "CREATE DATABASE relurules",
        "USE relurules",
    ):
        session.query(statement)

    try:
        yield Database(
            name="ClickHouse (chdb)",
            quoted=_quote_for_clickhouse,
            load=load,
            execute=execute,
            errors=(RuntimeError,),
            names=lambda: names,
            lock=lambda: locked.append(True),
            check=SqlAllowlist(engine="ClickHouse", quote='"', escapes=True).check,
        )
    finally:
        if locked:
            servers.close_clickhouse()


@contextmanager
def open_spark() -> Iterator[Database]:
    """The session of this process; the table is a view of a Parquet file."""
    session = servers.start_spark()
    errors: Any = servers.import_engine_module("pyspark.errors", "spark")
    from py4j.protocol import Py4JError

    names: list[str] = []

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pyspark about pandas, which isn't used

        def load(table: str, columns: Columns, rows: Sequence[Row]) -> None:
            path = _write_parquet(folder, columns, rows)
            frame = session.read.parquet(str(path))
            frame.toDF(*(f"c{i}" for i in range(len(columns)))).createOrReplaceTempView(
                "loaded_rows"
            )
            picked = ", ".join(f"c{i} AS {name}" for i, (name, _) in enumerate(columns))
            chosen = f"SELECT {picked} FROM loaded_rows"  # noqa: S608
            session.sql(f"CREATE OR REPLACE TEMPORARY VIEW {table} AS {chosen}")

        def execute(sql: str) -> list[Any]:
            frame = session.sql(sql)
            names[:] = frame.columns
            return [tuple(row) for row in frame.collect()]

        yield Database(
            name=f"Spark {session.version}",
            quoted=quote_with_backticks,
            load=load,
            execute=execute,
            errors=(errors.PySparkException, Py4JError),
            names=lambda: names,
            create_view="CREATE OR REPLACE TEMPORARY VIEW",
            check=SqlAllowlist(engine="Spark", quote="`", forbidden="${").check,
        )


def _read_column_names(cursor: Any) -> list[str]:
    """The names of the columns that the last statement gave."""
    return [column[0] for column in cursor.description or ()]


def _write_parquet(folder: str, columns: Columns, rows: Sequence[Row]) -> Path:
    """The rows as a Parquet file, whose columns are c0, c1, ..."""
    arrow: Any = servers.import_engine_module("pyarrow", "parquet")
    import pyarrow.parquet

    parts = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = {
        f"c{i}": arrow.array(part, arrow.string() if text else arrow.float64())
        for i, (part, (_, text)) in enumerate(zip(parts, columns, strict=True))
    }
    path = Path(folder) / "rows.parquet"
    pyarrow.parquet.write_table(arrow.table(arrays), path)

    return path


#: Engine -> how a database of its own is opened.
OPEN: Mapping[str, Callable[[], AbstractContextManager[Database]]] = {
    "sqlite": open_sqlite,
    "duckdb": open_duckdb,
    "postgres": open_postgres,
    "mariadb": open_mariadb,
    "clickhouse": open_clickhouse,
    "spark": open_spark,
}
