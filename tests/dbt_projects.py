"""A project of dbt around an emitted model, built and tested by dbt-core with dbt-duckdb."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd
from engines_apart import run_apart

from relurules.errors import CheckError
from relurules.ir import Artifact
from relurules.verifying.run_result import Rows, RunResult, read_named_rows

_PROJECT = """\
name: scoring
version: "1.0"
profile: scoring
model-paths: [models]
test-paths: [tests]
macro-paths: [macros]
flags: {send_anonymous_usage_stats: false}
"""
_PROFILE = """\
scoring:
  target: dev
  outputs: {dev: {type: duckdb, path: scoring.duckdb, threads: 1}}
"""
_SOURCE = "sources: [{name: raw, schema: main, tables: [{name: loans}]}]\n"
_RUN = """\
import json
from dbt.cli.main import dbtRunner
ran = dbtRunner().invoke(["build", "--profiles-dir", "."])
told = [] if ran.result is None else list(ran.result)
print("\\n" + json.dumps({
    "results": {each.node.name: str(each.status) for each in told},
    "said": [str(each.message) for each in told if each.message] + [str(ran.exception)],
}))
"""


class BuiltProject(NamedTuple):
    """results: what `dbt build` says of every node; said: its messages; views: their rows, by the
    key id.
    """

    results: dict[str, str]
    said: list[str]
    views: dict[str, pd.DataFrame]


def build_project(
    artifacts: Mapping[str, Artifact], folder: Path, table: pd.DataFrame
) -> BuiltProject:
    """Models by name, each with its schema.yml; all of them read raw.loans."""
    for name in ("macros", "tests/generic"):
        (folder / name).mkdir(parents=True)
    for name, artifact in artifacts.items():
        *_, test, _schema, _model = artifact.write(folder / "models" / name)
        test.replace(folder / "tests" / "generic" / test.name)
    (folder / "dbt_project.yml").write_text(_PROJECT)
    (folder / "profiles.yml").write_text(_PROFILE)
    (folder / "models" / "sources.yml").write_text(_SOURCE)
    (folder / "run.py").write_text(_RUN)
    with duckdb.connect(str(folder / "scoring.duckdb")) as database:
        database.register("given", table)
        database.execute("CREATE TABLE loans AS SELECT * FROM given")

    home = {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    answer = run_apart("dbt", ["run.py"], cwd=folder, env=home)
    told = json.loads(answer.strip().splitlines()[-1])
    with duckdb.connect(str(folder / "scoring.duckdb")) as database:
        made = [row[0] for row in database.execute("SHOW TABLES").fetchall()]
        views = {
            name: database.execute(f"SELECT * FROM {name} ORDER BY id").df()
            for name in artifacts
            if name in made
        }
    return BuiltProject(told["results"], told["said"], views)


def run_dbt(artifact: Artifact, table: Rows) -> RunResult:
    """What the view of a model gives, whose tests must pass; it reads raw.loans, its key is id."""
    name = artifact.name or "score"
    rows = pd.DataFrame({column: pd.Series(values) for column, values in table.items()})
    with tempfile.TemporaryDirectory() as folder:
        built = build_project({name: artifact}, Path(folder), rows.assign(id=range(len(rows))))
    if not built.results or {*built.results.values()} - {"success", "pass"}:
        raise CheckError(f"dbt: {built.results} {built.said}")
    view = built.views[name]
    numbers = [] if artifact.labelled else list(artifact.outputs)
    told = view.astype(object).where(view.notna() | view.columns.isin(numbers), None)
    return read_named_rows(artifact, told.to_dict("records"), {})
