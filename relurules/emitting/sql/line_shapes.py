"""One output of additive rules as one expression in the columns of the table."""

from dataclasses import replace

from relurules.emitting.link_steps import has_links
from relurules.emitting.request import LineRequest
from relurules.emitting.sql.dialect import LINE, Dialect
from relurules.emitting.sql.inputs import print_coordinates, print_read_column, print_value
from relurules.emitting.sql.layout import drop_comments, indent_lines, lay_out
from relurules.emitting.sql.line_scope import LineScope, make_line_scope
from relurules.emitting.sql.line_steps import print_score
from relurules.emitting.sql.line_terms import find_point_columns
from relurules.emitting.sql.shapes import (
    check_one_expression,
    check_repetition,
    choose_one_output,
    is_typed,
    print_linked,
)
from relurules.errors import UnsupportedError


def print_line_expression(request: LineRequest, dialect: Dialect) -> str:
    """One output; NULL outside the domain.

    UnsupportedError for what needs more than one expression: rows brought into the domain, a link
    over many scores.
    """
    check_one_expression(request, "")
    if "points" in request.columns:
        raise UnsupportedError(
            f"shape {request.shape!r} is of one output; column 'points' is for shapes select, view "
            "and dbt"
        )
    output = choose_one_output(request)
    scope = _read_in_place(request, dialect)
    scores = [print_score(scope, i) for i in range(scope.rules.score_count)]
    if has_links(scope.rules):  # which repeat what they read
        scores = [drop_comments(score) for score in scores]
    text = indent_lines(print_linked(request, output, scores, dialect), 4)
    found = lay_out(f"CASE WHEN {scope.test}{LINE}  THEN {text}{LINE}END", 0, dialect)

    return check_repetition(found, request, output)


def _read_in_place(request: LineRequest, dialect: Dialect) -> LineScope:
    """A scope whose coordinates are expressions in the columns of the table."""
    columns = request.rules.domain.columns
    reading = replace(dialect, cast=str) if is_typed(request, dialect) else dialect
    names = [print_read_column(column, "", reading) for column in columns]
    points = find_point_columns(request.rules)
    coordinates = print_coordinates(columns, names, reading)
    values = [print_value(columns[i], names[i], reading) for i in points]
    written = [f"({text})" if text.startswith("CASE") else text for text in [*coordinates, *values]]
    return replace(make_line_scope(request, dialect, "rr", written), alone=True)
