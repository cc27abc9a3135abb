"""Rows that meet a goal, drawn nearer to a row that doesn't: along all columns together, and then
one by one.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from relurules.ir.network import Array

#: Steps of a way that are tried at once, and how often the last one is taken apart.
_STEPS, _ROUNDS = 32, 8

#: (N, d) rows -> (N,) whether the goal is met there, in the domain.
RowTest = Callable[[Array], NDArray[np.bool_]]


def draw_nearer(
    row: Array, target: Array, groups: Sequence[Sequence[int]], whole: NDArray[np.bool_],
    scales: Array, met: RowTest, settle: Callable[[Array], Array] = np.copy,
) -> Array:  # fmt: skip
    """A row (d,) that meets the goal, as `row` does, no farther from the target in any column.

    groups: categories of a column each, which change as one; whole: (d,) columns that hold whole
    numbers; scales: (d,) of the columns that count, 0 for others. settle: makes a row (d,) whole
    whose categories changed, such as a number of which one says that it is missing.
    """
    tied = {j for group in groups for j in group}
    numbers = np.array([j for j in np.flatnonzero(scales).tolist() if j not in tied], dtype=np.intp)
    for group in map(list, groups):
        moved = row.copy()
        moved[group] = target[group]
        moved = settle(moved)
        row = moved if met(moved[None])[0] else row

    row = move_columns(row, target, numbers, whole, met)
    moves = np.abs(row - target)[numbers] / scales[numbers]
    for j in numbers[np.argsort(moves)].tolist():
        row = move_columns(row, target, np.array([j]), whole, met)

    return row


def move_columns(
    row: Array, target: Array, columns: NDArray[np.intp], whole: NDArray[np.bool_], met: RowTest
) -> Array:
    """The row with some columns as near to the target's as the goal allows on the way."""
    if not len(columns) or (row[columns] == target[columns]).all():
        return row

    def place(shares: Array) -> Array:
        rows = np.tile(row, (len(shares), 1))
        rows[:, columns] = target[columns] + shares[:, None] * (row[columns] - target[columns])
        rounded = columns[whole[columns]]
        away = np.where(row[rounded] > target[rounded], np.ceil(rows[:, rounded]),
                        np.floor(rows[:, rounded]))  # fmt: skip
        rows[:, rounded] = away
        rows[shares == 1.0] = row
        return rows

    low, high = 0.0, 1.0
    if met(place(np.zeros(1)))[0]:
        return np.asarray(place(np.zeros(1))[0])
    for _ in range(_ROUNDS):
        shares = low + (high - low) * np.linspace(0.0, 1.0, _STEPS + 1)[1:]
        shares[-1] = high  # which is met
        first = int(np.argmax(met(place(shares))))
        low, high = (low if first == 0 else float(shares[first - 1])), float(shares[first])

    return np.asarray(place(np.array([high]))[0])
