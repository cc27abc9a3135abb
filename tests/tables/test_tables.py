"""Tables of any kind -> float64 matrices; each refusal names the column and the row."""

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from relurules.errors import DataError, UnsupportedError
from relurules.tables import file_size, names
from relurules.tables.table import read_column, read_column_names, read_table


def read_matrix(table: Any, names: list[str]) -> Any:
    """The columns `names` as one (N, d) matrix."""
    found = [column.numbers for column in read_table(table).select(names)]
    return np.column_stack(found) if found else np.empty((len(table), 0))


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_frames_are_read_by_name(library: Any) -> None:
    frame = library.DataFrame({"b": [3, 4], "more": ["x", "y"], "a": [1.5, None]})
    assert read_column_names(frame) == ("b", "more", "a")
    assert np.array_equal(
        read_matrix(frame, ["a", "b"]), [[1.5, 3.0], [np.nan, 4.0]], equal_nan=True
    )


def test_columns_that_are_no_strings_are_found_by_their_text() -> None:
    assert read_matrix(pd.DataFrame([[1, 2]], columns=[0, 1]), ["1", "0"]).tolist() == [[2.0, 1.0]]


@pytest.mark.parametrize("table", [[[1, 2], [3, 4]], np.array([[1, 2], [3, 4]], dtype=np.int8)])
def test_arrays_are_read_by_position(table: Any) -> None:
    X = read_matrix(table, ["p", "q"])
    assert X.dtype == np.float64
    assert X.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert read_column_names(table) is None


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([True, None], dtype="boolean"),
        pd.Series([1, pd.NA], dtype="Int64"),
        pd.Series([1, None], dtype=object),
        pl.Series([1, None]),
        pl.Series([True, None]),
        [Decimal(1), None],
        np.array([1, np.nan], dtype=np.float16),
    ],
    ids=["boolean", "Int64", "object", "polars int", "polars bool", "decimal", "float16"],
)
def test_missing_values_are_nan(column: Any) -> None:
    assert np.array_equal(read_column(column, "a").numbers, [1.0, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (pd.DataFrame({"a": [1.0]}), "lacks 1 of 2 columns: 'b'; it has 'a'"),
        (pd.DataFrame({"a": [1, 2], "b": ["1", "two"]}), "column 'b', row 0: found '1'"),
        (pd.DataFrame({"a": [1, 2], "b": [1, "two"]}), "column 'b', row 1: found 'two'"),
        (pd.DataFrame({"a": [1], "b": [b"x"]}), "column 'b', row 0: found b'x'"),
        (pd.DataFrame({"a": [1], "b": [[1, 2]]}), "column 'b', row 0: [1, 2] is no number"),
        (pl.DataFrame({"a": [1], "b": ["x"]}), "column 'b', row 0: found 'x'"),
        (pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]), "'a'"),
        (np.zeros((2, 3)), "expected an array of shape (rows, 2), found shape (2, 3)"),
        (np.zeros(2), "found shape (2,)"),
        (
            [[1, 2], [3]],
            "expected an array of shape (rows, columns), found rows of several lengths",
        ),
        ([["a", "b"]], "column 'a', row 0: found 'a'"),
        (None, "expected an array of shape (rows, 2), found shape ()"),
    ],
    ids=str,
)
def test_refuses(table: Any, said: str) -> None:
    with pytest.raises(DataError) as raised:
        read_matrix(table, ["a", "b"])
    assert said in str(raised.value)


def test_no_columns_wanted() -> None:
    assert read_matrix(pd.DataFrame({"a": [1, 2]}), []).shape == (2, 0)


def test_long_list_of_missing_columns_is_cut() -> None:
    with pytest.raises(DataError) as raised:
        read_matrix(pd.DataFrame({"a": [1]}), [f"c{i}" for i in range(300)])
    assert "lacks 300 of 300 columns: 'c0', 'c1', 'c2', 'c3', 'c4' ...; it has 'a'" in str(
        raised.value
    )


def test_integers_too_large_for_float64() -> None:
    frame = pd.DataFrame({"a": pd.Series([1, 10**400], dtype=object)})
    with pytest.raises(
        DataError, match="column 'a', row 1: found an integer too large for float64"
    ):
        read_matrix(frame, ["a"])
    with pytest.raises(
        DataError, match="column 'a', row 0: found an integer too large for float64"
    ):
        read_matrix([[10**400]], ["a"])


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "csv.bz2", "csv.xz", "zip", "parquet"])
def test_tables_larger_than_memory_are_not_read(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compressed file, and a column of equal numbers in Parquet, take far less than the table."""
    path = tmp_path / f"data.{ending}"
    frame = pd.DataFrame({"a": np.zeros(300_000)})
    frame.to_parquet(path) if ending == "parquet" else frame.to_csv(path, index=False)
    assert ending == "csv" or path.stat().st_size < 100_000
    file_size.check_file_size(path)
    monkeypatch.setattr(file_size, "_measure_memory", lambda: 1_000_000)
    with pytest.raises(
        DataError, match=r"its table takes 0\.0 GB or more, and there are 0\.0 GB of memory"
    ):
        file_size.check_file_size(path)


def test_memory_is_told() -> None:
    assert 2**24 < file_size._measure_memory() <= sys.maxsize


def test_flaws_of_texts() -> None:
    assert names.find_text_flaw("caf\u00e9 \U0001f600\n") is None
    assert names.find_text_flaw("a\0") == "a NUL character"
    assert str(names.find_text_flaw("a\udc80")).startswith(
        "'\\udc80', the half of a surrogate pair"
    )
    assert names.quote_name("x" * 100) == repr("x" * 60 + "...")


def test_arguments_that_are_no_numbers() -> None:
    names.check_finite(a=None, b=1.0, c=0)
    for value in (np.nan, np.inf, -np.inf):
        with pytest.raises(UnsupportedError, match=r"b=(nan|-?inf); supported: a finite number"):
            names.check_finite(a=1.0, b=value)
