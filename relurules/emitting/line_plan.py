"""Additive rules as statements: what every part adds, printed for any language.

A part is a column, a pair of columns or a larger set of them. What it adds to a score is one
expression: the base's terms in the order of coordinates, lines by number, groups by number; the
score is a constant and the parts in order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.emitting.line_words import describe_group, describe_part
from relurules.emitting.notation import Notation, join_terms
from relurules.emitting.plan import Stage, plan_stages, print_half_space_tests
from relurules.ir import AdditiveRules, RuleGroup, ScorePart
from relurules.ir.network import Array


class PlannedLine(NamedTuple):
    """A line. number: from 1; argument: normal·x - bound, which counts where it is above 0."""

    number: int
    argument: str


@dataclass(frozen=True, kw_only=True)
class PlannedGroup:
    """Neurons that read one another: the tree decides which map is added.

    number: from 1; comment: what it is, in words; tests: of the tree's splits; stages: the tree as
    nested tests, see `plan.plan_stages`; leaves: number of a rule -> (m,) what it adds to every
    score; group: the rules themselves.
    """

    number: int
    comment: str
    tests: list[str]
    stages: list[Stage]
    leaves: Mapping[int, list[str]]
    group: RuleGroup


@dataclass(frozen=True, kw_only=True)
class PlannedPart:
    """place: among the rules' parts; name: of the part; comment: what it adds, in words; sums: (m,)
    what it adds to every score.
    """

    place: int
    name: str
    comment: str
    lines: list[PlannedLine]
    groups: list[PlannedGroup]
    sums: list[str]


@dataclass(frozen=True, kw_only=True)
class LinePlan:
    """parts: in the order of the rules; scores: (m,) the constant and the names of the parts that
    add to it.
    """

    parts: list[PlannedPart]
    scores: list[str]

    @property
    def lines(self) -> list[PlannedLine]:
        """All lines, part by part."""
        return [line for part in self.parts for line in part.lines]

    @property
    def groups(self) -> list[PlannedGroup]:
        """All groups, part by part."""
        return [group for part in self.parts for group in part.groups]


class LineStyle(NamedTuple):
    """How a language writes what lines, groups and parts add.

    activated: a line -> max(0, argument), or the variable that holds it; group, part: (number or
    place, score) -> the variable that holds what it adds to this score; depth: nested tests at
    most. tabulated: (score, first line, end) -> what these lines of a table add, where lines are
    in tables, ordered as the parts have them; None where they are written out.
    """

    activated: Callable[[PlannedLine], str]
    group: Callable[[int, int], str]
    part: Callable[[int, int], str]
    depth: int
    tabulated: Callable[[int, int, int], str] | None = None


#: Rules whose lines have more coefficients than this are tables.
_WRITTEN = 1000


def is_tabulated(rules: AdditiveRules) -> bool:
    """Whether lines that are written out would be too many for a person, and slow to compile."""
    return int(np.count_nonzero(rules.normals)) > _WRITTEN


def order_lines(rules: AdditiveRules) -> NDArray[np.intp]:
    """(K,) indices of the lines, part by part."""
    return np.concatenate([np.empty(0, dtype=np.intp), *(part.lines for part in rules.parts)])


def plan_lines(rules: AdditiveRules, features: Notation, style: LineStyle) -> LinePlan:
    """Every part with its expressions, and the scores."""
    return LinePlan(
        parts=[
            _plan_part(rules, place, part, features, style)
            for place, part in enumerate(rules.parts)
        ],
        scores=[_print_score(rules, i, features, style) for i in range(rules.score_count)],
    )


def _plan_part(
    rules: AdditiveRules, place: int, part: ScorePart, features: Notation, style: LineStyle
) -> PlannedPart:
    written = [] if style.tabulated else part.lines.tolist()
    lines = [_plan_line(rules, k, features) for k in written]
    start = sum(len(each.lines) for each in rules.parts[:place])
    groups = [_plan_group(rules.groups[k], features, style.depth) for k in part.groups]
    base = [
        (weights, [features.columns[j] for j in part.coordinates.tolist()])
        for weights in part.weights
    ]
    slopes = rules.slopes[written]
    sums = [
        join_terms(
            features,
            [
                *zip(weights.tolist(), names, strict=True),
                *zip(slopes[:, i].tolist(), map(style.activated, lines), strict=True),
                *_sum_table(style, i, start, len(part.lines)),
                *((1.0, style.group(group.number, i)) for group in groups if _adds(group.group, i)),
            ],
        )
        for i, (weights, names) in enumerate(base)
    ]

    return PlannedPart(
        place=place,
        name=part.name,
        comment=describe_part(rules, part),
        lines=lines,
        groups=groups,
        sums=sums,
    )


def _sum_table(style: LineStyle, score: int, start: int, count: int) -> list[tuple[float, str]]:
    """What the lines of a part add that are in a table."""
    if style.tabulated is None or not count:
        return []
    return [(1.0, style.tabulated(score, start, start + count))]


def _plan_line(rules: AdditiveRules, k: int, features: Notation) -> PlannedLine:
    argument = print_argument(features, rules.normals[k], float(rules.bounds[k]))
    return PlannedLine(rules.lines[k].number, argument)


def print_argument(features: Notation, normal: Array, bound: float) -> str:
    """Normal·x - bound: `x - 2.0`, `2.0 - x`; columns come first unless they start with a minus."""
    columns = features.affine(normal)
    if not bound:
        return columns
    if bound < 0 and columns.startswith("-"):
        return features.affine(normal, -bound)
    return f"{columns} {'-' if bound > 0 else '+'} {features.number(abs(bound))}"


def _plan_group(group: RuleGroup, features: Notation, depth: int) -> PlannedGroup:
    tests = print_half_space_tests(group.rules, features)
    return PlannedGroup(
        number=group.number,
        comment=describe_group(group),
        tests=tests,
        stages=plan_stages(group.rules.tree, tests, depth),
        leaves={
            rule.number: [
                features.affine(weights, constant)
                for weights, constant in zip(rule.map.weights, rule.map.constants, strict=True)
            ]
            for rule in group.rules
        },
        group=group,
    )


def _adds(group: RuleGroup, score: int) -> bool:
    """Whether the group adds anything to this score."""
    maps = group.rules.maps
    return bool(maps.weights[:, score].any() or maps.constants[:, score].any())


def find_adding_parts(rules: AdditiveRules, score: int) -> Sequence[int]:
    """Places of the parts that add anything to this score."""
    return [
        place
        for place, part in enumerate(rules.parts)
        if part.weights[score].any()
        or rules.slopes[part.lines, score].any()
        or any(_adds(rules.groups[k], score) for k in part.groups)
    ]


def _print_score(rules: AdditiveRules, score: int, features: Notation, style: LineStyle) -> str:
    """The constant, and the parts that add to it."""
    names = [style.part(place, score) for place in find_adding_parts(rules, score)]
    constant = float(rules.base.constants[score])
    return join_terms(features, [(1.0, name) for name in names], constant)
