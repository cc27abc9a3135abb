"""Commands on additive rules."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import relurules as rr
from relurules.cli.main import run
from relurules.ir import AdditiveRules


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """model.pt2, its rows.csv and lines.json."""
    torch.manual_seed(1)
    place = tmp_path_factory.mktemp("lines")
    model = nn.Sequential(nn.Linear(2, 3), nn.PReLU(3), nn.Linear(3, 1)).eval()
    sizes = ((torch.export.Dim.DYNAMIC, torch.export.Dim.STATIC),)
    torch.export.save(
        torch.export.export(model, (torch.zeros(2, 2),), dynamic_shapes=sizes), place / "model.pt2"
    )
    X = np.random.default_rng(0).normal(size=(50, 2))
    pd.DataFrame({"weight, kg": X[:, 0], "b": X[:, 1]}).to_csv(place / "rows.csv", index=False)
    assert run(extracting(place)) == 0
    return place


def extracting(place: Path, *more: str) -> list[str]:
    model, rows, lines = (str(place / name) for name in ("model.pt2", "rows.csv", "lines.json"))
    return ["extract", model, "--data", rows, "--form", "additive", "--out", lines, *more]


def test_extract_shows_and_writes_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(extracting(folder)) == 0
    shown = capsys.readouterr()
    assert "3 lines written to" in shown.err
    assert "weight, kg" in shown.out
    rules = rr.load(folder / "lines.json")
    assert isinstance(rules, AdditiveRules)
    assert (rules.provenance.model, len(rules)) == ("model.pt2", 3)
    assert rules.schema is not None


def test_wrong_forms_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(extracting(folder, "--form", "lines")) == 2
    assert "form='lines'; supported: partition, additive" in capsys.readouterr().err
    assert run(extracting(folder, "--decision", "0")) == 2
    assert "supported: form='partition'" in capsys.readouterr().err


def test_summary_is_of_parts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for more in ([], ["--data", str(folder / "rows.csv")]):
        assert run(["summary", str(folder / "lines.json"), *more]) == 0
        shown = capsys.readouterr().out
        assert "deviation" in shown
        assert "weight, kg & b" in shown


def test_lines_are_verified(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, rows, lines = (str(folder / name) for name in ("model.pt2", "rows.csv", "lines.json"))
    assert run(["verify", lines, "--against", model, "--data", rows]) == 0
    assert run(["verify", lines, "--against", lines, "--data", rows]) == 0
    assert "pass" in capsys.readouterr().out


def test_lines_are_proven(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines, model, proof = (str(folder / name) for name in ("lines.json", "model.pt2", "proof"))
    assert run(["prove", lines, "--model", model, "--out", proof]) == 0
    shown = capsys.readouterr()
    assert "everywhere in the domain" in shown.out
    certificate = str(folder / "proof" / "certificate.json")
    assert run(["check", certificate, "--rules", lines, "--model", model]) == 0
    assert run(["check", certificate, "--rules", lines, "--model", model, "--artefact", lines]) == 2
    assert "expected code that relurules emitted" in capsys.readouterr().err


def test_fit_takes_options_of_its_form_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fitting = ["fit", str(folder / "rows.csv"), "--target", "b", "--out", str(folder / "fitted")]
    assert run([*fitting, "--form", "additive", "--max-terms", "2", "--hidden", "5"]) == 2
    assert "max_terms, hidden with form='additive'" in capsys.readouterr().err
    assert run([*fitting, "--form", "partition", "--max-condition-columns", "1"]) == 2
    assert "max_condition_columns with form='partition'" in capsys.readouterr().err
