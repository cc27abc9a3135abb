"""Additive rules whose columns, scales, links and rows fight back, and what runs their code."""

import ctypes
import json
import math
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pandas as pd
from handmade import network

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import AdditiveRules, Artifact, Graph, Head
from relurules.ir.class_labels import make_labels
from relurules.verifying import nodejs
from relurules.verifying.engines import COMPILER

#: Names that code uses itself, that are one identifier, or that end comments.
COLUMNS = (
    Column("age", fill=41.5),
    Column("line_1", (Category(("u",)), Category(('v "*/',)), Category(("w",), missing=True))),
    Column("from_age"),
    Column("from age"),
    Column("big"),
    Column("tiny*/"),
)
#: Of every column of numbers: middle and half width.
SCALES = {
    "age": (50.0, 30.0),
    "from_age": (0.0, 2.0),
    "from age": (1.0, 3.0),
    "big": (4e8, 3e8),
    "tiny*/": (0.0, 1e-9),
}
HEADS: dict[str, tuple[Head, ...]] = {
    "score": (Head("identity", (0,)),),
    "two": (Head("sigmoid", (0,)),),
    "pair": (Head("softmax", (0, 1)), Head("softmax", (0, 1), 1)),
    "many": (
        Head("softmax", (0, 1, 2)),
        Head("softmax", (0, 1, 2), 1),
        Head("softmax", (0, 1, 2), 2),
        Head("log_softmax", (0, 1)),
        Head("complement", (1,)),
        Head("exp", (2,)),
        Head("expm1", (2,)),
        Head("step", (0,)),
    ),
    "class": (Head("argmax", (0, 1, 2)),),
}
LABELS = {"two": ("no", "yes"), "pair": (False, True), "class": ("lo\\w", 'm"id', "high")}


def make_network(seed: int, scores: int, groups: Sequence[int] = (), neurons: int = 12) -> Any:
    """Hinges of one to three columns, then groups of so many neurons that read one another."""
    rng = np.random.default_rng(seed)
    domain = rr.Domain.over(COLUMNS)
    middles, halves = np.zeros(len(domain)), np.ones(len(domain))
    for column, place in zip(COLUMNS, domain.places, strict=True):
        if column.name in SCALES:
            middles[place.start], halves[place.start] = SCALES[column.name]

    K = neurons + sum(groups)
    A, L = np.zeros((K, len(domain))), np.zeros((K, K))
    for k in range(K):
        for place in rng.choice(len(COLUMNS), rng.integers(1, 4), replace=False):
            at = list(domain.places[place])
            A[k, at] = rng.normal(size=len(at))

    for end, size in zip(neurons + np.cumsum(groups, dtype=int), groups, strict=True):
        for k in range(end - size + 1, end):
            L[k, end - size : k] = rng.normal(size=k - end + size)

    kinks = rng.uniform(-0.8, 0.8, (K, len(domain)))
    return network(
        A / halves,
        -np.sum(A * (middles / halves + kinks), axis=1),
        rng.normal(size=(scores, K)),
        L=L,
        C=rng.normal(size=(scores, len(domain))) / halves,
        c=rng.normal(size=scores),
        slope=rng.choice([0.0, 0.0, 0.25, -0.5], K),
    )


def make_hostile(
    link: str = "two",
    *,
    seed: int = 0,
    groups: Sequence[int] = (),
    bounded: bool = True,
    neurons: int = 12,
) -> AdditiveRules:
    """Their lines, groups and base, over a box or everywhere."""
    scores = 1 + max(score for head in HEADS[link] for score in head.scores)
    net = make_network(seed, scores, groups, neurons)
    domain = rr.Domain.over(COLUMNS)
    if bounded:
        domain = domain.bounded({name: (m - h, m + h) for name, (m, h) in SCALES.items()})
    model = Graph(
        domain.names,
        tuple(f"o{i}" for i in range(len(HEADS[link]))),
        net,
        networkx.DiGraph(),
        columns=COLUMNS,
        heads=HEADS[link],
        labels=make_labels(LABELS[link]) if link in LABELS else None,
    )
    rules = rr.extract(model, domain=domain, form="additive")
    assert isinstance(rules, AdditiveRules)
    return rules


def make_rows(rules: AdditiveRules, count: int = 60, seed: int = 0) -> pd.DataFrame:
    """Inside, at kinks, just and far outside, missing, infinite, huge, tiny, unknown."""
    rng = np.random.default_rng(seed)
    kinds: list[Any] = ["u", 'v "*/', "w", None]
    rows = [
        {
            "line_1": kinds[rng.integers(len(kinds))],
            **{name: m + h * rng.uniform(-1, 1) for name, (m, h) in SCALES.items()},
        }
        for _ in range(count)
    ]
    middle: dict[str, Any] = {"line_1": "u", **{name: m for name, (m, _) in SCALES.items()}}
    rows.append(middle)
    for line in rules.lines:
        if len(line.columns) == 1:
            normal = line.condition.half_space.normal
            kink = line.condition.half_space.bound / normal[np.flatnonzero(normal)[0]]
            rows.append({**middle, line.columns[0]: kink})

    for name, (m, h) in SCALES.items():
        odd = [None, math.nan, math.inf, -math.inf, 1e308, 1e-320, -0.0, m + h, m - h]
        odd += [float(np.nextafter(m + h, math.inf)), m + 1.5 * h, m - 40 * h]
        rows += [{**middle, name: value} for value in odd]
    rows.append({**middle, "line_1": "unknown"})
    frame = pd.DataFrame(rows)[[column.name for column in COLUMNS]]
    return frame.astype({"line_1": object})


