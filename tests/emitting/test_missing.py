"""Missing values, infinite ones, text, and rows outside: NULL or NaN outputs and rule 0, in every
form and engine.
"""

import math
import sqlite3
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pytest
from executed_targets import require_target
from handmade import Array, by_hand, network, rules_of

import relurules as rr
from relurules.ir import Artifact, Network

NAN, INF = math.nan, math.inf
ENGINES = [("python", None), ("c", None), ("sql", "sqlite"), ("sql", "duckdb")]
FORMS = ("rules", "tree", "network")
NET = network([[1, 1], [1, -1]], [0.1, 0], [[1, 2], [-1, 1]], C=[[0, 1], [2, 0]])
DOMAIN = rr.Domain.box([-1, -1], [1, 1], ["a", "b"]).where("a + b <= 1.5")
ODD = np.array(
    [
        [NAN, 0],
        [0, NAN],
        [NAN, NAN],
        [INF, 0],
        [0, INF],
        [-INF, 0],
        [0, -INF],
        [1.01, 0],
        [0, -1.01],
        [1, 1],
    ]
)


def score(artifact: Artifact) -> Any:
    module: dict[str, Any] = {}
    exec(str(artifact), module)
    return module["score"]


def in_sqlite(
    artifact: Artifact,
    rows: list[tuple[Any, ...]],
    columns: str = "a, b, id",
    table: str = "input_data",
) -> Any:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(f"CREATE TABLE {table} ({columns})")
        connection.executemany(
            f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows
        )
        return connection.execute(str(artifact)).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize(("target", "dialect"), ENGINES)
@pytest.mark.parametrize("form", FORMS)
def test_rows_without_a_rule(form: str, target: str, dialect: str | None) -> None:
    rules = rules_of(NET, DOMAIN)
    X = np.vstack([ODD, [[0.5, 0.5], [-1, -1]]])
    report = rr.verify(rr.emit(rules, target, form=form, dialect=dialect, outside="null"), rules, X)
    assert report
    assert report.outside == len(ODD)


@pytest.mark.parametrize(("target", "dialect"), ENGINES)
@pytest.mark.parametrize("form", FORMS)
def test_unbounded_domain_and_a_feature_that_nothing_reads(
    form: str, target: str, dialect: str | None
) -> None:
    net = network([[1, 0]], [0], [[1]])
    rules = rules_of(net)
    X = np.vstack([ODD[:7], [[1e300, -1e300], [-5, 7]]])
    report = rr.verify(rr.emit(rules, target, form=form, dialect=dialect, outside="null"), rules, X)
    assert report
    assert report.outside == 7


@pytest.mark.parametrize(("target", "dialect"), ENGINES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("budget", [1, 2, 3])
def test_rows_that_the_search_did_not_reach(
    budget: int, form: str, target: str, dialect: str | None
) -> None:
    rules = rules_of(NET, DOMAIN, max_regions=budget)
    X = np.random.default_rng(0).uniform(-1, 1, (100, 2))
    expected = int((rules.apply(X) == 0).sum())
    assert 0 < expected < 100
    report = rr.verify(rr.emit(rules, target, form=form, dialect=dialect, outside="null"), rules, X)
    assert report
    assert report.outside == expected


@pytest.mark.parametrize(("target", "dialect"), [*ENGINES, ("numpy", None), ("javascript", None)])
def test_clamping_makes_no_number_of_an_infinity(target: str, dialect: str | None) -> None:
    """Whether the side is closed or open."""
    require_target(target)
    rules = rules_of(NET, rr.Domain.box([-1, -1], [1, INF], ["a", "b"]))
    artifact = rr.emit(rules, target, form="network", dialect=dialect, outside="clamp")
    X = np.array([[INF, 0], [-INF, 0], [0, INF], [0, -INF], [NAN, 0], [9, -9], [-1e300, 0.5]])
    report = rr.verify(artifact, rules, X)
    assert report
    assert report.outside == 5


@pytest.mark.parametrize("form", FORMS)
def test_python_score_by_hand(form: str) -> None:
    call = score(rr.emit(rules_of(NET, DOMAIN), "python", form=form))
    for a in (0.5, np.float32(0.5), Decimal("0.5")):
        found = call({"a": a, "b": 0, "more": "text"})
        assert [found["y0"], found["y1"]] == pytest.approx(by_hand(NET, [0.5, 0.0])[1])
        assert found["rule"] > 0
    for missing in (None, NAN, np.float64(NAN), INF):
        found = call({"a": missing, "b": 0})
        assert found["rule"] == 0
        assert math.isnan(found["y0"])
        assert math.isnan(found["y1"])


@pytest.mark.parametrize("value", ["0.5", "", "abc", b"0.5"])
def test_python_score_refuses_text(value: Any) -> None:
    with pytest.raises(TypeError, match="'a' must be a number"):
        score(rr.emit(rules_of(NET, DOMAIN), "python"))({"a": value, "b": 0})


def test_python_score_names_a_missing_feature() -> None:
    with pytest.raises(KeyError, match="b"):
        score(rr.emit(rules_of(NET, DOMAIN), "python"))({"a": 1})


@pytest.mark.parametrize("form", FORMS)
def test_text_in_sqlite_is_no_number(form: str) -> None:
    rows = [(value, 0, i) for i, value in enumerate(["0.5 apples", "", b"1", None, INF])]
    artifact = rr.emit(rules_of(NET, DOMAIN), "sql", form=form, key=["id"])
    assert in_sqlite(artifact, rows) == [(i, None, None, 0) for i in range(len(rows))]


@pytest.mark.parametrize("form", FORMS)
def test_text_that_spells_a_number_in_sqlite_is_that_number(form: str) -> None:
    artifact = rr.emit(rules_of(NET, DOMAIN), "sql", form=form)
    for kinds in ("a TEXT, b TEXT, id", "a, b, id", "a BLOB, b NUMERIC, id"):
        ((y0, y1, rule),) = in_sqlite(artifact, [("0.5", "-2.5e-1", 0)], kinds)
        assert [y0, y1] == pytest.approx(by_hand(NET, [0.5, -0.25])[1])
        assert rule > 0


@pytest.mark.parametrize("form", FORMS)
def test_whole_numbers_in_sqlite_are_numbers(form: str) -> None:
    artifact = rr.emit(rules_of(NET, DOMAIN), "sql", form=form)
    ((y0, y1, rule),) = in_sqlite(artifact, [(1, -1, 0)], "a INTEGER, b INTEGER, id")
    assert [y0, y1] == pytest.approx(by_hand(NET, [1.0, -1.0])[1])
    assert rule > 0


def test_a_table_that_lacks_a_feature_is_an_error_in_sqlite() -> None:
    """SQLite reads a quoted name that is no column as text, which would make every row rule 0
    without a word.
    """
    artifact = rr.emit(rules_of(NET, DOMAIN), "sql")
    with pytest.raises(sqlite3.OperationalError, match="b"):
        in_sqlite(artifact, [(0.5, 1)], "a, id")


def test_a_table_that_lacks_a_key_is_an_error_in_sqlite() -> None:
    artifact = rr.emit(rules_of(NET, DOMAIN), "sql", key=["customer"])
    with pytest.raises(sqlite3.OperationalError, match="customer"):
        in_sqlite(artifact, [(0.5, 0.5, 1)])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["DOUBLE", "FLOAT", "DECIMAL(18, 6)", "INTEGER", "BOOLEAN"])
