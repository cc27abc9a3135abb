"""The coordinates of a row as expressions: numbers, and of a category 1 in its place, else 0."""

from relurules.domain import Domain
from relurules.rounding.expression import (
    Choice,
    ColumnValue,
    Comparison,
    Expression,
    Literal,
)


def list_coordinates(domain: Domain) -> list[Expression]:
    """(d,) expressions; categories are told by their numbers."""
    return [each for i in range(len(domain.columns)) for each in list_column(domain, i)]


def list_column(domain: Domain, number: int) -> list[Expression]:
    """The coordinates of one column."""
    value, count = ColumnValue(number), len(domain.columns[number].categories)
    if not count:
        return [value]
    return [
        Choice(Comparison("==", value, Literal(float(k))), Literal(1.0), Literal(0.0))
        for k in range(count)
    ]
