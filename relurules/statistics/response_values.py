"""The true values of a table's rows, read column by column or piece by piece: distinct values, and
which of them each row has.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from relurules.errors import DataError
from relurules.ir.network import Array
from relurules.tables.table import DataColumn
from relurules.tables.values import Value

#: Numbers of which there are more distinct ones than this are kept row by row.
_DISTINCT = 2**12
#: Values that are looked at together.
_ROWS = 2**16


@dataclass(frozen=True, eq=False, kw_only=True)
class ResponseValues:
    """The true values of N rows, none of which is missing.

    found: the distinct values, or those of all rows where these are numbers of too many kinds;
    codes: (N,) which of them each row has, None where they are those of all rows.
    """

    found: list[Value] | Array
    codes: NDArray[np.int32] | None

    def __len__(self) -> int:
        """Number of rows N."""
        return len(self.found if self.codes is None else self.codes)

    def spread(self, values: Array) -> Array:
        """What is known of each of `found`, for every row: (N,)."""
        return values if self.codes is None else values[self.codes]


def collect_values(parts: Iterable[DataColumn], name: str) -> ResponseValues:
    """The values of a column that comes in parts; DataError naming the first row without one."""
    pieces: list[Array | NDArray[np.int32]] = []
    places: dict[Value, int] = {}
    done = 0
    for part in parts:
        values = part.numbers if part.values.dtype.kind in "biuf" else part.entries
        _require_values(name, values, done)
        numbers = _read_numbers(values)
        if numbers is None:
            codes = (places.setdefault(value, len(places)) for value in values)
            pieces.append(np.fromiter(codes, dtype=np.int32, count=len(values)))
        else:
            _require_finite(name, numbers, done)
            pieces.append(numbers)
        done += len(values)

    if not places:
        return _code_numbers(np.concatenate(pieces) if pieces else np.empty(0))

    coded = [_code_part(piece, places) for piece in pieces]
    return ResponseValues(found=list(places), codes=np.concatenate(coded))


def _read_numbers(values: Array | list[Value]) -> Array | None:
    """The values as numbers; None where any is text."""
    if isinstance(values, list) and any(isinstance(value, str) for value in values):
        return None
    return np.asarray(values, dtype=np.float64)


def _require_values(name: str, values: Array | list[Value], done: int) -> None:
    """DataError where a value is missing; done: rows before these."""
    if isinstance(values, list):
        lacking = values.index(None) if None in values else None
    else:
        gaps = np.isnan(values)
        lacking = int(gaps.argmax()) if gaps.any() else None
    if lacking is not None:
        raise DataError(
            f"the response {name!r}, row {done + lacking}: no value; leave out rows without one"
        )


def _require_finite(name: str, numbers: Array, done: int) -> None:
    """DataError where a number is infinite: no figure could be told of it; done: rows before."""
    endless = np.isinf(numbers)
    if endless.any():
        row = int(endless.argmax())
        raise DataError(
            f"the response {name!r}, row {done + row}: {numbers[row]}; supported: finite numbers. "
            "Leave out rows with others"
        )


def _code_numbers(numbers: Array) -> ResponseValues:
    """Numbers as distinct ones, unless there are too many of these."""
    known = np.empty(0)
    for start in range(0, len(numbers), _ROWS):
        known = np.union1d(known, numbers[start : start + _ROWS])
        if len(known) > _DISTINCT:
            return ResponseValues(found=numbers, codes=None)

    codes = np.searchsorted(known, numbers).astype(np.int32)
    return ResponseValues(found=list(known.tolist()), codes=codes)


def _code_part(piece: Array | NDArray[np.int32], places: dict[Value, int]) -> NDArray[np.int32]:
    """Codes of a part's values; numbers are coded here, as there are texts in other parts."""
    if piece.dtype == np.int32:
        return np.asarray(piece, dtype=np.int32)
    codes = (places.setdefault(value, len(places)) for value in piece.tolist())
    return np.fromiter(codes, dtype=np.int32, count=len(piece))
