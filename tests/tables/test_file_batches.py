"""Pieces of files beside the whole file."""

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
import pytest

from relurules.errors import DataError
from relurules.tables import csv_text
from relurules.tables.column_types import ColumnType, TableSchema
from relurules.tables.file_batches import read_file_batches
from relurules.tables.read_file import read_file
from relurules.tables.read_options import ReadOptions

SCHEMA = TableSchema(
    columns={
        "day": ColumnType(kind="date", parts=("month", "days")),
        "n": ColumnType(kind="number", na=("-999",)),
    }
)
OPTIONS = ReadOptions(
    schema=SCHEMA,
    expected={"kind": "text", "yes": "number", "late": "number"},
    needed={"n", "kind", "yes", "late", "day_month"},
)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_text, "_BLOCK", 1024)


def make_frame() -> pd.DataFrame:
    random = np.random.default_rng(0)
    days = [datetime.date(2020, 1 + i % 12, 1 + i % 28) for i in range(300)]
    late = [1.0] * 200 + [float(i) for i in range(100)]  # numbers that begin like booleans
    return pd.DataFrame(
        {
            "n": np.where(random.random(300) < 0.2, np.nan, random.normal(size=300).round(3)),
            "kind": random.choice(["01", "1", "x"], 300),
            "yes": random.random(300) < 0.5,
            "late": late,
            "day": days,
            "unread": "text",
        }
    )


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_pieces_are_the_whole_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows{suffix}"
    frame = make_frame()
    if suffix == ".csv":
        frame.to_csv(path, index=False, na_rep="-999")
    else:
        frame.to_parquet(path)

    pieces = [piece.frame for piece in read_file_batches(path, OPTIONS, 64)]
    assert len(pieces) > 4
    assert max(map(len, pieces)) <= 64
    found = pd.concat(pieces, ignore_index=True)
    assert "unread" not in found
    whole = read_file(path, OPTIONS).frame
    pd.testing.assert_frame_equal(found, whole[found.columns.tolist()])
    assert found["kind"].tolist() == frame["kind"].tolist()
    assert found["day_month"].tolist() == [day.month for day in frame["day"]]


def test_a_value_that_does_not_fit_is_refused_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pd.DataFrame({"n": ["1"] * 100 + ["x"], "kind": "a"}).to_parquet(path)
    options = ReadOptions(schema=SCHEMA, needed={"n"})
    with pytest.raises(DataError, match=r"rows\.parquet, row 100: column 'n': found 'x'"):
        list(read_file_batches(path, options, 64))


def test_a_file_without_rows_gives_one_piece(tmp_path: Path) -> None:
    for name in ("rows.csv", "rows.parquet"):
        path, frame = tmp_path / name, make_frame()[:0]
        _ = frame.to_csv(path, index=False) if name == "rows.csv" else frame.to_parquet(path)
        (piece,) = read_file_batches(path, OPTIONS, 64)
        assert len(piece.frame) == 0
        assert "kind" in piece.frame.columns


def test_all_columns_are_there_where_a_needed_one_lacks(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    make_frame().drop(columns="kind").to_parquet(path)
    piece = next(read_file_batches(path, OPTIONS, 64))
    assert "unread" in piece.frame.columns


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Of 4 MB in 64 groups of rows, no more than a few groups are held at once."""
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(2**16, 8)), columns=list("abcdefgh"))
    frame.to_parquet(tmp_path / "rows.parquet", row_group_size=1024, compression=None)
    before, most, rows = pyarrow.total_allocated_bytes(), 0, 0
    for piece in read_file_batches(tmp_path / "rows.parquet", ReadOptions(), 1024):
        rows += len(piece.frame)
        most = max(most, pyarrow.total_allocated_bytes() - before)

    assert rows == len(frame)
    assert most < 2**20
