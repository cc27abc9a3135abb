"""Artefacts that score a hundred thousand rows at once: arrays go in and come out, so that a
million points take seconds in every engine.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import is_text_column
from relurules.domain.encoding import read_raw_columns
from relurules.ir import Artifact
from relurules.verifying import engines
from relurules.verifying.databases import OPEN
from relurules.verifying.onnx_runtime import make_tensor

Array = NDArray[np.float64]
#: Scores of rows in coordinates, (N, d) -> (N, m).
Run = Callable[[Array], Array]
#: Rows that an engine is given at a time.
_BLOCK = 100_000
#: Scores the rows of a file of float64; a category is the number of a value.
_RUNNER = """\
import { readFileSync, writeFileSync } from "node:fs";
import { OUTPUTS, score } from "./score.mjs";

const columns = JSON.parse(readFileSync("columns.json", "utf8"));
const given = new Float64Array(new Uint8Array(readFileSync("rows.bin")).buffer);
const count = given.length / columns.length;
const found = new Float64Array(count * OUTPUTS.length);
for (let i = 0; i < count; i += 1) {
    const row = {};
    columns.forEach(({ name, values }, j) => {
        const value = given[i * columns.length + j];
        row[name] = values === null ? value : values[value];
    });
    const told = score(row);
    OUTPUTS.forEach((name, k) => {
        found[i * OUTPUTS.length + k] = told[name];
    });
}
writeFileSync("scores.bin", found);
"""


def run_at_once(artifact: Artifact) -> Run:
    """The scores of an artefact without links, in its own engine."""
    run = _ENGINES[artifact.dialect or artifact.target](artifact)

    def run_blocks(X: Array) -> Array:
        parts = np.array_split(X, max(1, -(-len(X) // _BLOCK)))
        return np.concatenate([run(part) for part in parts])

    return run_blocks


def _number_rows(artifact: Artifact, X: Array) -> Array:
    """(N, columns): numbers, and the number of a category."""
    domain = artifact.domain
    parts = [
        X[:, own].argmax(axis=1).astype(np.float64) if column.categories else X[:, own.start]
        for column, own in zip(domain.columns, domain.places, strict=True)
    ]
    return np.column_stack(parts)


def _list_values(artifact: Artifact) -> dict[str, list[Any] | None]:
    """By a column's name, a value of each of its categories; None of a column of numbers."""
    domain = artifact.domain
    found = dict[str, list[Any] | None]()
    for column, own in zip(domain.columns, domain.places, strict=True):
        found[column.name] = None
        if not column.categories:
            continue
        rows = np.tile(domain.lower, (len(column.categories), 1))
        for place in (place for place in domain.places if place.stop - place.start > 1):
            rows[:, place] = np.eye(1, place.stop - place.start)
        rows[:, own] = np.eye(len(column.categories))
        found[column.name] = read_raw_columns(rows, domain.columns)[column.name]

    return found


def _make_table(artifact: Artifact, X: Array) -> dict[str, NDArray[Any]]:
    """Columns as tables have them: numbers, or texts as objects."""
    values, numbers = _list_values(artifact), _number_rows(artifact, X)
    return {
        name: column if known is None else np.array(known, dtype=object)[column.astype(int)]
        for (name, known), column in zip(values.items(), numbers.T, strict=True)
    }


def _run_c(artifact: Artifact) -> Run:
    batch = engines.load_c(artifact)
    return lambda X: np.asarray(batch(_number_rows(artifact, X)).outputs)


def _run_numpy(artifact: Artifact) -> Run:
    module: dict[str, Any] = {"__name__": "score_numpy"}
    exec(compile(str(artifact), "score_numpy.py", "exec"), module)  # noqa: S102  # what is measured
    return lambda X: np.asarray(module["score_batch"](_make_table(artifact, X)))


def _run_python(artifact: Artifact) -> Run:
    module: dict[str, Any] = {"__name__": "score"}
    exec(compile(str(artifact), "score.py", "exec"), module)  # noqa: S102  # what is measured

    def run(X: Array) -> Array:
        table = _make_table(artifact, X)
        lists = [column.tolist() for column in table.values()]
        told = [
            module["score"](dict(zip(table, row, strict=True))) for row in zip(*lists, strict=True)
        ]
        return np.array([[given[name] for name in artifact.outputs] for given in told])

    return run


def _run_javascript(artifact: Artifact) -> Run:
    columns = [{"name": name, "values": own} for name, own in _list_values(artifact).items()]

    def run(X: Array) -> Array:
        with tempfile.TemporaryDirectory() as folder:
            artifact.write(folder)
            Path(folder, "run.mjs").write_text(_RUNNER, encoding="utf-8")
            Path(folder, "columns.json").write_text(json.dumps(columns), encoding="utf-8")
            np.ascontiguousarray(_number_rows(artifact, X)).tofile(Path(folder, "rows.bin"))
            subprocess.run([which("node") or "node", "run.mjs"], cwd=folder, check=True)
            found = np.fromfile(Path(folder, "scores.bin"))
        return found.reshape(len(X), -1)

    return run


def _run_onnx(artifact: Artifact) -> Run:
    import onnxruntime

    model = list(artifact.files.values())[-1]
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

    def run(X: Array) -> Array:
        table = _make_table(artifact, X)
        sent = {
            column.name: make_tensor(table[column.name].tolist(), column)
            if column.categories
            else table[column.name][:, None]
            for column in artifact.domain.columns
        }
        return np.column_stack(session.run(list(artifact.outputs), sent))

    return run


def _run_database(artifact: Artifact) -> Run:
    def run(X: Array) -> Array:
        table = _make_table(artifact, X)
        rows = list(zip(*[column.tolist() for column in table.values()], strict=True))
        kinds = [(f'"{column.name}"', is_text_column(column)) for column in artifact.domain.columns]
        with OPEN[str(artifact.dialect)]() as database:
            database.load("input_data", kinds, rows)
            found = np.array(database.execute(str(artifact)), dtype=np.float64)
        return found[:, : len(artifact.outputs)]

    return run


def _run_duckdb(artifact: Artifact) -> Run:
    import duckdb
    import pandas as pd

    def run(X: Array) -> Array:
        with duckdb.connect() as database:
            database.execute("SET threads = 1")
            database.register("given", pd.DataFrame(_make_table(artifact, X)))
            database.execute("CREATE TABLE input_data AS SELECT * FROM given")
            found = database.execute(str(artifact)).fetchnumpy()
        columns = [np.ma.asarray(found[name], dtype=np.float64) for name in artifact.outputs]
        return np.column_stack([np.ma.filled(column, np.nan) for column in columns])

    return run


#: Dialect or target -> how it is run.
_ENGINES: Mapping[str, Callable[[Artifact], Run]] = {
    "c": _run_c,
    "numpy": _run_numpy,
    "python": _run_python,
    "javascript": _run_javascript,
    "onnx": _run_onnx,
    "sqlite": _run_database,
    "duckdb": _run_duckdb,
    "postgres": _run_database,
}
