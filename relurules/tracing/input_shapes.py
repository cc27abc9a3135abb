"""The shape of one row of a model's input, or of each of its inputs, as the user gives it."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from relurules.errors import ModelError

#: Sizes of one row, or those of a row of each input.
InputShape = Sequence[int] | Sequence[Sequence[int]]


def check_input_shape(shape: Any) -> None:
    """ModelError for anything else than positive sizes."""
    several = _is_list(shape) and len(shape) > 0 and all(map(_is_list, shape))
    if shape is None or (_are_sizes(shape) if not several else all(map(_are_sizes, shape))):
        return
    raise ModelError(
        f"input_shape={shape!r}: expected the positive sizes of one row, such as (1, 8, 8), or "
        "those of each of several inputs, such as [(3,), (2,)]"
    )


def list_row_shapes(shape: InputShape | None) -> list[tuple[int, ...]] | None:
    """The shape of a row of every input; None where none is given."""
    if shape is None:
        return None
    if len(shape) and all(map(_is_list, shape)):
        return [tuple(int(size) for size in one) for one in shape]  # type: ignore[union-attr]
    return [tuple(int(size) for size in shape)]  # type: ignore[arg-type]


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _are_sizes(shape: Any) -> bool:
    return _is_list(shape) and all(isinstance(size, Integral) and int(size) > 0 for size in shape)
