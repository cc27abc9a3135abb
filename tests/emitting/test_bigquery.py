"""The function of BigQuery: its statement as a parser of SQL reads it, its body in Node.js."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlglot
from executed_targets import require_program
from handmade import graph, layered, network, random_network, rows_in, rules_of
from hostile_additive import HEADS, make_hostile, make_rows
from test_raw_columns import NAME, VALUES, make_text_rules

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.errors import CheckError, InputError, UnsupportedError
from relurules.ir import Artifact, RuleSet
from relurules.ir.class_labels import make_labels
from relurules.verifying import nodejs
from relurules.verifying.engines import run_artifact

#: Ends of texts, comments, statements, and of the quotation that the body stands in.
HOSTILE = ('"""', "a\\", '\\"""; DROP TABLE x; --', "*/ //", "\u2028", "${x}", "'''", "`")


@pytest.fixture(autouse=True)
def node() -> None:
    require_program("node")


def read_body(artifact: Artifact) -> str:
    """The body as a parser of BigQuery's SQL takes it."""
    (statement,) = sqlglot.parse(str(artifact), read="bigquery")
    assert isinstance(statement, sqlglot.exp.Create)
    assert statement.kind == "FUNCTION"
    assert statement.find(sqlglot.exp.Command) is None
    body = statement.expression
    assert isinstance(body, sqlglot.exp.RawString)
    return str(body.this)


@pytest.mark.parametrize("link", list(HEADS))
def test_hostile_lines(link: str) -> None:
    rules = make_hostile(link, seed=3, groups=(2,))
    columns = ["outputs", "lines"] + (["class"] if link in ("two", "pair") else [])
    artifact = rr.emit(rules, "bigquery", columns=columns)
    report = rr.verify(artifact, rules, make_rows(rules, count=20))
    assert report, report
    assert report.relative < 1e-12
    found = nodejs._STATEMENT.search(str(artifact))
    assert found is not None
    assert read_body(artifact) == found["body"]


@pytest.mark.parametrize(
    ("form", "outside"),
    [("rules", "null"), ("tree", "clamp"), ("network", "null"), ("network", "exact")],
)
def test_texts_and_codes_in_every_form(form: str, outside: str) -> None:
    rules = make_text_rules([value for value in VALUES if value], 6)
    rows = pd.DataFrame(
        [
            (age, value, rank)
            for value in [*VALUES, None, "unknown"]
            for age in (30.0, None, 99.0, float(np.nextafter(99.0, 100.0)), np.inf)
            for rank in (1.0, 3.5, None)
        ],
        columns=["age", NAME, "rank"],
    ).astype({NAME: object})
    asked: dict[str, Any] = {"form": form, "outside": outside, "columns": ["outputs", "rule"]}
    assert rr.verify(rr.emit(rules, "bigquery", **asked), rules, rows)


def test_contributions_reasons_and_points() -> None:
    """Of both kinds of rules, with NULL where a row has none."""
    domain = rr.Domain.box([-1, -1], [1, 1], ["income", "age"])
    rows = np.vstack([rows_in(domain, 40), [[np.nan, 0], [5, 0], [0, 0], [1, 1]]])
    model = graph(network(np.eye(2)[[0, 0, 1]], [0.3, -0.7, 0.1], [[1.0, -2.0, 0.5]]))
    columns = ["outputs", "contributions", "reasons"]
    for form in ("partition", "additive"):
        rules = rr.extract(model, domain=domain, form=form)
        artifact = rr.emit(rules, "bigquery", columns=columns)
        assert rr.verify(artifact, rules, rows)
        worse = replace(artifact, files={
            name: text.replace('"income",\n', '"age",\n') for name, text in artifact.texts.items()
        })  # fmt: skip
        assert not rr.verify(worse, rules, rows)


@pytest.mark.parametrize("kind", [str, bool, int])
def test_labels_as_they_are(kind: type) -> None:
    domain = rr.Domain.box([-1, -1], [1, 1])
    labels = {str: HOSTILE, bool: (False, True), int: (1, 2)}[kind]
    net = random_network(1, d=2, m=len(labels))
    model = graph(net, [f"o{i}" for i in range(len(labels))])
    rules = rr.extract(replace(model, labels=make_labels(labels)), domain=domain, form="additive")
    rows = np.vstack([rows_in(domain, 60), [[np.nan, 0]]])
    artifact = rr.emit(rules, "bigquery", columns=["outputs", "class"])
    assert rr.verify(artifact, rules, rows)
    _, ran = run_artifact(artifact, rows)
    assert ran.classes is not None
    assert np.isnan(ran.classes[-1])
    body = read_body(artifact)
    assert '"""' not in body
    assert f"`class` {({str: 'STRING', bool: 'BOOL', int: 'FLOAT64'})[kind]}>" in str(artifact)


def test_comments_end_nothing() -> None:
    columns = (Column('a """ b'), Column("c", (Category(('"""',)), Category(other=True))))
    rules = rules_of(random_network(2, d=3), rr.Domain.over(columns))
    rows = pd.DataFrame({'a """ b': [0.0, 1.0, None], "c": ['"""', "x", None]})
    assert rr.verify(rr.emit(rules, "bigquery"), rules, rows)


def test_a_result_of_another_type_is_found() -> None:
    rules = make_hostile("two")
    artifact = rr.emit(rules, "bigquery")
    text = str(artifact).replace("orNull(given", "(given")
    with pytest.raises(CheckError, match="o0 is no FLOAT64: NaN"):
        rr.verify(replace(artifact, files={"f.sql": text}), rules, make_rows(rules, count=5))
    with pytest.raises(CheckError, match="holds no CREATE FUNCTION"):
        rr.verify(replace(artifact, files={"f.sql": ""}), rules, make_rows(rules, count=5))


def test_the_function_has_a_name_and_a_dataset() -> None:
    rules = make_hostile("two")
    text = str(rr.emit(rules, "bigquery", name="my-project.risk.score"))
    assert "FUNCTION `my-project`.`risk`.`score`(x_age FLOAT64, x_line_1 STRING, " in text
    assert "-- SELECT `my-project`.`risk`.`score`(CAST(`age` AS FLOAT64), `line_1`, " in text
    with pytest.raises(InputError, match="can't be a name in bigquery"):
        rr.emit(rules, "bigquery", name="a`b")


def test_what_bigquery_has_not() -> None:
    rules: Any = make_hostile("two")
    with pytest.raises(InputError, match="'contribution_from age' can't be a name in bigquery"):
        rr.emit(rules, "bigquery", columns=["outputs", "contributions"])
    two = rules_of(random_network(1, m=2), rr.Domain.box([0, 0], [1, 1]), ["a", "A"])
    with pytest.raises(InputError, match="doesn't tell apart the results 'a', 'A'"):
        rr.emit(two, "bigquery")
    wide = rr.extract(
        graph(layered(0, 100, [20], 1)), domain=rr.Domain.box([0] * 100, [1] * 100),
        form="additive",
    )  # fmt: skip
    with pytest.raises(UnsupportedError, match="BigQuery takes 32,768 in a statement"):
        rr.emit(wide, "bigquery")
    mixed = (Column("c", (Category(("a",)), Category((1.0,)))),)
    other: RuleSet = rules_of(random_network(1, d=2), rr.Domain.over(mixed))
    with pytest.raises(UnsupportedError, match="an argument holds one kind"):
        rr.emit(other, "bigquery")
