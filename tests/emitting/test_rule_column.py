"""The number of a rule, which lines have not: refused where it is named, else left out."""

from pathlib import Path

import numpy as np
import pytest
from handmade import additive_of, network
from typer.testing import CliRunner

import relurules as rr
from relurules.cli.main import app
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules

TARGETS = ("python", "numpy", "c", "javascript", "onnx", "sql")


@pytest.fixture(scope="module")
def lines() -> AdditiveRules:
    net = network(np.eye(2), [0.0, -0.5], [[1.0, 2.0]])
    return additive_of(net, rr.Domain.box([-1.0, -1.0], [2.0, 2.0], ["a", "b"]))


@pytest.mark.parametrize("target", TARGETS)
def test_it_is_refused_by_name(lines: AdditiveRules, target: str) -> None:
    with pytest.raises(UnsupportedError, match="no column 'rule'"):
        rr.emit(lines, target, columns=("outputs", "rule"))
    assert rr.emit(lines, target).returned == ("outputs",)


def test_the_command_line_refuses_it(lines: AdditiveRules, tmp_path: Path) -> None:
    lines.save(tmp_path / "rules.json")
    given = ["emit", str(tmp_path / "rules.json"), "--to", "sql"]
    refused = CliRunner().invoke(app, [*given, "--columns", "outputs,rule"])
    assert isinstance(refused.exception, UnsupportedError)
    assert CliRunner().invoke(app, given).exit_code == 0
