"""SQL engines: each opens a database of its own, in memory or in a temporary folder, and takes rows and statements.

Servers are started once per process, on a socket in a temporary folder, and stopped when it ends. All engines run on
one thread, so that rows come back in the order in which they were loaded.
"""

import sqlite3
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from relurules.tables import Value
from relurules.verifying import servers

#: (quoted name, whether it holds text) of every column.
Columns = Sequence[tuple[str, bool]]
Row = Sequence[Value]
_NAN = "'nan'::DOUBLE"


class Database(NamedTuple):
    """name: with its version; quoted: a name as an identifier; errors: what `load` and `execute` raise.

    load(table, columns, rows) makes a table; execute(statement) returns the rows that it gives. create_view: how a view
    of that table is made.
    """

    name: str
    quoted: Callable[[str], str]
    load: Callable[[str, Columns, Sequence[Row]], None]
    execute: Callable[[str], list[Any]]
    errors: tuple[type[Exception], ...]
    create_view: str = "CREATE VIEW"


def double_quoted(name: str) -> str:
    """As the SQL standard has it."""
    return '"' + name.replace('"', '""') + '"'


def back_quoted(name: str) -> str:
    """As MySQL and Spark have it."""
    return "`" + name.replace("`", "``") + "`"


def _clickhouse_quoted(name: str) -> str:
    return double_quoted(name.replace("\\", "\\\\"))


def _typed(columns: Columns, number: str, text: str) -> str:
    return ", ".join(f"{name} {text if is_text else number}" for name, is_text in columns)


@contextmanager
def open_sqlite() -> Iterator[Database]:
    """A database in memory; needs SQLite 3.24 or newer."""
    connection = sqlite3.connect(":memory:")

    def load(table: str, columns: Columns, rows: Sequence[Row]) -> None:
        connection.execute(f"CREATE TABLE {table} ({_typed(columns, 'REAL', 'TEXT')})")
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)  # noqa: S608

    try:
        name = f"SQLite {sqlite3.sqlite_version}"
        yield Database(name, double_quoted, load, lambda sql: connection.execute(sql).fetchall(), (sqlite3.Error,))
    finally:
        connection.close()


@contextmanager
def open_duckdb() -> Iterator[Database]:
    """A database in memory."""
    duckdb: Any = servers.imported("duckdb", "duckdb")
    import pandas

    with duckdb.connect(":memory:") as connection:

        def load(table: str, columns: Columns, rows: Sequence[Row]) -> None:
            parts = zip(list(zip(*rows, strict=True)) or [()] * len(columns), columns, strict=True)
            loaded = {
                f"c{i}": pandas.Series(v, dtype=object if text else float) for i, (v, (_, text)) in enumerate(parts)
            }
            connection.register("loaded_rows", pandas.DataFrame(loaded))
            picked = ", ".join(
                f"{f'CAST(c{i} AS VARCHAR)' if text else f'nullif(c{i}, {_NAN})'} AS {name}"
                for i, (name, text) in enumerate(columns)
            )
            connection.execute(f"CREATE TABLE {table} AS SELECT {picked} FROM loaded_rows")  # noqa: S608

        name = f"DuckDB {duckdb.__version__}"
        yield Database(name, double_quoted, load, lambda sql: connection.execute(sql).fetchall(), (duckdb.Error,))


@contextmanager
def open_postgres() -> Iterator[Database]:
    """A transaction that is rolled back, in a server of its own."""
    psycopg: Any = servers.imported("psycopg", "postgres")
    with psycopg.connect(servers.postgres()) as connection:
        connection.execute("SET max_parallel_workers_per_gather = 0")

        def load(table: str, columns: Columns, rows: Sequence[Row]) -> None:
            connection.execute(f"CREATE TEMPORARY TABLE {table} ({_typed(columns, 'double precision', 'text')})")
            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)

        def execute(sql: str) -> list[Any]:
            cursor = connection.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []

        version = connection.info.server_version
        yield Database(f"PostgreSQL {version // 10000}", double_quoted, load, execute, (psycopg.Error,))
        connection.rollback()


