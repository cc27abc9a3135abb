"""SQL: one SELECT over a table. A dialect is one row of `DIALECTS`, which states only its difference from SQLite's."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from relurules.domain.columns import Category, Column
from relurules.emitting import plan
from relurules.emitting.heads import has_links, sql_columns
from relurules.emitting.notation import grouped
from relurules.emitting.render import one_line, render
from relurules.emitting.request import Request
from relurules.errors import InputError


def _cast_of_any_type(column: str) -> str:
    """SQLite columns hold values of any type, and CAST('12 apples' AS DOUBLE) is 12: text must become NULL instead."""
    return f"CASE WHEN lower(typeof({column})) NOT IN ('text', 'blob', 'varchar') THEN CAST({column} AS DOUBLE) END"


def _cast(column: str) -> str:
    return f"CAST({column} AS DOUBLE)"


class Dialect(NamedTuple):
    """cast: a column as a double, NULL where it is no number; fence: ends a subquery that must not be inlined.

    depth: how deep CASE expressions may nest (SQLite's parser overflows at 19 to 24). missing: whether a column of
    numbers is; text: a column as text.
    """

    cast: Callable[[str], str] = _cast_of_any_type
    fence: str = " LIMIT 9223372036854775807"
    depth: int = 10
    missing: Callable[[str], str] = lambda column: f"{column} IS NULL"
    text: Callable[[str], str] = lambda column: f"CAST({column} AS TEXT)"


DIALECTS: Mapping[str, Dialect] = {
    "sqlite": Dialect(),
    "duckdb": Dialect(
        cast=_cast,
        fence="",
        missing=lambda column: f"({column} IS NULL OR isnan(CAST({column} AS DOUBLE)))",
    ),
}


def print_sql(request: Request) -> dict[str, str]:
    """score.sql: for every row of the table its key, the outputs (NULL outside the domain) and the rule (0 there)."""
    rules, dialect = request.rules, DIALECTS[request.dialect]
    _check_names(request)
    prefix = _prefix(request)
    columns = _inner_names(rules.features, f"{prefix}_x")
    features = plan.notation(rules, double, columns)
    checks = plan.planned_checks(rules, features)
    inside = [f"{column} BETWEEN {low} AND {high}" for low, column, high in checks.bounds]
    inside += [f"{column} IN (0E0, 1E0)" for column in checks.binaries] + [f"{sum_} = 1E0" for sum_ in checks.sums]
    inside += [f"{form} <= {limit}" for form, limit in checks.inequalities]
    neurons = plan.NeuronNames(lambda k: f"{prefix}_z{k}", lambda k: f"{prefix}_a{k}", double(0.0))
    outputs = [quoted(name) for name in rules.outputs]
    scores = [f"{prefix}_s{i}" for i in range(len(rules.scores))] if has_links(rules) else outputs
    values: dict[str, object] = {
        "header": request.header,
        "about": one_line(_about(request)),
        "no_rule": plan.missing_words(rules),
        "p": prefix,
        "table": ".".join(quoted(part) for part in request.table.split(".")),
        "columns": list(zip(_inputs(rules.domain.columns, f"{prefix}_table", dialect), columns, strict=True)),
        "keys": [(quoted(name), f"{prefix}_key{i}") for i, name in enumerate(request.key)],
        "outputs": outputs,
        "scores": scores,
        "links": sql_columns(rules, scores, prefix) if has_links(rules) else None,
        "inside": grouped(inside, "\n        AND "),
        "fence": dialect.fence,
        "rules": plan.planned_rules(rules, features),
        **plan.planned_form(rules, request.form, features, neurons, dialect.depth),
    }
    return {"score.sql": render(f"sql/{request.form}.sql.j2", **values)}


def double(value: float) -> str:
    """A size as a double-precision literal: `0.94` alone is a DECIMAL to some engines."""
    text = repr(value).upper()
    return text if "E" in text else f"{text}E0"


def quoted(name: str) -> str:
    """A name as a delimited identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | float) -> str:
    """A value that a column is compared with."""
    return plan.signed(double, value) if isinstance(value, float) else "'" + value.replace("'", "''") + "'"


