"""CSV files in pieces: one schema for the whole file."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from handmade import graph, network

import relurules as rr
from relurules.errors import DataError
from relurules.tables import batches, csv_text
from relurules.tables.batches import iterate_batches
from relurules.tables.table import ColumnKind, read_table

KINDS: dict[str, ColumnKind] = {"a": "number", "kind": "text"}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_ROWS", 64)
    monkeypatch.setattr(csv_text, "_BLOCK", 1024)


def write(folder: Path, text: str, name: str = "rows.csv") -> Path:
    (folder / name).write_text(text)
    return folder / name


def columns_of(path: Path, kinds: dict[str, ColumnKind] | None = None) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for piece in iterate_batches(path, kinds):
        table = read_table(piece)
        assert len(table) <= 64
        for column in table.columns:
            found.setdefault(column.name, []).extend(column.entries)
    return found


def test_a_text_that_comes_late_among_numbers_is_refused(tmp_path: Path) -> None:
    codes = [*map(str, range(300)), "x"]
    path = write(tmp_path, "\n".join(["code,a", *(f"{code},{i}" for i, code in enumerate(codes))]))
    with pytest.raises(DataError, match=r"rows\.csv, line 302: column 'code': found the text 'x'"):
        columns_of(path)
    assert columns_of(path, {"code": "text", "a": "number"}) == {
        "code": codes,
        "a": list(map(float, range(301))),
    }


def test_the_kinds_that_are_known_hold(tmp_path: Path) -> None:
    rows = [f"{i},{i % 3}" for i in range(300)]
    path = write(tmp_path, "\n".join(["a,kind", *rows]))
    assert columns_of(path, KINDS)["kind"] == [str(i % 3) for i in range(300)]
    assert columns_of(path)["kind"] == [float(i % 3) for i in range(300)]


def test_a_value_that_does_not_fit_is_refused_with_its_line(tmp_path: Path) -> None:
    net = graph(network([[1.0, -1.0]], [0.0], [[1.0]]))
    rows = [f"{i},{'much' if i == 230 else i}" for i in range(300)]
    path = write(tmp_path, "\n".join(["a,b", *rows]))
    domain = rr.Domain.box([0, 0], [999, 999], ["a", "b"])
    with pytest.raises(DataError, match=r"rows\.csv, line 232: column 'b': found 'much'"):
        rr.reached(net, path, domain=domain)


def test_types_of_columns(tmp_path: Path) -> None:
    text = "n,yes,gap,hole,none,word,mixed\n" + "1,True,2.5,False,,a,1\n+2,FALSE,,,,NA,True\n"
    path = write(tmp_path, text)
    assert columns_of(path) == {
        "n": [1.0, 2.0], "yes": [1.0, 0.0], "gap": [2.5, None], "hole": [0.0, None],
        "none": [None, None], "word": ["a", "NA"], "mixed": ["1", "True"],
    }  # fmt: skip
    whole = rr.Domain.from_data(pd.read_csv(path).drop(columns="none")).columns
    (piece,) = iterate_batches(path)
    columns = read_table(piece).select([column.name for column in whole])
    assert [any(isinstance(value, str) for value in column.entries) for column in columns] == [
        bool(column.categories) for column in whole
    ]


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "csv.bz2", "csv.xz", "csv.zip"])
def test_compressed_files(ending: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.arange(200.0) / 7, "kind": ["u", "v"] * 100})
    frame.to_csv(tmp_path / f"rows.{ending}", index=False)
    found = columns_of(tmp_path / f"rows.{ending}", KINDS)
    assert found == {"a": frame["a"].tolist(), "kind": frame["kind"].tolist()}


def test_numbers_are_read_as_they_were_written(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=500) * 10.0 ** np.arange(-250, 250)
    path = write(tmp_path, "a\n" + "\n".join(map(repr, values.tolist())))
    assert np.allclose(columns_of(path)["a"], values, rtol=1e-15, atol=0)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n1,2,3\n", "a,b\n\xff".encode("latin-1")], ids=repr)
def test_files_that_are_no_table(text: str | bytes, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=r"rows\.csv: can't be read as a table: "):
        columns_of(path)


def test_a_row_with_other_fields_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n" + "1,2\n" * 1000 + "1,2,3\n" + "1,2\n" * 10)
    said = "line 1002: the row has 3 fields, the header 2"
    with pytest.raises(DataError, match=said):
        columns_of(path, {"a": "number"})


def test_header_alone(tmp_path: Path) -> None:
    (piece,) = iterate_batches(write(tmp_path, "a,b\n"))
    assert read_table(piece).names == ("a", "b")
    assert len(read_table(piece)) == 0


def test_odd_texts(tmp_path: Path) -> None:
    path = write(tmp_path, '\ufeff"a","the ""kind"""\n1,"x, (y)\nz"\n\n2,"NA"\n')
    assert columns_of(path) == {"a": [1.0, 2.0], 'the "kind"': ["x, (y)\nz", "NA"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,a,\n1,2,3\n", "line 1: column 3 has no name in the header"),
        ("\na,b,a\n1,2,3\n", "line 2: the header names 'a' twice"),
        ("1.5,2\n1,2\n", "line 1: the header holds numbers, 1.5, 2"),
        ('a,b\n\n"x\ny",1\n1,2,3\n', "line 5: the row has 3 fields, the header 2"),
        ('a,b\n1,"x\n2,3\n', "a quote is opened and never closed"),
    ],
)
def test_headers_and_rows_that_do_not_fit_are_refused(text: str, said: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DataError, match=r"rows\.csv: can't be read as a table: ") as raised:
        columns_of(path)
    assert said in str(raised.value)


def test_numbers_that_pandas_gives_columns_are_names(tmp_path: Path) -> None:
    path = write(tmp_path, "0,1\n5,6\n")
    assert columns_of(path) == {"0": [5.0], "1": [6.0]}


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        columns_of(tmp_path / "rows.csv")
    assert raised.value.filename is not None
