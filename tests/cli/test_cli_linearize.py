"""`relurules linearize`: a network of few rules, which all commands take as a model."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import relurules as rr
from relurules.cli.main import run


@pytest.fixture
def files(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 3)), columns=list("abc"))
    frame["y"] = frame.a + np.maximum(frame.b, 0) - 0.5 * frame.c
    frame.to_csv(tmp_path / "rows.csv", index=False)
    module = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1)).double()
    batch = ({0: torch.export.Dim("batch")},)
    program = torch.export.export(
        module.eval(), (torch.zeros(4, 3, dtype=torch.float64),), dynamic_shapes=batch
    )
    torch.export.save(program, tmp_path / "model.pt2")
    return tmp_path


def test_the_folder_goes_on(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, rows = files / "small", str(files / "rows.csv")
    given = [str(files / "model.pt2"), "--data", rows, "--target", "y"]
    assert run(["linearize", *given, "--max-rules", "3", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "rules from" in said
    assert {path.name for path in out.iterdir()} >= {"model.json", "rules.json", "front.csv"}

    rules = rr.RuleSet.load(out / "rules.json")
    assert len(rules) <= 3
    assert json.loads((out / "model.json").read_text())["features"] == list(rules.features)
    again = str(files / "again.json")
    model = str(out / "model.json")
    assert run(["extract", model, "--data", rows, "--target", "y", "--out", again]) == 0
    assert len(rr.RuleSet.load(again)) == len(rules)
    assert run(["emit", str(out / "rules.json"), "--to", "python", "--out", str(out)]) == 0
    verify = ["verify", str(out / "score.py"), "--against", model, "--data", rows]
    assert run(verify) == 0


def test_a_budget_is_needed(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [str(files / "model.pt2"), "--data", str(files / "rows.csv"), "--target", "y"]
    assert run(["linearize", *given, "--out", str(files / "small")]) == 2
    assert "max_rules" in capsys.readouterr().err
    assert not (files / "small").exists()
