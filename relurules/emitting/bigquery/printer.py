"""BigQuery: CREATE FUNCTION in JavaScript, whose body is what the target javascript has.

The columns are arguments, and all results are fields of one STRUCT.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from relurules.domain.columns import is_text_column, list_table_columns
from relurules.emitting.column_kinds import require_one_kind
from relurules.emitting.contribution_plan import ContributionPlan, plan_contributions
from relurules.emitting.identifiers import make_identifier, make_unique
from relurules.emitting.javascript.printer import print_javascript, print_javascript_lines
from relurules.emitting.label_literals import find_labels
from relurules.emitting.line_explanation import LineExplanation, plan_line_explanation
from relurules.emitting.request import EmitRequest, LineRequest, ScorerRequest
from relurules.emitting.sql.dialects import DIALECTS
from relurules.emitting.sql.names import (
    check_different,
    check_name,
    check_path,
    quote_name,
    quote_table,
)
from relurules.errors import UnsupportedError
from relurules.files.templates import flatten_text, render_file

FILE = "score_function.sql"
_DIALECT = DIALECTS["bigquery"]
#: Bytes that BigQuery takes of code in a statement.
_LONGEST = 32 * 1024
#: Functions in JavaScript have no INT64: its numbers are doubles.
_NUMBER, _TEXT, _TRUTH = "FLOAT64", "STRING", "BOOL"


class FunctionValue(NamedTuple):
    """An argument or a result. name, type: in SQL; value: in JavaScript."""

    name: str
    type: str
    value: str


def print_bigquery(request: EmitRequest) -> dict[str, str]:
    """score_function.sql of rules of which one applies."""
    (module,) = print_javascript(replace(request, header="")).values()
    return _print_function(request, module, plan_contributions(request))


def print_bigquery_lines(request: LineRequest) -> dict[str, str]:
    """As `print_bigquery`, of additive rules."""
    (module,) = print_javascript_lines(replace(request, header="")).values()
    return _print_function(request, module, plan_line_explanation(request))


def _print_function(
    request: ScorerRequest, module: str, explained: ContributionPlan | LineExplanation | None
) -> dict[str, str]:
    arguments, results = _list_arguments(request), list(_list_results(request, explained))
    name = request.name or "score"
    check_path(name, "bigquery", _DIALECT)
    names = [each.name for each in results]
    check_different(names, "results", _DIALECT)
    for each in names:
        check_name(each, "bigquery", _DIALECT.name_limit, _DIALECT)

    body = render_file(
        "bigquery/body.js.j2",
        {
            "module": re.sub("^export ", "", module, flags=re.MULTILINE).rstrip(),
            "arguments": arguments, "results": results, "quote": json.dumps,
            "number": _NUMBER, "explained": explained is not None,
        },
    )  # fmt: skip
    text = render_file(
        "bigquery/function.sql.j2",
        {
            "name": quote_table(name, _DIALECT),
            "arguments": [f"{each.name} {each.type}" for each in arguments],
            "given": _list_columns(request),
            "results": [f"{quote_name(each.name, _DIALECT)} {each.type}" for each in results],
            "body": _check_body(body),
            "header": request.header,
        },
    )
    return {FILE: text}


def _list_arguments(request: ScorerRequest) -> list[FunctionValue]:
    """The columns of the table, under names that are one in SQL and in JavaScript."""
    listed = list_table_columns(request.rules.domain.columns)
    for column in listed.values():
        require_one_kind(column, "bigquery", "an argument")
    names = make_unique(f"x_{make_identifier(name)}".lower() for name in listed)
    return [
        FunctionValue(own, _TEXT if is_text_column(column) else _NUMBER, json.dumps(name))
        for own, (name, column) in zip(names, listed.items(), strict=True)
    ]


def _list_columns(request: ScorerRequest) -> list[str]:
    """What the function is called with, as a comment shows it."""
    listed = list_table_columns(request.rules.domain.columns)
    quoted = {name: flatten_text(quote_name(name, _DIALECT)) for name in listed}
    return [
        quoted[name] if is_text_column(column) else f"CAST({quoted[name]} AS {_NUMBER})"
        for name, column in listed.items()
    ]


def _list_results(
    request: ScorerRequest, explained: ContributionPlan | LineExplanation | None
) -> Iterator[FunctionValue]:
    """Outputs, then what else is asked for."""
    rules = request.rules
    label = _find_label_type(request)
    for name in rules.outputs:
        kind = label if rules.tells_label else _NUMBER
        yield FunctionValue(name, kind, f"given[{json.dumps(name)}]")
    if "class" in request.columns and not rules.tells_label:
        yield FunctionValue("class", label, "given.class")
    for name, kind in (("points", _NUMBER), ("rule", _NUMBER), ("lines", _TEXT)):
        if name in request.columns:
            yield FunctionValue(name, kind, f"given.{name}")
    if explained is not None:
        for names, kind in ((explained.contributions, _NUMBER), (explained.reasons, _TEXT)):
            for name in names:
                yield FunctionValue(name, kind, f"told[{json.dumps(name)}]")


def _find_label_type(request: ScorerRequest) -> str:
    """The type of the class, where there is one."""
    if "class" not in request.columns and not request.rules.tells_label:
        return _NUMBER
    _, labels = find_labels(request.rules)
    return {str: _TEXT, bool: _TRUTH}.get(labels.kind, _NUMBER)


def _check_body(body: str) -> str:
    """The body as it may stand in a raw text of three quotation marks: these stand in comments
    alone, as the marks in texts have backslashes.
    """
    if (size := len(body.encode())) > _LONGEST:
        raise UnsupportedError(
            f"target 'bigquery': the function would be {size:,} bytes of JavaScript, and BigQuery "
            f"takes {_LONGEST:,} in a statement; use target 'sql' with dialect 'bigquery', or "
            "fewer rules or lines"
        )
    return body.replace('"""', '" " "')
