"""A dbt model with its schema.yml: contract, descriptions, accepted ranges, a unit test."""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile
from typing import Any

from relurules.emitting.code_options import drop_rule_column
from relurules.emitting.dbt.unit_rows import UnitRows, choose_unit_rows
from relurules.emitting.dbt.yaml import format_yaml
from relurules.emitting.label_literals import find_labels, print_sql_type
from relurules.emitting.request import (
    SQL_OPTIONS,
    EmitOptions,
    ScorerRequest,
    make_line_request,
    make_request,
)
from relurules.emitting.sql.dialect import Dialect, print_double
from relurules.emitting.sql.dialects import DIALECTS
from relurules.emitting.sql.names import quote_name
from relurules.emitting.sql.outputs import OutputColumn, list_output_columns
from relurules.emitting.sql.shapes import name_dbt_source
from relurules.errors import UnsupportedError
from relurules.files.templates import render_file
from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.ir.answers import format_bound

#: What an output is proven to be at least and at most, by its name.
OutputRanges = Mapping[str, tuple[float, float]]

#: Ranges are wider by this share of the numbers in them, as an engine rounds its sums.
_ROUNDING = 1e-9
#: A name of ours in the project of the user.
_TEST = "relurules_within"
#: Types of keys, which rules don't know.
_KEY_TYPE = "{{ var('relurules_key_type', 'BIGINT') }}"


def print_dbt(
    artifact: Artifact, rules: RuleSet | AdditiveRules, options: EmitOptions, ranges: OutputRanges
) -> dict[str, str]:
    """relurules_within.sql, a generic test; schema.yml; and the model, which is the artefact's SQL.

    ranges: of outputs and scores by name. UnsupportedError for a name of the model that is none in
    dbt, and for texts that dbt would replace.
    """
    name = options.name or "score"
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise UnsupportedError(
            f"the dbt model can't be named {name!r}; supported: letters of ASCII, digits and _, as "
            "the name is one of a file too"
        )

    request = _make_request(artifact, rules, options)
    columns, dialect = list_output_columns(request), DIALECTS[request.dialect]

    rows = choose_unit_rows(rules, columns, outside=request.outside, missing=request.missing)
    schema = {
        "version": 2,
        "models": [_describe_model(name, artifact, request, columns, ranges)],
        "unit_tests": [_describe_unit_test(name, request, rows)] if rows.given else [],
    }

    text = str(artifact)
    _check_texts([schema["unit_tests"], [column.name for column in columns], *request.key])

    return {
        f"{_TEST}.sql": render_file("dbt/within.sql.j2", {"test": _TEST}),
        "schema.yml": format_yaml({key: value for key, value in schema.items() if value}),
        f"{name}.sql": _round_in_unit_tests(text, request, columns, rows, dialect),
    }


def _make_request(
    artifact: Artifact, rules: RuleSet | AdditiveRules, options: EmitOptions
) -> ScorerRequest:
    """What the artefact's SQL was asked for."""
    dialect = artifact.dialect or ""
    request: ScorerRequest
    if isinstance(rules, AdditiveRules):
        request = make_line_request(rules, dialect, drop_rule_column(options), SQL_OPTIONS)
    else:
        request = make_request(rules, dialect, options, SQL_OPTIONS)
    return replace(request, form=artifact.form, outside=artifact.outside, columns=artifact.returned)


def _describe_model(
    name: str,
    artifact: Artifact,
    request: ScorerRequest,
    columns: list[OutputColumn],
    ranges: OutputRanges,
) -> dict[str, Any]:
    """The entry of the model: what its head says, and its columns."""
    head = takewhile(lambda line: line.startswith("-- "), str(artifact).splitlines())
    told = "; ".join(line.removeprefix("-- ").removesuffix(".") for line in head)
    keys = [
        {"name": key, "description": f"Key of the table, {key}.", "data_type": _KEY_TYPE,
         "quote": True}
        for key in request.key
    ]  # fmt: skip
    return {
        "name": name,
        "description": re.sub(r"\{([{%#])", r"{ \1", told),
        "config": {"contract": {"enforced": True}},
        "columns": [*keys, *(_describe_column(column, request, ranges) for column in columns)],
    }


