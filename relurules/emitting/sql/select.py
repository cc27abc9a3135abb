"""The SELECT that scores a table, as a list of subqueries: input, domain check, form, scores,
links.
"""

from collections.abc import Sequence
from typing import NamedTuple

from relurules.emitting import plan
from relurules.emitting.contribution_plan import plan_contributions
from relurules.emitting.label_literals import print_sql_class
from relurules.emitting.link_steps import has_links, plan_sql_links
from relurules.emitting.notation import Notation
from relurules.emitting.request import EmitRequest
from relurules.emitting.sql.dialect import Dialect, print_double
from relurules.emitting.sql.forms import SqlNames, plan_form_steps, plan_scores, print_by_rule
from relurules.emitting.sql.inputs import print_constant, print_domain_check
from relurules.emitting.sql.missing import print_failure
from relurules.emitting.sql.names import name_coordinates, quote_name
from relurules.emitting.sql.outputs import OutputNeeds, plan_extra_steps, print_final_columns
from relurules.emitting.sql.reasons import RuleReasonScope
from relurules.emitting.sql.steps import Subquery
from relurules.emitting.sql.table_steps import TableScope, plan_clamping, plan_guard, plan_input
from relurules.ir import Scorer


class SelectScope(NamedTuple):
    """What all parts of a SELECT share: the request, the dialect, our names, and how features are
    written.
    """

    request: EmitRequest
    dialect: Dialect
    names: SqlNames
    features: Notation


class SelectPlan(NamedTuple):
    """steps: the subqueries; final: (expression, name) of every column that is returned."""

    steps: list[Subquery]
    final: list[tuple[str, str]]


def make_scope(
    request: EmitRequest, dialect: Dialect, prefix: str, columns: Sequence[str] | None = None
) -> SelectScope:
    """columns: how the features are written; by default, as columns of our subqueries."""
    rules = request.rules
    written = (
        name_coordinates(rules.features, f"{prefix}_x", dialect)
        if columns is None
        else list(columns)
    )
    features = make_sql_notation(rules, written, dialect)
    return SelectScope(request, dialect, SqlNames(prefix), features)


def make_sql_notation(rules: Scorer, columns: Sequence[str], dialect: Dialect) -> Notation:
    """How sums are written; columns: (d,) what the coordinates are called."""
    return Notation(
        print_double,
        columns,
        rules.domain.widths,
        alone=lambda value: print_constant(value, dialect),
    )


def plan_select(scope: SelectScope, wanted: OutputNeeds) -> SelectPlan:
    """Every subquery, and the columns of the last SELECT."""
    request, dialect, names = scope.request, scope.dialect, scope.names
    rules, table = request.rules, TableScope(*scope)
    steps = [
        *plan_input(table),
        *plan_clamping(table),
        _plan_checks(scope, wanted),
        *plan_guard(table, names.known if wanted.everywhere else names.inside),
    ]
    steps += plan_form_steps(request, dialect, names, scope.features, wanted)
    steps.append(plan_scores(request, names, scope.features, wanted))
    scores, results = [names.score(i) for i in range(len(rules.scores))], None

    if has_links(rules) and wanted.outputs:
        links = plan_sql_links(rules, scores, names.prefix, dialect)
        steps += [
            Subquery(f"{names.prefix}_link{i}", step) for i, step in enumerate(links.steps, 1)
        ]
        results = links.results
        if rules.labels is not None and rules.tells_label:
            results = [print_sql_class(results[0], rules.labels, dialect)]

    explained = _make_reason_scope(scope)
    steps += plan_extra_steps(request, dialect, names.prefix, explained)
    final = print_final_columns(request, dialect, names.prefix, results or scores, explained)
    if failure := print_failure(request, dialect, names.missing):
        steps.append(Subquery(names.of("failed"), [(names.failure, failure)]))
        final = [(f"CASE WHEN {names.failure} = 0 THEN {text} END", name) for text, name in final]

    keys = [(names.key(i), quote_name(key, dialect)) for i, key in enumerate(request.key)]
    return SelectPlan(steps, keys + final)


def _make_reason_scope(scope: SelectScope) -> RuleReasonScope | None:
    """None where neither contributions nor reasons are asked for."""
    explained = plan_contributions(scope.request)
    if explained is None:
        return None

    return RuleReasonScope(
        plan=explained,
        dialect=scope.dialect,
        prefix=scope.names.prefix,
        coordinates=scope.features.columns,
        by_rule=print_by_rule,
    )


def _plan_checks(scope: SelectScope, wanted: OutputNeeds) -> Subquery:
    """Columns that nothing reads later are left out where the subqueries are printed."""
    rules, names, largest = scope.request.rules, scope.names, scope.dialect.largest
    inside = print_domain_check(plan.plan_checks(rules, scope.features, largest, coded=True))
    if not wanted.everywhere:
        return Subquery(names.of("checked"), [(names.inside, inside)])

    known = print_domain_check(plan.plan_network_checks(rules, scope.features, largest, coded=True))
    return Subquery(names.of("checked"), [(names.inside, inside), (names.known, known)])
