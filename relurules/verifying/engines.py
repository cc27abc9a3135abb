"""The engines an artefact runs in: each takes an artefact and a table's rows, and returns outputs
and rule numbers.

A new engine is one function here and one row in `ENGINES`.
"""

import ctypes
import math
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import Column, list_table_columns
from relurules.domain.encoding import read_raw_arrays, read_raw_columns
from relurules.errors import CheckError, UnsupportedError
from relurules.ir import Artifact
from relurules.ir.network import Array
from relurules.verifying.class_languages import run_java, run_mono
from relurules.verifying.databases import OPEN
from relurules.verifying.nodejs import run_bigquery, run_node
from relurules.verifying.onnx_runtime import run_onnx
from relurules.verifying.run_result import (
    RowArrays,
    Rows,
    RunResult,
    collect_extras,
    number_labels,
    read_named_rows,
)
from relurules.verifying.sql_scoring import run_sql

#: Lines of score.h that say how much room results take.
_SIZES = re.compile(r"^#define SCORE_(CONTRIBUTIONS|REASONS|LINES) (\d+)$", re.MULTILINE)

COMPILER = (
    "-std=c99",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wdouble-promotion",
    "-pedantic",
    "-Werror",
)


def run_python(artifact: Artifact, table: Rows) -> RunResult:
    """Execute score.py and call score(row) for every row."""
    module: dict[str, Any] = {"__name__": "score"}
    try:
        exec(compile(str(artifact), "score.py", "exec"), module)  # noqa: S102  # the artefact is what is being tested
        asked = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
        rows = [module["score"](row) for row in asked]
        told = [module["explain"](row) for row in asked] if "explain" in module else []
    except Exception as error:
        raise CheckError(f"score.py failed to run: {type(error).__name__}: {error}") from error

    extras = collect_extras(told)
    if "lines" in artifact.returned:
        extras["lines"] = [row["lines"] for row in rows]
    return read_named_rows(artifact, rows, extras)


def run_numpy(artifact: Artifact, table: RowArrays) -> RunResult:
    """Execute score_numpy.py and call score_batch, and rule_batch where it has it."""
    module: dict[str, Any] = {"__name__": "score_numpy"}
    try:
        exec(compile(str(artifact), "score_numpy.py", "exec"), module)  # noqa: S102  # as above
        told = (
            number_labels(artifact, module["class_batch"](table).tolist())
            if "class" in artifact.returned or artifact.labelled
            else None
        )
        outputs = np.asarray(
            told[:, None]
            if told is not None and artifact.labelled
            else module["score_batch"](table),
            dtype=np.float64,
        )
        extras = _collect_batch(module, table)
        if "rule" in artifact.returned:
            rule = np.array(module["rule_batch"](table), dtype=np.intp)
            return RunResult(outputs, rule, classes=told, extras=extras)
    except Exception as error:
        raise CheckError(
            f"score_numpy.py failed to run: {type(error).__name__}: {error}"
        ) from error

    ruled = np.array(~np.isnan(outputs).all(axis=1), dtype=np.intp)
    return RunResult(outputs, ruled, classes=told, extras=extras)


def _collect_batch(module: Mapping[str, Any], table: RowArrays) -> dict[str, list[Any]]:
    """What explain_batch and lines_batch give, where there are such functions."""
    explained = module["explain_batch"](table) if "explain_batch" in module else {}
    extras = {name: values.tolist() for name, values in explained.items()}
    if "lines_batch" in module:
        extras["lines"] = module["lines_batch"](table).tolist()
    return extras


def run_c(artifact: Artifact, table: RowArrays) -> RunResult:
    """Compile score.c with warnings as errors, load it and call score_batch."""
    return load_c(artifact)(_encode_rows(artifact, table))


