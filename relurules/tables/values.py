"""Single values of a table: text, a number, or nothing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.errors import DataError

#: What a table may hold: text, a number, or nothing.
Value = str | float | None


def read_entry(value: Any, name: str, row: int) -> Value:
    """A value as text, a number, or None where it is missing; DataError for anything else."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        raise DataError(
            f"column {name!r}, row {row}: found the bytes {value!r}, expected text or a number"
        )
    number = read_number(value, name, row)
    return None if np.isnan(number) else number


def list_numbers(numbers: NDArray[np.float64]) -> list[Value]:
    """(N,) numbers as values, NaN as None."""
    found: list[Value] = numbers.tolist()
    for row in np.flatnonzero(np.isnan(numbers)).tolist():
        found[row] = None
    return found


def read_spelled(text: str) -> float | None:
    """The number that a text spells; None where it spells none."""
    try:
        return float(text)
    except ValueError:
        return None


def read_number(value: Any, name: str, row: int) -> float:
    """A value as a number, NaN where it is missing; DataError for text and anything else."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return np.nan
    if isinstance(value, str | bytes):
        raise DataError(
            f"column {name!r}, row {row}: found {value!r}, expected a number; encode text "
            "columns before the network"
        )

    try:
        return float(value)
    except OverflowError as error:
        raise DataError(
            f"column {name!r}, row {row}: found an integer too large for float64"
        ) from error
    except (TypeError, ValueError) as error:
        raise DataError(f"column {name!r}, row {row}: {value!r} is no number") from error
