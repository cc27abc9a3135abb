"""What additive rules add, as terms of an SQL expression: lines, points of categories, groups."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from relurules.domain.columns import Column
from relurules.emitting import plan
from relurules.emitting.line_plan import print_argument
from relurules.emitting.notation import Notation
from relurules.emitting.sql.dialect import LINE, Dialect
from relurules.emitting.sql.forms import SqlNames, nest_cases, print_by_rule
from relurules.emitting.sql.inputs import is_numeric, print_constant, print_literal, print_number
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, RuleGroup, ScorePart
from relurules.ir.network import Array

#: A sum of more terms than this is compared and added under one name, where an engine has no
#: function for the larger of two numbers.
_SHORT = 3
#: A group of more rules than this is looked up by number, in a subquery of its own.
_FEW = 20
#: Nested CASE that stand around what a group adds.
_AROUND = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class PointColumn:
    """A column of categories that only adds points: it is read as it is, without indicators.

    column: of the table; name: what it is called in our subqueries; at: of its first coordinate.
    """

    column: Column
    name: str
    at: int


def find_point_columns(rules: AdditiveRules) -> list[int]:
    """Places of the columns of categories whose coordinates nothing but the base reads."""
    domain = rules.domain
    read = np.any(rules.normals != 0, axis=0) | np.any(domain.normals != 0, axis=0)
    for group in rules.groups:
        read |= group.rules.read_coordinates
    read |= (domain.lower != 0.0) | (domain.upper != 1.0)

    return [
        i
        for i, (column, at) in enumerate(zip(domain.columns, domain.places, strict=True))
        if column.categories and not read[at.start : at.stop].any() and _is_told_by_value(column)
    ]


def _is_told_by_value(column: Column) -> bool:
    """Whether the value, brought to its type, tells the category: where a column of numbers holds a
    text, that is no missing value.
    """
    return not is_numeric(column) or not any(
        category.missing or category.other for category in column.categories
    )


def print_points(point: PointColumn, weights: Array, dialect: Dialect) -> str:
    """What the categories of a column add to a score, (d,) weights, as one CASE."""
    own = weights[point.at : point.at + point.column.width].tolist()
    column, rest = point.column, 0.0
    listed = list[tuple[str, float]]()
    for category, weight in zip(column.categories, own, strict=True):
        rest = weight if category.other else rest
        tests = [f"{point.name} IS NULL"] if category.missing else []
        values = [print_literal(value, dialect) for value in category.values]
        if len(values) == 1:
            tests.append(f"{point.name} = {values[0]}")
        elif values:
            tests.append(f"{point.name} IN ({', '.join(values)})")
        listed += [(test, weight) for test in tests]

    # What is missing stands first: a NULL passes every other test.
    listed.sort(key=lambda case: not case[0].endswith(" IS NULL"))
    cases = [(test, weight) for test, weight in listed if weight != rest]
    last = print_constant(rest, dialect)
    if not cases:
        return last
    plain = all(test.startswith(f"{point.name} = ") for test, _ in cases)
    if plain:
        told = [
            f"WHEN {test.removeprefix(f'{point.name} = ')} THEN {print_number(weight)}"
            for test, weight in cases
        ]
        return f"CASE {point.name} {' '.join(told)} ELSE {last} END"
    told = [f"WHEN {test} THEN {print_number(weight)}" for test, weight in cases]
    return f"CASE {' '.join(told)} ELSE {last} END"


def print_known(point: PointColumn, dialect: Dialect) -> str:
    """Whether a row's value is of a category; "" where any value is."""
    column, known = point.column, list[str]()
    takes_missing = any(category.missing for category in column.categories)
    if column.other is not None:
        return "" if takes_missing else f"{point.name} IS NOT NULL"

    values = [value for category in column.categories for value in category.values]
    if values:
        listed = ", ".join(print_literal(value, dialect) for value in values)
        known.append(f"{point.name} IN ({listed})")
    if takes_missing:
        known.append(f"{point.name} IS NULL")
    return known[0] if len(known) == 1 else f"({' OR '.join(known)})"


def print_line_test(normal: Array, bound: float, features: Notation) -> str:
    """Whether a line applies; sums start without a minus."""
    columns = features.affine(normal)
    if columns.startswith("-"):
        return f"{features.affine(-normal)} < {print_number(0.0 - bound)}"
    return f"{columns} > {print_number(bound)}"


