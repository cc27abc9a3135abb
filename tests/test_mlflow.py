"""Rules are logged in a local store of MLflow, loaded again, and predict what they did."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from engines_apart import FOLDER, ROOT, find_python
from handmade import graph, layered
from hostile_additive import make_hostile, make_rows
from kept_programs import KEPT

import relurules as rr
from relurules.errors import UnsupportedError

PROGRAM = Path(__file__).with_name("mlflow_round_trip.py")


def go_round(rules: Any, folder: Path, rows: Any) -> dict[str, Any]:
    """What the program says, which has MLflow's packages behind our own."""
    find_python("mlflow")
    packages = next(FOLDER.resolve().glob("lib/python*/site-packages"))
    paths = [folder / "rules.json", folder / "rows.json", folder]
    rules.save(paths[0])
    rows.iloc[:20].to_json(paths[1], orient="records", double_precision=15)
    program = KEPT.start(
        sys.executable, str(PROGRAM), str(packages),
        env={**os.environ, "PYTHONPATH": str(ROOT), "MLFLOW_DISABLE_TELEMETRY": "true"},
    )  # fmt: skip
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(json.dumps([*map(str, paths)]).encode() + b"\n")
    program.stdin.flush()
    told = list(itertools.takewhile(lambda line: line != b"end\n", program.stdout))
    assert told, "the program failed, and says why on stderr"
    return dict(json.loads(told[-1]))


@pytest.mark.parametrize("link", ["two", "class"])
def test_rules_come_back(link: str, tmp_path: Path) -> None:
    rules = make_hostile(link, seed=2, neurons=3)
    told = go_round(rules, tmp_path, make_rows(make_hostile("two", seed=2, neurons=3), count=20))
    assert told["equal"]
    assert told["called"]
    assert told["saved"]
    assert told["example"] == 3
    names = [column.name for column in rules.domain.columns]
    types = ["string" if name == "line_1" else "double" for name in names]
    assert told["inputs"] == [list(pair) for pair in zip(names, types, strict=True)]
    assert told["outputs"] == [["o0", "string" if link == "class" else "double"]]
    assert {f"data/rules/{name}" for name in ("rules.json", "rules.html", "score.sql")} < set(
        told["files"]
    )
    assert not [name for name in told["files"] if name.endswith((".pkl", ".pickle"))]
    assert 'FROM "loans"' in told["sql"] or "FROM loans" in told["sql"]
    assert told["refused"] == ["python_model is what rr.mlflow says itself; leave it out"]


def test_mlflow_is_imported_by_nobody_else() -> None:
    code = "import sys, relurules.api; assert 'mlflow' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_mlflow_an_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relurules.mlflow.find_spec", lambda _: None)
    with pytest.raises(UnsupportedError, match=r"pip install 'relurules\[mlflow\]'"):
        rr.mlflow.load_model("models:/any")


def test_the_certificate_is_a_file_beside_the_rules(tmp_path: Path) -> None:
    model = graph(layered(3, 2, [3], 1))
    rules = rr.extract(model, domain=rr.Domain.box([-1, -2], [1, 2], list(model.features)))
    certificate = rr.prove(rules, model)
    files = rr.mlflow._list_files(rules, certificate, {})
    certificate.save(tmp_path / "own.json")
    assert files["certificate.json"] == (tmp_path / "own.json").read_bytes()
    assert list(files) == ["rules.json", "rules.html", "score.sql", "certificate.json"]
