"""JavaScript: an ES module without imports, with score(row) -> outputs and rule."""

import json

from relurules.emitting import facts, plan
from relurules.emitting.code import ruled
from relurules.emitting.expressions import planned_gate, planned_parts, planned_reads, template_of
from relurules.emitting.heads import has_links, javascript_step
from relurules.emitting.render import identifier, one_line, render, unique
from relurules.emitting.request import Request
from relurules.errors import InputError


def print_javascript(request: Request) -> dict[str, str]:
    """score.mjs: score(row) takes an object with the columns' values."""
    rules = request.rules
    if "rule" in rules.outputs and "rule" in request.columns:
        raise InputError("an output called 'rule' would hide the number of the rule; rename it in the model's graph")
    variables = unique(f"x_{identifier(name)}" for name in rules.features)  # no keyword starts so
    features = plan.notation(rules, repr, variables)
    values: dict[str, object] = {
        "header": request.header,
        "about": facts.about(request),
        "facts": [one_line(line) for line in facts.facts(request)],
        "columns": [json.dumps(column.name) for column in rules.domain.columns],
        "said": [one_line(column.holds) for column in facts.inputs(rules.domain)],
        "outside_words": facts.outside_words(request, "NaN outputs", "a missing value"),
        "reads": planned_reads(request, variables),
        "known": lambda known: json.dumps(list(known.items())),
        "outputs": [json.dumps(name) for name in rules.outputs],
        "step": javascript_step(rules) if has_links(rules) else None,
        "scores": len(rules.scores),
        "wants_rule": "rule" in request.columns,
        "exact": request.outside == "exact",
        "ruled": ruled(request),
        "complete": rules.complete,
        "checks": planned_gate(request, features),
        "domain": plan.planned_checks(rules, features),
        **planned_parts(request, features),
    }
    return {"score.mjs": render(f"javascript/{template_of(request)}.mjs.j2", **values)}