def load_c(artifact: Artifact) -> Callable[[Array], RunResult]:
    """Compile score.c and load it: score_batch for rows (N, columns) as score.h asks for them."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise UnsupportedError("engine 'c' needs a C compiler on the PATH (cc, gcc or clang)")

    with tempfile.TemporaryDirectory() as folder:
        artifact.write(folder)
        library = Path(folder) / "score.so"
        built = subprocess.run(
            [
                compiler,
                *COMPILER,
                "-shared",
                "-fPIC",
                "-o",
                str(library),
                str(Path(folder) / "score.c"),
                "-lm",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode:
            raise CheckError(
                f"score.c doesn't compile with {' '.join(COMPILER)}:\n{built.stderr[:2000]}"
            )
        return partial(_call_batch, ctypes.CDLL(str(library)), artifact)


def _encode_rows(artifact: Artifact, table: RowArrays) -> Array:
    """The rows as score.h asks for them: a category by its number, a missing value as NaN."""
    columns = list[Any]()
    for name, column in list_table_columns(artifact.domain.columns).items():
        lookup, other = column.lookup, -1 if column.other is None else column.other
        values = table[name]
        if isinstance(values, np.ndarray):
            columns.append(values)
            continue
        coded = (
            [lookup.get(v, other) if v is not None else None for v in values]
            if column.categories and not column.source
            else values
        )
        columns.append([math.nan if value is None else float(value) for value in coded])

    return np.column_stack(columns)


def _call_batch(library: ctypes.CDLL, artifact: Artifact, X: Array) -> RunResult:
    with np.errstate(over="ignore"):
        rows = np.ascontiguousarray(
            X, dtype=np.float32 if artifact.number == "float" else np.float64
        )

    outputs = np.zeros((len(X), len(artifact.outputs)), dtype=rows.dtype)
    rule = np.zeros(len(X), dtype=np.int32)
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (rows, outputs, rule)]
    library.score_batch.argtypes = [ctypes.c_size_t, *[ctypes.c_void_p] * 3]
    library.score_batch.restype = None
    library.score_batch(len(X), *pointers)

    told = _call_score_class(library, artifact, outputs)
    given = outputs.astype(np.float64)
    if artifact.labelled:
        numbered = number_labels(artifact, given[:, 0].tolist()) if told is None else told
        given = numbered[:, None]
    extras = _call_explanations(library, artifact, rows)
    return RunResult(given, rule.astype(np.intp), classes=told, extras=extras)


def _call_explanations(
    library: ctypes.CDLL, artifact: Artifact, rows: NDArray[Any]
) -> dict[str, list[Any]]:
    """What score_explain and score_lines give, where score.h has them."""
    header = str(next(iter(artifact.files.values())))
    sizes = {name: int(size) for name, size in _SIZES.findall(header)}
    if not sizes:
        return {}
    terms = (ctypes.c_double * max(1, sizes.get("CONTRIBUTIONS", 0)))()
    reasons = (ctypes.c_char_p * max(1, sizes.get("REASONS", 0)))()
    applies = (ctypes.c_int * max(1, sizes.get("LINES", 0)))()
    found = list[dict[str, Any]]()

    for row in rows:
        told: dict[str, Any] = {}
        if "CONTRIBUTIONS" in sizes:
            library.score_explain(ctypes.c_void_p(row.ctypes.data), terms, reasons)
            told |= {f"contribution {i}": terms[i] for i in range(sizes["CONTRIBUTIONS"])}
            texts = [reasons[i] for i in range(sizes["REASONS"])]
            told |= {f"reason {i}": text and text.decode() for i, text in enumerate(texts)}
        if "LINES" in sizes:
            known = library.score_lines(ctypes.c_void_p(row.ctypes.data), applies)
            numbers = [str(i + 1) for i in range(sizes["LINES"]) if applies[i]]
            told["lines"] = ",".join(numbers) if known else None
        found.append(told)

    return collect_extras(found)


def _call_score_class(library: ctypes.CDLL, artifact: Artifact, outputs: Array) -> Array | None:
    """The classes' numbers by score_class, where the artefact has it."""
    labels = artifact.labels
    text = labels is not None and labels.kind is str
    if "class" not in artifact.returned and not (artifact.labelled and text):
        return None

    kind: Any = ctypes.c_char_p if text else ctypes.c_longlong
    if labels is not None and labels.kind is float:
        kind = ctypes.c_double
    elif "score_label" in (header := next(iter(artifact.files.values()))) and not text:
        kind = ctypes.c_longlong if "typedef long long score_label;" in header else ctypes.c_int

    library.score_class.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    found: list[Any] = []
    for row in outputs:
        label = kind()
        given = library.score_class(row.ctypes.data, ctypes.addressof(label))
        value = label.value if given else None
        found.append(value.decode() if isinstance(value, bytes) else value)

    return number_labels(artifact, found)


