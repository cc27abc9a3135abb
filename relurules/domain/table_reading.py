"""How files are read for the columns of a domain, and the rows of tables in its coordinates."""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import Column, is_plain, list_table_columns
from relurules.errors import DataError
from relurules.tables.column_types import TableSchema
from relurules.tables.read_options import MISSING_BEFORE, ReadOptions
from relurules.tables.table import ColumnKind

if TYPE_CHECKING:
    from relurules.domain import Domain

Array = NDArray[np.float64]


def tell_kinds(columns: Sequence[Column]) -> dict[str, ColumnKind]:
    """Column -> how a file is to be read for it: as text where a category is text."""
    return {
        name: "text" if any(isinstance(v, str) for v in column.lookup) else "number"
        for name, column in list_table_columns(columns).items()
    }


def encode_tables(domain: "Domain", tables: Iterator[Any]) -> Iterator[Array]:
    """The rows of every table in coordinates, (n, d) each."""
    done, plain = 0, is_plain(domain.columns)
    for table in tables:
        try:
            as_it_is = plain and isinstance(table, np.ndarray) and table.dtype == np.float64
            yield table if as_it_is else domain.rows(table)
        except DataError as error:
            raise DataError(
                f"{error} (rows are counted from row {done} of the whole table)"
                if done
                else f"{error}"
            ) from error
        done += len(table)


def make_column_read_options(
    columns: Sequence[Column], schema: TableSchema | None, others: Collection[str] = ()
) -> ReadOptions:
    """How a file is read for columns: as the schema of their rules says; others: columns that
    matter too.
    """
    kinds = tell_kinds(columns)
    return ReadOptions(
        schema=schema or TableSchema(),
        expected=kinds,
        needed={*kinds, *others},
        missing_numbers=MISSING_BEFORE if schema is None else (),
    )
