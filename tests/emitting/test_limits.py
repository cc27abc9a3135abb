"""Sizes at which engines give up: wide sums, deep trees, many rules."""

from dataclasses import replace

import numpy as np
import pytest
from handmade import lines, network, rules_of
from sqls import QUICK, need

import relurules as rr
from relurules.emitting.sql.dialects import DIALECTS
from relurules.errors import UnsupportedError
from relurules.ir import RuleSet

ENGINES = [("python", None), ("c", None), ("sql", "sqlite"), ("sql", "duckdb")]
FORMS = ("rules", "tree", "network")


@pytest.fixture(scope="module")
def wide() -> RuleSet:
    weights = np.random.default_rng(0).normal(size=(1, 1500))
    return rules_of(network(np.empty((0, 1500)), [], np.empty((1, 0)), C=weights))


@pytest.fixture(scope="module")
def deep() -> RuleSet:
    kinks = np.arange(1, 31)
    rules = rules_of(
        network(np.ones((30, 1)), -kinks, (-1.0) ** kinks[None]), rr.Domain.box([0], [31])
    )
    assert len(rules) == 31
    return rules


@pytest.fixture(scope="module")
def many() -> RuleSet:
    grid = np.concatenate([np.eye(2)[[0]].repeat(7, axis=0), np.eye(2)[[1]].repeat(7, axis=0)])
    offsets = -np.concatenate([np.arange(1, 8), np.arange(1, 8)])
    rules = rules_of(lines(grid, offsets), rr.Domain.box([0, 0], [8, 8]))
    assert len(rules) == 64
    return rules


@pytest.mark.parametrize(
    ("form", "dialect"), [("rules", "sqlite"), ("network", "sqlite"), ("network", "duckdb")]
)
def test_wide_sums(form: str, dialect: str, wide: RuleSet) -> None:
    X = np.random.default_rng(1).normal(size=(3, 1500))
    X[0, 700] = np.nan
    report = rr.verify(rr.emit(wide, "sql", dialect=dialect, form=form), wide, X)
    assert report
    assert report.outside == 1


def test_wide_sums_in_python(wide: RuleSet) -> None:
    assert rr.verify(rr.emit(wide, "python"), wide, np.random.default_rng(1).normal(size=(3, 1500)))


@pytest.mark.parametrize(("target", "dialect"), ENGINES)
@pytest.mark.parametrize("form", FORMS)
def test_deep_trees(form: str, target: str, dialect: str | None, deep: RuleSet) -> None:
    X = np.concatenate([np.linspace(-0.5, 31.5, 300), np.arange(32)])[:, None]
    report = rr.verify(rr.emit(deep, target, form=form, dialect=dialect, outside="null"), deep, X)
    assert report
    assert report.outside == ((X < 0) | (X > 31)).sum()


@pytest.mark.parametrize("form", FORMS)
def test_sqlite_dialect_runs_in_duckdb(form: str, deep: RuleSet) -> None:
    assert rr.verify(
        rr.emit(deep, "sql", form=form), deep, np.linspace(-1, 32, 50)[:, None], "duckdb"
    )


@pytest.mark.parametrize(("target", "dialect"), ENGINES)
@pytest.mark.parametrize("form", ["rules", "tree"])
def test_many_rules(form: str, target: str, dialect: str | None, many: RuleSet) -> None:
    X = np.random.default_rng(0).uniform(0, 8, (100, 2))
    assert rr.verify(rr.emit(many, target, form=form, dialect=dialect), many, X)


