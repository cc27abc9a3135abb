"""dbt builds and tests what is emitted for it: contract, ranges, classes, a unit test."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from dbt_projects import BuiltProject, build_project
from hostile_additive import make_hostile, make_rows

import relurules as rr
from relurules.cli.main import run
from relurules.emitting.dbt.yaml import format_yaml
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, Artifact, RuleSet


@pytest.fixture(scope="module")
def lines() -> AdditiveRules:
    return make_hostile("two", seed=2, neurons=3)


@pytest.fixture(scope="module")
def partition(lines: AdditiveRules) -> RuleSet:
    return lines.to_partition()


def emit(rules: AdditiveRules | RuleSet, **options: Any) -> Artifact:
    last = "lines" if isinstance(rules, AdditiveRules) else "rule"
    asked = {"table": "raw.loans", "key": ["id"], "columns": ["outputs", "score", "class", last]}
    return rr.emit(rules, "dbt", **asked | options)


def number(rows: pd.DataFrame) -> pd.DataFrame:
    """With a key; infinite numbers are no rows of a table of dbt's fixtures, but of a table."""
    return rows.assign(id=np.arange(len(rows), dtype=np.int64))


def spoil(artifact: Artifact, name: str, pattern: str, value: Any) -> Artifact:
    """With another number in place of the first that the pattern holds."""
    text = str(artifact.files[name])
    found = re.search(pattern, text)
    assert found is not None
    spoilt = text[: found.start(1)] + str(value(found.group(1))) + text[found.end(1) :]
    files = {**artifact.files, name: spoilt}
    return Artifact(artifact.target, artifact.form, artifact.domain, artifact.outputs, files)


@pytest.fixture(scope="module")
def built(
    lines: AdditiveRules, partition: RuleSet, tmp_path_factory: pytest.TempPathFactory
) -> BuiltProject:
    """Both kinds; then of lines another weight and a narrower range; then another type."""
    weight = spoil(emit(lines, name="weight"), "weight.sql", r"THEN (0\.\d+)E0", add_little)
    narrow = spoil(emit(lines, name="narrow"), "schema.yml", r"most: ([\d.]+)", lambda _: 0.1)
    typed = spoil(
        emit(lines, name="typed"), "schema.yml", r'data_type: "(DOUBLE)"', lambda _: "VARCHAR"
    )
    models = {
        "additive": emit(lines, name="additive"), "partition": emit(partition, name="partition"),
        "weight": weight, "narrow": narrow, "typed": typed,
    }  # fmt: skip
    return build_project(models, tmp_path_factory.mktemp("dbt"), number(make_rows(lines, count=30)))


def add_little(weight: str) -> float:
    return float(weight) + 1e-7


def test_dbt_builds_and_tests_both_kinds(
    lines: AdditiveRules, partition: RuleSet, built: BuiltProject
) -> None:
    """Contract, ranges, classes and the unit test pass, and the view gives what the rules give."""
    rows = make_rows(lines, count=30)
    for name, rules in (("additive", lines), ("partition", partition)):
        told = {node: status for node, status in built.results.items() if name in node}
        assert set(told.values()) == {"success", "pass"}, built
        assert len(told) == 5 + (name == "partition")
        view = built.views[name]
        assert len(view) == len(rows)
        given = rules.predict(rows)[:, 0]
        assert np.isnan(given).tolist() == view["o0"].isna().tolist()
        np.testing.assert_allclose(view["o0"], given, rtol=1e-12, atol=0)
        labels = [None if pd.isna(label) else label for label in view["class"]]
        assert labels == rules.classify(rows).tolist()


def test_dbt_finds_what_is_wrong(built: BuiltProject) -> None:
    """A weight fails the unit test, a range its own test, a type the contract."""
    failed = {name for name, status in built.results.items() if status in ("fail", "error")}
    assert len(failed) == 3, built
    assert {"weight_gives_what_the_rules_give", "typed"} < failed
    assert any(name.startswith("relurules_within_narrow__o0") for name in failed)
    assert "contract" in " ".join(built.said)


