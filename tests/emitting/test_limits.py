"""Sizes at which engines give up: wide sums, deep trees, many rules."""

import numpy as np
import pytest
from handmade import lines, network, rules_of

import relurules as rr
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
    rules = rules_of(network(np.ones((30, 1)), -kinks, (-1.0) ** kinks[None]), rr.Domain.box([0], [31]))
    assert len(rules) == 31
    return rules


@pytest.fixture(scope="module")
def many() -> RuleSet:
    grid = np.concatenate([np.eye(2)[[0]].repeat(7, axis=0), np.eye(2)[[1]].repeat(7, axis=0)])
    offsets = -np.concatenate([np.arange(1, 8), np.arange(1, 8)])
    rules = rules_of(lines(grid, offsets), rr.Domain.box([0, 0], [8, 8]))
    assert len(rules) == 64
    return rules


@pytest.mark.parametrize(("form", "dialect"), [("rules", "sqlite"), ("network", "sqlite"), ("network", "duckdb")])
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
    report = rr.verify(rr.emit(deep, target, form=form, dialect=dialect), deep, X)
    assert report
    assert report.outside == ((X < 0) | (X > 31)).sum()


@pytest.mark.parametrize("form", FORMS)
def test_sqlite_dialect_runs_in_duckdb(form: str, deep: RuleSet) -> None:
    assert rr.verify(rr.emit(deep, "sql", form=form), deep, np.linspace(-1, 32, 50)[:, None], "duckdb")


@pytest.mark.parametrize(("target", "dialect"), ENGINES)
@pytest.mark.parametrize("form", ["rules", "tree"])
def test_many_rules(form: str, target: str, dialect: str | None, many: RuleSet) -> None:
    X = np.random.default_rng(0).uniform(0, 8, (100, 2))
    assert rr.verify(rr.emit(many, target, form=form, dialect=dialect), many, X)


@pytest.mark.parametrize(("target", "dialect"), ENGINES)
@pytest.mark.parametrize("form", FORMS)
def test_numbers_of_every_size(form: str, target: str, dialect: str | None) -> None:
    net = network(
        [[1e-8, 1e8], [1e8, -1e-8]], [1e-3, 1e3], [[1e6, 1e-9]], C=[[-1e-5, 3]], c=[1e-20], slope=[1e-7, -1e7]
    )
    rules = rules_of(net, rr.Domain.box([-1e8, -1e-8], [1e8, 1e-8]))
    X = np.random.default_rng(0).uniform([-1e8, -1e-8], [1e8, 1e-8], (200, 2))
    assert rr.verify(rr.emit(rules, target, form=form, dialect=dialect), rules, X)


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        ("pdf", {}, "no target 'pdf'; supported: text, markdown, html, latex, sql, python, numpy, c, javascript"),
        ("SQL", {}, "no target 'SQL'"),
        ("sql", {"dialect": "access"}, "no dialect 'access'; supported: sqlite, duckdb, postgres, mysql"),
        ("c", {"dialect": "c89"}, "no dialect 'c89'; supported: none"),
        ("python", {"form": "matrix"}, "no form 'matrix'; supported: rules, tree, network"),
        ("text", {"form": "tree"}, "no form 'tree'; supported: rules"),
    ],
)
def test_refuses(target: str, options: dict[str, str], said: str, deep: RuleSet) -> None:
    with pytest.raises(UnsupportedError) as raised:
        rr.emit(deep, target, **options)  # type: ignore[arg-type]
    assert said in str(raised.value)
