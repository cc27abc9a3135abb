"""Python: a module of the standard library alone, with score(row) -> outputs and rule."""

import builtins
import keyword

from relurules.emitting import facts, plan
from relurules.emitting.code import ruled
from relurules.emitting.expressions import of_text, planned_gate, planned_parts, planned_reads, template_of
from relurules.emitting.heads import has_links, python_step
from relurules.emitting.render import identifier, one_line, render, unique
from relurules.emitting.request import Request
from relurules.errors import InputError

#: Names that the module itself uses.
_TAKEN = (
    *dir(builtins), "row", "at", "walked", "place", "below", "above", "normal", "bound", "weights", "constant", "score",
    "main", "csv", "math", "mul", "sys", "Any", "Mapping", "annotations", "FEATURES", "OUTPUTS", "TESTS", "MAPS",
)  # fmt: skip


def print_python(request: Request) -> dict[str, str]:
    """score.py: score(row) takes a mapping of the columns to their values."""
    rules = request.rules
    if "rule" in rules.outputs and "rule" in request.columns:
        raise InputError("an output called 'rule' would hide the number of the rule; rename it in the model's graph")
    names = [f"{name}_" if keyword.iskeyword(name) else name for name in map(identifier, rules.features)]
    columns = unique(names, _TAKEN)
    features = plan.notation(rules, repr, columns)
    values: dict[str, object] = {
        "header": request.header,
        "about": facts.about(request),
        "facts": [one_line(line) for line in facts.facts(request)],
        "columns": [ascii(column.name) for column in rules.domain.columns],
        "said": [_said(column) for column in facts.inputs(rules.domain)],
        "outside_words": facts.outside_words(request, "NaN outputs", "a missing value"),
        "reads": planned_reads(request, columns),
        "outputs": [ascii(name) for name in rules.outputs],
        "step": python_step(rules) if has_links(rules) else None,
        "scores": len(rules.scores),
        "wants_rule": "rule" in request.columns,
        "exact": request.outside == "exact",
        "ruled": ruled(request),
        "complete": rules.complete,
        "ascii": ascii,
        "texts": [ascii(column.name) for column in rules.domain.columns if of_text(column)],
        "checks": planned_gate(request, features),
        "domain": plan.planned_checks(rules, features),
        **planned_parts(request, features),
    }
    return {"score.py": render(f"python/{template_of(request)}.py.j2", **values)}


def _said(column: facts.Input) -> str:
    """What a comment says of a column."""
    return one_line(": ".join([column.holds, *column.codes[:1]]) if len(column.codes) == 1 else column.holds)
