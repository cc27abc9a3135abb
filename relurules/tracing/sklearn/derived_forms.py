"""What steps make of one or two numbers that isn't piecewise linear and continuous: numbers that
are derived columns of the rules, and bins.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import Column
from relurules.domain.derivation import Argument, Derivation
from relurules.domain.derived_columns import make_derived_column
from relurules.errors import ModelError

Array = NDArray[np.float64]

#: Where a bin begins: a number, and 0 where it belongs to it, 1 where to the bin before.
Edge = tuple[float, float]


class Factor(NamedTuple):
    """scale * column + shift; fill: what a missing number counts as, None where there is no
    answer.
    """

    column: int
    fill: float | None
    scale: float = 1.0
    shift: float = 0.0


class DerivedNumber(NamedTuple):
    """A function of `relurules.domain.derivation.FUNCTIONS`."""

    function: str
    factors: tuple[Factor, ...]
    constants: tuple[float, ...] = ()


class StepTable(NamedTuple):
    """A number for every bin of a column; one more than edges. missing: that of a missing value,
    None where there is no answer.
    """

    edges: tuple[Edge, ...]
    values: tuple[float, ...]
    missing: float | None = None

    def at(self, edge: Edge | None) -> float:
        """The number of the bin that begins there, or that an edge of another table divides; None
        for the lowest.
        """
        return self.values[0 if edge is None else bisect_right(self.edges, edge)]

    def add(self, other: "StepTable", weight: float) -> "StepTable":
        """The sum with another one, weighted, in the bins of both."""
        edges = tuple(sorted({*self.edges, *other.edges}))
        values = tuple(self.at(edge) + weight * other.at(edge) for edge in (None, *edges))
        known = self.missing is not None and other.missing is not None
        missing = (self.missing or 0.0) + weight * (other.missing or 0.0) if known else None

        return StepTable(edges, values, missing)


NO_STEPS = StepTable((), (0.0,), 0.0)


def lay_out_steps(name: str, tables: Sequence[StepTable | None]) -> tuple[Column, Array]:
    """A column of the bins that tables tell apart, and the weights of its categories, (n, k)."""
    used = [table or NO_STEPS for table in tables]
    edges = sorted({edge for table in used for edge in table.edges})
    rows = [[table.at(edge) for table in used] for edge in (None, *edges)]
    # Bins that all tables give the same are one.
    kept = [i for i in range(len(edges)) if rows[i + 1] != rows[i]]
    edges, rows = [edges[i] for i in kept], [rows[0], *(rows[i + 1] for i in kept)]
    if not edges:
        raise ModelError(f"column {name!r} is cut into bins of which all count the same")

    missing = None
    if all(table.missing is not None for table in used):
        own = [float(table.missing or 0.0) for table in used]
        missing = rows.index(own) if own in rows else len(rows)
        rows = [*rows, own] if own not in rows else rows
    constants = tuple(float(number) for edge in edges for number in edge)
    derivation = Derivation("bins", (Argument(name),), constants)

    return make_derived_column(derivation, missing), np.array(rows, dtype=np.float64).T


def lay_out_derived(
    numbers: Sequence[Mapping[DerivedNumber, float]], names: Sequence[str]
) -> tuple[list[Column], list[Array]]:
    """A column for every number, and its weights, (n, 1)."""
    listed = dict.fromkeys(number for each in numbers for number in each)
    columns, parts = list[Column](), list[Array]()
    for number in listed:
        arguments = tuple(Argument(names[f.column], *f[1:]) for f in number.factors)
        column = make_derived_column(Derivation(number.function, arguments, number.constants))
        taken = {*names, *(other.name for other in columns)}
        if (
            column.name in taken
        ):  # numbers that differ in the seventh digit, or in what is filled in
            free = next(i for i in range(2, len(listed) + 3) if f"{column.name} #{i}" not in taken)
            column = column._replace(name=f"{column.name} #{free}")
        columns.append(column)
        parts.append(np.array([[each.get(number, 0.0)] for each in numbers]))

    return columns, parts
