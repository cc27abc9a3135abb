"""Categories and filled numbers in every target, with values that fight back."""

import sqlite3
from collections.abc import Sequence

import duckdb
import networkx
import numpy as np
import pandas as pd
import pytest
from executed_targets import needs_program
from handmade import random_network

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.errors import DomainError
from relurules.ir import Graph, RuleSet

VALUES = (
    "it's",
    '"',
    "*/ int",
    "-- x",
    "{{ 1 }}",
    "größe",
    "A",
    "a",
    "true",
    "1",
    "",
    " pad ",
    "two\nlines",
    "\\",
)
NAME = "ko\"l'um {%"
COLUMNS = (
    Column("age", fill=41.5),
    Column(
        NAME,
        (*(Category((value,)) for value in VALUES[:-1]), Category((VALUES[-1],), missing=True)),
    ),
    Column("rank", (Category((1.0, 2.0)), Category((3.5,), missing=True), Category(other=True))),
)
NODE = needs_program("node")
TARGETS = [
    ("python", None),
    ("numpy", None),
    pytest.param("javascript", None, marks=NODE),
    ("c", None),
    ("sql", "sqlite"),
    ("sql", "duckdb"),
]


def make_text_rules(texts: Sequence[str], seed: int) -> RuleSet:
    """Of a network over an age, a column of texts, the last of which missing values count as, and
    one of codes.
    """
    known = (*(Category((text,)) for text in texts[:-1]), Category((texts[-1],), missing=True))
    columns = (COLUMNS[0], Column(NAME, known), COLUMNS[2])
    domain = rr.Domain.over(columns).bounded({"age": (18.0, 99.0)})
    model = Graph(
        domain.names, ("y0", "y1"), random_network(seed, d=len(domain), K=6), networkx.DiGraph(),
        columns=columns,
    )  # fmt: skip
    return rr.extract(model, domain=domain)


def rules() -> RuleSet:
    """A network of 6 neurons over an age, a column of strange categories and one of number
    categories.
    """
    domain = rr.Domain.over(COLUMNS).bounded({"age": (18.0, 99.0)})
    net = random_network(3, d=len(domain), K=4)
    return rr.extract(
        Graph(domain.names, ("y0", "y1"), net, networkx.DiGraph(), columns=COLUMNS), domain=domain
    )


def table() -> pd.DataFrame:
    """Every value with ages inside, outside and missing, and values that nobody knows."""
    values = [*VALUES, None, "unknown", "TRUE", "A "]
    ages, ranks = [30.0, None, 99.0, 17.0], [1.0, 2.0, 3.5, 9.0, None]
    rows = [
        (a, v, r)
        for i, v in enumerate(values)
        for a in ages
        for r in (ranks[i % 5], ranks[(i + 2) % 5])
    ]
    return pd.DataFrame(rows, columns=["age", NAME, "rank"]).astype({NAME: object})


@pytest.mark.parametrize("form", ["rules", "tree", "network"])
@pytest.mark.parametrize(("target", "dialect"), TARGETS)
def test_every_target_reads_raw_rows(target: str, dialect: str | None, form: str) -> None:
    if (target, form) == ("numpy", "rules"):
        pytest.skip("numpy has no form rules")
    made, rows = rules(), table()
    report = rr.verify(
        rr.emit(made, target, dialect=dialect, form=form, outside="null"), made, rows
    )
    assert report
    assert report.outside == int((made.apply(rows) == 0).sum())
    assert 0 < report.outside < len(rows)


@pytest.mark.parametrize(("target", "dialect"), TARGETS)
def test_networks_go_on_outside_the_domain(target: str, dialect: str | None) -> None:
    made, rows = rules(), table()
    report = rr.verify(rr.emit(made, target, dialect=dialect, form="network"), made, rows)
    assert report
    assert (
        0 < report.outside < int((made.apply(rows) == 0).sum())
    )  # what is missing and counts as nothing


def test_sql_on_tables_made_by_hand() -> None:
    made, rows = rules(), table()
    expected, number = made.predict(rows), made.apply(rows)
    with sqlite3.connect(":memory:") as connection:
        rows.to_sql("t", connection, index_label="id")
        found = pd.read_sql(
            str(rr.emit(made, "sql", table="t", key=["id"])), connection
        ).sort_values("id")
        connection.execute("UPDATE t SET age = 'forty'")
        text = pd.read_sql(str(rr.emit(made, "sql", table="t", key=["id"])), connection)
    assert found["rule"].tolist() == number.tolist()
    assert np.allclose(found[["y0", "y1"]].to_numpy(dtype=float), expected, equal_nan=True)
    assert (text["rule"] == 0).all()  # text is no missing number: it isn't filled
    with duckdb.connect(":memory:") as connection:
        frame = rows.reset_index(names="id")
        connection.register("frame", frame)
        connection.execute("CREATE TABLE t AS SELECT * FROM frame")
        connection.execute("UPDATE t SET age = 'nan' WHERE age IS NULL")
        sql = str(rr.emit(made, "sql", dialect="duckdb", table="t", key=["id"]))
        ordered = connection.execute(sql).df().sort_values("id")
    assert ordered["rule"].tolist() == number.tolist()
    assert np.allclose(ordered[["y0", "y1"]].to_numpy(dtype=float), expected, equal_nan=True)


def test_the_header_of_c_tells_the_codes() -> None:
    header = rr.emit(rules(), "c").files["score.h"]
    assert "NaN counts as 41.5" in header
    assert "0 = 1 or 2" in header
    assert "1 = 3.5 or missing, NaN too" in header
    assert "2 = any other value" in header


def test_documents_tell_the_categories() -> None:
    text = str(rr.emit(rules(), "text"))
    assert "rank is one of: 1 or 2; 3.5 or missing; any other value" in text
    assert "age: a missing value counts as 41.5" in text
    assert "[rank is 1 or 2]" in text or "[rank is 3.5 or missing]" in text
    assert "| rank | 1 or 2; 3.5 or missing; any other value |" in str(rr.emit(rules(), "markdown"))


def test_a_category_that_nothing_could_write() -> None:
    with pytest.raises(DomainError, match="holds a NUL character"):
        rr.Domain.over((Column("c", (Category(("a\0b",)), Category(("x",)))),))
