"""Derived columns in every engine, beside the pipeline that they are of."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from dbt_projects import build_project
from engines_apart import PmmlServer, open_jpmml
from executed_targets import OTHER_TARGETS, TARGETS, require_target
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sqls import QUICK, need
from test_derived_columns import (
    GAPS,
    TABLE,
    Y,
    extreme_rows,
    find_taken_rows,
    make_binned_model,
    make_model,
    make_rules,
    rows,
)
from test_mlflow import go_round
from test_monitor_sql import check, run
from test_unexecuted_functions import DIALECTS_WITH, read_expression

import relurules as rr
from relurules.errors import CheckError, InputError
from relurules.verifying import engines

pytestmark = pytest.mark.filterwarnings("ignore")
FORMS = pytest.mark.parametrize("form", ["additive", "partition"])
EVERY = pytest.mark.parametrize(("target", "options"), [*TARGETS, *OTHER_TARGETS, ("pmml", {})])
#: Libraries differ in the last digits of logarithms and powers: by how much of a score.
NEAR = 1e-12


@pytest.fixture(scope="module")
def jpmml() -> Iterator[PmmlServer]:
    with open_jpmml() as server:
        yield server


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs the target of a test, if it has one."""
    target = getattr(request.node, "callspec", None) and request.node.callspec.params.get("target")
    require_target(str(target))
    if target == "pmml":
        server: PmmlServer = request.getfixturevalue("jpmml")
        monkeypatch.setitem(engines.ENGINES, "jpmml", engines.Engine(server.run, "pmml"))  # type: ignore[arg-type]


@FORMS
@EVERY
def test_runs_as_the_pipeline(target: str, options: dict[str, Any], form: str) -> None:
    artifact = rr.emit(make_rules(form), target, **options)
    for table in (rows(), extreme_rows()):
        report = rr.verify(artifact, make_rules(form), table)
        assert report.passed, str(report)
        assert report.relative < NEAR
    report = rr.verify(artifact, make_model(), find_taken_rows())
    assert report.passed, str(report)


@cache
def make_class_rules(form: str) -> Any:
    model = make_pipeline(clone(make_model()[0]), MLPClassifier((2,), max_iter=60, random_state=1))
    known = GAPS.assign(age=TABLE["age"])
    model.fit(known, np.where(np.median(Y) < Y, "high", "low"))
    return rr.extract(model, form=form, data=known)


@FORMS
@EVERY
def test_classes_are_equal(target: str, options: dict[str, Any], form: str) -> None:
    rules = make_class_rules(form)
    artifact = rr.emit(rules, target, columns=("outputs", "class"), **options)
    assert len({*rules.classify(rows())}) == 3
    report = rr.verify(artifact, rules, pd.concat([rows(), extreme_rows()], ignore_index=True))
    assert report.passed, str(report)


@pytest.mark.parametrize(("form", "outside"), [("additive", "null"), ("partition", "clamp")])
@EVERY
def test_what_columns_add(target: str, options: dict[str, Any], outside: str, form: str) -> None:
    rules = make_rules(form)
    if target == "bigquery" or (target, form) == ("onnx", "partition"):
        pytest.skip("its results can't be called so, or it has none")
    columns = ["outputs", "contributions", *(["reasons"] if target != "onnx" else [])]
    columns += ["rule"] if form == "partition" else []
    artifact = rr.emit(rules, target, columns=columns, outside=outside, **options)
    report = rr.verify(artifact, rules, rows())
    assert report.passed, str(report)
    assert not report.remarks


def test_dbt_builds_them(tmp_path: Path) -> None:
    table = pd.concat([rows(), extreme_rows()], ignore_index=True)
    table = table[~np.isinf(table[["age", "net pay", "debt"]]).any(axis=1)]
    table = table.assign(id=np.arange(len(table)))
    models = {
        form: rr.emit(make_rules(form), "dbt", table="raw.loans", key=["id"], name=form)
        for form in ("additive", "partition")
    }
    built = build_project(models, tmp_path, table)
    assert {*built.results.values()} == {"success", "pass"}, built
    assert sum(name.endswith("gives_what_the_rules_give") for name in built.results) == 2
    for form, view in built.views.items():
        given = make_rules(form).predict(table)[:, 0]
        np.testing.assert_allclose(view["y"].astype(float), given, rtol=NEAR, atol=NEAR)


def test_unit_tests_of_dbt_have_rows_in_the_domain() -> None:
    text = str(rr.emit(make_rules("partition"), "dbt", key=["id"]).files["schema.yml"])
    _, expected = text.split("expect:")
    assert len({line for line in expected.splitlines() if "rule:" in line}) >= 3