@contextmanager
def open_mariadb() -> Iterator[Database]:
    """A schema that is dropped, in a server of its own. It has no infinity, and gets the largest number instead."""
    pymysql: Any = servers.imported("pymysql", "mariadb")
    connection = pymysql.connect(unix_socket=str(servers.mariadb()), user="root", charset="utf8mb4")
    cursor = connection.cursor()

    def load(table: str, columns: Columns, rows: Sequence[Row]) -> None:
        cursor.execute(f"CREATE TABLE {table} ({_typed(columns, 'DOUBLE', 'TEXT')})")
        most = sys.float_info.max
        finite = [[max(-most, min(most, v)) if isinstance(v, float) else v for v in row] for row in rows]
        cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(columns))})", finite)  # noqa: S608

    def execute(sql: str) -> list[Any]:
        cursor.execute(sql)
        return list(cursor.fetchall())

    try:
        cursor.execute("DROP DATABASE IF EXISTS relurules")
        cursor.execute("CREATE DATABASE relurules CHARACTER SET utf8mb4")
        cursor.execute("USE relurules")
        name = f"MariaDB {connection.get_server_info().split('-')[0]}"
        yield Database(name, back_quoted, load, execute, (pymysql.Error,))
    finally:
        connection.close()


@contextmanager
def open_clickhouse() -> Iterator[Database]:
    """A database that is dropped, in the session of this process, which reads statements of any length."""
    session = servers.clickhouse()
    arrow: Any = servers.imported("pyarrow", "parquet")

    def load(table: str, columns: Columns, rows: Sequence[Row]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = _parquet(folder, columns, rows)
            session.query(
                f"CREATE TABLE {table} ({_typed(columns, 'Nullable(Float64)', 'Nullable(String)')}) ENGINE = Memory"
            )
            structure = ", ".join(
                f"c{i} Nullable({'String' if text else 'Float64'})" for i, (_, text) in enumerate(columns)
            )
            session.query(f"INSERT INTO {table} SELECT * FROM file('{path}', Parquet, '{structure}')")  # noqa: S608

    def execute(sql: str) -> list[Any]:
        result = session.query(sql, "ArrowStream")
        if not len(result):
            return []
        table = arrow.ipc.open_stream(result.bytes()).read_all()
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    for statement in ("DROP DATABASE IF EXISTS relurules", "CREATE DATABASE relurules", "USE relurules"):
        session.query(statement)
    yield Database("ClickHouse (chdb)", _clickhouse_quoted, load, execute, (RuntimeError,))


@contextmanager
def open_spark() -> Iterator[Database]:
    """The session of this process; the table is a view of a Parquet file."""
    session = servers.spark()
    errors: Any = servers.imported("pyspark.errors", "spark")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pyspark about pandas, which isn't used

        def load(table: str, columns: Columns, rows: Sequence[Row]) -> None:
            path = _parquet(folder, columns, rows)
            picked = ", ".join(f"c{i} AS {name}" for i, (name, _) in enumerate(columns))
            session.sql(f"CREATE OR REPLACE TEMPORARY VIEW {table} AS SELECT {picked} FROM parquet.`{path}`")  # noqa: S608

        def execute(sql: str) -> list[Any]:
            return [tuple(row) for row in session.sql(sql).collect()]

        from py4j.protocol import Py4JError

        yield Database(
            f"Spark {session.version}",
            back_quoted,
            load,
            execute,
            (errors.PySparkException, Py4JError),
            "CREATE OR REPLACE TEMPORARY VIEW",
        )


def _parquet(folder: str, columns: Columns, rows: Sequence[Row]) -> Path:
    """The rows as a Parquet file, whose columns are c0, c1, ..."""
    arrow: Any = servers.imported("pyarrow", "parquet")
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