def _inputs(columns: Sequence[Column], table: str, dialect: Dialect) -> list[str]:
    """An expression for every coordinate, from the columns of the table."""
    return [expression for column in columns for expression in _coordinates(column, table, dialect)]


def _coordinates(column: Column, table: str, dialect: Dialect) -> list[str]:
    name = f"{table}.{quoted(column.name)}"
    if not column.categories:
        number = dialect.cast(name)
        if column.fill is None:
            return [number]
        return [f"CASE WHEN {dialect.missing(name)} THEN {plan.signed(double, column.fill)} ELSE {number} END"]
    known = [value for category in column.categories for value in category.values]
    numeric = bool(known) and all(isinstance(value, float) for value in known)
    value = dialect.cast(name) if numeric else dialect.text(name)
    missing = dialect.missing(name) if numeric else f"{name} IS NULL"
    return [f"CASE {_cases(category, value, missing, known)} END" for category in column.categories]


def _cases(category: Category, value: str, missing: str, known: Sequence[str | float]) -> str:
    """1 for the values of a category, 0 for the others; a NULL is in no list."""
    own = f"WHEN {value} IN ({', '.join(map(literal, category.values))}) THEN 1E0 " if category.values else ""
    null = f"WHEN {missing} THEN {1 if category.missing else 0}E0 " if category.missing or category.other else ""
    if not category.other:
        return f"{null}{own}ELSE 0E0"
    others = [v for v in known if v not in category.values]
    return (
        f"{null}WHEN {value} IN ({', '.join(map(literal, others))}) THEN 0E0 ELSE 1E0" if others else f"{null}ELSE 1E0"
    )


def _inner_names(names: Sequence[str], stand_in: str) -> list[str]:
    """Coordinates inside our subqueries; SQLite reads a column called true as text once it leaves a subquery."""
    lowered = Counter(name.lower() for name in names)
    odd = [name.lower() in ("true", "false") or lowered[name.lower()] > 1 or "\0" in name for name in names]
    return [f"{stand_in}{i}" if odd[i] else quoted(name) for i, name in enumerate(names)]


def _prefix(request: Request) -> str:
    """A prefix that starts no name of the user's, for the columns and subqueries of our own."""
    rules = request.rules
    raw = [column.name for column in rules.domain.columns]
    names = [*rules.features, *raw, *request.key, *rules.outputs, *request.table.split(".")]
    taken = [name.lower() for name in names]
    prefix = "rr"
    while any(name.startswith(prefix + "_") for name in taken):
        prefix += "r"
    return prefix


def _check_names(request: Request) -> None:
    raw = [column.name for column in request.rules.domain.columns]
    for names, what in (
        (raw, "features"),
        ([*request.key, *request.rules.outputs, "rule"], "key, output and rule columns"),
    ):
        lowered = [name.lower() for name in names]
        if clash := [name for name, low in zip(names, lowered, strict=True) if lowered.count(low) > 1]:
            raise InputError(
                f"SQL doesn't tell apart the {what} {', '.join(map(repr, clash))}; rename one "
                "(features and outputs through the domain and the model, keys with key=)"
            )
    values = [v for column in request.rules.domain.columns for v in column.lookup if isinstance(v, str)]
    for name in (*raw, *request.key, *request.rules.outputs, request.table):
        if "\0" in name or not name:
            raise InputError(f"{name!r} can't be an SQL name: it is empty or holds a NUL character")
    if bad := [value for value in values if "\0" in value]:
        raise InputError(f"the category {bad[0]!r} can't be written in SQL: it holds a NUL character")


def _about(request: Request) -> str:
    rules = request.rules
    return f"rules: {len(rules)}, neurons: {len(rules.network)}, form: {request.form}, dialect: {request.dialect}"


__all__ = ["DIALECTS", "print_sql"]
