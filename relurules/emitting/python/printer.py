"""Python: a module of the standard library alone, with score(row) -> outputs and rule."""

import builtins
import keyword
from collections.abc import Sequence

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
from relurules.emitting.link_steps import has_links, plan_python_links
from relurules.emitting.notation import Notation
from relurules.emitting.point_plan import chain_choices
from relurules.emitting.python.reading import plan_reading
from relurules.emitting.request import EmitRequest, LineRequest, ScorerRequest
from relurules.files.templates import flatten_text, render_file

#: Names that the module itself uses.
_MODULE_NAMES = (
    *dir(builtins), "row", "at", "walked", "place", "below", "above", "normal", "bound", "weights",
    "constant", "score", "main", "csv", "math", "mul", "sys", "Any", "Mapping", "annotations",
    "FEATURES", "OUTPUTS", "CLASSES", "TESTS", "MAPS", "MISSING", "TRUTHS", "re", "datetime", "io",
)  # fmt: skip
#: Names that the module uses for additive rules.
_LINE_NAMES = (
    "found", "lines", "points", "columns", "at", "words", "values", "EXPLAINED", "explain", "mul",
    *(f"terms{i}" for i in range(64)),
)  # fmt: skip


def print_python(request: EmitRequest) -> dict[str, str]:
    """score.py: score(row) takes a mapping of the columns to their values."""
    features = _name_features(request)
    reads = plan_reads(request, features.columns, INFIX_WORDS["python"])
    values = {
        **_list_values(request, features, reads),
        "explained": plan_explanation(request, reads),
        "ruled": is_rule_needed(request),
        "complete": request.rules.complete,
        **plan_template_values(request, features, "_sum{}"),
    }

    return {"score.py": render_file(f"python/{choose_template(request)}.py.j2", values)}


def print_python_lines(request: LineRequest) -> dict[str, str]:
    """As `print_python`, of additive rules: a statement for every part."""
    features = _name_features(request)
    reads = plan_reads(request, features.columns, INFIX_WORDS["python"])
    taken = {*features.columns, *_MODULE_NAMES, *_LINE_NAMES}
    values = {
        **_list_values(request, features, reads),
        **plan_line_values(request, features, taken, "max(0.0, {})".format, _choose_range),
    }
    values["tests"] = values["table"] or values["group_tables"]

    return {"score.py": render_file("python/lines.py.j2", values)}


def _choose_range(cases: Sequence[tuple[str, str]], otherwise: str) -> str:
    """A choice in a statement, a case a line."""
    if not cases:
        return otherwise
    chain = chain_choices(cases, otherwise, "{1} if {0}\n        else {2}".format)
    return f"(\n        {chain}\n    )"


def _name_features(request: ScorerRequest) -> Notation:
    """Coordinates as variables."""
    names = [
        f"{name}_" if keyword.iskeyword(name) else name
        for name in map(make_identifier, request.rules.features)
    ]
    taken = _MODULE_NAMES if request.form != "lines" else (*_MODULE_NAMES, *_LINE_NAMES)
    return plan.make_notation(request.rules, repr, make_unique(names, taken))


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
        "columns": list(map(ascii, list_table_columns(rules.domain.columns))),
        "said": [_describe_column(column) for column in file_header.describe_inputs(rules.domain)],
        "outside_words": file_header.describe_outside(request, "NaN outputs", "a missing value"),
        "reads": reads,
        "explained": None,
        "shared": [],
        "tests": None,
        "wants_lines": False,
        "pointed": None,
        "outputs": [ascii(name) for name in rules.outputs],
        "step": plan_python_links(rules) if has_links(rules) else None,
        "classes": plan_class_column(request, "python"),
        "scores": len(rules.scores),
        "wants_rule": "rule" in request.columns,
        "exact": request.outside == "exact",
        "ascii": ascii,
        "reading": plan_reading(rules),
        "checks": plan_gate(request, features),
        "domain": plan.plan_checks(rules, features),
    }


def _describe_column(column: file_header.InputColumn) -> str:
    """What a comment says of a column."""
    return flatten_text(
        ": ".join([column.holds, *column.codes[:1]]) if len(column.codes) == 1 else column.holds
    )
