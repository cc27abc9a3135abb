"""What an artefact gave for some rows."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array
from relurules.tables.values import Value

#: The raw columns of some rows by name, in the rules' order; a missing value is None.
Rows = Mapping[str, Sequence[Value]]


class RunResult(NamedTuple):
    """What came back, N rows.

    outputs: (N, m), NaN where the artefact gave none. rule: (N,), -1 where there is none. seconds:
    of the run. classes: (N,) of the artefact's own column `class`, NaN where it gave none; None
    without such a column.
    """

    outputs: Array
    rule: NDArray[np.intp]
    seconds: float = math.nan
    classes: Array | None = None


def make_run_result(
    rows: Sequence[Sequence[Any]], outputs: int, seconds: float = math.nan
) -> RunResult:
    """From rows of the outputs and the number of the rule."""
    values = [[math.nan if value is None else float(value) for value in row] for row in rows]
    table = np.array(values, dtype=np.float64).reshape(-1, outputs + 1)
    return RunResult(table[:, :-1], np.nan_to_num(table[:, -1], nan=-1).astype(np.intp), seconds)