class Engine(NamedTuple):
    """run: how; target: the artefacts it takes; dialects: of these dialects where the target is
    SQL; read: how it takes a table's columns.
    """

    run: Callable[[Artifact, Any], RunResult]
    target: str
    dialects: tuple[str, ...] = ()
    read: Callable[[Any, Sequence[Column]], RowArrays] = read_raw_columns


#: The first row that takes an artefact is its default engine. DuckDB also runs what is written for
#: SQLite.
ENGINES: Mapping[str, Engine] = {
    "python": Engine(run_python, "python"),
    "numpy": Engine(run_numpy, "numpy", read=read_raw_arrays),
    "c": Engine(run_c, "c", read=read_raw_arrays),
    "node": Engine(run_node, "javascript"),
    "node_function": Engine(run_bigquery, "bigquery"),
    "java": Engine(run_java, "java"),
    "mono": Engine(run_mono, "csharp"),
    "onnxruntime": Engine(run_onnx, "onnx", read=read_raw_arrays),
    "sqlite": Engine(partial(run_sql, OPEN["sqlite"]), "sql", ("sqlite",)),
    "duckdb": Engine(partial(run_sql, OPEN["duckdb"]), "sql", ("duckdb", "sqlite")),
    "postgres": Engine(partial(run_sql, OPEN["postgres"]), "sql", ("postgres",)),
    "mariadb": Engine(partial(run_sql, OPEN["mariadb"]), "sql", ("mariadb", "mysql")),
    "clickhouse": Engine(partial(run_sql, OPEN["clickhouse"]), "sql", ("clickhouse",)),
    "spark": Engine(partial(run_sql, OPEN["spark"]), "sql", ("spark",)),
}


def run_artifact(
    artifact: Artifact, table: Any, engine: str | None = None
) -> tuple[str, RunResult]:
    """Run an artefact on a frame, or on an array of coordinates (N, d), in the named engine or its
    default one.

    Returns the engine's name and what the artefact gave.
    """
    name, chosen = choose_engine(artifact, engine)
    columns = artifact.domain.columns
    return name, chosen.run(artifact, chosen.read(artifact.domain.narrow(table), columns))


def choose_engine(artifact: Artifact, name: str | None) -> tuple[str, Engine]:
    """The named engine, or the artefact's default one; UnsupportedError where none takes it."""
    fitting = {
        known: engine
        for known, engine in ENGINES.items()
        if engine.target == artifact.target
        and (not engine.dialects or artifact.dialect in engine.dialects)
    }
    what = f"{artifact.target}{f' ({artifact.dialect})' if artifact.dialect else ''}"

    if not fitting:
        raise UnsupportedError(
            f"no engine runs {what}; what can be run: "
            f"{', '.join(sorted({e.target for e in ENGINES.values()}))}"
        )

    if name is not None and name not in fitting:
        raise UnsupportedError(
            f"engine {name!r} doesn't run {what}; supported: {', '.join(fitting)}"
        )

    return next((known, engine) for known, engine in fitting.items() if name in (None, known))
