"""What columns of texts are taken for, by their values."""

import pyarrow
import pytest

from relurules.tables.column_scan import ColumnFlaw, ColumnScan
from relurules.tables.column_types import ColumnType
from relurules.tables.table_format import TableFormat


def decide(
    texts: list[str | None], name: str = "c", form: TableFormat | None = None
) -> tuple[ColumnType, ColumnFlaw | None]:
    """By two blocks of texts."""
    scan = ColumnScan(name, form or TableFormat())
    half = len(texts) // 2
    for block in (texts[:half], texts[half:]):
        scan.add(pyarrow.array(block, pyarrow.string()))
    return scan.decide()


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["1", "2.5", None, "-3e4", ".5", "inf"], "number"),
        ([None, None], "number"),
        ([" 1", "2 "], "number"),
        (["0", "0.5", "-0"], "number"),
        (["01067", "10115"], "code"),
        (["1", "0042"], "code"),
        (["042", "250.1", "V27"], "code"),
        (["1234567890123456", "1"], "code"),
        (["True", "false", None], "boolean"),
        (["2020-01-31", None, "2021-02-28T23:59:01.5Z"], "date"),
        (["2020-01-31", "2020-02-31"], "category"),
        (["a", "b", "NA"], "category"),
        (["yes", "no"], "category"),
        (["1a", "2b", "3c", "4"], "category"),
        ([f"name {i}" for i in range(40)], "identifier"),
        ([f"name {i % 15}" for i in range(40)], "category"),
    ],
    ids=repr,
)
def test_kinds(texts: list[str | None], kind: str) -> None:
    found, flaw = decide(texts)
    assert (found.kind, flaw) == (kind, None)


def test_postal_codes_by_their_name() -> None:
    for name in ("zip", "ZIP_code", "plz", "home postcode"):
        assert decide(["10115", "80331"], name)[0].kind == "code"
    assert decide(["10115", "80331"], "income")[0].kind == "number"
    assert decide(["10115", "8033"], "zip")[0].kind == "number"
    assert decide(["10115", "80331"], "zipper")[0].kind == "number"


@pytest.mark.parametrize("text", ["NA", "?", "nan", "NaN", "None", "null", "-", "0x1F", "1_000"])
def test_a_few_texts_among_numbers(text: str) -> None:
    found, flaw = decide(["101", "102", "103", text])
    assert flaw is not None
    assert flaw.row == 3
    assert repr(text) in flaw.reason
    assert found.kind == "category"


def test_few_numbers_among_one_text() -> None:
    _, flaw = decide(["?"] * 30 + ["101", "102"])
    assert flaw is not None
    assert flaw.row == 0


@pytest.mark.parametrize(
    ("texts", "way"),
    [
        (["1,234.50", "2"], "--thousands ,"),
        (["1,5", "2,25"], "--decimal ,"),
        (["1.234,5", "2"], "--decimal , --thousands ."),
        (["1 234", "5"], "--thousands ' '"),
    ],
)
def test_numbers_that_are_written_otherwise(texts: list[str | None], way: str) -> None:
    _, flaw = decide(texts)
    assert flaw is not None
    assert way in flaw.reason


def test_numbers_as_they_are_said_to_be_written() -> None:
    form = TableFormat(sep=";", decimal=",", thousands=".")
    assert decide(["1.234,5", "12", ",5"], form=form)[0].kind == "number"
    assert decide(["1.23", "12"], form=form)[1] is not None
    assert form.parse_number("1.234.567,25") == 1234567.25
