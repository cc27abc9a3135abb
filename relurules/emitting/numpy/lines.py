"""Additive rules in numpy: all lines by one matrix product, parts where they are asked for."""

import numpy as np

from relurules.emitting.line_explanation import plan_line_explanation
from relurules.emitting.line_plan import order_lines
from relurules.emitting.line_words import describe_part
from relurules.emitting.numpy.arrays import print_array, print_table
from relurules.emitting.numpy.points import plan_numpy_points
from relurules.emitting.plan import print_signed
from relurules.emitting.request import LineRequest
from relurules.emitting.tree_walk import plan_tree_walk
from relurules.files.templates import flatten_text
from relurules.ir import AdditiveRules, RuleGroup


def plan_numpy_lines(request: LineRequest) -> dict[str, object]:
    """What the template needs."""
    rules = request.rules
    order = order_lines(rules)
    explained = plan_line_explanation(request)
    numbers = [rules.lines[k].number for k in order.tolist()]

    return {
        "base": print_table(rules.base.weights.T),
        "constants": print_array(rules.base.constants),
        "normals": print_table(rules.normals[order].T),
        "bounds_of_lines": print_array(rules.bounds[order]),
        "slopes": print_table(rules.slopes[order]),
        "numbers": numbers,
        "scores": rules.score_count,
        "rule_groups": [_plan_group(group) for group in rules.groups],
        "parts": _list_parts(rules),
        "wants_lines": "lines" in request.columns,
        "pointed": plan_numpy_points(request),
        "parted": explained,
        "said_parts": [flatten_text(line) for line in explained.said] if explained else [],
        "forms": print_array(explained.table.forms.T) if explained else "",
        "offsets": print_array(explained.table.offsets) if explained else "",
        "sides": [
            (part.at, print_signed(repr, part.reference)) if part.has_sides else None
            for part in explained.table.parts
        ]
        if explained
        else [],
    }


def _list_parts(rules: AdditiveRules) -> list[dict[str, object]]:
    """Of every part the comment, the coordinates of the base, the lines from start to end, and the
    numbers of the groups.
    """
    found, start = [], 0
    for part in rules.parts:
        end = start + len(part.lines)
        found.append(
            {
                "comment": flatten_text(describe_part(rules, part)),
                "base": part.coordinates.tolist() if part.weights.any() else [],
                "start": start,
                "end": end,
                "groups": [rules.groups[k].number for k in part.groups],
            }
        )
        start = end

    return found


def _plan_group(group: RuleGroup) -> dict[str, object]:
    """The tree and the maps."""
    tree, walk = group.rules.tree, plan_tree_walk(group.rules, None)
    return {
        "number": group.number,
        "walk": walk,
        "following": walk.next if walk else [],
        "normals": print_table(tree.normals),
        "bounds": print_array(-tree.offsets),
        "weights": np.array([rule.map.weights for rule in group.rules]).tolist(),
        "constants": print_array(np.array([rule.map.constants for rule in group.rules])),
    }
