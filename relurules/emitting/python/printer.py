"""Python: a module of the standard library alone, with score(row) -> outputs and rule."""

import builtins
import keyword

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
from relurules.emitting.link_steps import has_links, plan_python_links
from relurules.emitting.python.reading import plan_reading
from relurules.emitting.request import EmitRequest
from relurules.errors import InputError
from relurules.files.templates import flatten_text, render_file

#: Names that the module itself uses.
_MODULE_NAMES = (
    *dir(builtins), "row", "at", "walked", "place", "below", "above", "normal", "bound", "weights",
    "constant", "score", "main", "csv", "math", "mul", "sys", "Any", "Mapping", "annotations",
    "FEATURES", "OUTPUTS", "CLASSES", "TESTS", "MAPS", "MISSING", "TRUTHS", "re", "datetime", "io",
)  # fmt: skip


def print_python(request: EmitRequest) -> dict[str, str]:
    """score.py: score(row) takes a mapping of the columns to their values."""
    rules = request.rules
    if "rule" in rules.outputs and "rule" in request.columns:
        raise InputError(
            "an output called 'rule' would hide the number of the rule; rename it in the model's "
            "graph"
        )

    check_class_name(request)
    names = [
        f"{name}_" if keyword.iskeyword(name) else name
        for name in map(make_identifier, rules.features)
    ]
    columns = make_unique(names, _MODULE_NAMES)
    features = plan.make_notation(rules, repr, columns)
    reads = plan_reads(request, columns)
    values: dict[str, object] = {
        "header": request.header,
        "about": file_header.describe_size(request),
        "facts": [flatten_text(line) for line in file_header.list_facts(request)],
        "columns": [ascii(column.name) for column in rules.domain.columns],
        "said": [_describe_column(column) for column in file_header.describe_inputs(rules.domain)],
        "outside_words": file_header.describe_outside(request, "NaN outputs", "a missing value"),
        "reads": reads,
        "explained": plan_explanation(request, reads),
        "outputs": [ascii(name) for name in rules.outputs],
        "step": plan_python_links(rules) if has_links(rules) else None,
        "classes": plan_class_column(request, "python"),
        "scores": len(rules.scores),
        "wants_rule": "rule" in request.columns,
        "exact": request.outside == "exact",
        "ruled": is_rule_needed(request),
        "complete": rules.complete,
        "ascii": ascii,
        "reading": plan_reading(rules),
        "checks": plan_gate(request, features),
        "domain": plan.plan_checks(rules, features),
        **plan_template_values(request, features, "_sum{}"),
    }

    return {"score.py": render_file(f"python/{choose_template(request)}.py.j2", values)}


def _describe_column(column: file_header.InputColumn) -> str:
    """What a comment says of a column."""
    return flatten_text(
        ": ".join([column.holds, *column.codes[:1]]) if len(column.codes) == 1 else column.holds
    )
