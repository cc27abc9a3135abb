"""`ask --certificate`, `check` of what it writes, and check.py on it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from handmade import graph, network

import relurules as rr
from relurules.checker.script import make_check_script
from relurules.cli.main import run
from relurules.links.heads import Head


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rules file of lines on two columns."""
    net = network([[1.0, 0.0], [0.0, 1.0]], [-0.5, 0.25], [[2.0, -1.0]])
    domain = rr.Domain.box([0, 0], [1, 1])
    path = tmp_path_factory.mktemp("answers") / "rules.json"
    rr.extract(graph(net), domain=domain, form="additive").save(path)
    return path


def test_a_range_is_proven_and_judged_by_two_checks(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, given = tmp_path / "range.json", ["--given", "x0 <= 0.75"]
    assert run(["ask", str(rules), "range", *given, "--certificate", str(path)]) == 0
    assert " <= y0 <= 0.25000" in capsys.readouterr().err
    assert run(["check", str(path), "--rules", str(rules)]) == 0
    said = capsys.readouterr().out

    script = tmp_path / "check.py"
    script.write_text(make_check_script(), encoding="utf-8")
    command = [sys.executable, "-I", "-S", str(script), str(path), str(rules)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")

    found = json.loads(path.read_text())
    path.write_text(json.dumps({**found, "high": 0.2}))
    assert run(["check", str(path), "--rules", str(rules)]) == 1
    assert "was changed" in capsys.readouterr().out


def test_options_that_mean_nothing_are_refused(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "answer.json"
    assert run(["ask", str(rules), "lipschitz", "--certificate", str(path)]) == 2
    assert "answers that have one: range, bounded, monotone, reach" in capsys.readouterr().err
    assert run(["ask", str(rules), "range", "--whole", "--certificate", str(path)]) == 2
    assert "leave --whole out" in capsys.readouterr().err
    assert not path.exists()

    bounded = ["ask", str(rules), "bounded", "--at-most", "2", "--certificate", str(path)]
    assert run(bounded) == 0
    assert run(["check", str(path), "--rules", str(rules), "--model", "model.onnx"]) == 2
    assert "--model is of a certificate of a model" in capsys.readouterr().err


def test_each_question_that_has_a_certificate(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "answer.json"
    asked = ["ask", str(rules), "monotone", "--feature", "x1", "--certificate", str(path)]
    assert run(asked) == 0
    assert run(["check", str(path), "--rules", str(rules)]) == 0
    assert "proven: change of y0 where x1 alone rises <= " in capsys.readouterr().out

    assert run(asked[:3] + asked[5:]) == 2
    assert "name it with --feature" in capsys.readouterr().err
    reached = ["ask", str(rules), "reach", "--at-least", "9", "--certificate", str(path)]
    assert run(reached) == 2
    assert "name it with --class" in capsys.readouterr().err


def test_that_no_row_is_of_a_class(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules, path = tmp_path / "rules.json", tmp_path / "never.json"
    heads = (Head("complement", (0,), 0), Head("sigmoid", (0,), 0))
    model = graph(network([[1.0, 0.0]], [-0.5], [[2.0]], c=[-0.5]), ("p_no", "p_yes"), heads)
    rr.extract(model, domain=rr.Domain.box([0, 0], [1, 1]), form="additive").save(rules)
    reach = ["ask", str(rules), "reach", "--class", "yes", "--certificate", str(path)]
    assert run([*reach, "--given", "x0 <= 0.6"]) == 0
    assert run(["check", str(path), "--rules", str(rules)]) == 0
    assert "; so no row is of class number 1; " in capsys.readouterr().out
    path.unlink()
    assert run(reach) == 1
    assert "no other class is shown to be ahead" in capsys.readouterr().err
    assert not path.exists()


def test_a_difference_is_judged_with_the_old_rules(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new, path = tmp_path / "new.json", tmp_path / "change.json"
    net = network([[1.0, 0.0], [0.0, 1.0]], [-0.5, 0.25], [[2.5, -1.0]])
    rr.extract(graph(net), domain=rr.Domain.box([0, 0], [1, 1]), form="additive").save(new)
    assert run(["diff", str(rules), str(new), "--certificate", str(path)]) == 1
    capsys.readouterr()
    assert run(["check", str(path), "--rules", str(new), "--old", str(rules)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("proven: 0.0 <= change of y0 from the other rules <= 0.25 for every row")

    script = tmp_path / "check.py"
    script.write_text(make_check_script(), encoding="utf-8")
    command = [sys.executable, "-I", "-S", str(script), str(path), str(new), str(rules)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")
    assert run(["check", str(path), "--rules", str(new)]) == 1
    assert "two files of rules" in capsys.readouterr().out
    assert run(["diff", str(rules), str(new), "--output", "y0"]) == 2
    assert "--output is of --certificate" in capsys.readouterr().err
