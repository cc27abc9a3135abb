"""The commands `prove`, `check` and `verify --certificate`."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from relurules.cli.main import run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, its rules, score.py, and a proof."""
    folder = tmp_path_factory.mktemp("proof")
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1), nn.Sigmoid())
    shapes = ({0: torch.export.Dim("batch")},)
    torch.export.save(
        torch.export.export(model, (torch.zeros(2, 2),), dynamic_shapes=shapes),
        folder / "model.pt2",
    )
    rows = np.random.default_rng(0).normal(size=(40, 2))
    pd.DataFrame(rows, columns=["age", "debt"]).to_csv(folder / "rows.csv", index=False)
    rules, given = str(folder / "rules.json"), str(folder / "model.pt2")
    assert run(["extract", given, "--data", str(folder / "rows.csv"), "--out", rules]) == 0
    assert run(["emit", rules, "--to", "python", "--out", str(folder)]) == 0
    assert run(["prove", rules, "--model", given, "--out", str(folder / "proof")]) == 0
    return folder


def test_what_prove_writes_is_checked_by_python_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = folder / "proof"
    written = {"certificate.json", "model.json", "check.py", "check_short.py"}
    assert {path.name for path in proof.iterdir()} == written
    files = [proof / "certificate.json", folder / "rules.json", proof / "model.json"]
    command = [sys.executable, "-I", "-S", str(proof / "check.py"), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    command[3] = str(proof / "check_short.py")
    short = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (short.returncode, short.stderr) == (0, "")
    assert short.stdout.startswith("proven: |model - rules| <= ")
    assert (
        run(
            ["check", str(files[0]), "--rules", str(files[1]), "--model", str(folder / "model.pt2")]
        )
        == 0
    )
    assert capsys.readouterr().out == done.stdout
    assert "stored weights" in done.stdout


def test_lines_have_a_short_checker_of_their_own(folder: Path, tmp_path: Path) -> None:
    rules, model = str(tmp_path / "lines.json"), str(folder / "model.pt2")
    data = ["--data", str(folder / "rows.csv"), "--form", "additive"]
    assert run(["extract", model, *data, "--out", rules]) == 0
    assert run(["prove", rules, "--model", model, "--out", str(tmp_path / "proof")]) == 0
    proof = tmp_path / "proof"
    written = {"certificate.json", "model.json", "check.py", "check_short_lines.py"}
    assert {path.name for path in proof.iterdir()} == written
    program, certificate = proof / "check_short_lines.py", proof / "certificate.json"
    command = [sys.executable, "-I", "-S", str(program), str(certificate), rules]
    command.append(str(proof / "model.json"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("proven: |model - rules| <= ")
    assert "3 lines, from the stored weights" in done.stdout


def test_a_changed_artefact_fails(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, given = folder / "score.py", ["--against", str(folder / "model.pt2")]
    given += ["--certificate", str(folder / "proof" / "certificate.json")]
    assert run(["verify", str(code), *given]) == 0
    assert "its scores and conditions are the rules" in capsys.readouterr().out
    assert run(["verify", str(code), *given, "--data", str(folder / "rows.csv")]) == 0
    changed = tmp_path / "score.py"
    changed.write_text(code.read_text().replace("0.", "1.", 1))
    assert run(["verify", str(changed), *given]) == 1
    assert "refused" in capsys.readouterr().out


def test_what_is_missing_is_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", str(folder / "score.py"), "--against", str(folder / "model.pt2")]) == 2
    assert "--certificate" in capsys.readouterr().err
    lone = tmp_path / "deep" / "certificate.json"
    lone.parent.mkdir()
    lone.write_bytes((folder / "proof" / "certificate.json").read_bytes())
    given = ["--against", str(folder / "model.pt2"), "--certificate", str(lone)]
    assert run(["verify", str(folder / "score.py"), *given]) == 2
    assert "--rules" in capsys.readouterr().err
