"""The engines an artefact runs in: each takes an artefact and a table's rows, and returns outputs and rule numbers.

A new engine is one function here and one row in `ENGINES`.
"""

import ctypes
import math
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import raw_columns
from relurules.errors import CheckError, UnsupportedError
from relurules.ir import Artifact
from relurules.ir.network import Array
from relurules.tables import Value

COMPILER = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-pedantic", "-Werror")


#: The raw columns of some rows by name, in the rules' order; a missing value is None.
Rows = Mapping[str, Sequence[Value]]
_NAN = "'nan'::DOUBLE"


class Ran(NamedTuple):
    """outputs: (N, m), NaN where the artefact gave none; rule: (N,)."""

    outputs: Array
    rule: NDArray[np.intp]


def run_python(artifact: Artifact, table: Rows) -> Ran:
    """Execute score.py and call score(row) for every row."""
    module: dict[str, Any] = {}
    try:
        exec(compile(str(artifact), "score.py", "exec"), module)  # noqa: S102  # the artefact is what is being tested
        rows = [module["score"](dict(zip(table, row, strict=True))) for row in zip(*table.values(), strict=True)]
    except Exception as error:
        raise CheckError(f"score.py failed to run: {type(error).__name__}: {error}") from error
    return _ran([[row[name] for name in artifact.outputs] + [row["rule"]] for row in rows], len(artifact.outputs))


