"""Python: a module of the standard library alone, with score(row) -> outputs and rule."""

import builtins
import keyword
from collections.abc import Sequence

from relurules.domain.columns import Column
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
        "features": [ascii_literal(column.name) for column in rules.domain.columns],
        "inputs": _inputs(rules.domain.columns, columns),
        "handled": plan.handles_missing(rules),
        "fills": any(column.fill is not None for column in rules.domain.columns),
        "categories": any(column.categories for column in rules.domain.columns),
        "outputs": [ascii_literal(name) for name in rules.outputs],
        "step": python_step(rules) if has_links(rules) else None,
        "checks": plan.planned_checks(rules, features),
        "rules": {rule.number: rule for rule in plan.planned_rules(rules, features)},
        **plan.planned_form(rules, request.form, features, neurons, _DEPTH),
    }
    return {"score.py": render(f"python/{request.form}.py.j2", **values)}


def _inputs(columns: Sequence[Column], names: Sequence[str]) -> list[tuple[str, str]]:
    """(variable, expression) for every coordinate, from the columns of a row."""
    rest, inputs = iter(names), list[tuple[str, str]]()
    for i, column in enumerate(columns):
        name = ascii_literal(column.name)
        if not column.categories:
            fill = "" if column.fill is None else f", {column.fill!r}"
            inputs.append((next(rest), f"_number(row, {name}{fill})"))
            continue
        known = {value: at for value, at in column.lookup.items() if value is not None}
        other = -1 if column.other is None else column.other
        inputs.append((f"_c{i}", f"_category(row, {name}, {known!a}, {column.lookup.get(None, -1)}, {other})"))
        inputs += [(next(rest), f"1.0 if _c{i} == {at} else 0.0") for at in range(column.width)]
    return inputs


def ascii_literal(name: str) -> str:
    """A name as a Python string literal that survives any encoding."""
    return ascii(name)
