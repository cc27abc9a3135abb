"""What an artefact gave for some rows."""

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.ir import Artifact
from relurules.ir.network import Array
from relurules.tables.values import Value

#: The raw columns of some rows by name, in the rules' order; a missing value is None.
Rows = Mapping[str, Sequence[Value]]
#: The same, of which columns of numbers may be arrays, where a missing one is NaN.
RowArrays = Mapping[str, Sequence[Value] | Array]


class RunResult(NamedTuple):
    """What came back, N rows.

    outputs: (N, m), NaN where the artefact gave none. rule: (N,), -1 where there is none. seconds:
    of the run. classes: (N,) of the artefact's own column `class`, the classes' numbers, NaN where
    it gave none, -1 for what is no class; None without such a column. alone: whether there are no
    outputs beside it. extras: name -> N values of what stands beside outputs, class and rule, as
    the engine gives them; None for nothing. In C a contribution, or a reason, is known by its place
    alone: `contribution 0`.
    """

    outputs: Array
    rule: NDArray[np.intp]
    seconds: float = math.nan
    classes: Array | None = None
    alone: bool = False
    extras: Mapping[str, Sequence[Any]] = MappingProxyType({})


def make_run_result(
    rows: Sequence[Sequence[Any]], outputs: int, seconds: float = math.nan
) -> RunResult:
    """From rows of the outputs and the number of the rule."""
    values = [[math.nan if value is None else float(value) for value in row] for row in rows]
    table = np.array(values, dtype=np.float64).reshape(-1, outputs + 1)
    return RunResult(table[:, :-1], np.nan_to_num(table[:, -1], nan=-1).astype(np.intp), seconds)


def number_outputs(artifact: Artifact, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """The rows' outputs, where these are a label the number of its class."""
    labels = artifact.labels
    if labels is None or not artifact.labelled:
        return rows
    numbers = labels.encode(row[0] for row in rows).tolist()
    return [[number, *row[1:]] for number, row in zip(numbers, rows, strict=True)]


def number_labels(artifact: Artifact, labels: Iterable[Any]) -> Array:
    """(N,) numbers of the classes of these labels; of what has no labels, the numbers given."""
    known = artifact.labels
    if known is not None:
        return known.encode(labels)
    return np.array([math.nan if label is None else float(label) for label in labels])


def read_named_rows(
    artifact: Artifact, rows: Sequence[Mapping[str, Any]], extras: Mapping[str, Sequence[Any]]
) -> RunResult:
    """From rows of what the artefact gave, by name."""
    given = number_outputs(artifact, [[row[name] for name in artifact.outputs] for row in rows])
    numbers = [
        [*values, row["rule"] if "rule" in artifact.returned else mark_known(values)]
        for row, values in zip(rows, given, strict=True)
    ]
    ran = make_run_result(numbers, len(artifact.outputs))._replace(extras=extras)
    if "class" not in artifact.returned:
        return ran
    return ran._replace(classes=number_labels(artifact, [row["class"] for row in rows]))


def mark_known(outputs: Iterable[float]) -> int:
    """What stands for the number of the rule where it isn't given: 1 for a row with outputs."""
    return int(not all(math.isnan(value) for value in outputs))


def collect_extras(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Values by row and name -> by name and row."""
    names = rows[0] if rows else {}
    return {name: [row[name] for row in rows] for name in names}
