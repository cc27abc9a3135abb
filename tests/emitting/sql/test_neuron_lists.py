"""Dense levels of form network as inner products of lists, in DuckDB."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import sqlglot
from handmade import graph, layered, network, search_one_region
from sqls import need

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.ir import Network, RuleSet

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "sql" / "dense-network-duckdb.sql.txt"
_BOX = rr.Domain.box([-1] * 8, [1] * 7 + [5])


def make_rules(net: Network, domain: rr.Domain = _BOX) -> RuleSet:
    return search_one_region(graph(net), domain)


@cache
def dense() -> RuleSet:
    return make_rules(layered(1, 8, [8, 8], 1))


def print_network(rules: RuleSet, **options: object) -> str:
    return str(rr.emit(rules, "sql", dialect="duckdb", form="network", **options))  # type: ignore[arg-type]


def odd_rows(d: int) -> np.ndarray:
    """Rows, some without a number or with none that is finite, some far outside."""
    X = np.random.default_rng(0).uniform(-1.1, 1.1, (60, d))
    X[0, 1], X[1, d - 1], X[2, 0], X[3] = np.nan, np.inf, -np.inf, np.nan
    X[4, 0], X[5] = 1e308, 1e308
    return X


def test_golden(request: pytest.FixtureRequest) -> None:
    text = print_network(dense(), key=["id"])
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()
    assert text.count("list_inner_product(rr_in1,") == text.count("list_inner_product(rr_in2,") == 8
    assert sqlglot.parse_one(text, read="duckdb")
    assert "list_inner_product" not in str(rr.emit(dense(), "sql", form="network"))


@pytest.mark.parametrize("outside", ["exact", "null", "clamp"])
@pytest.mark.parametrize("missing", ["propagate", "impute"])
def test_rows_without_a_value_have_no_scores_and_end_no_query(outside: str, missing: str) -> None:
    need("duckdb")
    domain = _BOX
    if missing == "impute":
        columns = tuple(Column(name, fill=0.25) for name in domain.names)
        domain = replace(domain, columns=columns)
    rules = make_rules(layered(2, 8, [9, 8], 2), domain)
    artifact = rr.emit(
        rules, "sql", dialect="duckdb", form="network", outside=outside, missing=missing
    )
    assert "list_inner_product" in str(artifact)
    assert rr.verify(artifact, rules, odd_rows(8))


def test_slopes_zeros_and_few_products_are_sums() -> None:
    """What a neuron with a slope makes of NULL is NULL; a 0 beside an infinite sum is no number."""
    need("duckdb")
    sloped = make_rules(layered(3, 8, [8, 8], 1, slope=0.25))
    A = np.random.default_rng(4).normal(size=(9, 8))
    A[3, 2] = 0.0
    holed = network(A, [0.1] * 9, np.ones((1, 9)))
    few = make_rules(layered(5, 8, [7], 1))
    for rules, count in ((sloped, 8), (make_rules(holed), 8), (few, 0)):
        artifact = rr.emit(rules, "sql", dialect="duckdb", form="network")
        assert str(artifact).count("list_inner_product") == count
        assert rr.verify(artifact, rules, odd_rows(8))


def test_categories_stand_in_lists() -> None:
    need("duckdb")
    letters = Column("letter", tuple(Category((one,)) for one in "abcdefg"))
    domain = rr.Domain.over((Column("n"), letters))
    rng = np.random.default_rng(6)
    net = network(rng.normal(size=(9, 8)), rng.normal(size=9), rng.normal(size=(1, 9)))
    made = replace(graph(net), columns=domain.columns, features=domain.names)
    rules = search_one_region(made, domain)
    artifact = rr.emit(rules, "sql", dialect="duckdb", form="network")
    assert "list_inner_product" in str(artifact)
    rows = [(0.5, "a"), (-2.0, "g"), (None, "b"), (1.0, None), (1.0, "z"), (3.0, "c")]
    assert rr.verify(artifact, rules, rows)
