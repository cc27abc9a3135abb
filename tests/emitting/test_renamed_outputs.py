"""Outputs by other names, for engines that can't have the model's own."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlglot
from sklearn.linear_model import LogisticRegression
from typer.testing import CliRunner

import relurules as rr
from relurules.cli.main import app
from relurules.emitting.sql.dialects import DIALECTS
from relurules.errors import CheckError, InputError
from relurules.ir.artifact import Artifact

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.normal(size=(40, 2)), columns=["age", "gain"])
Y = np.where(FRAME["age"] + FRAME["gain"] > 0, ">50K", "<=50K")
MODEL = LogisticRegression().fit(FRAME, Y)
NAMES = {"p_<=50K": "p_low", "p_>50K": "p_high"}


@pytest.fixture(scope="module", params=["partition", "additive"])
def rules(request: Any) -> Any:
    """Of two classes whose names are no names in BigQuery."""
    return rr.extract(MODEL, data=FRAME, form=request.param)


@pytest.mark.parametrize(
    ("target", "dialect"),
    [
        ("sql", "sqlite"),
        ("sql", "duckdb"),
        ("python", None),
        ("numpy", None),
        ("c", None),
        ("onnx", None),
    ],
)
def test_renamed_outputs_are_the_model(rules: Any, target: str, dialect: str | None) -> None:
    artifact = rr.emit(rules, target, dialect=dialect, rename=NAMES)
    assert artifact.outputs == ("p_low", "p_high")
    report = rr.verify(artifact, MODEL, FRAME)
    assert report, str(report)
    assert target == "onnx" or rr.check_artifact(artifact, rules)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_parses_them(rules: Any, dialect: str) -> None:
    columns = ["outputs", "class"]
    query = str(rr.emit(rules, "sql", dialect=dialect, rename=NAMES, columns=columns))
    assert "output 'p_low': the model's 'p_<=50K'" in query
    read = {"mariadb": "mysql"}.get(dialect, dialect)
    (statement,) = sqlglot.parse(query, read=read)
    assert statement is not None
    assert [name.lower() for name in statement.named_selects] == ["p_low", "p_high", "class"]


def test_function_of_bigquery(rules: Any) -> None:
    with pytest.raises(InputError, match=r"'p_<=50K' can't be a name in bigquery.*option rename"):
        rr.emit(rules, "bigquery")
    text = str(rr.emit(rules, "bigquery", rename=NAMES))
    assert "`p_low` FLOAT64, `p_high` FLOAT64" in text


@pytest.mark.parametrize("name", ["rule", "class"])
def test_an_output_called_as_a_column_on_request_is_verified(rules: Any, name: str) -> None:
    pytest.importorskip("onnxruntime")
    artifact = rr.emit(rules, "onnx", columns=["outputs"], rename={"p_<=50K": name})
    assert rr.verify(artifact, rules, FRAME)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"p_>60K": "p"}, r"no output .*p_>60K"),
        ({"p_>50K": "p_<=50K"}, "called the same"),
        ({"p_>50K": "p_<=50K", "p_<=50K": "p_>50K"}, "the model calls another output or class so"),
        ({"p_>50K": "<=50K"}, "the model calls another output or class so"),
        ({"p_>50K": ""}, "holds nothing"),
        ({"p_>50K": "a\0"}, "holds"),
    ],
)
def test_refuses(rules: Any, names: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        rr.emit(rules, "sql", rename=names)


def test_code_whose_outputs_have_swapped_names_is_not_the_rules(rules: Any, tmp_path: Path) -> None:
    text = str(rr.emit(rules, "sql", dialect="sqlite")).replace("\\u003e", ">")
    for name, other in (("<=", "?"), (">", "<="), ("?", ">")):
        text = text.replace(f"p_{name}50K", f"p_{other}50K")
    (tmp_path / "score.sql").write_text(text)
    verdict = rr.check_artifact(tmp_path / "score.sql", rules)
    assert not verdict
    assert "calls another output or class so" in verdict.why
    for model in (rules, MODEL):
        with pytest.raises(CheckError, match=r"'p_>50K' stands where the model has 'p_<=50K'"):
            rr.verify(Artifact.read(tmp_path / "score.sql"), model, FRAME)


def test_on_the_command_line(rules: Any, tmp_path: Path) -> None:
    rules.save(tmp_path / "rules.json")
    call = ["emit", str(tmp_path / "rules.json"), "--to", "sql", "--dialect", "bigquery"]
    made = CliRunner().invoke(
        app, [*call, "--rename", "p_<=50K=p_low", "--rename", "p_>50K=p_high"]
    )
    assert made.exit_code == 0, made.output
    assert "AS `p_low`" in made.output
    refused = CliRunner().invoke(app, [*call, "--rename", "p_low"])
    assert refused.exit_code != 0
