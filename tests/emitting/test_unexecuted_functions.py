"""Functions of engines that don't run here: read by a parser as one statement, and their
expressions, translated by it, run in DuckDB.
"""

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import sqlglot
from handmade import graph, random_network

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.emitting.sql.dialects import DIALECTS
from relurules.ir import Head

#: Those with functions in SQL.
DIALECTS_WITH = [
    name for name, row in DIALECTS.items() if row.function and not row.executed
]  # fmt: skip
COLUMNS = (
    Column("income"),
    Column(
        "region", (Category(("it's",)), Category(('a\\"', "$")), Category(("s",), missing=True))
    ),
)
DOMAIN = rr.Domain.over(COLUMNS).bounded({"income": (-1.0, 2.0)})
ROWS = pd.DataFrame(
    [
        (income, region)
        for income in (-1.0, np.nextafter(-1.0, -2.0), 0.1, 2.0, np.nextafter(2.0, 3.0), None)
        for region in ("it's", 'a\\"', "$", "s", None, "IT'S")
    ],
    columns=["income", "region"],
).astype({"region": object})


def read_expression(text: str, dialect: str) -> Any:
    """The expression of a statement that creates one function."""
    (statement,) = sqlglot.parse(text, read=dialect)
    assert isinstance(statement, sqlglot.exp.Create)
    assert statement.kind == "FUNCTION"
    assert statement.find(sqlglot.exp.Command) is None
    body = statement.expression
    if isinstance(body, sqlglot.exp.RawString):  # Snowflake's, between two pairs of dollars
        return sqlglot.parse_one(str(body.this), read=dialect)
    return body.this if isinstance(body, sqlglot.exp.Return) else body


def test_which_dialects_these_are() -> None:
    assert DIALECTS_WITH == ["databricks", "bigquery", "snowflake"]


@pytest.mark.parametrize("form", ["partition", "additive"])
@pytest.mark.parametrize("dialect", DIALECTS_WITH)
def test_what_functions_give(dialect: str, form: str) -> None:
    model = graph(random_network(4, d=4, K=4), ("p",), (Head("sigmoid", (0,)),))
    rules = rr.extract(model, domain=DOMAIN, form=form)
    artifact = rr.emit(rules, "sql", dialect=dialect, shape="function", name="risk.score")
    expression = read_expression(str(artifact), dialect).sql(dialect="duckdb")
    with duckdb.connect() as database:
        database.register("rows_given", ROWS)
        found = database.execute(f"SELECT {expression} FROM rows_given").fetchall()
    expected = rules.predict(ROWS)[:, 0]
    assert 0 < np.isnan(expected).sum() < len(ROWS)
    assert [row[0] is None for row in found] == np.isnan(expected).tolist()
    given = np.array([np.nan if row[0] is None else row[0] for row in found])
    np.testing.assert_allclose(given, expected, rtol=1e-12, atol=0)


def test_projects_with_hyphens() -> None:
    """A table, a view and a function of BigQuery are named with their project and dataset."""
    model = graph(random_network(4, d=4, K=4, m=1))
    rules = rr.extract(model, domain=DOMAIN, form="additive")
    view: Any = {"shape": "view", "name": "my-project.risk.v", "table": "my-project.risk.t"}
    for asked in (view, {"shape": "function", "name": "my-project.risk.f"}):
        text = str(rr.emit(rules, "sql", dialect="bigquery", **asked))
        (statement,) = sqlglot.parse(text, read="bigquery")
        assert statement is not None
        assert "`my-project`.`risk`." in text
    with pytest.raises(rr.RelurulesError, match="'a`b' can't be a name in bigquery"):
        rr.emit(rules, "sql", dialect="bigquery", table="a`b")
