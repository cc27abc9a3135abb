"""What all parts of a SELECT of additive rules share: names, and which subqueries there are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from relurules.emitting import plan as planning
from relurules.emitting.line_plan import (
    LinePlan,
    LineStyle,
    PlannedLine,
    find_adding_parts,
    plan_lines,
)
from relurules.emitting.notation import Notation
from relurules.emitting.request import LineRequest
from relurules.emitting.sql.dialect import LARGEST, Dialect
from relurules.emitting.sql.forms import SqlNames
from relurules.emitting.sql.inputs import print_domain_check, print_domain_test
from relurules.emitting.sql.line_terms import (
    PointColumn,
    choose_positive,
    find_point_columns,
    is_any_shared,
    is_group_numbered,
    is_sum_named,
    name_group_rule,
    print_group,
    print_hinge,
    print_known,
    print_points,
)
from relurules.emitting.sql.names import name_coordinates
from relurules.emitting.sql.select import make_sql_notation
from relurules.emitting.sql.table_steps import TableScope
from relurules.ir import AdditiveRules, RuleGroup
from relurules.links.sql import join_in_groups


@dataclass(frozen=True, kw_only=True)
class LineScope:
    """points: place of a column of categories that only adds points -> how it is read; parts_named,
    hinges_named: whether what parts, or lines, add are columns of subqueries; early: whether any
    sum is, before it is known that a row is in the domain. alone: whether there are no subqueries.
    """

    request: LineRequest
    dialect: Dialect
    names: SqlNames
    features: Notation
    points: dict[int, PointColumn]
    parts_named: bool = False
    hinges_named: bool = False
    early: bool = False
    alone: bool = False

    @property
    def rules(self) -> AdditiveRules:
        """What is printed."""
        return self.request.rules

    @property
    def table(self) -> TableScope:
        """For the subqueries that rules of either kind begin with."""
        return TableScope(self.request, self.dialect, self.names, self.features)

    @property
    def checked(self) -> bool:
        """Whether a column says that the row is in the domain."""
        several = self.rules.score_count > 1 or bool(
            {"lines", "points"} & set(self.request.columns)
        )
        return not self.alone and (self.early or several)

    @property
    def guarded(self) -> bool:
        """Whether numbers are taken away from rows outside, as the engine would end the query."""
        return self.early and self.dialect.largest != LARGEST

    @property
    def numbers(self) -> str:
        """1 where columns of numbers hold numbers, else 0."""
        return f"{self.names.prefix}_numbers"

    @property
    def spelt_columns(self) -> list[int]:
        """Places of columns of numbers of which one test beside the cast tells that they are."""
        if self.alone or self.dialect.spelt is None:
            return []
        columns = self.rules.domain.columns
        return [
            i
            for i, each in enumerate(columns)
            if not (each.categories or each.derivation) and each.fill is None
        ]

    @cached_property
    def bounds(self) -> dict[str, tuple[str, str]]:
        """Coordinate -> its range, as literals."""
        checks, _ = self._plan_all_checks()
        return {column: (low, high) for low, column, high in checks.bounds}

    @property
    def told_ranges(self) -> frozenset[str]:
        """Coordinates whose range is told with whether they are numbers, as the table is read."""
        if self.request.outside == "clamp":
            return frozenset()
        places = self.rules.domain.places
        names = [self.features.columns[places[i].start] for i in self.spelt_columns]
        return frozenset(
            name for name in names if name in self.bounds and not is_open(*self.bounds[name])
        )

    @cached_property
    def plan(self) -> LinePlan:
        """Every part with its expressions."""
        style = LineStyle(self.hinge, self.group, self.part, self.dialect.depth)
        return plan_lines(self.rules, self.features, style)

    @cached_property
    def adding(self) -> list[dict[int, None]]:
        """(m,) places of the parts that add anything to each score."""
        scores = range(self.rules.score_count)
        return [dict.fromkeys(find_adding_parts(self.rules, score)) for score in scores]

    def hinge(self, line: PlannedLine) -> str:
        """What a line adds to a score per unit of its slope."""
        if self.hinges_named:
            return f"{self.names.prefix}_l{line.number}"
        return self.print_hinge(line)

    def print_hinge(self, line: PlannedLine) -> str:
        """The same as an expression."""
        if self.is_sum_named(line.number - 1):
            named = self.argument(line.number)
            return choose_positive(f"{named} > 0E0", named, self.dialect)
        k = line.number - 1
        bound = float(self.rules.bounds[k])
        return print_hinge(self.rules.normals[k], bound, self.features, self.dialect)

    def argument(self, number: int) -> str:
        """The name of normal·x - bound."""
        return f"{self.names.prefix}_z{number}"

    def group(self, number: int, score: int) -> str:
        """What a group adds to a score."""
        group = self.rules.groups[number - 1]
        rule = name_group_rule(self.names, number) if self.is_group_numbered(group) else ""
        return print_group(group, score, self.features, self.dialect, rule)

    def is_sum_named(self, k: int) -> bool:
        """Whether normal·x - bound of line k is a column of a subquery."""
        return not self.alone and is_sum_named(self.rules, k, self.dialect)

    def is_group_numbered(self, group: RuleGroup) -> bool:
        """Whether the number of the rule that applies in a group is one."""
        return not self.alone and is_group_numbered(group, self.rules, self.dialect)

    def part(self, place: int, score: int) -> str:
        """The name of what a part adds to a score."""
        return f"{self.names.prefix}_p{score}_{place}"

    def print_part(self, place: int, score: int) -> str:
        """What a part adds to a score, as an expression."""
        part = self.rules.parts[place]
        if len(part.columns) == 1 and part.columns[0] in self.points:
            weights = self.rules.base.weights[score]
            return print_points(self.points[part.columns[0]], weights, self.dialect)
        return self.plan.parts[place].sums[score]

    @property
    def check(self) -> str:
        """1 for a row in the domain, else 0."""
        return print_domain_check(*self._plan_checks())

    @property
    def test(self) -> str:
        """Whether a row is in the domain."""
        if self.checked:
            return f"{self.names.inside} = 1"
        return print_domain_test(*self._plan_checks())

    def _plan_checks(self) -> tuple[planning.DomainChecks, list[str]]:
        """What is left to be checked once the table is read."""
        checks, known = self._plan_all_checks()
        told = self.told_ranges
        return checks._replace(bounds=[b for b in checks.bounds if b[1] not in told]), known

    def _plan_all_checks(self) -> tuple[planning.DomainChecks, list[str]]:
        """The domain, or what a network takes wherever it lies; categories that only add points are
        told by their values.
        """
        rules, features, largest = self.rules, self.features, self.dialect.largest
        checks = (
            planning.plan_network_checks(rules, features, largest, coded=True)
            if self.request.outside == "exact"
            else planning.plan_checks(rules, features, largest, coded=True)
        )
        own = {
            join_in_groups([features.columns[i] for i in rules.domain.places[place]], " + ")
            for place in self.points
        }
        known = [print_known(point, self.dialect) for point in self.points.values()]
        known += [f"{self.numbers} = 1"] if self.spelt_columns else []
        left = [total for total in checks.sums if total not in own]

        return checks._replace(sums=left), [test for test in known if test]


def is_open(low: str, high: str) -> bool:
    """Whether a range has no ends, as literals."""
    return low == f"-{high}"


def make_line_scope(
    request: LineRequest, dialect: Dialect, prefix: str, columns: Sequence[str] | None = None
) -> LineScope:
    """columns: how coordinates and then the columns that only add points are written; by default,
    as columns of our subqueries, some of which hold sums.
    """
    rules, names = request.rules, SqlNames(prefix)
    places = find_point_columns(rules)
    if columns is None:
        raw = [rules.domain.columns[i].name for i in places]
        columns = name_coordinates([*rules.features, *raw], f"{prefix}_x", dialect)

    count = len(rules.features)
    points = {
        i: PointColumn(column=rules.domain.columns[i], name=name, at=rules.domain.places[i].start)
        for i, name in zip(places, columns[count:], strict=True)
    }
    return LineScope(
        request=request,
        dialect=dialect,
        names=names,
        features=make_sql_notation(rules, columns[:count], dialect),
        points=points,
    )


def name_sums(scope: LineScope) -> LineScope:
    """With subqueries for what is read more than once: parts that contributions are of, lines that
    several scores share, sums and groups that an expression would repeat.
    """
    rules, dialect = scope.rules, scope.dialect
    parts = bool({"contributions", "reasons"} & set(scope.request.columns))
    taken = len(rules.features) + len(scope.points) + len(scope.request.key)
    hinges = is_any_shared(rules) and len(rules) + taken < dialect.columns
    early = (
        parts
        or hinges
        or any(scope.is_group_numbered(group) for group in rules.groups)
        or any(scope.is_sum_named(k) for k in range(len(rules)))
    )

    return replace(scope, parts_named=parts, hinges_named=hinges, early=early)
