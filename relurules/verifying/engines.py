"""The engines an artefact runs in: each takes an artefact and rows, and returns the outputs and the rule numbers.

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

from relurules.errors import CheckError, UnsupportedError
from relurules.ir import Artifact
from relurules.ir.network import Array

COMPILER = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-pedantic", "-Werror")


class Ran(NamedTuple):
    """outputs: (N, m), NaN where the artefact gave none; rule: (N,)."""

    outputs: Array
    rule: NDArray[np.intp]


def run_python(artifact: Artifact, X: Array) -> Ran:
    """Execute score.py and call score(row) for every row."""
    module: dict[str, Any] = {}
    try:
        exec(compile(str(artifact), "score.py", "exec"), module)  # noqa: S102  # the artefact is what is being tested
        rows = [module["score"](dict(zip(artifact.features, row, strict=True))) for row in X.tolist()]
    except Exception as error:
        raise CheckError(f"score.py failed to run: {type(error).__name__}: {error}") from error
    return _ran([[row[name] for name in artifact.outputs] + [row["rule"]] for row in rows], len(artifact.outputs))


def run_c(artifact: Artifact, X: Array) -> Ran:
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
        return _call_batch(ctypes.CDLL(str(library)), artifact, X)


def _call_batch(library: ctypes.CDLL, artifact: Artifact, X: Array) -> Ran:
    rows = np.ascontiguousarray(X)
    outputs = np.zeros((len(X), len(artifact.outputs)))
    rule = np.zeros(len(X), dtype=np.int32)
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (rows, outputs, rule)]
    library.score_batch.argtypes = [ctypes.c_size_t, *[ctypes.c_void_p] * 3]
    library.score_batch.restype = None
    library.score_batch(len(X), *pointers)
    return Ran(outputs, rule.astype(np.intp))


def run_sqlite(artifact: Artifact, X: Array) -> Ran:
    """Load the rows into a table in memory (NaN as NULL) and run the SELECT; needs SQLite 3.24 or newer."""
    connection = sqlite3.connect(":memory:")
    try:
        names = _columns(artifact)
        connection.execute(f"CREATE TABLE {_table(artifact)} ({', '.join(f'{name} REAL' for name in names)})")
        marks = ", ".join("?" * len(names))
        connection.executemany(f"INSERT INTO {_table(artifact)} VALUES ({marks})", _keyed(artifact, X))  # noqa: S608
        return _ordered(connection.execute(str(artifact)).fetchall(), artifact)
    except sqlite3.Error as error:
        raise CheckError(f"score.sql failed in SQLite {sqlite3.sqlite_version}: {error}") from error
    finally:
        connection.close()


def run_duckdb(artifact: Artifact, X: Array) -> Ran:
    """Load the rows into a table in memory (NaN as NULL) and run the SELECT."""
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise UnsupportedError("engine 'duckdb' needs the duckdb package: pip install 'relurules[duckdb]'") from error
    import pandas

    with duckdb.connect(":memory:") as connection:
        try:
            names = _columns(artifact)
            frame = pandas.DataFrame(_keyed(artifact, X), columns=[f"c{i}" for i in range(len(names))], dtype=float)
            connection.register("loaded_rows", frame)
            picked = ", ".join(f"nullif(c{i}, 'nan'::DOUBLE) AS {name}" for i, name in enumerate(names))
            connection.execute(f"CREATE TABLE {_table(artifact)} AS SELECT {picked} FROM loaded_rows")  # noqa: S608
            return _ordered(connection.execute(str(artifact)).fetchall(), artifact)
        except duckdb.Error as error:
            raise CheckError(f"score.sql failed in DuckDB {duckdb.__version__}: {error}") from error


def _table(artifact: Artifact) -> str:
    return _quoted((artifact.table or "input_data").rpartition(".")[2])


def _columns(artifact: Artifact) -> list[str]:
    return [_quoted(name) for name in (*artifact.features, *(k for k in artifact.key if k not in artifact.features))]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _keyed(artifact: Artifact, X: Array) -> list[tuple[float | None, ...]]:
    """The rows, and the row number for every key column that is no feature."""
    extra = len(_columns(artifact)) - len(artifact.features)
    return [(*(None if math.isnan(v) else v for v in row), *[float(i)] * extra) for i, row in enumerate(X.tolist())]


def _ordered(rows: list[tuple[Any, ...]], artifact: Artifact) -> Ran:
    """Rows in the order they were loaded: by a key that numbers them where there is one, else as they came."""
    numbering = next((i for i, name in enumerate(artifact.key) if name not in artifact.features), None)
    if numbering is not None:
        rows = sorted(rows, key=lambda row: float(row[numbering]))
    return _ran([row[len(artifact.key) :] for row in rows], len(artifact.outputs))


def _ran(rows: Sequence[Sequence[Any]], outputs: int) -> Ran:
    values = [[math.nan if value is None else float(value) for value in row] for row in rows]
    table = np.array(values, dtype=np.float64).reshape(-1, outputs + 1)
    return Ran(table[:, :-1], np.nan_to_num(table[:, -1], nan=-1).astype(np.intp))


class Engine(NamedTuple):
    """run: how; target: the artefacts it takes; dialects: of these dialects where the target is SQL."""

    run: Callable[[Artifact, Array], Ran]
    target: str
    dialects: tuple[str, ...] = ()


#: The first row that takes an artefact is its default engine. DuckDB also runs what is written for SQLite.
ENGINES: Mapping[str, Engine] = {
    "python": Engine(run_python, "python"),
    "c": Engine(run_c, "c"),
    "sqlite": Engine(run_sqlite, "sql", ("sqlite",)),
    "duckdb": Engine(run_duckdb, "sql", ("duckdb", "sqlite")),
}


def run(artifact: Artifact, X: Array, engine: str | None = None) -> tuple[str, Ran]:
    """Run an artefact on X (N, d) in the named engine or its default one; returns the engine's name, what it gave."""
    name, chosen = engine_for(artifact, engine)
    return name, chosen.run(artifact, X)


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