def test_column_types_of_duckdb(kind: str, form: str) -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"CREATE TABLE input_data (a {kind}, b {kind})")
        connection.execute("INSERT INTO input_data VALUES (1, 0), (NULL, 0), (0, NULL)")
        rows = connection.execute(
            str(rr.emit(rules_of(NET, DOMAIN), "sql", dialect="duckdb", form=form))
        ).fetchall()
    assert rows[0][:2] == pytest.approx(by_hand(NET, [1.0, 0.0])[1])
    assert rows[1:] == [(None, None, 0), (None, None, 0)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("unbounded", [False, True])
def test_nan_in_duckdb_is_missing(unbounded: bool, form: str) -> None:
    rules = rules_of(NET, rr.Domain.unbounded(["a", "b"]) if unbounded else DOMAIN)
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE TABLE input_data (a DOUBLE, b DOUBLE)")
        connection.execute(
            "INSERT INTO input_data VALUES ('nan', 0), (0, 'nan'), ('inf', 0), (0, '-inf')"
        )
        rows = connection.execute(
            str(rr.emit(rules, "sql", dialect="duckdb", form=form))
        ).fetchall()
    assert rows == [(None, None, 0)] * 4


@pytest.mark.parametrize("form", FORMS)
def test_key_columns_are_kept_whatever_they_hold(form: str) -> None:
    artifact = rr.emit(rules_of(NET, DOMAIN), "sql", form=form, key=["id", "b", "note"])
    rows = [(0.5, 0.25, 7, "x"), (NAN, "text", None, None), (0.5, 99, "k", b"\x00")]
    found = in_sqlite(artifact, rows, "a, b, id, note")
    assert [row[:3] for row in found] == [(7, 0.25, "x"), (None, "text", None), ("k", 99, b"\x00")]
    assert [row[-1] > 0 for row in found] == [True, False, False]


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
@pytest.mark.parametrize("key", [["id"], ["b"], ["b", "a"], ["id", "a", "other"], ["A2", "id"]])
def test_verify_with_keys(key: list[str], dialect: str) -> None:
    rules = rules_of(NET, DOMAIN)
    X: Array = np.vstack([np.random.default_rng(0).uniform(-1, 1, (60, 2)), ODD[:3]])
    artifact = rr.emit(rules, "sql", dialect=dialect, key=key)
    assert rr.verify(artifact, rules, X)
    assert rr.verify(artifact, rules, X, dialect)


def test_columns_come_as_promised() -> None:
    artifact = rr.emit(
        rules_of(NET, DOMAIN, outputs=["low", "high"]), "sql", key=["id"], table="other"
    )
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE other (id, b, a)")
    cursor = connection.execute(str(artifact))
    assert [column[0] for column in cursor.description] == ["id", "low", "high", "rule"]
    connection.close()


def zero_readout() -> Network:
    return network([[1, 0], [0, 1]], [0, 0], [[1, 0]])


@pytest.mark.parametrize(("target", "dialect"), ENGINES)
@pytest.mark.parametrize("form", FORMS)
def test_one_rule_and_merged_rules(form: str, target: str, dialect: str | None) -> None:
    X = np.random.default_rng(0).uniform(-1, 1, (20, 2))
    affine = network(np.empty((0, 2)), [], np.empty((1, 0)), C=[[1, -2]], c=[0.5])
    for net in (affine, zero_readout()):
        rules = rules_of(net, DOMAIN)
        assert rr.verify(
            rr.emit(rules, target, form=form, dialect=dialect, outside="null"), rules, X
        )
