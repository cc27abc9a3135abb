"""The domain of a traced model's columns, and tables in its coordinates."""

from dataclasses import replace
from itertools import accumulate
from typing import Any

import numpy as np

from relurules.domain import Domain
from relurules.domain.columns import Column, find_groups, is_plain, list_table_columns
from relurules.domain.input_places import InputPlaces
from relurules.domain.ranges import infer_columns
from relurules.errors import DomainError
from relurules.ir import Graph
from relurules.ir.network import Array
from relurules.networks.inputs import find_read_columns, narrow_graph
from relurules.tables.names import find_free_name, make_default_names
from relurules.tables.table import read_column_names, read_table
from relurules.tracing.missing_marks import check_marks


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


def resolve_domain_and_rows(
    graph: Graph, domain: Domain | None, data: Any
) -> tuple[Domain, Array | None]:
    """As `resolve_domain`, and the rows of the data in its coordinates, (N, d); None without data.

    The table is read and encoded here, once.
    """
    if data is None:
        return resolve_domain(graph, domain, None), None
    table = read_table(data)
    check_marks(graph, table)
    domain = resolve_domain(graph, domain, table)
    return domain, domain.rows(table)


def resolve_read_columns(
    graph: Graph, domain: Domain | None, data: Any
) -> tuple[Graph, Domain, Array | None]:
    """As `resolve_domain_and_rows`, of the columns alone that the network reads; the graph of
    these.

    Nothing is asked of other columns of a table, not even that they are there by name.
    """
    table = None if data is None else read_table(data)
    if domain is None and table is not None and table.named and graph.named:
        whole = Domain.over(graph.columns)
        kept = find_read_columns(graph.network, whole)
        known = Domain.from_data(table, [graph.columns[i] for i in kept])
        places = whole.select(kept).table_places if len(kept) < len(graph.columns) else None
        domain = replace(known, table_places=places)
    else:
        whole = resolve_domain(graph, domain, table)
        kept = find_read_columns(graph.network, whole)
        domain = whole.select(kept) if len(kept) < len(whole.columns) else whole

    if len(kept) < len(whole.columns):
        graph = narrow_graph(graph, whole.columns, kept)
    check_marks(graph, table)
    return graph, domain, None if table is None else domain.rows(table)


def resolve_domain(graph: Graph, domain: Domain | None, data: Any) -> Domain:
    """The domain given, or that of the data, in the columns of the model; DomainError where they
    don't fit.
    """
    domain = derive_domain(graph, data) if domain is None else _add_unread_columns(graph, domain)
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


def _add_unread_columns(graph: Graph, domain: Domain) -> Domain:
    """A domain of the columns that a network reads, with the others of its table, which may hold
    anything.

    What lacks a column that is read stays as it is, for others to say so.
    """
    d, places = len(graph.features), domain.table_places
    if graph.named:
        mine = {column.name for column in domain.columns}
        kept = {
            graph.columns[i].name
            for i in find_read_columns(graph.network, Domain.over(graph.columns))
        }
        if mine < {column.name for column in graph.columns} and kept <= mine:
            own = {column.name: column for column in domain.columns}
            return domain.extended([own.get(c.name, c) for c in graph.columns])
        return domain
    if places is None or len(domain) == d or places.coordinate_count != d:
        return domain

    starts = {
        places.coordinates[first]: column
        for first, column in zip(
            accumulate((c.width for c in domain.columns), initial=0), domain.columns, strict=False
        )
    }
    taken, columns, j = {column.name for column in domain.columns}, list[Column](), 0
    while j < d:
        column = starts.get(j) or Column(find_free_name(graph.features[j], taken))
        columns.append(column)
        j += column.width
    return domain.extended(columns)


def find_graph_columns(graph: Graph, places: InputPlaces) -> tuple[int, ...]:
    """Places among the graph's columns of those that a domain has; a graph without names of its own
    has a column a coordinate.
    """
    return places.columns if len(graph.columns) == places.column_count else places.coordinates


def fill_unread_columns(rows: Any, graph: Graph, domain: Domain) -> Any:
    """Rows of a domain's columns as the model takes them: a frame with all of its columns as it is,
    else coordinates, (N, d), with anything in the columns that it doesn't read.
    """
    names, places = read_column_names(rows), domain.table_places
    if places is None:
        return rows
    if names is not None and list_table_columns(graph.columns).keys() <= set(names):
        return rows

    known = domain.rows(rows)
    whole = np.zeros((len(known), places.coordinate_count))
    for group in find_groups(graph.columns):
        whole[:, group[0]] = 1.0
    whole[:, list(places.coordinates)] = known
    return whole
