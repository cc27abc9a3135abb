"""What is made of the rules in SQL: a SELECT, a view or dbt model of it, one expression, or a
function of it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from relurules.domain.columns import list_table_columns
from relurules.emitting import plan
from relurules.emitting.label_literals import print_sql_class, print_sql_label, print_sql_type
from relurules.emitting.request import EmitRequest, ScorerRequest
from relurules.emitting.sql.dialect import LINE, Dialect
from relurules.emitting.sql.forms import nest_cases
from relurules.emitting.sql.inputs import (
    join_conditions,
    print_coordinates,
    print_domain_check,
    print_read_column,
)
from relurules.emitting.sql.layout import lay_out
from relurules.emitting.sql.names import quote_name, quote_table
from relurules.emitting.sql.select import make_scope
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, Rule
from relurules.links.table import LINKS
from relurules.wording.links import find_class

#: A link over more scores than this would repeat them too often in one expression.
_JOINT = 4
#: An expression whose link repeats what it reads is at most so many bytes long.
_LONGEST = 64_000
#: Prefix of the scores that a link is printed with before their text takes their place.
_SCORE = "rr_s"


class SqlShape(NamedTuple):
    """head: what stands before the SELECT; one: whether it is one expression, and no SELECT; named:
    by `name`.
    """

    head: Callable[[ScorerRequest, Dialect], str]
    one: bool = False
    named: bool = False


def _print_no_head(_request: ScorerRequest, _dialect: Dialect) -> str:
    return ""


def _print_view_head(request: ScorerRequest, dialect: Dialect) -> str:
    return dialect.view.format(name=quote_table(request.name or "scored", dialect)) + "\n"


def _print_dbt_head(_request: ScorerRequest, _dialect: Dialect) -> str:
    return "{{ config(materialized='view') }}\n"


SHAPES: Mapping[str, SqlShape] = {
    "select": SqlShape(_print_no_head),
    "view": SqlShape(_print_view_head, named=True),
    "dbt": SqlShape(_print_dbt_head),
    "expression": SqlShape(_print_no_head, one=True),
    "function": SqlShape(_print_no_head, one=True, named=True),
}


def print_source(request: ScorerRequest, dialect: Dialect, alias: str) -> str:
    """The table that is read; a dbt model names it to dbt."""
    table = quote_table(request.table, dialect)
    if request.shape == "dbt":
        table = f"{{{{ {name_dbt_source(request.table)} }}}}"
    return f"{table}{dialect.alias}{alias}"


def name_dbt_source(table: str) -> str:
    """What dbt calls a table: a model of its own, or a table of a source."""
    parts = [part.replace("\\", "\\\\").replace("'", "\\'") for part in table.split(".")]
    listed = ", ".join(f"'{part}'" for part in parts)
    return f"{'ref' if len(parts) == 1 else 'source'}({listed})"


def escape_jinja(text: str) -> str:
    """Text in which dbt finds nothing to replace."""
    return re.sub(r"\{[{%#]", lambda found: "{{ '" + found.group() + "' }}", text)


def print_expression(request: EmitRequest, dialect: Dialect, output: str) -> str:
    """One output, or the number of the rule, as an expression in the columns of the table; NULL
    outside the domain.

    UnsupportedError for what needs more than one expression: the network form, rows brought into
    the domain, a link over many scores.
    """
    check_one_expression(request, "in form rules or tree, ")
    rules, typed = request.rules, is_typed(request, dialect)
    reading = replace(dialect, cast=str) if typed else dialect
    names = [print_read_column(column, "", reading) for column in rules.domain.columns]
    read = print_coordinates(rules.domain.columns, names, reading)
    columns = [f"({text})" if text.startswith("CASE") else text for text in read]
    features = make_scope(request, dialect, "rr", columns).features
    numbers = {
        rule.number: _print_value(rule, request, features.affine, output, dialect) for rule in rules
    }
    check = print_domain_check(
        plan.plan_checks(rules, features, dialect.largest, coded=True)
    ).replace(LINE, f"{LINE}  ")

    if request.form == "tree":
        stages = plan.plan_stages(
            rules.tree, plan.print_half_space_tests(rules, features), dialect.depth - 2
        )
        if len(stages) > 1:
            raise UnsupportedError(
                f"the tree is deeper than {request.dialect} nests CASE; use form='rules'"
            )
        text = nest_cases(stages[0].entries[0][1], "  ", lambda number: numbers.get(number, "NULL"))
    else:
        planned = plan.plan_rules(rules, features)
        lines = [
            f"    WHEN {join_conditions(rule.conditions, 4)}{LINE}      THEN {numbers[rule.number]}"
            for rule in planned
        ]
        text = LINE.join(["CASE", *lines, "  END"])

    found = lay_out(f"CASE {check}{LINE}  WHEN 1 THEN {text}{LINE}END", 0, dialect)
    return check_repetition(found, request, output)


def check_repetition(text: str, request: ScorerRequest, output: str) -> str:
    """The text, unless the link makes it too long."""
    rules, size = request.rules, len(text.encode())
    link = rules.heads[rules.outputs.index(output)].link if output in rules.outputs else "identity"
    if link != "identity" and size > _LONGEST:
        parts = "lines" if isinstance(rules, AdditiveRules) else "rules"
        raise UnsupportedError(
            f"shape {request.shape!r}: {link} of {len(rules)} {parts} is an expression of {size} "
            f"bytes, since it repeats every score that it reads; at most {_LONGEST} are written. "
            "Use shape 'view' or 'select', which compute each score once"
        )

    return text


def is_tree_nestable(request: EmitRequest, dialect: Dialect) -> bool:
    """Whether the tree of the rules can be nested in one expression."""
    tests = [""] * len(request.rules.tree.neurons)
    return len(plan.plan_stages(request.rules.tree, tests, dialect.depth - 2)) == 1


def print_function(request: ScorerRequest, dialect: Dialect, body: str) -> str:
    """CREATE FUNCTION with the columns as arguments; UnsupportedError where the engine has none of
    SQL.
    """
    if not dialect.function:
        raise UnsupportedError(
            f"{request.dialect} has no functions in SQL; use shape 'view' or 'expression'"
        )

    read = list_table_columns(request.rules.domain.columns)
    names = [quote_name(name, dialect) for name in read]
    text = [any(isinstance(value, str) for value in column.lookup) for column in read.values()]
    types = [dialect.string if is_text else dialect.double for is_text in text]

    if "$$" in dialect.function and "$$" in body:
        raise UnsupportedError(
            f"a name with '$$' can't stand in a function of {request.dialect}; rename the column"
        )

    return dialect.function.format(
        name=quote_table(request.name or "score", dialect),
        names=", ".join(names),
        typed=", ".join(f"{name} {kind}" for name, kind in zip(names, types, strict=True)),
        type=_find_output_type(request, dialect),
        body=body,
    )


def choose_one_output(request: ScorerRequest, others: Sequence[str] = ()) -> str:
    """The output that an expression is of; others: what else it may be."""
    outputs = request.rules.outputs
    output = request.output or (outputs[0] if len(outputs) == 1 else "")
    if output not in (*outputs, *others):
        listed = " or ".join(filter(None, [", ".join(outputs), *others]))
        raise UnsupportedError(
            f"shape {request.shape!r} is of one output; give output=, one of {listed}"
        )

    return output


def is_typed(request: ScorerRequest, dialect: Dialect) -> bool:
    """Whether what is read is a number by its declaration already."""
    return request.shape == "function" and "{typed}" in dialect.function


def check_one_expression(request: ScorerRequest, forms: str) -> None:
    """UnsupportedError for what needs more than one expression. forms: in which it is one."""
    if request.form == "network" or request.outside != "null" or request.missing == "error":
        raise UnsupportedError(
            f"shape {request.shape!r} is one expression: only {forms}outside='null' and "
            "missing='propagate'; a view can be more"
        )


def _find_output_type(request: ScorerRequest, dialect: Dialect) -> str:
    labels = request.rules.labels
    if request.output == "rule":
        return dialect.integer
    if request.output == "lines":
        return dialect.string
    if labels is None or not request.rules.tells_label:
        return dialect.double
    return print_sql_type(labels, dialect)


def _print_value(
    rule: Rule, request: EmitRequest, affine: Callable[..., str], output: str, dialect: Dialect
) -> str:
    """What a rule gives, as one expression."""
    if output == "rule":
        return str(rule.number)

    rules = request.rules
    if rules.decision is not None and rules.labels is not None:
        return print_sql_label(rules.labels.values[int(find_class(rules, rule)[0])], dialect)

    texts = [
        affine(weights, constant)
        for weights, constant in zip(rule.map.weights, rule.map.constants, strict=True)
    ]
    return print_linked(request, output, texts, dialect)


def print_linked(
    request: ScorerRequest, output: str, scores: Sequence[str], dialect: Dialect
) -> str:
    """An output as one expression; scores: all of them, as expressions."""
    rules = request.rules
    head = rules.heads[rules.outputs.index(output)]
    if len(head.scores) > _JOINT:
        raise UnsupportedError(
            f"{head.link} of {len(head.scores)} scores is too long for one expression ({_JOINT} at "
            "most); use a view"
        )

    texts = {f"{_SCORE}{i}": text for i, text in enumerate(scores)}
    link, names = LINKS[head.link], [f"{_SCORE}{i}" for i in head.scores]
    if link.print_sql_alone is not None:
        return _fill_names(link.print_sql_alone(names, head.component, dialect), texts)

    columns = link.print_sql(names, "rr_l", dialect)
    for step in columns.steps:
        texts |= {name: _fill_names(text, texts) for name, text in step}

    value = _fill_names(columns.results[head.component], texts)
    if rules.labels is None or not rules.tells_label:
        return value
    return print_sql_class(value, rules.labels, dialect)


def _fill_names(text: str, texts: Mapping[str, str]) -> str:
    """The text with every name of ours replaced by what it stands for."""
    whole = texts.get(text)
    return (
        whole
        if whole is not None
        else re.sub(r"\brr_\w+", lambda found: f"({texts[found.group()]})", text)
    )
