"""Scoring a table by emitted SQL: rows are loaded into an engine, the artefact is run, its rows are
put in order.
"""

import math
import re
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from relurules.domain.columns import list_table_columns
from relurules.errors import CheckError
from relurules.ir import Artifact
from relurules.tables.values import Value
from relurules.verifying.databases import Database
from relurules.verifying.run_result import (
    Rows,
    RunResult,
    make_run_result,
    number_labels,
    number_outputs,
)


def run_sql(
    open_: Callable[[], AbstractContextManager[Database]], artifact: Artifact, table: Rows
) -> RunResult:
    """Load the rows into a table (NaN as NULL) and run the artefact; CheckError where it fails."""
    one = artifact.shape in ("expression", "function")
    if not one and not {"outputs", "class"} & set(artifact.returned):
        raise CheckError(
            f"score.sql returns {', '.join(artifact.returned)}; emit it with the column outputs, "
            "or class, to verify it"
        )

    with open_() as database:
        try:
            quoted = [(database.quoted(name), text) for name, text in _list_columns(artifact)]
            name = database.quoted((artifact.table or "input_data").rpartition(".")[2])
            database.load(name, quoted, _append_keys(artifact, table))
            database.lock()
            before, query = _prepare_statements(artifact, database, name)
            for statement in before:
                database.execute(statement)
            start = time.perf_counter()
            rows = database.execute(query)
            seconds = time.perf_counter() - start
            names = database.names()
        except database.errors as error:
            raise CheckError(
                f"score.sql failed in {database.name}, where it may read {name} and nothing else: "
                f"{_shorten_message(error)}"
            ) from error

    return _order_rows(rows, names, artifact, seconds)


def _prepare_statements(
    artifact: Artifact, database: Database, table: str
) -> tuple[list[str], str]:
    """What to run first, and the query that scores the table; CheckError for what isn't run."""
    text = _resolve_dbt(str(artifact), table) if artifact.shape == "dbt" else str(artifact)
    database.check(f"SELECT ({text}\n)" if artifact.shape == "expression" else text, artifact)
    keys = "".join(f"{database.quoted(name)}, " for name in artifact.key)
    if artifact.shape == "view":
        view = ".".join(database.quoted(part) for part in (artifact.name or "scored").split("."))
        text = _skip_drop(text, f"VIEW IF EXISTS {view}")
        if database.create_view:
            text = re.sub("CREATE (OR REPLACE )?VIEW", database.create_view, text, count=1)
        return [text], f"SELECT * FROM {view}"  # noqa: S608
    if artifact.shape == "expression":
        return [], f"SELECT {keys}(\n{text}\n) FROM {table}"  # noqa: S608
    if artifact.shape == "function":
        function = ".".join(database.quoted(part) for part in (artifact.name or "score").split("."))
        read = list_table_columns(artifact.domain.columns)
        columns = ", ".join(map(database.quoted, read))
        text = _skip_drop(text, f"FUNCTION IF EXISTS {function}")
        return [text], f"SELECT {keys}{function}({columns}) FROM {table}"  # noqa: S608

    return [], text


def _skip_drop(text: str, what: str) -> str:
    """The text without its statement that drops what it makes, which isn't there yet."""
    return text.replace(f"DROP {what};\n", "", 1)


def _resolve_dbt(text: str, table: str) -> str:
    """What dbt makes of the model."""
    text = re.sub(r"^\{% if var\(.*?^\{% endif %\}\n", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^\{\{ config\(.*\) \}\}$", "", text, count=1, flags=re.MULTILINE)
    text = re.sub(r"\{\{ (?:ref|source)\(.*?'\) \}\}", lambda _: table, text, count=1)
    return re.sub(r"\{\{ '(\{[{%#])' \}\}", r"\1", text)


def _shorten_message(error: BaseException) -> str:
    """An engine's message, without the pages that some add."""
    return re.sub(r"\s+", " ", str(error))[:500]


def _list_columns(artifact: Artifact) -> list[tuple[str, bool]]:
    """The columns of the table and whether they hold text; keys that are no columns of the rules
    come last.
    """
    own = {
        name: any(isinstance(v, str) for v in column.lookup)
        for name, column in list_table_columns(artifact.domain.columns).items()
    }
    return [*own.items(), *((key, False) for key in artifact.key if key not in own)]


def _append_keys(artifact: Artifact, table: Rows) -> list[tuple[Value, ...]]:
    """The rows, and the row number for every key column that is no feature."""
    extra = len(_list_columns(artifact)) - len(table)
    return [(*row, *[float(i)] * extra) for i, row in enumerate(zip(*table.values(), strict=True))]


def _order_rows(
    rows: Sequence[Sequence[Any]], names: Sequence[str], artifact: Artifact, seconds: float
) -> RunResult:
    """Rows in the order they were loaded: by a key that numbers them where there is one, else as
    they came.

    The number of the rule comes last; without, a row with outputs counts as one with a rule.
    """
    own = list_table_columns(artifact.domain.columns)
    numbering = next((i for i, name in enumerate(artifact.key) if name not in own), None)
    if numbering is not None:
        rows = sorted(rows, key=lambda row: float(row[numbering]))

    query = artifact.shape not in ("expression", "function")
    alone = query and "outputs" not in artifact.returned
    ruled = query and "rule" in artifact.returned
    first, count = len(artifact.key), len(artifact.outputs)
    told = None
    if query and "class" in artifact.returned:
        at = len(names) - 1 - list(reversed(names)).index("class")
        told = number_labels(artifact, [row[at] for row in rows])

    given = number_outputs(artifact, [row[first : first + count] for row in rows])
    if alone and told is not None:  # where there is a class, there would be outputs
        given = [[None if math.isnan(number) else number] * count for number in told.tolist()]

    found = [
        [*values, row[-1] if ruled else not all(_is_missing(value) for value in values)]
        for values, row in zip(given, rows, strict=True)
    ]
    extras = {name: [row[i] for row in rows] for i, name in enumerate(names) if i >= first}
    ran = make_run_result(found, count, seconds)
    return ran._replace(classes=told, alone=alone, extras=extras if query else {})


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
