"""Arrow arrays as numpy arrays beside pyarrow's own conversions."""

from typing import Any

import numpy as np
import pyarrow
import pytest

from relurules.tables.arrow_values import (
    make_text_array,
    read_codes,
    read_flags,
    read_floats,
    read_objects,
)

NUMBERS = pyarrow.array([1.5, None, -0.0, float("inf"), None, 2.0], pyarrow.float64())
TEXTS = pyarrow.array(["b", None, "", "a", "b", "é"], pyarrow.string())
FLAGS = pyarrow.array([True, False, False, True, True, False] * 3)


def cut(array: Any) -> list[Any]:
    """The array whole, parts that begin and end inside it, and none of it."""
    return [array, array.slice(1, 3), array.slice(3), array.slice(2, 0)]


def test_numbers() -> None:
    for array in [*cut(NUMBERS), pyarrow.nulls(3, pyarrow.float64())]:
        found = read_floats(array)
        assert np.array_equal(found, array.to_numpy(zero_copy_only=False), equal_nan=True)
        found[:] = 7.0  # its own
    assert NUMBERS[0].as_py() == 1.5


def test_flags() -> None:
    for array in [*cut(FLAGS), FLAGS.slice(9, 7)]:
        found = read_flags(array)
        assert found.dtype == np.bool_
        assert found.tolist() == array.to_pylist()


def test_texts() -> None:
    for array in [*cut(TEXTS), pyarrow.nulls(2, pyarrow.string())]:
        assert read_objects(array).tolist() == array.to_pylist()
        places, values = read_codes(array)
        assert [None if i < 0 else values[i] for i in places] == array.to_pylist()


@pytest.mark.parametrize("texts", [(), ("NA",), ("", "é", "NA")])
def test_arrays_of_texts(texts: tuple[str, ...]) -> None:
    assert make_text_array(texts).equals(pyarrow.array(texts, pyarrow.string()))
