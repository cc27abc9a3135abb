"""Engines' programs as they are started anew, and as tests keep them: both give the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from executed_targets import require_program
from handmade import random_network, rules_of
from kept_programs import KeptPrograms

import relurules as rr
from relurules.errors import CheckError
from relurules.ir import Artifact, RuleSet
from relurules.verifying import class_languages, nodejs, run_artifact
from relurules.verifying.engine_programs import run_program

ROWS = np.array([[0.5, -0.25], [-1.0, 1.0], [np.nan, 0.0], [3.0, 0.0]])


def make_rules() -> RuleSet:
    return rules_of(random_network(3, K=3), rr.Domain.box([-1, -1], [1, 1]))


@pytest.fixture(params=["started", "kept"])
def runner(
    request: pytest.FixtureRequest, kept_programs: KeptPrograms, monkeypatch: pytest.MonkeyPatch
) -> str:
    runner = run_program if request.param == "started" else kept_programs.run
    monkeypatch.setattr(nodejs, "run_program", runner)
    monkeypatch.setattr(class_languages, "run_program", runner)
    return str(request.param)


def spoil(artifact: Artifact, old: str, new: str) -> Artifact:
    texts = {name: str(text).replace(old, new) for name, text in artifact.files.items()}
    assert texts != artifact.files
    return replace(artifact, files=texts)


@pytest.mark.parametrize(
    ("target", "program", "head", "thrown"),
    [  # in Java nothing may stand behind what is always thrown
        ("javascript", "node", "score(row) {", "throw new Error('on purpose');"),
        (
            "java",
            "javac",
            "score(Map<String, ?> row) {",
            'if (true) throw new Error("on purpose");',
        ),
    ],
)
def test_programs_give_the_rules_and_say_what_failed(
    target: str, program: str, head: str, thrown: str, runner: str
) -> None:
    require_program(program)
    rules = make_rules()
    artifact = rr.emit(rules, target)
    ran = run_artifact(artifact, ROWS)[1]
    np.testing.assert_allclose(ran.outputs, rules.predict(ROWS), rtol=1e-14)
    assert np.isnan(ran.outputs).any()
    with pytest.raises(CheckError, match=r"(?s)failed to run.*on purpose"):
        run_artifact(spoil(artifact, head, f"{head} {thrown}"), ROWS)

    with pytest.raises(CheckError, match=r"(?s)failed to run.*(SyntaxError|error: )"):
        run_artifact(spoil(artifact, head, f"{head} )"), ROWS)


def test_nothing_is_kept_of_an_artefact(runner: str) -> None:
    """The next one of the same names is another class, another module."""
    for target, program in (("javascript", "node"), ("java", "javac")):
        require_program(program)
        first, other = make_rules(), rules_of(random_network(4, K=2))
        for rules in (first, other):
            ran = run_artifact(rr.emit(rules, target), ROWS[:2])[1]
            np.testing.assert_allclose(ran.outputs, rules.predict(ROWS[:2]), rtol=1e-14)


def test_a_program_runs_in_its_folder(tmp_path: Path) -> None:
    ended = run_program(["cat", "-", "file"], str(tmp_path), "sent\n")
    assert (ended.returncode, ended.stdout) == (1, "sent\n")
    assert "file" in ended.stderr
