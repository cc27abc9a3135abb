"""The SELECT that scores a table, as a list of subqueries: input, domain check, form, scores, links."""

from collections.abc import Sequence
from typing import NamedTuple

from relurules.emitting import plan
from relurules.emitting.heads import has_links, sql_columns
from relurules.emitting.notation import Notation
from relurules.emitting.request import Request
from relurules.emitting.sql_dialect import LINE, Dialect, double
from relurules.emitting.sql_forms import Names, by_rule, form_steps, scored_step
from relurules.emitting.sql_inputs import clamped, constant, coordinates, inside, named
from relurules.emitting.sql_names import inner_names, quoted, text_literal
from relurules.emitting.sql_outputs import Wanted, extra_steps, final_columns
from relurules.emitting.sql_steps import Step


class Scope(NamedTuple):
    """What all parts of a SELECT share: the request, the dialect, our names, and how features are written."""

    request: Request
    dialect: Dialect
    names: Names
    features: Notation


class Select(NamedTuple):
    """steps: the subqueries; final: (expression, name) of every column that is returned."""

    steps: list[Step]
    final: list[tuple[str, str]]


def scope_of(request: Request, dialect: Dialect, prefix: str, columns: Sequence[str] | None = None) -> Scope:
    """columns: how the features are written; by default, as columns of our subqueries."""
    rules = request.rules
    written = inner_names(rules.features, f"{prefix}_x", dialect) if columns is None else list(columns)
    features = Notation(
        double,
        written,
        rules.domain.widths,
        alone=lambda value: constant(value, dialect),
    )
    return Scope(request, dialect, Names(prefix), features)


def select_of(scope: Scope, wanted: Wanted) -> Select:
    """Every subquery, and the columns of the last SELECT."""
    request, dialect, names = scope.request, scope.dialect, scope.names
    rules = request.rules
    steps = [_input(scope), *_clamped(scope), _checked(scope, wanted), *_guarded(scope, wanted)]
    steps += form_steps(request, dialect, names, scope.features, wanted)
    steps.append(scored_step(request, names, scope.features, wanted))
    scores, results = [names.score(i) for i in range(len(rules.scores))], None
    if has_links(rules) and wanted.outputs:
        links = sql_columns(rules, scores, names.prefix, dialect)
        steps += [Step(f"{names.prefix}_link{i}", step) for i, step in enumerate(links.steps, 1)]
        results = links.results
    steps += extra_steps(request, dialect, names.prefix, scope.features, by_rule)
    final = [(names.key(i), quoted(key, dialect)) for i, key in enumerate(request.key)]
    return Select(steps, final + final_columns(request, dialect, names.prefix, results or scores))


def _input(scope: Scope) -> Step:
    request, dialect, names = scope.request, scope.dialect, scope.names
    table = f"{names.prefix}_table"
    keys = [(names.key(i), named(name, table, dialect)) for i, name in enumerate(request.key)]
    read = coordinates(request.rules.domain.columns, table, dialect)
    return Step(names.of("input"), [*keys, *zip(scope.features.columns, read, strict=True)])


def _clamped(scope: Scope) -> list[Step]:
    """Numbers brought into the box, where rows outside are to be."""
    if scope.request.outside != "clamp":
        return []
    domain, source = scope.request.rules.domain, scope.names.of("input")
    own = {i for group in domain.groups for i in group}
    columns = []
    for i, name in enumerate(scope.features.columns):
        text = clamped(f"{source}.{name}", float(domain.lower[i]), float(domain.upper[i]), scope.dialect)
        if i not in own and text != f"{source}.{name}":
            columns.append((name, text))
    return [Step(scope.names.of("clamped"), columns)] if columns else []


def _checked(scope: Scope, wanted: Wanted) -> Step:
    rules, names = scope.request.rules, scope.names
    checks = plan.planned_checks(rules, scope.features, scope.dialect.largest)
    missing = ""
    if scope.request.missing == "error":
        test = " OR ".join(f"{name} IS NULL" for name in scope.features.columns)
        message = text_literal("relurules: a feature is missing", scope.dialect)
        missing = f"  WHEN {test}{LINE}    THEN {scope.dialect.abort(test, message)}{LINE}"
    found = [(names.inside, inside(checks, missing))] if wanted.rule or not wanted.everywhere or missing else []
    if wanted.everywhere:
        found.append((names.known, inside(plan.known_checks(rules, scope.features, scope.dialect.largest))))
    return Step(names.of("checked"), found)


def _guarded(scope: Scope, wanted: Wanted) -> list[Step]:
    """For engines that abort a query where a product overflows or vanishes: no number for rows that have no score."""
    dialect, names = scope.dialect, scope.names
    if dialect.largest == Dialect().largest:
        return []
    source, domain = names.of("checked"), scope.request.rules.domain
    columns, test = [], names.known if wanted.everywhere else names.inside
    for i, name in enumerate(scope.features.columns):
        column = f"{source}.{name}"
        small = dialect.tiny and not domain.integer[i]
        tiny = f"WHEN abs({column}) < {double(dialect.tiny)} THEN 0E0 " if small else ""
        columns.append((name, f"CASE {tiny}WHEN {test} = 1 THEN {column} END"))
    return [Step(names.of("guarded"), columns)]
