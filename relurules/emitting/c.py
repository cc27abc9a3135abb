"""C99: score.h and score.c, no allocation, no state, no library but math.h."""

from relurules.emitting import plan
from relurules.emitting.heads import c_step, has_links
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
        "features": list(zip(columns, map(comment, rules.features), strict=True)),
        "outputs": [comment(name) for name in rules.outputs],
        "step": c_step(rules) if has_links(rules) else None,
        "checks": plan.planned_checks(rules, features),
        "rules": plan.planned_rules(rules, features),
        **plan.planned_form(rules, request.form, features, neurons, _DEPTH),
    }
    header, source = render("c/score.h.j2", **values), render(f"c/{request.form}.c.j2", **values)
    return {"score.h": header, "score.c": source}


def comment(name: str) -> str:
    """A name inside a C comment: it can neither end the comment nor form a trigraph or a line splice."""
    return one_line(name).replace("*", "\u2217").replace("?", "\uff1f").replace("\\", "\u2216").replace("/", "\u2215")