@pytest.mark.parametrize(("target", "dialect"), ENGINES)
@pytest.mark.parametrize("form", FORMS)
def test_numbers_of_every_size(form: str, target: str, dialect: str | None) -> None:
    net = network(
        [[1e-8, 1e8], [1e8, -1e-8]],
        [1e-3, 1e3],
        [[1e6, 1e-9]],
        C=[[-1e-5, 3]],
        c=[1e-20],
        slope=[1e-7, -1e7],
    )
    rules = rules_of(net, rr.Domain.box([-1e8, -1e-8], [1e8, 1e-8]))
    X = np.random.default_rng(0).uniform([-1e8, -1e-8], [1e8, 1e-8], (200, 2))
    assert rr.verify(rr.emit(rules, target, form=form, dialect=dialect), rules, X)


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        (
            "pdf",
            {},
            (
                "no target 'pdf'; supported: text, markdown, html, latex, sql, python, numpy, c, "
                "javascript"
            ),
        ),
        ("SQL", {}, "no target 'SQL'"),
        ("dmn", {}, "target 'dmn' isn't written: no engine of PyPI or npm"),
        (
            "sql",
            {"dialect": "access"},
            "no dialect 'access'; supported: sqlite, duckdb, postgres, mysql",
        ),
        ("c", {"dialect": "c89"}, "no dialect 'c89'; supported: none"),
        ("python", {"form": "matrix"}, "no form 'matrix'; supported: rules, tree, network"),
        ("text", {"form": "tree"}, "no form 'tree'; supported: rules"),
    ],
)
def test_refuses(target: str, options: dict[str, str], said: str, deep: RuleSet) -> None:
    with pytest.raises(UnsupportedError) as raised:
        rr.emit(deep, target, **options)  # type: ignore[arg-type]
    assert said in str(raised.value)


@pytest.fixture(scope="module")
def grid() -> RuleSet:
    """225 rules of two features."""
    lines_ = np.concatenate([np.eye(2)[[0]].repeat(14, axis=0), np.eye(2)[[1]].repeat(14, axis=0)])
    offsets = -np.concatenate([np.arange(1, 15), np.arange(1, 15)])
    rules = rules_of(lines(lines_, offsets), rr.Domain.box([0, 0], [15, 15]))
    assert len(rules) == 225
    return rules


@pytest.mark.parametrize("engine", QUICK)
@pytest.mark.parametrize("form", FORMS)
def test_hundreds_of_rules_in_every_engine(form: str, engine: str, grid: RuleSet) -> None:
    need(engine)
    X = np.random.default_rng(0).uniform(0, 15, (50, 2))
    assert rr.verify(rr.emit(grid, "sql", dialect=engine, form=form, key=["id"]), grid, X)


def test_the_form_that_suits(grid: RuleSet, deep: RuleSet, many: RuleSet) -> None:
    few = rules_of(lines([[1, 0], [0, 1]], [0, 0]), rr.Domain.box([-1, -1], [1, 1]))
    assert rr.emit(few, "sql").form == "rules"
    assert rr.emit(grid, "sql").form == "network"
    assert rr.emit(grid, "python").form == "rules"
    assert rr.emit(few, "sql", shape="expression").form == "tree"
    assert (
        rr.emit(deep, "sql", shape="expression").form == "rules"
    )  # SQLite can't nest the tree in one expression
    assert rr.emit(many, "sql", shape="expression").form == "rules"
    assert rr.emit(many, "sql", shape="expression", dialect="postgres").form == "tree"


def test_a_statement_that_an_engine_cannot_take(
    grid: RuleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(DIALECTS["spark"], statement=9_000)
    monkeypatch.setattr("relurules.emitting.sql.printer.DIALECTS", {**DIALECTS, "spark": small})
    for form in FORMS:
        with pytest.raises(UnsupportedError, match=r"bytes of SQL; spark takes 9000"):
            rr.emit(grid, "sql", dialect="spark", form=form)
    with pytest.raises(
        UnsupportedError, match="form 'network' with the columns outputs, rule of 225 rules"
    ):
        rr.emit(grid, "sql", dialect="spark")
    assert rr.emit(grid, "sql", dialect="spark", columns=["outputs"]).form == "network"


def test_what_is_more_than_an_engine_takes_by_default_says_so(
    grid: RuleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "SET max_query_size" not in str(rr.emit(grid, "sql", dialect="clickhouse"))
    small = replace(DIALECTS["clickhouse"], easy=9_000)
    monkeypatch.setattr(
        "relurules.emitting.sql.printer.DIALECTS", {**DIALECTS, "clickhouse": small}
    )
    first = str(rr.emit(grid, "sql", dialect="clickhouse")).splitlines()[0]
    assert "more than clickhouse takes by default: SET max_query_size = " in first


def test_more_columns_than_an_engine_takes(wide: RuleSet) -> None:
    with pytest.raises(
        UnsupportedError, match="needs a subquery of 1501 columns; oracle takes 1000"
    ):
        rr.emit(wide, "sql", dialect="oracle")
