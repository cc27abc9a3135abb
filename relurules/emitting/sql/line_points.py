"""The points of a scorecard in SQL: a column of the subquery that has the scores."""

from collections.abc import Sequence

from relurules.emitting.point_plan import HALF, PointStyle, get_card, plan_points, spread_points
from relurules.emitting.sql.dialect import LINE, print_double
from relurules.emitting.sql.inputs import print_constant, print_number
from relurules.emitting.sql.layout import add_items, indent_lines, write_comment
from relurules.emitting.sql.line_scope import LineScope
from relurules.emitting.sql.line_terms import print_hinge, print_points
from relurules.scorecards.card import PointChoices, PointLine

#: A curve of at most so many characters stands on one line.
_SHORT = 90


def plan_point_sum(scope: LineScope) -> list[tuple[str, str]]:
    """(name, expression) of the sum of a row's points, before it is rounded; none where it isn't
    asked for.
    """
    card = get_card(scope.request)
    if card is None:
        return []

    def positive(line: PointLine, _argument: str) -> str:
        return print_hinge(line.normal, line.bound, scope.features, scope.dialect)

    def choices(part: PointChoices) -> str:
        for place, point in scope.points.items():
            if scope.rules.domain.columns[place].name == part.name:
                weights = spread_points(part, len(scope.features.columns))
                return print_points(point, weights, scope.dialect)
        return ""

    planned = plan_points(card, scope.features, PointStyle(_choose, positive, choices))
    items = [f"{part.text}{LINE}{write_comment(part.comment)}" for part in planned]
    start = print_number(card.start) if items else print_constant(card.start, scope.dialect)
    text = indent_lines(add_items(start, items), 4)
    return [(scope.names.points, f"CASE WHEN {scope.test}{LINE}  THEN {text}{LINE}END")]


def _choose(cases: Sequence[tuple[str, str]], otherwise: str) -> str:
    if not cases:
        return otherwise
    told = [f"WHEN {test} THEN {then}" for test, then in cases] + [f"ELSE {otherwise}"]
    whole = f"CASE {' '.join(told)} END"
    return whole if len(whole) <= _SHORT else LINE.join(["CASE", *(f"  {x}" for x in told), "END"])


def print_point_total(scope: LineScope) -> str:
    """A row's points, from their sum."""
    card, total = get_card(scope.request), scope.names.points
    if card is None or not card.scaling.whole:
        return total
    return scope.dialect.floor(f"{total} + {print_double(HALF)}")
