"""Contributions, reasons, scores and lines of artefacts beside what the rules say of the same rows:
what is right passes in every engine, what is changed alone fails.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from additive_models import make_additive

import relurules as rr
from relurules.ir import AdditiveRules, Artifact, RuleSet

ALL = ["outputs", "contributions", "reasons", "lines"]
OF_RULES = ["outputs", "contributions", "reasons", "rule"]
#: Where and as what code is run.
ENGINES = [
    ("python", None), ("numpy", None), ("c", None), ("javascript", None), ("sql", "sqlite"),
    ("sql", "duckdb"),
]  # fmt: skip


@pytest.fixture(scope="module")
def lines() -> tuple[AdditiveRules, pd.DataFrame]:
    rules, frame = make_additive("two", hidden=(5,), seed=3)
    return rules, frame.iloc[:60]


@pytest.fixture(scope="module")
def partition(lines: tuple[AdditiveRules, pd.DataFrame]) -> RuleSet:
    return lines[0].to_partition(data=lines[1])


def emit(
    rules: RuleSet | AdditiveRules, target: str, dialect: str | None, **options: Any
) -> Artifact:
    columns = ALL if isinstance(rules, AdditiveRules) else OF_RULES
    if target == "sql":
        columns = [*columns, "score", "probability"]
    return rr.emit(rules, target, dialect=dialect, columns=columns, **options)


def with_odd_rows(frame: pd.DataFrame) -> pd.DataFrame:
    odd = frame.iloc[:3].copy()
    odd.loc[odd.index[0], "income"] = 1e6
    odd.loc[odd.index[1], "income"] = np.nan
    return pd.concat([frame, odd], ignore_index=True)


@pytest.mark.parametrize(("target", "dialect"), ENGINES)
def test_what_is_right_passes(
    target: str, dialect: str | None, lines: Any, partition: RuleSet
) -> None:
    rules, frame = lines
    for one in (rules, partition):
        for outside in ("null", "clamp"):
            artifact = emit(one, target, dialect, outside=outside)
            report = rr.verify(artifact, one, with_odd_rows(frame))
            assert report, report.remarks
            assert not any("not compared" in said for said in report.remarks)


@pytest.mark.parametrize("target", ["python", "sql"])
def test_options_of_reasons_are_read_back(target: str, tmp_path: Path, lines: Any) -> None:
    rules, frame = lines
    options = {
        "direction": "lower",
        "top": 2,
        "reasons": {"income": {"low": "below {threshold}", "high": "a high income"}},
        "reference": frame.iloc[[5]],
    }
    written = emit(rules, target, None, **options).write(tmp_path)[-1]
    read = Artifact.read(written)
    assert read.explained["direction"] == "lower"
    assert rr.verify(read, rules, frame)
    told = replace(read, explained={**read.explained, "direction": "higher"})
    assert not rr.verify(told, rules, frame)


def test_without_rules_it_is_said_that_nothing_was_compared(tmp_path: Path, lines: Any) -> None:
    rules, frame = lines
    read = Artifact.read(emit(rules, "python", None).write(tmp_path)[-1])
    network, rows = rr.trace(rules), rules.domain.rows(frame)
    report = rr.verify(read, network, rows)
    assert report
    assert "contributions, reasons, lines: not compared" in report.remarks[0]
    assert not rr.verify(emit(rules, "python", None), network, rows).remarks


def test_contributions_alone_are_seen(lines: Any, partition: RuleSet) -> None:
    for rules in (lines[0], partition):
        artifact = emit(rules, "python", None)
        name, text = list(artifact.files.items())[-1]
        wrapped = text + (
            "\n\n_explain = explain\n\n\ndef explain(row):\n    told = _explain(row)\n"
            "    for name in told:\n        if name.startswith('contribution_debt'):\n"
            "            told[name] *= 1.0 + 1e-7\n            break\n    return told\n"
        )
        report = rr.verify(replace(artifact, files={name: wrapped}), rules, lines[1])
        assert not report
        assert "contribution_debt" in report.remarks[0]
        assert report.difference < 1e-12


def test_reasons_alone_are_seen(lines: Any, partition: RuleSet) -> None:
    for rules in (lines[0], partition):
        artifact = emit(rules, "python", None)
        name, text = list(artifact.files.items())[-1]
        wrapped = text + (
            "\n\n_explain = explain\n\n\ndef explain(row):\n    told = _explain(row)\n"
            "    names = [name for name in told if name.startswith('reason_')]\n"
            "    told[names[0]], told[names[1]] = told[names[1]], told[names[0]]\n    return told\n"
        )
        report = rr.verify(replace(artifact, files={name: wrapped}), rules, lines[1])
        assert not report
        assert "reason_1 is" in report.remarks[0]


def test_lines_alone_are_seen(lines: Any) -> None:
    rules, frame = lines
    artifact = emit(rules, "python", None)
    name, text = list(artifact.files.items())[-1]
    wrapped = text + (
        "\n\n_score = score\n\n\ndef score(row):\n    told = _score(row)\n"
        "    told['lines'] = told['lines'] and told['lines'][2:]\n    return told\n"
    )
    report = rr.verify(replace(artifact, files={name: wrapped}), rules, frame)
    assert not report
    assert "lines is" in report.remarks[0]


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_columns_of_sql_are_seen(dialect: str, lines: Any, partition: RuleSet) -> None:
    for rules in (lines[0], partition):
        artifact = emit(rules, "sql", dialect)
        text = str(artifact)
        for column in ("contribution_debt", "score"):
            wrapped = f'SELECT * REPLACE ("{column}" + 1e-6 AS "{column}") FROM ({text})'
            if dialect == "duckdb":
                changed = replace(artifact, files={"score.sql": wrapped})
                report = rr.verify(changed, rules, lines[1])
                assert not report
                assert f"{column} is" in report.remarks[0]


def test_onnx_is_compared_too(lines: Any) -> None:
    pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    rules, frame = lines
    columns = ["outputs", "contributions", "lines", "score"]
    artifact = rr.emit(rules, "onnx", columns=columns)
    assert rr.verify(artifact, rules, with_odd_rows(frame))
    first, *others = rules.lines
    moved = replace(first, slopes=2.0 * first.slopes)
    told = replace(artifact, rules=replace(rules, lines=(moved, *others)))
    report = rr.verify(told, rules, frame)
    assert not report
    assert " is " in report.remarks[0]
