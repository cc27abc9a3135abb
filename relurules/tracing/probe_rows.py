"""Random rows on which a traced network is compared with its model."""

import numpy as np

from relurules.domain.columns import Category, Column, list_derived_columns, list_table_columns
from relurules.domain.encoding import encode_table
from relurules.errors import CheckError
from relurules.ir import Graph
from relurules.ir.network import Array
from relurules.tables.table import DataTable, read_column
from relurules.tables.values import Value
from relurules.tracing.input_rows import draw_coordinates

_PROBES = 32


def make_probe_rows(graph: Graph) -> tuple[Array, Array | DataTable]:
    """Rows in coordinates, (N, d), and the same as the model takes them: of derived columns a
    table of what they are made of.
    """
    rng = np.random.default_rng(0)
    if list_derived_columns(graph.columns):
        table = _make_table(list_table_columns(graph.columns), rng)
        X = encode_table(table, graph.columns)
        known = np.flatnonzero(np.isfinite(X).all(axis=1))
        gaps = {c.name: np.nan if graph.marks.get(c.name) == "NaN" else None for c in table.columns}
        chosen = [
            read_column([gaps[c.name] if (v := c.entries[i]) is None else v for i in known], c.name)
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


def _make_table(columns: dict[str, Column], rng: np.random.Generator) -> DataTable:
    """More rows than usual, half of them of numbers above 0, since functions may not take all."""
    count = 4 * _PROBES
    spread = np.tile(10.0 ** np.linspace(-2, 2, _PROBES), 4)
    found = []
    for name, column in columns.items():
        numbers = rng.normal(size=count) * spread
        values: list[Value] = np.where(np.arange(count) % 2, np.abs(numbers), numbers).tolist()
        if column.categories and not column.source:
            shown = [_pick_value(each) for each in column.categories]
            values = [shown[i] for i in rng.integers(len(shown), size=count)]
        found.append(read_column(values, name))

    return DataTable(columns=tuple(found), shape=(count, len(found)), named=True)


def _pick_value(category: Category) -> Value:
    return category.values[0] if category.values else None
