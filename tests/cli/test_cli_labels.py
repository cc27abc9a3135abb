"""Labels of classes on the command line."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import relurules as rr
from relurules.cli.main import run
from relurules.cli.search_options import parse_labels

X = np.random.default_rng(0).normal(size=(60, 2))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of the classes 1, good, and 2, bad, and its rows."""
    joblib = pytest.importorskip("joblib")
    networks = pytest.importorskip("sklearn.neural_network")
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame(X, columns=["a", "b"])
    y = np.where(X[:, 0] + np.maximum(X[:, 1], 0) > 0.4, 2, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = networks.MLPClassifier((3,), max_iter=80, random_state=0).fit(frame, y)
    joblib.dump(model, "model.joblib")
    frame.assign(y=y).to_csv("rows.csv", index=False)
    return tmp_path


def extract(*more: str) -> int:
    command = ["extract", "model.joblib", "--trust-pickle", "--data", "rows.csv", "--target", "y"]
    return run([*command, *more])


@pytest.mark.usefixtures("folder")
def test_from_extract_to_verify_and_ask(capsys: pytest.CaptureFixture[str]) -> None:
    assert extract() == 0
    emit = ["emit", "rules.json", "--to", "sql", "--columns", "class", "--columns", "rule"]
    assert run([*emit, "--out", "."]) == 0
    assert "THEN 2 WHEN" in Path("score.sql").read_text(encoding="utf-8")
    verify = ["verify", "score.sql", "--against", "model.joblib", "--trust-pickle"]
    assert run([*verify, "--data", "rows.csv"]) == 0
    assert "the class alone was compared" in " ".join("".join(capsys.readouterr()).split())
    for label in ("1", "2"):
        assert run(["ask", "rules.json", "reach", "--class", label]) == 0
    assert run(["ask", "rules.json", "reach", "--class", "0"]) == 2
    assert "there are 1, 2" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_the_positive_class(capsys: pytest.CaptureFixture[str]) -> None:
    assert extract("--positive", "1") == 0
    labels = rr.RuleSet.load("rules.json").labels
    assert labels is not None
    assert labels.positive_label == 1
    assert run(["explain", "rules.json", "--data", "rows.csv", "--row", "0"]) == 0
    assert "log odds of p_1" in capsys.readouterr().out
    assert extract("--positive", "3") == 2


def test_labels_of_a_torch_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1), nn.Sigmoid())
    torch.save(model, "model.pt")
    command = ["extract", "model.pt", "--trust-pickle", "--box", "-1", "1", "--labels", "no,yes"]
    assert run(command) == 0
    assert set(rr.RuleSet.load("rules.json").classify(X.clip(-1, 1))) <= {"no", "yes"}


def test_labels_are_numbers_where_all_are() -> None:
    assert parse_labels("1,2") == [1, 2]
    assert parse_labels("0.5, 2") == [0.5, 2.0]
    assert parse_labels("1,two") == ["1", "two"]
    assert parse_labels(None) is None