def is_sum_named(rules: AdditiveRules, k: int, dialect: Dialect) -> bool:
    """Whether normal·x - bound of line k is a column of a subquery."""
    return not dialect.greatest and bool(np.count_nonzero(rules.normals[k]) > _SHORT)


def print_hinge(normal: Array, bound: float, features: Notation, dialect: Dialect) -> str:
    """Max(0, normal·x - bound)."""
    argument = _print_argument(normal, bound, features)
    if dialect.greatest:
        return f"{dialect.greatest}(0E0, {argument})"
    return choose_positive(print_line_test(normal, bound, features), argument, dialect)


def choose_positive(test: str, argument: str, dialect: Dialect) -> str:
    """What a line adds, where an engine has no function for the larger of two numbers."""
    if dialect.choice:
        return dialect.choice.format(test, argument, "0")
    return f"CASE WHEN {test} THEN {argument} ELSE 0E0 END"


def _print_argument(normal: Array, bound: float, features: Notation) -> str:
    """How far a row is beyond the bound; of one column that must be small, the bound first."""
    used = normal.nonzero()[0].tolist()
    if len(used) == 1 and normal[used[0]] < 0 and bound:
        return f"{print_number(0.0 - bound)} - {features.affine(-normal)}"
    return print_argument(features, normal, bound)


def is_group_numbered(group: RuleGroup, rules: AdditiveRules, dialect: Dialect) -> bool:
    """Whether the rule of a group that applies is a column of a subquery: where its tree is large
    or deep, or several scores read it.
    """
    return (
        rules.score_count > 1
        or len(group.rules) > _FEW
        or len(_plan_stages(group, [""] * len(group.rules.tree.neurons), dialect)) > 1
    )


def _plan_stages(group: RuleGroup, tests: Sequence[str], dialect: Dialect) -> list[plan.Stage]:
    return plan.plan_stages(group.rules.tree, tests, max(2, dialect.depth - _AROUND))


def print_group(
    group: RuleGroup, score: int, features: Notation, dialect: Dialect, rule: str = ""
) -> str:
    """What a group adds to a score. rule: the column that numbers the rule that applies, if there
    is one; else the tree stands in the expression.
    """
    texts = {
        each.number: features.affine(each.map.weights[score], each.map.constants[score])
        for each in group.rules
    }
    if rule:
        return print_by_rule(rule, texts)
    tests = plan.print_half_space_tests(group.rules, features)
    stages = _plan_stages(group, tests, dialect)
    if len(stages) > 1:
        raise UnsupportedError(
            f"the tree of group {group.number} is deeper than this dialect nests CASE in one "
            "expression; use shape 'view' or 'select'"
        )
    ((_, node),) = stages[0].entries

    return nest_cases(node, "    ", lambda number: texts.get(number, "NULL"))


def plan_group_stages(
    group: RuleGroup, features: Notation, dialect: Dialect, names: SqlNames
) -> list[list[tuple[str, str]]]:
    """The columns, stage by stage, that lead to the number of the rule that applies."""
    tests = plan.print_half_space_tests(group.rules, features)
    stages, steps = _plan_stages(group, tests, dialect), list[list[tuple[str, str]]]()
    final = name_group_rule(names, group.number)
    for i, stage in enumerate(stages):
        last, before = i == len(stages) - 1, f"{names.prefix}_g{group.number}_at{i}"
        name = final if last else f"{names.prefix}_g{group.number}_at{i + 1}"
        if i == 0:
            ((_, node),) = stage.entries
            steps.append([(name, nest_cases(node, "  ", str))])
            continue
        cases = [
            f"  WHEN {-entry} THEN {nest_cases(node, '    ', str)}" for entry, node in stage.entries
        ]
        steps.append([(name, LINE.join([f"CASE {before}", *cases, f"  ELSE {before}", "END"]))])

    return steps


def name_group_rule(names: SqlNames, number: int) -> str:
    """The number of the rule that applies in a group."""
    return f"{names.prefix}_g{number}"


def is_any_shared(rules: AdditiveRules) -> bool:
    """Whether a line adds to several scores."""
    return bool((np.count_nonzero(rules.slopes, axis=1) > 1).any())


def count_part_terms(rules: AdditiveRules, part: ScorePart, score: int) -> int:
    """How many terms a part has in a score."""
    return int(
        np.count_nonzero(part.weights[score])
        + np.count_nonzero(rules.slopes[part.lines, score])
        + len(part.groups)
    )
