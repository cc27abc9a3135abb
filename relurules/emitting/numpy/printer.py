"""numpy: a module that scores all rows of a table at once, by matrix products."""

from collections.abc import Sequence

import numpy as np

from relurules.domain.columns import find_groups, is_text_column, list_table_columns
from relurules.emitting import file_header, plan
from relurules.emitting.code_options import is_rule_needed
from relurules.emitting.derived import INFIX_WORDS
from relurules.emitting.explanations import plan_explanation
from relurules.emitting.expressions import ColumnRead, plan_reads
from relurules.emitting.label_literals import plan_class_column
from relurules.emitting.link_steps import has_links, plan_numpy_links
from relurules.emitting.numpy.arrays import print_array
from relurules.emitting.numpy.lines import plan_numpy_lines
from relurules.emitting.request import EmitRequest, LineRequest, ScorerRequest
from relurules.emitting.tree_walk import TreeWalk, plan_tree_walk
from relurules.files.templates import flatten_text, render_file
from relurules.ir import RuleSet
from relurules.ir.network import Array

_LARGEST = float(np.finfo(np.float64).max)


def print_numpy(request: EmitRequest) -> dict[str, str]:
    """score_numpy.py: score_batch(table) and rule_batch(table)."""
    rules = request.rules
    reads = plan_reads(request, rules.domain.names, INFIX_WORDS["numpy"])
    values = {
        **_list_values(request, reads),
        "explained": plan_explanation(request, reads),
        "ruled": is_rule_needed(request),
        "complete": rules.complete,
        **(_plan_network(request) if request.form == "network" else _plan_tree(rules)),
    }

    return {"score_numpy.py": render_file(f"numpy/{request.form}.py.j2", values)}


def print_numpy_lines(request: LineRequest) -> dict[str, str]:
    """As `print_numpy`, of additive rules, with lines_batch(table) where lines are asked for."""
    reads = plan_reads(request, request.rules.domain.names, INFIX_WORDS["numpy"])
    values = {**_list_values(request, reads), **plan_numpy_lines(request)}
    return {"score_numpy.py": render_file("numpy/lines.py.j2", values)}


def _list_values(request: ScorerRequest, reads: Sequence[ColumnRead]) -> dict[str, object]:
    """What all forms need."""
    rules, domain = request.rules, request.rules.domain
    return {
        "header": request.header,
        "about": file_header.describe_size(request),
        "facts": [flatten_text(line) for line in file_header.list_facts(request)],
        "columns": list(map(ascii, list_table_columns(domain.columns))),
        "said": [flatten_text(column.holds) for column in file_header.describe_inputs(domain)],
        "outside_words": file_header.describe_outside(request, "NaN outputs", "a missing value"),
        "reads": reads,
        "explained": None,
        "parted": None,
        "wants_lines": False,
        "pointed": None,
        "walk": None,
        "places": None,
        "texts": [
            i
            for i, column in enumerate(list_table_columns(domain.columns).values())
            if is_text_column(column)
        ],
        "outputs": [ascii(name) for name in rules.outputs],
        "step": plan_numpy_links(rules) if has_links(rules) else None,
        "classes": plan_class_column(request, "numpy"),
        "wants_rule": "rule" in request.columns,
        "exact": request.outside == "exact",
        "clamps": [i for i in range(len(domain)) if not any(i in group for group in domain.groups)]
        if request.outside == "clamp"
        else None,
        "ruled": False,
        "ascii": ascii,
        "lowest": print_array(np.maximum(domain.lower, -_LARGEST)),
        "highest": print_array(np.minimum(domain.upper, _LARGEST)),
        "bounds": [_print_bounds(domain.lower), _print_bounds(domain.upper)],
        "inequalities": [print_array(domain.normals.T), print_array(domain.limits)]
        if len(domain.normals)
        else None,
        "groups": [list(group) for group in domain.groups],
        "known_groups": [list(group) for group in find_groups(domain.columns)],
    }


def _print_bounds(values: Array) -> str:
    """Bounds, infinite where there is none."""
    return print_array(values).replace("inf", "np.inf")


def _plan_network(request: EmitRequest) -> dict[str, object]:
    """The layers, and the tree as tests of signs where that is what it is."""
    rules, network = request.rules, request.rules.network
    tested = plan.find_tested_neurons(rules, is_rule_needed(request))
    needed = tested | plan.find_read_neurons(network, tested)
    levels = [
        level for found in network.levels if (level := [k for k in found.tolist() if needed[k]])
    ]
    order = [k for level in levels for k in level]
    layers = [
        {
            "number": number,
            "terms": _list_terms(
                network.A[level], [network.L[level][:, earlier] for earlier in levels[: number - 1]]
            ),
            "bias": print_array(network.b[level]),
            "slope": print_array(network.slope[level]) if network.slope[level].any() else None,
        }
        for number, level in enumerate(levels, 1)
    ]
    last = {
        "number": "last",
        "terms": _list_terms(network.C, [network.U[:, level] for level in levels]),
        "bias": print_array(network.c),
        "slope": None,
    }
    walk = (
        plan_tree_walk(rules, {k: i for i, k in enumerate(order)})
        if is_rule_needed(request)
        else None
    )

    return {"layers": layers, "last": last, **_plan_walk(rules, walk)}


def _list_terms(features: Array, neurons: Sequence[Array]) -> list[tuple[str, str, str]]:
    """(name of a table, what it is multiplied with, the table) for all that a layer reads."""
    blocks = [("x", features), *((f"a{i}", block) for i, block in enumerate(neurons, 1))]
    return [(read.upper(), read, print_array(block.T)) for read, block in blocks if block.any()]


def _plan_tree(rules: RuleSet) -> dict[str, object]:
    """The tree and the rules' maps."""
    weights = np.array([rule.map.weights for rule in rules])
    maps = {
        "weights": weights.tolist(),
        "constants": print_array(np.array([rule.map.constants for rule in rules])),
    }
    return {**maps, **_plan_walk(rules, plan_tree_walk(rules, None))}


def _plan_walk(rules: RuleSet, walk: TreeWalk | None) -> dict[str, object]:
    tree = rules.tree
    return {
        "walk": walk,
        "normals": print_array(tree.normals),
        "tree_bounds": print_array(-tree.offsets),
        "places": [test[0] for test in walk.signs] if walk and walk.signs is not None else None,
        "following": [test[1:] for test in walk.signs]
        if walk and walk.signs is not None
        else walk and walk.next,
    }
