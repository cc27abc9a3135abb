"""The bound of rounding in certificates: honest texts are shown, changed ones are refused."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from executed_targets import TARGETS
from file_copies import copy_content
from handmade import graph, network
from line_models import grouped, make_loan_domain, mixed
from mutated_artifacts import draw_table, judge_changes

import relurules as rr
from relurules import checker
from relurules.checker import RefusedError, read_execution
from relurules.checker.artefact_values import bound_half_ulp
from relurules.checker.script import make_check_script
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, Artifact, Graph
from relurules.proofs.executions import make_artefact_text
from relurules.proofs.folder_check import check_folder, describe_folder, seal_folder

#: As emitted by default; databases that tests of rounding don't run too.
_TARGETS = [*TARGETS, ("sql", {"dialect": "postgres"})]
_NUMBERS = rr.Domain.box([-3, 0, 10, -1e-3, 0], [5, 100, 70, 1e-3, 1e4])


@cache
def make_numbers() -> tuple[Graph, AdditiveRules]:
    """Lines of one and two columns of very different sizes."""
    rng = np.random.default_rng(2)
    A = np.zeros((12, 5))
    for k in range(12):
        at = rng.choice(5, 1 + (k % 4 == 0), replace=False)
        A[k, at] = rng.normal(size=len(at)) / np.abs(_NUMBERS.upper[at])
    net = network(
        A, rng.normal(size=12) / 3, rng.normal(size=(1, 12)), C=rng.normal(size=(1, 5)), c=[0.3]
    )
    return graph(net), rr.extract(graph(net), domain=_NUMBERS, form="additive")


@cache
def make_categories() -> tuple[Graph, AdditiveRules]:
    """A whole number and categories, which a line reads too; two scores."""
    domain = make_loan_domain()
    net = network(
        [[0.25, 0, 0, 0, 1, 0], [-1, 0, 0, 0, 0, 2]],
        [-10, 3],
        [[1, 0.5], [-0.25, 2]],
        C=[[0, 0.3, -1, 0.25, 0, 0], [0.01, 0, 0.75, 0, 0, 0]],
        c=[0.5, 0],
    )
    made = replace(graph(net), columns=domain.columns, features=domain.names)
    return made, rr.extract(made, domain=domain, form="additive")


_MODELS = [make_numbers, make_categories]


def read_rules(rules: AdditiveRules, folder: Path) -> Any:
    rules.save(folder / "rules.json")
    return json.loads((folder / "rules.json").read_text())


def bound(code: Artifact, said: Any) -> tuple[Fraction, ...]:
    return read_execution(make_artefact_text(code), code.target, code.dialect, said).scores[0]


@pytest.mark.parametrize(("target", "given"), _TARGETS)
@pytest.mark.parametrize("make", _MODELS)
def test_bounds_are_near_those_of_bound_rounding(
    make: Callable[[], Any], target: str, given: dict[str, Any], tmp_path: Path
) -> None:
    rules = make()[1]
    code = rr.emit(rules, target, **given)
    own = rr.bound_rounding(code, rules).scores
    if make is make_categories and given.get("dialect") == "postgres":  # which it doesn't read
        own = rr.bound_rounding(rr.emit(rules, "c"), rules).scores
    for mine, other in zip(bound(code, read_rules(rules, tmp_path)), own, strict=True):
        assert 0.25 * other <= mine <= 4 * other


def test_half_an_ulp_bounds_the_way_to_the_nearest_float() -> None:
    rng = np.random.default_rng(0)
    for size in (*rng.lognormal(0, 40, 50), 1.0, 2.0**-1074, 2.0**-1030, 1 + 2.0**-52):
        most = Fraction(size) + Fraction(1, 3) * Fraction(np.spacing(size))
        for part in (Fraction(1), Fraction(2, 3), Fraction(99, 100)):
            value = most * part
            assert abs(Fraction(float(value)) - value) <= bound_half_ulp(most)


@pytest.mark.parametrize(("target", "given"), TARGETS)
@pytest.mark.parametrize("make", _MODELS)
def test_changed_texts_that_give_something_else_are_refused(
    make: Callable[[], Any], target: str, given: dict[str, Any], tmp_path: Path
) -> None:
    """Whatever digest a claim has, the reader judges; only which table is read isn't the rules'."""
    rules, rng = make()[1], np.random.default_rng(len(target))
    code, said = rr.emit(rules, target, **given), read_rules(make()[1], tmp_path)
    table = draw_table(rules.domain, str(code), rng, 60)
    count = 20 if target in ("c", "javascript") else 60
    judge_changes(code, lambda changed: bound(changed, said), table, count, rng)


_CHANGES = {
    "python": [(" <= x0", " < x0"), ("- 0.00", "+ 0.00"), ("max(0.0, x3", "max(0.0, x1"),
               ("    return _result(-", "    return _result("), ("'y0': _s0", "'y1': _s0"),
               ("float(value)", "float(value) * 1.0"), ("import csv", "import csv, max"),
               ("x2 = row['x2']", "x2 = row['x1']"), ("max(0.0", "min(0.0")],
    "c": [("x_x0 >= ", "x_x0 > "), ("x[2]", "x[1]"), ("{0.0, z}", "{z, 0.0}"),
          ("#include <math.h>", "#include <math.h>\n#define double float"),
          ("y[0] = -", "y[0] = "), ("i * SCORE", "i + SCORE"),
          ("const double from", "float from")],
    "javascript": [("<= x_x0", "< x_x0"), ('row["x2"]', 'row["x1"]'),
                   ("return result(-", "return\nresult(-"),
                   ("Math.max(0.0, x", "Math.max(-0.5, x"), ('"y0": _s0', '"y0": -_s0')],
    "sql": [('"x0" BETWEEN', '"x1" BETWEEN'), ("max(0E0", "min(0E0"), ("<= 0.001", "< 0.001"),
            ("END AS", "ELSE 0E0 END AS"), ('AS "y0"', 'AS "y1"'),
            ("AS rr_table", "AS rr_table WHERE 1=1"),
            ("FROM rr_input", "FROM rr_other"), ("LIMIT 9223", "LIMIT 1223")],
}  # fmt: skip


@pytest.mark.parametrize("target", [*_CHANGES])
def test_a_change_of_meaning_is_refused(target: str, tmp_path: Path) -> None:
    rules = make_numbers()[1]
    code, said = rr.emit(rules, target), read_rules(rules, tmp_path)
    bound(code, said)
    for old, new in _CHANGES[target]:
        text = str(code)
        assert old in text, old
        files = {**code.files, [*code.files][-1]: text.replace(old, new, 1)}
        with pytest.raises(RefusedError):
            bound(replace(code, files=files), said)


def test_a_changed_header_is_refused(tmp_path: Path) -> None:
    rules = make_numbers()[1]
    code, said = rr.emit(rules, "c"), read_rules(rules, tmp_path)
    header = str(code.files["score.h"]).replace("#include", "#define double float\n#include", 1)
    with pytest.raises(RefusedError, match="stands where"):
        bound(replace(code, files={**code.files, "score.h": header}), said)


@pytest.mark.parametrize("hidden", ["\t", "\r", "\u2028", "\\\n", "?" + "?/"])
def test_what_may_hide_code_is_refused(hidden: str, tmp_path: Path) -> None:
    rules = make_numbers()[1]
    code, said = rr.emit(rules, "c"), read_rules(rules, tmp_path)
    files = {**code.files, "score.c": f"{code}/* {hidden} */"}
    with pytest.raises(RefusedError, match="may hide code"):
        bound(replace(code, files=files), said)


@pytest.mark.parametrize(
    ("make", "target", "given", "why"),
    [
        (grouped, "python", {}, "groups of neurons"),
        (mixed, "c", {}, "columns without bounds"),
        (lambda: make_numbers()[1], "numpy", {}, "artefacts of numpy aren't read"),
        (lambda: make_numbers()[1], "c", {"number": "float"}, "isn't read there"),
        (lambda: make_numbers()[1], "sql", {"dialect": "mariadb"}, "sql of dialect mariadb"),
    ],
)
def test_what_cant_be_read_is_refused(
    make: Callable[[], AdditiveRules], target: str, given: dict[str, Any], why: str, tmp_path: Path
) -> None:
    rules = make()
    with pytest.raises(RefusedError, match=why):
        bound(rr.emit(rules, target, **given), read_rules(rules, tmp_path))


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of two artefacts, and check.py."""
    folder = tmp_path_factory.mktemp("executed")
    model, rules = make_numbers()
    rules.save(folder / "rules.json")
    paths = [rr.emit(rules, target).write(folder)[-1] for target in ("python", "c")]
    rr.prove(folder / "rules.json", model, artifacts=paths).write(folder)
    return folder


