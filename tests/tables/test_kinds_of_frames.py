"""The same table of every library and type gives the same domain, rules and predictions."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from handmade import graph, random_network

import relurules as rr
from relurules.domain import Domain
from relurules.domain.columns import Column
from relurules.errors import DataError
from relurules.tables.table import read_column, read_table
from relurules.tracing.model_domain import resolve_domain_and_rows

AGES: list[int | None] = [31, 45, None, 62, 18, 27, 54, 39, 70, 23, 36, 48]
OWNERS: list[bool | None] = [True, None, False, True, True, False] * 2
CITIES: list[str | None] = ["b", "a", None, "c", "a", "b"] * 2
AMOUNTS = [1.5, 2.0, 0.25, 3.0, 4.5, 1.0, 2.5, 0.5, 1.75, 3.5, 2.25, 0.75]
NAMES = ("age", "owner", "city", "amount")
VALUES = dict(zip(NAMES, (AGES, OWNERS, CITIES, AMOUNTS), strict=True))


def pandas_frame(age: Any, owner: Any, city: Any) -> pd.DataFrame:
    kinds = {"age": age, "owner": owner, "city": city, "amount": "float64"}
    return pd.DataFrame({n: pd.Series(VALUES[n], dtype=kinds[n]) for n in NAMES})


def arrow_table(city: Any) -> Any:
    return pa.table({**VALUES, "city": city})


FRAMES: dict[str, Any] = {
    "pandas object": pandas_frame(object, object, object),
    "pandas nullable": pandas_frame("Int64", "boolean", "string"),
    "pandas Float64": pandas_frame("Float64", "boolean", "category"),
    "pandas float": pandas_frame(float, object, "str"),
    "pandas of arrow": pandas_frame("int64[pyarrow]", "bool[pyarrow]", "string[pyarrow]"),
    "pandas of arrow large": pandas_frame(
        "int32[pyarrow]", "bool[pyarrow]", pd.ArrowDtype(pa.large_string())
    ),
    "polars": pl.DataFrame(VALUES),
    "polars of 128 bits": pl.DataFrame(VALUES, schema_overrides={"age": pl.Int128}),
    "polars categorical": pl.DataFrame(VALUES, schema_overrides={"city": pl.Categorical}),
    "polars enum": pl.DataFrame(VALUES, schema_overrides={"city": pl.Enum(["c", "b", "a"])}),
    "arrow": arrow_table(CITIES),
    "arrow dictionary": arrow_table(pa.array(CITIES).dictionary_encode()),
    "arrow in chunks": pa.concat_tables([arrow_table(CITIES)[:5], arrow_table(CITIES)[5:]]),
}


def same(one: Domain, other: Domain) -> bool:
    arrays = ("lower", "upper", "integer", "normals", "bounds")
    return (one.names, one.columns, one.groups) == (other.names, other.columns, other.groups) and (
        all(np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays)
    )


@pytest.mark.parametrize("kind", FRAMES)
def test_same_domain_and_rows(kind: str) -> None:
    domain, frame = rr.Domain.from_data(FRAMES["pandas object"]), FRAMES[kind]
    found = rr.Domain.from_data(frame)
    assert same(found, domain)
    assert found.names[:2] == ("age", "owner")
    cities = ("city = 'a'", "city = 'b'", "city = 'c'", "city is missing")
    assert found.names[2:] == (*cities, "amount")
    assert np.array_equal(found.rows(frame), domain.rows(FRAMES["pandas object"]), equal_nan=True)
    assert np.array_equal(found.rows(frame)[:, 1], [1, np.nan, 0, 1, 1, 0] * 2, equal_nan=True)
    assert found.rows(frame)[:, 5].tolist() == [0, 0, 1, 0, 0, 0] * 2


@pytest.mark.parametrize("kind", FRAMES)
def test_same_rules_and_predictions(kind: str) -> None:
    model, frame = graph(random_network(3, 7, 5, 1)), FRAMES[kind]
    y = np.arange(12.0)
    due = rr.extract(model, data=FRAMES["pandas object"], y=y)
    rules = rr.extract(model, data=frame, y=read_column(frame["amount"], "amount").values + y)
    assert str(rr.emit(rules, "sql")) == str(rr.emit(due, "sql"))
    assert rules.evidence is not None
    assert due.evidence is not None
    assert rules.evidence.digest == due.evidence.digest
    predicted = due.predict(FRAMES["pandas object"])
    assert np.isfinite(predicted).any()
    assert np.array_equal(rules.predict(frame), predicted, equal_nan=True)
    assert np.array_equal(rules.apply(frame), due.apply(FRAMES["pandas object"]))
    assert rr.verify(rr.emit(rules, "python"), model, frame)
    assert rr.reached(model, frame, domain=rules.domain).rows == 12


@pytest.mark.parametrize("kind", FRAMES)
def test_same_column_by_column(kind: str) -> None:
    table = read_table(FRAMES[kind])
    assert (table.names, table.shape, table.named, len(table)) == (NAMES, (12, 4), True, 12)
    age, owner, city, amount = table.columns
    assert amount.kind == "number"
    assert age.entries == AGES
    assert owner.entries == [None if v is None else float(v) for v in OWNERS]
    assert city.entries == CITIES
    assert not city.numeric


@pytest.mark.parametrize(
    ("kind", "kinds"),
    {
        "pandas object": ("any", "any", "any", "number"),
        "pandas nullable": ("number", "boolean", "text", "number"),
        "pandas Float64": ("number", "boolean", "category", "number"),
        "polars": ("number", "boolean", "text", "number"),
        "polars enum": ("number", "boolean", "category", "number"),
        "arrow dictionary": ("number", "boolean", "category", "number"),
    }.items(),
)
def test_kinds(kind: str, kinds: tuple[str, ...]) -> None:
    assert tuple(column.kind for column in read_table(FRAMES[kind]).columns) == kinds


def test_responses_of_every_library() -> None:
    model = graph(random_network(3, 2, 5, 1))
    X, y = np.random.default_rng(0).uniform(size=(30, 2)), np.arange(30.0)
    due = rr.extract(model, data=X, y=y).evidence
    responses = (y.tolist(), pd.Series(y, dtype="Float64"), pl.Series(y), pa.chunked_array([y]))
    for response in responses:
        found = rr.extract(model, data=X, y=response).evidence
        assert due is not None
        assert found is not None
        assert found.metrics == due.metrics


def test_arrays_of_objects_keep_numbers_beside_text() -> None:
    for rows in ([["a", 1.5], ["b", 2.0]], np.array([["a", 1.5], ["b", 2.0]], dtype=object)):
        domain = rr.Domain.from_data(rows)
        assert domain.columns[1] == Column("x1")
        assert domain.rows(rows).tolist() == [[1.0, 0.0, 1.5], [0.0, 1.0, 2.0]]


def test_masked_arrays() -> None:
    masked = np.ma.masked_array([[1.0, 2.0], [3.0, 4.0]], [[False, True], [False, False]])
    domain = rr.Domain.box([0, 0], [9, 9])
    assert np.array_equal(domain.rows(masked), [[1.0, np.nan], [3.0, 4.0]], equal_nan=True)


def test_columns_that_nobody_reads_are_never_converted() -> None:
    class Frame:
        columns = ("a", "b")

        def __getitem__(self, name: str) -> Any:
            return pd.Series([1.0, 2.0]) if name == "a" else pd.Series([b"x", object()])

        def __len__(self) -> int:
            return 2

    assert rr.Domain.box([0], [9], ["a"]).rows(Frame()).tolist() == [[1.0], [2.0]]


def test_two_columns_of_one_name_are_refused_where_they_are_read() -> None:
    frame = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"])
    assert rr.Domain.box([0], [9], ["b"]).rows(frame).tolist() == [[2.0]]
    with pytest.raises(DataError, match="more than one column 'a'"):
        rr.Domain.box([0], [9], ["a"]).rows(frame)


def test_a_table_is_encoded_once() -> None:
    model = graph(random_network(3, 7, 5, 1))
    table = read_table(FRAMES["polars"])
    assert read_table(table) is table
    domain, rows = resolve_domain_and_rows(model, None, table)
    assert domain.rows(table) is rows
    assert list(table.encodings) == [domain.columns]


def test_extract_converts_every_column_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from relurules.tables import table as module

    seen: list[Any] = []
    read = module._read_source

    def note(source: Any, kind: Any) -> Any:
        seen.append(source)
        return read(source, kind)

    monkeypatch.setattr(module, "_read_source", note)
    frame = FRAMES["pandas nullable"]
    rr.extract(graph(random_network(3, 7, 5, 1)), data=frame)
    assert len(seen) == 4


def test_dates_are_no_numbers() -> None:
    frame = pd.DataFrame({"a": pd.to_datetime(["2020-01-01"]).astype("datetime64[ns]")})
    with pytest.raises(DataError, match=r"column 'a', row 0: Timestamp\(.* is no number"):
        rr.Domain.box([0], [1], ["a"]).rows(frame)
