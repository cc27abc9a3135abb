"""Random rows on which a traced network is compared with its model."""

from collections.abc import Sequence

import numpy as np

from relurules.domain.columns import Category, Column, list_derived_columns, list_table_columns
from relurules.domain.encoding import encode_table
from relurules.errors import CheckError
from relurules.ir import Graph
from relurules.ir.network import Array
from relurules.tables.table import DataColumn, DataTable, read_column
from relurules.tables.values import Value
from relurules.tracing.input_rows import draw_coordinates

_PROBES = 32


def make_probe_rows(graph: Graph) -> tuple[Array, Array | DataTable]:
    """Rows in coordinates, (N, d), and the same as the model takes them: of derived columns a
    table of what they are made of.
    """
    rng = np.random.default_rng(0)
    if list_derived_columns(graph.columns):
        table = _make_table(graph.columns, rng)
        X = encode_table(table, graph.columns)
        known = np.flatnonzero(np.isfinite(X).all(axis=1))
        chosen = [
            _rebuild_column(c.name, [c.entries[i] for i in known], graph.marks.get(c.name, ""))
            for c in table.columns
        ]
        if not len(known):
            raise CheckError(
                "no row of random numbers is one that the pipeline's functions take, so the traced "
                "network can't be compared with it"
            )
        shape = (len(known), len(chosen))
        return X[known], DataTable(columns=tuple(chosen), shape=shape, named=True)

    spread = 10.0 ** np.linspace(-2, 3, _PROBES)[:, None]
    X = rng.normal(size=(_PROBES, len(graph.features))) * spread
    draw_coordinates(graph.columns, rng, X)
    return X, X


def _rebuild_column(name: str, values: list[Value], mark: str) -> DataColumn:
    """A column as a frame would hold it: numbers with NaN, texts with what is missing to them."""
    if mark != "None" and not any(isinstance(value, str) for value in values):
        return read_column(np.array(values, dtype=np.float64), name)
    gap = np.nan if mark == "NaN" else None

    return read_column([gap if value is None else value for value in values], name)


def _make_table(columns: Sequence[Column], rng: np.random.Generator) -> DataTable:
    """More rows than usual, half of them of numbers above 0 and of the size that functions of them
    are made for, since these may not take all.
    """
    count = 4 * _PROBES
    spread = np.tile(10.0 ** np.linspace(-2, 2, _PROBES), 4)
    units = _list_units(columns)
    found = []
    for name, column in list_table_columns(columns).items():
        numbers = rng.normal(size=count) * spread
        above = np.arange(count) % 2
        numbers = np.where(above, np.abs(numbers), numbers)
        if name in units:
            scale, shift = units[name]
            numbers = np.where(above, (np.abs(numbers) - shift) / scale, numbers)
        values: list[Value] = numbers.tolist()
        if any(each.values for each in column.categories):
            shown = [_pick_value(each) for each in column.categories]
            values = [shown[i] for i in rng.integers(len(shown), size=count)]
        elif None in column.lookup:
            values = [
                None if gap else x for gap, x in zip(rng.random(count) < 0.1, values, strict=True)
            ]
        found.append(read_column(values, name))

    return DataTable(columns=tuple(found), shape=(count, len(found)), named=True)


def _list_units(columns: Sequence[Column]) -> dict[str, tuple[float, float]]:
    """Column of the table -> scale and shift of the first function that takes it scaled."""
    found: dict[str, tuple[float, float]] = {}
    for column in list_derived_columns(columns):
        for argument in column.derivation.arguments if column.derivation else ():
            if (argument.scale, argument.shift) != (1.0, 0.0):
                found.setdefault(argument.column, (argument.scale, argument.shift))

    return found


def _pick_value(category: Category) -> Value:
    return category.values[0] if category.values else None
