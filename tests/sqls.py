"""SQL engines for tests: each skips where it isn't installed, except in CI, where only a missing
server may be why.
"""

import functools
import os

import pytest

from relurules.errors import UnsupportedError
from relurules.verifying import servers
from relurules.verifying.databases import OPEN, Database

#: Every executed dialect.
EXECUTED = tuple(OPEN)
#: Spark takes a second per statement to compile it.
QUICK = tuple(name for name in EXECUTED if name != "spark")
NOT_EXECUTED = [
    "databricks",
    "bigquery",
    "snowflake",
    "redshift",
    "trino",
    "tsql",
    "oracle",
    "teradata",
]
FORMS = ("rules", "tree", "network")


def need(engine: str) -> None:
    """Skip the test where an engine isn't there; in CI, fail unless it is a server that no package
    of ours brings.
    """
    obstacle = find_obstacle(engine)
    if obstacle:
        ours = engine != "mariadb" or servers.find_mariadb_programs() is not None
        if os.environ.get("CI") == "true" and ours:
            pytest.fail(f"CI must have this engine: {obstacle}")
        pytest.skip(obstacle)


@functools.cache
def find_obstacle(engine: str) -> str:
    """Why an engine isn't there, tried once; empty where it is."""
    try:
        with OPEN[engine]():
            return ""
    except UnsupportedError as error:
        return str(error)


def errors_of(engine: str) -> tuple[type[Exception], ...]:
    with OPEN[engine]() as database:
        return database.errors


def scored(
    engine: str, sql: str, types: list[tuple[str, bool]], rows: list[tuple[object, ...]]
) -> list[tuple[object, ...]]:
    """What a SELECT over input_data gives; types: (column, whether it is text)."""
    with OPEN[engine]() as database:
        load(database, types, rows)
        return [tuple(row) for row in database.execute(sql)]


def load(
    database: Database,
    types: list[tuple[str, bool]],
    rows: list[tuple[object, ...]],
    table: str = "input_data",
) -> None:
    columns = [(database.quoted(name), text) for name, text in types]
    database.load(database.quoted(table), columns, rows)  # type: ignore[arg-type]