def _describe_column(
    column: OutputColumn, request: ScorerRequest, ranges: OutputRanges
) -> dict[str, Any]:
    """Type, words and tests of one column."""
    rules, dialect = request.rules, DIALECTS[request.dialect]
    found: dict[str, Any] = {
        "name": column.name,
        "description": _WORDS[column.kind].format(name=column.name),
        "data_type": _choose_type(column, request, dialect),
        "quote": True,
    }

    range_ = ranges.get(column.name) if column.kind in ("output", "score") else None
    if column.kind == "rule":
        range_ = (0, len(rules))

    if column.kind == "class" or (column.kind == "output" and rules.tells_label):
        labels = find_labels(rules)[1]
        listed = {"values": list(labels.values), "quote": labels.kind is str}
        found["data_tests"] = [{"accepted_values": {"arguments": listed}}]
    elif range_ is not None:
        low, high = range_
        room = 0 if column.kind == "rule" else _ROUNDING * (abs(low) + abs(high))
        if column.kind != "rule":
            ends = (format_bound(low, up=False), format_bound(high, up=True))
            found["description"] += f" By proof it lies between {ends[0]} and {ends[1]}."
        found["data_tests"] = [{_TEST: {"arguments": {"least": low - room, "most": high + room}}}]

    return found


_WORDS = {
    "output": "Output {name} of the rules; NULL where a row has none.",
    "score": "Score {name}, before the link; NULL where a row has none.",
    "class": "The model's own label of the class; NULL where a row has none.",
    "points": "Points of the scorecard; NULL where a row has none.",
    "contribution": "What is added to the score, beside the reference: {name}.",
    "reason": "A column that moves the score to its adverse side; NULL where there are no more.",
    "rule": "Number of the rule that applies; 0 where none does.",
    "lines": "Numbers of the lines that apply; NULL where a row has no output.",
}


def _choose_type(column: OutputColumn, request: ScorerRequest, dialect: Dialect) -> str:
    rules = request.rules
    if column.kind == "class" or (column.kind == "output" and rules.tells_label):
        return print_sql_type(find_labels(rules)[1], dialect)
    if column.kind in ("reason", "lines"):
        return dialect.string

    return dialect.integer if column.kind == "rule" else dialect.double


def _describe_unit_test(name: str, request: ScorerRequest, rows: UnitRows) -> dict[str, Any]:
    """Rows of the table, numbered by the keys, and what the model gives for them."""
    numbers = [dict.fromkeys(request.key, i) for i in range(1, len(rows.given) + 1)]
    given = [number | dict(row) for number, row in zip(numbers, rows.given, strict=True)]
    expected = [number | dict(row) for number, row in zip(numbers, rows.expected, strict=True)]
    return {
        "name": f"{name}_gives_what_the_rules_give",
        "model": name,
        "overrides": {"vars": {"relurules_rounded": True}},
        "given": [{"input": name_dbt_source(request.table), "rows": given}],
        "expect": {"rows": expected},
    }


def _round_in_unit_tests(
    text: str, request: ScorerRequest, columns: list[OutputColumn], rows: UnitRows, dialect: Dialect
) -> str:
    """The model; in unit tests, which compare every digit, its numbers are rounded."""
    names = [*request.key, *(column.name for column in columns)]
    told = []
    for name in names:
        quoted, scale = quote_name(name, dialect), rows.scales.get(name)
        if scale is not None and name not in request.key:
            size = print_double(scale)
            rounded = dialect.floor(f"{quoted} * {size} + 0.5E0")
            told.append(f"{rounded} / {size} AS {quoted}")
        else:
            told.append(quoted)

    head, mark, query = text.partition("{{ config(materialized='view') }}\n")
    condition = "{% if var('relurules_rounded', false) %}"
    return (
        f"{head}{mark}{condition}\nSELECT {', '.join(told)} FROM (\n{{% endif %}}\n{query}"
        f"{condition}\n){dialect.alias}rr_rounded\n{{% endif %}}\n"
    )


def _check_texts(value: Any) -> None:
    """UnsupportedError for a text that dbt takes for its own."""
    if isinstance(value, str) and re.search(r"\{[{%#]", value):
        raise UnsupportedError(
            f"dbt would replace what stands in braces in {value!r}; rename it, or use target sql "
            "with shape='dbt', which has no schema.yml"
        )
    if isinstance(value, Mapping):
        _check_texts([*value, *value.values()])
    elif isinstance(value, list | tuple):
        for each in value:
            _check_texts(each)