def run_c(artifact: Artifact, table: Rows) -> Ran:
    """Compile score.c with warnings as errors, load it and call score_batch."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise UnsupportedError("engine 'c' needs a C compiler on the PATH (cc, gcc or clang)")
    with tempfile.TemporaryDirectory() as folder:
        artifact.write(folder)
        library = Path(folder) / "score.so"
        built = subprocess.run(
            [compiler, *COMPILER, "-shared", "-fPIC", "-o", str(library), str(Path(folder) / "score.c"), "-lm"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if built.returncode:
            raise CheckError(f"score.c doesn't compile with {' '.join(COMPILER)}:\n{built.stderr[:2000]}")
        return _call_batch(ctypes.CDLL(str(library)), artifact, _codes(artifact, table))


def _codes(artifact: Artifact, table: Rows) -> Array:
    """The rows as score.h asks for them: a category by its number, a missing value as NaN."""
    columns = []
    for column in artifact.domain.columns:
        lookup, other = column.lookup, -1 if column.other is None else column.other
        values = table[column.name]
        coded = [lookup.get(v, other) if v is not None else None for v in values] if column.categories else values
        columns.append([math.nan if value is None else float(value) for value in coded])
    return np.column_stack(columns)


def _call_batch(library: ctypes.CDLL, artifact: Artifact, X: Array) -> Ran:
    rows = np.ascontiguousarray(X)
    outputs = np.zeros((len(X), len(artifact.outputs)))
    rule = np.zeros(len(X), dtype=np.int32)
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (rows, outputs, rule)]
    library.score_batch.argtypes = [ctypes.c_size_t, *[ctypes.c_void_p] * 3]
    library.score_batch.restype = None
    library.score_batch(len(X), *pointers)
    return Ran(outputs, rule.astype(np.intp))


def run_sqlite(artifact: Artifact, table: Rows) -> Ran:
    """Load the rows into a table in memory (NaN as NULL) and run the SELECT; needs SQLite 3.24 or newer."""
    connection = sqlite3.connect(":memory:")
    try:
        columns = [f"{name} {'TEXT' if text else 'REAL'}" for name, text in _columns(artifact)]
        connection.execute(f"CREATE TABLE {_table(artifact)} ({', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO {_table(artifact)} VALUES ({marks})", _keyed(artifact, table))  # noqa: S608
        return _ordered(connection.execute(str(artifact)).fetchall(), artifact)
    except sqlite3.Error as error:
        raise CheckError(f"score.sql failed in SQLite {sqlite3.sqlite_version}: {error}") from error
    finally:
        connection.close()


def run_duckdb(artifact: Artifact, table: Rows) -> Ran:
    """Load the rows into a table in memory (NaN as NULL) and run the SELECT."""
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise UnsupportedError("engine 'duckdb' needs the duckdb package: pip install 'relurules[duckdb]'") from error
    import pandas

    with duckdb.connect(":memory:") as connection:
        try:
            columns = _columns(artifact)
            rows = list(zip(*_keyed(artifact, table), strict=True)) or [()] * len(columns)
            parts = zip(rows, columns, strict=True)
            loaded = {
                f"c{i}": pandas.Series(v, dtype=object if text else float) for i, (v, (_, text)) in enumerate(parts)
            }
            connection.register("loaded_rows", pandas.DataFrame(loaded))
            picked = ", ".join(
                f"{f'CAST(c{i} AS VARCHAR)' if text else f'nullif(c{i}, {_NAN})'} AS {name}"
                for i, (name, text) in enumerate(columns)
            )
            connection.execute(f"CREATE TABLE {_table(artifact)} AS SELECT {picked} FROM loaded_rows")  # noqa: S608
            return _ordered(connection.execute(str(artifact)).fetchall(), artifact)
        except duckdb.Error as error:
            raise CheckError(f"score.sql failed in DuckDB {duckdb.__version__}: {error}") from error


def _table(artifact: Artifact) -> str:
    return _quoted((artifact.table or "input_data").rpartition(".")[2])


def _columns(artifact: Artifact) -> list[tuple[str, bool]]:
    """The columns of the table and whether they hold text; keys that are no columns of the rules come last."""
    own = {column.name: any(isinstance(v, str) for v in column.lookup) for column in artifact.domain.columns}
    return [(_quoted(name), text) for name, text in own.items()] + [
        (_quoted(key), False) for key in artifact.key if key not in own
    ]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _keyed(artifact: Artifact, table: Rows) -> list[tuple[Value, ...]]:
    """The rows, and the row number for every key column that is no feature."""
    extra = len(_columns(artifact)) - len(table)
    return [(*row, *[float(i)] * extra) for i, row in enumerate(zip(*table.values(), strict=True))]


def _ordered(rows: list[tuple[Any, ...]], artifact: Artifact) -> Ran:
    """Rows in the order they were loaded: by a key that numbers them where there is one, else as they came."""
    own = [column.name for column in artifact.domain.columns]
    numbering = next((i for i, name in enumerate(artifact.key) if name not in own), None)
    if numbering is not None:
        rows = sorted(rows, key=lambda row: float(row[numbering]))
    return _ran([row[len(artifact.key) :] for row in rows], len(artifact.outputs))


def _ran(rows: Sequence[Sequence[Any]], outputs: int) -> Ran:
    values = [[math.nan if value is None else float(value) for value in row] for row in rows]
    table = np.array(values, dtype=np.float64).reshape(-1, outputs + 1)
    return Ran(table[:, :-1], np.nan_to_num(table[:, -1], nan=-1).astype(np.intp))


class Engine(NamedTuple):
    """run: how; target: the artefacts it takes; dialects: of these dialects where the target is SQL."""

    run: Callable[[Artifact, Rows], Ran]
    target: str
    dialects: tuple[str, ...] = ()


#: The first row that takes an artefact is its default engine. DuckDB also runs what is written for SQLite.
ENGINES: Mapping[str, Engine] = {
    "python": Engine(run_python, "python"),
    "c": Engine(run_c, "c"),
    "sqlite": Engine(run_sqlite, "sql", ("sqlite",)),
    "duckdb": Engine(run_duckdb, "sql", ("duckdb", "sqlite")),
}


def run(artifact: Artifact, table: Any, engine: str | None = None) -> tuple[str, Ran]:
    """Run an artefact on a frame, or on an array of coordinates (N, d), in the named engine or its default one.

    Returns the engine's name and what the artefact gave.
    """
    name, chosen = engine_for(artifact, engine)
    return name, chosen.run(artifact, raw_columns(table, artifact.domain.columns))


def engine_for(artifact: Artifact, name: str | None) -> tuple[str, Engine]:
    """The named engine, or the artefact's default one; UnsupportedError where none takes it."""
    fitting = {
        known: engine
        for known, engine in ENGINES.items()
        if engine.target == artifact.target and (not engine.dialects or artifact.dialect in engine.dialects)
    }
    what = f"{artifact.target}{f' ({artifact.dialect})' if artifact.dialect else ''}"
    if not fitting:
        raise UnsupportedError(
            f"no engine runs {what}; what can be run: {', '.join(sorted({e.target for e in ENGINES.values()}))}"
        )
    if name is not None and name not in fitting:
        raise UnsupportedError(f"engine {name!r} doesn't run {what}; supported: {', '.join(fitting)}")
    return next((known, engine) for known, engine in fitting.items() if name in (None, known))
