"""Every dialect that can be run here, in its engine, with rows that other tools get wrong."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlglot
from handmade import network, random_network, rows_in, rules_of
from sqls import EXECUTED, FORMS, NOT_EXECUTED, QUICK, errors_of, load, need, scored

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.emitting.sql.dialects import DIALECTS
from relurules.errors import InputError, UnsupportedError
from relurules.ir import Graph, Head, RuleSet

NAN, INF = float("nan"), float("inf")
HOSTILE = np.array(
    [
        [NAN, 0],
        [0, NAN],
        [INF, 0],
        [0, -INF],
        [1e308, 1e308],
        [-1e308, 1e308],
        [1.5, 0],
        [1e-320, -1e-320],
        [1e-160, 1e-160],
        [-0.0, -0.0],
        [0.0, 0.0],
        [1, 1],
        [-1, -1],
        [1, -1],
        [np.nextafter(1, 2), 0],
    ]
)
LINKS = [
    Head("sigmoid", (0,)),
    Head("complement", (0,)),
    Head("softmax", (0, 1)),
    Head("softmax", (0, 1), 1),
    Head("log_softmax", (0, 1)),
    Head("argmax", (0, 1)),
]


@pytest.fixture(scope="module")
def odd() -> RuleSet:
    """Five neurons of all kinds of slopes, skip connections, an inequality."""
    return rules_of(
        random_network(3, K=5), rr.Domain.box([-1, -1], [1, 1], ["a", "b"]).where("a + b <= 1.5")
    )


@pytest.fixture(scope="module")
def linked() -> RuleSet:
    """Scores from -2000 to 2000 behind every link."""
    net = network([[1000, 0], [0, 1000]], [0, 0], [[1, -1], [1, 1]], slope=[-1, 0.5])
    return rules_of(
        net, rr.Domain.box([-1, -1], [1, 1], ["a", "b"]), [f"o{i}" for i in range(6)], LINKS
    )


def rows_of(rules: RuleSet) -> np.ndarray[Any, Any]:
    return np.vstack([rows_in(rules.domain, 60), [rule.point for rule in rules], HOSTILE])


@pytest.mark.parametrize("engine", EXECUTED)
@pytest.mark.parametrize("form", FORMS)
def test_every_form(form: str, engine: str, odd: RuleSet) -> None:
    need(engine)
    rows = rows_of(odd)
    report = rr.verify(
        rr.emit(odd, "sql", dialect=engine, form=form, outside="null", key=["id"]), odd, rows
    )
    assert report
    assert report.outside == (~odd.domain.contains(rows)).sum() > 5
    assert report.relative < 1e-12


@pytest.mark.parametrize("engine", EXECUTED)
def test_links_of_scores_that_overflow(engine: str, linked: RuleSet) -> None:
    """exp(800) and exp(-800) end a whole query in PostgreSQL."""
    need(engine)
    rows = np.vstack([rows_in(linked.domain, 100), HOSTILE[:7], HOSTILE[9:]])
    assert rr.verify(
        rr.emit(linked, "sql", dialect=engine, form="network", key=["id"]), linked, rows
    )


@pytest.mark.parametrize("engine", QUICK)
def test_exp_and_expm1(engine: str) -> None:
    """Where an engine has no infinity, there is no number."""
    need(engine)
    net = network([[1, 1]], [0], [[500], [1]])
    rules = rules_of(
        net, rr.Domain.box([-1, -1], [1, 1]), ["e", "m"], [Head("exp", (0,)), Head("expm1", (1,))]
    )
    X = rows_in(rules.domain, 50)
    with np.errstate(over="ignore"):
        X = X[X.sum(axis=1) < 1.4] if engine == "mariadb" else np.vstack([X, [[1, 1]]])
        assert rr.verify(rr.emit(rules, "sql", dialect=engine, key=["id"]), rules, X)
        ((infinite, _, rule),) = scored(
            engine,
            str(rr.emit(rules, "sql", dialect=engine)),
            [("x0", False), ("x1", False)],
            [(1.0, 1.0)],
        )
    assert infinite == (None if engine == "mariadb" else INF)
    assert rule != 0


@pytest.mark.parametrize("engine", QUICK)
def test_unbounded_domain(engine: str) -> None:
    need(engine)
    rules = rules_of(random_network(5, K=4))
    X = np.vstack(
        [np.random.default_rng(0).normal(size=(30, 2)) * 1e6, [[NAN, 1], [INF, 1], [1e90, -1e80]]]
    )
    report = rr.verify(rr.emit(rules, "sql", dialect=engine, form="network", key=["id"]), rules, X)
    assert report
    assert report.outside == 2


NAMES = [
    'say "hi"',
    "it's",
    "back`tick",
    "brackets]]",
    ("semi; DROP TABLE input_data; --"),
    "/* c */",
    "back\\slash",
    "a.b",
    "Größe 年",
    "select",
    "rule_",
    "true",
    " lead",
    "tab\there",
    "line\nend",
    ("%s {x} {{y}} $1 :z ?"),
    "x" * 60,
    "rr_x0",
    "rr_input",
    "\\'",
    "0",
    "$(x) &y @z #w",
]


@pytest.mark.parametrize("engine", EXECUTED)
def test_any_name(engine: str) -> None:
    """As feature, and as output and key of the same kind; our own names step aside."""
    need(engine)
    names = [name for name in NAMES if engine != "mariadb" or not name.startswith(" ")]
    d = len(names)
    net = network(np.eye(d)[[0, 5]], [0.1, -0.2], np.ones((2, 2)), C=np.arange(2 * d).reshape(2, d))
    outputs = ["out of rr_x0 \"'`\\", "b;--"]
    rules = rules_of(net, rr.Domain.box([-1] * d, [1] * d, names), outputs)
    artifact = rr.emit(
        rules,
        "sql",
        dialect=engine,
        form="network",
        table="t\"'`; x",
        key=["rr_key0 '`\"", names[3]],
    )
    assert rr.verify(artifact, rules, rows_in(rules.domain, 5))


@pytest.mark.parametrize("engine", QUICK)
def test_outputs_that_are_called_like_features(engine: str) -> None:
    """ClickHouse reads an alias of the same SELECT before a column."""
    need(engine)
    rules = rules_of(
        random_network(2, K=3), rr.Domain.box([-1, -1], [1, 1], ["a", "b"]), ["b", "a"]
    )
    for form in FORMS:
        assert rr.verify(
            rr.emit(rules, "sql", dialect=engine, form=form, key=["id"]),
            rules,
            rows_in(rules.domain, 9),
        )


@pytest.mark.parametrize(
    ("dialect", "name", "said"),
    [
        ("postgres", "x" * 64, "at most 63 bytes"),
        ("postgres", "é" * 32, "at most 63 bytes"),
        ("redshift", "x" * 128, "at most 127 bytes"),
        ("mysql", "x" * 65, "at most 64 characters"),
        ("mariadb", "smile \U0001f600", "characters that match"),
        ("mysql", " lead", "characters that match"),
        ("mysql", "trail ", "characters that match"),
        ("spark", "${spark.app.name}", "no '${'"),
        ("bigquery", "a b", "characters that match"),
        ("oracle", 'a"b', "characters that match"),
        ("sqlite", "", "empty"),
        ("clickhouse", "nul\0", "NUL"),
    ],
)
def test_names_that_an_engine_cannot_have(dialect: str, name: str, said: str) -> None:
    net = network([[1, 1]], [0], [[1]])
    with pytest.raises((InputError, UnsupportedError)) as raised:
        rr.emit(rules_of(net, rr.Domain.box([0, 0], [1, 1], [name, "b"])), "sql", dialect=dialect)
    assert said in str(raised.value)
    with pytest.raises(InputError):
        rr.emit(rules_of(net), "sql", dialect=dialect, key=[name])


@pytest.mark.parametrize("engine", QUICK)
def test_200_characters_where_an_engine_has_them(engine: str) -> None:
    need(engine)
    name = "x" * 200
    rules = rules_of(network([[1, 1]], [0], [[1]]), rr.Domain.box([0, 0], [1, 1], [name, "b"]))
    if engine in ("postgres", "mariadb"):
        with pytest.raises(InputError, match="at most 6"):
            rr.emit(rules, "sql", dialect=engine)
    else:
        assert rr.verify(rr.emit(rules, "sql", dialect=engine), rules, rows_in(rules.domain, 5))


TEXTS = [
    "Male",
    "male ",
    "it's",
    "back\\slash",
    "\\' OR 1=1 --",
    'q"`',
    "",
    "Größe 年",
    "%s",
    "a\nb",
]


def categories() -> RuleSet:
    kind = Column(
        "kind", (*(Category((value,)) for value in TEXTS), Category((), missing=True, other=True))
    )
    size = Column("size", (Category((1.0, 2.0)), Category((3.5,), missing=True), Category((-0.0,))))
    columns = (kind, size, Column("age", fill=41.5))
    domain = rr.Domain.over(columns)
    d = len(domain)
    net = network(np.linspace(-1, 1, d)[None], [0.1], [[2]], C=np.arange(d)[None])
    import networkx

    return rr.extract(Graph(domain.names, ("y0",), net, networkx.DiGraph(), columns=columns))


@pytest.mark.parametrize("engine", EXECUTED)
def test_categories(engine: str) -> None:
    """Compared byte by byte: MySQL would take 'male' for 'Male ', and a backslash for nothing."""
    need(engine)
    kinds = [*TEXTS, None, "MALE", "Male ", "male", "x" * 50, "NULL"]
    frame = pd.DataFrame(
        {
            "kind": pd.Series(kinds, dtype=object),
            "size": [1.0, 2.0, 3.5, NAN, 4.0, 0.0] + [1.0] * (len(kinds) - 6),
            "age": [1.0, NAN] + [30.0] * (len(kinds) - 2),
        }
    )
    rules = categories()
    report = rr.verify(
        rr.emit(rules, "sql", dialect=engine, form="network", key=["id"]), rules, frame
    )
    assert report
    assert report.outside == 1  # a size of 4 is none of the categories


def test_a_category_that_an_engine_cannot_read() -> None:
    with pytest.raises(InputError, match="empty category"):
        rr.emit(categories(), "sql", dialect="oracle")


@pytest.mark.parametrize("engine", QUICK)
def test_whole_and_decimal_columns(engine: str, odd: RuleSet) -> None:
    need(engine)
    table = {
        "clickhouse": (
            "CREATE TABLE t (a Nullable(Int32), b Nullable(Decimal(18, 6))) ENGINE = Memory"
        )
    }.get(engine, "CREATE TABLE t (a INTEGER, b DECIMAL(18, 6))")
    from relurules.verifying.databases import OPEN

    for form in FORMS:
        with OPEN[engine]() as database:
            database.execute(table)
            database.execute("INSERT INTO t VALUES (1, -0.123456), (0, NULL), (-1, 0.1)")
            rows = database.execute(str(rr.emit(odd, "sql", dialect=engine, form=form, table="t")))
            if engine == "clickhouse":
                database.execute("DROP TABLE t")
        expected = odd.predict(np.array([[1, -0.123456], [0, NAN], [-1, 0.1]]))
        assert np.array([row[:2] for row in rows], dtype=float) == pytest.approx(
            expected, rel=1e-12, nan_ok=True
        )


@pytest.mark.parametrize("engine", QUICK)
def test_clamp(engine: str) -> None:
    need(engine)
    rules = rules_of(random_network(3, K=5), rr.Domain.box([-1, -0.5], [1, INF], ["a", "b"]))
    artifact = rr.emit(rules, "sql", dialect=engine, form="network", key=["id"], outside="clamp")
    rows = np.vstack(
        [
            rows_in(rr.Domain.box([-3, -3], [3, 3]), 30),
            [[NAN, 0], [0, NAN], [9, -9], [INF, 0], [0, -INF]],
        ]
    )
    report = rr.verify(artifact, rules, rows)
    assert report
    assert report.outside == 4
    assert (
        rr.verify(
            rr.emit(rules, "sql", dialect=engine, outside="null", key=["id"]), rules, rows
        ).outside
        > 10
    )


@pytest.mark.parametrize("engine", QUICK)
@pytest.mark.parametrize("missing", ["propagate", "error"])
def test_missing(missing: str, engine: str, odd: RuleSet) -> None:
    need(engine)
    sql = str(rr.emit(odd, "sql", dialect=engine, missing=missing))
    types = [("a", False), ("b", False)]
    whole = [(0.5, 0.5), (0.1, 7.0)]
    assert len(scored(engine, sql, types, list(whole))) == 2
    rows: list[tuple[object, ...]] = [*whole, (None, 0.5)]
    if missing == "propagate":
        assert scored(engine, sql, types, rows)[2][:2] == (None, None)
    else:
        with pytest.raises(errors_of(engine)):
            scored(engine, sql, types, rows)


def test_impute(odd: RuleSet) -> None:
    rr.emit(categories_with_fills(), "sql", missing="impute")
    with pytest.raises(InputError, match="no constant for 'a', 'b'"):
        rr.emit(odd, "sql", missing="impute")


def categories_with_fills() -> RuleSet:
    columns = (Column("a", fill=1.0), Column("b", fill=2.0))
    domain = rr.Domain.over(columns)
    import networkx

    net = network([[1, 1]], [0], [[1]])
    return rr.extract(Graph(domain.names, ("y0",), net, networkx.DiGraph(), columns=columns))


@pytest.mark.parametrize("dialect", NOT_EXECUTED)
def test_dialects_that_are_not_executed_here_can_be_read(
    dialect: str, odd: RuleSet, linked: RuleSet
) -> None:
    assert set(DIALECTS) == {*NOT_EXECUTED, "mysql", *EXECUTED}
    for rules in (odd, linked):
        for form in FORMS:
            text = str(
                rr.emit(rules, "sql", dialect=dialect, form=form, key=["id"], table="my_table")
            )
            assert "not executed here" in text
            (statement,) = sqlglot.parse(text, read=dialect)
            assert statement is not None
            assert statement.find(sqlglot.exp.Command) is None
            assert [column.alias for column in statement.selects] == ["id", *rules.outputs, "rule"]


@pytest.mark.parametrize("engine", EXECUTED)
def test_dialects_that_are_executed_do_not_say_otherwise(engine: str, odd: RuleSet) -> None:
    assert "not executed" not in str(rr.emit(odd, "sql", dialect=engine))


def test_a_table_without_rows(odd: RuleSet) -> None:
    from relurules.verifying.databases import OPEN

    for engine in ("sqlite", "duckdb"):
        with OPEN[engine]() as database:
            load(database, [("a", False), ("b", False)], [])
            assert database.execute(str(rr.emit(odd, "sql", dialect=engine))) == []
