"""C99: score.h and score.c, no allocation, no state, no library but math.h."""

from collections.abc import Sequence

from relurules.domain.columns import Column
from relurules.emitting import plan
from relurules.emitting.heads import c_step, has_links
from relurules.emitting.plan import signed
from relurules.emitting.render import identifier, one_line, render, unique
from relurules.emitting.request import Request

#: Nested `if`s per group; a deeper tree goes on in the next group. C99 compilers must take 127 levels.
_DEPTH = 30


def print_c(request: Request) -> dict[str, str]:
    """score.h documents the one call per row and per batch; score.c is its implementation."""
    rules = request.rules
    columns = unique(f"x_{identifier(name)}" for name in rules.features)  # no keyword or macro of any header starts so
    features = plan.notation(rules, repr, columns)
    neurons = plan.NeuronNames(lambda k: f"z{k}_", lambda k: f"a{k}_", "0.0")
    values: dict[str, object] = {
        "header": request.header,
        "about": f"rules: {len(rules)}, neurons: {len(rules.network)}, form: {request.form}",
        "features": [(comment(column.name), _codes(column)) for column in rules.domain.columns],
        "handled": plan.handles_missing(rules),
        "inputs": _inputs(rules.domain.columns, columns),
        "outputs": [comment(name) for name in rules.outputs],
        "step": c_step(rules) if has_links(rules) else None,
        "checks": plan.planned_checks(rules, features),
        "rules": plan.planned_rules(rules, features),
        **plan.planned_form(rules, request.form, features, neurons, _DEPTH),
    }
    header, source = render("c/score.h.j2", **values), render(f"c/{request.form}.c.j2", **values)
    return {"score.h": header, "score.c": source}


def _codes(column: Column) -> list[str]:
    """What the header says of a column that isn't a plain number: a line for every code."""
    if column.fill is not None:
        return [f"NaN counts as {column.fill!r}"]
    return [
        f"{i} = {comment(' or '.join(category.members))}{', NaN too' if category.missing else ''}"
        for i, category in enumerate(column.categories)
    ]


def _inputs(columns: Sequence[Column], names: Sequence[str]) -> list[tuple[str, str, str]]:
    """(variable, expression, comment) for every coordinate, from the array x of columns."""
    rest, inputs = iter(names), list[tuple[str, str, str]]()
    for i, column in enumerate(columns):
        fill = f"isnan(x[{i}]) ? {signed(repr, column.fill)} : " if column.fill is not None else ""
        if not column.categories:
            inputs.append((next(rest), f"{fill}x[{i}]", comment(column.name)))
            continue
        for at, (category, said) in enumerate(zip(column.categories, column.coordinates, strict=True)):
            test = f"x[{i}] == {float(at)!r}" + (f" || isnan(x[{i}])" if category.missing else "")
            inputs.append((next(rest), f"{test} ? 1.0 : 0.0", comment(said)))
    return inputs


def comment(name: str) -> str:
    """A name inside a C comment: it can neither end the comment nor form a trigraph or a line splice."""
    return one_line(name).replace("*", "\u2217").replace("?", "\uff1f").replace("\\", "\u2216").replace("/", "\u2215")
