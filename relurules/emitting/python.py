"""Python: a module of the standard library alone, with score(row) -> outputs and rule."""

import builtins
import keyword

from relurules.emitting import plan
from relurules.emitting.heads import has_links, python_step
from relurules.emitting.render import identifier, render, unique
from relurules.emitting.request import Request
from relurules.errors import InputError

#: Nested `if`s per function; a deeper tree goes on in the next function.
_DEPTH = 15
#: Names that the module itself uses.
_TAKEN = (*dir(builtins), "row", "at", "values", "score", "FEATURES", "OUTPUTS", "math")


def print_python(request: Request) -> dict[str, str]:
    """score.py: score(row) takes a mapping of the features to numbers."""
    rules = request.rules
    if "rule" in rules.outputs:
        raise InputError("an output called 'rule' would hide the number of the rule; rename it in the model's graph")
    names = [f"{name}_" if keyword.iskeyword(name) else name for name in map(identifier, rules.features)]
    columns = unique(names, _TAKEN)
    features = plan.notation(rules, repr, columns)
    neurons = plan.NeuronNames(lambda k: f"_z{k}", lambda k: f"_a{k}", "0.0")
    values: dict[str, object] = {
        "header": request.header,
        "about": f"rules: {len(rules)}, neurons: {len(rules.network)}, form: {request.form}",
        "features": list(zip(columns, map(ascii_literal, rules.features), strict=True)),
        "outputs": [ascii_literal(name) for name in rules.outputs],
        "step": python_step(rules) if has_links(rules) else None,
        "checks": plan.planned_checks(rules, features),
        "rules": {rule.number: rule for rule in plan.planned_rules(rules, features)},
        **plan.planned_form(rules, request.form, features, neurons, _DEPTH),
    }
    return {"score.py": render(f"python/{request.form}.py.j2", **values)}


def ascii_literal(name: str) -> str:
    """A name as a Python string literal that survives any encoding."""
    return ascii(name)
