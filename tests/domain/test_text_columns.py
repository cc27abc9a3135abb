"""A number where every category is a text is an error that names column and row."""

import numpy as np
import pandas as pd
import pytest

from relurules.domain.columns import Category, Column
from relurules.domain.encoding import encode_table
from relurules.errors import DataError

BRANCH = Column(
    "branch", (Category(("007",)), Category(("012",), other=True), Category((), missing=True))
)
GRADE = Column("grade", (Category((1.0,)), Category(("high",), other=True)))


@pytest.mark.parametrize("value", [7, 7.0, True, np.int64(7)])
def test_a_number_among_texts_is_refused(value: object) -> None:
    frame = pd.DataFrame({"branch": ["007", value]}, dtype=object)
    with pytest.raises(
        DataError, match=r"column 'branch', row 1: found the number .* such as '007'"
    ):
        encode_table(frame, [BRANCH])


def test_a_column_of_numbers_is_refused_at_its_first_value() -> None:
    with pytest.raises(DataError, match="column 'branch', row 1: "):
        encode_table(pd.DataFrame({"branch": [np.nan, 7.0]}), [BRANCH])


def test_texts_and_missing_values_are_categories() -> None:
    frame = pd.DataFrame({"branch": ["007", "7", None, np.nan]}, dtype=object)
    expected = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]
    assert encode_table(frame, [BRANCH]).tolist() == expected


def test_numbers_stay_where_categories_are_numbers_too() -> None:
    frame = pd.DataFrame({"grade": [1, 2, "high"]}, dtype=object)
    assert encode_table(frame, [GRADE]).tolist() == [[1, 0], [0, 1], [0, 1]]
