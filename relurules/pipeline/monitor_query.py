"""Rules and rows of a reference -> the query that monitors a table of a database."""

from typing import Any

from relurules.emitting.sql.monitoring import MonitorQuery, print_monitor_sql
from relurules.ir import AdditiveRules, RuleSet
from relurules.validation import MonitorLimits
from relurules.validation.monitor_reference import measure_reference


def write_monitor_sql(
    rules: RuleSet | AdditiveRules,
    reference: Any,
    dialect: str,
    table: str,
    limits: MonitorLimits,
    by: str | None,
) -> str:
    """One SELECT. DataError where no row of the reference lies in the domain; UnsupportedError for
    a dialect that can't have it.
    """
    query = MonitorQuery(
        rules=rules,
        reference=measure_reference(rules, reference),
        limits=limits,
        dialect=dialect,
        table=table,
        by=by,
    )
    return print_monitor_sql(query)
