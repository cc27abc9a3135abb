"""Additive rules in C: a statement for every part; many lines, or large groups, as tables."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from relurules.emitting import plan
from relurules.emitting.c.numbers import (
    REALS,
    CTable,
    Real,
    escape_comment,
    print_c_string,
    print_integer_table,
    print_real_table,
)
from relurules.emitting.c.parts import CTemplate, InputAssignment, assign_inputs, plan_c_gate
from relurules.emitting.c.points import move_inputs, plan_c_points
from relurules.emitting.identifiers import make_identifier, make_unique
from relurules.emitting.line_explanation import LineExplanation, plan_line_explanation
from relurules.emitting.line_plan import (
    LinePlan,
    LineStyle,
    PlannedLine,
    PlannedPart,
    find_adding_parts,
    is_tabulated,
    order_lines,
    plan_lines,
)
from relurules.emitting.line_values import LineNames, name_line_variables
from relurules.emitting.plan import print_signed
from relurules.emitting.request import LineRequest
from relurules.emitting.tree_walk import plan_tree_walk
from relurules.ir import AdditiveRules, RuleGroup

#: Nested `if`s per stage of a group.
_DEPTH = 30
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, kw_only=True)
class CParts:
    """What a function prints that computes parts in one type.

    real: the type; suffix: of the names of its tables and functions; inputs: the coordinates that
    it reads; plan: the statements; used: names that some expression reads; tables: what it reads.
    """

    real: Real
    suffix: str
    inputs: list[InputAssignment]
    plan: LinePlan
    used: frozenset[str]
    tables: list[CTable]


@dataclass(frozen=True, kw_only=True)
class CLineExplanation:
    """What is printed of contributions and reasons.

    sides: (variable, reference) of every part, None for one that is neither low nor high.
    """

    explanation: LineExplanation
    said: list[str]
    names: list[str]
    terms: list[list[str]]
    sides: list[tuple[str, str] | None]
    floors: list[str]
    tables: list[CTable]
    texts: list[str]


def fill_line_template(request: LineRequest, real: Real) -> CTemplate:
    """Scores in this type; contributions, reasons and the lines that apply always in double."""
    rules = request.rules
    # No keyword or macro of any header starts so.
    columns = make_unique(f"x_{make_identifier(name)}" for name in rules.features)
    features = plan.make_notation(rules, real.literal, columns)
    names = name_line_variables(rules, columns, "from_")
    wants_lines = "lines" in request.columns
    explained = _plan_explanation(request, columns)
    parted = explained is not None or wants_lines

    inputs = assign_inputs(request, real, columns)
    shared = parted and not real.suffix
    scored = None if shared else _plan_parts(request, real, columns, inputs, names, "")
    double = _plan_double_parts(request, real, columns, inputs, names) if parted else None
    values: dict[str, object] = {
        "inputs": inputs,
        "checks": plan_c_gate(request, features, real),
        "tables": [
            *(scored.tables if scored else []),
            *(double.tables if double else []),
            *(explained.tables if explained else []),
            *(_tabulate_numbers(rules) if wants_lines and is_tabulated(rules) else []),
        ],
        "shared": [],
        "explained": None,
        "scored": scored,
        "double": double,
        "names": names,
        "adding": [find_adding_parts(rules, i) for i in range(rules.score_count)],
        "comment": escape_comment,
        "tabulated": is_tabulated(rules),
        "packed": is_tabulated(rules) or any(plan.is_large(g.rules) for g in rules.groups),
        "is_large": lambda group: plan.is_large(group.group.rules),
        "has_walk": lambda group: plan_tree_walk(group.group.rules, None) is not None,
        "line_count": len(rules.lines),
        "value_count": len(rules.features),
        "part_count": len(rules.parts),
        "columns_of_v": columns,
        "looked": sorted({side[0] for side in explained.sides if side}) if explained else [],
        "parted": explained,
        "wants_lines": wants_lines,
        **plan_c_points(request, real, columns, inputs, names),
    }
    return CTemplate("lines.c", values)


def _plan_double_parts(
    request: LineRequest,
    real: Real,
    columns: Sequence[str],
    inputs: Sequence[InputAssignment],
    names: LineNames,
) -> CParts:
    """The parts in double, of a row in the type of scores, as the row is scored."""
    moved = move_inputs(inputs, real)
    m = request.rules.score_count
    places = LineNames(
        parts=[[f"p[{place * m + i}]" for i in range(m)] for place in range(len(names.parts))],
        points=names.points,
        lines=names.lines,
        groups=names.groups,
    )
    suffix = "_double" if real.suffix else ""

    return _plan_parts(request, REALS["double"], columns, moved, places, suffix)


def _plan_parts(
    request: LineRequest,
    real: Real,
    columns: Sequence[str],
    inputs: Sequence[InputAssignment],
    names: LineNames,
    suffix: str,
) -> CParts:
    rules = request.rules
    tabulated = is_tabulated(rules)
    named = rules.score_count > 1 or "lines" in request.columns

    def activated(line: PlannedLine) -> str:
        return names.lines[line.number] if named else f"positive{suffix}({line.argument})"

    planned = plan_lines(
        rules,
        plan.make_notation(rules, real.literal, columns),
        LineStyle(
            activated=activated,
            group=lambda number, i: names.groups[number, i],
            part=lambda place, i: names.parts[place][i],
            depth=_DEPTH,
            tabulated=(
                lambda i, start, end: f"added{suffix}(slopes{suffix}_{i}, z, {start}, {end})"
            )
            if tabulated
            else None,
        ),
    )
    used = frozenset(
        word for text in _list_texts(planned.parts) for word in _IDENTIFIER.findall(text)
    )
    large = [group for group in rules.groups if plan.is_large(group.rules)]
    packed = tabulated or bool(large)
    tables = _tabulate_lines(rules, real, suffix) if tabulated else []
    for group in large:
        tables += _tabulate_group(group, real, suffix)
    return CParts(
        real=real,
        suffix=suffix,
        inputs=[each for each in inputs if packed or each.name in used],
        plan=planned,
        used=used,
        tables=tables,
    )


def _list_texts(parts: Sequence[PlannedPart]) -> list[str]:
    """All expressions of the parts."""
    found = [text for part in parts for text in part.sums]
    found += [line.argument for part in parts for line in part.lines]
    for group in (group for part in parts for group in part.groups):
        if not plan.is_large(group.group.rules):
            found += [*group.tests, *(text for leaf in group.leaves.values() for text in leaf)]
    return found


def _tabulate_lines(rules: AdditiveRules, real: Real, suffix: str) -> list[CTable]:
    """The lines part by part."""
    order = order_lines(rules)
    said = "a row for every column, and in it what every line multiplies it with"

    return [
        print_real_table(real, f"normals{suffix}", rules.normals[order].T, f"Lines: {said}."),
        print_real_table(
            real, f"bounds{suffix}", rules.bounds[order], "From where on every line counts."
        ),
        *(
            print_real_table(
                real,
                f"slopes{suffix}_{i}",
                slopes,
                f"What every line adds to score {i} for each unit beyond its bound.",
            )
            for i, slopes in enumerate(rules.slopes[order].T)
        ),
    ]


def _tabulate_numbers(rules: AdditiveRules) -> list[CTable]:
    numbers = [[rules.lines[k].number] for k in order_lines(rules).tolist()]
    return [print_integer_table("numbers", numbers, "The number of every line in the rules.")]


def _tabulate_group(group: RuleGroup, real: Real, suffix: str) -> list[CTable]:
    """The tests of the tree, and the maps of the rules."""
    tree, number = group.rules.tree, group.number
    walk = plan_tree_walk(group.rules, None)
    maps = [rule.map for rule in group.rules]
    tables = [
        print_real_table(
            real,
            f"weights{suffix}_{number}",
            np.vstack([each.weights for each in maps]),
            f"Group {number}, rule by rule and score by score: what columns are multiplied with.",
        ),
        print_real_table(
            real,
            f"constants{suffix}_{number}",
            np.array([each.constants for each in maps]),
            f"Constants of group {number}.",
        ),
    ]
    if walk is None:
        return tables

    return [
        *tables,
        print_real_table(
            real,
            f"tests{suffix}_{number}",
            tree.normals,
            f"Tests of group {number}: the sum of these times the columns, at least",
        ),
        print_real_table(
            real,
            f"limits{suffix}_{number}",
            -tree.offsets,
            "this? Then the second entry of `next` follows, else the first:",
        ),
        print_integer_table(
            f"next{suffix}_{number}", walk.next, "another test, or minus a rule, or 0: none."
        ),
    ]


def _plan_explanation(request: LineRequest, columns: Sequence[str]) -> CLineExplanation | None:
    explained = plan_line_explanation(request)
    if explained is None:
        return None

    double, m = REALS["double"], request.rules.score_count
    features = plan.make_notation(request.rules, double.literal, columns)
    parts = explained.table.parts
    places = [[f"p[{place * m + i}]" for i in range(m)] for place in range(len(parts))]
    tables = []
    if explained.reasons:
        codes = [[code] for pair in explained.phrases.codes[0] for code in pair]
        tables = [
            print_real_table(double, "scales", explained.scales, _SCALES),
            print_integer_table("words", codes, _WORDS),
        ]
    return CLineExplanation(
        explanation=explained,
        said=[escape_comment(line) for line in explained.said],
        names=[escape_comment(name) for name in explained.names],
        terms=explained.print_terms(features, places),
        sides=[
            (columns[part.at], print_signed(double.literal, part.reference))
            if part.has_sides and explained.reasons
            else None
            for part in parts
        ],
        floors=[double.literal(floor) for floor in explained.floors],
        tables=tables,
        texts=[print_c_string(text) for text in explained.phrases.texts],
    )


_SCALES = (
    "Rounded contributions are multiplied with these: no two are equal, adverse ones are above 0."
)
_WORDS = "Part by part: the text where the value is below the reference, and where it isn't."
