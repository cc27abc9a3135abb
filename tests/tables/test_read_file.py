"""Files as frames of typed columns."""

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from relurules.errors import DataError
from relurules.tables.column_types import ColumnType, TableSchema
from relurules.tables.read_file import infer_file_schema, read_file
from relurules.tables.read_options import MISSING_BEFORE, ReadOptions
from relurules.tables.table_format import TableFormat


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pd.DataFrame({
        "n": [1, 2, 3], "gap": [1.5, None, 2.0], "yes": [True, False, True],
        "maybe": pd.array([True, None, False], dtype="boolean"),
        "word": ["01", "", None], "kind": pd.Categorical(["a", None, "b"]),
        "day": [datetime.date(2000, 1, 2), None, datetime.date(2001, 1, 1)],
    }).to_parquet(path)  # fmt: skip
    table = read_file(path)
    kinds = [column.kind for column in table.schema.columns.values()]
    assert kinds == ["number", "number", "boolean", "boolean", "category", "category", "date"]
    frame = table.frame
    assert frame["yes"].dtype == bool
    assert frame["maybe"].tolist()[::2] == [1.0, 0.0]
    assert frame["word"].tolist()[:2] == ["01", ""]
    assert frame["word"].isna().sum() == frame["kind"].isna().sum() == 1
    assert frame["day_days_since_2000_01_01"].tolist()[::2] == [1.0, 366.0]
    coded = TableSchema(columns={"n": ColumnType(kind="code")})
    assert read_file(path, ReadOptions(schema=coded)).frame["n"].tolist() == ["1", "2", "3"]
    numbers = TableSchema(columns={"kind": ColumnType(kind="number")})
    with pytest.raises(DataError, match=r"row 0: column 'kind': found 'a', expected a number"):
        read_file(path, ReadOptions(schema=numbers))


def test_kinds_that_are_said_are_obeyed(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b,c\n1,x,31.01.2020\n,y,\n")
    schema = TableSchema(
        columns={
            "a": ColumnType(kind="category"),
            "b": ColumnType(kind="ignore"),
            "c": ColumnType(kind="date", parts=("month",), form="%d.%m.%Y"),
        }
    )
    frame = read_file(path, ReadOptions(schema=schema)).frame
    assert list(frame.columns) == ["a", "c_month"]
    assert frame["a"].tolist()[0] == "1"
    assert frame["c_month"].tolist()[0] == 1.0
    assert frame.isna().sum().tolist() == [1, 1]
    for name, column in (
        ("b", ColumnType(kind="number")),
        ("b", ColumnType(kind="ordered", levels=("x",))),
        ("c", ColumnType(kind="date")),
        ("b", ColumnType(kind="boolean")),
    ):
        with pytest.raises(DataError, match=rf"rows\.csv, line [23]: column '{name}': found"):
            read_file(path, ReadOptions(schema=TableSchema(columns={name: column})))


def test_columns_that_nobody_needs_are_let_be(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,7\n2,8\n3,?\n")
    with pytest.raises(DataError, match="line 4: column 'b'"):
        read_file(path)
    assert read_file(path, ReadOptions(needed={"a"})).frame["b"].tolist() == ["7", "8", "?"]
    assert list(read_file(path, ReadOptions(dropped=["b"])).frame.columns) == ["a"]
    schema, flaws = infer_file_schema(path, TableSchema())
    assert (schema.columns["a"].kind, flaws["b"].row) == ("number", 4)


def test_booleans_where_numbers_are_expected(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\nTrue,1\nfalse,\n,2\n")
    table = read_file(path, ReadOptions(expected={"a": "number", "b": "number"}))
    assert [column.kind for column in table.schema.columns.values()] == ["boolean", "number"]
    assert table.frame["a"].tolist()[:2] == [1.0, 0.0]


def test_words_that_were_missing_numbers_before(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,NA\nNA,x\n")
    options = ReadOptions(expected={"a": "number", "b": "text"}, missing_numbers=MISSING_BEFORE)
    frame = read_file(path, options).frame
    assert np.isnan(frame["a"].tolist()[1])
    assert frame["b"].tolist() == ["NA", "x"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "cp1252"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes('größe;b\n1;"é\n"\n2;x\n'.encode(encoding))
    form = TableFormat(sep=";", encoding="utf-8" if encoding == "utf-8-sig" else encoding)
    frame = read_file(path, ReadOptions(schema=TableSchema(format=form))).frame
    assert frame["größe"].tolist() == [1.0, 2.0]
    assert frame["b"].tolist() == ["é\n", "x"]


def test_a_number_that_no_float_holds(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a\n1\n1e999\n")
    with pytest.raises(DataError, match="line 3: column 'a': found '1e999'"):
        read_file(path)
    path.write_text("a\n1\n-inf\n")
    assert read_file(path).frame["a"].tolist() == [1.0, -np.inf]
