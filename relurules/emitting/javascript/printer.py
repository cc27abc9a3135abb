"""JavaScript: an ES module without imports, with score(row) -> outputs and rule."""

import json

from relurules.emitting import file_header, plan
from relurules.emitting.code_options import is_rule_needed
from relurules.emitting.explanations import plan_explanation
from relurules.emitting.expressions import (
    choose_template,
    plan_gate,
    plan_reads,
    plan_template_values,
)
from relurules.emitting.identifiers import make_identifier, make_unique
from relurules.emitting.label_literals import check_class_name, plan_class_column
from relurules.emitting.link_steps import has_links, plan_javascript_links
from relurules.emitting.request import EmitRequest
from relurules.errors import InputError
from relurules.files.templates import flatten_text, render_file


def print_javascript(request: EmitRequest) -> dict[str, str]:
    """score.mjs: score(row) takes an object with the columns' values."""
    rules = request.rules
    if "rule" in rules.outputs and "rule" in request.columns:
        raise InputError(
            "an output called 'rule' would hide the number of the rule; rename it in the model's "
            "graph"
        )

    check_class_name(request)
    # No keyword starts so.
    variables = make_unique(f"x_{make_identifier(name)}" for name in rules.features)
    features = plan.make_notation(rules, repr, variables)
    reads = plan_reads(request, variables)
    values: dict[str, object] = {
        "header": request.header,
        "about": file_header.describe_size(request),
        "facts": [flatten_text(line) for line in file_header.list_facts(request)],
        "columns": [json.dumps(column.name) for column in rules.domain.columns],
        "said": [
            flatten_text(column.holds) for column in file_header.describe_inputs(rules.domain)
        ],
        "outside_words": file_header.describe_outside(request, "NaN outputs", "a missing value"),
        "reads": reads,
        "explained": plan_explanation(request, reads),
        "quote": json.dumps,
        "known": lambda known: json.dumps(list(known.items())),
        "outputs": [json.dumps(name) for name in rules.outputs],
        "step": plan_javascript_links(rules) if has_links(rules) else None,
        "classes": plan_class_column(request, "javascript"),
        "scores": len(rules.scores),
        "wants_rule": "rule" in request.columns,
        "exact": request.outside == "exact",
        "ruled": is_rule_needed(request),
        "complete": rules.complete,
        "checks": plan_gate(request, features),
        "domain": plan.plan_checks(rules, features),
        **plan_template_values(request, features, "sum{}"),
    }

    return {"score.mjs": render_file(f"javascript/{choose_template(request)}.mjs.j2", values)}