@FORMS
def test_functions_of_duckdb(form: str) -> None:
    rules = make_rules(form)
    options: dict[str, Any] = {"shape": "function", "columns": ("outputs",)}
    report = rr.verify(rr.emit(rules, "sql", dialect="duckdb", **options), rules, extreme_rows())
    assert report.passed, str(report)


@pytest.mark.parametrize("dialect", DIALECTS_WITH)
@FORMS
def test_functions_that_a_parser_translates(dialect: str, form: str, tmp_path: Path) -> None:
    make_rules(form).save(tmp_path / "rules.json")
    text = (tmp_path / "rules.json").read_text().replace("net pay", "net_pay")
    (tmp_path / "rules.json").write_text(text)
    rules: Any = rr.load(tmp_path / "rules.json")
    table = rows().rename(columns={"net pay": "net_pay"})
    artifact = rr.emit(
        rules, "sql", dialect=dialect, shape="function", name="f", columns=["outputs"]
    )
    expression = read_expression(str(artifact), dialect).sql(dialect="duckdb")
    with duckdb.connect() as database:
        database.register("rows_given", table)
        found = database.execute(f"SELECT {expression} FROM rows_given").fetchall()
    given = np.array([np.nan if row[0] is None else row[0] for row in found])
    np.testing.assert_allclose(given, rules.predict(table)[:, 0], rtol=NEAR, atol=NEAR)


@FORMS
def test_mlflow_brings_them_back(form: str, tmp_path: Path) -> None:
    told = go_round(make_rules(form), tmp_path, rows())
    assert told["equal"]
    assert told["called"]
    assert told["example"] == 3
    assert told["inputs"] == [
        ["age", "double"], ["net pay", "double"], ["debt", "double"], ["job", "string"],
    ]  # fmt: skip


@FORMS
@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_monitoring(dialect: str, form: str) -> None:
    rules = rr.extract(make_binned_model(), data=GAPS, form=form)
    query = rr.monitor_sql(rules, GAPS, dialect=dialect, table="later")
    check(run(dialect, query, rows(), ("job",)), rr.monitor(rules, rows(), GAPS))
    found = run(dialect, query, GAPS, ("job",))
    moved = [row[2] for key, row in found.items() if key[0] == "psi"]
    assert len(moved) > len(rules.domain.columns)
    assert max(moved) < NEAR


@FORMS
@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_missing_values_end_the_query(dialect: str, form: str) -> None:
    """The root of the age has no imputer; everything else counts a missing value as something."""
    rules = make_rules(form)
    artifact = rr.emit(rules, "sql", dialect=dialect, missing="error")
    known = rows().dropna(subset=["age"])
    assert known["net pay"].isna().any()
    assert rr.verify(artifact, rules, known)
    with pytest.raises(CheckError, match='no value in "age"'):
        rr.verify(artifact, rules, known.assign(age=known["age"].where(known["age"] != 37)))
    with pytest.raises(InputError, match="no constant for 'age'"):
        rr.emit(rules, "sql", dialect=dialect, missing="impute")


def test_imputed_values() -> None:
    """Of which every one is in the pipeline."""
    rules = rr.extract(make_binned_model(), data=GAPS, form="partition")
    artifact = rr.emit(rules, "sql", dialect="duckdb", missing="impute")
    assert rr.verify(artifact, make_binned_model(), GAPS)


@pytest.mark.parametrize("dialect", QUICK)
def test_numbers_that_end_queries(dialect: str) -> None:
    """Some databases abort a query where a number overflows or vanishes, for all of its rows."""
    need(dialect)
    rules = make_rules("additive")
    report = rr.verify(rr.emit(rules, "sql", dialect=dialect), rules, extreme_rows())
    assert report.passed, str(report)

    steps = make_column_transformer(
        (FunctionTransformer(np.exp), ["debt"]),
        (make_pipeline(StandardScaler(), FunctionTransformer(np.exp)), ["net pay"]),
    )
    exponents = rr.extract(make_pipeline(steps, LinearRegression()).fit(TABLE, Y), data=TABLE)
    sizes = [-800.0, 800.0, -1e5, -745.2, -1e200, -np.inf, np.inf, -699.0, 5e-324]
    table = pd.concat([TABLE[:9].assign(debt=sizes), TABLE[:9].assign(**{"net pay": sizes})])
    artifact = rr.emit(exponents, "sql", dialect=dialect, outside="exact")
    report = rr.verify(artifact, exponents, table.reset_index(drop=True))
    assert report.passed, str(report)
