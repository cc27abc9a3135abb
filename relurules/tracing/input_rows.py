"""Rows of a table as a model itself takes them, where its columns hold codes or texts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.domain.columns import Column, find_groups, is_plain
from relurules.domain.encoding import decode_rows, fill_gaps, read_raw_columns
from relurules.ir import Graph
from relurules.ir.network import validate_rows
from relurules.networks.inputs import find_read_columns
from relurules.tables.names import make_default_names
from relurules.tables.table import read_column_names, read_table
from relurules.tables.values import Value

Array = NDArray[np.float64]
#: What a column may hold: numbers, whole numbers alone, or texts.
InputKind = Literal["number", "whole", "text"]
#: The model itself: rows of its columns, (N, d) numbers or objects -> (N, m).
RunRows = Callable[[NDArray[Any]], Array]


@dataclass(frozen=True, kw_only=True)
class ModelRows:
    """How a table's rows become a model's own."""

    #: Of the model's table, in order, and what each holds.
    columns: tuple[Column, ...]
    kinds: tuple[InputKind, ...]
    #: Places of those that the network reads.
    read: frozenset[int]

    @classmethod
    def of_numbers(cls, count: int) -> "ModelRows":
        """Rows of so many columns of numbers, all of which count."""
        plain: list[InputKind] = ["number"] * count
        columns = tuple(map(Column, make_default_names(count)))
        return cls(columns=columns, kinds=tuple(plain), read=frozenset(range(count)))

    @classmethod
    def of_graph(cls, graph: Graph, kinds: Sequence[InputKind]) -> "ModelRows":
        """Rows of a graph's columns."""
        if is_plain(graph.columns):
            return cls.of_numbers(len(graph.columns))
        read = find_read_columns(graph.network, Domain.over(graph.columns))
        return cls(columns=graph.columns, kinds=tuple(kinds), read=frozenset(read))

    def draw_rows(self, count: int) -> NDArray[Any]:
        """Random rows of the model's own columns, which it takes."""
        random = np.random.default_rng(1)
        X = draw_coordinates(self.columns, random, random.normal(size=(count, self._width)))
        return X if is_plain(self.columns) else self._join(decode_rows(X, self.columns), count)

    def make_function(self, run: RunRows, outputs: int) -> Callable[[Any], Array]:
        """The model as a function of a table or of coordinates; NaN for rows that it doesn't take.

        outputs: how many numbers it gives for a row.
        """

        def evaluate(table: Any) -> Array:
            if is_plain(self.columns):
                return run(validate_rows(table, self._width))
            raw = self._read_table(table)
            taken = self._find_taken(raw)

            found = np.full((len(taken), outputs), np.nan)
            if taken.any():
                found[taken] = run(self._join(raw, len(taken))[taken])
            return found

        return evaluate

    @property
    def _width(self) -> int:
        return sum(column.width for column in self.columns)

    def _read_table(self, table: Any) -> dict[str, list[Value]]:
        given = read_column_names(table)
        if given is None:
            if type(table) is np.ndarray and table.shape[1:] == (self._width,):
                return decode_rows(validate_rows(table, self._width), self.columns)
            return read_raw_columns(table, self.columns)
        wanted = [column for place, column in enumerate(self.columns) if place in self.read]
        return read_raw_columns(read_table(table), wanted)

    def _find_taken(self, raw: Mapping[str, Sequence[Value]]) -> NDArray[np.bool_]:
        taken = np.ones(len(next(iter(raw.values()))), dtype=bool)
        for place in sorted(self.read):
            column, kind = self.columns[place], self.kinds[place]
            values = raw[column.name]
            if column.categories:
                known, other = column.lookup, column.other is not None
                taken &= [v in known or (other and v is not None) for v in values]
            elif kind == "whole":
                taken &= [value is not None for value in values]

        return taken

    def _join(self, raw: Mapping[str, Sequence[Value]], count: int) -> NDArray[Any]:
        """All columns side by side, (N, d) objects; those that count for nothing as anything."""
        rows = np.empty((count, len(self.columns)), dtype=object)
        for place, (column, kind) in enumerate(zip(self.columns, self.kinds, strict=True)):
            known = [v for category in column.categories for v in category.values]
            anything = known[0] if known else "" if kind == "text" else 0.0
            values = raw.get(column.name, ()) if place in self.read else ()
            if column.categories and kind == "whole":
                values = _replace_fractions(values, known)

            gap = None if kind == "text" else np.nan
            rows[:, place] = [gap if v is None else v for v in values] if values else anything

        return rows


def _replace_fractions(values: Sequence[Value], known: Sequence[Value]) -> list[Value]:
    """Whole numbers alone: others, which no input of whole numbers can be, as a code that isn't
    known.
    """
    other = 1.0 + max((v for v in known if isinstance(v, float)), default=0.0)
    return [other if isinstance(v, float) and not v.is_integer() else v for v in values]


def draw_coordinates(columns: Sequence[Column], random: np.random.Generator, X: Array) -> Array:
    """X (N, d) with a random category of every column that has some, and numbers as a table gives
    them; in place.
    """
    for group in find_groups(columns):
        X[:, group] = np.eye(len(group))[random.integers(len(group), size=len(X))]
    fill_gaps(X, columns)
    return X