def test_the_schema_says_what_is_proven(lines: AdditiveRules, partition: RuleSet) -> None:
    for rules in (lines, partition):
        told = yaml.safe_load(str(emit(rules).files["schema.yml"]))
        (model,), (unit,) = told["models"], told["unit_tests"]
        assert model["config"] == {"contract": {"enforced": True}}
        columns = {column["name"]: column for column in model["columns"]}
        assert list(columns)[:4] == [
            "id",
            "o0",
            "y0" if "y0" in columns else list(columns)[2],
            "class",
        ]
        assert all(column["data_type"] and column["description"] for column in columns.values())
        limits = columns["o0"]["data_tests"][0]["relurules_within"]["arguments"]
        inside = rules.predict(make_rows(lines, count=200))[:, 0]
        assert limits["least"] <= np.nanmin(inside) <= np.nanmax(inside) <= limits["most"]
        known = rr.ask(rules, "range", output="o0").values
        assert limits["most"] == pytest.approx(known["high"], rel=1e-8)

        given, expected = unit["given"][0]["rows"], unit["expect"]["rows"]
        assert unit["given"][0]["input"] == "source('raw', 'loans')"
        frame = pd.DataFrame(given).astype({"line_1": object})
        assert 5 < len(given) == len(expected)
        values = rules.predict(frame)[:, 0]
        for value, row in zip(values, expected, strict=True):
            assert (row["o0"] is None) == np.isnan(value)
            assert row["o0"] is None or row["o0"] == pytest.approx(value, abs=1e-9)
        assert sum(row["o0"] is None for row in expected) == 2


def test_the_model_is_verified_like_other_sql(partition: RuleSet, tmp_path: Path) -> None:
    rows = make_rows(make_hostile("two", seed=2, neurons=3), count=20)
    paths = emit(partition, name="risk", columns=["outputs", "rule"]).write(tmp_path)
    assert [path.name for path in paths] == ["relurules_within.sql", "schema.yml", "risk.sql"]
    assert rr.verify(Artifact.read(paths[-1]), partition, rows)


def test_dialects_have_their_types(partition: RuleSet) -> None:
    for dialect, type_ in (
        ("postgres", "DOUBLE PRECISION"),
        ("databricks", "DOUBLE"),
        ("snowflake", "FLOAT"),
    ):
        told = yaml.safe_load(str(emit(partition, dialect=dialect).files["schema.yml"]))
        columns = {column["name"]: column for column in told["models"][0]["columns"]}
        assert columns["o0"]["data_type"] == type_


def test_rows_outside_have_outputs_where_they_are_exact(lines: AdditiveRules) -> None:
    asked = emit(lines, outside="exact", columns=["outputs"])
    told = yaml.safe_load(str(asked.files["schema.yml"]))
    columns = {column["name"]: column for column in told["models"][0]["columns"]}
    assert "data_tests" not in columns["o0"]
    assert sum(row["o0"] is None for row in told["unit_tests"][0]["expect"]["rows"]) == 1


def test_what_dbt_cannot_have_is_refused(lines: AdditiveRules) -> None:
    with pytest.raises(UnsupportedError, match="target 'dbt' has no shape 'function'"):
        emit(lines, shape="function")
    with pytest.raises(UnsupportedError, match="can't be named 'my score'; supported: letters"):
        emit(lines, name="my score")
    with pytest.raises(
        UnsupportedError, match=r"dbt would replace what stands in braces in '\{\{ id"
    ):
        emit(lines, key=["{{ id }}"])
    with pytest.raises(UnsupportedError, match="no dialect 'access'"):
        emit(lines, dialect="access")


def test_the_command_line(lines: AdditiveRules, tmp_path: Path) -> None:
    lines.save(tmp_path / "rules.json")
    asked = ["--to", "dbt", "--table", "loans", "--key", "id", "--columns", "outputs"]
    assert run(["emit", str(tmp_path / "rules.json"), *asked, "--out", str(tmp_path / "m")]) == 0
    assert "{{ ref('loans') }}" in (tmp_path / "m" / "score.sql").read_text()


def test_yaml_is_read_as_it_was_written() -> None:
    value = {
        "a b": [1, -2.5, 1e22, 1e-9, 5e-324, True, None, [], {}, [[1], {"x": 2}]],
        "yes": {"no": "null", "1.0": "a: b # c", "ü\u2028": "\"\\\n"}, "true": False,
    }  # fmt: skip
    assert yaml.safe_load(format_yaml(value)) == value
