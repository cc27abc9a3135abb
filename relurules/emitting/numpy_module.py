"""numpy: a module that scores all rows of a table at once, by matrix products."""

from collections.abc import Sequence

import numpy as np

from relurules.domain.columns import groups_of
from relurules.emitting import facts, plan
from relurules.emitting.code import ruled
from relurules.emitting.expressions import of_text, planned_reads
from relurules.emitting.heads import has_links, numpy_step
from relurules.emitting.render import one_line, render
from relurules.emitting.request import Request
from relurules.emitting.walk import Walk, planned_walk
from relurules.ir import RuleSet
from relurules.ir.network import Array

_LARGEST = float(np.finfo(np.float64).max)


def print_numpy(request: Request) -> dict[str, str]:
    """score_numpy.py: score_batch(table) and rule_batch(table)."""
    rules = request.rules
    domain = rules.domain
    values: dict[str, object] = {
        "header": request.header,
        "about": facts.about(request),
        "facts": [one_line(line) for line in facts.facts(request)],
        "columns": [ascii(column.name) for column in domain.columns],
        "said": [one_line(column.holds) for column in facts.inputs(domain)],
        "outside_words": facts.outside_words(request, "NaN outputs", "a missing value"),
        "reads": planned_reads(request, domain.names),
        "texts": [i for i, column in enumerate(domain.columns) if of_text(column)],
        "outputs": [ascii(name) for name in rules.outputs],
        "step": numpy_step(rules) if has_links(rules) else None,
        "wants_rule": "rule" in request.columns,
        "exact": request.outside == "exact",
        "clamps": [i for i in range(len(domain)) if not any(i in group for group in domain.groups)]
        if request.outside == "clamp"
        else None,
        "ruled": ruled(request),
        "complete": rules.complete,
        "ascii": ascii,
        "lowest": table(np.maximum(domain.lower, -_LARGEST)),
        "highest": table(np.minimum(domain.upper, _LARGEST)),
        "bounds": [_open(domain.lower), _open(domain.upper)],
        "inequalities": [table(domain.normals.T), table(domain.limits)] if len(domain.normals) else None,
        "groups": [list(group) for group in domain.groups],
        "known_groups": [list(group) for group in groups_of(domain.columns)],
        **(_network(request) if request.form == "network" else _tree(rules)),
    }
    return {"score_numpy.py": render(f"numpy/{request.form}.py.j2", **values)}


def table(values: Array) -> str:
    """An array as lists; a line for every row of a matrix."""
    if values.ndim < 2:
        return f"[{', '.join(map(repr, values.tolist()))}]"
    return "[\n" + "".join(f"    {row!r},\n" for row in values.tolist()) + "]"


def _open(values: Array) -> str:
    """Bounds, infinite where there is none."""
    return table(values).replace("inf", "np.inf")


def _network(request: Request) -> dict[str, object]:
    """The layers, and the tree as tests of signs where that is what it is."""
    rules, network = request.rules, request.rules.network
    tested = plan.neurons_tested(rules, ruled(request))
    needed = tested | plan.read_neurons(network, tested)
    levels = [level for found in network.levels if (level := [k for k in found.tolist() if needed[k]])]
    order = [k for level in levels for k in level]
    layers = [
        {
            "number": number,
            "terms": _terms(network.A[level], [network.L[level][:, earlier] for earlier in levels[: number - 1]]),
            "bias": table(network.b[level]),
            "slope": table(network.slope[level]) if network.slope[level].any() else None,
        }
        for number, level in enumerate(levels, 1)
    ]
    last = {
        "number": "last",
        "terms": _terms(network.C, [network.U[:, level] for level in levels]),
        "bias": table(network.c),
        "slope": None,
    }
    walk = planned_walk(rules, {k: i for i, k in enumerate(order)}) if ruled(request) else None
    return {"layers": layers, "last": last, **_walked(rules, walk)}


def _terms(features: Array, neurons: Sequence[Array]) -> list[tuple[str, str, str]]:
    """(name of a table, what it is multiplied with, the table) for all that a layer reads."""
    blocks = [("x", features), *((f"a{i}", block) for i, block in enumerate(neurons, 1))]
    return [(read.upper(), read, table(block.T)) for read, block in blocks if block.any()]


def _tree(rules: RuleSet) -> dict[str, object]:
    """The tree and the rules' maps."""
    weights = np.array([rule.map.weights for rule in rules])
    maps = {"weights": weights.tolist(), "constants": table(np.array([rule.map.constants for rule in rules]))}
    return {**maps, **_walked(rules, planned_walk(rules, None))}


def _walked(rules: RuleSet, walk: Walk | None) -> dict[str, object]:
    tree = rules.tree
    return {
        "walk": walk,
        "normals": table(tree.normals),
        "tree_bounds": table(-tree.offsets),
        "places": [test[0] for test in walk.signs] if walk and walk.signs is not None else None,
        "following": [test[1:] for test in walk.signs] if walk and walk.signs is not None else walk and walk.next,
    }
