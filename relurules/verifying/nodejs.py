"""Runs score.mjs in Node.js, and the body of a function of BigQuery."""

import json
import math
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from relurules.errors import CheckError, UnsupportedError
from relurules.ir import Artifact
from relurules.verifying.engine_programs import run_program
from relurules.verifying.run_result import (
    Rows,
    RunResult,
    collect_extras,
    make_run_result,
    mark_known,
    number_labels,
    number_outputs,
)

#: Reads columns and rows, writes outputs and rule of every row. JSON has no NaN and no infinity:
#: these come as objects, and what is written are texts.
_RUNNER = """\
import { text } from "node:stream/consumers";
import * as code from "./score.mjs";

const { OUTPUTS, score } = code;

const { columns, rows } = JSON.parse(await text(process.stdin));
const found = rows.map((values) => {
    const row = Object.create(null);
    columns.forEach((name, i) => {
        const nested = values[i] !== null && typeof values[i] === "object";
        row[name] = nested ? Number(values[i].number) : values[i];
    });
    const given = score(row);
    const numbers = [...OUTPUTS.map((name) => given[name]), "rule" in given ? given.rule : -1];
    const told = Object.entries({ ...(code.explain?.(row) ?? {}), lines: given.lines });
    const shown = (value) => typeof value === "number" ? String(value) : value;
    return [numbers.map(shown), given.class, told.map(([name, value]) =>
        [name, typeof value === "number", shown(value) ?? null])];
});
process.stdout.write(JSON.stringify(found));
"""
#: A statement of BigQuery: arguments, results, and the body up to the first three quotation marks.
_STATEMENT = re.compile(
    r"^CREATE OR REPLACE FUNCTION `[^\n]*`\((?P<arguments>[^\n]*)\)\nRETURNS STRUCT<"
    r'(?P<results>[^\n]*)>\nDETERMINISTIC\nLANGUAGE js\nAS r"""(?P<body>.*?)"""$',
    re.MULTILINE | re.DOTALL,
)
#: A module as the runner imports it, which calls a function as BigQuery does.
_CALLER = """\
const { columns, types, names, results, outputs, body } = %s;
const call = new Function(...names, body);
const KINDS = { FLOAT64: "number", STRING: "string", BOOL: "boolean" };
const isOf = (value, type) => value === null || typeof value === KINDS[type] && value === value;

function run(row) {
    const given = call(...columns.map((name, i) => {
        const value = row[name] ?? null;
        return value !== null && types[i] === "FLOAT64" ? Number(value) : value;
    }));
    for (const [name, type] of results) {
        if (!isOf(given[name], type)) {
            throw new TypeError(`${name} is no ${type}: ${given[name]}`);
        }
    }
    return given;
}

export const OUTPUTS = outputs;
export function score(row) {
    const given = run(row);
    for (const [name, type] of results) {
        given[name] = given[name] === null && type === "FLOAT64" ? NaN : given[name];
    }
    return given;
}
export function explain(row) {
    const told = results.filter(([name]) => /^(contribution|reason)_/.test(name));
    const given = run(row);
    return Object.fromEntries(told.map(([name]) => [name, given[name]]));
}
"""


def run_bigquery(artifact: Artifact, table: Rows) -> RunResult:
    """Call the body of the function for every row, with values of the types that it declares."""
    ((name, text),) = artifact.texts.items()
    found = _STATEMENT.search(text)
    if found is None:
        raise CheckError(f"{name} holds no CREATE FUNCTION as relurules writes it")

    arguments = re.findall(r"(\w+) (\w+)", found["arguments"])
    told = {
        "columns": list(table),
        "names": [name for name, _ in arguments],
        "types": [kind for _, kind in arguments],
        "results": re.findall(r"`([^`]*)` (\w+)", found["results"]),
        "outputs": list(artifact.outputs),
        "body": found["body"],
    }
    module = _CALLER % json.dumps(told)
    return run_node(replace(artifact, files={"score.mjs": module}), table)


def run_node(artifact: Artifact, table: Rows) -> RunResult:
    """Import score.mjs and call score(row) for every row."""
    node = shutil.which("node")
    if node is None:
        raise UnsupportedError("engine 'node' needs Node.js on the PATH (node)")

    sent = [[_encode_value(value) for value in row] for row in zip(*table.values(), strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        artifact.write(folder)
        Path(folder, "run.mjs").write_text(_RUNNER, encoding="utf-8")
        asked = json.dumps({"columns": list(table), "rows": sent})
        ran = run_program([node, "run.mjs"], folder, asked)

    if ran.returncode:
        raise CheckError(f"score.mjs failed to run: {ran.stderr.strip()[:2000]}")

    given = json.loads(ran.stdout)
    rows = number_outputs(artifact, [_read_numbers(values, artifact) for values, *_ in given])
    found = make_run_result(
        [[*map(float, row[:-1]), _read_rule_number(row, artifact)] for row in rows],
        len(artifact.outputs),
    )
    extras = collect_extras([_read_extras(told) for *_, told in given])
    found = found._replace(extras=extras)
    if "class" not in artifact.returned:
        return found
    return found._replace(classes=number_labels(artifact, [told for _, told, _ in given]))


def _read_extras(told: list[list[Any]]) -> dict[str, Any]:
    return {name: float(value) if number else value for name, number, value in told}


def _read_numbers(values: list[Any], artifact: Artifact) -> list[Any]:
    """Numbers come as text; what an artefact gives as a label is one."""
    if artifact.labelled and artifact.classes and isinstance(artifact.classes[0], str):
        return [values[0], *map(float, values[1:])]
    return [float(value) if isinstance(value, str) else value for value in values]


def _read_rule_number(row: Sequence[float], artifact: Artifact) -> float:
    """The number of the rule; where it isn't given, 1 for a row with outputs."""
    if "rule" in artifact.returned:
        return float(row[-1])
    return float(mark_known(row[:-1]))


def _encode_value(value: str | float | None) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")}
    return value
