"""Python: a module of the standard library alone, with score(row) -> outputs and rule."""

import builtins
import keyword

from relurules.emitting import plan
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
    values: dict[str, object] = {
        "header": request.header,
        "about": f"rules: {len(rules)}, neurons: {len(rules.network)}, form: {request.form}",
        "features": list(zip(columns, map(ascii_literal, rules.features), strict=True)),
        "outputs": [ascii_literal(name) for name in rules.outputs],
        "checks": plan.planned_checks(rules, features),
        "rules": {rule.number: rule for rule in plan.planned_rules(rules, features)},
    }
    if request.form == "tree":
        values["stages"] = plan.planned_stages(rules.tree, plan.half_space_tests(rules, features), _DEPTH)
    if request.form == "network":
        mixed = plan.with_neurons(rules, features, lambda k: f"_a{k}")
        tests = plan.neuron_tests(rules, lambda k: f"_z{k}", "0.0")
        values["levels"] = plan.planned_levels(rules, mixed)
        values["sums"] = plan.planned_outputs(rules, mixed)
        values["stages"] = plan.planned_stages(rules.tree, tests, _DEPTH)
    return {"score.py": render(f"python/{request.form}.py.j2", **values)}


def ascii_literal(name: str) -> str:
    """A name as a Python string literal that survives any encoding."""
    return ascii(name)
