"""JavaScript: an ES module without imports, with score(row) -> outputs and rule."""

import json
from collections.abc import Sequence
from functools import partial

from relurules.domain.columns import list_table_columns
from relurules.emitting import file_header, plan
from relurules.emitting.code_options import is_rule_needed
from relurules.emitting.derived import INFIX_WORDS
from relurules.emitting.explanations import plan_explanation
from relurules.emitting.expressions import (
    ColumnRead,
    choose_template,
    plan_gate,
    plan_reads,
    plan_template_values,
)
from relurules.emitting.identifiers import make_identifier, make_unique
from relurules.emitting.label_literals import check_hidden_names, plan_class_column
from relurules.emitting.line_values import plan_line_values
from relurules.emitting.link_steps import has_links, plan_javascript_links
from relurules.emitting.notation import Notation
from relurules.emitting.point_plan import chain_choices
from relurules.emitting.request import EmitRequest, LineRequest, ScorerRequest
from relurules.files.templates import flatten_text, render_file


def print_javascript(request: EmitRequest) -> dict[str, str]:
    """score.mjs: score(row) takes an object with the columns' values."""
    features = _name_features(request)
    reads = plan_reads(request, features.columns, INFIX_WORDS["javascript"])
    values = {
        **_list_values(request, features, reads),
        "explained": plan_explanation(request, reads),
        "ruled": is_rule_needed(request),
        "complete": request.rules.complete,
        **plan_template_values(request, features, "sum{}"),
    }

    return {"score.mjs": render_file(f"javascript/{choose_template(request)}.mjs.j2", values)}


def print_javascript_lines(request: LineRequest) -> dict[str, str]:
    """As `print_javascript`, of additive rules: a statement for every part."""
    features = _name_features(request)
    reads = plan_reads(request, features.columns, INFIX_WORDS["javascript"])
    values = {
        **_list_values(request, features, reads),
        **plan_line_values(
            request,
            features,
            features.columns,
            "Math.max(0.0, {})".format,
            partial(chain_choices, choice="{} ? {}\n        : {}".format),
        ),
    }

    return {"score.mjs": render_file("javascript/lines.mjs.j2", values)}


def _name_features(request: ScorerRequest) -> Notation:
    """Coordinates as variables; no keyword starts so."""
    rules = request.rules
    variables = make_unique(f"x_{make_identifier(name)}" for name in rules.features)
    return plan.make_notation(rules, repr, variables)


def _list_values(
    request: ScorerRequest, features: Notation, reads: Sequence[ColumnRead]
) -> dict[str, object]:
    """What all forms need."""
    rules = request.rules
    check_hidden_names(request)

    return {
        "header": request.header,
        "about": file_header.describe_size(request),
        "facts": [flatten_text(line) for line in file_header.list_facts(request)],
        "columns": list(map(json.dumps, list_table_columns(rules.domain.columns))),
        "said": [
            flatten_text(column.holds) for column in file_header.describe_inputs(rules.domain)
        ],
        "outside_words": file_header.describe_outside(request, "NaN outputs", "a missing value"),
        "reads": reads,
        "explained": None,
        "shared": [],
        "wants_lines": False,
        "pointed": None,
        "quote": json.dumps,
        "known": lambda known: json.dumps(list(known.items())),
        "outputs": [json.dumps(name) for name in rules.outputs],
        "step": plan_javascript_links(rules) if has_links(rules) else None,
        "classes": plan_class_column(request, "javascript"),
        "scores": len(rules.scores),
        "scored": request.scored,
        "wants_rule": "rule" in request.columns,
        "exact": request.outside == "exact",
        "checks": plan_gate(request, features),
        "domain": plan.plan_checks(rules, features),
    }
