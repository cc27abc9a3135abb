"""Verification: what passes, what fails, and what can't be run."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from handmade import Array, network, random_network, rows_in, rules_of
from torch import nn

import relurules as rr
from relurules.errors import CheckError, DataError, UnsupportedError
from relurules.ir import Artifact, RuleSet

BOX = rr.Domain.box([-1, -1], [1, 1], ["a", "b"])
X = rows_in(BOX, 100)
ENGINES = [
    ("python", "python", None),
    ("c", "c", None),
    ("sqlite", "sql", "sqlite"),
    ("duckdb", "sql", "duckdb"),
]
FORMS = ("rules", "tree", "network")


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    # y = 0.5 + 3 relu(a + b)
    return rules_of(network([[1, 1]], [0], [[3]], c=[0.5]), BOX)


def changed(artifact: Artifact, old: str, new: str) -> Artifact:
    """The artefact with a part of its main file replaced."""
    name = list(artifact.files)[-1]
    assert old in artifact.files[name]
    return replace(artifact, files={**artifact.files, name: artifact.files[name].replace(old, new)})


@pytest.mark.parametrize(("engine", "target", "dialect"), ENGINES, ids=[e[0] for e in ENGINES])
@pytest.mark.parametrize("form", FORMS)
def test_what_is_emitted_passes(form: str, engine: str, target: str, dialect: str | None) -> None:
    domain = BOX.where("a + 2*b <= 2")
    rules = rules_of(random_network(1, K=6), domain)
    rows = np.vstack([X, [[9, 9], [np.nan, 0], [1, 1]]])
    report = rr.verify(
        rr.emit(rules, target, form=form, dialect=dialect, outside="null"), rules, rows
    )
    assert report
    assert report.passed
    assert (report.engine, report.rows) == (engine, 103)
    assert report.outside == 103 - domain.contains(rows).sum()
    assert report.difference < 1e-9
    assert report.relative <= report.tolerance


@pytest.mark.parametrize(("engine", "target", "dialect"), ENGINES, ids=[e[0] for e in ENGINES])
def test_a_wrong_coefficient_fails(
    engine: str, target: str, dialect: str | None, rules: RuleSet
) -> None:
    three, more = ("3E0 *", "3.0001E0 *") if target == "sql" else ("3.0 *", "3.0001 *")
    wrong = changed(rr.emit(rules, target, dialect=dialect), three, more)
    report = rr.verify(wrong, rules, X, engine)
    assert not report
    largest = float(np.maximum(0, X.sum(axis=1)).max())
    assert report.difference == pytest.approx(0.0001 * largest, rel=1e-6)
    assert report.relative > report.tolerance


def test_the_error_bound_of_the_rules_is_granted() -> None:
    net = network([[1, 1]], [0], [[3]], slope=0.9996)
    rules = rules_of(net, BOX)
    exact = rules_of(net, BOX, threshold=1.0)
    artifact = rr.emit(rules, "python")
    assert rules.max_error == pytest.approx(0.0004 * 2 * 3, rel=1e-6)
    report = rr.verify(artifact, exact, X)
    assert report
    assert 0 < report.difference <= rules.max_error
    assert not rr.verify(replace(artifact, max_error=report.difference / 2), exact, X)


def test_a_row_inside_without_a_number_fails(rules: RuleSet) -> None:
    silent = changed(rr.emit(rules, "python"), "if not (", "if row['a'] > 0.5 or not (")
    assert not rr.verify(silent, rules, X)


def test_a_number_outside_the_domain_fails(rules: RuleSet) -> None:
    loud = changed(
        rr.emit(rules, "python"), "return _result(0, math.nan)", "return _result(0, 0.0)"
    )
    assert not rr.verify(loud, rules, np.vstack([X, [[5.0, 5.0]]]))


def test_no_rule_at_all_fails(rules: RuleSet) -> None:
    assert not rr.verify(rr.emit(rules, "python"), rules, X + 50)


def test_no_rows(rules: RuleSet) -> None:
    with pytest.raises(CheckError, match="no rows to verify on"):
        rr.verify(rr.emit(rules, "python"), rules, np.empty((0, 2)))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (np.zeros((3, 3)), "found shape (3, 3)"),
        (pd.DataFrame({"a": [1.0]}), "lacks 1 of 2 columns: 'b'"),
        (pd.DataFrame({"a": [1.0], "b": ["x"]}), "column 'b', row 0: found 'x'"),
    ],
)
def test_rows_that_do_not_fit(rows: object, said: str, rules: RuleSet) -> None:
    with pytest.raises(DataError) as raised:
        rr.verify(rr.emit(rules, "python"), rules, rows)
    assert said in str(raised.value)


def test_frames_are_matched_by_name(rules: RuleSet) -> None:
    frame = pd.DataFrame({"other": "text", "b": X[:, 1], "a": X[:, 0]})
    assert rr.verify(rr.emit(rules, "sql"), rules, frame)


@pytest.mark.parametrize(
    ("target", "old", "new", "said"),
    [
        ("python", "def score(row: ", "def score(row, ", "score.py failed to run: SyntaxError"),
        ("python", "def score(", "def other(", "score.py failed to run: KeyError"),
        ("python", "row['a']", "1 / 0", "score.py failed to run: ZeroDivisionError"),
        ("c", "return 1;", "return nowhere;", "score.c doesn't compile"),
        ("c", "return outside(y);", "int unused; return outside(y);", "score.c doesn't compile"),
        ("sql", "FROM rr_scored", "FROM rr_nowhere", "score.sql failed in SQLite"),
    ],
)
def test_an_artefact_that_does_not_run(
    target: str, old: str, new: str, said: str, rules: RuleSet
) -> None:
    with pytest.raises(CheckError) as raised:
        rr.verify(changed(rr.emit(rules, target), old, new), rules, X)
    assert said in str(raised.value)


def test_sql_that_does_not_run_in_duckdb(rules: RuleSet) -> None:
    with pytest.raises(CheckError, match=r"score\.sql failed in DuckDB"):
        rr.verify(
            changed(rr.emit(rules, "sql", dialect="duckdb"), "FROM rr_scored", "FROM rr_nowhere"),
            rules,
            X,
        )


def test_sql_that_loses_rows(rules: RuleSet) -> None:
    short = changed(rr.emit(rules, "sql"), "FROM rr_scored", "FROM rr_scored LIMIT 5")
    with pytest.raises(CheckError, match=r"returned"):
        rr.verify(short, rules, X)


@pytest.mark.parametrize(
    ("target", "dialect", "engine", "said"),
    [
        ("python", None, "sqlite", "engine 'sqlite' doesn't run python; supported: python"),
        ("sql", "duckdb", "sqlite", "engine 'sqlite' doesn't run sql (duckdb); supported: duckdb"),
        ("sql", "sqlite", "oracle", "supported: sqlite, duckdb"),
        ("text", None, None, "no engine runs text"),
        ("markdown", None, "python", "no engine runs markdown"),
    ],
)
def test_engines_that_do_not_fit(
    target: str, dialect: str | None, engine: str | None, said: str, rules: RuleSet
) -> None:
    with pytest.raises(UnsupportedError) as raised:
        rr.verify(rr.emit(rules, target, dialect=dialect), rules, X, engine)
    assert said in str(raised.value)


def test_c_without_a_compiler(rules: RuleSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UnsupportedError, match="needs a C compiler on the PATH"):
        rr.verify(rr.emit(rules, "c"), rules, X)


@pytest.fixture(scope="module")
def module() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 4), nn.PReLU(4), nn.Linear(4, 2))


@pytest.mark.parametrize(("engine", "target", "dialect"), ENGINES, ids=[e[0] for e in ENGINES])
def test_against_the_model_that_torch_runs(
    engine: str, target: str, dialect: str | None, module: nn.Module, tmp_path: Path
) -> None:
    artifact = rr.emit(rr.extract(module, domain=BOX), target, dialect=dialect, outside="null")
    rows: Array = np.vstack([X, [[3.0, 0.0]]])
    assert rr.verify(artifact, module, rows, engine).outside == 1
    again = Artifact.read(artifact.write(tmp_path)[-1])
    assert rr.verify(again, module, rows, engine)
    assert not rr.verify(artifact, nn.Linear(2, 2), rows, engine)


def test_a_model_with_other_outputs_is_no_match(module: nn.Module) -> None:
    artifact = rr.emit(rr.extract(module, domain=BOX), "python")
    with pytest.raises((CheckError, DataError)):
        rr.verify(artifact, nn.Sequential(nn.Linear(2, 3)), X)
    with pytest.raises((CheckError, DataError)):
        rr.verify(artifact, nn.Sequential(nn.Linear(3, 2)), X)


def test_rule_sets_are_verified_directly(module: nn.Module, rules: RuleSet) -> None:
    assert rr.verify(rr.extract(module, domain=BOX), module, X)
    assert not rr.verify(rules, rules_of(network([[1, 1]], [0], [[3]], c=[0.6]), BOX), X)
