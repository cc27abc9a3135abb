"""What the templates of languages with infix operators need for additive rules: Python,
JavaScript.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from relurules.emitting import plan
from relurules.emitting.identifiers import make_identifier, make_unique
from relurules.emitting.line_explanation import LineExplanation, plan_line_explanation
from relurules.emitting.line_plan import (
    LineStyle,
    PlannedGroup,
    PlannedLine,
    find_adding_parts,
    is_tabulated,
    order_lines,
    plan_lines,
)
from relurules.emitting.notation import Notation
from relurules.emitting.point_plan import PointStyle, sum_points
from relurules.emitting.request import LineRequest
from relurules.emitting.tree_walk import TreeWalk, plan_tree_walk
from relurules.files.templates import flatten_text
from relurules.ir import AdditiveRules, RuleGroup

#: Nested `if`s per stage of a group.
_DEPTH = 15


@dataclass(frozen=True, kw_only=True)
class LineNames:
    """Variables: parts: (P, m); points: (P,) of a scorecard; lines: by number; groups: (number,
    score).
    """

    parts: list[list[str]]
    points: list[str]
    lines: dict[int, str]
    groups: dict[tuple[int, int], str]


@dataclass(frozen=True, kw_only=True)
class GroupTables:
    """A group of many rules as tables: walk: None where it has one rule; tests: normal and bound of
    every one; maps: weights and constant of every rule and score.
    """

    walk: TreeWalk | None
    tests: list[tuple[list[float], float]]
    maps: list[list[tuple[list[float], float]]]


def name_line_variables(rules: AdditiveRules, taken: Collection[str], prefix: str) -> LineNames:
    """Variables that no column has. prefix: of what a part adds, before the names of its
    columns.
    """
    m = rules.score_count
    count, numbers = len(rules.parts) * m, [line.number for line in rules.lines]
    groups = [(group.number, i) for group in rules.groups for i in range(m)]
    wanted = [
        f"{prefix}{make_identifier(part.name)}{_end_name(m, i)}"
        for part in rules.parts
        for i in range(m)
    ]
    wanted += [f"line_{number}" for number in numbers]
    wanted += [f"group_{number}{_end_name(m, i)}" for number, i in groups]
    wanted += [f"points_{make_identifier(part.name)}" for part in rules.parts]

    found = make_unique(wanted, taken)
    rest, last = found[count:], len(found) - len(rules.parts)
    return LineNames(
        parts=[found[p * m : (p + 1) * m] for p in range(len(rules.parts))],
        lines=dict(zip(numbers, rest[: len(numbers)], strict=True)),
        points=found[last:],
        groups=dict(zip(groups, rest[len(numbers) : len(numbers) + len(groups)], strict=True)),
    )


def _end_name(scores: int, i: int) -> str:
    return "" if scores == 1 else f"_{i}"


def plan_line_values(
    request: LineRequest,
    features: Notation,
    taken: Collection[str],
    activate: Callable[[str], str],
    choose: Callable[[Sequence[tuple[str, str]], str], str],
) -> dict[str, object]:
    """What the template needs. taken: names that aren't free; activate: z -> max(0, z); choose: as
    in `PointStyle`.
    """
    rules = request.rules
    names = name_line_variables(rules, taken, "from_")
    named = rules.score_count > 1 or "lines" in request.columns
    tabulated = is_tabulated(rules)

    def activated(line: PlannedLine) -> str:
        return names.lines[line.number] if named else activate(line.argument)

    planned = plan_lines(
        rules,
        features,
        LineStyle(
            activated=activated,
            group=lambda number, i: names.groups[number, i],
            part=lambda place, i: names.parts[place][i],
            depth=_DEPTH,
            tabulated=(lambda i, start, end: f"_added({i}, {start}, {end}, lines)")
            if tabulated
            else None,
        ),
    )
    explained = plan_line_explanation(request)
    return {
        "parts": planned.parts,
        "sums": planned.scores,
        "names": names,
        "adding": [find_adding_parts(rules, i) for i in range(rules.score_count)],
        "named": named and not tabulated,
        "activate": activate,
        "comment": flatten_text,
        "table": _list_table(rules) if tabulated else None,
        "group_tables": _list_group_tables(planned.groups),
        "is_large": lambda group: plan.is_large(group.group.rules),
        "scores": rules.score_count,
        "wants_lines": "lines" in request.columns,
        "pointed": sum_points(
            request,
            features,
            PointStyle(choose, lambda _line, argument: activate(argument)),
            lambda place: names.points[place],
        ),
        "parted": explained,
        "said_parts": [flatten_text(line) for line in explained.said] if explained else [],
        "terms": explained.print_terms(features, names.parts) if explained else [],
        "sides": _list_sides(explained, features) if explained else [],
    }


def _list_table(rules: AdditiveRules) -> dict[str, object]:
    """The lines part by part."""
    order = order_lines(rules)
    return {
        "numbers": [rules.lines[k].number for k in order.tolist()],
        "normals": rules.normals[order].tolist(),
        "bounds": rules.bounds[order].tolist(),
        "slopes": rules.slopes[order].T.tolist(),
    }


def _list_group_tables(groups: Sequence[PlannedGroup]) -> dict[int, GroupTables]:
    """Tables of the groups of many rules, by number."""
    return {
        group.number: tabulate_group(group.group)
        for group in groups
        if plan.is_large(group.group.rules)
    }


def tabulate_group(group: RuleGroup) -> GroupTables:
    """The tree and the maps."""
    tree = group.rules.tree
    return GroupTables(
        walk=plan_tree_walk(group.rules, None),
        tests=list(zip(tree.normals.tolist(), (-tree.offsets).tolist(), strict=True)),
        maps=[
            list(zip(rule.map.weights.tolist(), rule.map.constants.tolist(), strict=True))
            for rule in group.rules
        ],
    )


def _list_sides(explained: LineExplanation, features: Notation) -> list[tuple[str, str] | None]:
    """(coordinate, reference) of every part that is low or high; None for one that is neither."""
    return [
        (features.columns[part.at], plan.print_signed(features.number, part.reference))
        if part.has_sides
        else None
        for part in explained.table.parts
    ]