def run_explained(
    artifact: Artifact, frame: pd.DataFrame, folder: Path
) -> tuple[list[list[Any]], list[Any] | None]:
    """(values of `explain` row by row, the text of `lines` row by row if it is given)."""
    rules_columns = [column.name for column in artifact.domain.columns]
    table = frame[rules_columns].astype(object).where(frame[rules_columns].notna(), None)
    return _RUNNERS[artifact.target](artifact, table, folder)


def _run_python(artifact: Artifact, frame: pd.DataFrame, _: Path) -> Any:
    module: dict[str, Any] = {"__name__": "score"}
    exec(compile(str(artifact), "score.py", "exec"), module)
    rows = frame.to_dict("records")
    told = [list(module["explain"](row).values()) for row in rows]
    wanted = "lines" in artifact.returned
    return told, [module["score"](row)["lines"] for row in rows] if wanted else None


def _run_numpy(artifact: Artifact, frame: pd.DataFrame, _: Path) -> Any:
    module: dict[str, Any] = {"__name__": "score_numpy"}
    exec(compile(str(artifact), "score_numpy.py", "exec"), module)
    found = module["explain_batch"](frame)
    told = [list(row) for row in zip(*(part.tolist() for part in found.values()), strict=True)]
    wanted = "lines" in artifact.returned
    return told, module["lines_batch"](frame).tolist() if wanted else None


_NODE = """\
import { readFileSync } from "node:fs";
import { explain, score } from "./score.mjs";
const rows = JSON.parse(readFileSync("rows.json", "utf-8"));
const read = (row) => Object.fromEntries(
    Object.entries(row).map(([k, v]) => [k, v !== null && typeof v === "object" ? Number(v[0]) : v])
);
const told = rows.map(read).map((row) => [Object.values(explain(row)), score(row).lines]);
process.stdout.write(JSON.stringify(told));
"""


def _run_node(artifact: Artifact, frame: pd.DataFrame, folder: Path) -> Any:
    artifact.write(folder)
    rows = [
        {
            name: [str(v).replace("inf", "Infinity")]
            if isinstance(v, float) and math.isinf(v)
            else v
            for name, v in row.items()
        }
        for row in frame.to_dict("records")
    ]
    (folder / "rows.json").write_text(json.dumps(rows))
    (folder / "run.mjs").write_text(_NODE)
    ran = nodejs.run_program(["node", "run.mjs"], str(folder), "")
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    wanted = "lines" in artifact.returned
    return [row[0] for row in found], [row[1] for row in found] if wanted else None


def _run_c(artifact: Artifact, frame: pd.DataFrame, folder: Path) -> Any:
    artifact.write(folder)
    source, library = str(folder / "score.c"), folder / "score.so"
    subprocess.run(
        ["cc", *COMPILER, "-shared", "-fPIC", "-o", str(library), source, "-lm"], check=True
    )
    loaded = ctypes.CDLL(str(library))
    header = (folder / "score.h").read_text()
    counts = {
        line.split()[1]: int(line.split()[2])
        for line in header.splitlines()
        if line.startswith("#define SCORE_") and len(line.split()) == 3
    }
    real = ctypes.c_float if artifact.number == "float" else ctypes.c_double
    terms = (ctypes.c_double * counts["SCORE_CONTRIBUTIONS"])()
    reasons = (ctypes.c_char_p * max(1, counts["SCORE_REASONS"]))()
    applies = (ctypes.c_int * max(1, counts.get("SCORE_LINES", 0)))()
    told, lines = list[list[Any]](), list[Any]()
    for row in frame.to_dict("records"):
        x = (real * len(row))(*(_encode(artifact, name, value) for name, value in row.items()))
        loaded.score_explain(x, terms, reasons)
        texts = [text and text.decode() for text in reasons[: counts["SCORE_REASONS"]]]
        told.append([*terms, *texts])
        if "lines" in artifact.returned:
            known = loaded.score_lines(x, applies)
            numbers = [k + 1 for k in range(counts["SCORE_LINES"]) if applies[k]]
            lines.append(",".join(map(str, numbers)) if known else None)

    return told, lines if "lines" in artifact.returned else None


def _encode(artifact: Artifact, name: str, value: Any) -> float:
    column = next(column for column in artifact.domain.columns if column.name == name)
    if column.categories and value is not None:
        return float(column.lookup.get(value, -1))
    return math.nan if value is None else float(value)


_RUNNERS = {"python": _run_python, "numpy": _run_numpy, "javascript": _run_node, "c": _run_c}
