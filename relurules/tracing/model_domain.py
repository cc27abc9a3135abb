"""The domain of a traced model's columns, and tables in its coordinates."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from relurules.domain import Domain
from relurules.domain.columns import Column, is_plain
from relurules.domain.ranges import infer_columns
from relurules.errors import DataError, DomainError
from relurules.ir import Graph
from relurules.ir.network import Array
from relurules.tables.names import make_default_names
from relurules.tables.table import ColumnKind, read_column_names, read_table


def derive_domain(graph: Graph, data: Any) -> Domain:
    """The range of a table's columns, read as the model reads them; without a table, all that the
    model takes.
    """
    if data is None:
        return Domain.over(graph.columns)
    return Domain.from_data(data, graph.columns if graph.named else None)


def make_unbounded_domain(graph: Graph, table: Any, *, whole: bool) -> Domain:
    """All rows that a model without names of its own can take, in a table's columns. whole: it
    isn't just a piece.
    """
    if table is None:
        return Domain.over(graph.columns)

    columns = infer_columns(table)
    if not whole and not is_plain(columns):
        name = next(column.name for column in columns if column.categories)
        raise DomainError(
            f"column {name!r} holds text, and its categories can't be told from the first piece of "
            "the data; give the domain, such as Domain.from_data(frame)"
        )

    return Domain.over(columns)


def tell_kinds(columns: Sequence[Column]) -> dict[str, ColumnKind]:
    """Column -> how a file is to be read for it: as text where a category is text."""
    return {
        column.name: "text" if any(isinstance(v, str) for v in column.lookup) else "number"
        for column in columns
    }


def encode_tables(domain: Domain, tables: Iterator[Any]) -> Iterator[Array]:
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


def resolve_domain_and_rows(
    graph: Graph, domain: Domain | None, data: Any
) -> tuple[Domain, Array | None]:
    """As `resolve_domain`, and the rows of the data in its coordinates, (N, d); None without data.

    The table is read and encoded here, once.
    """
    if data is None:
        return resolve_domain(graph, domain, None), None
    table = read_table(data)
    domain = resolve_domain(graph, domain, table)
    return domain, domain.rows(table)


def resolve_domain(graph: Graph, domain: Domain | None, data: Any) -> Domain:
    """The domain given, or that of the data, in the columns of the model; DomainError where they
    don't fit.
    """
    domain = derive_domain(graph, data) if domain is None else domain
    if not is_plain(graph.columns):
        return domain.aligned(graph.columns)

    d = len(graph.features)
    if len(domain) != d and graph.batch > 1 and len(domain) * graph.batch == d:
        raise DomainError(
            f"batch fixed to {graph.batch}: export with a dynamic one; as the model is, "
            f"{graph.batch} rows of {len(domain)} columns are one row of {d}"
        )

    if len(domain) != d:
        raise DomainError(
            f"the domain has {len(domain)} columns ({', '.join(domain.names[:8])}), the network "
            f"reads {d}"
        )

    names = read_column_names(data)
    if domain.names == make_default_names(d) and names is not None and len(names) == d:
        return domain.renamed(names)
    return domain