def run(folder: Path, *names: str) -> tuple[int, str]:
    command = [sys.executable, "-I", "-S", "check.py", "certificate.json", "rules.json"]
    done = subprocess.run(
        [*command, "model.json", *names], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_check_py_says_what_is_executed(proof: Path) -> None:
    assert (proof / "check.py").read_text() == make_check_script()
    code, told = run(proof, "score.py", "score.c")
    assert code == 0
    lines = told.splitlines()
    assert [re.match(r"score\.\w+ \((\w+), SHA-256 [0-9a-f]{64}\): as executed", line)[1]  # type: ignore[index]
            for line in lines[1:]] == ["python", "c"]  # fmt: skip


def test_a_text_that_nothing_is_claimed_of_is_refused(proof: Path) -> None:
    (proof / "other.py").write_text((proof / "score.py").read_text() + "\n")
    code, told = run(proof, "other.py")
    assert code == 1
    assert "claims nothing of this text" in told


@pytest.mark.parametrize(
    ("bounds", "why"),
    [(["1e-20"], "and shows"), (["0"], "and shows"), ([1.0], "no decimal"), ([], "and shows"),
     (["1e99999"], "no decimal"), (["-1"], "no decimal"), ("1", "no list")],
)  # fmt: skip
def test_a_smaller_claim_is_refused(bounds: Any, why: str, proof: Path) -> None:
    found = json.loads((proof / "certificate.json").read_text())
    changed = copy_content({name: value for name, value in found.items() if name != "digest"})
    changed["artefacts"][0]["bounds"] = bounds
    changed["digest"] = checker.hash_json(changed)
    texts = [checker.ArtefactText("score.py", (proof / "score.py").read_text())]
    files = [json.loads((proof / name).read_text()) for name in ("rules.json", "model.json")]
    assert checker.check(found, *files, texts)
    verdict = checker.check(changed, *files, texts)
    assert not verdict
    assert why in verdict.why


def test_check_judges_the_claim(proof: Path) -> None:
    args = (proof / "certificate.json", proof / "rules.json", proof / "model.json")
    (claim,) = rr.check(*args, artifact=proof / "score.py").executed
    assert claim.target == "python"
    assert rr.check(*args).executed == ()
    code = rr.emit(make_numbers()[1], "javascript")
    assert rr.check(*args, artifact=code).executed == ()  # nothing is claimed of it


@pytest.mark.parametrize(("target", "name"), [("numpy", "score_numpy.py"), ("onnx", "onnx")])
def test_prove_says_what_it_cant_read(target: str, name: str) -> None:
    model, rules = make_numbers()
    with pytest.raises(UnsupportedError, match=rf"^{name}: its rounding has no bound"):
        rr.prove(rules, model, artifacts=[rr.emit(rules, target)])


def test_a_folder_tells_of_the_texts_in_it(tmp_path: Path) -> None:
    model, rules = make_numbers()
    rules.save(tmp_path / "rules.json")
    codes = [rr.emit(rules, target) for target in ("python", "c")]
    codes[0].write(tmp_path / "code")
    codes[1].write(tmp_path)
    rr.prove(rules, model, artifacts=codes).write(tmp_path)
    seal_folder(tmp_path)
    verdict = check_folder(tmp_path).certificates["certificate.json"]
    assert isinstance(verdict, checker.Verdict)
    assert {claim.target for claim in verdict.executed} == {"python", "c"}

    (tmp_path / "score.h").unlink()
    told = [*describe_folder(check_folder(tmp_path))]
    assert any("that it names and the folder lacks: 1" in line for line in told)
    assert any(line.startswith("score.py (python") for line in "\n".join(told).splitlines())

    found = json.loads((tmp_path / "certificate.json").read_text())
    found["artefacts"][0]["bounds"] = ["0"]
    del found["digest"]
    found["digest"] = checker.hash_json(found)
    (tmp_path / "certificate.json").write_text(json.dumps(found))
    verdict = check_folder(tmp_path).certificates["certificate.json"]
    assert isinstance(verdict, checker.Verdict)
    assert "and shows" in verdict.why
