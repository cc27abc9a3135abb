"""Where the columns of a domain stand in the table that a model takes, which may have more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from relurules.domain.columns import Column, place_columns
from relurules.domain.encoding import CoordinateRows
from relurules.errors import DataError
from relurules.tables.table import DataTable, read_column_names, read_table


@dataclass(frozen=True, kw_only=True)
class InputPlaces:
    """Which columns of the model's table a domain has, for arrays, whose columns have no names.

    columns: their places among the table's columns, in order.
    column_count: how many columns the table has.
    coordinates: places of their coordinates among those of the whole table, in order.
    coordinate_count: how many coordinates the whole table has.
    """

    columns: tuple[int, ...]
    column_count: int
    coordinates: tuple[int, ...]
    coordinate_count: int

    def select(self, kept: Sequence[int], columns: Sequence[Column]) -> "InputPlaces":
        """The places of some of the columns, which are `columns` as they are now."""
        coordinates = list_coordinates(columns, kept)
        return InputPlaces(
            columns=tuple(self.columns[i] for i in kept),
            column_count=self.column_count,
            coordinates=tuple(self.coordinates[j] for j in coordinates),
            coordinate_count=self.coordinate_count,
        )


def number_places(columns: Sequence[Column]) -> InputPlaces:
    """The places of columns that are the whole table."""
    width = sum(column.width for column in columns)
    return InputPlaces(
        columns=tuple(range(len(columns))),
        column_count=len(columns),
        coordinates=tuple(range(width)),
        coordinate_count=width,
    )


def list_coordinates(columns: Sequence[Column], kept: Sequence[int]) -> list[int]:
    """The coordinates of some of the columns, in order."""
    places = place_columns(columns)
    return [j for i in kept for j in places[i]]


def narrow_table(table: Any, columns: Sequence[Column], places: InputPlaces) -> Any:
    """A table with the domain's columns alone: of a bare array of the model's own width those at
    their places, anything else as it is.

    An array as wide as the domain is one of the domain's own columns, or of its coordinates.
    DataError for an array of any other width.
    """
    if read_column_names(table) is not None:
        return table

    whole = table if type(table) is np.ndarray else read_table(table)
    width = whole.shape[1] if len(whole.shape) == 2 else -1
    gaps = [column.name for column in columns if column.source]
    if gaps and width not in (len(places.coordinates), places.coordinate_count):
        raise DataError(
            f"found an array of shape {tuple(whole.shape)}; rules that read whether a value is "
            f"missing ({gaps[0]!r}) need the columns' names: pass a frame"
        )
    if width in (len(columns), len(places.coordinates)):
        return table
    if width == places.coordinate_count and width != places.column_count:
        return _select_columns(whole, places.coordinates)
    if width == places.column_count:
        return _select_columns(whole, places.columns)

    raise DataError(
        f"expected an array of shape (rows, {len(columns)}), the columns that are read, or "
        f"(rows, {places.column_count}), all of the model's; found shape {tuple(whole.shape)}"
    )


def narrow_coordinates(X: CoordinateRows, places: InputPlaces) -> CoordinateRows:
    """Rows in coordinates with the domain's alone, (N, d), where X holds all of the model's.

    DataError for any other width.
    """
    if X.shape[1] == len(places.coordinates):
        return X
    if X.shape[1] == places.coordinate_count:
        return X[:, list(places.coordinates)].view(CoordinateRows)
    raise DataError(
        f"expected {len(places.coordinates)} coordinates, those that are read, or "
        f"{places.coordinate_count}, all of the model's; found {X.shape[1]}"
    )


def _select_columns(table: Any, chosen: Sequence[int]) -> Any:
    if isinstance(table, DataTable):
        columns = tuple(table.columns[j] for j in chosen)
        return DataTable(columns=columns, shape=(len(table), len(columns)), named=False)
    return table[:, list(chosen)]
