"""The SELECT that scores a table by additive rules."""

from relurules.emitting.label_literals import print_sql_class
from relurules.emitting.link_steps import has_links, plan_sql_links
from relurules.emitting.sql.line_points import print_point_total
from relurules.emitting.sql.line_scope import LineScope
from relurules.emitting.sql.line_steps import plan_line_steps, print_applying_lines
from relurules.emitting.sql.missing import print_failure
from relurules.emitting.sql.names import find_columns, quote_name
from relurules.emitting.sql.outputs import (
    OutputColumn,
    list_output_columns,
    plan_class_steps,
    print_class,
)
from relurules.emitting.sql.part_reasons import PartReasonScope, make_part_reason_scope
from relurules.emitting.sql.reasons import plan_reason_steps, print_reason
from relurules.emitting.sql.select import SelectPlan
from relurules.emitting.sql.steps import Subquery
from relurules.links.sql import LinkColumns
from relurules.links.table import LINKS


def plan_line_select(scope: LineScope) -> SelectPlan:
    """Every subquery, and the columns of the last SELECT."""
    request, dialect, names = scope.request, scope.dialect, scope.names
    steps, outputs = plan_line_steps(scope), _print_scores(scope)
    if has_links(scope.rules) and {"outputs", "probability"} & set(request.columns):
        links = _plan_links(scope, outputs)
        steps += [Subquery(names.of(f"link{i}"), step) for i, step in enumerate(links.steps, 1)]
        outputs = links.results
        if scope.rules.labels is not None and scope.rules.tells_label:
            outputs = [print_sql_class(outputs[0], scope.rules.labels, dialect)]

    steps += plan_class_steps(request, dialect, names.prefix)
    explained = make_part_reason_scope(scope)
    steps += [] if explained is None else plan_reason_steps(explained)
    columns = list_output_columns(request)
    final = [
        (_print_column(scope, column, outputs, explained), quote_name(column.name, dialect))
        for column in columns
    ]
    keys = [(names.key(i), quote_name(key, dialect)) for i, key in enumerate(request.key)]
    if failure := print_failure(request, dialect, names.missing):
        steps.append(Subquery(names.of("failed"), [(names.failure, failure)]))
        final = [(f"CASE WHEN {names.failure} = 0 THEN {text} END", name) for text, name in final]
        return SelectPlan(steps, keys + final)
    return _inline_scores(scope, SelectPlan(steps, keys + final))


def _plan_links(scope: LineScope, scores: list[str]) -> LinkColumns:
    """From scores to outputs. Shares of one score need no columns of their own, unless two outputs
    could have one that costs no subquery of its own, as nothing fences that.
    """
    heads, dialect = scope.rules.heads, scope.dialect
    alone = [LINKS[head.link].print_sql_alone for head in heads if len(head.scores) == 1]
    shared = len({head.scores for head in heads}) < len(heads) and not dialect.fence
    if not all(alone) or len(alone) < len(heads) or shared:
        return plan_sql_links(scope.rules, scores, scope.names.prefix, dialect)

    return LinkColumns(
        [],
        [
            printed([scores[head.scores[0]]], head.component, dialect)
            for printed, head in zip(alone, heads, strict=True)
            if printed is not None
        ],
    )


def _print_scores(scope: LineScope) -> list[str]:
    return [scope.names.score(i) for i in range(scope.rules.score_count)]


def _print_column(
    scope: LineScope, column: OutputColumn, outputs: list[str], explained: PartReasonScope | None
) -> str:
    """What is returned, in the columns of the last subquery."""
    if column.kind == "output":
        return outputs[column.which]
    if column.kind == "score":
        return scope.names.score(column.which)
    if column.kind == "contribution" and explained is not None:
        return explained.contribution(column.which, column.part)
    if column.kind == "reason" and explained is not None:
        return print_reason(explained, column.which, column.part)
    if column.kind in ("points", "lines"):
        printed = print_point_total if column.kind == "points" else print_applying_lines
        return printed(scope)

    return print_class(scope.request, scope.dialect, scope.names.prefix).results[0]


def _inline_scores(scope: LineScope, select: SelectPlan) -> SelectPlan:
    """Scores that are returned as they are, and read by nothing else, need no subquery.

    Unless a column that is returned has the name of one that is read: ClickHouse reads it instead.
    """
    scored = dict(select.steps[-1].columns)
    if select.steps[-1].name != scope.names.of("scored") or len(select.steps) < 2:
        return select
    read = [text for text, _ in select.final if text in scored]
    others = [text for text, _ in select.final if text not in scored]
    reads = set[str]().union(*(find_columns(text, scope.dialect) for text in others))
    if len(read) != len(set(read)) or reads & set(scored):
        return select

    final = [(scored.get(text, text), name) for text, name in select.final]
    named = {scope.dialect.fold(name) for _, name in final}
    found = set[str]().union(*(find_columns(text, scope.dialect) for text, _ in final))
    if named & {scope.dialect.fold(name) for name in found}:
        return select
    return SelectPlan(select.steps[:-1], final)
