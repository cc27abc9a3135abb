"""Arrow arrays as numpy arrays, and texts as arrow arrays.

pyarrow's own conversions import pandas, which takes longer to start than a small file to read.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def read_floats(array: Any) -> NDArray[np.float64]:
    """(N,) numbers of an arrow array of float64, NaN where it is null."""
    numbers = _read_buffer(array, np.float64)
    if array.null_count:
        numbers[read_flags(array.is_null())] = np.nan

    return numbers


def read_flags(array: Any) -> NDArray[np.bool_]:
    """(N,) of an arrow array of booleans, none of which is null."""
    return _read_buffer(array.cast("uint8"), np.uint8).view(np.bool_)


def read_objects(texts: Any) -> NDArray[np.object_]:
    """(N,) of an arrow array of texts, None where it is null; equal texts are one object."""
    places, values = read_codes(texts)
    return np.array([*values, None], dtype=object)[places]


def read_codes(texts: Any) -> tuple[NDArray[np.int32], list[Any]]:
    """(N,) places in the list of different values, -1 where it is null; the list."""
    coded = texts.dictionary_encode()
    places = _read_buffer(coded.indices, np.int32)
    if coded.indices.null_count:
        places[read_flags(coded.indices.is_null())] = -1

    return places, coded.dictionary.to_pylist()


def make_text_array(texts: Iterable[str]) -> Any:
    """An arrow array of texts."""
    import pyarrow

    builder = pyarrow.lib.StringBuilder()
    for text in texts:
        builder.append(text)

    return builder.finish()


def _read_buffer(array: Any, kind: type) -> NDArray[Any]:
    """(N,) the values of an arrow array of numbers, copied; where it is null, whatever is there."""
    values = array.buffers()[1]
    if values is None or not len(array):
        return np.empty(len(array), dtype=kind)

    step = np.dtype(kind).itemsize
    return np.frombuffer(values, kind, len(array), array.offset * step).copy()
