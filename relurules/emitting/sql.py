"""SQL: one SELECT over a table. A dialect is one row of `DIALECTS`, which states only its difference from SQLite's."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

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

    depth: how deep CASE expressions may nest (SQLite's parser overflows at 19 to 24).
    """

    cast: Callable[[str], str] = _cast_of_any_type
    fence: str = " LIMIT 9223372036854775807"
    depth: int = 10


DIALECTS: Mapping[str, Dialect] = {
    "sqlite": Dialect(),
    "duckdb": Dialect(cast=_cast, fence=""),
}


def print_sql(request: Request) -> dict[str, str]:
    """score.sql: for every row of the table its key, the outputs (NULL outside the domain) and the rule (0 there)."""
    rules, dialect = request.rules, DIALECTS[request.dialect]
    _check_names(request)
    prefix = _prefix(request)
    columns = [_inner(name, f"{prefix}_x{i}") for i, name in enumerate(rules.features)]
    features = plan.notation(rules, double, columns)
    checks = plan.planned_checks(rules, features)
    inside = [f"{column} BETWEEN {low} AND {high}" for low, column, high in checks.bounds]
    inside += [f"{form} <= {limit}" for form, limit in checks.inequalities]
    neurons = plan.NeuronNames(lambda k: f"{prefix}_z{k}", lambda k: f"{prefix}_a{k}", double(0.0))
    outputs = [quoted(name) for name in rules.outputs]
    scores = [f"{prefix}_s{i}" for i in range(len(rules.scores))] if has_links(rules) else outputs
    values: dict[str, object] = {
        "header": request.header,
        "about": one_line(_about(request)),
        "p": prefix,
        "table": ".".join(quoted(part) for part in request.table.split(".")),
        "columns": [
            (dialect.cast(f"{prefix}_table.{quoted(name)}"), column)
            for name, column in zip(rules.features, columns, strict=True)
        ],
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


def _inner(name: str, stand_in: str) -> str:
    """A feature's name inside our subqueries; SQLite reads a column called true as text once it leaves a subquery."""
    return stand_in if name.lower() in ("true", "false") else quoted(name)


def _prefix(request: Request) -> str:
    """A prefix that starts no name of the user's, for the columns and subqueries of our own."""
    names = [*request.rules.features, *request.key, *request.rules.outputs, *request.table.split(".")]
    taken = [name.lower() for name in names]
    prefix = "rr"
    while any(name.startswith(prefix + "_") for name in taken):
        prefix += "r"
    return prefix


def _check_names(request: Request) -> None:
    for names, what in (
        (request.rules.features, "features"),
        ([*request.key, *request.rules.outputs, "rule"], "key, output and rule columns"),
    ):
        lowered = [name.lower() for name in names]
        if clash := [name for name, low in zip(names, lowered, strict=True) if lowered.count(low) > 1]:
            raise InputError(
                f"SQL doesn't tell apart the {what} {', '.join(map(repr, clash))}; rename one "
                "(features and outputs through the domain and the model, keys with key=)"
            )
    for name in (*request.rules.features, *request.key, *request.rules.outputs, request.table):
        if "\0" in name or not name:
            raise InputError(f"{name!r} can't be an SQL name: it is empty or holds a NUL character")


def _about(request: Request) -> str:
    rules = request.rules
    return f"rules: {len(rules)}, neurons: {len(rules.network)}, form: {request.form}, dialect: {request.dialect}"


__all__ = ["DIALECTS", "print_sql"]
