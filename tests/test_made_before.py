"""Files that the version before the modules moved made: they load, check and run as they did."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from executed_targets import require_program

import relurules as rr
from relurules.cli.main import run
from relurules.ir import Artifact, RuleSet
from relurules.tracing.pickle_file import load_pickled

MADE = Path(__file__).parent / "data" / "before_the_rooms"


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return RuleSet.load(MADE / "rules.json")


@pytest.fixture(scope="module")
def rows() -> tuple[Any, Any]:
    """The rows, the last of them outside the domain, and what that version predicted."""
    table = pandas.read_csv(MADE / "rows.csv")
    assert table["expected"].isna().tolist() == [False] * (len(table) - 1) + [True]
    return table.drop(columns="expected"), table["expected"].to_numpy()


def test_rules_predict_what_they_did(rules: RuleSet, rows: tuple[Any, Any]) -> None:
    X, expected = rows
    np.testing.assert_allclose(rules.predict(X)[:, 0], expected, rtol=1e-14, equal_nan=True)
    assert rules.apply(X)[-1] == 0
    assert (rules.apply(X)[:-1] > 0).all()


def test_rules_are_the_model(rules: RuleSet, rows: tuple[Any, Any]) -> None:
    assert rr.verify(rules, MADE / "model.pt2", rows[0])


def test_its_certificate_holds_for_the_checker_of_today() -> None:
    certificate = MADE / "certificate" / "certificate.json"
    assert rr.check(certificate, MADE / "rules.json", MADE / "model.pt2")
    assert rr.check(certificate, MADE / "rules.json", MADE / "certificate" / "model.json")


def run_old_checker(rules: Path) -> "subprocess.CompletedProcess[str]":
    """That version's check.py, by a Python that can't import the package."""
    folder = MADE / "certificate"
    command = ["check.py", "certificate.json", str(rules), "model.json"]
    return subprocess.run(
        [sys.executable, "-I", *command], cwd=folder, capture_output=True, text=True, check=False
    )


def test_its_checker_runs_as_a_script(rules: RuleSet, tmp_path: Path) -> None:
    done = run_old_checker(MADE / "rules.json")
    assert done.returncode == 0, done.stdout + done.stderr

    text = (MADE / "rules.json").read_text(encoding="utf-8")
    (tmp_path / "rules.json").write_text(text.replace('"age"', '"years"'), encoding="utf-8")
    assert run_old_checker(tmp_path / "rules.json").returncode == 1


def test_rules_saved_again_are_those_that_were_proven(rules: RuleSet, tmp_path: Path) -> None:
    rules.save(tmp_path / "rules.json")
    certificate = MADE / "certificate" / "certificate.json"
    assert rr.check(certificate, tmp_path / "rules.json", MADE / "model.pt2")


@pytest.mark.parametrize("name", ["score.sql", "score.py", "score.mjs", "score.c"])
def test_its_code_gives_what_the_rules_give(
    name: str, rules: RuleSet, rows: tuple[Any, Any]
) -> None:
    if name == "score.mjs":
        require_program("node")
    report = rr.verify(Artifact.read(MADE / name), rules, rows[0])
    assert report, report
    assert report.rows == len(rows[0])


@pytest.mark.parametrize("name", ["score.sql", "score.py", "score.mjs", "score.c"])
def test_code_of_other_numbers_fails(
    name: str, rules: RuleSet, rows: tuple[Any, Any], tmp_path: Path
) -> None:
    """The test above must be able to fail."""
    if name == "score.mjs":
        require_program("node")
    text = (MADE / name).read_text(encoding="utf-8")
    other = re.sub(r"\d+\.\d{10,}", lambda found: repr(1.01 * float(found[0])), text)
    assert other != text
    shutil.copy(MADE / "score.h", tmp_path)
    (tmp_path / name).write_text(other, encoding="utf-8")
    assert not rr.verify(Artifact.read(tmp_path / name), rules, rows[0])


def test_its_estimator_predicts_what_it_did() -> None:
    pytest.importorskip("sklearn")
    model = load_pickled(MADE / "estimator.joblib", trusted=True)
    table = pandas.read_csv(MADE / "estimator_rows.csv")
    X = table.drop(columns="expected")
    np.testing.assert_allclose(model.predict(X), table["expected"], rtol=1e-12)
    assert model.rules_.reduction.regions == len(model.rules_)
    assert rr.verify(model.rules_, model, X)


def test_the_command_line_takes_its_estimator(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    model, out = str(MADE / "estimator.joblib"), str(tmp_path / "rules.json")
    command = ["extract", model, "--trust-pickle", "--box", "-1", "1", "--out", out]
    assert run(command) == 0
    table = pandas.read_csv(MADE / "estimator_rows.csv")
    predicted = RuleSet.load(out).predict(table.drop(columns="expected"))
    np.testing.assert_allclose(predicted[:, 0], table["expected"], rtol=1e-12)
