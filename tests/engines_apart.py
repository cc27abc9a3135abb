"""Engines in an environment of their own, which tools/install_servers.sh makes: skipped where it
isn't there, except in CI.
"""

import json
import math
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from browsers import miss

from relurules.errors import CheckError
from relurules.ir import Artifact
from relurules.verifying.run_result import Rows, RunResult, number_labels

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("RELURULES_ENGINES", ROOT / ".venv-engines"))
SERVER = Path(__file__).with_name("jpmml_server.py")
CHECK_SCHEMA = Path(__file__).with_name("check_pmml_schema.py")


class PmmlServer:
    """JPMML-Evaluator in a process of its own, which keeps running."""

    def __init__(self, python: Path) -> None:
        self.process = subprocess.Popen(
            [python, SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def run(self, artifact: Artifact, table: Rows) -> RunResult:
        """Evaluate every row; what there is none of comes as None."""
        rows = self.evaluate(artifact, table)
        columns = [[row[name] for row in rows] for name in artifact.outputs]
        if artifact.labelled:
            columns = [number_labels(artifact, columns[0]).tolist()]
        outputs = np.array(
            [[math.nan if v is None else float(v) for v in column] for column in columns]
        ).T
        known = np.array(~np.isnan(outputs).all(axis=1), dtype=np.intp)
        rule = [row["rule"] or 0.0 for row in rows] if "rule" in artifact.returned else known
        classes = (
            number_labels(artifact, [row["class"] for row in rows])
            if "class" in artifact.returned and not artifact.labelled
            else None
        )
        names = [name for name in rows[0] if name not in (*artifact.outputs, "class", "rule")]
        extras = {name: [row[name] for row in rows] for name in names}
        return RunResult(outputs, np.array(rule, dtype=np.intp), classes=classes, extras=extras)

    def evaluate(self, artifact: Artifact, table: Rows) -> list[dict[str, Any]]:
        """Results by name, row by row."""
        rows = [list(map(_encode, row)) for row in zip(*table.values(), strict=True)]
        with tempfile.TemporaryDirectory() as folder:
            (path,) = artifact.write(folder)
            answer = self._ask({"path": str(path), "columns": list(table), "rows": rows})
        if "error" in answer:
            raise CheckError(f"score.pmml failed to run: {answer['error']}")
        return [{k: _decode(v) for k, v in row.items()} for row in answer["rows"]]

    def _ask(self, asked: dict[str, Any]) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


def _encode(value: Any) -> Any:
    finite = not isinstance(value, float) or math.isfinite(value)
    return value if finite else None if math.isnan(value) else [str(value)]


def _decode(value: Any) -> Any:
    return float(value[0]) if isinstance(value, list) else value


@contextmanager
def open_jpmml() -> Iterator[PmmlServer]:
    """JPMML-Evaluator, which runs in Java."""
    python = find_python("jpmml_evaluator")
    if shutil.which("java") is None:
        miss("Java")
    server = PmmlServer(python)
    with server.process:  # closes its pipes, at which it ends, and waits
        yield server


def find_python(package: str) -> Path:
    """The interpreter of the engines' environment, where it has a package."""
    python = FOLDER / "bin" / "python"
    if not any(FOLDER.glob(f"lib/python*/site-packages/{package}")):
        miss(f"{package} in {FOLDER.name} (tools/install_servers.sh)")
    return python


def read_package_version(package: str) -> str:
    """Name and version of a package of that environment."""
    found = next(FOLDER.glob(f"lib/python*/site-packages/{package}-*.dist-info"), None)
    return "not here" if found is None else found.name.removesuffix(".dist-info").replace("-", " ")


def run_apart(package: str, arguments: Sequence[str], **options: Any) -> str:
    """What a module of that environment prints."""
    ran = subprocess.run(
        [find_python(package), *arguments], capture_output=True, encoding="utf-8", check=False,
        **options,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return ran.stdout
