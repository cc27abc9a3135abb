"""The first subqueries of a SELECT of either kind of rules: what is read of the table, numbers
brought into the domain, and what keeps an engine from ending the query on the way.
"""

from collections.abc import Sequence
from typing import NamedTuple

from relurules.emitting.notation import Notation
from relurules.emitting.request import ScorerRequest
from relurules.emitting.sql.dialect import Dialect, print_double
from relurules.emitting.sql.forms import SqlNames
from relurules.emitting.sql.inputs import (
    clamp_column,
    list_texts,
    print_column,
    print_coordinates,
    print_read_column,
)
from relurules.emitting.sql.missing import print_missing
from relurules.emitting.sql.steps import Subquery


class TableScope(NamedTuple):
    """What these subqueries share: the request, the dialect, our names, and how features are
    written.
    """

    request: ScorerRequest
    dialect: Dialect
    names: SqlNames
    features: Notation

    @property
    def table(self) -> str:
        """What the table is called where it is read."""
        return f"{self.names.prefix}_table"


def plan_keys(scope: TableScope) -> list[tuple[str, str]]:
    """The columns that are kept, and what tells of missing values, where these end the query."""
    request, dialect, names = scope.request, scope.dialect, scope.names
    keys = [
        (names.key(i), print_column(name, scope.table, dialect))
        for i, name in enumerate(request.key)
    ]
    missing = print_missing(request, scope.table, dialect)
    return [*keys, (names.missing, missing)] if missing else keys


def is_heavy(columns: Sequence[tuple[str, str]]) -> bool:
    """Whether what is read costs so much that it must not be computed again wherever it is read.

    columns: names and expressions.
    """
    return any("CASE" in text or " + " in text for _, text in columns)


def plan_input(scope: TableScope) -> list[Subquery]:
    """What is read of the table; first its texts, where these are more than a cast."""
    dialect, names = scope.dialect, scope.names
    read = scope.request.rules.domain.columns
    raw = [print_read_column(column, scope.table, dialect) for column in read]
    texts = list_texts(read, raw, dialect)
    if not any(texts):
        found = zip(scope.features.columns, print_coordinates(read, raw, dialect), strict=True)
        columns = [*plan_keys(scope), *found]
        return [Subquery(names.of("input"), columns, fenced=is_heavy(columns))]

    aliases = [f"{names.prefix}_column{i}" for i in range(len(read))]
    held = [(alias, text or name) for alias, text, name in zip(aliases, texts, raw, strict=True)]
    coordinates = print_coordinates(read, aliases, dialect, texts)
    return [
        Subquery(names.of("texts"), [*plan_keys(scope), *held]),
        Subquery(names.of("input"), list(zip(scope.features.columns, coordinates, strict=True))),
    ]


def plan_clamping(scope: TableScope) -> list[Subquery]:
    """Numbers brought into the box, where rows outside are to be."""
    if scope.request.outside != "clamp":
        return []

    domain, source = scope.request.rules.domain, scope.names.of("input")
    own = {i for group in domain.groups for i in group}
    columns = []

    for i, name in enumerate(scope.features.columns):
        text = clamp_column(
            f"{source}.{name}", float(domain.lower[i]), float(domain.upper[i]), scope.dialect
        )
        if i not in own and text != f"{source}.{name}":
            columns.append((name, text))

    return [Subquery(scope.names.of("clamped"), columns)] if columns else []


def plan_guard(scope: TableScope, test: str) -> list[Subquery]:
    """For engines that abort a query where a product overflows or vanishes: no number for rows that
    have no score. test: the column that is 1 where a row has one.
    """
    dialect, names = scope.dialect, scope.names
    if dialect.largest == Dialect().largest:
        return []

    source, domain = names.of("checked"), scope.request.rules.domain
    columns = []
    for i, name in enumerate(scope.features.columns):
        column = f"{source}.{name}"
        small = dialect.tiny and not domain.integer[i]
        tiny = f"WHEN abs({column}) < {print_double(dialect.tiny)} THEN 0E0 " if small else ""
        columns.append((name, f"CASE {tiny}WHEN {test} = 1 THEN {column} END"))

    return [Subquery(names.of("guarded"), columns)]
