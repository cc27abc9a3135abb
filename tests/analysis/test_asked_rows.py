"""One row, however it is given, is the same coordinates."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from documents.stand_ins import people

from relurules.analysis.rows import read_row
from relurules.errors import DataError

ROW = {"age": 30, "job": "smith", "debt": 2.5}
SAME = [30.0, 0.0, 1.0, 0.0, 2.5]


@pytest.mark.parametrize(
    "row",
    [
        ROW,
        {"debt": 2.5, "job": "cook", "age": 30.0, "unread": "x"},
        pd.Series(ROW),
        pd.DataFrame([ROW]),
        pd.DataFrame([ROW, ROW]).iloc[[1]],
        SAME,
        np.array(SAME),
        np.array([SAME]),
    ],
)
def test_a_row_of_any_kind(row: Any) -> None:
    assert read_row(people(), row).tolist() == SAME


def test_missing_values_are_those_of_the_columns() -> None:
    found = read_row(people(), {"age": 30, "job": None, "debt": None})
    assert found.tolist() == [30.0, 0.0, 0.0, 1.0, 3.5]  # the category of a missing one; the fill
    assert np.isnan(read_row(people(), {"age": None, "job": "clerk", "debt": 1})[0])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (None, "say which row"),
        (pd.DataFrame([ROW, ROW]), "expected one row, found 2; choose one"),
        (np.array([SAME] * 3), "expected one row, found 3"),
        (pd.DataFrame([ROW]).iloc[:0], "expected one row, found 0"),
        ({"age": 30, "job": "clerk"}, "debt"),
        ({**ROW, "age": "old"}, "old"),
    ],
)
def test_what_is_no_row(row: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_row(people(), row)
