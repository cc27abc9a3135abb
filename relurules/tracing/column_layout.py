"""A network of all that was made of the columns -> the network of the columns' own coordinates."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import Category, Column
from relurules.errors import ModelError
from relurules.ir import Network
from relurules.tables.values import Value
from relurules.tracing.affine import Basis
from relurules.tracing.input_columns import InputColumns, TracedColumn

Array = NDArray[np.float64]


class ColumnLayout(NamedTuple):
    """A column, and what its coordinates weigh in every neuron and output, (K + m, width)."""

    column: Column
    weights: Array


def lay_out_inputs(inputs: InputColumns, network: Network) -> tuple[tuple[Column, ...], Network]:
    """The columns of the model's table, and the network of their coordinates.

    ModelError where a column is used in ways that no column can be.
    """
    if inputs.is_plain:
        return tuple(Column(column.name) for column in inputs.columns), network

    rows = np.vstack([network.A, network.C])
    place = _number_inputs(inputs.basis)
    laid = [_lay_out_column(column, rows, place) for column in inputs.columns]
    whole = np.hstack([part.weights for part in laid])
    count = len(network.A)

    return tuple(part.column for part in laid), Network(
        whole[:count],
        network.L,
        network.b,
        whole[count:],
        network.U,
        network.c,
        network.slope,
        network.neurons,
    )


def _number_inputs(basis: Basis) -> Mapping[int, int]:
    """Variable -> its place among the inputs."""
    return {v: i for i, v in enumerate(np.flatnonzero(basis.input_marks).tolist())}


def _lay_out_column(column: TracedColumn, rows: Array, place: Mapping[int, int]) -> ColumnLayout:
    if column.kind == "text" or column.is_looked_up:
        return _lay_out_categories(column, rows, place)

    own = rows[:, place[column.number]]
    cut = None if column.cut is None else rows[:, place[column.cut]]
    fills = {fill: rows[:, place[v]] for fill, v in column.filled.items()}
    used = {fill: weights for fill, weights in fills.items() if weights.any()}
    if column.cut_flaw and (used or (cut is not None and cut.any())):
        raise ModelError(column.cut_flaw)
    if len(used) > 1 or (used and own.any()):
        raise ModelError(
            f"column {column.name!r} is imputed in different ways; supported: one imputer for a "
            "column, whose result alone is used"
        )

    if used:
        ((fill, weights),) = used.items()
        return ColumnLayout(Column(column.name, (), fill), weights[:, None])
    return ColumnLayout(Column(column.name), own[:, None])


def _lay_out_categories(
    column: TracedColumn, rows: Array, place: Mapping[int, int]
) -> ColumnLayout:
    """Values that nothing tells apart are one category."""
    numbers = [column.number, *([] if column.cut is None else [column.cut])]
    slope = sum((rows[:, place[v]] for v in numbers), np.zeros(len(rows)))
    filled = {fill: rows[:, place[v]] for fill, v in column.filled.items()}
    is_number = bool(slope.any()) or any(weights.any() for weights in filled.values())

    groups: dict[tuple[float, ...], list[Value]] = {}
    for value in _list_values(column, takes_missing=not slope.any()):
        weights = np.zeros(len(rows))
        if value in column.indicators:
            weights = weights + rows[:, place[column.indicators[value]]]
        if isinstance(value, float) and is_number:
            weights = weights + value * sum(filled.values(), slope)
        if value is None and filled:
            weights = weights + sum(fill * w for fill, w in filled.items())
        groups.setdefault(tuple((weights + 0.0).tolist()), []).append(value)

    nothing = tuple(np.zeros(len(rows)).tolist())
    # a number with something behind the point would be cut to one of the codes
    takes_others = column.admitted is None and not column.refused and not column.cut_flaw
    if takes_others and is_number:
        raise ModelError(
            f"column {column.name!r} is used as a number and as a category; supported: one of "
            "them, or both of codes that are all known"
        )
    if takes_others:
        groups.setdefault(nothing, [])
    if not groups:
        raise ModelError(f"column {column.name!r}: the model takes no value of it")

    return ColumnLayout(
        Column(column.name, _make_categories(column, groups, nothing if takes_others else None)),
        np.array(list(groups)).T.reshape(len(rows), len(groups)),
    )


def _make_categories(
    column: TracedColumn,
    groups: Mapping[tuple[float, ...], Sequence[Value]],
    nothing: tuple[float, ...] | None,
) -> tuple[Category, ...]:
    """A category for each group; nothing: the weights of the values that aren't known."""
    ignored = column.kind == "text" and not column.is_looked_up
    return tuple(
        Category(
            tuple(value for value in values if value is not None),
            None in values or ignored,
            weights == nothing,
        )
        for weights, values in groups.items()
    )


def _list_values(column: TracedColumn, *, takes_missing: bool) -> list[Value]:
    """The values that the model knows and takes, in order; None, for a missing one, last.

    takes_missing: whether nothing reads the column as a number that isn't filled in.
    """
    known = set(column.indicators) if column.admitted is None else set(column.admitted)
    texts = sorted(value for value in known if isinstance(value, str))
    numbers = sorted(value for value in known if isinstance(value, float))
    fills = takes_missing and not column.is_read_raw and None in column.indicators

    missing: list[Value] = [None] if fills and None in known else []
    return [v for v in [*numbers, *texts, *missing] if v not in column.refused]
